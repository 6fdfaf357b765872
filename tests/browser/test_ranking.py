"""The list beside the map of recommendations: rows lead to places, places to rows, on a screen, a phone and paper."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from spatialgov_maps.base import save_html
from spatialgov_maps.recommend_map import recommend_map
from tests.maps.advised import advised


@pytest.fixture
def listed(page: Page, town: Any, tmp_path: Path) -> Page:
    page.goto(save_html(recommend_map(advised(town.grids), context=town.context), tmp_path / "map.html").as_uri())
    return page


def test_a_row_leads_to_its_place_and_a_place_to_its_row(listed: Page) -> None:
    rows = listed.locator(".ranking li")
    expect(rows).to_have_count(2)
    listed.locator(".leaflet-areas-pane path.leaflet-interactive").last.click()
    expect(rows.nth(1)).to_have_class("chosen")
    before = listed.locator(".leaflet-control-scale-line").inner_text()
    rows.first.get_by_role("button").press("Enter")
    expect(rows.first).to_have_class("chosen")
    expect(rows.nth(1)).not_to_have_class("chosen")
    expect(listed.locator(".leaflet-control-scale-line")).not_to_have_text(before)


def test_before_and_after_are_one_choice(listed: Page) -> None:
    expect(listed.get_by_role("heading", name="What to change")).to_be_visible()
    listed.get_by_label("After").check()
    expect(listed.get_by_role("heading", name="What to change")).to_be_hidden()
    expect(listed.locator(".legend")).to_contain_text("inside the limits")
    listed.locator(".ranking button").first.click()  # leads there in any picture
    expect(listed.locator(".ranking li").first).to_have_class("chosen")


def test_the_list_fits_a_phone_and_paper(listed: Page) -> None:
    listed.set_viewport_size({"width": 360, "height": 700})
    assert listed.evaluate("document.documentElement.scrollWidth") <= 360
    boxes = [listed.locator(place).bounding_box() for place in (".folium-map", ".ranking")]
    assert boxes[0]
    assert boxes[1]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    listed.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(listed.locator("body")).to_have_class("with-ranking printing")
    listed.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(listed.locator("body")).to_have_class("with-ranking")
