"""What the README says is done for real: on the sample city, in an empty folder."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

import spatialgov as sg
from spatialgov.locate import Locator
from tests.docs.pages import READMES, ROOT, blocks, commands, run


def test_both_readmes_say_the_same() -> None:
    english, chinese = READMES
    assert commands(english) == commands(chinese)
    plain = [[ast.dump(ast.parse(block)) for block in blocks(readme, "python")] for readme in READMES]
    assert plain[0] == plain[1]
    targets = [re.findall(r"\]\(([^)]+)\)", (ROOT / readme).read_text(encoding="utf-8")) for readme in READMES]
    assert targets[0][0] == chinese
    assert targets[1][0] == english
    assert targets[0][1:] == targets[1][1:]
    headings = [re.findall(r"^#+ ", (ROOT / readme).read_text(encoding="utf-8"), re.MULTILINE) for readme in READMES]
    assert headings[0] == headings[1]


def test_the_make_targets_are_there() -> None:
    named = {line.split()[1] for line in commands("README.md") if line.startswith("make ")}
    assert named == {"demo", "test"}
    for target in named:
        plan = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert ("spatialgov demo" if target == "demo" else "-m pytest") in plan


def test_the_commands_work(checkout: Path) -> None:
    (own,) = (block for block in blocks("README.md", "sh") if "spatialgov " in block)
    said = run(own, checkout)
    assert re.search(r"^grid +\d{15} ", said.stdout, re.MULTILINE)
    assert "<html" in (checkout / "plan.html").read_text(encoding="utf-8")
    assert (checkout / "my-town" / "spatialgov.db").is_file()
    assert "spatialgov serve --data-dir my-town" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_works(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = blocks("README.md", "python")
    monkeypatch.chdir(checkout)
    names: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), names)
    one, same = capsys.readouterr().out.splitlines()[-1].split()
    assert one == same
    assert re.fullmatch(r"\d{15}", one)
    assert isinstance(names["other"], sg.Plan)
    assert names["other"].parent is names["plan"]
    assert isinstance(names["locator"], Locator)


def test_the_readme_is_one_screen_and_every_picture_has_words() -> None:
    for readme in READMES:
        text = (ROOT / readme).read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 70
        pictures = re.findall(r"!\[([^]]*)\]\(([^)]+)\)", text)
        assert [target for _, target in pictures] == ["docs/images/plan.png"]
        assert all(len(words) > 20 for words, _ in pictures)
