"""Hot spots by every method: outlines, counts, rates and relative risk in one table."""

import math
from typing import get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely

from spatialgov.errors import InputError
from spatialgov.incidents import (
    METHODS,
    Method,
    StudyArea,
    excess,
    expected_from,
    hot_spots,
    hot_spots_of,
    question,
    risk_interval,
    study_area,
)
from spatialgov.language import using_language

TOWN = shapely.box(118.30, 35.10, 118.34, 35.13)


def incidents(places: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.Point(place) for place in places], crs=4326)


def scattered(n: int, seed: int) -> list[tuple[float, float]]:
    rng = np.random.default_rng(seed)
    west, south, east, north = TOWN.bounds
    return [(float(x), float(y)) for x, y in zip(rng.uniform(west, east, n), rng.uniform(south, north, n), strict=True)]


def gathered(n: int, lon: float, lat: float) -> list[tuple[float, float]]:
    rng = np.random.default_rng(n)
    return [(float(x), float(y)) for x, y in rng.normal((lon, lat), 0.0008, (n, 2))]


def test_planted_spots_are_found_and_ranked() -> None:
    places = scattered(300, 1) + gathered(120, 118.31, 35.11) + gathered(60, 118.33, 35.12)
    found = hot_spots(incidents(places), TOWN, resolution=10)
    spots = found.spots
    assert spots["rank"].tolist() == [1, 2]
    assert spots.geometry.iloc[0].contains(shapely.Point(118.31, 35.11))
    assert spots.geometry.iloc[1].contains(shapely.Point(118.33, 35.12))
    hot = found.cells[found.cells["hot"]]
    assert spots["n_hot_cells"].sum() == len(hot)
    ground = found.cells[found.cells.representative_point().within(spots.union_all())]
    assert set(hot["cell"]) <= set(ground["cell"])
    assert (ground.loc[~ground["hot"], "count"] > found.cells["count"].mean()).all()
    assert spots["n_cells"].sum() == len(ground)
    assert spots["n_incidents"].sum() == ground["count"].sum()
    assert spots["area_km2"].sum() == pytest.approx(ground["area_km2"].sum())
    assert spots["lowest_p"].min() == hot["p_upper"].min()
    mean = found.cells["count"].mean()
    np.testing.assert_allclose(spots["expected"], spots["n_cells"] * mean)
    np.testing.assert_allclose(spots["relative_risk"], spots["n_incidents"] / spots["expected"])
    assert (spots["relative_risk"] > 2).all()


def test_incidents_outside_are_counted_apart() -> None:
    found = hot_spots(incidents([(118.32, 35.11), (118.6, 35.4)]), TOWN, resolution=9)
    assert found.outside == 1
    assert found.cells["count"].sum() == 1


def test_cells_without_incidents_count() -> None:
    found = hot_spots(incidents(scattered(40, 2)), TOWN, resolution=10)
    assert (found.cells["count"] == 0).sum() > 100
    assert found.cells.union_all().covers(TOWN)


@pytest.mark.parametrize("places", [[], [(118.32, 35.11)], [(118.32, 35.11)] * 500], ids=["none", "one", "one point"])
def test_few_incidents_are_no_trouble(places: list[tuple[float, float]]) -> None:
    found = hot_spots(incidents(places), TOWN, resolution=10)
    assert found.cells["count"].sum() == len(places)
    assert len(found.spots) <= 1
    assert list(found.spots.columns[-1:]) == ["geometry"]
    assert found.spots.crs == 4326


def test_even_spread_gives_no_hot_spot() -> None:
    found = [hot_spots(incidents(scattered(200, seed)), TOWN, resolution=10) for seed in range(12)]
    assert sum(len(one.spots) > 0 for one in found) <= 2


# every method, one table -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town() -> StudyArea:
    """The town with households in its western half, and one street."""
    west, south, east, north = TOWN.bounds
    units = gpd.GeoDataFrame(
        {"households": [3000, 0]},
        geometry=[shapely.box(west, south, 118.32, north), shapely.box(118.32, south, east, north)],
        crs=4326,
    )
    roads = gpd.GeoDataFrame(geometry=[shapely.LineString([(west, 35.12), (east, 35.12)])], crs=4326)
    return study_area(TOWN, 10, units=units, roads=roads)


