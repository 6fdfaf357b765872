"""Signing in on the pages, in both languages, and what is left out for whoever may not see it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from spatialgov.workspace import Workspace
from tests.browser.chromium import NewPage
from tests.browser.served import serving

PASSWORD = "four random words here"


@pytest.fixture(scope="module")
def site(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a copy of the sample city that has accounts."""
    folder = tmp_path_factory.mktemp("signing") / "city"
    shutil.copytree(sample_dir, folder)
    with Workspace.open(folder) as workspace:
        workspace.accounts.add("chief", role="admin", jurisdictions=["*"], password=PASSWORD)
        workspace.accounts.add("viewer-east", role="viewer", jurisdictions=["990101001000"], password=PASSWORD)
        with serving(workspace) as address:
            yield address


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Account").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_map_asks_for_the_account_and_comes_after_it(page: Page, site: str) -> None:
    page.goto(f"{site}maps/plan?lang=en#here")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.get_by_role("link", name="English").click()
    sign_in(page, "chief")
    expect(page.locator("h1")).to_have_text("400 households a grid")
    assert page.evaluate("location.hash") == "#here"
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


def test_the_start_page_leads_to_the_sign_in_page_and_signing_out_leads_back(new_page: NewPage, site: str) -> None:
    page = new_page(refusals=(401,))
    page.goto(f"{site}#here")
    page.get_by_role("link", name="Sign in").click()
    sign_in(page, "nobody")
    expect(page.get_by_role("alert")).to_have_text("Account and password don't match.")
    sign_in(page, "chief")
    expect(page).to_have_url(f"{site}#here")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
