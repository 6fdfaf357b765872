"""The modules of the tab “Coverage” that know no page, by Node's own test runner; and its dictionary."""

import re
import subprocess
from pathlib import Path

from spatialgov.coverage import CLASSES, DEMAND_KINDS, REASONS
from spatialgov.coverage.cameras.reading import COLUMNS, KINDS
from spatialgov.coverage.remedies.planning import REMEDIES
from spatialgov_maps import static_dir
from tests.node_command import node_command

TESTS = Path(__file__).with_name("analyst")
MODULES = static_dir() / "analyst"


def test_modules() -> None:
    tests = sorted(str(file) for file in TESTS.glob("coverage_*.test.mjs"))
    done = subprocess.run([*node_command(), "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"pass [1-9]\d", done.stdout), done.stdout


def test_every_text_stands_in_both_languages_and_is_used() -> None:
    texts = (MODULES / "coverage_texts.mjs").read_text(encoding="utf-8")
    entries = re.findall(r'^  (\w+): \["((?:[^"\\]|\\.)+)", "((?:[^"\\]|\\.)+)"\],$', texts, re.MULTILINE)
    keys = {key for key, _, _ in entries}
    assert len(entries) == len(keys) == len(re.findall(r"^  \w+: \[", texts, re.MULTILINE))
    for key, english, chinese in entries:
        assert sorted(re.findall(r"\{(\w+)\}", english)) == sorted(re.findall(r"\{(\w+)\}", chinese)), key
        assert re.search(r"[\u3000-\u9fff\uff00-\uffef{]", chinese), key
    code = "".join(file.read_text(encoding="utf-8") for file in MODULES.glob("*.mjs") if "texts" not in file.name)
    made_up = ("cv_", "cvHandle_")  # of a word and the name of what the service tells of
    unused = {key for key in keys if not key.startswith(made_up) and not re.search(rf'["`]{key}["`]', code)}
    assert unused == set()
    used = set(re.findall(r'\b(?:text|column)\("(?:\w+", ")?(cv\w*)"', code))
    assert used - keys == set()


def test_whatever_the_service_tells_of_has_a_text() -> None:
    texts = (MODULES / "coverage_texts.mjs").read_text(encoding="utf-8")
    keys = set(re.findall(r"^  (\w+): \[", texts, re.MULTILINE))
    names = {*CLASSES, *DEMAND_KINDS, *REASONS, *KINDS, *REMEDIES, "covered", "uncertain", "gap"}
    names |= {f"remedy_{reason}" for reason in REASONS}
    names |= {f"status_{status}" for status in ("", "in_service", "broken", "planned")}
    assert {f"cv_{name}" for name in names} - keys == set()
    assert {key.removeprefix("cv_column_") for key in keys if key.startswith("cv_column_")} <= set(COLUMNS)
