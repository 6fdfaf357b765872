"""The reports on incidents of the made-up town: what they say, what they hide, and that they stay small."""

import base64
import html as markup
import json
import re
import struct
import zlib
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely

from spatialgov.incidents import clock, compare_periods, h3_counts, heat_map, hot_spots, shown_table, time_frames
from spatialgov.language import using_language
from spatialgov.projection import WGS84
from spatialgov_maps import raster_layer
from spatialgov_maps.base import WebPage, html
from spatialgov_maps.change_map import change_layers, change_map
from spatialgov_maps.clock_page import clock_page
from spatialgov_maps.heat_map import heat_layer
from spatialgov_maps.heat_map import heat_map as heat_page
from spatialgov_maps.hot_spot_map import hot_spot_map
from spatialgov_maps.mercator import PixelGrid
from spatialgov_maps.time_map import time_layer, time_map

ZONE = "Asia/Shanghai"
MEGABYTE = 1_000_000
KINDS = ("hour", "weekday", "week", "month")


@pytest.fixture(params=["en", "zh"])
def chinese(request: pytest.FixtureRequest) -> Any:
    with using_language(request.param):
        yield request.param == "zh"


def incidents(n: int, spread: float = 0.004, seed: int = 3) -> gpd.GeoDataFrame:
    """Over 20 weeks, gathered about two places, most of them in the evening."""
    random = np.random.default_rng(seed)
    centre = np.where(random.random((n, 1)) < 0.3, (116.018, 34.010), (116.010, 34.006))
    day, hour = random.integers(0, 140, n), random.normal(20, 3, n) % 24
    times = pd.Timestamp("2025-11-03T00:00+08:00") + pd.to_timedelta(day * 24 + hour, unit="h")
    points = shapely.points(random.normal(centre, spread))
    return gpd.GeoDataFrame({"occurred_at": times}, geometry=points, crs=WGS84)


def size(page: WebPage) -> int:
    return len(html(page).encode("utf-8"))


def spec(text: str, kind: str) -> dict[str, Any]:
    found = re.search(rf"spatialgov\.{kind}\((?:\w+, )*(\{{.*\}})\);", text)
    assert found is not None
    made: dict[str, Any] = json.loads(found[1])
    return made


def pixels_of(url: str) -> npt.NDArray[np.uint8]:
    png = base64.b64decode(url.removeprefix("data:image/png;base64,"))
    width, height = struct.unpack(">II", png[16:24])
    start = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[start - 4 : start])
    lines = np.frombuffer(zlib.decompress(png[start + 4 : start + 4 + length]), np.uint8).reshape(height, -1)[:, 1:]
    return np.stack([lines >> 4, lines & 15], axis=-1).reshape(height, -1)[:, :width]


# the time slider -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_classes_mean_the_same_in_every_frame(town: Any, chinese: bool, kind: Any) -> None:
    frames = time_frames(incidents(3000), 9, kind, ZONE, minimum=1)
    text = html(time_map(frames, time_layer(frames), context=town.context))
    drawn = spec(text, "cellFrames")
    legend = re.search(r'\{"title":"(每平方公里每周事件|Incidents per km² a week)".*?\]', text)
    assert legend is not None
    labels = [item["label"] for item in json.loads(legend[0] + "}")["items"]][::-1]
    edges = [float(re.findall(r"[\d.,]+", label)[0].replace(",", "")) for label in labels]
    for k, (steps, counts, classes) in enumerate(drawn["frames"]):
        cells = np.cumsum(steps).astype(int)
        rates = np.array(counts) / np.array(drawn["areas"])[cells] / drawn["weeks"][k]
        low, high = (np.array([*edges, np.inf])[np.array(classes, dtype=int) - shift] for shift in (1, 0))
        assert ((low * 0.999 <= rates) & (rates <= high * 1.001)).all()
    assert sum(sum(counts) for _, counts, _ in drawn["frames"]) == 3000
    slider = spec(text, "slider")
    assert len(slider["frames"]) == len(frames.keys)
    assert max(height for _, _, height in slider["frames"]) == 1
    first = {"hour": "00:00 – 01:00", "weekday": "星期一" if chinese else "Monday", "week": "2025-11-03 – 11-09"}
    first["month"] = "2025年11月" if chinese else "2025-11"
    assert slider["frames"][0][0] == first[kind]


