"""The pages of the documentation, and what is run of them."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner

from spatialgov.cli import command_group

__all__ = ["READMES", "ROOT", "blocks", "check_reports", "commands", "follow", "run"]

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")


def blocks(page: str, language: str) -> list[str]:
    """Give the code blocks of a page in a language."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[str]:
    """Give the lines of a page's shell blocks, without comments."""
    lines = [line.partition("#")[0].strip() for block in blocks(page, "sh") for line in block.splitlines()]
    return [line for line in lines if line]


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a page's commands in a folder, as a newcomer does; they must succeed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SPATIALGOV_")} | {"LANG": "C.UTF-8"}
    command = ["sh", "-e", "-c", script]
    said = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert said.returncode == 0, said.stderr
    return said


def follow(page: str, folder: Path) -> str:
    """Follow a page's commands in a folder, without a start of Python for each of them; give what was said to people.

    They must succeed, and be no more than words: what only a shell understands is not followed.
    """
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("SPATIALGOV_") and name != "SPATIALGOV_LANG"]:
            patch.delenv(name)
        for line in commands(page):
            assert not re.search(r"[|&;<>$`\\*?~]", line), line
            match shlex.split(line):
                case [".", ".venv/bin/activate"]:
                    pass
                case ["export", setting]:
                    name, _, value = setting.partition("=")
                    patch.setenv(name, value)
                case ["cp", *files, target]:
                    for file in files:
                        shutil.copy(file, target)
                case ["spatialgov", *arguments]:
                    result = CliRunner().invoke(command_group(), arguments)
                    assert result.exit_code == 0, f"{line}\n{result.stderr}"
                    said.append(result.stderr)
                case _:
                    pytest.fail(f"not followed: {line}")
    return "".join(said)


def check_reports(folder: Path, names: Iterable[str]) -> None:
    """Check that reports are there, small enough to be sent, ask no one for anything and name no folder."""
    for name in names:
        text = (folder / f"{name}.html").read_text(encoding="utf-8")
        assert len(text.encode()) < 1_000_000, name
        assert "default-src 'none'" in text, name
        assert str(folder) not in text, name
