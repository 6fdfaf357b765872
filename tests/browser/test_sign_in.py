"""Signing in on the pages, in both languages, and what is left out for whoever may not see it."""

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app

PASSWORD = "four random words here"


@pytest.fixture(scope="module")
def site(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a copy of the sample city that has accounts."""
    folder = tmp_path_factory.mktemp("signing") / "city"
    shutil.copytree(sample_dir, folder)
    with Workspace.open(folder) as workspace:
        workspace.accounts.add("chief", role="admin", jurisdictions=["*"], password=PASSWORD)
        workspace.accounts.add("viewer-east", role="viewer", jurisdictions=["990101001000"], password=PASSWORD)
        app = create_app(Settings(data_dir=folder), workspace.store)
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
        server.should_exit = True
        thread.join()


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Account").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_map_asks_for_the_account_and_comes_after_it(page: Page, site: str) -> None:
    page.goto(f"{site}maps/plan?lang=en")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.get_by_role("link", name="English").click()
    sign_in(page, "chief")
    expect(page.locator("h1")).to_have_text("400 households a grid")
    assert page.evaluate("document.cookie") == ""  # no script sees the token
    page.goto(site)
    expect(page.locator("#account")).to_contain_text("chief")
    expect(page.locator("#numbers dd").first).to_have_text("12")
    expect(page.locator("#advice")).to_contain_text("Nothing to change")


def test_a_viewer_finds_what_it_may_see_and_no_more(page: Page, site: str) -> None:
    page.goto(f"{site}sign-in?lang=en")
    sign_in(page, "viewer-east")
    expect(page.locator("#account")).to_contain_text("viewer-east")
    expect(page.locator('a[href^="maps/heatmap"]')).to_be_visible()
    expect(page.locator('a[href^="maps/coverage"]')).to_have_count(0)
    expect(page.locator("#advice")).to_have_count(0)
    page.locator('a[href^="maps/heatmap"]').click()
    expect(page.locator("h1")).to_have_text("Incident heat map")
    expect(page.locator("body")).to_contain_text("fewer than 5 incidents")


def test_the_start_page_leads_to_the_sign_in_page_and_signing_out_leads_back(browser: Browser, site: str) -> None:
    # A page of its own: Chromium logs each 401 as an error, which the watched page refuses.
    page = browser.new_context(locale="en-GB").new_page()
    page.goto(site)
    page.get_by_role("link", name="Sign in").click()
    sign_in(page, "nobody")
    expect(page.get_by_role("alert")).to_have_text("Account and password don't match.")
    sign_in(page, "chief")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.context.close()
