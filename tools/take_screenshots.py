"""Take the pictures of every page, in both languages, on a desktop and a phone, and write ``docs/pages.md``.

Run ``python -m tools.take_screenshots`` (``make screenshots``): the sample city, as ``spatialgov demo`` leaves it, is
served and opened in Debian's Chromium. The pages stand in ``tests/browser/served_pages.py``.
"""

import argparse
import base64
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from spatialgov.language import using_language
from spatialgov.workspace import Workspace
from spatialgov.workspace.demo import run_demo
from tests.browser.chromium import launched, new_context, watch
from tests.browser.served import serving
from tests.browser.served_pages import DESKTOP, PAGES, PHONE, open_page, prepared

__all__ = ["FOLDER", "GALLERY", "MOST_BYTES", "gallery", "pictures"]

_DOCS = Path(__file__).resolve().parent.parent / "docs"
GALLERY = _DOCS / "pages.md"
FOLDER = _DOCS / "images" / "pages"
MOST_BYTES = {"desktop": 80_000, "phone": 40_000}
"""What a picture may take: all of them lie in git."""

_SIZES = {"desktop": DESKTOP, "phone": PHONE}
_LOCALES = {"en": "en-GB", "zh": "zh-CN"}
_WIDTHS = {"desktop": 400, "phone": 120}
_QUALITIES = (70, 60, 50, 40, 30, 20)
_HEAD = """# The pages

Written by `make screenshots`: every page of the service on the sample city, in both languages, on a desktop
(1280 × 800) and on a phone (390 × 844). What holds for each of them is tested:

* It comes in the language that the browser asks for, and is switched by a button or link; numbers, dates, units and
  the names of places follow.
* It keeps WCAG 2.2 AA as far as a program can tell (axe-core): contrast, names of controls, headings. Whatever is not
  painted can be done by keyboard, and the focus is always seen. On reports, the arrow keys move a map and a cross in
  its middle tells what a pointer would be told.
* It asks no other host for anything and logs no error.
* It is [quick](benchmarks/pages.md): files are sent compressed, and once.
"""


def pictures(name: str) -> Iterator[tuple[str, str, Path]]:
    """Give language, kind of screen and file of each picture of a page."""
    for language in _LOCALES:
        for screen in _SIZES:
            yield language, screen, FOLDER / f"{name}-{language}-{screen}.webp"


def gallery() -> str:
    """Give the page that shows them, as Markdown."""
    parts = [_HEAD]
    for name, served in PAGES.items():
        english, chinese = served.about
        parts.append(f"## {english} · {chinese}\n\n`/{served.path}`\n")
        told = {"en": english, "zh": chinese}
        parts.append(
            "\n".join(
                f'<img src="{file.relative_to(_DOCS)}" width="{_WIDTHS[screen]}" alt="{told[language]}">'
                for language, screen, file in pictures(name)
            )
            + "\n"
        )
    return "\n".join(parts)


def _take(names: Sequence[str], data_dir: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with Workspace.open(data_dir) as workspace:
        with using_language("en"):
            for line in run_demo(workspace):
                print(line, file=sys.stderr)
            prepared(workspace)
        with serving(workspace) as site, launched() as browser:
            for name in names:
                for language, screen, file in pictures(name):
                    context = _context(browser, language, screen)
                    watch(context, wrong, PAGES[name].refusals)
                    page = context.new_page()
                    open_page(page, site, PAGES[name])
                    if (act := PAGES[name].act) is not None:
                        act(page)
                    file.write_bytes(_picture(context, page, MOST_BYTES[screen]))
                    context.close()
                    print(f"{file.name}: {file.stat().st_size:,} bytes", file=sys.stderr)
    if wrong:
        sys.exit("\n".join(wrong))


def _context(browser: Browser, language: str, screen: str) -> BrowserContext:
    return new_context(browser, viewport=_SIZES[screen], locale=_LOCALES[language], reduced_motion="reduce")


def _picture(context: BrowserContext, page: Page, most_bytes: int) -> bytes:
    """Give the page as WebP, as fine as it may be."""
    page.wait_for_load_state("networkidle")
    session = context.new_cdp_session(page)
    for quality in _QUALITIES:
        taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": quality})
        picture = base64.b64decode(taken["data"])
        if len(picture) <= most_bytes:
            break
    return picture


def main() -> None:
    """Take the pictures that are asked for, write the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.take_screenshots", description=__doc__)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"of {', '.join(PAGES)} (default: all)")
    parser.add_argument("--data-dir", metavar="FOLDER", help="of a sample city that has been made already")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spatialgov-pictures-") as scratch:
        _take(wanted.pages or list(PAGES), wanted.data_dir or scratch)
    GALLERY.write_text(gallery(), encoding="utf-8")


if __name__ == "__main__":
    main()
