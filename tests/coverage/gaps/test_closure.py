from typing import Any

import pytest
import shapely

from spatialgov.coverage import Demands, closure, states_of
from tests.coverage_cases import areas_of, demands_of, frame_of, here, sight_of

TOWN = shapely.box(-50, -50, 450, 250)


@pytest.fixture(scope="module")
def demanded() -> Demands:
    units = frame_of(
        [shapely.box(0, 0, 100, 100), shapely.box(200, 0, 300, 100), shapely.box(0, 120, 100, 200)],
        unit_id=["two gates", "no gate", "field"], kind=["residential", "campus", "farmland"], population=0,
    )  # fmt: skip
    roads = frame_of(
        [
            shapely.LineString([(50, -20), (50, 120)]),
            shapely.LineString([(-20, -10), (200, -10)]),
            shapely.LineString([(200, -10), (400, -10)]),
            shapely.LineString([(0, 230), (600, 230)]),
        ],
        road_id=["lane", "west", "east", "ring"],
        name=["", "Main", "Main", "Ring"],
        road_class=["alley", "primary", "primary", "trunk"],
    )
    houses = frame_of([shapely.box(380, -20, 390, 0)], building_id=["over the road"])
    return demands_of(areas_of(TOWN), units=units, roads=roads, buildings=houses)


SOUTH, NORTH, EAST = shapely.box(40, -5, 60, 5), shapely.box(40, 95, 60, 105), shapely.box(190, -5, 310, 5)


def test_compounds_are_closed_when_all_their_entrances_are_seen(demanded: Demands) -> None:
    states = {}
    cases: dict[str, list[dict[str, Any]]] = {
        "nothing": [{"certain": shapely.box(400, 200, 401, 201)}],
        "half": [{"certain": SOUTH}],
        "perhaps": [{"certain": SOUTH}, {"possible": NORTH}, {"possible": EAST}],
        "all": [{"certain": SOUTH}, {"certain": NORTH}, {"certain": EAST}],
        "broken": [{"certain": SOUTH}, {"certain": NORTH, "working": False}, {"certain": EAST}],
    }
    for name, cameras in cases.items():
        found = closure(states_of(sight_of(*cameras), demanded))
        states[name] = found.compounds.set_index("compound_id")["state"].to_dict()
    assert states == {
        "nothing": {"two gates": "open", "no gate": "open"},
        "half": {"two gates": "open", "no gate": "open"},
        "perhaps": {"two gates": "uncertain", "no gate": "uncertain"},
        "all": {"two gates": "closed", "no gate": "closed"},
        "broken": {"two gates": "open", "no gate": "closed"},
    }


def test_what_is_told_of_compounds(demanded: Demands) -> None:
    found = closure(states_of(sight_of({"certain": SOUTH}, {"possible": NORTH}), demanded))
    table: Any = found.compounds.set_index("compound_id")
    assert table.loc["two gates", ["entrances", "covered", "uncertain", "gap", "assumed"]].tolist() == [
        2, 1, 1, 0, False,
    ]  # fmt: skip
    assert table.loc["no gate", ["entrances", "gap", "assumed"]].tolist() == [1, 1, True]
    assert table["perimeter_m"].tolist() == pytest.approx([400, 400], rel=1e-6)
    assert table["perimeter_covered_m"].tolist() == pytest.approx([20, 0], rel=1e-6)
    assert table["code"].tolist() == ["a", "a"]
    gates: Any = found.entrances.set_index("state")
    assert sorted(gates.index) == ["covered", "gap", "uncertain"]
    assert here(gates.loc[["covered"]])[0].distance(shapely.Point(50, 0)) < 0.01
    summary: Any = found.summary.set_index(["what", "kind"])
    assert summary.loc[("compound", ""), ["number", "closed", "uncertain", "open", "unknown", "assumed"]].tolist() == [
        2, 0, 1, 1, 0, 1,
    ]  # fmt: skip
    assert summary.loc[("compound", ""), ["lower_share", "upper_share"]].tolist() == [0, 0.5]


def test_main_roads_are_joined_up_when_no_break_is_long(demanded: Demands) -> None:
    # "Main" runs from -20 to 400 and is 10 m in a house; "Ring" runs on outside the area from 450.
    looks = [{"certain": shapely.box(-50, -15, x, -5)} for x in (100,)]
    looks += [{"certain": shapely.box(140, -15, 450, -5)}, {"certain": shapely.box(0, 225, 300, 235)}]
    built = [shapely.box(380, -20, 390, 0)]
    sight = sight_of(*looks, {"possible": shapely.box(290, 225, 410, 235)}, buildings=built)
    found = closure(states_of(sight, demanded))
    roads: Any = found.roads.set_index("name")
    assert roads.index.tolist() == ["Main", "Ring"]
    numbers = ["length_m", "covered_m", "uncertain_m", "gap_m", "runs", "breaks", "longest_break_m"]
    assert roads.loc["Main", numbers].tolist() == pytest.approx([410, 370, 0, 40, 3, 1, 40], rel=1e-6)
    assert roads.loc["Ring", numbers].tolist() == pytest.approx([450, 300, 110, 40, 1, 1, 150], rel=1e-6)
    assert roads["state"].tolist() == ["joined", "uncertain"]
    assert found.breaks[["name", "state"]].to_numpy().tolist() == [
        ["Ring", "uncertain"], ["Main", "gap"], ["Ring", "gap"],
    ]  # fmt: skip
    assert found.breaks["length_m"].tolist() == pytest.approx([110, 40, 40], rel=1e-6)
    assert shapely.length(here(found.breaks)).tolist() == pytest.approx([110, 40, 40], rel=1e-6)
    strict = closure(states_of(sight_of(*looks), demanded), longest_break_m=30).roads.set_index("name")["state"]
    assert strict.to_dict() == {"Main": "broken", "Ring": "broken"}
    summary: Any = found.summary.set_index(["what", "kind"])
    assert summary.loc[("road", ""), ["closed", "uncertain", "open"]].tolist() == [1, 1, 0]
    assert summary.loc[("road", "primary"), "lower_share"] == 1


def test_compounds_elsewhere_are_not_told_of() -> None:
    shapes = [shapely.box(900, 0, 990, 90), shapely.box(0, 0, 100, 100)]
    units = frame_of(shapes, unit_id=["far", "near"], kind="campus", population=0)
    road = frame_of([shapely.LineString([(50, -20), (50, 120)])], road_id=["r"], name="", road_class="alley")
    found = closure(states_of(sight_of({"certain": SOUTH}), demands_of(areas_of(TOWN), units=units, roads=road)))
    assert found.compounds["compound_id"].tolist() == ["near"]
    assert found.entrances["compound_id"].tolist() == ["near", "near"]


def test_without_units_and_roads_there_is_nothing_to_close() -> None:
    found = closure(states_of(sight_of({"certain": SOUTH}), demands_of(areas_of(TOWN))))
    assert [len(frame) for frame in (found.compounds, found.entrances, found.roads, found.breaks)] == [0, 0, 0, 0]
    assert found.summary["number"].tolist() == [0, 0]
    assert found.summary["lower_share"].isna().all()


def test_without_roads_no_compound_is_judged() -> None:
    units = frame_of([shapely.box(0, 0, 100, 100)], unit_id=["u"], kind=["campus"], population=0)
    found = closure(states_of(sight_of({"certain": TOWN}), demands_of(areas_of(TOWN), units=units)))
    assert found.compounds["state"].tolist() == ["unknown"]
    assert found.compounds["perimeter_covered_m"].tolist() == pytest.approx([400], rel=1e-6)
    assert found.summary["lower_share"].isna().all()
