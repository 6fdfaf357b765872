"""The workbench's modules that know no page and no map, by Node's own test runner; and its dictionary."""

import re
import subprocess
from pathlib import Path

from tests.maps.dictionaries import check_dictionary
from tests.node_command import node_command

TESTS = Path(__file__).with_name("workbench")


def test_modules() -> None:
    tests = sorted(str(file) for file in TESTS.glob("*.test.mjs"))
    done = subprocess.run([*node_command(), "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"pass [1-9]\d", done.stdout), done.stdout


def test_every_text_stands_in_both_languages_and_is_used() -> None:
    names = {"draft", "checked", "published", "retired", "households", "population", "area_m2", "workload"}
    names |= {"general", "dedicated", "unit", "community_code", "subdistrict_code", "district_code", "parent_code"}
    # put together of a word and the name of a tool, a fault, a flag
    check_dictionary("workbench", made_up=("tool", "fault", "flag"), names=names)
