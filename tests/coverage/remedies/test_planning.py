from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely

from spatialgov.coverage import (
    Candidates,
    Costs,
    Device,
    States,
    candidates,
    changed_cameras,
    demands,
    plan_remedies,
    see,
    states_of,
    views_of,
    what_if,
)
from spatialgov.coverage.remedies.planning import REMEDIES
from spatialgov.errors import InputError
from spatialgov.language import using_language
from tests.coverage_cases import PLANE, areas_of, cameras_of, frame_of, here

GRIDS = areas_of(shapely.box(0, 0, 300, 200), shapely.box(300, 0, 600, 200))
ROADS = frame_of(
    [shapely.LineString([(0, 100), (300, 100), (600, 100)]), shapely.LineString([(300, 0), (300, 100), (300, 200)])],
    road_id=["long", "short"], name="", road_class=["secondary", "residential"],
)  # fmt: skip
HOUSES = frame_of(
    [shapely.box(x, y, x + 40, y + 30) for x in range(10, 590, 60) for y in (60, 112)],
    building_id=[f"h{i}" for i in range(20)], height_m=10.0,
)  # fmt: skip
PLACES = frame_of([shapely.Point(30, 100), shapely.Point(450, 104)], place_id=["p", "q"], kind=["market", "school"])
CAMERAS = cameras_of(
    {"at": (60.0, 100.0), "azimuth_deg": 90.0, "camera_id": "good"},
    {"at": (560.0, 100.0), "azimuth_deg": 90.0, "camera_id": "broken", "status": "broken"},
    {"at": (300.0, 150.0), "azimuth_deg": np.nan, "camera_id": "unknown"},
    {"at": (420.0, 105.0), "azimuth_deg": 10.0, "camera_id": "at the wall", "fov_deg": 60.0},
    {"at": (560.0, 100.0), "azimuth_deg": 92.0, "camera_id": "twin", "status": "broken"},
)
ROADS_ONLY = {"road": 1.0}


def states(cameras: Any = CAMERAS, zones: Any = None) -> States:
    sight = see(views_of(cameras), HOUSES, crs=PLANE)
    asked = demands(GRIDS, crs=PLANE, roads=ROADS, buildings=HOUSES, places=PLACES, zones=zones)
    return states_of(sight, asked)


@pytest.fixture(scope="module")
def now() -> States:
    return states()


@pytest.fixture(scope="module")
def offered(now: States) -> Candidates:
    return candidates(now.sight, ROADS)


def exact_gain(states: States, changes: Any, cameras: Any = CAMERAS, weights: Any = None) -> float:
    """What changes gain by the exact areas and lengths, thousandths."""
    table: Any = what_if(cameras, states, changes, level="all").measures
    return float(table["covered_change"] @ table["kind"].map(states.demands.unit_weights(weights)))


def test_remedies_come_in_their_order_each_with_its_gain(now: States, offered: Candidates) -> None:
    plan = plan_remedies(now, offered, p=4, weights=ROADS_ONLY)
    steps = plan.steps
    assert steps["remedy"].tolist() == sorted(steps["remedy"], key=REMEDIES.index)
    assert set(steps["remedy"]) == set(REMEDIES)
    # The twin of the broken camera sees nothing that the repaired one does not.
    repairs = steps[steps["remedy"] == "repair"]
    assert len(repairs) == 1
    assert repairs["camera_id"].item() in ("broken", "twin")
    assert steps.loc[steps["remedy"] == "survey", ["camera_id", "what"]].to_numpy().tolist() == [
        ["unknown", "azimuth_deg"]
    ]
    turned = steps[steps["remedy"] == "turn"].set_index("camera_id")
    assert turned.loc["at the wall", "azimuth_deg"] in (70.0, 85.0, 100.0, 110.0, 235.0, 250.0, 265.0, 280.0, 295.0)
    assert (steps.loc[steps["remedy"] == "build", "camera_id"] == [f"NEW-{i}" for i in range(1, 5)]).all()
    surveys = steps["remedy"] == "survey"
    assert (steps.loc[surveys, "settles"] > 0).all()
    assert (steps.loc[surveys, ["gain", "verified"]] == 0).all(axis=None)
    assert (steps.loc[~surveys, "gain"] > 0).all()
    assert (steps.loc[steps["remedy"] == "build", "gain"].diff().dropna() <= 1e-9).all()
    assert plan.gain == pytest.approx(steps["gain"].sum())
    assert plan.covered_after - plan.covered_before == pytest.approx(plan.gain)
    assert plan.verified_low < plan.verified < plan.verified_high
    assert plan.verified == pytest.approx(steps["verified"].sum())
    assert plan.siting is not None
    assert plan.siting.covered == pytest.approx(plan.covered_after)
    assert plan.siting.bound >= plan.siting.covered


