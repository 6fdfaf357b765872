"""The analyst's modules that know no page and no map, by Node's own test runner; and the page's dictionary."""

import re
import subprocess
from pathlib import Path

from spatialgov_maps import static_dir
from tests.node_command import node_command

TESTS = Path(__file__).with_name("analyst")
MODULES = static_dir() / "analyst"
MADE_UP = r"in(Layer|About|Legend|Cells|Every|Compare|Hours|Step|Course|Status)_\w+"
"""Keys of a word and a value."""


def test_modules() -> None:
    tests = sorted(str(file) for file in TESTS.glob("*.test.mjs"))
    done = subprocess.run([*node_command(), "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"pass [1-9]\d", done.stdout), done.stdout


def test_every_text_stands_in_both_languages_and_is_used() -> None:
    texts = "".join((MODULES / name).read_text(encoding="utf-8") for name in ("texts.mjs", "incidents_texts.mjs"))
    entries = re.findall(r'^  (\w+): \["((?:[^"\\]|\\.)+)", "((?:[^"\\]|\\.)+)"\],$', texts, re.MULTILINE)
    keys = {key for key, _, _ in entries}
    assert len(entries) == len(keys) == len(re.findall(r"^  \w+: \[", texts, re.MULTILINE))
    for key, english, chinese in entries:
        assert sorted(re.findall(r"\{(\w+)\}", english)) == sorted(re.findall(r"\{(\w+)\}", chinese)), key
        assert re.search(r"[\u4e00-\u9fff]", chinese), key
    pages = [static_dir() / "analyst.html", *MODULES.glob("*.mjs")]
    code = "".join(file.read_text(encoding="utf-8") for file in pages if not file.name.endswith("texts.mjs"))
    assert {key for key in keys if f'"{key}"' not in code and not re.fullmatch(MADE_UP, key)} == set()
    common = (static_dir() / "js" / "texts.js").read_text(encoding="utf-8")
    used = set(re.findall(r'"((?:an|in)[A-Z]\w+)"', code)) | set(re.findall(r'data-(?:text|label)="(\w+)"', code))
    assert {key for key in used - keys if not re.search(rf"^  {key}: \[", common, re.MULTILINE)} == set()
