"""Service points, checkpoints and beats of a small town: what is answered, from what, and to whom."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spatialgov.errors import InfeasibleError, InputError, NotFoundError, NothingPublishedError
from spatialgov.projection import WGS84
from spatialgov.workspace import BeatQuestion, CheckpointQuestion, ServiceQuestion, Workspace
from spatialgov.workspace.service_results import beats_about, checkpoints_about, goal_text, service_about
from tests.coverage_town import DISTRICT, EAST, WEST
from tests.publishing_cases import moved
from tests.service_town import found_service_town, service_places


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Give the town; only to be read."""
    with found_service_town(tmp_path_factory.mktemp("town")) as workspace:
        yield workspace


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Workspace]:
    """Give a town that a test may change."""
    with found_service_town(tmp_path) as workspace:
        yield workspace


def test_every_grid_goes_to_the_nearest_centre(town: Workspace) -> None:
    told: list[Any] = []
    plan = town.service_analysis.service_points(ServiceQuestion(time_limit_s=1), progress=told.append)
    assert plan.grids["code"].tolist() == [f"{WEST}001", f"{WEST}002", f"{EAST}001", f"{EAST}002"]
    assert plan.grids.set_index("code").loc[[f"{WEST}001", f"{EAST}002"], "place_id"].tolist() == ["c-west", "c-east"]
    assert plan.centres["place_id"].tolist() == ["c-west", "c-east"]
    assert plan.centres["demand"].sum() == plan.grids["demand"].sum() == 1600
    assert not plan.centres["new"].any()
    assert 0 < plan.share_within <= 1
    assert (plan.basis["plan"], plan.basis["edition"], plan.basis["speeds"]["name"]) == (1, 1, "walking")
    assert plan.basis["demand"] == {"column": "households"}
    assert [step.done for step in told] == [1, 2, 3]
    by_car = town.service_analysis.service_points(ServiceQuestion(speeds="driving"))
    assert by_car.service.mean_s < plan.service.mean_s
    text = json.dumps(service_about(plan), allow_nan=False)
    assert json.loads(text)["basis"]["version"] == "1"


def test_an_answer_is_kept_until_places_roads_or_the_edition_change(own: Workspace) -> None:
    ask = own.service_analysis.service_points
    before = ask(ServiceQuestion())
    assert ask(ServiceQuestion()) is before
    own.store.replace_layer("places", service_places().iloc[[1]])
    assert ask(ServiceQuestion()).centres["place_id"].tolist() == ["c-east"]
    own.plans.publish(moved(own, dict.fromkeys(("U08", "U09"), f"{WEST}003")))
    assert ask(ServiceQuestion()).basis["edition"] == 2
    assert len(ask(ServiceQuestion()).grids) == 5


def test_workload_is_a_demand(town: Workspace) -> None:
    plan = town.service_analysis.service_points(ServiceQuestion(demand="workload"))
    assert plan.basis["demand"]["column"] == "workload"
    assert plan.basis["demand"]["profile"]
    assert (plan.grids["demand"] > 0).all()


@pytest.mark.parametrize(("goal", "said"), [("median", "Mean time"), ("centre", "Longest"), ("cover", "Demand in")])
def test_new_centres_help(town: Workspace, goal: Any, said: str) -> None:
    question = ServiceQuestion(("police_station",), new=1, goal=goal, within_min=3, time_limit_s=1)
    today = town.service_analysis.service_points(replace(question, new=0))
    plan = town.service_analysis.service_points(question)
    assert plan.placed is not None
    assert plan.centres["new"].tolist() == [False, True]
    assert plan.centres["kind"].tolist() == ["police_station", "grid"]
    assert plan.service.mean_s <= today.service.mean_s
    assert plan.placed.gap == pytest.approx(0, abs=1e-6)
    assert said in goal_text(plan)
    assert service_about(plan)["placed"]["goal"] == goal
    at = town.service_analysis.service_points(replace(question, at=("community_centre", "police_station")))
    assert at.centres["place_id"].iloc[1] in ("h-west", "h-east")


def test_all_may_be_placed_anew(town: Workspace) -> None:
    plan = town.service_analysis.service_points(ServiceQuestion((), new=2, time_limit_s=1))
    assert plan.centres["new"].all()
    assert "not all reached before" in goal_text(plan)


def test_capacities_are_kept_or_cannot_be(town: Workspace) -> None:
    kept = town.service_analysis.service_points(ServiceQuestion(capacity=800, time_limit_s=1))
    assert kept.centres["demand"].tolist() == [800, 800]
    with pytest.raises(InfeasibleError, match="800"):
        town.service_analysis.service_points(ServiceQuestion(capacity=400))
    given = service_places().iloc[:2].assign(capacity=[400.0, np.nan])
    plan = town.service_analysis.service_points(ServiceQuestion(), centres=given)
    assert plan.centres["demand"].tolist() == [400, 1200]
    assert plan.centres["capacity"].isna().tolist() == [False, True]
    assert plan.basis["centres"] == "file"


