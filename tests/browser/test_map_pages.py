from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from spatialgov.language import using_language
from spatialgov_maps.base import Map, save_html
from spatialgov_maps.heat_map import heat_map
from spatialgov_maps.plan_map import plan_map

HOSTILE = "</script><img src=x onerror=\"document.title='broken'\">"

MAPS: dict[str, Callable[[Any], Map]] = {
    "plan": lambda town: plan_map(town.grids, context=town.context),
    "heat": lambda town: heat_map(town.heat, town.spots, context=town.context),
}


def show(page: Page, m: Map, folder: Path) -> None:
    page.goto(save_html(m, folder / "map.html").as_uri())


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", MAPS)
def test_map_opens_and_draws(page: Page, town: Any, tmp_path: Path, name: str, language: Any) -> None:
    with using_language(language):
        show(page, MAPS[name](town), tmp_path)
    paths = page.locator("path.leaflet-interactive")
    assert paths.count() >= (1 if name == "heat" else 24)
    expect(page.locator(".legend section:visible").first).to_be_visible()
    expect(page.locator("h1")).to_be_visible()


def test_hover_tells_about_the_grid_under_the_pointer(page: Page, town: Any, tmp_path: Path) -> None:
    with using_language("en"):
        show(page, plan_map(town.grids, context=town.context), tmp_path)
    page.locator("path.leaflet-interactive").first.hover()
    tooltip = page.locator(".leaflet-tooltip.card")
    expect(tooltip).to_contain_text(str(town.grids["code"][0]))
    expect(tooltip).to_contain_text("Deviation of households")


def test_legends_follow_the_layers(page: Page, town: Any, tmp_path: Path) -> None:
    with using_language("en"):
        show(page, plan_map(town.grids, context=town.context), tmp_path)
    expect(page.get_by_role("heading", name="Managed grids")).to_be_visible()
    expect(page.get_by_role("heading", name="Deviation of households")).to_be_hidden()
    page.get_by_label("Balance").check()
    expect(page.get_by_role("heading", name="Managed grids")).to_be_hidden()
    expect(page.get_by_role("heading", name="Deviation of households")).to_be_visible()
    page.get_by_label("Communities").uncheck()
    expect(page.get_by_text("Community border")).to_be_hidden()


def test_labels_appear_where_there_is_room(page: Page, town: Any, tmp_path: Path) -> None:
    m = plan_map(town.grids)
    show(page, m, tmp_path)
    expect(page.locator(".label-grid")).to_have_count(24)
    for _ in range(5):
        page.evaluate(f"new Promise((done) => {m.get_name()}.once('zoomend', () => done()).zoomOut())")
    expect(page.locator(".label-grid")).to_have_count(0)


def test_hostile_names_stay_text(page: Page, town: Any, tmp_path: Path) -> None:
    grids = town.grids.assign(name=HOSTILE, code=HOSTILE)
    show(page, plan_map(grids, title=HOSTILE, subtitle=HOSTILE), tmp_path)
    page.locator("path.leaflet-interactive").first.hover()
    expect(page.locator(".leaflet-tooltip.card strong")).to_have_text(HOSTILE)
    expect(page.locator("h1")).to_have_text(HOSTILE)
    assert page.locator("img[src=x]").count() == 0
    assert page.title() == HOSTILE


def test_map_fits_a_phone(page: Page, town: Any, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    show(page, MAPS["heat"](town), tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.locator("details.legend")).not_to_have_attribute("open", "")
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    assert box["height"] > 450
