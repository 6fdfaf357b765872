"""Vector tiles, read by GDAL's driver: which we did not write."""

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.vector_tiles import EXTENT, TileLayer
from tests.plain_tiles import decoded_layer

WORLD_M = 2 * 20037508.342789244
Z, X, Y = 14, 13576, 6478
"""A tile in the east of China."""


def corner(x: float, y: float) -> tuple[float, float]:
    """Give longitude and latitude of a place on the square of Web Mercator at zoom 14."""
    return x / 2**Z * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / 2**Z))))


def patch(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    """Give a box in sides of a tile from the tile's north-west corner."""
    return shapely.Polygon([corner(X + x + a * width, Y + y + b * height) for a, b in [(0, 0), (1, 0), (1, 1), (0, 1)]])


def tile(layer: TileLayer, z: int = Z, x: int = X, y: int = Y) -> bytes:
    content = layer.encode(z, x, y)
    assert content is not None
    return content


def decoded(content: bytes, folder: Path, layer: str = "grids") -> gpd.GeoDataFrame:
    """Read a tile with GDAL; coordinates in steps from the north-west corner, y southward."""
    path = folder / "tile.pbf"
    path.write_bytes(content)
    found: gpd.GeoDataFrame = pyogrio.read_dataframe(path, layer=layer, X=X, Y=Y, Z=Z, CLIP="NO")
    step = WORLD_M / 2**Z / EXTENT
    found.geometry = shapely.transform(
        found.geometry.to_numpy(),
        lambda xy: np.column_stack(
            [(xy[:, 0] + WORLD_M / 2) / step - X * EXTENT, (WORLD_M / 2 - xy[:, 1]) / step - Y * EXTENT]
        ),
    )
    return found


def test_shapes_and_attributes_come_back(tmp_path: Path) -> None:
    holed = shapely.difference(patch(0.1, 0.1, 0.2, 0.2), patch(0.15, 0.15, 0.05, 0.05))
    parts = shapely.union(patch(0.5, 0.1, 0.1, 0.1), patch(0.7, 0.1, 0.1, 0.1))
    columns = pd.DataFrame(
        {
            "code": ["a", "b", "网格"],
            "households": [1, -2, 2**40],
            "area_m2": [0.5, np.nan, 2.0],
            "big": [True, False, True],
        }
    )
    layer = TileLayer("grids", np.array([holed, parts, patch(0.9, 0.9, 0.3, 0.3)], dtype=object), columns)
    found = decoded(tile(layer), tmp_path)
    assert found["code"].tolist() == ["a", "b", "网格"]
    assert found["households"].tolist() == [1, -2, 2**40]
    assert found["area_m2"].fillna(-1).tolist() == [0.5, -1, 2.0]
    assert found["big"].astype(bool).tolist() == [True, False, True]
    assert found.geometry.is_valid.all()
    side = EXTENT * 0.2
    assert found.area[0] == pytest.approx(side**2 - (EXTENT * 0.05) ** 2, rel=0.01)
    assert shapely.get_num_geometries(found.geometry[1]) == 2
    # what reaches beyond the tile is cut off a little outside it
    assert found.total_bounds[2:].tolist() == [EXTENT + 64, EXTENT + 64]


def test_an_empty_tile_is_empty() -> None:
    layer = TileLayer("grids", np.array([patch(0.1, 0.1, 0.1, 0.1)]), pd.DataFrame({"code": ["a"]}))
    assert tile(layer, x=X + 5) == b""
    assert tile(layer, 0, 0, 0) == b""  # smaller than a step
    assert tile(TileLayer("grids", np.array([], dtype=object), pd.DataFrame({"code": []}))) == b""
    empty = TileLayer("grids", np.array([shapely.Polygon()]), pd.DataFrame({"code": ["a"]}))
    assert tile(empty, 0, 0, 0) == b""


def test_a_whole_tile_is_one_feature(tmp_path: Path) -> None:
    layer = TileLayer("grids", np.array([patch(-3, -3, 8, 8)]), pd.DataFrame({"code": ["a"]}))
    found = decoded(tile(layer), tmp_path)
    assert found.total_bounds.tolist() == [-64, -64, EXTENT + 64, EXTENT + 64]


LOW = st.floats(-0.5, 1.2)
SIDE = st.floats(1e-5, 0.8)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(LOW, LOW, SIDE, SIDE), min_size=1, max_size=5))
def test_what_is_drawn_is_what_lies_there(
    tmp_path_factory: pytest.TempPathFactory, boxes: list[tuple[float, float, float, float]]
) -> None:
    shapes = np.array([patch(*box) for box in boxes], dtype=object)
    content = tile(TileLayer("grids", shapes, pd.DataFrame({"code": np.arange(len(boxes))})))
    low, high = -64, EXTENT + 64
    expected = {}
    for k, (x, y, width, height) in enumerate(boxes):
        a = np.clip(np.floor(np.array([x, y, x + width, y + height]) * EXTENT + 0.5), low, high)
        if a[2] > a[0] and a[3] > a[1] and max(width, height) * EXTENT >= 1:
            expected[k] = a
    if not content:
        assert all(np.ptp(a[[0, 2]]) <= 1 or np.ptp(a[[1, 3]]) <= 1 for a in expected.values())
        return
    found = decoded(content, tmp_path_factory.mktemp("tile")).set_index("code")
    for k, a in expected.items():
        if min(a[2] - a[0], a[3] - a[1]) > 1:
            assert np.abs(np.array(found.geometry[k].bounds) - a).max() <= 1


