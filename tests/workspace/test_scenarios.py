"""Scenarios of a town of four grids: kept with their drafts, published, compared; one that fails leaves nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from spatialgov.allocation import Scenario
from spatialgov.errors import InfeasibleError, InputError, NotFoundError, NothingPublishedError
from spatialgov.partition import Step
from spatialgov.workspace import Workspace
from spatialgov.workspace.scenario_results import default_name, every_row, figure, sentences
from tests.publishing_cases import EAST, WEST, found_town, moved

JOINED = Scenario(merge=((WEST, EAST),), method="keep")
HALVED = Scenario(target=200)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Workspace]:
    """Four grids of 400 households in two communities, in force."""
    with Workspace.open(tmp_path / "town") as workspace:
        found_town(workspace, tmp_path)
        yield workspace


def test_a_scenario_is_kept_with_its_draft(town: Workspace) -> None:
    steps: list[Step] = []
    made = town.scenarios.make(HALVED, who="planning office", progress=steps.append)
    assert (made.name, made.who, made.base_id, made.plan_id) == ("200 households a grid", "planning office", 1, 2)
    assert steps[-1].done == steps[-1].total > 0
    draft = town.plans.record(2)
    assert (draft.state, draft.parent_id, draft.metrics["grids"], draft.settings["target"]) == ("draft", 1, 8, 200)
    assert made.basis["plan"] == 1
    assert made.basis["edition"] == 1
    assert made.basis["sequence"] == 0
    assert made.basis["limits"] == {"households": [180, 220], "workload": None}
    assert made.basis["workload"] is None
    assert made.outcome["moved"]["households_moved"] == 800
    assert Scenario.of(made.description) == HALVED
    assert town.scenarios.record(made.id) == made
    assert town.plans.check(2) == []
    town.plans.publish(2)


def test_posts_cite_the_profile_that_they_are_shared_by(town: Workspace) -> None:
    made = town.scenarios.make(Scenario.of({"post_change": -1}))
    assert made.basis["workload"]["profile"]["name"] == "urban"
    assert made.basis["workload"]["formula_version"]
    assert made.outcome["posts"]["formula_version"] == "1"
    assert made.outcome["posts"]["after"]["without_post"] == 1
    assert made.basis["limits"]["workload"] == made.outcome["posts"]["limit_minutes"]
    titles = [row.title for row in every_row(made.outcome)]
    assert "grids without a post" in titles
    assert len(titles) == len(set(titles))


def test_joined_communities_are_edited_checked_and_published(town: Workspace) -> None:
    made = town.scenarios.make(JOINED)
    draft = town.plans.load(made.plan_id)
    assert sorted(draft.codes) == [f"{WEST}{n:03d}" for n in (1, 2, 3, 4)]
    assert set(draft.units.frame["community_code"]) == {WEST}
    assert moved(town, {"U02": f"{WEST}001"}, made.plan_id) == made.plan_id, "over what was the border"
    assert town.plans.load(made.plan_id).faults() == []
    new = moved(town, {"U03": f"{WEST}009"}, made.plan_id)
    assert town.plans.load(new).table.set_index("code").loc[f"{WEST}009", "parent_code"] == WEST
    assert [fault for fault in town.plans.check(made.plan_id) if fault.severity == "error"] == []
    town.plans.publish(made.plan_id)
    grids = town.store.edition_grids(town.store.edition().id)
    assert set(grids["parent_code"]) == {WEST}

    shown = town.scenarios.shown(made.id)
    assert shown.edited
    assert len(shown.after.codes) == 4, "as it was worked out"
    assert set(shown.before.table["parent_code"]) == {WEST, EAST}
    assert shown.comparison.moved.empty
    child = town.plans.rebalance(made.plan_id, households=(100, 500))[0]
    assert child.settings["merged"] == {EAST: WEST}


def test_the_plan_that_it_starts_from_is_shown_as_it_was(town: Workspace) -> None:
    draft = town.plans.copy(1).id
    made = town.scenarios.make(HALVED, plan_id=draft)
    assert (made.base_id, made.basis["edition"]) == (draft, None)
    moved(town, {"U00": f"{WEST}002"}, draft)
    assert town.scenarios.shown(made.id).before.faults() == []


def test_one_that_fails_leaves_nothing(town: Workspace) -> None:
    before = len(town.store.plans())
    with pytest.raises(InfeasibleError):
        town.scenarios.make(Scenario.of({"post_change": -9}))
    with pytest.raises(NotFoundError):
        town.scenarios.make(HALVED, plan_id=99)
    with pytest.raises(InputError, match="NUL"):
        town.scenarios.make(HALVED, name="a\0b")
    assert town.scenarios.records() == []
    assert len(town.store.plans()) == before


def test_without_a_plan_in_force(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "empty") as workspace, pytest.raises(NothingPublishedError):
        workspace.scenarios.make(HALVED)


def test_scenarios_are_compared(town: Workspace) -> None:
    one, two = town.scenarios.make(JOINED), town.scenarios.make(HALVED)
    found = town.scenarios.compare([two.id, one.id, two.id])
    assert [record.id for record in found.scenarios] == [two.id, one.id]
    rows = {row["key"]: (row["in_force"], *row["scenarios"]) for row in found.as_dict()["rows"]}
    assert rows["grids"] == (4, 8, 4)
    assert rows["moved_households"] == (None, 800, 0)
    assert found.other_starts() == []
    town.plans.publish(two.plan_id)
    later = town.scenarios.compare([one.id, two.id])
    assert later.as_dict()["in_force"] == {"plan": two.plan_id, "name": two.name, "edition": 2}
    assert len(later.other_starts()) == 2
    with pytest.raises(InputError, match="1 scenarios can't be compared"):
        town.scenarios.compare([one.id])
    with pytest.raises(NotFoundError, match="no scenario 9"):
        town.scenarios.compare([one.id, 9])


def test_what_is_asked_is_said_in_words() -> None:
    asked = Scenario(target=350, merge=((WEST, EAST),), level="subdistrict_code", post_change=-5, post_changes={"x": 1})
    assert default_name(asked) == "350 households a grid, a level less, 2 communities joined, 4 posts fewer"
    said = sentences(asked, {WEST: "West"})
    assert said[0] == "Grids hold 315 to 385 households, 350 at best."
    assert f"{EAST} joined with West." in said
    assert said[-2:] == ["5 posts go.", "Grid x: +1 posts."]
    assert default_name(Scenario(posts={"x": 2}, method="keep")) == "Posts shared out"
    assert [figure(value, "%") for value in (None, 1234.5, 12.345, 3.0)] == ["–", "1,234 %", "12.3 %", "3 %"]
