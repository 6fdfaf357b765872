"""Pages in a headless Chromium, watched: one that asks another host for anything, or logs an error, fails its test."""

import os
import runpy
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chromium import CHROMIUM, NewPage, launched, new_context, watch

town = runpy.run_path(str(Path(__file__).parents[1] / "maps" / "conftest.py"))["town"]


class _Chromium:
    """The browser that the modules of this folder use one after the other."""

    def __init__(self) -> None:
        self._running = ExitStack()
        self._browser: Browser | None = None

    def started(self) -> Browser:
        if self._browser is None:
            self._browser = self._running.enter_context(launched())
        return self._browser

    def stop(self) -> None:
        self._browser = None
        self._running.close()


chromium = _Chromium()


# Not for the session: as long as Playwright runs, its event loop and greenlets are in the way of other tests' own.
@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Stop the browser after the last test of this folder, or before one of another."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        chromium.stop()


@pytest.fixture(scope="module")
def browser() -> Browser:
    if not CHROMIUM.exists():
        reason = "Chromium is missing (Debian: apt-get install chromium-headless-shell): no page was looked at"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return chromium.started()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Give a function that opens a page; what goes wrong on any of them fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(*, refusals: Collection[int] = (), **context: Any) -> Page:
        options = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"} | context
        contexts.append(new_context(browser, **options))
        watch(contexts[-1], wrong, refusals)
        return contexts[-1].new_page()

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    return new_page()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let the stories run on the database that SPATIALGOV_TEST_BACKEND names, and central ones always on both."""
    if "new_database" in metafunc.fixturenames:
        central = metafunc.definition.get_closest_marker("both_backends")
        backends = ["sqlite", "postgis"] if central else [os.environ.get("SPATIALGOV_TEST_BACKEND", "sqlite")]
        metafunc.parametrize("new_database", backends, indirect=True, scope="module")


@pytest.fixture(scope="module")
def new_database(request: pytest.FixtureRequest) -> Callable[[], str | None]:
    """Give a function that gives the URL of an empty PostGIS database, or None for the SQLite file of a folder."""
    if request.param == "sqlite":
        return lambda: None
    cluster = request.getfixturevalue("cluster")
    return lambda: str(cluster.url(cluster.new_database()))


@pytest.fixture(scope="module")
def database_url(new_database: Callable[[], str | None]) -> str | None:
    """Give the database that the stories of a module share."""
    return new_database()
