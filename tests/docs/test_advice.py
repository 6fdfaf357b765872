"""The commands of the page on recommendations."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from spatialgov.cli import command_group
from tests.docs.pages import check_reports, commands

PAGE = "docs/advice.md"
SETUP = [". .venv/bin/activate", "export SPATIALGOV_DATA_DIR=town", "spatialgov demo --no-serve"]


@pytest.fixture
def city(sample_dir: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder where the first block of the page has been run."""
    shutil.copytree(sample_dir, checkout / "town")
    monkeypatch.setenv("SPATIALGOV_DATA_DIR", "town")
    monkeypatch.chdir(checkout)
    return checkout


def test_the_commands_work(city: Path) -> None:
    lines = commands(PAGE)
    assert lines[: len(SETUP)] == SETUP
    said = ""
    for line in lines[len(SETUP) :]:
        if line.startswith("spatialgov "):  # here: a process of its own for each would load everything anew
            done = CliRunner().invoke(command_group(), shlex.split(line)[1:])
            assert done.exit_code == 0, (line, done.output)
            said += done.output
        else:
            subprocess.run(["sh", "-e", "-c", line], cwd=city, check=True)
    assert "grids break a limit" in said
    assert "Draft 3: Try number 2" in said
    check_reports(city, ("advice",))
