from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.coverage import Demands, samples
from spatialgov.coverage.demand.sampling import points_in
from tests.coverage_cases import MIDDLE, areas_of, demands_of, frame_of

RING = shapely.Point(250, 50).buffer(40).difference(shapely.Point(250, 50).buffer(20))


@pytest.fixture(scope="module")
def demanded() -> Demands:
    rng = np.random.default_rng(3)
    areas = areas_of(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 104, 3), RING)
    crowd = [shapely.Point(x, y) for x, y in rng.uniform(0, 100, (500, 2))]
    return demands_of(
        areas,
        roads=frame_of([shapely.LineString([(0, 20), (260, 20)])], road_id=["r"], name="", road_class="primary"),
        places=frame_of([shapely.Point(5, 5), shapely.Point(95, 5)], place_id=["p", "q"], kind="market"),
        incidents=frame_of(crowd, category="0101", occurred_at=pd.Timestamp("2026-05-01T01:00Z")),
    )


def test_samples_stand_for_all(demanded: Demands) -> None:
    drawn: Any = samples(demanded, 1, ground_m=10, road_m=5)
    sums = drawn.groupby("kind")["amount"].sum()
    assert sums["ground"] == pytest.approx(shapely.area(demanded.ground).sum())
    by_area = drawn[drawn["kind"] == "ground"].groupby("area")["amount"].sum()
    assert by_area.to_numpy() == pytest.approx(shapely.area(demanded.ground))
    assert sums["road"] == pytest.approx(np.diff(demanded.roads.cuts)[demanded.roads.area >= 0].sum())
    assert sums[["place", "incident"]].tolist() == [2, 500]
    assert drawn.groupby("kind")["weight"].sum().to_numpy() == pytest.approx(250)
    assert (drawn["kind"] == "incident").sum() <= 100
    ground = drawn[drawn["kind"] == "ground"]
    where = shapely.points(ground[["x_m", "y_m"]].to_numpy())
    assert shapely.distance(where, demanded.ground[ground["area"]]).max() == 0
    road = drawn[drawn["kind"] == "road"]
    assert road["y_m"].to_numpy() - MIDDLE[1] == pytest.approx(20, abs=0.01)
    assert road["class"].unique().tolist() == ["primary"]
    assert set(road["area"]) == {0, 2}


def test_a_seed_gives_one_sample_and_another_seed_another(demanded: Demands) -> None:
    first, again, other = (samples(demanded, seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    ground = [drawn.loc[drawn["kind"] == "ground", ["x_m", "y_m"]].to_numpy() for drawn in (first, other)]
    assert not set(map(tuple, ground[0])) & set(map(tuple, ground[1]))
    places = [drawn.loc[drawn["kind"] == "place", ["x_m", "y_m"]].to_numpy() for drawn in (first, other)]
    assert (places[0] == places[1]).all()


def test_the_share_in_a_part_is_without_bias(demanded: Demands) -> None:
    part = shapely.transform(shapely.box(13, 0, 44, 57), lambda points: points + MIDDLE)
    whole = shapely.area(shapely.intersection(demanded.ground[0], part)) / shapely.area(demanded.ground[0])
    crowd = demanded.points[demanded.points["kind"] == "incident"]
    crowded = shapely.contains_xy(part, crowd["x_m"], crowd["y_m"]).mean()
    found: dict[str, list[float]] = {"ground": [], "incident": []}
    for seed in range(30):
        drawn: Any = samples(demanded, seed, ground_m=20)
        drawn = drawn[drawn["area"] == 0]
        inside = shapely.contains_xy(part, drawn["x_m"], drawn["y_m"])
        for kind, told in found.items():
            own = drawn["kind"] == kind
            told.append(drawn.loc[own & inside, "amount"].sum() / drawn.loc[own, "amount"].sum())
    for kind, truth in (("ground", whole), ("incident", crowded)):
        shares = np.array(found[kind])
        assert abs(shares.mean() - truth) < 4 * shares.std() / np.sqrt(len(shares))


def test_points_of_several_polygons_and_of_none() -> None:
    rng = np.random.default_rng(0)
    shapes = np.array([shapely.box(0, 0, 30, 30), shapely.Polygon(), RING], dtype=object)
    shape, points = points_in(shapes, 3.0, rng)
    assert (np.diff(shape) >= 0).all()
    assert set(shape) == {0, 2}
    assert (shape == 0).sum() == 100
    assert (shape == 2).sum() == pytest.approx(RING.area / 9, rel=0.1)
    assert shapely.contains(shapes[shape], shapely.points(points)).all()