def test_a_public_slider_holds_no_small_count(chinese: bool) -> None:
    frame = incidents(3000)
    exact, frames = (time_frames(frame, 9, "hour", ZONE, minimum=minimum) for minimum in (1, 5))
    text = html(time_map(frames, time_layer(frames)))
    counts = [count for frame_ in spec(text, "cellFrames")["frames"] for count in frame_[1]]
    assert min(counts) >= 5
    assert ("少于 5 起" if chinese else "fewer than 5 incidents") in text
    notes = [note for _, note, _ in spec(text, "slider")["frames"]]
    hidden = (exact.counts > 0).sum() - len(counts)
    assert sum(int(re.findall(r"[\d,]+", note.split(" · ")[1])[0].replace(",", "")) for note in notes) == hidden


def partly_rough(rough: int, n: int) -> gpd.GeoDataFrame:
    """Give incidents of which the first are only known to have happened within 30 hours."""
    frame = incidents(n)
    hours = pd.Series(np.where(np.arange(n) < rough, 30.0, np.nan))
    return frame.assign(occurred_until=frame["occurred_at"] + pd.to_timedelta(hours, unit="h"))


NOT_KNOWN = {
    "hour": ("Incidents not known to the hour", "未精确到小时的事件"),
    "weekday": ("Incidents not known to the day", "未精确到日的事件"),
}


@pytest.mark.parametrize("kind", NOT_KNOWN)
def test_a_slider_says_how_many_are_in_no_frame(chinese: bool, kind: Any) -> None:
    what = NOT_KNOWN[kind][chinese]
    frames = time_frames(partly_rough(1100, 3000), 9, kind, ZONE, minimum=1)
    text = html(time_map(frames, time_layer(frames)))
    assert f"{what}，未计入：1,100 起。" in text if chinese else f"{what}, left out: 1,100." in text
    fact = f"<dt>{what}</dt><dd>1,100</dd>"
    assert fact in text
    nothing_else = time_frames(partly_rough(1100, 1100), 9, kind, ZONE, minimum=1)
    assert fact in html(time_map(nothing_else, time_layer(nothing_else)))
    few = time_frames(partly_rough(3, 3000), 9, kind, ZONE, minimum=5)
    text = html(time_map(few, time_layer(few)))
    assert (f"{what}未计入。" if chinese else f"{what} are left out.") in text
    assert f"<dt>{what}</dt>" not in text


@pytest.mark.parametrize("kind", ["week", "month"])
def test_a_slider_of_weeks_or_months_leaves_none_out(kind: Any) -> None:
    frames = time_frames(partly_rough(1100, 3000), 9, kind, ZONE, minimum=1)
    assert frames.counts.sum() == 3000
    text = html(time_map(frames, time_layer(frames)))
    assert not any(what in text for names in NOT_KNOWN.values() for what in names)


@pytest.mark.parametrize("n", [0, 1, 10])
@pytest.mark.parametrize("kind", KINDS)
def test_a_slider_of_next_to_nothing(town: Any, kind: Any, n: int) -> None:
    frames = time_frames(incidents(n), 9, kind, ZONE, minimum=1)
    text = html(time_map(frames, time_layer(frames), context=town.context))
    assert ("spatialgov.slider(" in text) == (n > 0)


# pictures ------------------------------------------------------------------------------------------------------------


def test_many_incidents_become_pictures_of_the_same_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = time_frames(incidents(4000), 9, "weekday", ZONE, minimum=1)
    shapes = spec(html(time_map(frames, time_layer(frames))), "cellFrames")
    monkeypatch.setattr(raster_layer, "MOST_POINTS", 3999)
    picture = spec(html(time_map(frames, time_layer(frames))), "raster")
    (_, west), (north, east) = picture["bounds"]
    width, height = picture["size"]
    grid = PixelGrid(west, north, np.radians(east - west) / width, width, height)
    for (steps, _, classes), url in zip(shapes["frames"], picture["pictures"], strict=True):
        drawn = pixels_of(url)
        expected = np.zeros(len(frames.cells), dtype=int)
        expected[np.cumsum(steps)] = classes
        for name, wanted in zip(frames.cells["cell"], expected, strict=True):
            lat, lon = h3.cell_to_latlng(name)
            column, row = grid.pixel_of(lon, lat)
            assert drawn[int(row), int(column)] == wanted
    assert len(picture["pictures"]) == 7
    assert picture["bounds"][0][0] == pytest.approx(frames.cells.total_bounds[1], abs=1e-3)
    _, _, _, last = grid.bounds
    assert last == pytest.approx(north)


