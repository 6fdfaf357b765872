"""The reports on incidents in a browser: the slider moves, the picture lies right, the clock tells its hours."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from playwright.sync_api import Page, expect

from spatialgov.incidents import clock, compare_periods, h3_counts, heat_map, hot_spots, time_frames
from spatialgov.language import using_language
from spatialgov.projection import WGS84
from spatialgov_maps import raster_layer
from spatialgov_maps.base import WebPage, save_html
from spatialgov_maps.change_map import change_layers, change_map
from spatialgov_maps.clock_page import clock_page
from spatialgov_maps.heat_map import heat_layer
from spatialgov_maps.hot_spot_map import hot_spot_map
from spatialgov_maps.time_map import time_layer, time_map

ZONE = "Asia/Shanghai"


def incidents(n: int = 2000, seed: int = 3) -> gpd.GeoDataFrame:
    random = np.random.default_rng(seed)
    hour = random.integers(0, 28, n) * 24 + random.normal(20, 2, n) % 24
    times = pd.Timestamp("2025-11-03T00:00+08:00") + pd.to_timedelta(hour, unit="h")
    points = shapely.points(random.normal((116.014, 34.008), 0.003, (n, 2)))
    return gpd.GeoDataFrame({"occurred_at": times}, geometry=points, crs=WGS84)


def sliding(kind: Any = "hour", context: Any = None) -> WebPage:
    frames = time_frames(incidents(), 9, kind, ZONE, minimum=1)
    return time_map(frames, time_layer(frames), context=context)


def spots(town: Any) -> WebPage:
    found: list[Any] = [
        hot_spots(incidents(), town.grids.geometry.union_all(), method=method)
        for method in ("gi_star", "excess", "scan")
    ]
    return hot_spot_map(found, layer=heat_layer(heat_map(incidents(), 10)), context=town.context)


def changed(town: Any) -> WebPage:
    counted = [h3_counts(frame.geometry.x, frame.geometry.y, 9) for frame in (incidents(900), incidents(2000, 4))]
    found = compare_periods(counted[0], counted[1], (28.0, 28.0), 9, minimum=1)
    return change_map(found, change_layers(found, ("a", "b")) or [], ("a", "b"), context=town.context)


PAGES: dict[str, Any] = {
    "slider": lambda town: sliding(context=town.context),
    "spots": spots,
    "clock": lambda town: clock_page(clock(incidents()["occurred_at"], ZONE), source="Town"),
    "change": changed,
}


def show(page: Page, report: WebPage, folder: Path) -> None:
    page.goto(save_html(report, folder / "report.html").as_uri())


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh", 390)])
@pytest.mark.parametrize("name", PAGES)
def test_reports_open_and_fit(page: Page, town: Any, tmp_path: Path, name: str, language: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    with using_language(language):
        show(page, PAGES[name](town), tmp_path)
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if name != "clock":
        box = page.locator(".folium-map").bounding_box()
        assert box is not None
        assert box["height"] > 400


def test_the_slider_moves_by_keyboard_and_by_touch(page: Page, tmp_path: Path) -> None:
    with using_language("en"):
        show(page, sliding(), tmp_path)
    label, slider = page.locator(".time output strong"), page.get_by_role("slider", name="Incidents by hour of the day")
    expect(label).to_have_text("00:00 – 01:00")
    slider.focus()
    page.keyboard.press("End")
    expect(label).to_have_text("23:00 – 24:00")
    page.keyboard.press("ArrowLeft")
    expect(label).to_have_text("22:00 – 23:00")
    expect(slider).to_have_attribute(
        "aria-valuetext", r"22:00 – 23:00: " + page.locator(".time output span").inner_text()
    )
    page.locator(".time .bars i").nth(20).click(position={"x": 3, "y": 3})
    expect(label).to_have_text("20:00 – 21:00")
    evening = page.locator(".leaflet-areas-pane path[fill='#bd0026']").count()
    page.keyboard.press("Home")
    slider.focus()
    page.keyboard.press("Home")
    assert evening > page.locator(".leaflet-areas-pane path[fill='#bd0026']").count()


def test_play_and_pause(page: Page, tmp_path: Path) -> None:
    page.clock.install()
    with using_language("en"):
        show(page, sliding("weekday"), tmp_path)
    label = page.locator(".time output strong")
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(1850)
    expect(label).to_have_text("Wednesday")
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(5000)
    expect(label).to_have_text("Wednesday")
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(900 * 5)
    expect(label).to_have_text("Monday")  # round and round


def test_hover_tells_the_number_of_the_frame(page: Page, tmp_path: Path) -> None:
    with using_language("en"):
        show(page, sliding(), tmp_path)
    page.get_by_role("slider").focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.locator(".leaflet-areas-pane path[fill='#bd0026']").first.hover()
    card = page.locator(".leaflet-tooltip.card")
    expect(card).to_contain_text("Incidents per km² a week")
    expect(card).to_contain_text("H3 cell")


def test_a_picture_lies_on_the_map_to_within_a_pixel(page: Page, tmp_path: Path, monkeypatch: Any) -> None:
    """The same cell as a shape and as a picture: their sides meet, also after the map was zoomed and moved."""
    place = gpd.GeoDataFrame(geometry=[shapely.Point(116.014, 34.008)] * 9, crs=WGS84)
    heat = heat_map(place, 8, minimum=1)
    with using_language("en"):
        monkeypatch.setattr(raster_layer, "MOST_POINTS", 1)
        picture = heat_layer(heat)
        monkeypatch.setattr(raster_layer, "MOST_POINTS", 100)
        shape = heat_layer(heat)
    from spatialgov_maps.base import Map

    m = Map(heat.cells.total_bounds, "Both")
    m.add_layers([layer for layer in (picture, shape) if layer])
    show(page, m, tmp_path)
    page.wait_for_selector("canvas.picture[data-frame='0']")
    for zoom in range(2):
        if zoom:
            for end, change in {"zoomend": "zoomOut()", "moveend": "panBy([-60, 30])"}.items():
                page.evaluate(f"new Promise((done) => {m.get_name()}.once('{end}', () => done()).{change})")
        drawn = page.evaluate(
            """() => {
                const canvas = document.querySelector("canvas.picture");
                const [w, h] = [canvas.width, canvas.height];
                const data = canvas.getContext("2d").getImageData(0, 0, w, h).data;
                let [west, east, north, south] = [w, 0, h, 0];
                for (let i = 0; i < w * h; i++) if (data[4 * i + 3]) {
                    [west, east] = [Math.min(west, i % w), Math.max(east, i % w + 1)];
                    [north, south] = [Math.min(north, Math.floor(i / w)), Math.max(south, Math.floor(i / w) + 1)];
                }
                const box = canvas.getBoundingClientRect();
                const [sx, sy] = [box.width / w, box.height / h];
                const pixel = Math.max(sx, sy);
                const shape = document.querySelector("path.leaflet-interactive").getBoundingClientRect();
                return [pixel, [west * sx + box.left, east * sx + box.left, north * sy + box.top, south * sy + box.top],
                        [shape.left, shape.right, shape.top, shape.bottom]];
            }"""
        )
        pixel, picture_sides, shape_sides = drawn
        assert np.abs(np.subtract(picture_sides, shape_sides)).max() <= pixel + 1.5  # the line has a width


def test_a_picture_tells_its_class_under_the_pointer(page: Page, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(raster_layer, "MOST_POINTS", 1)
    with using_language("en"):
        show(page, sliding(), tmp_path)
    page.get_by_role("slider").focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector("canvas.picture[data-frame='20']")
    box = page.locator("canvas.picture").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".leaflet-tooltip.card")).to_contain_text("≥")
    page.mouse.move(30, 400)
    expect(page.locator(".leaflet-tooltip.card")).to_have_count(0)


def test_before_and_after_are_toggled(page: Page, town: Any, tmp_path: Path) -> None:
    with using_language("en"):
        show(page, changed(town), tmp_path)
    expect(page.get_by_role("heading", name="Rate after over rate before")).to_be_visible()
    page.get_by_label("Before (a)").check()
    expect(page.get_by_role("heading", name="Rate after over rate before")).to_be_hidden()
    expect(page.get_by_role("heading", name="Before: Incidents per km² a week")).to_be_visible()
    page.get_by_label("After (b)").check()
    expect(page.get_by_role("heading", name="After: Incidents per km² a week")).to_be_visible()


def test_the_clock_tells_its_hours_to_pointer_and_keyboard(page: Page, tmp_path: Path) -> None:
    with using_language("en"):
        show(page, clock_page(clock(incidents()["occurred_at"], ZONE)), tmp_path)
    card = page.locator(".clock-card")
    page.locator(".clock.wide g").nth(24 + 20).hover()
    expect(card).to_contain_text("Tuesday 20:00 – 21:00")
    page.locator(".clock.wide g").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(card).to_contain_text("Tuesday 01:00 – 02:00")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator(".clock.tall g").first.focus()
    page.keyboard.press("ArrowDown")
    expect(card).to_contain_text("Monday 01:00 – 02:00")


def test_each_hot_spot_layer_brings_its_question(page: Page, town: Any, tmp_path: Path) -> None:
    with using_language("en"):
        show(page, spots(town), tmp_path)
    expect(page.get_by_text("Where do neighbourhoods")).to_be_visible()
    page.get_by_label("Clusters (circles)").check()
    expect(page.get_by_text("Which circles of any size")).to_be_visible()
