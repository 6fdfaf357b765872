"""The workbench's modules that know no page and no map, by Node's own test runner; and its dictionary."""

import re
import subprocess
from pathlib import Path

from spatialgov_maps import static_dir
from tests.node_command import node_command

TESTS = Path(__file__).with_name("workbench")
MODULES = static_dir() / "workbench"


def test_modules() -> None:
    tests = sorted(str(file) for file in TESTS.glob("*.test.mjs"))
    done = subprocess.run([*node_command(), "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"pass [1-9]\d", done.stdout), done.stdout


def test_every_text_stands_in_both_languages_and_is_used() -> None:
    texts = (MODULES / "texts.mjs").read_text(encoding="utf-8")
    entries = re.findall(r'^  (\w+): \["((?:[^"\\]|\\.)+)", "((?:[^"\\]|\\.)+)"\],$', texts, re.MULTILINE)
    keys = {key for key, _, _ in entries}
    assert len(entries) == len(keys) == len(re.findall(r"^  \w+: \[", texts, re.MULTILINE))
    for key, english, chinese in entries:
        assert sorted(re.findall(r"\{(\w+)\}", english)) == sorted(re.findall(r"\{(\w+)\}", chinese)), key
        assert re.search(r"[\u4e00-\u9fff]", chinese), key
    pages = [static_dir() / "workbench.html", *MODULES.glob("*.mjs")]
    code = "".join(file.read_text(encoding="utf-8") for file in pages if file.name != "texts.mjs")
    made_up = {"tool", "fault", "flag"}  # of a word and the name of a tool, a fault, a flag
    unused = {key for key in keys if not re.search(rf'["`]{key}["`]', code) and not re.match("|".join(made_up), key)}
    names = {"draft", "checked", "published", "retired", "households", "population", "area_m2", "workload"}
    names |= {"general", "dedicated", "unit", "community_code", "subdistrict_code", "district_code", "parent_code"}
    assert unused <= names
    used = set(re.findall(r'\btext\("(\w+)"', code)) | set(re.findall(r'data-(?:text|label)="(\w+)"', code))
    common = (static_dir() / "js" / "texts.js").read_text(encoding="utf-8")
    assert {key for key in used - keys if not re.search(rf"^  {key}: \[", common, re.MULTILINE)} == set()
