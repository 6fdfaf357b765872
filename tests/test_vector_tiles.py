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

from spatialgov.vector_tiles import EXTENT, TileLayer, _varints

WORLD_M = 2 * 20037508.342789244
Z, X, Y = 14, 13576, 6478
"""A tile in the east of China."""


def corner(x: float, y: float) -> tuple[float, float]:
    """Give longitude and latitude of a place on the square of Web Mercator at zoom 14."""
    return x / 2**Z * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / 2**Z))))


def patch(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    """Give a box in sides of a tile from the tile's north-west corner."""
    return shapely.Polygon([corner(X + x + a * width, Y + y + b * height) for a, b in [(0, 0), (1, 0), (1, 1), (0, 1)]])


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
    found = decoded(layer.encode(Z, X, Y), tmp_path)
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
    assert layer.encode(Z, X + 5, Y) == b""
    assert layer.encode(0, 0, 0) == b""  # smaller than a step
    assert TileLayer("grids", np.array([], dtype=object), pd.DataFrame({"code": []})).encode(Z, X, Y) == b""


def test_a_whole_tile_is_one_feature(tmp_path: Path) -> None:
    layer = TileLayer("grids", np.array([patch(-3, -3, 8, 8)]), pd.DataFrame({"code": ["a"]}))
    found = decoded(layer.encode(Z, X, Y), tmp_path)
    assert found.total_bounds.tolist() == [-64, -64, EXTENT + 64, EXTENT + 64]


LOW = st.floats(-0.5, 1.2)
SIDE = st.floats(1e-5, 0.8)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(LOW, LOW, SIDE, SIDE), min_size=1, max_size=5))
def test_what_is_drawn_is_what_lies_there(
    tmp_path_factory: pytest.TempPathFactory, boxes: list[tuple[float, float, float, float]]
) -> None:
    shapes = np.array([patch(*box) for box in boxes], dtype=object)
    content = TileLayer("grids", shapes, pd.DataFrame({"code": np.arange(len(boxes))})).encode(Z, X, Y)
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


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**34), max_size=20))
def test_numbers_in_seven_bits_a_byte(values: list[int]) -> None:
    def plain(value: int) -> bytes:
        return bytes([value]) if value < 128 else bytes([value % 128 + 128]) + plain(value // 128)

    found, ends = _varints(np.array(values, dtype=np.uint64))
    assert found == b"".join(map(plain, values))
    assert ends.tolist() == np.cumsum([len(plain(value)) for value in values]).astype(int).tolist()
