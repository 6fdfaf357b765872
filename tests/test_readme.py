"""What the README and the docs say is done for real: on the sample city, in an empty folder."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import spatialgov as sg
from spatialgov.locate import Locator

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
PAGES = [ROOT / name for name in READMES] + sorted((ROOT / "docs").glob("*.md"))


def blocks(readme: str, language: str) -> list[str]:
    """Give the code blocks of a README in a language."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(readme: str) -> list[str]:
    lines = [line.partition("#")[0].strip() for block in blocks(readme, "sh") for line in block.splitlines()]
    return [line for line in lines if line]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give an empty folder that has the sample city and the environment where a checkout has them."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


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


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SPATIALGOV_")} | {"LANG": "C.UTF-8"}
    command = ["sh", "-e", "-c", script]
    said = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert said.returncode == 0, said.stderr
    return said


def test_the_commands_work(checkout: Path) -> None:
    (own,) = (block for block in blocks("README.md", "sh") if "spatialgov " in block)
    said = run(own, checkout)
    assert re.search(r"^grid +\d{15} ", said.stdout, re.MULTILINE)
    assert "<html" in (checkout / "plan.html").read_text(encoding="utf-8")
    assert (checkout / "my-town" / "spatialgov.db").is_file()
    assert "spatialgov serve --data-dir my-town" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_commands_of_the_planning_page_work(checkout: Path) -> None:
    said = run("\n".join(blocks("docs/planning.md", "sh")), checkout)
    assert "households change their grid" in said.stderr
    names = ("plan.gpkg", "choice-2.gpkg", "steps.csv", "moved.csv", "unit_grids.gpkg", "my-town/spatialgov.db")
    assert [name for name in names if not (checkout / name).is_file()] == []


def test_the_commands_of_the_page_on_editions_work(checkout: Path) -> None:
    said = run("\n".join(blocks("docs/editions.md", "sh")), checkout)
    assert "grids kept" in said.stderr
    assert "with the grids of edition 1" in said.stderr
    assert "Edition 3 is in force" in said.stderr
    assert (checkout / "changes.csv").is_file()


def test_the_commands_of_the_page_on_analysis_work(checkout: Path) -> None:
    said = run("\n".join(blocks("docs/analysis.md", "sh")), checkout)
    assert "Which single cells" in said.stderr
    assert "not where all incidents happen" in said.stderr
    names = ("spots.gpkg", "density.gpkg", "review.gpkg", "emerging.gpkg", "clock.csv", "knox.csv", "forecast.gpkg")
    pages = [f"{name}.html" for name in ("times", "hotspots", "clock", "change", "forecast")]
    assert [name for name in (*names, "backtest.csv", "public.csv", *pages) if not (checkout / name).is_file()] == []


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


def test_the_command_reference_is_up_to_date() -> None:
    code = "import runpy; print(runpy.run_path('tools/write_cli_reference.py')['reference'](), end='')"
    environment = os.environ | {"COLUMNS": "60", "LANG": "zh_CN.UTF-8", "SPATIALGOV_DATA_DIR": "elsewhere"}
    environment.pop("SPATIALGOV_LANG")
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    written = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert said == written, "run: python tools/write_cli_reference.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere_and_pages_name_no_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert "://" not in target
        assert (page.parent / target).is_file(), target
    assert not re.search(r"/(work|home|root|Users)/", text)
    assert set(re.findall(r"https?://([^/:]+)", text)) <= {"127.0.0.1"}


def test_the_readme_is_one_screen_and_every_picture_has_words() -> None:
    for readme in READMES:
        text = (ROOT / readme).read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 70
        pictures = re.findall(r"!\[([^]]*)\]\(([^)]+)\)", text)
        assert [target for _, target in pictures] == ["docs/images/plan.png"]
        assert all(len(words) > 20 for words, _ in pictures)
