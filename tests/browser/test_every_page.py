"""Every page of the service: both languages, desktop and phone, read by eye, ear and keyboard."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Page, expect

from spatialgov.workspace import Workspace
from spatialgov_api.routers import pages, sign_in
from tests.browser.accessibility import check
from tests.browser.chromium import NewPage
from tests.browser.served import serving
from tests.browser.served_pages import DESKTOP, PAGES, PHONE, ServedPage, open_page, prepared

TARGET = 410
"""So near to what is in force that the scenario is soon worked out."""
NAMES = ["400 households a grid", f"{TARGET} households a grid", "望桥路1号"]
"""What the demo and `prepared` named in English; an address."""


@pytest.fixture(scope="module")
def site(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = Path(shutil.copytree(sample_dir, tmp_path_factory.mktemp("every") / "city"))
    with Workspace.open(folder) as workspace:
        prepared(workspace, target=TARGET)
        with serving(workspace) as address:
            yield address


def test_the_list_has_every_page() -> None:
    routes = [*pages.router.routes, *sign_in.pages.routes]
    served = {route.path for route in routes if isinstance(route, APIRoute) and "GET" in (route.methods or ())}
    listed = {"/" + re.split("[?#]", one.path)[0] for one in PAGES.values()}
    assert listed == {path.replace("{scenario_id}", "1") for path in served if not path.endswith(".js")}


LOOKED_AT = [name for name, one in PAGES.items() if not one.costly]


@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_page_is_for_everybody(new_page: NewPage, site: str, name: str) -> None:
    one = PAGES[name]
    # Reports come out of one mould: by turns they are looked at in English on a desktop, and in Chinese on a phone.
    is_report, is_even = one.path.startswith("maps/"), LOOKED_AT.index(name) % 2 == 0
    if not is_report or is_even:
        page = new_page(viewport=DESKTOP, refusals=one.refusals)
        open_page(page, site, one)
        look_at(page, one, "en", "Made-up sample city")
        if (switch := page.locator("#language")).count():  # at once
            page.set_viewport_size(PHONE)
            switch.click()
            look_at(page, one, "zh-CN", "样例城市（虚构）")
            return
    if not is_report or not is_even:
        page = new_page(viewport=PHONE, locale="zh-CN", refusals=one.refusals)
        open_page(page, site, one)
        look_at(page, one, "zh-CN", "样例城市（虚构）")


def look_at(page: Page, one: ServedPage, tag: str, city: str) -> None:
    page.wait_for_load_state("networkidle")
    expect(page.locator("html")).to_have_attribute("lang", tag)
    expect(page.locator("h1").first).to_be_visible()
    if one.path.startswith("maps/") and not one.refusals:
        assert city in page.content()
    check(page, left=one.left, names=NAMES)


def test_the_start_page_leads_to_pages_that_there_are(page: Page, site: str) -> None:
    open_page(page, site, PAGES["start"])
    links = page.locator("main a[href]").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    there = {re.split("[?#]", one.path)[0] for one in PAGES.values()}
    assert {re.split("[?#]", link)[0] for link in links} <= there
    assert len(set(links)) > 15


def test_a_map_tells_by_keyboard_what_it_tells_the_pointer(page: Page, site: str) -> None:
    open_page(page, site, PAGES["plan"])
    page.locator(".folium-map").focus()
    page.keyboard.press("+")
    expect(page.locator(".told")).to_contain_text("Deviation of households")
    told = page.locator(".told").inner_text()
    card = page.locator(".leaflet-tooltip.card strong")
    expect(card).to_be_visible()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".told")).not_to_have_text(told)
    page.keyboard.press("Tab")
    expect(card).to_have_count(0)
