"""The commands of the page on recommendations."""

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from spatialgov.cli import command_group
from spatialgov.workspace import Workspace
from tests.docs.pages import blocks, check_reports, commands

SETUP = [". .venv/bin/activate", "export SPATIALGOV_DATA_DIR=town", "spatialgov demo --no-serve"]


@pytest.fixture
def city(sample_dir: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder where the first block of the page has been run.

    All commands share one workspace, as those of a service do, and with it what it keeps.
    """
    shutil.copytree(sample_dir, checkout / "town")
    with Workspace.open(checkout / "town") as workspace, monkeypatch.context() as patched:
        patched.chdir(checkout)
        patched.setenv("SPATIALGOV_DATA_DIR", "town")
        patched.setattr(Workspace, "open", lambda *_, **__: workspace)
        patched.setattr(Workspace, "close", lambda _: None)
        yield checkout


def test_the_commands_work(city: Path) -> None:
    lines = commands("docs/advice.md")
    assert lines[: len(SETUP)] == SETUP
    (city / "centres.csv").write_text(blocks("docs/advice.md", "csv")[0], encoding="utf-8")
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
    assert "990101002000" in (city / "shortfall.csv").read_text(encoding="utf-8")
    assert (city / "month.csv").stat().st_size > 1000
    check_reports(city, ("advice", "scenario"))
