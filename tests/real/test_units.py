"""Census tracts of two states: read without an error, and the same borders as by intersecting pairs."""

from pathlib import Path

import numpy as np
import pytest
import shapely

from spatialgov.faults import errors_only
from spatialgov.topology import metric_shapes
from spatialgov.units import read_units


@pytest.mark.parametrize(
    ("state", "n", "households", "population"), [("ri", 244, 413_600, 1_052_567), ("nh", 295, 518_973, 1_316_470)]
)
def test_tracts(real_data: Path, state: str, n: int, households: int, population: int) -> None:
    units = read_units(real_data / f"{state}_tracts.gpkg", keep=("parent_code",))
    assert len(units) == n
    assert int(units.frame["households"].sum()) == households
    assert int(units.frame["population"].sum()) == population
    assert errors_only(units.faults) == []
    assert units.dropped_columns == ("housing_units",)
    assert set(units.frame["parent_code"].str.len()) == {5}

    shapes = metric_shapes(units.frame.geometry.to_numpy(), units.crs)
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = np.unique(np.column_stack([one, two])[one < two], axis=0)
    boundary = shapely.boundary(shapes)
    length_m = shapely.length(shapely.intersection(boundary[pairs[:, 0]], boundary[pairs[:, 1]]))
    shared = length_m > 1e-6
    found, border_m, _ = units.graph.edges()
    np.testing.assert_array_equal(found, pairs[shared])
    np.testing.assert_allclose(border_m, length_m[shared], atol=1e-6)
    np.testing.assert_allclose(units.graph.perimeter_m, shapely.length(shapes), atol=1e-6)
