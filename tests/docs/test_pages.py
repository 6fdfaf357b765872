"""All pages: links lead somewhere, no machine is named, and the reference of the commands is the newest."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import READMES, ROOT

PAGES = [ROOT / name for name in READMES] + sorted((ROOT / "docs").glob("*.md"))


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
    # the names of coordinate reference systems look like addresses; nobody asks there
    assert set(re.findall(r"https?://([^/:]+)", text)) <= {"127.0.0.1", "www.opengis.net"}
