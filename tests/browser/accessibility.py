"""What must hold on every page, whoever reads it and with whatever: WCAG by axe-core, focus that is seen, one language.

axe-core comes from npm, pinned in package-lock.json (``python tools/vendor_assets.py --with-dev``).
"""

import re
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

__all__ = ["check"]

_AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_TRIES = 600
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH = re.compile(r"\b[A-Za-z][a-z]+(?: [A-Za-z]?[a-z]+)+")
"""Two words or more: names of things that are the same in Chinese texts stand alone."""


@cache
def _scripts() -> str:
    if not _AXE.is_file():
        raise FileNotFoundError(f"{_AXE} is missing: run python tools/vendor_assets.py --with-dev")
    return "\n".join(file.read_text(encoding="utf-8") for file in (_AXE, Path(__file__).with_suffix(".js")))


def _asked(page: Page, name: str, *arguments: Any) -> Any:
    if page.evaluate("typeof accessibility === 'undefined'"):
        page.evaluate(_scripts())
    return page.evaluate("([name, given]) => accessibility[name](...given)", [name, arguments])


def _violations(page: Page, *, left: Sequence[str] = ()) -> list[str]:
    """Give what a page breaks of WCAG 2.2 A and AA: the rule, the element, what is wrong with it.

    Parameters
    ----------
    left
        Selectors of parts that are not ours.
    """
    found: list[str] = _asked(page, "violations", _TAGS, list(left))
    return found


def _focus_faults(page: Page, *, left: Sequence[str] = ()) -> list[str]:
    """Give the elements where the keyboard's focus is not seen, or comes out of the order of the page."""
    page.keyboard.press("Tab")  # from now on the browser shows where the focus is
    found: list[str]
    found, stops = _asked(page, "focusFaults", list(left))
    assert stops, "nothing on the page can be reached by keyboard"
    return found


def _foreign_texts(page: Page, *, left: Sequence[str] = (), names: Collection[str] = ()) -> list[str]:
    """Give the texts of a page that are not in its language.

    Parameters
    ----------
    names
        What people have named in one language only.
    """
    tag, texts = _asked(page, "texts", list(left))
    wrong = _CHINESE if tag == "en" else _ENGLISH
    for name in names:
        texts = [text.replace(name, "") for text in texts]
    return [text for text in texts if wrong.search(text)]


def check(page: Page, *, left: Sequence[str] = (), names: Collection[str] = ()) -> None:
    """Check all that must hold of a page as it is now: it fits, and is for everybody."""
    size = page.viewport_size
    assert size is not None
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["width"], f"{width} pixels wide"
    for _ in range(_TRIES):  # after a switch, what the service words comes a moment later
        if not (found := _foreign_texts(page, left=left, names=names)):
            break
        page.wait_for_timeout(100)
    assert not found, found
    for found in (_violations(page, left=left), _focus_faults(page, left=left)):
        assert not found, found
