"""Advice on the sample city: lists with limits of work, drafts to try, and the review over editions."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from spatialgov.allocation import URBAN, Band, review
from spatialgov.errors import InputError, NotFoundError, OutdatedListError
from spatialgov.language import using_language
from spatialgov.workspace import Question, Workspace
from tests.coverage_town import found_camera_town

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


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Workspace]:
    """Give a town of four grids of 400 households."""
    with found_camera_town(tmp_path) as workspace:
        yield workspace


def test_what_is_not_there(town: Workspace) -> None:
    with pytest.raises(InputError, match="no recommendation 999"):
        town.advice.take(Question(households=(150, 250)), 999, who="planner 1")
    with pytest.raises(InputError, match="no recommendation 1"):
        town.advice.take(Question(), 1, who="planner 1")  # nothing to change
    for question in (Question(locked=("nowhere",)), Question(posts={"nowhere": 2}), Question(plan_id=7)):
        with pytest.raises(NotFoundError):
            town.advice.recommend(question)
    for wrong in ({"fit": True}, {"profile": URBAN}):
        with pytest.raises(InputError, match="without a limit"):
            Question(**wrong)


def test_a_list_is_kept_until_what_it_stands_on_changes(town: Workspace) -> None:
    question = Question(households=(150, 250), plan_id=town.plans.copy(1).id)
    first = town.advice.recommend(question)
    assert town.advice.recommend(question) is first
    with using_language("zh"):
        assert "拆分" in town.advice.recommend(question).recommendations[0].reason
    assert question.plan_id is not None
    town.plans.move(question.plan_id, {"U01": "990101001001002"}, who="planner 1", expects=0)
    second = town.advice.recommend(question)
    assert (second.state.sequence, second.basis["sequence"]) == (1, 1)
    assert second.recommendations != first.recommendations
    with pytest.raises(OutdatedListError, match="the plan was edited"):
        town.advice.take(question, 1, who="planner 1", token=first.state.token)


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


def test_grids_are_reviewed_over_editions(town: Workspace) -> None:
    first = town.store.edition().id
    now = datetime.now(UTC) + timedelta(days=30)
    town.plans.publish(town.plans.copy(1).id, valid_from=now - timedelta(days=10))
    table, result = town.advice.review(Question(households=(150, 250), workload_tolerance=2.0), now=now)
    assert town.store.edition().id != first
    assert len(table) == 4
    assert (table["broken"] == "households").all()
    assert (table["editions_out"] == 2).all()
    assert set(table["trend"]) == {"steady"}
    assert set(table["cure"]) == {"boundary"}
    assert sorted(table["recommendation"]) == [1, 2, 3, 4]
    assert np.allclose(table["workload"], result.plan.tally.workload)
