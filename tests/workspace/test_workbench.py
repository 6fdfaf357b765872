"""What the planner's page is given."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatialgov.errors import NotFoundError
from spatialgov.units import Units
from spatialgov.workspace import Workspace
from spatialgov.workspace.workbench import encoded
from tests.publishing_cases import EAST, WEST, found_town, moved


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(tmp_path / "data") as workspace:
        found_town(workspace, tmp_path)
        yield workspace


def decoded(shapes: dict[str, Any]) -> list[shapely.MultiPolygon]:
    """Give the shapes back as polygons."""
    steps = np.cumsum(np.array(shapes["xy"]).reshape(-1, 2), axis=0) + shapes["origin"]
    rings = np.split(steps * shapes["step"], np.cumsum(shapes["ring_vertices"])[:-1])
    vertices = iter(rings)
    counts = iter(shapes["polygon_rings"])
    found = []
    for n_polygons in shapes["unit_polygons"]:
        parts = []
        for _ in range(n_polygons):
            outer, *holes = [next(vertices) for _ in range(next(counts))]
            parts.append(shapely.Polygon(outer, holes))
        found.append(shapely.MultiPolygon(parts))
    return found


def test_units_come_back_as_they_were(town: Workspace) -> None:
    units = town.plans.units()
    answer = json.loads(town.workbench.units(1).body)
    assert answer["ids"] == units.frame["unit_id"].tolist()
    assert answer["households"] == [100] * 16
    assert answer["workload"] is None
    for shape, unit in zip(decoded(answer["shapes"]), units.frame.geometry, strict=True):
        assert shape.hausdorff_distance(unit) < 1e-7
    pairs = {tuple(sorted(pair)) for pair in np.array(answer["edges"]).reshape(-1, 2).tolist()}
    graph = units.graph
    assert pairs == {
        (min(a, b), max(a, b)) for a, b in zip(graph.sources().tolist(), graph.indices.tolist(), strict=True)
    }
    level = answer["levels"]["community_code"]
    assert [level["codes"][i] for i in level["of"]] == units.frame["community_code"].tolist()


def test_parts_and_holes_and_minutes_are_kept() -> None:
    ring = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    two = shapely.MultiPolygon([shapely.box(1, 1, 2, 2), shapely.box(5, 0, 6, 1)])
    frame = gpd.GeoDataFrame(
        {"unit_id": ["a", "b"], "households": 1, "population": 2, "workload": [1.5, 2.5]},
        geometry=[shapely.transform(shape, lambda xy: xy / 1000 + [118.3, 35.1]) for shape in (ring, two)],
        crs=4326,
    )
    answer = json.loads(encoded(Units.from_frame(frame)).body)
    assert [len(shape.geoms) for shape in decoded(answer["shapes"])] == [1, 2]
    assert sorted(answer["shapes"]["polygon_rings"]) == [1, 1, 2]
    assert answer["workload"] == [1.5, 2.5]


def test_units_are_encoded_once_until_barriers_change(town: Workspace) -> None:
    units = town.workbench.units(1)
    assert town.workbench.units(moved(town, {"U00": None})) is units
    line = shapely.LineString([(118.301, 35.1), (118.301, 35.101)])
    barrier = {"barrier_id": ["b"], "kind": ["river"], "name": ["河"], "name_en": [""], "effect": ["hard"]}
    town.store.replace_layer("barriers", gpd.GeoDataFrame(barrier, geometry=[line], crs=4326))
    barred = town.workbench.units(1)
    assert barred.tag != units.tag
    answer = json.loads(barred.body)
    (edge,) = answer["hard"]
    assert answer["edges"][2 * edge : 2 * edge + 2] == [0, 1]


def test_a_plan_is_opened_as_its_journal_says(town: Workspace) -> None:
    draft = moved(town, {"U00": None, "U01": f"{WEST}009"})
    opened = town.workbench.open(draft)
    codes = opened.plan.codes
    assert opened.sequence == 1
    assert opened.plan.labels[0] == -1
    assert codes[opened.plan.labels[1]] == f"{WEST}009"
    town.plans.publish(moved(town, {f"U{i:02d}": f"{WEST}005" for i in (0, 1, 4, 5)}))
    assert town.workbench.open(1).taken == [f"{WEST}005"]
    assert town.workbench.open(town.plans.records()[-1].id).taken == [f"{WEST}001"], "no longer in force"
    with pytest.raises(NotFoundError):
        town.workbench.open(99)


def test_what_lies_around_is_that_of_the_area(town: Workspace) -> None:
    frame = gpd.GeoDataFrame(
        {"code": [WEST, EAST], "level": "community", "name": ["西", "东"], "name_en": ["W", "E"], "parent_code": ""},
        geometry=[shapely.box(118.3, 35.1, 118.302, 35.104), shapely.box(118.302, 35.1, 118.304, 35.104)],
        crs=4326,
    )
    town.store.replace_jurisdictions(frame)
    points = [shapely.Point(118.301, 35.101), shapely.Point(118.303, 35.101)]
    places = {"place_id": ["a", "b"], "kind": "school", "name": ["甲", "乙"], "name_en": ""}
    town.store.replace_layer("places", gpd.GeoDataFrame(places, geometry=points, crs=4326))
    whole = town.workbench.surroundings(1)
    assert {name: len(layer["features"]) for name, layer in whole.items()} == {
        "jurisdictions": 2, "places": 2, "barriers": 0, "roads": 0,
    }  # fmt: skip
    west = town.workbench.surroundings(1, area=town.areas.of([WEST]))
    assert [one["properties"]["code"] for one in west["jurisdictions"]["features"]] == [WEST]
    assert [one["properties"]["name"] for one in west["places"]["features"]] == ["甲"]
