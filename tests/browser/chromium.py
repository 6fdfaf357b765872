"""Debian's Chromium without a window, and a watch over what goes wrong in it."""

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

__all__ = ["CHROMIUM", "COARSE", "NewPage", "launched", "new_context", "until", "watch"]

CHROMIUM = Path(shutil.which("chromium-headless-shell") or shutil.which("chromium") or "/usr/bin/chromium")
"""The shell is the same engine without what surrounds a page: a new context takes it a third of the time."""
_PATIENCE_MS = 120_000
"""What is waited for at most: on a slow machine the service may have to compile first what a page asks for."""
_PAUSE_MS = 50
COARSE = 0.5
"""Pixels of the screen to one of the page, for stories on a map of WebGL: what it takes goes with their number, and the
processor paints them. Where things lie on the page stays the same."""

_WITHOUT = [
    # Web pages of Chromium's own for its address bar, which each window of a test would load: half a second each.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "SpareRendererForSitePerProcess",  # a process for the page after the last
    # Playwright's own list, which would be lost: of two such flags Chromium takes the last.
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
]
_FLAGS = [
    f"--disable-features={','.join(_WITHOUT)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",  # WebGL on the processor, for the pages with MapLibre
    "--enable-unsafe-swiftshader",
]


T = TypeVar("T")


class NewPage(Protocol):
    """Opens a page in a context of its own; `refusals` are statuses that the service shall answer with."""

    def __call__(self, *, refusals: Collection[int] = (), **context: Any) -> Page: ...


@contextmanager
def launched() -> Iterator[Browser]:
    """Give a browser that runs as long as the block."""
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield chromium
        chromium.close()


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Open a context whose pages are waited for."""
    context = browser.new_context(**options)
    context.set_default_timeout(_PATIENCE_MS)
    return context


def until(page: Page, look: Callable[[], T | None]) -> T:
    """Look again and again until what is seen counts as true, and give it."""
    for _ in range(_PATIENCE_MS // _PAUSE_MS):
        if seen := look():
            return seen
        page.wait_for_timeout(_PAUSE_MS)
    raise AssertionError("it has not come")


def watch(context: BrowserContext, wrong: list[str], refusals: Collection[int] = ()) -> None:
    """Note what must not happen on any page of a context: an error, one in the console, a request to another host.

    Parameters
    ----------
    refusals
        Statuses that the service shall answer with: Chromium logs each such answer as an error, as it does a request
        of a page that was taken off the network.
    """

    def logged(said: ConsoleMessage) -> None:
        expected = (*(f" a status of {status} " for status in refusals), "net::ERR_INTERNET_DISCONNECTED")
        if said.type == "error" and not any(part in said.text for part in expected):
            wrong.append(f"console: {said.text} ({said.location['url']})")

    context.on("weberror", lambda error: wrong.append(f"error: {error.error}"))
    context.on("console", logged)
    context.on("request", lambda request: wrong.append(f"request: {request.url}") if _elsewhere(request.url) else None)


def _elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in {"file", "data", "blob"} and parts.hostname != "127.0.0.1"
