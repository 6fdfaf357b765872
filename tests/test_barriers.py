from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pytest
import shapely

import spatialgov as sg
from spatialgov.barriers import with_barriers
from spatialgov.errors import InputError, MissingColumnError
from spatialgov.plan import Plan
from spatialgov.sample import boundaries_dir

Lattice = Callable[..., Plan]


def _line(x: float, effect: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"effect": [effect]}, geometry=[shapely.LineString([(x, 35.0), (x, 35.2)])], crs=4326)


@pytest.mark.parametrize(("effect", "mark"), [("hard", 1), ("penalty", -1)])
@pytest.mark.parametrize(("offset", "found"), [(0.0, True), (0.0001, True), (0.0003, False), (0.0005, False)])
def test_a_border_along_a_line_is_marked(lattice: Lattice, effect: str, mark: int, offset: float, found: bool) -> None:
    units = lattice([[1] * 4] * 3, ["aaaa"] * 3).units
    marked = with_barriers(units, _line(118.302 + offset, effect))
    pairs, _, barrier = marked.graph.edges()
    across = (pairs % 4 == [1, 2]).all(axis=1)
    assert barrier.tolist() == (across * (mark if found else 0)).tolist()
    assert units.graph.barrier.max() == 0, "the units that were given stay as they were"


def test_hard_comes_before_penalty(lattice: Lattice) -> None:
    units = lattice([[1, 1]], ["aa"]).units
    both = gpd.GeoDataFrame({"effect": ["hard", "penalty"]}, geometry=[*_line(118.301, "hard").geometry] * 2, crs=4326)
    assert with_barriers(units, both).graph.barrier.tolist() == [1, 1]


def test_borders_between_units_are_barriers_too(lattice: Lattice) -> None:
    units = lattice([[1] * 3] * 2, ["aaa"] * 2).units
    borders = {"hard": [("u1", "u0"), ("u0", "u5"), ("u0", "nobody")], "penalty": [("u0", "u1"), ("u1", "u4")]}
    marked = with_barriers(units, _line(118.302, "penalty"), borders=borders)
    pairs, _, barrier = marked.graph.edges()
    found = {tuple(pair): mark for pair, mark in zip(pairs.tolist(), barrier.tolist(), strict=True) if mark}
    assert found == {(0, 1): 1, (1, 4): -1, (1, 2): -1, (4, 5): -1}


def test_unknown_effects_are_named(lattice: Lattice) -> None:
    units = lattice([[1, 1]], ["aa"]).units
    with pytest.raises(InputError, match=r"Row 1.*'wall'"):
        with_barriers(units, _line(118.301, "wall"))
    with pytest.raises(MissingColumnError, match="effect"):
        with_barriers(units, _line(118.301, "hard").drop(columns="effect"))


def test_the_sample_city_keeps_to_its_river_and_railway() -> None:
    folder = boundaries_dir() / "sample"
    units = with_barriers(sg.read_units(folder / "units.geojson"), gpd.read_file(folder / "barriers.geojson"))
    pairs, border_m, barrier = units.graph.edges()
    lines = gpd.read_file(folder / "barriers.geojson").to_crs(units.crs)
    hard_m = shapely.union_all(lines[lines["effect"] == "hard"].geometry.to_numpy()).length
    assert border_m[barrier > 0].sum() == pytest.approx(hard_m, rel=0.02)
    plan = sg.partition(units, households_per_grid=400, effort="quick")
    same = plan.labels[pairs[:, 0]] == plan.labels[pairs[:, 1]]
    assert not np.any(same & (barrier > 0))
    assert plan.metrics()["non_contiguous"] == 0