def star(x: float, y: float, radii: list[float], hole: float) -> shapely.Polygon:
    """Give a star-shaped polygon with a hole around its middle, in sides of a tile from the tile's corner."""
    angles = np.arange(len(radii)) / len(radii) * 2 * np.pi
    outline, inside = (
        [corner(X + x + r * np.cos(a), Y + y + r * np.sin(a)) for r, a in zip(distances, angles, strict=True)]
        for distances in (radii, np.full(len(radii), hole * min(radii)))
    )
    return shapely.Polygon(outline, [inside])


def in_steps(shapes: list[shapely.Polygon]) -> list[shapely.Polygon]:
    """Give the same in steps from the tile's corner, y southward: by formulas, one point after the other."""

    def moved(lon: float, lat: float) -> tuple[float, float]:
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
        return ((lon + 180) / 360 * 2**Z - X) * EXTENT, (y * 2**Z - Y) * EXTENT

    return [shapely.transform(shape, lambda xy: np.array([moved(*one) for one in xy])) for shape in shapes]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(LOW, LOW, st.lists(st.floats(0.01, 0.9), min_size=3, max_size=12), st.floats(0.05, 0.9)),
        min_size=1,
        max_size=4,
    )
)
def test_the_loop_does_what_shapely_does(stars: list[tuple[float, float, list[float], float]]) -> None:
    shapes = [star(*one) for one in stars]
    layer = TileLayer("grids", np.array(shapes, dtype=object), pd.DataFrame({"code": np.arange(len(shapes))}))
    content = tile(layer)
    found = {} if not content else {row["code"]: rings for row, rings in decoded_layer(content)[1]}
    for code, shape in enumerate(in_steps(shapes)):
        cut = shapely.clip_by_rect(shape, -64, -64, EXTENT + 64, EXTENT + 64)
        rings = [np.array(ring) for ring in found.get(code, [])]
        # each point is moved by half a step at most, in each direction
        assert sum(map(signed_area, rings)) == pytest.approx(cut.area, abs=0.75 * cut.length + 1)
        for ring in rings:
            assert -64 <= ring.min() <= ring.max() <= EXTENT + 64
        if cut.equals(shape) and cut.area > 100:
            outline = np.floor(shapely.get_coordinates(shape.exterior) + 0.5)
            assert {tuple(point) for point in rings[0].tolist()} == {tuple(point) for point in outline.tolist()}
            assert [signed_area(ring) > 0 for ring in rings] == [True, False][: len(rings)]


def signed_area(ring: np.ndarray) -> float:
    """Give the area of a ring, above 0 when it runs clockwise as seen."""
    x, y = ring.T.astype(float)
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def test_a_hole_as_large_as_the_tile_leaves_nothing() -> None:
    ring = shapely.difference(patch(-3, -3, 8, 8), patch(-1, -1, 3, 3))
    assert tile(TileLayer("grids", np.array([ring]), pd.DataFrame({"code": ["a"]}))) == b""


def test_values_are_written_once_and_those_that_are_missing_not() -> None:
    columns = pd.DataFrame({"kind": ["general"] * 3 + [None], "households": [7, 7, 8, 7]})
    shapes = np.array([patch(0.2 * k, 0.1, 0.1, 0.1) for k in range(4)])
    name, features = decoded_layer(tile(TileLayer("网格", shapes, columns)))
    assert name == "网格"
    assert [row for row, _ in features] == [
        {"kind": "general", "households": 7}, {"kind": "general", "households": 7},
        {"kind": "general", "households": 8}, {"households": 7},
    ]  # fmt: skip


def test_a_tile_of_many_points_is_left_to_another_time() -> None:
    layer = TileLayer("grids", np.array([patch(0.1, 0.1, 0.1, 0.1)] * 3), pd.DataFrame({"code": ["a", "b", "c"]}))
    assert layer.encode(Z, X, Y, most_points=14) is None
    assert layer.encode(Z, X, Y, most_points=15) == layer.encode(Z, X, Y)
