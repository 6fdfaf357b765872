"""The gallery of the pages: up to date, complete, and small enough for git."""

import runpy

from tests.browser.served_pages import PAGES
from tests.docs.pages import ROOT

tool = runpy.run_path(str(ROOT / "tools" / "take_screenshots.py"))


def test_it_is_up_to_date() -> None:
    assert tool["GALLERY"].read_text(encoding="utf-8") == tool["gallery"](), "run: make screenshots"


def test_every_page_has_its_pictures_and_no_other_lies_there() -> None:
    taken = {file: tool["MOST_BYTES"][screen] for name in PAGES for _, screen, file in tool["pictures"](name)}
    assert set(tool["FOLDER"].iterdir()) == set(taken)
    sizes = {file: file.stat().st_size for file in taken}
    assert [file.name for file, size in sizes.items() if size > taken[file]] == []
    assert sum(sizes.values()) < 4_200_000
