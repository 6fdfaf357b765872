from pathlib import Path

import pytest

from spatialgov.errors import ConflictError, FaultyDataError, NotFoundError, StoreError
from spatialgov.workspace import Workspace


def test_the_demo_publishes_today_and_then_the_new_plan(sample_workspace: Workspace) -> None:
    today, fresh = sample_workspace.plans.records()
    assert (today.state, fresh.state) == ("retired", "published")
    assert fresh.metrics["non_contiguous"] == fresh.metrics["gaps"] == fresh.metrics["overlaps"] == 0
    assert fresh.metrics["mean_deviation_pct"] < today.metrics["mean_deviation_pct"] / 5
    first, second = sample_workspace.store.editions()
    assert first.valid_to == second.valid_from
    assert second.valid_to is None


def test_codes_of_the_first_edition_are_never_given_again(sample_workspace: Workspace) -> None:
    first, second = (sample_workspace.store.edition_grids(e.id) for e in sample_workspace.store.editions())
    old, new = (
        {code: frozenset(units) for code, units in plan.assignment().groupby(plan.assignment()).groups.items()}
        for plan in (sample_workspace.plans.load(r.id) for r in sample_workspace.plans.records())
    )
    assert set(first["code"]) == set(old)
    assert set(second["code"]) == set(new)
    for code in set(old) & set(new):
        assert len(old[code] & new[code]) * 2 > len(old[code] | new[code])
    assert all(len(code) == 15 for code in second["code"])


def test_lineage_names_every_source_of_every_grid(sample_workspace: Workspace) -> None:
    _, second = sample_workspace.store.editions()
    lineage = sample_workspace.store.lineage(second.id)
    assert set(lineage["code"]) == set(sample_workspace.store.edition_grids(second.id)["code"])
    assert set(lineage["relation"]) <= {"kept", "split_from", "merged_into"}
    assert (lineage.loc[lineage["code"] == lineage["from_code"], "relation"] == "kept").all()


def test_an_edited_plan_is_checked_and_published(sample_copy: Workspace) -> None:
    plan = sample_copy.plans.load(sample_copy.store.edition().plan_id)
    moves = _border_move(sample_copy)
    moved = sample_copy.plans.move(sample_copy.store.edition().plan_id, moves, who="local", expects=0)
    child = sample_copy.plans.record(moved.edit.plan_id)
    assert (child.state, child.parent_id) == ("draft", sample_copy.store.edition().plan_id)
    faults = sample_copy.plans.check(child.id)
    assert [fault for fault in faults if fault.severity == "error"] == []
    assert sample_copy.plans.record(child.id).state == "checked"
    edition = sample_copy.plans.publish(child.id)
    kept = set(sample_copy.store.edition_grids(edition.id)["code"])
    assert kept == set(plan.codes), "an edit keeps every code"
    assert (sample_copy.data_dir / "editions" / str(edition.locator_file)).exists()


def _border_move(workspace: Workspace) -> dict[str, str | None]:
    """Find a unit that can go to a neighbouring grid of its community and leave both grids whole."""
    plan = workspace.plans.load(workspace.store.edition().plan_id)
    assignment, parents = plan.assignment(), plan.units.frame["community_code"]
    for a, b in plan.units.graph.edges()[0].tolist():
        if plan.labels[a] != plan.labels[b] and parents[a] == parents[b]:
            moves = {str(assignment.index[a]): str(assignment.iloc[b])}
            if not plan.move(moves).faults():
                return dict(moves)
    raise AssertionError("no unit can be moved")


def test_a_faulty_plan_is_refused_and_nothing_changes(sample_copy: Workspace) -> None:
    before = sample_copy.store.edition()
    plan = sample_copy.plans.load(before.plan_id)
    first, last = str(plan.assignment().index[0]), plan.codes[-1]
    child = sample_copy.plans.move(before.plan_id, {first: last}, who="local", expects=0).edit.plan_id
    with pytest.raises(FaultyDataError, match="faults") as refused:
        sample_copy.plans.publish(child)
    assert {"not_contiguous", "not_nested"} <= {fault.kind for fault in refused.value.faults}
    assert sample_copy.store.edition() == before


def test_what_is_in_force_cannot_be_published_again(sample_copy: Workspace) -> None:
    with pytest.raises(ConflictError):
        sample_copy.plans.publish(sample_copy.store.edition().plan_id)


def test_a_plan_from_a_file_is_adopted(sample_copy: Workspace, tmp_path: Path) -> None:
    plan = sample_copy.plans.load(1)
    plan.write(tmp_path / "today.gpkg")
    again = sample_copy.plans.adopt(tmp_path / "today.gpkg")
    assert again.name == "today"
    assert sample_copy.plans.load(again.id).assignment().isna().sum() == 0


def test_no_units_no_plan(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace, pytest.raises(NotFoundError, match="no units"):
        workspace.plans.make()


def test_an_unknown_plan_is_not_found(sample_workspace: Workspace) -> None:
    with pytest.raises(NotFoundError):
        sample_workspace.plans.load(99)


def test_a_folder_without_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store"):
        Workspace.open(tmp_path / "nowhere", create=False)
    assert not (tmp_path / "nowhere").exists()


def test_locked_grids_of_a_stored_plan_keep_their_codes_at_every_level(sample_copy: Workspace) -> None:
    levels = ["district_code", "subdistrict_code", "community_code"]
    in_force = sample_copy.plans.load(2)
    kept = in_force.codes[5]
    record = sample_copy.plans.make(within=levels, effort="quick", today=2, locked=[kept])
    plan = sample_copy.plans.load(record.id)
    assert plan.settings.within == tuple(levels)
    assert plan.faults() == []
    before, after = (set(one.assignment()[one.assignment() == kept].index) for one in (in_force, plan))
    assert before == after
