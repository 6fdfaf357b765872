"""The analyst's page on a small town, in a browser: one long story, and one for whoever sees less."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from spatialgov.workspace import Workspace
from tests.browser.chromium import COARSE, new_context
from tests.browser.served import serving
from tests.incident_town import WEST, found_incident_town
from tests.publishing_cases import moved

Open = Callable[..., Page]
PASSWORD = "four random words here"
REFUSED = re.compile("responded with a status of 40[14]")
"""What the browser itself says of a question that the service refuses; the page says it too."""


@pytest.fixture(scope="module")
def town(database_url: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_incident_town(tmp_path_factory.mktemp("town"), database_url) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def site(town: Workspace) -> Iterator[str]:
    with serving(town) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, site: str, town: Workspace) -> Iterator[Open]:
    """Give a function that opens the page as a role; what goes wrong on any of the pages fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(role: str, view: str = "") -> Page:
        town.accounts.add(role, role=role, jurisdictions=["*"], password=PASSWORD)
        context = new_context(
            browser,
            viewport={"width": 1000, "height": 640},
            locale="en-GB",
            reduced_motion="reduce",  # maps jump instead of flying
            device_scale_factor=COARSE,
        )
        contexts.append(context)
        context.request.post(f"{site}sign-in", form={"username": role, "password": PASSWORD})
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: None if said.type != "error" or REFUSED.search(said.text) else wrong.append(said.text),
        )
        page.on("request", lambda asked: None if asked.url.startswith((site, "blob:")) else wrong.append(asked.url))
        page.goto(f"{site}analyst{view}")
        expect(page.locator(".tab-state")).not_to_be_empty()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def settled(page: Page) -> None:
    expect(page.locator("#busy")).to_be_hidden()


def total(page: Page) -> Any:
    return expect(page.locator(".tab-state .total"))


def view_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).fragment)


def choose_incidents(page: Page) -> None:
    """Choose a category alone, and hours by the keyboard."""
    page.locator('[data-key="alone 0101"]').click()
    total(page).to_have_text("200")
    page.locator('[data-key="all"]').click()
    total(page).to_have_text("300")
    page.locator('.hours [data-hour="8"]').focus()
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown", "Space"):
        page.keyboard.press(key)
    assert view_of(page)["hours"] == ["8-10,32-34"]
    settled(page)
    assert 0 < int(page.locator(".tab-state .total").inner_text()) < 200
    page.locator('[data-usual="all"]').click()


def choose_a_period(page: Page) -> None:
    """Drag on the time line, and move an end by a key."""
    box = page.locator(".chart").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 20, steps=3)
    page.mouse.up()
    settled(page)
    period = view_of(page)
    assert period["from"] < period["to"]
    page.locator(".grip.last").focus()
    page.keyboard.press("ArrowRight")
    assert view_of(page)["to"] > period["to"]
    settled(page)


def compare(page: Page) -> None:
    """Lay two periods side by side, and move the divider."""
    page.locator('[data-option="inCompare"]').select_option("before")
    expect(page.locator("#beside .divider")).to_be_visible()
    settled(page)
    expect(page.locator("#listed thead")).to_contain_text("Before")
    page.locator(".divider").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".divider")).to_have_attribute("aria-valuenow", "46")


def saved(page: Page, role: str, name: str, file: Path) -> bytes:
    """Save what an entry of the menu offers."""
    page.locator("#menu summary").click()
    with page.expect_download() as downloaded:
        page.get_by_role(role, name=name).click()  # type: ignore[arg-type]
    downloaded.value.save_as(file)
    return file.read_bytes()


def test_an_analyst_narrows_compares_shares_and_exports(open_page: Open, town: Workspace, tmp_path: Path) -> None:
    page = open_page("analyst")
    total(page).to_have_text("300")
    settled(page)
    expect(page.locator("#legend")).to_contain_text("Incidents in a cell")
    choose_incidents(page)
    choose_a_period(page)
    page.locator("#listed thead button", has_text="Community").click()
    expect(page.locator('#listed th[aria-sort="ascending"]')).to_have_text("Community")
    page.locator("#listed .to").first.click()
    expect(page.locator(".maplibregl-popup dl")).to_contain_text("Incidents")
    compare(page)
    legends = {
        "density": "Gaussian",
        "significance": "chance",
        "emerging": "whole step",
        "incidents": "0502",
    }
    for layer, said in legends.items():
        page.locator(f'[name="layer"][value="{layer}"]').check()
        expect(page.locator("#legend")).to_contain_text(re.compile(said, re.IGNORECASE))
        settled(page)
    assert page.locator("#listed tbody tr").count() > 20

    address = page.url  # the link opens the same view, which follows the language
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator('[name="layer"][value="incidents"]')).to_be_checked()
    settled(page)
    page.locator("#language").click()
    expect(page.locator("#listed thead")).to_contain_text("社区")
    expect(page).to_have_title("研判分析 · spatialgov")
    page.locator("#language").click()

    page.locator("#area").select_option(WEST)
    settled(page)
    shown = int(page.locator(".tab-state .total").inner_text())
    data = saved(page, "link", "GeoJSON", tmp_path / "shown.geojson")
    assert len(json.loads(data)["features"]) == shown > 0
    picture = saved(page, "button", "PNG", tmp_path / "shown.png")
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000

    town.plans.publish(moved(town, {"U04": f"{WEST}002"}))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as when the reader comes back
    expect(page.locator("#notices")).to_contain_text("Edition 2 has been published")


def test_a_viewer_is_told_what_is_left_out_and_why(open_page: Open) -> None:
    page = open_page("viewer", "#layer=density&cat=0502&hours=22")
    expect(page.locator(".tab-state")).to_contain_text("no counts from 1 to below 5")
    expect(page.locator('[name="layer"][value="density"]')).to_be_disabled()
    expect(page.locator('[name="layer"][value="counts"]')).to_be_checked()
    expect(page.locator(".clock")).to_contain_text("too few incidents to be shown")
    page.locator('.time-line [data-part="from"]').fill("2020-01-01")
    page.locator('.time-line [data-part="to"]').fill("2020-01-31")
    expect(page.locator(".tab-state")).to_contain_text(re.compile("No incidents here"))
    page.context.clear_cookies()  # the sign-in ends: the view outlasts it
    page.evaluate("location.hash = '#area=999999999999'")
    page.get_by_label("Account").fill("viewer")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#notices")).to_contain_text("no jurisdiction '999999999999'")
