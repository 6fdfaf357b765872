"""Rolling review: new, gone, persistent places, changes beyond chance, windows of any length."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely

from spatialgov.errors import InputError
from spatialgov.incidents import (
    CellMethod,
    Review,
    Span,
    StudyArea,
    getis_ord,
    review,
    review_of,
    study_area,
    windows_before,
)

TOWN = shapely.box(118.30, 35.10, 118.34, 35.13)
START = datetime(2026, 3, 1, tzinfo=UTC)
Ints = npt.NDArray[np.int64]


@pytest.fixture(scope="module")
def town() -> StudyArea:
    return study_area(TOWN, 10)


def around(area: StudyArea, lon: float, lat: float) -> npt.NDArray[np.bool_]:
    """Say which cells make the one at a place and its neighbours."""
    middle = int(np.flatnonzero(area.frame.contains(shapely.Point(lon, lat)))[0])
    found = np.zeros(len(area.cells), dtype=np.bool_)
    found[area.neighbours[[middle]].indices] = True
    return found


def planted(area: StudyArea, rates: list[list[float]], days: list[float], seed: int) -> Ints:
    """Draw counts: 0.02 a cell and day, and at three places what is told for each window."""
    rng = np.random.default_rng(seed)
    places = [(118.31, 35.11), (118.33, 35.11), (118.32, 35.122)]
    rate = np.full((len(area.cells), len(days)), 0.02)
    for (lon, lat), by_window in zip(places, rates, strict=True):
        rate[around(area, lon, lat)] = by_window
    return rng.poisson(rate * days)


def at(found: Review, lon: float, lat: float) -> dict[Any, Any]:
    rows = found.places[found.places.contains(shapely.Point(lon, lat))]
    assert len(rows) == 1
    return rows.iloc[0].to_dict()


def test_new_gone_and_persistent_places_are_told_apart(town: StudyArea) -> None:
    days = [28.0, 28.0]
    found = review_of(planted(town, [[0.02, 0.6], [0.6, 0.02], [0.5, 0.5]], days, 0), days, town)
    new, gone, lasting = at(found, 118.31, 35.11), at(found, 118.33, 35.11), at(found, 118.32, 35.122)
    assert (new["state"], new["change"], new["hot_windows"]) == ("new", "grown", "01")
    assert (gone["state"], gone["change"], gone["hot_windows"]) == ("gone", "shrunk", "10")
    assert (lasting["state"], lasting["change"], lasting["hot_windows"]) == ("persistent", "steady", "11")
    assert found.places["rank"].tolist() == list(range(1, len(found.places) + 1))
    assert {new["rank"], gone["rank"]} == {1, 2}
    assert (found.places["p"].diff().dropna() >= 0).all()
    assert (found.places["ratio_low"] <= found.places["rate_ratio"]).all()
    assert (found.places["p_adjusted"] >= found.places["p"]).all()


def test_single_cells_are_reviewed_too(town: StudyArea) -> None:
    """A lone cell is hot by its excess, and no neighbourhood is."""
    rng = np.random.default_rng(8)
    counts = rng.poisson(2.0, (len(town.cells), 2))
    lone = int(np.flatnonzero(np.diff(town.neighbours.indptr) == 7)[40])
    counts[lone] = [2, 16]
    found = review_of(counts, [28, 28], town, method="excess").places
    assert found["state"].tolist() == ["new"]
    assert found["change"].tolist() == ["grown"]
    assert (found["n_before"].tolist(), found["n_after"].tolist()) == ([2], [16])
    assert not getis_ord(counts[:, 1], town.neighbours).hot.any()


def test_each_entry_adds_up(town: StudyArea) -> None:
    days = [28.0, 7.0]
    counts = planted(town, [[0.02, 0.9], [0.6, 0.02], [0.5, 0.5]], days, 1)
    found = review_of(counts, days, town)
    for place, ground in zip(found.places.to_dict("records"), found.places.geometry, strict=True):
        cells = town.frame.representative_point().within(ground).to_numpy()
        assert cells.sum() == place["n_cells"]
        assert (place["n_before"], place["n_after"]) == tuple(counts[cells].sum(axis=0))
        assert place["per_day_before"] == pytest.approx(place["n_before"] / 28)
        assert place["per_day_after"] == pytest.approx(place["n_after"] / 7)
        assert place["area_km2"] == pytest.approx(town.frame.loc[cells, "area_km2"].sum())
    assert found.counts == tuple(counts.sum(axis=0))
    assert found.days == (28.0, 7.0)
    assert at(found, 118.31, 35.11)["change"] == "grown"


def test_a_steady_place_is_steady_in_windows_of_any_length(town: StudyArea) -> None:
    days = [84.0, 7.0]
    found = [review_of(planted(town, [[0.6, 0.6]] * 3, days, k), days, town, simulations=49) for k in range(6)]
    changes = [change for one in found for change in one.places["change"]]
    assert len(changes) >= 18
    assert sum(change != "steady" for change in changes) <= 1


def test_growth_of_a_persistent_place_is_told(town: StudyArea) -> None:
    days = [56.0, 28.0]
    found = review_of(planted(town, [[0.5, 1.2], [0.5, 0.5], [0.5, 0.5]], days, 3), days, town)
    assert (at(found, 118.31, 35.11)["state"], at(found, 118.31, 35.11)["change"]) == ("persistent", "grown")
    assert 1.6 < at(found, 118.31, 35.11)["rate_ratio"] < 3.6
    assert at(found, 118.33, 35.11)["change"] == "steady"


def test_a_place_keeps_its_outline_over_many_windows(town: StudyArea) -> None:
    days = [28.0] * 4
    rates = [[0.6, 0.02, 0.02, 0.6], [0.02, 0.02, 0.02, 0.6], [0.6, 0.6, 0.6, 0.6]]
    found = review_of(planted(town, rates, days, 4), days, town)
    assert (at(found, 118.31, 35.11)["state"], at(found, 118.31, 35.11)["hot_windows"]) == ("returned", "1001")
    assert (at(found, 118.33, 35.11)["state"], at(found, 118.33, 35.11)["hot_windows"]) == ("new", "0001")
    assert at(found, 118.32, 35.122)["hot_windows"] == "1111"


@pytest.mark.parametrize(
    ("days", "method"), [([28.0, 28.0], "gi_star"), ([28.0, 7.0], "gi_star"), ([28.0, 14.0], "excess")]
)
def test_chance_is_called_a_change_in_5_of_100_reviews_or_fewer(days: list[float], method: CellMethod) -> None:
    """Nothing changed, and some places always have more: places that are hot by chance in one window only are many."""
    area = study_area(shapely.box(118.30, 35.10, 118.325, 35.12), 10)
    rng = np.random.default_rng(5)
    false, p = 0, []
    for seed in range(20):
        rate = np.full(len(area.cells), 0.01)
        for busy in rng.integers(0, len(area.cells), 12):
            rate[area.neighbours[[busy]].indices] += 0.07
        found = review_of(rng.poisson(rate[:, None] * days), days, area, method=method, simulations=39,
                          seed=seed).places  # fmt: skip
        false += bool((found["change"] != "steady").any())
        p += found["p"].tolist()
    assert len(p) > 60
    assert np.mean(np.array(p) <= 0.05) <= 0.09  # 5 of 100, or more by chance in one run of 100
    assert false <= 4


def test_places_share_no_cell_and_cover_the_hot_cells(town: StudyArea) -> None:
    days = [28.0, 28.0]
    counts = planted(town, [[0.1, 0.6], [0.6, 0.1], [0.3, 0.3]], days, 6)
    found = review_of(counts, days, town).places
    inside = [town.frame.representative_point().within(place).to_numpy() for place in found.geometry]
    assert np.sum(inside, axis=0).max() == 1
    for k in range(2):
        assert (np.any(inside, axis=0) | ~getis_ord(counts[:, k], town.neighbours).hot).all()


@pytest.mark.parametrize("empty", [0, 1])
def test_an_empty_window(town: StudyArea, empty: int) -> None:
    days = [28.0, 28.0]
    counts = planted(town, [[0.6, 0.6]] * 3, days, 7)
    counts[:, empty] = 0
    found = review_of(counts, days, town).places
    assert set(found["state"]) == {"new" if empty == 0 else "gone"}
    assert len(found) >= 3
    assert set(found["change"]) == {"grown" if empty == 0 else "shrunk"}


def test_no_incidents_at_all(town: StudyArea) -> None:
    found = review_of(np.zeros((len(town.cells), 3), dtype=np.int64), [7, 7, 7], town)
    assert len(found.places) == 0
    assert found.places.crs == 4326
    assert np.isnan(found.overall.ratio)
    assert "rate_ratio" in found.places


# from a table of incidents, and its windows ------------------------------------------------------------------------


def incidents(rows: list[tuple[float, float, datetime]]) -> gpd.GeoDataFrame:
    lon, lat, moment = zip(*rows, strict=True)
    return gpd.GeoDataFrame({"occurred_at": list(moment)}, geometry=gpd.points_from_xy(lon, lat), crs=4326)


def test_windows_are_half_open_and_outsiders_are_counted_apart() -> None:
    week = timedelta(days=7)
    windows = [(START, START + week), (START + week, START + 2 * week)]
    rows = [(118.31, 35.11, START), (118.31, 35.11, START + week), (118.31, 35.11, START + 2 * week),
            (118.6, 35.4, START + timedelta(days=1))]  # fmt: skip
    found = review(incidents(rows), TOWN, windows, resolution=9)
    assert found.counts == (1, 1)
    assert found.outside == 1
    assert found.days == (7.0, 7.0)
    assert float(found.overall.ratio) == 1


@pytest.mark.parametrize(
    "windows",
    [
        [(START, START + timedelta(days=7))],
        [(START, START + timedelta(days=7)), (START + timedelta(days=6), START + timedelta(days=12))],
        [(START + timedelta(days=7), START + timedelta(days=14)), (START, START + timedelta(days=7))],
        [(START, START), (START, START + timedelta(days=7))],
        [(datetime(2026, 1, 1), datetime(2026, 1, 8)), (datetime(2026, 1, 8), datetime(2026, 1, 15))],  # no zone
    ],
    ids=["one", "overlapping", "backwards", "no length", "no zone"],
)
def test_bad_windows_are_refused(windows: list[tuple[datetime, datetime]]) -> None:
    with pytest.raises(InputError):
        review(incidents([(118.31, 35.11, START)]), TOWN, windows, resolution=8)


def test_counts_that_fit_no_window_are_refused(town: StudyArea) -> None:
    with pytest.raises(InputError, match="two windows"):
        review_of(np.zeros((len(town.cells), 2), dtype=np.int64), [7, 7, 7], town)
    with pytest.raises(InputError, match="no length"):
        review_of(np.zeros((len(town.cells), 2), dtype=np.int64), [7, 0], town)


@pytest.mark.parametrize("options", [{"alpha": 0}, {"alpha": 1.5}, {"simulations": 0}, {"method": "scan"}])
def test_bad_options_are_refused(town: StudyArea, options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        review_of(np.zeros((len(town.cells), 2), dtype=np.int64), [7, 7], town, **options)


@pytest.mark.parametrize("span", ["week", "month", "season", "year"])
def test_windows_follow_each_other(span: Span) -> None:
    until = datetime(2026, 3, 31, tzinfo=ZoneInfo("Asia/Shanghai"))
    windows = windows_before(until, span, count=4)
    assert windows[-1][1] == until
    assert all(before[1] == after[0] for before, after in pairwise(windows))
    assert all(since < end for since, end in windows)


def test_windows_of_the_last_years_and_when_clocks_change() -> None:
    shanghai, berlin = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
    season = windows_before(datetime(2026, 3, 1, tzinfo=shanghai), "season", last_year=True)
    assert season == [
        (datetime(2024, 12, 1, tzinfo=shanghai), datetime(2025, 3, 1, tzinfo=shanghai)),
        (datetime(2025, 12, 1, tzinfo=shanghai), datetime(2026, 3, 1, tzinfo=shanghai)),
    ]
    week = windows_before(datetime(2026, 3, 30, tzinfo=berlin), "week")
    assert week[1][0] == datetime(2026, 3, 23, tzinfo=berlin)
    assert (week[1][1].astimezone(UTC) - week[1][0].astimezone(UTC)) == timedelta(hours=167)


def test_windows_need_a_zone_and_a_count() -> None:
    for until, count in ((datetime(2026, 1, 1), 2), (START, 1)):
        with pytest.raises(InputError):
            windows_before(until, "week", count=count)
