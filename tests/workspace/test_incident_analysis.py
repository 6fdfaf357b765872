"""The analyses of incidents on the sample city, and on a town with next to none."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.errors import InputError, TimeLimitError
from spatialgov.incidents import METHODS, surfaces
from spatialgov.incidents.backtest import USED
from spatialgov.time_limit import time_limit
from spatialgov.vector_io import read_vector, write_vector
from spatialgov.workspace import Period, Workspace
from spatialgov.workspace.incident_time_results import method_name
from tests.publishing_cases import found_town

ONE = Period(categories=["0502"])
AUTUMN = Period.parse("2026-09-01T00:00+08:00", "2026-11-01T00:00+08:00", [])
SUMMER = Period.parse("2026-06-01T00:00+08:00", "2026-08-01T00:00+08:00", [])

Few = Callable[[list[tuple[float, float, str]]], Workspace]


@pytest.fixture
def few(tmp_path: Path) -> Any:
    """Give a function that makes a town of 400 m with a few incidents: how far east and north, and when."""
    opened: list[Workspace] = []

    def made(incidents: list[tuple[float, float, str]]) -> Workspace:
        workspace = Workspace.open(tmp_path / "town")
        opened.append(workspace)
        found_town(workspace, tmp_path)
        rows = [
            f"E{k},0101,{when},{118.3 + 0.004 * east:.6f},{35.1 + 0.004 * north:.6f},open"
            for k, (east, north, when) in enumerate(incidents)
        ]
        file = tmp_path / "incidents.csv"
        file.write_text("\n".join(["source_id,category,occurred_at,lon,lat,status", *rows]), encoding="utf-8")
        if rows:
            assert workspace.imports.incidents(file, datum="wgs84").accepted == len(rows)
        return workspace

    yield made
    for workspace in opened:
        workspace.close()


NEW_YEAR = ["2025-12-31T23:59:59+08:00", "2026-01-01T00:00:00+08:00"]
CASES: dict[str, list[tuple[float, float, str]]] = {
    "none": [],
    "one": [(0.5, 0.5, NEW_YEAR[0])],
    "ten across the turn of the year": [(0.1 * k, 0.05 * k, NEW_YEAR[k % 2]) for k in range(10)],
    "all at one point": [(0.4, 0.4, f"2026-03-{1 + k % 28:02d}T08:00:00+08:00") for k in range(300)],
    "outside": [(9.0, 9.0, NEW_YEAR[0])],
}


@pytest.mark.parametrize("minimum", [1, 5])
@pytest.mark.parametrize("case", CASES)
def test_next_to_no_incidents_are_no_trouble(few: Few, case: str, minimum: int) -> None:
    town = few(CASES[case])
    n = len(CASES[case])
    places, times, every = town.incident_analysis, town.incident_times, Period()
    for method in METHODS:
        spots = town.analysis.hot_spots(10, every, method=method, minimum=minimum).spots
        assert (spots["n_incidents"] >= minimum).all()
    assert len(places.review(every, minimum=minimum).places) <= 2
    assert set(places.emerging(every, minimum=minimum).classes().values()) <= {1, 2}
    surface = places.density(every)
    on_ground = 0 if case == "outside" else n
    assert (surface.n_incidents, surface.outside) == (on_ground, n - on_ground)
    values = surface.columns[surface.main]
    # kernels corrected at the border keep about all of their mass
    assert np.nansum(values) * surface.raster.cell_km2 == pytest.approx(on_ground, rel=0.3)
    assert places.density(every, per="households", bandwidth_m=100).n_cells == surface.n_cells
    assert places.density(SUMMER, before=AUTUMN, bandwidth_m=100).n_cells == surface.n_cells
    assert places.coarse(every, minimum=5)["incidents"].sum() == (300 if n == 300 else 10 if n == 10 else 0)
    clock, seasons = times.clock(every, minimum=minimum), times.seasons(every, step="day", minimum=minimum)
    assert clock.total == (n if n == 0 or n >= minimum else None)
    assert seasons.series["incidents"].sum() == (n if minimum == 1 or n >= 10 else 0)
    assert times.near_repeat(every, permutations=9).bands()["observed"].sum() == (
        0 if n < 10 else 45 if n == 10 else 300 * 299 / 2
    )
    found = times.forecast(every, windows=4)
    assert found.n_incidents == on_ground
    assert np.isfinite(found.cells()["expected"]).all()
    assert "back-test" in found.verdict() or "counts" in found.verdict()
    for answer in (surface, clock, seasons, found):
        json.dumps(answer.about(), allow_nan=False)


def test_a_category_of_the_sample_city_is_found_where_it_was_planted(sample_workspace: Workspace) -> None:
    stable = shapely.Point(116.604884, 33.89997)
    surface = sample_workspace.incident_analysis.density(ONE)
    assert surface.chosen
    assert 50 < surface.bandwidth_m < 1000
    top = surface.cells(20)
    assert top.union_all().distance(stable) < 0.003
    assert top["incidents_per_km2"].is_monotonic_decreasing
    assert surface.n_cells == len(surface.cells())
    found = sample_workspace.incident_times.forecast(ONE, windows=6)
    assert found.cells(10).union_all().distance(stable) < 0.003
    low, high = found.forecast.total_low, found.forecast.total_high
    assert low < found.forecast.total < high
    assert found.start == pd.Timestamp("2026-11-01", tz="Asia/Shanghai")
    assert (found.end - found.start).days == 7
    table = found.methods()
    assert set(table["area_share"]) == {0.01, 0.05}
    assert ("no better" in found.verdict()) == (not found.is_better())


def test_rates_and_changes(sample_workspace: Workspace) -> None:
    places = sample_workspace.incident_analysis
    households = places.density(Period(), per="households", bandwidth_m=250)
    assert households.main == "per_1000_households"
    frame = households.cells(50)
    assert ((frame["low"] <= frame["per_1000_households"]) & (frame["per_1000_households"] <= frame["high"])).all()
    assert places.density(ONE, per="roads", bandwidth_m=250).main == "per_road_km"
    emerged = Period.parse("2026-07-01T00:00+08:00", "2026-10-01T00:00+08:00", ["0501"])
    before = Period.parse("2025-07-01T00:00+08:00", "2025-10-01T00:00+08:00", [])
    change = places.density(emerged, before=before, bandwidth_m=200).cells()
    grown = change[change["change"] == "grown"]
    assert grown.union_all().contains(shapely.Point(116.584705, 33.906753))
    with pytest.raises(InputError, match="together"):
        places.density(emerged, per="households", barriers=True)
    with pytest.raises(InputError, match="beginning and an end"):
        places.density(emerged, before=Period(), bandwidth_m=200)


def test_barriers_keep_densities_apart(sample_workspace: Workspace) -> None:
    places = sample_workspace.incident_analysis
    open_ground, barred = (places.density(ONE, bandwidth_m=300, barriers=barriers) for barriers in (False, True))
    assert (open_ground.barriers, barred.barriers > 0) == (0, True)
    first, second = (one.columns["incidents_per_km2"] for one in (open_ground, barred))
    assert not np.allclose(first, second, equal_nan=True)


def test_the_clock_shares_out_what_is_not_known_to_the_hour(few: Few, tmp_path: Path) -> None:
    workspace = few([(0.5, 0.5, f"2026-03-{2 + k:02d}T08:30:00+08:00") for k in range(6)])
    file = tmp_path / "rough.csv"
    file.write_text(
        "source_id,category,occurred_at,occurred_until,lon,lat\n"
        "R1,0101,2026-03-04T22:00:00+08:00,2026-03-05T02:00:00+08:00,118.302,35.102\n",
        encoding="utf-8",
    )
    assert workspace.imports.incidents(file, datum="wgs84").accepted == 1
    shared = workspace.incident_times.clock(Period())
    assert (shared.total, shared.rough) == (7, 1)
    hours = shared.hours.set_index(["weekday", "hour"])["incidents"]
    assert hours[[(2, 22), (2, 23), (3, 0), (3, 1), (2, 8)]].tolist() == [0.25, 0.25, 0.25, 0.25, 1.0]
    assert hours.sum() == pytest.approx(7)
    public = workspace.incident_times.clock(Period(), minimum=5)
    assert (public.total, public.rough) == (6, None)
    assert public.by_hour["incidents"].tolist() == [*[0] * 8, 6, *[0] * 15]
    json.dumps(shared.about())


def test_a_category_among_all_incidents(sample_workspace: Workspace) -> None:
    analysis = sample_workspace.analysis
    found = analysis.hot_spots(9, ONE, method="excess", against="incidents")
    mine, everything = (
        pd.Series(counts, index=cells) for cells, counts in (analysis.cell_counts(9, one) for one in (ONE, Period()))
    )
    share = mine.sum() / everything.sum()
    cells = found.cells.set_index(pd.Index(analysis.study_area(9).cells))
    busy = everything.index[everything > everything.mean()]  # the others may have been lifted to the floor
    expected = cells["expected"][busy] / everything[busy]
    assert expected.to_numpy() == pytest.approx(np.full(len(busy), expected.iloc[0]))
    assert expected.iloc[0] == pytest.approx(share, rel=0.02)
    review = sample_workspace.incident_analysis.review(ONE, method="excess", against="incidents")
    assert review.review.against == "incidents"
    with pytest.raises(InputError, match="compared with themselves"):
        analysis.hot_spots(9, Period(), against="incidents")


def test_reviews_look_back(sample_workspace: Workspace) -> None:
    places = sample_workspace.incident_analysis
    period = Period.parse(None, "2026-11-01T00:00+08:00", ["0501"])
    cells = places.review(period, every="season", method="excess", against="households")
    assert (cells.review.method, cells.review.against) == ("excess", "households")
    found = places.review(period, every="season", windows=3)
    assert [f"{since:%m-%d}" for since, _ in found.windows] == ["02-01", "05-01", "08-01"]
    emerged = found.places[found.places.contains(shapely.Point(116.584705, 33.906753))]
    assert emerged["change"].tolist() == ["grown"]
    assert (emerged["n_after"] > emerged["n_before"]).all()
    assert set(found.places["state"]) <= {"new", "returned", "persistent", "gone"}
    last_year = places.review(Period.parse(None, "2026-10-01T00:00+08:00", ["0501"]), every="season", last_year=True)
    assert [f"{since:%Y-%m-%d}" for since, _ in last_year.windows] == ["2025-07-01", "2026-07-01"]


def test_cells_emerge_and_fade(sample_workspace: Workspace) -> None:
    places = sample_workspace.incident_analysis
    rising = places.emerging(Period(categories=["0501"]), resolution=10)
    assert rising.n_steps == 18
    at = rising.cells[rising.cells.contains(shapely.Point(116.584705, 33.906753))]
    assert at["rising"].tolist() == [True]
    fading = places.emerging(Period(categories=["0103"]), resolution=10).cells
    at = fading[fading.contains(shapely.Point(116.61072, 33.894067))]
    assert at["falling"].tolist() == [True]
    assert places.emerging(SUMMER, every="season").n_steps == 0
    assert places.emerging(SUMMER, every="week").n_steps == 8


def test_results_are_files_that_can_be_read_again(sample_workspace: Workspace, tmp_path: Path) -> None:
    places = sample_workspace.incident_analysis
    frames: dict[str, gpd.GeoDataFrame] = {
        "spots": sample_workspace.analysis.hot_spots(9, ONE).spots,
        "review": places.review(ONE, resolution=9, minimum=5).places,
        "emerging": places.emerging(Period(), minimum=5).cells,
        "density": places.density(ONE, cell_m=200).cells(),
        "coarse": places.coarse(ONE, minimum=5),
    }
    for name, frame in frames.items():
        for suffix in ("gpkg", "geojson", "csv", "parquet"):
            file = tmp_path / f"{name}.{suffix}"
            write_vector(frame, file)
            again = read_vector(file, datum="wgs84").frame
            assert len(again) == len(frame), file.name
            assert again.geometry.geom_equals_exact(frame.geometry, 1e-6).all()


@pytest.mark.parametrize("what", ["near_repeat", "forecast", "review", "density"])
def test_work_stops_when_its_time_is_over(sample_workspace: Workspace, what: str) -> None:
    work: Callable[[], object] = {
        "near_repeat": lambda: sample_workspace.incident_times.near_repeat(Period(categories=["0501"])),
        "forecast": lambda: sample_workspace.incident_times.forecast(ONE),
        "review": lambda: sample_workspace.incident_analysis.review(Period()),
        "density": lambda: sample_workspace.incident_analysis.density(ONE, bandwidth_m=400, barriers=True),
    }[what]
    with time_limit(0.001), pytest.raises(TimeLimitError):
        work()


def test_every_way_to_forecast_has_a_name() -> None:
    names = [method_name(method) for method in (*surfaces.METHODS, USED)]
    assert len(set(names)) == len(names)