def test_the_edge_of_a_cell_lies_where_it_should_to_within_a_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster_layer, "MOST_POINTS", 0)
    place = gpd.GeoDataFrame(geometry=[shapely.Point(116.018, 34.010)], crs=WGS84)
    heat = heat_map(place, 8, minimum=1)
    picture = spec(html(heat_page(heat)), "raster")
    (_, west), (north, east) = picture["bounds"]
    width, height = picture["size"]
    grid = PixelGrid(west, north, np.radians(east - west) / width, width, height)
    drawn = pixels_of(picture["pictures"][0]) > 0
    lon, lat = grid.middles()
    cell = heat.cells.geometry.iloc[0]
    step = np.degrees(grid.step_rad)
    # H3's own cells have geodesic sides; at this size they and straight ones are the same to a hair
    inside = shapely.contains_xy(cell.buffer(-step), lon, lat).reshape(height, width)
    outside = ~shapely.contains_xy(cell.buffer(step), lon, lat).reshape(height, width)
    assert drawn[inside].all()
    assert not drawn[outside].any()
    assert inside.sum() > 200


def test_so_many_cells_that_no_picture_fits_are_left_to_a_coarser_resolution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster_layer, "MOST_PICTURE_BYTES", 2500)
    frame = incidents(60_000, spread=0.05)
    assert heat_layer(heat_map(frame, 10, minimum=1)) is None
    assert heat_layer(heat_map(frame, 6, minimum=1)) is not None


def test_a_million_incidents_stay_under_a_megabyte(town: Any) -> None:
    frame = incidents(1_000_000, spread=0.03)
    for kind in ("hour", "week"):
        frames = time_frames(frame, 9, kind, ZONE, minimum=1)
        layer = time_layer(frames)
        assert layer is not None
        assert size(time_map(frames, layer, context=town.context)) < MEGABYTE
    heat = heat_map(frame, 10, minimum=1)
    assert len(heat.cells) > 10_000
    text = html(heat_page(heat, context=town.context))
    assert "data:image/png;base64," in text
    assert len(text.encode()) < MEGABYTE


def test_the_most_shapes_that_are_drawn_one_by_one_stay_under_a_megabyte(town: Any) -> None:
    frame = incidents(40_000, spread=0.0155)
    heat = heat_map(frame, 10, minimum=1)
    most = heat.cells.sort_values("count").tail(raster_layer.MOST_CELLS).sort_values("cell")
    heat = heat_map(frame[frame.geometry.within(most.union_all())], 10, minimum=1)
    assert 1900 <= len(heat.cells) <= raster_layer.MOST_CELLS
    text = html(heat_page(heat, context=town.context))
    assert "spatialgov.raster(" not in text
    assert len(text.encode()) < MEGABYTE
    frames = time_frames(frame[frame.geometry.within(most.union_all())], 10, "hour", ZONE, minimum=1)
    assert size(time_map(frames, time_layer(frames), context=town.context)) < MEGABYTE


# hot spots -----------------------------------------------------------------------------------------------------------


def test_each_method_says_which_question_it_answers(town: Any, chinese: bool) -> None:
    boundary = town.grids.geometry.union_all()
    methods: Any = ("gi_star", "excess", "scan")
    found = [hot_spots(incidents(1500), boundary, method=method) for method in methods]
    text = html(hot_spot_map(found, layer=heat_layer(heat_map(incidents(1500), 10)), context=town.context))
    for question in (
        ("哪些邻域", "逐个单元", "哪些大小不限的圆形")
        if chinese
        else ("Where do neigh", "Which single", "Which circles")
    ):
        assert question in text
    assert ("95% 区间" if chinese else "95 % interval") in text
    table = spec(text, "panel")
    first = found[0].spots.iloc[0]
    assert table["rows"][0][:3] == ["1", f"{first.n_incidents:,}", f"{first.relative_risk:.1f}"]
    assert len(text.encode()) < MEGABYTE


def test_a_place_without_hot_spots_says_so(town: Any, chinese: bool) -> None:
    boundary = town.grids.geometry.union_all()
    text = html(hot_spot_map([hot_spots(incidents(0), boundary)], context=town.context))
    assert ("没有任何地点" if chinese else "No place has more") in text


# the clock -----------------------------------------------------------------------------------------------------------


def tips(text: str, chart: str = "wide") -> list[list[Any]]:
    part = text.split(f'class="clock {chart}"')[1].split("</svg>", maxsplit=1)[0]
    return [json.loads(markup.unescape(tip)) for tip in re.findall(r'data-tip="([^"]*)"', part)]


