"""Editions in time, on both backends: locating as of a day, changes, counts by the grids of the day, rolling back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from spatialgov.errors import ConflictError, InputError, NotFoundError, NothingPublishedError
from spatialgov.store import Store
from spatialgov.workspace import Period, Workspace
from tests.publishing_cases import EAST, WEST, found_town, moved

SPLIT = f"{WEST}003"
PLACE = (118.3005, 35.1025)
"""In the grid 002 of the west community, of which edition 2 makes 003."""


@pytest.fixture
def town(url: str, tmp_path: Path) -> Iterator[Workspace]:
    """Give a town whose second edition split a grid, with an incident before, between and after, and one far away."""
    with Workspace(Store.open(url), tmp_path / "data") as workspace:
        found_town(workspace, tmp_path)
        workspace.plans.publish(moved(workspace, dict.fromkeys(("U08", "U09"), SPLIT)))
        first, second = (edition.valid_from for edition in workspace.store.editions())
        times = [first - timedelta(days=1), first, second - timedelta(microseconds=1), second, second]
        points = [shapely.Point(PLACE)] * 4 + [shapely.Point(0, 0)]
        rows = {"source_id": list("abcde"), "category": "0101", "occurred_at": pd.to_datetime(times), "status": "open"}
        workspace.store.upsert_incidents(gpd.GeoDataFrame(rows, geometry=points, crs=4326))
        yield workspace


def test_a_place_as_of_a_day(town: Workspace, tmp_path: Path) -> None:
    first, second = town.store.editions()
    assert town.locations.find(*PLACE, "wgs84").code == SPLIT
    before = second.valid_from - timedelta(microseconds=1)
    assert town.locations.find(*PLACE, "wgs84", as_of=before).code == f"{WEST}002"
    with pytest.raises(NothingPublishedError):
        town.locations.find(*PLACE, "wgs84", as_of=first.valid_from - timedelta(microseconds=1))
    points, out = tmp_path / "points.csv", tmp_path / "out.csv"
    points.write_text(f"lon,lat\n{PLACE[0]},{PLACE[1]}\n", encoding="utf-8")
    for as_of, code in ((None, SPLIT), (before, f"{WEST}002")):
        town.locations.locate_file(points, out, datum="wgs84", as_of=as_of)
        assert pd.read_csv(out, dtype=str)["grid_code"].tolist() == [code]


def test_incidents_by_the_grids_of_their_day_and_of_today(town: Workspace) -> None:
    day = town.editions.incident_counts("day", Period())
    some = day.grids[day.grids["incidents"] > 0]
    assert some[["edition", "code", "incidents"]].to_numpy().tolist() == [[1, f"{WEST}002", 2], [2, SPLIT, 1]]
    assert (day.by, day.before, day.outside, len(day.grids)) == ("day", 1, 1, 4 + 5)
    today = town.editions.incident_counts("today", Period())
    assert today.grids.set_index("code")["incidents"].to_dict() == {
        f"{WEST}001": 0, f"{WEST}002": 0, SPLIT: 4, f"{EAST}001": 0, f"{EAST}002": 0
    }  # fmt: skip
    assert (today.by, today.before, today.outside) == ("today", 0, 1)
    later = Period(since=town.store.edition().valid_from)
    assert town.editions.incident_counts("day", later).grids["incidents"].sum() == 1
    with pytest.raises(InputError):
        town.editions.incident_counts("week", Period())


def test_no_incidents_and_no_editions(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as empty:
        with pytest.raises(NothingPublishedError):
            empty.editions.incident_counts("day", Period())
        with pytest.raises(NotFoundError):
            empty.editions.changes(1, 2)
        assert empty.editions.records() == []
        found_town(empty, tmp_path)
        counts = empty.editions.incident_counts("day", Period())
        assert (counts.grids["incidents"].sum(), counts.before, counts.outside) == (0, 0, 0)


def test_changes_and_lineage(town: Workspace) -> None:
    found = town.editions.changes(1, 2)
    assert found.figures() == {
        "kept": 3, "changed": 0, "split": 2, "merged": 0, "new": 0, "retired": 0,
        "units_moved": 2, "households_moved": 200, "area_moved_m2": pytest.approx(2 * 10130, rel=0.01),
    }  # fmt: skip
    assert set(found.moved["unit_id"]) == {"U08", "U09"}
    back = town.editions.changes(2, 1)
    assert dict(zip(back.grids["code"], back.grids["change"], strict=True))[f"{WEST}002"] == "merged"
    lineage = town.editions.lineage(2).set_index("code")
    assert lineage.loc[SPLIT].to_dict() == {"from_code": f"{WEST}002", "relation": "split_from"}


def test_rolling_back_publishes_the_old_edition_anew(town: Workspace) -> None:
    old = town.store.edition_grids(1)
    edition = town.plans.republish(1)
    assert (edition.id, edition.plan_id, edition.valid_to) == (3, 1, None)
    again = town.store.edition_grids(3)
    assert again.drop(columns="geometry").equals(old.drop(columns="geometry"))
    assert again.geometry.geom_equals(old.geometry).all()
    assert [record.state for record in town.store.plans()] == ["published", "retired"]
    lineage = town.store.lineage(3)
    assert set(map(tuple, lineage[lineage["code"] == f"{WEST}002"].to_numpy())) == {
        (f"{WEST}002", f"{WEST}002", "kept"), (f"{WEST}002", SPLIT, "merged_into")
    }  # fmt: skip
    assert town.locations.find(*PLACE, "wgs84").code == f"{WEST}002"
    assert town.editions.changes(1, 3).figures()["kept"] == 4
    with pytest.raises(ConflictError, match="in force"):
        town.plans.republish(1)
    with pytest.raises(NotFoundError):
        town.plans.republish(99)
    assert town.plans.republish(2).id == 4, "and forward again: its codes mean what they meant"


def test_incidents_are_assigned_by_an_edition_that_is_published_meanwhile(
    town: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    locate_incidents = town.store.locate_incidents
    asked: list[int] = []

    def slow(locate: Any, *, edition_id: int) -> tuple[int, int]:
        asked.append(edition_id)
        if len(asked) == 1:
            town.plans.republish(1)
        return locate_incidents(locate, edition_id=edition_id)

    monkeypatch.setattr(town.store, "locate_incidents", slow)
    assert town.locations.assign_incidents() == {"located": 4, "outside": 1}
    assert asked == [2, 3]
    codes = town.store.incidents().set_index("source_id")["grid_code"].to_dict()
    assert codes == {**dict.fromkeys("abcd", f"{WEST}002"), "e": None}


def test_an_edition_that_later_rules_would_refuse_can_still_be_rolled_back_to(town: Workspace) -> None:
    old = f"= 'OLD' WHERE plan_id = 1 AND grid_code = '{WEST}001'"
    with town.store._database.write() as connection:
        for statement in (
            f"UPDATE edition_grid SET code = 'OLD' WHERE edition_id = 1 AND code = '{WEST}001'",
            "INSERT INTO plan_grid (plan_id, code, name, kind, parent_code) VALUES (1, 'OLD', '', 'general', '')",
            f"UPDATE plan_unit SET grid_code {old}",
        ):
            connection.exec_driver_sql(statement)
    assert town.plans.republish(1).id == 3
    assert town.locations.find(118.3005, 35.1005, "wgs84").code == "OLD"


def test_valid_from_may_lie_ahead(town: Workspace) -> None:
    when = datetime.now(UTC) + timedelta(days=30)
    assert town.plans.republish(1, valid_from=when).valid_from == when
    assert town.locations.find(*PLACE, "wgs84", as_of=when - timedelta(days=1)).code == SPLIT
