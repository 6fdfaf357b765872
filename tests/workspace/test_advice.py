"""Advice on the sample city: lists with limits of work, drafts to try, and the review over editions."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from spatialgov.allocation import Band, review
from spatialgov.errors import InputError, NotFoundError
from spatialgov.workspace import Question, Workspace

TODAY = Question(plan_id=1)


def out_of_band(workspace: Workspace, plan_id: int) -> int:
    return int((review(workspace.plans.load(plan_id).grids())["broken"] != "").sum())


def test_a_recommendation_is_taken_as_a_draft_and_undone(sample_copy: Workspace) -> None:
    asked = sample_copy.advice.recommend(TODAY).recommendations
    number = next(i for i, one in enumerate(asked, 1) if one.needs and any("-" in code for code in one.after))
    before = sample_copy.plans.assignment(1)[1]
    draft, chosen = sample_copy.advice.take(TODAY, number, who="planner 1")
    assert (draft.state, draft.parent_id) == ("draft", 1)
    assert chosen[-1] == asked[number - 1]
    assert [asked[i - 1] for i in asked[number - 1].needs][-1] in chosen
    gained = sum(one.grids_gained for one in chosen)
    assert out_of_band(sample_copy, draft.id) == out_of_band(sample_copy, 1) - gained
    plan = sample_copy.plans.load(draft.id)
    assert all(len(code) == 15 and code.isdigit() for code in plan.codes)
    assert plan.faults() == []

    newest, entries = sample_copy.plans.journal(draft.id)
    assert [entry.why for entry in entries] == [one.reason for one in chosen]
    assert newest == len(chosen)
    for entry in range(newest, 2 * newest):
        sample_copy.plans.undo(draft.id, who="planner 1", expects=entry)
    back = sample_copy.plans.assignment(draft.id)[1]
    assert (back.sort_index() == before.sort_index()).all()
    assert (sample_copy.plans.assignment(1)[1] == before).all()


def test_a_number_that_is_not_there(sample_workspace: Workspace) -> None:
    with pytest.raises(InputError, match="no recommendation 999"):
        sample_workspace.advice.take(TODAY, 999, who="planner 1")
    with pytest.raises(InputError, match="no recommendation 1"):
        sample_workspace.advice.take(Question(), 1, who="planner 1")  # nothing to change in the plan in force
    with pytest.raises(NotFoundError):
        sample_workspace.advice.recommend(Question(plan_id=1, locked=("nowhere",)))


def test_work_is_limited_and_the_basis_is_cited(sample_workspace: Workspace) -> None:
    result = sample_workspace.advice.recommend(Question(workload_tolerance=0.4, fit=True))
    cited = json.loads(json.dumps(result.basis))
    assert cited["edition"] == sample_workspace.store.edition().id
    assert cited["workload"]["profile"]["version"] == "2-fitted"
    assert cited["workload"]["profile"]["basis"] == "fitted"
    assert cited["workload"]["trips"] == "network"
    assert cited["workload"]["formula_version"]
    assert cited["limits"]["workload"] == list(result.limits.workload or ())
    for one in result.recommendations:
        assert set(one.further) == {"workload"}
        assert one.grids_gained >= 1
        band = Band(*result.limits.workload)  # type: ignore[misc]
        if one.kind == "staff":
            (code,) = one.grids
            assert one.further["workload"]["after"][code] <= one.posts[code] * band.most * (1 + 1e-9)


def test_grids_are_reviewed_over_editions(sample_copy: Workspace) -> None:
    edition = sample_copy.store.edition()
    now = datetime.now(UTC) + timedelta(days=30)
    sample_copy.plans.publish(sample_copy.plans.copy(1).id, valid_from=now - timedelta(days=10))
    table, result = sample_copy.advice.review(Question(), now=now)
    out = table[table["broken"] != ""]
    assert len(table) == len(sample_copy.store.edition_grids(sample_copy.store.edition().id))
    assert 50 < len(out) < len(table)
    assert np.allclose(out["days_out"], 10) | (out["editions_out"] > 1).any()
    assert set(table["trend"]) <= {"worsening", "improving", "steady", "new"}
    assert set(out["cure"]) <= {"boundary", "staffing", "nothing"}
    assert (out["recommendation"] <= len(result.recommendations)).all()
    assert sample_copy.store.edition().id != edition.id