def test_each_gain_is_what_looking_anew_says_of_the_step(now: States, offered: Candidates) -> None:
    plan = plan_remedies(now, offered, p=3, weights=ROADS_ONLY)
    steps = plan.steps[plan.steps["remedy"] != "survey"]
    assert len(steps) == len(plan.changes)
    before = 0.0
    for number, (low, high) in enumerate(zip(steps["verified_low"], steps["verified_high"], strict=True), start=1):
        gain = exact_gain(now, plan.changes[:number], weights=ROADS_ONLY)
        assert low <= gain - before <= high
        before = gain
    after = changed_cameras(CAMERAS, plan.changes)
    assert after["camera_id"].tolist()[-3:] == ["NEW-1", "NEW-2", "NEW-3"]
    seen = see(views_of(after), HOUSES, crs=PLANE)
    works = seen.views.table["working"].to_numpy()
    assert plan.sight.views.table["working"].tolist() == works.tolist()
    assert shapely.area(shapely.symmetric_difference(plan.sight.certain, seen.certain)).max() < 1e-3


def test_the_stated_interval_holds_the_true_gain_over_seeds(now: States, offered: Candidates) -> None:
    held = []
    for seed in range(12):
        plan = plan_remedies(now, offered, p=5, seed=seed, time_limit_s=0.2)
        gain = exact_gain(now, plan.changes)
        held.append(plan.verified_low <= gain <= plan.verified_high)
    assert np.mean(held) >= 11 / 12


def test_a_turn_says_what_it_loses(now: States) -> None:
    road = {"at": (500.0, 100.0), "azimuth_deg": 0.0, "fov_deg": 60.0, "camera_id": "c"}
    wide = states(cameras_of(road))
    plan = plan_remedies(wide, remedies=["turn"], weights=ROADS_ONLY)
    turn: Any = next(plan.steps.itertuples())
    assert len(plan.steps) == 1
    assert turn.azimuth_deg in (75.0, 90.0, 105.0, 255.0, 270.0, 285.0)
    assert (turn.gain > 0, turn.lost) == (True, 0.0)
    assert "lost" in turn.reason
    # It sees 40 m of the short road to begin with, and 50 m less its own dead zone of the long one in the end.
    sees_road = cameras_of({"at": (300.0, 160.0), "azimuth_deg": 180.0, "fov_deg": 30.0, "range_m": 40.0},
                           {**road, "azimuth_deg": 350.0})  # fmt: skip
    plan = plan_remedies(states(sees_road), remedies=["turn"], weights={"road": 1.0, "place": 1.0})
    assert (plan.steps["gain"] > 0).all()
    assert plan.steps["gain"].sum() == pytest.approx(plan.covered_after - plan.covered_before)
    market = cameras_of({"at": (60.0, 100.0), "azimuth_deg": 270.0, "fov_deg": 60.0, "range_m": 60.0})
    stays = plan_remedies(states(market), remedies=["turn"], weights={"road": 0.1, "place": 10.0})
    assert not len(stays.steps)


def test_a_turn_that_loses_something_is_worth_more_than_that() -> None:
    # Both directions see road, one of them the school too; each camera alone.
    camera = cameras_of({"at": (450.0, 100.0), "azimuth_deg": 300.0, "fov_deg": 40.0, "tilt_deg": np.nan})
    plan = plan_remedies(states(camera), remedies=["turn"], weights=ROADS_ONLY)
    assert len(plan.steps) == 1
    step = plan.steps.iloc[0]
    exact = exact_gain(states(camera), plan.changes, camera, ROADS_ONLY)
    assert step["verified_low"] <= exact <= step["verified_high"]


def test_what_is_to_stay_stays(now: States, offered: Candidates) -> None:
    everything = CAMERAS["camera_id"].tolist()
    plan = plan_remedies(now, offered, p=1, keep=everything, weights=ROADS_ONLY)
    assert plan.steps["remedy"].tolist() == ["build"]
    none = plan_remedies(now, offered, p=3, turns=0, remedies=["turn"], weights=ROADS_ONLY)
    assert not len(none.steps)
    one = plan_remedies(now, remedies=["turn"], turns=1, weights=ROADS_ONLY)
    more = plan_remedies(now, remedies=["turn"], weights=ROADS_ONLY)
    assert (len(one.steps), one.steps["gain"].iloc[0]) == (1, pytest.approx(more.steps["gain"].iloc[0]))


