"""What the analyst's page is given: a view counted by what can be chosen, hot and cold cells, a density, the ground."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.errors import InputError, NotFoundError
from spatialgov.incidents import WeekHours, shown_counts
from spatialgov.workspace import Analysis, Period, Workspace
from spatialgov.workspace.incident_profile import IncidentProfile, profile_of
from spatialgov.workspace.incident_significance import significant_cells
from tests.incident_town import EAST, SUBDISTRICT, WEST, ZONE, found_incident_town
from tests.workspace.test_public_answers import Town as Scattered

NIGHTS = WeekHours(tuple(24 * day + hour for day in range(7) for hour in (22, 23)), ZONE)
MAY = Period.parse("2026-05-01T00:00+08:00", "2026-06-01T00:00+08:00", [])


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_incident_town(tmp_path_factory.mktemp("incidents")) as workspace:
        yield workspace


def profile(town: Workspace, period: Period, **options: Any) -> IncidentProfile:
    return profile_of(town.analysis, period, zone=ZONE, **options)


def table(town: Workspace, period: Period = Period()) -> pd.DataFrame:  # noqa: B008
    frame = town.analysis.incidents(period)
    return frame.assign(at=frame["occurred_at"].dt.tz_convert(ZONE))


def test_each_count_is_of_all_that_could_be_chosen_there(town: Workspace) -> None:
    view = replace(MAY, categories=["0502"], hours=NIGHTS)
    found, every = profile(town, view, step="month"), table(town)
    at, category = every["at"], every["category"]
    is_may, is_night, is_parking = at.dt.month == 5, at.dt.hour >= 22, category == "0502"
    assert found.total == (is_may & is_night & is_parking).sum() > 0
    assert found.hours[24 + 22] == (is_may & is_parking & (at.dt.day_of_week == 1) & (at.dt.hour == 22)).sum()
    assert sum(filter(None, found.hours)) == (is_may & is_parking).sum()
    assert found.by_hour == [sum(filter(None, found.hours[hour::24])) for hour in range(24)]
    assert found.by_weekday == [sum(filter(None, found.hours[24 * day : 24 * day + 24])) for day in range(7)]
    assert found.categories == {"0101": 0, "0502": (is_may & is_night).sum()}
    months = at[is_night & is_parking].dt.strftime("%Y-%m-01").value_counts().to_dict()
    told = dict(zip(map(str, found.first_days), found.over_time, strict=True))
    assert {day: n for day, n in told.items() if n} == months
    assert next(iter(told)) == f"{at.min():%Y-%m}-01"
    assert list(told)[-1] == f"{at.max():%Y-%m}-01"


def test_small_counts_are_hidden_wherever_they_stand(town: Workspace) -> None:
    exact, public = (profile(town, MAY, step="week", minimum=minimum) for minimum in (1, 5))
    assert len(exact.hours) == 168
    assert public.hours == []
    for name in ("over_time", "by_hour", "by_weekday"):
        counts, shown = getattr(exact, name), getattr(public, name)
        may = shown_counts(counts, 5)
        assert shown == [n if yes else None for n, yes in zip(counts, may, strict=True)]
        assert not any(0 < n < 5 for n in shown if n is not None)
    days = table(town)["at"].dt.floor("D").value_counts()
    few = days[days < 5].index[0].to_pydatetime()
    assert profile(town, Period(few, few + timedelta(days=1)), minimum=5).total is None


def test_an_area_and_hours_limit_every_answer(town: Workspace) -> None:
    east = town.areas.within(EAST, None)
    assert east is not None
    everywhere, there = table(town), town.analysis.incidents(Period(), area=east)
    assert 0 < len(there) < len(everywhere)
    assert profile(town, Period(), area=east).total == len(there)
    night = Period(hours=NIGHTS)
    frame = town.analysis.incidents(night, area=east)
    assert set(frame["occurred_at"].dt.tz_convert(ZONE).dt.hour) == {22, 23}
    lon, lat = town.analysis.places(night, area=east)
    assert sorted(zip(lon, lat, strict=True)) == sorted(zip(frame.geometry.x, frame.geometry.y, strict=True))
    assert town.analysis.incident_page(night, limit=1, area=east)[1] == len(frame)
    assert town.analysis.heat_map(9, night, minimum=1, area=east).cells["count"].sum() == len(frame)


def test_one_jurisdiction_is_chosen_inside_what_an_account_may_see(town: Workspace) -> None:
    west = town.areas.of([WEST])
    assert town.areas.within(WEST, west) is west
    assert town.areas.within(SUBDISTRICT, None) is not None
    for code, area in [(EAST, west), (SUBDISTRICT, west), ("999999999999", None), (WEST, town.areas.of([]))]:
        with pytest.raises(NotFoundError, match=code):
            town.areas.within(code, area)


def test_a_picture_of_a_density_holds_its_values_in_their_places(town: Workspace) -> None:
    found = town.incident_analysis.density(Period(), cell_m=20, bandwidth_m=40)
    picture = found.picture()
    steps = np.frombuffer(base64.b64decode(picture["values"]), dtype="<u2").reshape(picture["height"], picture["width"])
    values = found.columns["incidents_per_km2"][::-1]
    assert np.array_equal(steps == 0, np.isnan(values))
    told = (steps[steps > 0] - 1.0) * picture["most"] / 65534
    assert told == pytest.approx(values[steps > 0], abs=picture["most"] / 65534)
    cells = found.cells()
    bounds = shapely.total_bounds(cells.geometry.to_numpy())
    assert [*np.min(picture["corners"], axis=0), *np.max(picture["corners"], axis=0)] == pytest.approx(bounds, abs=3e-4)
    north_west, north_east, _, south_west = picture["corners"]
    assert north_west[0] < north_east[0]
    assert north_west[1] > south_west[1]


def test_the_density_of_nothing_is_a_picture_of_zeros(town: Workspace) -> None:
    picture = town.incident_analysis.density(
        replace(MAY, categories=["0502"], hours=WeekHours((8,), ZONE)), bandwidth_m=50
    ).picture()
    steps = np.frombuffer(base64.b64decode(picture["values"]), dtype="<u2")
    assert picture["most"] == 0
    assert set(steps.tolist()) <= {0, 1}


def scattered(n_here: int) -> Analysis:
    """Give 150 incidents all over the ground, and some around its middle."""
    random = np.random.default_rng(5)
    places = np.concatenate([random.random((150, 2)), random.normal(0.5, 0.08, (n_here, 2))])
    return cast("Analysis", Scattered([(k, float(x), float(y)) for k, (x, y) in enumerate(places)]))


def test_cells_are_hot_where_incidents_gather_and_nowhere_else() -> None:
    found = significant_cells(scattered(200), Period(), resolution=10).cells
    assert found["kind"].iloc[0] == "hot"
    assert found["confidence"].iloc[0] == 99
    assert found.geometry.iloc[0].distance(shapely.Point(118.3125, 35.11)) < 0.005
    assert (found["z"][found["kind"] == "hot"] > 0).all()
    assert (found["z"][found["kind"] == "cold"] < 0).all()
    assert (np.diff(found["confidence"][found["kind"] == "hot"]) <= 0).all()
    assert significant_cells(scattered(0), Period(), resolution=10).cells["confidence"].lt(99).all()


def test_what_tells_of_small_counts_is_left_out_of_hot_cells() -> None:
    exact = significant_cells(scattered(200), Period(), resolution=10)
    public = significant_cells(scattered(200), Period(), resolution=10, minimum=5)
    assert exact.cells[["cell", "kind", "confidence"]].equals(public.cells[["cell", "kind", "confidence"]])
    assert public.cells[["z", "p"]].isna().all(axis=None)
    assert public.cells["incidents"].dropna().ge(5).all()
    assert public.n_incidents == exact.n_incidents == 350


def test_the_ground_holds_what_an_account_may_see(town: Workspace, tmp_path: Path) -> None:
    whole = json.loads(town.ground_layers.encoded(None, ZONE).body)
    west = json.loads(town.ground_layers.encoded(town.areas.of([WEST]), ZONE).body)
    assert whole["timezone"] == ZONE
    assert whole["edition"]["id"] == 1
    assert {one["code"] for one in west["jurisdictions"]} == {WEST}
    assert {one["properties"]["code"][:12] for one in west["layers"]["grids"]["features"]} == {WEST}
    assert whole["boxes"][""] == pytest.approx([118.3, 35.1, 118.304, 35.104])
    assert west["boxes"][""] == west["boxes"][WEST]
    assert town.ground_layers.encoded(None, ZONE) is town.ground_layers.encoded(None, ZONE)
    nowhere = json.loads(town.ground_layers.encoded(town.areas.of([]), ZONE).body)
    assert (nowhere["jurisdictions"], nowhere["boxes"]) == ([], {})
    with Workspace.open(tmp_path / "empty") as empty:
        ground = json.loads(empty.ground_layers.encoded(None, ZONE).body)
        assert (ground["edition"], ground["boxes"]) == (None, {})
        assert profile_of(empty.analysis, Period(), zone=ZONE).first_days == []


def test_a_zone_that_is_none_is_refused(town: Workspace) -> None:
    with pytest.raises(InputError):
        profile_of(town.analysis, Period(), zone="Mars/Olympus")
