"""Plans and their editions: immutable, published in one transaction, found by their time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from spatialgov.errors import ConflictError, InputError, NotFoundError, NothingPublishedError
from spatialgov.store import Edition, Store

NO_LINEAGE = pd.DataFrame({"code": [], "from_code": [], "relation": []}, dtype="str")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
G1, G2 = "999901001001001", "999901001002001"
AddPlan = Callable[[Store], int]


def test_a_plan_comes_back(store: Store, frames: Any, add_plan: AddPlan) -> None:
    parent = add_plan(store)
    unit_set_id = store.unit_sets()[0].id
    assignment = pd.Series({"u1": G1, "u9": G2, "u10": None})
    plan_id = store.add_plan(
        name="方案二",
        unit_set_id=unit_set_id,
        assignment=assignment,
        grids=frames.grids,
        parent_id=parent,
        settings={"k": np.int64(3), "within": "community_code"},
        metrics={"deviation": np.float64(0.25), "compactness": np.nan, "by_grid": np.array([1.0, np.inf])},
    )
    record = store.plan(plan_id)
    assert store.plans() == [store.plan(parent), record]
    assert (record.name, record.state, record.parent_id, record.unit_set_id) == ("方案二", "draft", parent, unit_set_id)
    assert record.settings == {"k": 3, "within": "community_code"}
    assert record.metrics == {"deviation": 0.25, "compactness": None, "by_grid": [1.0, None]}
    assert abs(datetime.now(UTC) - record.created_at) < timedelta(minutes=5)
    assert store.plan_assignment(plan_id).to_dict() == {"u10": None, "u9": G2, "u1": G1}
    assert list(store.plan_assignment(plan_id).index) == ["u10", "u9", "u1"], "the order of the units"
    columns = ["code", "name", "kind", "parent_code"]
    assert_frame_equal(store.plan_grids(plan_id), pd.DataFrame(frames.grids[columns]), check_dtype=False)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"assignment": {"nobody": G1}}, InputError),
        ({"assignment": {"u1": "no such grid"}}, InputError),
        ({"unit_set_id": 99}, NotFoundError),
        ({"parent_id": 99}, NotFoundError),
        ({"metrics": {"when": datetime(2026, 1, 1, tzinfo=UTC)}}, InputError),
        ({"name": "nul \0"}, InputError),
        ({"settings": {"half": "\ud800"}}, InputError),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(store: Store, frames: Any, change: dict[str, Any], error: Any) -> None:
    unit_set_id = store.add_unit_set(frames.units, name="", datum="wgs84", source="")
    plan = {"name": "p", "unit_set_id": unit_set_id, "assignment": {"u1": G1}, "grids": frames.grids}
    with pytest.raises(error):
        store.add_plan(**{**plan, **change})
    assert store.plans() == []


def test_questions_about_what_is_not_there(store: Store) -> None:
    for ask in (store.plan, store.plan_assignment, store.plan_grids, store.edition_grids, store.lineage):
        with pytest.raises(NotFoundError):
            ask(7)
    with pytest.raises(NotFoundError):
        store.edition(edition_id=7)
    with pytest.raises(NothingPublishedError):
        store.edition()


def test_states(store: Store, frames: Any, add_plan: AddPlan) -> None:
    plan_id = add_plan(store)
    store.set_plan_state(plan_id, "checked")
    assert store.plan(plan_id).state == "checked"
    with pytest.raises(ConflictError):
        store.set_plan_state(plan_id, "published")
    store.publish(plan_id, frames.grids, lineage=NO_LINEAGE, valid_from=NEW_YEAR)
    with pytest.raises(ConflictError):
        store.set_plan_state(plan_id, "draft")
    assert store.plan(plan_id).state == "published"


def test_editions_follow_each_other(store: Store, frames: Any, add_plan: AddPlan) -> None:
    first_plan, second_plan = add_plan(store), add_plan(store)
    first = store.publish(first_plan, frames.grids, lineage=NO_LINEAGE, valid_from=NEW_YEAR)
    assert store.edition() == first == Edition(first.id, first_plan, NEW_YEAR, None, None)
    assert shapes(store.edition_grids(first.id)) == shapes(frames.grids)

    later = frames.grids.assign(code=[G1, "999901001002002"])
    lineage = pd.DataFrame({"code": [G1, "999901001002002"], "from_code": [G1, G2], "relation": ["kept", "split_from"]})
    summer = datetime(2026, 7, 1, 8, tzinfo=UTC)
    second = store.publish(second_plan, later, lineage=lineage, valid_from=summer, build_locator=lambda n: f"{n}.sgl")
    assert second == Edition(second.id, second_plan, summer, None, f"{second.id}.sgl")
    assert store.editions() == [Edition(first.id, first_plan, NEW_YEAR, summer, None), second]
    assert [store.plan(p).state for p in (first_plan, second_plan)] == ["retired", "published"]
    assert_frame_equal(store.lineage(second.id), lineage, check_dtype=False)
    assert store.codes_ever_used() == {G1, G2, "999901001002002"}

    third = store.publish(first_plan, frames.grids, lineage=NO_LINEAGE, valid_from=datetime(2026, 8, 1, tzinfo=UTC))
    assert [store.plan(p).state for p in (first_plan, second_plan)] == ["published", "retired"]
    assert store.edition() == third


def shapes(grids: pd.DataFrame) -> list[list[Any]]:
    return [[*row[:-1], row[-1].wkb] for row in grids.itertuples(index=False)]


def test_as_of_is_half_open(store: Store, frames: Any, add_plan: AddPlan) -> None:
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    ids = [
        store.publish(add_plan(store), frames.grids, lineage=NO_LINEAGE, valid_from=moment).id
        for moment in (NEW_YEAR, summer)
    ]
    tick = timedelta(microseconds=1)
    expected = {NEW_YEAR: ids[0], summer - tick: ids[0], summer: ids[1], summer + timedelta(days=999): ids[1]}
    assert {moment: store.edition(as_of=moment).id for moment in expected} == expected
    assert store.edition(edition_id=ids[0]).valid_to == summer
    with pytest.raises(NothingPublishedError):
        store.edition(as_of=NEW_YEAR - tick)
    with pytest.raises(InputError, match="time zone"):
        store.edition(as_of=datetime(2026, 1, 1))


def test_a_publication_that_comes_too_late_is_refused(store: Store, frames: Any, add_plan: AddPlan) -> None:
    plan_id = add_plan(store)
    edition = store.publish(plan_id, frames.grids, lineage=NO_LINEAGE, valid_from=NEW_YEAR)
    with pytest.raises(ConflictError, match="in force already"):
        store.publish(plan_id, frames.grids, lineage=NO_LINEAGE, valid_from=datetime(2027, 1, 1, tzinfo=UTC))
    with pytest.raises(ConflictError, match="valid from"):
        store.publish(add_plan(store), frames.grids, lineage=NO_LINEAGE, valid_from=NEW_YEAR)
    with pytest.raises(NotFoundError):
        store.publish(99, frames.grids, lineage=NO_LINEAGE, valid_from=datetime(2027, 1, 1, tzinfo=UTC))
    assert store.editions() == [edition]


@pytest.mark.parametrize("wrong", [{"relation": ["born"]}, {"code": ["of another edition"]}])
def test_lineage_speaks_of_the_grids_of_the_edition(
    store: Store, frames: Any, add_plan: AddPlan, wrong: dict[str, Any]
) -> None:
    lineage = pd.DataFrame({"code": [G1], "from_code": [G2], "relation": ["kept"]}).assign(**wrong)
    with pytest.raises(InputError, match="row 1"):
        store.publish(add_plan(store), frames.grids, lineage=lineage, valid_from=NEW_YEAR)


def test_an_error_while_publishing_takes_everything_back(
    store: Store, open_store: Callable[[], Store], frames: Any, add_plan: AddPlan, tmp_path: Path
) -> None:
    first_plan, second_plan = add_plan(store), add_plan(store)
    store.upsert_incidents(frames.incidents)
    edition = store.publish(first_plan, frames.grids, lineage=NO_LINEAGE, valid_from=NEW_YEAR)
    store.assign_incidents({"s1": G1}, edition_id=edition.id)
    reader = open_store()
    seen: list[Edition] = []

    def build_locator(edition_id: int) -> str:
        (tmp_path / f"{edition_id}.sgl").touch()
        seen.append(reader.edition())  # readers see the old edition until the commit
        raise RuntimeError("disk full")

    later = datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(RuntimeError, match="disk full"):
        store.publish(second_plan, frames.grids, lineage=NO_LINEAGE, valid_from=later, build_locator=build_locator)
    assert seen == [edition]
    assert store.editions() == [edition]
    assert [store.plan(p).state for p in (first_plan, second_plan)] == ["published", "draft"]
    with pytest.raises(NotFoundError):
        store.edition_grids(edition.id + 1)
    assert store.incidents().set_index("source_id").loc["s1", "grid_code"] == G1
    assert store.publish(second_plan, frames.grids, lineage=NO_LINEAGE, valid_from=later).plan_id == second_plan


def test_a_plan_that_nothing_needs_is_deleted_and_its_number_never_given_again(
    store: Store, frames: Any, add_plan: AddPlan
) -> None:
    first, second = add_plan(store), add_plan(store)
    store.journal.move(second, {"u1": G1}, who="east", why="", expects=0, new_grids=lambda _: frames.grids)
    child = store.journal.copy(second, name="copy")
    of_scenario = add_plan(store)
    scenario = {"name": "", "who": "", "description": {}, "outcome": {}, "basis": {}}
    store.scenarios.add(base_id=first, plan_id=of_scenario, **scenario)  # type: ignore[arg-type]
    store.publish(first, frames.grids, lineage=NO_LINEAGE, valid_from=NEW_YEAR)
    needed = {first: "editions 1; scenarios 1", second: f"plans made from it {child}", of_scenario: "scenarios 1"}
    for plan_id, what in needed.items():
        with pytest.raises(ConflictError, match=f"Plan {plan_id} is needed: {what}"):
            store.delete_plan(plan_id)
    store.delete_plan(child)
    store.delete_plan(second)
    assert [record.id for record in store.plans()] == [first, of_scenario]
    with pytest.raises(NotFoundError, match=f"no plan {second}"):
        store.journal.entries(second)
    newest = add_plan(store)
    store.delete_plan(newest)
    assert add_plan(store) == newest + 1
    with pytest.raises(NotFoundError, match=f"no plan {newest}"):
        store.delete_plan(newest)