def test_a_budget_pays_for_the_cheapest_first(now: States, offered: Candidates) -> None:
    costs = Costs(repair=2.0, survey=1.0, post=3.0, facade=4.0, pole=10.0, junction=10.0)
    for budget, remedies in ((1.5, ["turn"]), (2.5, ["repair", "turn"]), (3.5, ["repair", "survey", "turn"])):
        plan = plan_remedies(now, offered, budget=budget, costs=costs, weights=ROADS_ONLY)
        done = list(dict.fromkeys(plan.steps["remedy"]))
        # 1.5 pays for no repair, but for a survey.
        assert done == (["survey", "turn"] if budget == 1.5 else remedies)
        assert plan.cost <= budget
    rich = plan_remedies(now, offered, budget=17.0, costs=costs, weights=ROADS_ONLY)
    built = rich.steps[rich.steps["remedy"] == "build"]
    assert len(built)
    assert rich.cost <= 17.0
    assert built["cost"].tolist() == [costs.of(what) for what in built["what"]]


def test_a_share_is_reached_with_a_bound(now: States, offered: Candidates) -> None:
    plan = plan_remedies(now, offered, share=0.6, weights=ROADS_ONLY)
    assert plan.covered_after >= 600
    assert plan.siting is not None
    assert plan.siting.bound <= plan.siting.cost
    little = plan_remedies(now, offered, share=0.1, weights=ROADS_ONLY)
    assert little.siting is None
    with pytest.raises(InputError, match="%") as error:
        plan_remedies(now, offered, share=1.0)
    assert error.value.remedy


def test_no_new_view_looks_where_nobody_may(now: States) -> None:
    zones = frame_of([shapely.box(380, 106, 600, 200)], zone_id=["Z"], kind=["no_view"])
    there = states(zones=zones)
    places = candidates(there.sight, ROADS, zones)
    plan = plan_remedies(there, places, zones, p=6, remedies=["turn", "build"])
    free = plan_remedies(there, places, p=6, remedies=["turn", "build"])
    assert plan.left_out["no_view"] > free.left_out["no_view"] == 0
    private = shapely.box(380, 106, 600, 200)
    built = plan.steps[plan.steps["remedy"] == "build"]
    assert shapely.area(shapely.intersection(here_of(plan)[-len(built) :], private)).max() < 40
    assert (built["no_view_m2"] < 60).all()
    assert (plan.steps.loc[plan.steps["remedy"] == "turn", "no_view_m2"] <= 60).all()
    assert plan.gain <= free.gain
    allowed = plan_remedies(there, places, zones, p=6, no_view_m2=1e9, remedies=["build"])
    assert allowed.left_out["no_view"] == 0
    assert allowed.steps["no_view_m2"].sum() > 100


def here_of(plan: Any) -> Any:
    import geopandas as gpd

    return here(gpd.GeoSeries(plan.sight.certain, crs=PLANE))


def test_new_posts_keep_their_distance_and_views_of_a_post_do_not_overlap(now: States, offered: Candidates) -> None:
    plan = plan_remedies(now, offered, p=25, spacing_m=45.0, remedies=["build"], time_limit_s=0.3)
    built = plan.steps.to_crs(PLANE)
    points = np.asarray(built.geometry)
    on_post = (built["what"] == "post").to_numpy()
    apart_m = shapely.distance(points[:, None], points)
    new = np.ix_(~on_post, ~on_post)
    assert ((apart_m[new] > 45.0) | (apart_m[new] < 1e-6)).all()
    there = np.asarray(shapely.points(now.sight.x_m, now.sight.y_m))
    assert shapely.distance(points[~on_post][:, None], there).min() > 45.0
    turn = np.abs((built["azimuth_deg"].to_numpy()[:, None] - built["azimuth_deg"].to_numpy() + 180) % 360 - 180)
    same = (apart_m < 1e-6) & ~np.eye(len(points), dtype=bool)
    assert same.any()
    assert turn[same].min() >= 70.0 - 1e-6


