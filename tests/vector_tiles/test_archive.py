"""Archives of vector tiles, read byte by byte and by GDAL's driver, which we did not write."""

import gzip
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from spatialgov.errors import TimeLimitError
from spatialgov.time_limit import time_limit
from spatialgov.vector_tiles import TileLayer, write_archive
from spatialgov.vector_tiles.archive import _directories, _tile_numbers
from tests.plain_tiles import _numbers, archived_tiles, decoded_layer

WEST, SOUTH, STEP = 118.3, 35.1, 0.01
ABOUT = {
    "name": "grids", "attribution": "网格",
    "vector_layers": [{"id": "grids", "fields": {"code": "String"}, "minzoom": 0, "maxzoom": 12}],
}  # fmt: skip


@pytest.fixture(scope="module")
def layer() -> TileLayer:
    west, south = (shared.ravel() for shared in np.meshgrid(WEST + STEP * np.arange(5), SOUTH + STEP * np.arange(4)))
    columns = pd.DataFrame({"code": [f"g{k:02d}" for k in range(20)]})
    return TileLayer("grids", shapely.box(west, south, west + STEP, south + STEP), columns)


def plain_number(z: int, x: int, y: int) -> int:
    """Give a tile's number: the specification's way, step by step along Hilbert's curve."""
    number = int((4**z - 1) // 3)
    side = 2**z // 2
    while side:
        right, low = int(x & side > 0), int(y & side > 0)
        number += side * side * ((3 * right) ^ low)
        if not low:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        side //= 2
    return number


def test_numbers_follow_hilberts_curve() -> None:
    assert [plain_number(1, *place) for place in [(0, 0), (0, 1), (1, 1), (1, 0)]] == [1, 2, 3, 4]
    for z in range(6):
        x, y = (place.ravel() for place in np.meshgrid(np.arange(2**z), np.arange(2**z)))
        found = _tile_numbers(z, x, y).tolist()
        assert found == [plain_number(z, *place) for place in zip(x.tolist(), y.tolist(), strict=True)]
        assert sorted(found) == list(range(min(found), min(found) + 4**z))


def test_the_archive_has_every_tile(layer: TileLayer, tmp_path: Path) -> None:
    path = tmp_path / "grids.pmtiles"
    write_archive(path, layer, 12, ABOUT)
    found = archived_tiles(path.read_bytes())
    for z in (5, 9, 12):
        places = {(x, y) for x in range(2**z) for y in range(2**z)} if z < 6 else places_near(z)
        expected = {plain_number(z, *place): layer.encode(z, *place) for place in places}
        first = plain_number(z, 0, 0)
        assert {k: v for k, v in found.items() if first <= k < first + 4**z} == {k: v for k, v in expected.items() if v}
    assert [file.name for file in tmp_path.iterdir()] == ["grids.pmtiles"]
    rows = [row for tile in found.values() for row, _ in decoded_layer(tile)[1]]
    assert {row["code"] for row in rows} == {f"g{k:02d}" for k in range(20)}


def places_near(z: int) -> set[tuple[int, int]]:
    """Give the tiles around the grids, and two more on each side."""
    x = int((WEST + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(SOUTH))) / math.pi) / 2 * 2**z)
    return {(x + i, y + k) for i in range(-2, 4) for k in range(-4, 3)}


def test_gdal_reads_it(layer: TileLayer, tmp_path: Path) -> None:
    path = tmp_path / "grids.pmtiles"
    write_archive(path, layer, 12, ABOUT)
    found = pyogrio.read_dataframe(path, layer="grids").to_crs(4326)
    assert set(found["code"]) == {f"g{k:02d}" for k in range(20)}
    assert found.total_bounds == pytest.approx([WEST, SOUTH, WEST + 5 * STEP, SOUTH + 4 * STEP], abs=1e-4)


def test_a_full_root_points_to_leaves() -> None:
    rng = np.random.default_rng(1)
    sizes = rng.integers(100, 10_000, 20_000).tolist()
    numbers = np.cumsum(rng.integers(1, 9, 20_000)).tolist()
    root, leaves = _directories(numbers, sizes)
    assert len(root) < 16_384 < len(leaves)
    n, *rest = _numbers(gzip.decompress(root))
    steps, runs, leaf_sizes, places = (rest[k * n : (k + 1) * n] for k in range(4))
    assert runs == [0] * n
    assert places == [1] + [0] * (n - 1)
    at, read = 0, 0
    for first, size in zip(np.cumsum(steps).tolist(), leaf_sizes, strict=True):
        count, *leaf = _numbers(gzip.decompress(leaves[at : at + size]))
        assert first == leaf[0] == numbers[read]
        assert leaf[2 * count : 3 * count] == sizes[read : read + count]
        assert leaf[3 * count] == sum(sizes[:read]) + 1
        at, read = at + size, read + count
    assert (at, read) == (len(leaves), len(numbers))


def test_nothing_is_left_of_one_that_was_stopped(layer: TileLayer, tmp_path: Path) -> None:
    with time_limit(-1), pytest.raises(TimeLimitError):
        write_archive(tmp_path / "grids.pmtiles", layer, 12, ABOUT)
    assert list(tmp_path.iterdir()) == []
