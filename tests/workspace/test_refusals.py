"""What must not be published is refused with its place, on both backends, and leaves nothing behind."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from spatialgov.errors import ConflictError, FaultyDataError
from spatialgov.locate import Locator
from spatialgov.store import Store, editions
from spatialgov.workspace import Workspace
from tests.publishing_cases import CASES, WEST, found_town, moved, square


@pytest.fixture
def town(url: str, tmp_path: Path) -> Iterator[Workspace]:
    """Give a town with one edition and an incident in it."""
    (tmp_path / "data").mkdir()
    with Workspace(Store.open(url), tmp_path / "data") as workspace:
        found_town(workspace, tmp_path)
        row = {"source_id": ["i"], "category": "0101", "occurred_at": pd.Timestamp("2026-01-01", tz="UTC")}
        frame = gpd.GeoDataFrame(row | {"status": "open"}, geometry=[shapely.Point(118.3005, 35.1005)], crs=4326)
        workspace.store.upsert_incidents(frame)
        workspace.locations.assign_incidents()
        yield workspace


def published(workspace: Workspace) -> list[Any]:
    """Give all that a publication changes."""
    store = workspace.store
    newest = store.edition().id
    return [
        store.editions(),
        [(record.id, record.state) for record in store.plans() if record.state in ("published", "retired")],
        store.edition_grids(newest).to_wkb().to_dict("list"),
        store.lineage(newest).to_dict("list"),
        store.incidents()["grid_code"].tolist(),
    ]


@pytest.mark.parametrize("kind", CASES)
def test_a_plan_that_must_not_be_published(town: Workspace, tmp_path: Path, kind: str) -> None:
    prepare, item, ground = CASES[kind]
    plan_id = prepare(town, tmp_path)
    before = published(town)
    town = Workspace(town.store, town.data_dir)  # one that has not read the units before
    with pytest.raises(FaultyDataError, match="can't be published") as refused:
        town.plans.publish(plan_id)
    fault = next(fault for fault in refused.value.faults if fault.kind == kind)
    assert item in (None, fault.item)
    assert fault.lon is not None
    assert fault.lat is not None
    assert shapely.Point(fault.lon, fault.lat).within(ground.buffer(1e-9))
    assert fault.message
    assert fault.remedy
    assert published(town) == before
    assert {found.kind for found in town.plans.check(plan_id) if found.severity == "error"} >= {kind}
    assert town.plans.record(plan_id).state == "draft"


def test_what_is_in_force_is_not_rolled_back_to(town: Workspace) -> None:
    before = published(town)
    with pytest.raises(ConflictError, match="in force already"):
        town.plans.republish(town.store.edition().id)
    assert published(town) == before


def _fail(*_: object, **__: object) -> None:
    raise RuntimeError("out of luck")


FAILING_STEPS: list[tuple[object, str]] = [
    (Locator, "build"),
    (Locator, "save"),
    (editions, "insert_rows"),
    (editions, "_end_newest"),
    (editions, "_set_state"),
    (editions, "_one"),
]


@pytest.mark.parametrize(("module", "name"), FAILING_STEPS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_step_that_fails_takes_everything_back(
    town: Workspace, monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    plan_id = moved(town, {"U04": f"{WEST}002", "U05": f"{WEST}002"})
    before = published(town)
    with monkeypatch.context() as patched:
        patched.setattr(module, name, _fail)
        with pytest.raises(RuntimeError, match="out of luck"):
            town.plans.publish(plan_id)
    assert published(town) == before
    assert town.locations.find(118.3005, 35.1005, "wgs84").edition == 1
    edition = town.plans.publish(plan_id)
    assert town.store.edition() == edition
    assert town.locations.find(118.3005, 35.1015, "wgs84").code == f"{WEST}002"


def test_a_plan_that_is_edited_while_it_is_checked_is_not_published(
    town: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_id = moved(town, {"U04": f"{WEST}002", "U05": f"{WEST}002"})
    before = published(town)
    lineage: Callable[..., Any] = town.store.plan_assignment

    def edited_meanwhile(other: int) -> Any:
        moved(town, {"U05": f"{WEST}001"}, plan_id)
        return lineage(other)

    with monkeypatch.context() as patched:
        patched.setattr(town.store, "plan_assignment", edited_meanwhile)
        with pytest.raises(ConflictError, match="changed while it was being checked"):
            town.plans.publish(plan_id)
    assert published(town) == before


def test_two_publishers_at_once(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (moved(town, {unit: f"{WEST}002"}) for unit in ("U04", "U05"))
    assignment: Callable[..., Any] = town.store.plan_assignment

    def other_first(plan_id: int) -> Any:
        patched.undo()
        town.plans.publish(second)
        return assignment(plan_id)

    with monkeypatch.context() as patched:
        patched.setattr(town.store, "plan_assignment", other_first)
        with pytest.raises(ConflictError, match="published meanwhile"):
            town.plans.publish(first)
    assert [edition.plan_id for edition in town.store.editions()] == [1, second]
    assert town.plans.publish(first).plan_id == first


def test_codes_keep_their_meaning_within_reason(town: Workspace) -> None:
    """A grid that takes in its neighbour, or gives up half, keeps its code; one that comes back as it was may, too."""
    merged = moved(town, dict.fromkeys(("U08", "U09", "U12", "U13"), f"{WEST}001"))
    town.plans.publish(merged)
    again = moved(town, dict.fromkeys(("U08", "U09", "U12", "U13"), f"{WEST}002"), merged)
    assert town.plans.publish(again).id == 3, "the retired code returns with its own ground"
    halved = moved(town, dict.fromkeys(("U08", "U09"), f"{WEST}003"), again)
    assert town.plans.publish(halved).id == 4


def test_a_drawing_that_cuts_a_unit_is_refused(town: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "drawn.gpkg"
    town.plans.load(1).write(file)
    assert town.plans.adopt(file).state == "draft"
    grids = gpd.read_file(file, layer="grids")
    too_low = shapely.box(118.3, 35.1, 118.302, 35.1014)
    shapes = [too_low if code == f"{WEST}001" else s for code, s in zip(grids["code"], grids.geometry, strict=True)]
    grids.set_geometry(shapes, crs=4326).to_file(file, layer="grids")
    before = town.plans.records()
    with pytest.raises(FaultyDataError) as refused:
        town.plans.adopt(file)
    assert {(fault.kind, fault.item) for fault in refused.value.faults} == {("unit_cut", "U04"), ("unit_cut", "U05")}
    first = refused.value.faults[0]
    assert square(1, 0).contains(shapely.Point(first.lon or 0.0, first.lat or 0.0))
    assert town.plans.records() == before