def test_the_clock_tells_each_hour(chinese: bool) -> None:
    frame = incidents(5000)
    found = clock(frame["occurred_at"], ZONE)
    text = html(clock_page(found, subtitle="<script>", source="Town"))
    wide, tall = tips(text), tips(text, "tall")
    assert len(wide) == len(tall) == 168
    assert wide[24 + 20][0] == ("星期二 20:00 – 21:00" if chinese else "Tuesday 20:00 – 21:00")
    assert wide[24 + 20] == tall[20 * 7 + 1]
    told = [int(tip[1][1].replace(",", "")) for tip in wide]
    assert told == found.counts.ravel().tolist()
    assert text.count('class="more"') == 2 * found.even.more.sum() + 1  # in both charts, and in the key
    assert found.even.more.any()
    assert "&lt;script&gt;" in text
    assert len(text.encode()) < MEGABYTE


def test_a_public_clock_hides_small_counts_and_what_would_tell_them(chinese: bool) -> None:
    found = clock(incidents(900)["occurred_at"], ZONE)
    text = html(clock_page(found, minimum=5))
    shown = shown_table(found.counts, 5)[:-1, :-1].ravel()
    assert 0 < shown.sum() < 168
    for tip, open_ in zip(tips(text), shown, strict=True):
        assert (len(tip) == 2 and not re.search(r"\d", tip[1][1])) == (not open_)
    assert text.split('class="clock wide"')[1].split("</svg>")[0].count("url(#hidden)") == (~shown).sum()


@pytest.mark.parametrize("n", [0, 1, 10])
def test_a_clock_of_next_to_nothing(n: int) -> None:
    found = clock(incidents(n)["occurred_at"], ZONE)
    for minimum in (1, 5):
        assert len(tips(html(clock_page(found, minimum=minimum)))) == 168


# before and after ----------------------------------------------------------------------------------------------------


def counted(frame: gpd.GeoDataFrame, resolution: int = 9) -> Any:
    return h3_counts(frame.geometry.x, frame.geometry.y, resolution)


def test_only_what_chance_does_not_explain_has_a_colour(town: Any, chinese: bool) -> None:
    before = incidents(2000)
    after = pd.concat([incidents(2000, seed=4), incidents(200, spread=0.0003, seed=5)])
    found = compare_periods(counted(before), counted(after), (91.0, 91.0), 9, minimum=1)
    names = ("2025", "2026")
    layers = change_layers(found, names)
    assert layers is not None
    text = html(change_map(found, layers, names, context=town.context))
    ratio = spec(text, "layer")
    grey = [feature["properties"]["s"] == 0 for feature in ratio["features"]]
    assert grey == (~found.cells["changed"]).tolist()
    assert 0 < sum(grey) < len(grey)
    assert ("属随机波动" if chinese else "chance explains it") in text
    table = spec(text, "panel")
    assert [row[2] for row in table["rows"]] == ["2,000", "2,200"]
    assert len(text.encode()) < MEGABYTE


def test_chance_alone_changes_next_to_nothing() -> None:
    found = compare_periods(counted(incidents(2000)), counted(incidents(2000, seed=9)), (91.0, 91.0), 9, minimum=1)
    assert found.cells["changed"].sum() <= 1
    assert found.total.low[0] <= 1 <= found.total.high[0]


def test_a_public_comparison_shows_no_small_count(town: Any) -> None:
    before, after = incidents(700), incidents(700, seed=4)
    found = compare_periods(counted(before), counted(after), (91.0, 91.0), 9)
    for column in ("before", "after"):
        assert found.cells[column][found.cells[column] > 0].min() >= 5
    assert found.suppressed > 0
    layers = change_layers(found, ("a", "b"))
    assert layers
    assert str(found.suppressed) in html(change_map(found, layers, ("a", "b"), context=town.context))


def test_many_cells_of_a_comparison_become_pictures(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = incidents(30_000, spread=0.02), incidents(30_000, spread=0.02, seed=4)
    found = compare_periods(counted(before, 10), counted(after, 10), (91.0, 91.0), 10, minimum=1)
    layers = change_layers(found, ("a", "b"))
    assert layers is not None
    text = html(change_map(found, layers, ("a", "b"), context=town.context))
    assert text.count("spatialgov.raster(") == 4
    assert len(text.encode()) < MEGABYTE


@pytest.mark.parametrize("n", [0, 1])
def test_a_comparison_of_next_to_nothing(town: Any, n: int) -> None:
    found = compare_periods(counted(incidents(n)), counted(incidents(0)), (7.0, 7.0), 9, minimum=1)
    layers = change_layers(found, ("a", "b"))
    assert layers is not None
    html(change_map(found, layers, ("a", "b"), context=town.context))