def test_checkpoints_close_the_town_and_its_parts(town: Workspace) -> None:
    plan = town.service_analysis.checkpoints(CheckpointQuestion())
    assert plan.basis["roads_cut_at_border"]
    assert plan.exits["checkpoint"].tolist() == [1, 2, 3, 4, 5, 6]
    assert plan.exits["road_class"].value_counts().to_dict() == {"trunk": 2, "residential": 2, "alley": 2}
    assert plan.ground["code"].tolist() == [DISTRICT]
    west = town.service_analysis.checkpoints(CheckpointQuestion(WEST, posts=(("trunk", 3),)))
    assert 0 < west.found.posts <= west.found.posts_at_border
    about = checkpoints_about(west)
    assert (about["posts"], about["bound"], about["basis"]["edition"]) == (west.found.posts, west.found.posts, 1)
    near = town.service_analysis.checkpoints(CheckpointQuestion(WEST, belt_m=20))
    assert not near.basis["roads_cut_at_border"] or near.found.posts >= 1


def test_beats_walk_every_street_and_say_which_take_too_long(town: Workspace) -> None:
    one = town.service_analysis.beats(BeatQuestion(beats=1, time_limit_s=1))
    assert one.beats["hours"].iloc[0] == pytest.approx(one.beats["length_m"].iloc[0] / 5000)
    assert not one.beats["over_shift"].any()
    assert one.streets["beat"].eq(1).all()
    assert one.left_out_m == 0
    hours = float(one.beats["hours"].iloc[0])
    short = town.service_analysis.beats(BeatQuestion(beats=1, shift_h=hours / 2, time_limit_s=1))
    assert short.beats["over_shift"].all()
    assert beats_about(short)["over_shift"] == 1
    many = town.service_analysis.beats(BeatQuestion(shift_h=0.7 * hours, tolerance=2, time_limit_s=1))
    assert len(many.beats) >= 2
    assert not many.beats["over_shift"].any()
    main = town.service_analysis.beats(BeatQuestion(beats=1, road_classes=("trunk",)))
    assert set(main.streets["road_class"]) == {"trunk"}
    west = town.service_analysis.beats(BeatQuestion(WEST, beats=1))
    assert west.streets["length_m"].sum() < one.streets["length_m"].sum()


def test_an_account_is_told_of_its_own_ground(town: Workspace) -> None:
    east = town.areas.of([EAST])
    plan = town.service_analysis.service_points(ServiceQuestion(area=east))
    assert plan.centres["place_id"].tolist() == ["c-east"]
    assert set(plan.grids["parent_code"]) == {EAST}
    assert town.service_analysis.checkpoints(CheckpointQuestion(area=east)).ground["code"].tolist() == [EAST]
    for code in (WEST, DISTRICT):
        with pytest.raises(NotFoundError, match="no jurisdiction"):
            town.service_analysis.beats(BeatQuestion(code, area=east))
    nowhere = town.areas.of(["990101009009"])
    with pytest.raises(NotFoundError, match="this account"):
        town.service_analysis.beats(BeatQuestion(area=nowhere))
    with pytest.raises(NotFoundError, match="No grid in force"):
        town.service_analysis.service_points(ServiceQuestion(area=nowhere))


def test_what_is_missing_is_said_with_its_remedy(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "empty") as empty:
        with pytest.raises(NothingPublishedError):
            empty.service_analysis.service_points(ServiceQuestion())
        with pytest.raises(NotFoundError, match="no roads") as caught:
            empty.service_analysis.checkpoints(CheckpointQuestion())
        assert "spatialgov import roads" in caught.value.remedy
        with pytest.raises(NotFoundError, match="no roads"):
            empty.service_analysis.beats(BeatQuestion())
    with found_service_town(tmp_path) as town:
        points = town.service_analysis.service_points
        with pytest.raises(NotFoundError, match="'bank'") as caught:
            points(ServiceQuestion(("bank",)))
        assert "community_centre, police_station, service_centre" in caught.value.remedy
        with pytest.raises(InputError, match="no centres"):
            points(ServiceQuestion(()))
        with pytest.raises(InputError, match="without capacities"):
            points(ServiceQuestion(capacity=1, new=1))
        with pytest.raises(InputError, match="without capacities"):
            points(ServiceQuestion(new=1), centres=service_places().assign(capacity=9.0))
        with pytest.raises(InputError, match="within 0 minutes"):
            points(ServiceQuestion(within_min=0))
        with pytest.raises(InputError, match="p is 9"):
            points(ServiceQuestion(new=9))
        with pytest.raises(InputError, match="shift of 0 hours"):
            town.service_analysis.beats(BeatQuestion(shift_h=0))
        with pytest.raises(NotFoundError, match="no such road"):
            town.service_analysis.beats(BeatQuestion(road_classes=("track",)))
        town.store.replace_layer("places", service_places().iloc[:0])
        with pytest.raises(NotFoundError, match="no places yet"):
            points(ServiceQuestion())
        town.store.replace_jurisdictions(town.store.jurisdictions().iloc[:0])
        with pytest.raises(NotFoundError, match="no jurisdictions yet"):
            town.service_analysis.checkpoints(CheckpointQuestion())
        assert len(town.service_analysis.beats(BeatQuestion(beats=1)).beats) == 1
        assert town.service_analysis.beats(BeatQuestion(beats=1)).beats.crs == WGS84
