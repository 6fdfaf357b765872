"""Staffing of the sample city: what it stands on, and what an area leaves of it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from spatialgov.allocation.staffing import Post, Requirement, Shifts, Targets
from spatialgov.errors import NotFoundError
from spatialgov.workspace import StaffingQuestion, Workspace

ASKED = StaffingQuestion(shifts=Shifts(hours_a_day=12, days_a_week=7), targets=Targets(response_min=60.0), fit=True)


def test_the_sample_city(sample_workspace: Workspace) -> None:
    store = sample_workspace.store
    grids = store.edition_grids(store.edition().id)
    codes = grids["code"].tolist()
    posts = (Post("P1", codes[0], frozenset({"dialect"})), *(Post(f"Q{i}", code) for i, code in enumerate(codes)))
    asked = replace(ASKED, posts=posts, requirements=(Requirement(codes[3], frozenset({"dialect"})),))
    found = sample_workspace.staffing.staff(asked)
    table = found.staffing.grids
    assert table["code"].tolist() == codes
    assert (table["needed"] >= 2).all()  # twelve hours every day
    assert found.staffing.budget == len(posts) == table["posts"].sum()
    incidents = store.incidents()
    days = (incidents["occurred_at"].max() - incidents["occurred_at"].min()).total_seconds() / 86_400
    assert table["incidents_a_day"].sum() == pytest.approx(len(incidents) / np.ceil(days), rel=0.02)
    assert set(found.cover["covered_by"]) <= {"", *codes}

    assert found.posting is not None
    by_post = found.posting.posts.set_index("post_id")
    assert by_post.loc["P1", "code"] == codes[3]
    counted = found.posting.posts["code"].value_counts()
    assert (counted.reindex(codes) == table.set_index("code")["posts"]).all()
    assert len(found.posting.unmet) == 0

    cited = json.loads(json.dumps(found.as_dict(), allow_nan=False))["basis"]
    assert cited["edition"] == store.edition().id
    assert cited["workload"]["profile"]["basis"] == "fitted"
    assert cited["workload"]["trips"] == "network"
    assert cited["queueing_version"]
    assert cited["handling_cv"] > 0.3
    assert cited["shifts"]["hours_a_day"] == 12
    assert cited["peak"] > 1


def test_an_area_has_its_own_grids_and_incidents(sample_workspace: Workspace) -> None:
    grids = sample_workspace.store.edition_grids(sample_workspace.store.edition().id)
    community = grids["parent_code"].iloc[0]
    area = sample_workspace.areas.of([community])
    found = sample_workspace.staffing.staff(StaffingQuestion(budget=3), area=area)
    here = grids.loc[grids["parent_code"] == community, "code"].tolist()
    assert found.staffing.grids["code"].tolist() == here
    assert set(found.cover["covered_by"]) <= {"", *here}
    assert found.staffing.grids["posts"].sum() == 3
    with pytest.raises(NotFoundError):
        sample_workspace.staffing.staff(StaffingQuestion(plan_id=1), area=area)


def test_what_is_refused(sample_workspace: Workspace) -> None:
    with pytest.raises(NotFoundError):
        sample_workspace.staffing.staff(StaffingQuestion(plan_id=99))