def test_key_places_can_ask_for_two_posts(now: States, offered: Candidates) -> None:
    one = plan_remedies(now, offered, p=8, weights={"place": 1.0}, remedies=["build"])
    two = plan_remedies(now, offered, p=8, weights={"place": 1.0}, posts_per_place=2, remedies=["build"])
    # The market is seen by nobody, nor is the school: one device each, or two from distinct posts.
    assert len(one.steps) <= 2 < len(two.steps) <= 4
    assert one.covered_after == two.covered_after == pytest.approx(1000)
    posts = two.sight.views.table["post"].to_numpy()[-len(two.steps) :]
    for shape in here(PLACES.geometry):
        assert (
            len({post for post, seen in zip(posts, here_of(two)[-len(posts) :], strict=True) if seen.contains(shape)})
            == 2
        )


def test_the_curve_rises_ever_more_slowly_to_what_the_plan_says(now: States, offered: Candidates) -> None:
    plan = plan_remedies(now, offered, p=10, remedies=["repair", "turn", "build"], weights=ROADS_ONLY)
    curve = plan.curve
    assert curve["p"].tolist() == list(range(11))
    assert curve["covered"].iloc[-1] == pytest.approx(plan.covered_after)
    assert (curve["gain"].diff().iloc[1:] >= 0).all()
    assert (curve["gain"].diff().diff().iloc[2:] <= 1e-9).all()
    assert curve.iloc[0][["cost", "gain", "verified", "verified_low", "verified_high"]].tolist() == [0.0] * 5
    assert ((curve["verified_low"] <= curve["verified"]) & (curve["verified"] <= curve["verified_high"])).all()
    assert curve["cost"].iloc[-1] == pytest.approx(plan.steps.loc[plan.steps["remedy"] == "build", "cost"].sum())


def test_without_limit_nothing_is_built(now: States, offered: Candidates) -> None:
    plan = plan_remedies(now, offered, weights=ROADS_ONLY)
    assert "build" not in set(plan.steps["remedy"])
    assert (plan.siting, len(plan.curve)) == (None, 1)
    assert plan_remedies(now, offered, p=0, weights=ROADS_ONLY).steps.equals(plan.steps)


def test_the_same_seed_gives_the_same_plan(now: States, offered: Candidates) -> None:
    one, again = (plan_remedies(now, offered, p=2, time_limit_s=5.0, seed=3, weights=ROADS_ONLY) for _ in range(2))
    assert one.steps.equals(again.steps)


def test_a_town_without_cameras_can_be_planned_for() -> None:
    none = states(CAMERAS.iloc[:0])
    places = candidates(none.sight, ROADS)
    plan = plan_remedies(none, places, p=2, weights=ROADS_ONLY)
    assert plan.covered_before == 0
    assert plan.steps["remedy"].tolist() == ["build", "build"]
    assert (plan.steps["on"] != "").any() or (plan.steps["what"] == "facade").all()


def test_reasons_in_both_languages(now: States, offered: Candidates) -> None:
    with using_language("en"):
        english = plan_remedies(now, offered, p=1, weights=ROADS_ONLY).steps["reason"]
    with using_language("zh"):
        chinese = plan_remedies(now, offered, p=1, weights=ROADS_ONLY).steps["reason"]
    assert english.str.match(r"^(Repair|Find out|Turn|New camera)").all()
    assert not (english == chinese).any()


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"p": 1, "share": 0.5}, "several limits"),
        ({"p": -1}, "p is -1"),
        ({"budget": float("nan")}, "budget"),
        ({"remedies": ["pray"]}, "pray"),
        ({"spacing_m": -1.0}, "-1"),
        ({"no_view_m2": float("inf")}, "inf"),
        ({"posts_per_place": 0}, "posts"),
    ],
)
def test_wishes_that_make_no_sense(now: States, offered: Candidates, wrong: dict[str, Any], what: str) -> None:
    with using_language("en"), pytest.raises(InputError, match=what) as error:
        plan_remedies(now, offered, **wrong)
    assert error.value.remedy


def test_candidates_of_another_class_are_refused(now: States, offered: Candidates) -> None:
    with pytest.raises(InputError):
        plan_remedies(now, replace(offered, needed="identify"), p=1)
    with pytest.raises(InputError):
        Costs(pole=0.0)
    with pytest.raises(InputError):
        Costs(repair=-1.0)


def test_a_ring_of_panoramic_devices(now: States) -> None:
    places = candidates(now.sight, ROADS, device=Device("panoramic", 360.0, 40.0, None))
    plan = plan_remedies(now, places, p=2, remedies=["build"], weights=ROADS_ONLY)
    gain = exact_gain(now, plan.changes, weights=ROADS_ONLY)
    assert plan.verified_low <= gain <= plan.verified_high