def counted(area: StudyArea, places: list[tuple[float, float]]) -> npt.NDArray[np.int64]:
    return area.counts(*np.array(places).T)[0]


@pytest.mark.parametrize("method", METHODS)
def test_a_planted_spot_is_found_by_every_method(town: StudyArea, method: Method) -> None:
    counts = counted(town, scattered(300, 1) + gathered(120, 118.31, 35.11))
    found = hot_spots_of(counts, town, method=method, simulations=99)
    reference = hot_spots_of(counts, town)
    assert list(found.spots.columns) == list(reference.spots.columns)
    assert (found.spots.dtypes == reference.spots.dtypes).all()
    assert list(found.cells.columns) == list(reference.cells.columns)
    assert found.method == method
    first = found.spots.iloc[0]
    assert first.geometry.contains(shapely.Point(118.31, 35.11))
    assert first["risk_low"] < first["relative_risk"] < first["risk_high"]
    assert first["risk_low"] > 2
    assert first["lowest_p"] < 0.001
    assert found.spots["rank"].tolist() == list(range(1, len(found.spots) + 1))
    inside = found.cells[found.cells.representative_point().within(first.geometry)]
    assert inside["count"].sum() == first["n_incidents"]
    assert inside["expected"].sum() == pytest.approx(first["expected"])
    assert inside["p_upper"].min() == first["lowest_p"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("places", [[], [(118.32, 35.11)], [(118.32, 35.11)] * 500], ids=["none", "one", "one point"])
def test_few_incidents_are_no_trouble_for_any_method(
    town: StudyArea, method: Method, places: list[tuple[float, float]]
) -> None:
    counts = counted(town, places) if places else np.zeros(len(town.cells), dtype=np.int64)
    found = hot_spots_of(counts, town, method=method, simulations=19)
    assert len(found.spots) <= len(places)
    assert found.spots["n_incidents"].tolist() == [len(places)] * len(found.spots)
    assert len(found.spots) == 1 or len(places) < 2 or method == "gi_star"  # one cell is no neighbourhood
    assert found.spots.crs == 4326
    assert list(found.spots.columns) == list(hot_spots_of(counts, town).spots.columns)


def test_a_lone_extreme_cell_answers_another_question(town: StudyArea) -> None:
    """Gi* asks of neighbourhoods; excess and the scans flag a lone cell."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(4.0, len(town.cells))
    middle = int(np.flatnonzero(np.diff(town.neighbours.indptr) == 7)[40])
    counts[town.neighbours[[middle]].indices] = 2
    counts[middle] = 16
    assert hot_spots_of(counts, town, method="excess").spots["n_cells"].tolist() == [1]
    assert hot_spots_of(counts, town, method="scan", simulations=99).spots["n_cells"].iloc[0] == 1
    assert not hot_spots_of(counts, town).cells["hot"].any()


def test_rates_by_household_and_km_of_road(town: StudyArea) -> None:
    spots = hot_spots_of(counted(town, scattered(300, 1) + gathered(120, 118.31, 35.11)), town).spots
    first = spots.iloc[0]
    cells = town.frame.representative_point().within(first.geometry).to_numpy()
    assert town.households is not None
    assert first["households"] == pytest.approx(town.households[cells].sum())
    assert first["per_1000_households"] == pytest.approx(1000 * first["n_incidents"] / first["households"])
    east = hot_spots_of(counted(town, scattered(300, 1) + gathered(120, 118.335, 35.12)), town).spots.iloc[0]
    assert east["households"] == 0
    assert math.isnan(east["per_1000_households"])
    assert east["road_km"] > 0.1
    assert east["per_road_km"] == pytest.approx(east["n_incidents"] / east["road_km"])
    bare = hot_spots(incidents(gathered(120, 118.31, 35.11)), TOWN, resolution=10).spots
    assert bare[["households", "per_1000_households", "road_km", "per_road_km"]].isna().all(axis=None)


def test_what_is_expected_follows_the_households(town: StudyArea) -> None:
    """Incidents in step with the households are no hot spot against them, and one against an even spread."""
    assert town.households is not None
    counts = np.random.default_rng(1).poisson(town.households * 0.2)
    assert len(hot_spots_of(counts, town, method="scan", simulations=99).spots) > 0
    against = hot_spots_of(counts, town, method="scan", against="households", simulations=99)
    assert len(against.spots) == 0
    assert against.cells["expected"].sum() == pytest.approx(counts.sum())
    assert against.cells["expected"].min() > 0


def test_cells_that_vary_more_give_wider_intervals(town: StudyArea) -> None:
    counts = counted(town, scattered(300, 1) + gathered(120, 118.31, 35.11))
    plain, wide = (hot_spots_of(counts, town, phi=phi).spots.iloc[0] for phi in (0.0, 0.5))
    low, high = risk_interval(plain["n_incidents"], plain["expected"], 0.5 / plain["n_cells"])
    assert (wide["risk_low"], wide["risk_high"]) == pytest.approx((float(low), float(high)))
    assert wide["risk_low"] < plain["risk_low"]
    assert wide["risk_high"] > plain["risk_high"]
    expected = expected_from(counts, np.ones(len(counts)))
    usual = hot_spots_of(counts, town, method="excess", phi=0.5).cells["hot"]
    np.testing.assert_array_equal(usual, excess(counts, expected, phi=0.5).more)


def test_the_interval_of_several_cells_holds_their_risk() -> None:
    """Cells of different size that vary by themselves: what the table does with φ, by simulation."""
    rng = np.random.default_rng(2)
    mu, phi, risk = np.array([1.0, 4.0, 2.0, 8.0, 0.5]), 0.6, 2.0
    cells = rng.poisson(rng.gamma(1 / phi, phi * risk * mu, (20_000, 5)))
    low, high = risk_interval(cells.sum(axis=1), mu.sum(), phi * (mu**2).sum() / mu.sum() ** 2)
    assert 0.94 <= np.mean((low <= risk) & (high >= risk)) <= 0.98


def test_spots_with_few_incidents_can_be_left_out(town: StudyArea) -> None:
    few = gathered(90, 118.33, 35.12) + gathered(91, 118.33, 35.107)
    places = scattered(300, 1) + gathered(200, 118.31, 35.11) + few
    found = hot_spots_of(counted(town, places), town)
    n = sorted(found.spots["n_incidents"], reverse=True)
    assert len(n) == 3
    fewer = found.at_least(n[1] + 1)
    assert fewer.spots["rank"].tolist() == [1]
    assert fewer.spots["n_incidents"].tolist() == n[:1]


def test_each_method_says_its_question_in_both_languages() -> None:
    assert get_args(Method) == METHODS
    for language, mark in (("en", "?"), ("zh", "？")):
        with using_language(language):  # type: ignore[arg-type]
            said = [question(method) for method in METHODS]
        assert len(set(said)) == len(METHODS)
        assert all(mark in one for one in said)


@pytest.mark.parametrize(
    "options", [{"method": "guess"}, {"alpha": 2}, {"method": "scan", "alpha": 0}, {"method": "excess", "phi": -1}]
)
def test_bad_options_are_refused(town: StudyArea, options: dict[str, float]) -> None:
    with pytest.raises(InputError):
        hot_spots_of(np.zeros(len(town.cells), dtype=np.int64), town, **options)  # type: ignore[arg-type]


def test_counts_of_another_area_are_refused(town: StudyArea) -> None:
    with pytest.raises(InputError, match="3 counts"):
        hot_spots_of(np.zeros(3, dtype=np.int64), town)


def test_what_is_not_known_cannot_be_compared_with() -> None:
    with pytest.raises(InputError, match="households"):
        hot_spots(incidents([]), TOWN, resolution=8, against="households")
