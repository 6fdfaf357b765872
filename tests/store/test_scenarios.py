"""Scenarios in the store: kept with their plans, given back as they were."""

from collections.abc import Callable

import pytest

from spatialgov.errors import NotFoundError
from spatialgov.store import Store


def test_a_scenario_is_given_back(open_store: Callable[[], Store], add_plan: Callable[[Store], int]) -> None:
    store = open_store()
    base, draft = add_plan(store), add_plan(store)
    values = {
        "name": "每格 350 户", "who": "planning office", "base_id": base, "plan_id": draft,
        "description": {"target": 350.0, "merge": [["a", "b"]]},
        "outcome": {"measures": {"grids": {"before": 2.0, "after": float("nan")}}},
        "basis": {"plan": base, "edition": None},
    }  # fmt: skip
    made = store.scenarios.add(**values)  # type: ignore[arg-type]
    assert made.outcome == {"measures": {"grids": {"before": 2.0, "after": None}}}
    assert (made.name, made.base_id, made.plan_id, made.basis) == ("每格 350 户", base, draft, values["basis"])
    assert made.as_dict()["created_at"] == made.created_at.isoformat()
    again = open_store()
    assert again.scenarios.record(made.id) == made
    assert again.scenarios.records() == [made]
    assert again.scenarios.records([99]) == []


def test_a_plan_that_is_not_there(store: Store, add_plan: Callable[[Store], int]) -> None:
    base = add_plan(store)
    with pytest.raises(NotFoundError, match="no plan 99"):
        store.scenarios.add(name="", who="", base_id=base, plan_id=99, description={}, outcome={}, basis={})
    with pytest.raises(NotFoundError, match="no scenario 1"):
        store.scenarios.record(1)
