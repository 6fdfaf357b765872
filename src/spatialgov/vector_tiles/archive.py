"""An archive of vector tiles: one file, PMTiles version 3, of which clients read the pieces that they need.

Source of the format: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
"""

import gzip
import json
import math
import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from spatialgov.time_limit import check_time
from spatialgov.vector_tiles.layer import TileLayer, varint

__all__ = ["write_archive"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_HEADER = struct.Struct("<7sB11Q6B4iB2i")
_FIRST_BYTES = 16_384
"""Header and root directory lie within these; clients begin with reading them."""
_LEAF_TILES = 4096
_GZIP, _MVT = 2, 1
_MODE = 0o644


def write_archive(path: Path, layer: TileLayer, max_zoom: int, about: Mapping[str, Any]) -> None:
    """Write all tiles of a layer, beside `path` and then renamed into place.

    Parameters
    ----------
    path
        The file; its folder is there.
    layer
        With a shape at least.
    max_zoom
        The closest zoom; clients enlarge its tiles.
    about
        What clients are told of the file, as in TileJSON: ``name``, ``description``, ``attribution``,
        ``vector_layers``.

    Raises
    ------
    OSError
        When the file can't be written.
    TimeLimitError
        When the time is up.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        beside = Path(file.name)
        try:
            _write(file, layer, max_zoom, about)
            file.close()
            beside.chmod(_MODE)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


def _write(file: IO[bytes], layer: TileLayer, max_zoom: int, about: Mapping[str, Any]) -> None:
    bounds = layer.bounds[~np.isnan(layer.bounds).any(axis=1)]
    file.seek(_FIRST_BYTES)
    numbers: list[int] = []
    sizes: list[int] = []
    zooms: list[int] = []
    for z in range(max_zoom + 1):
        for number, x, y in zip(*_places(bounds, z), strict=True):
            check_time()
            if content := layer.encode(z, x, y):
                packed = gzip.compress(content, mtime=0)
                file.write(packed)
                numbers.append(number)
                sizes.append(len(packed))
                zooms.append(z)
    metadata = gzip.compress(json.dumps(about, ensure_ascii=False).encode(), mtime=0)
    metadata_at = file.tell()
    file.write(metadata)
    root, leaves = _directories(numbers, sizes)
    leaves_at = file.tell()
    file.write(leaves)
    (west, north), (east, south) = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    corners = _degrees(west, south), _degrees(east, north), _degrees((west + east) / 2, (south + north) / 2)
    places = [round(degrees * 1e7) for corner in corners for degrees in corner]
    header = _HEADER.pack(
        b"PMTiles", 3,
        _HEADER.size, len(root), metadata_at, len(metadata), leaves_at, len(leaves),
        _FIRST_BYTES, sum(sizes), len(sizes), len(sizes), len(sizes),
        True, _GZIP, _GZIP, _MVT, min(zooms, default=0), max(zooms, default=0),
        *places[:4], min(zooms, default=0), *places[4:],
    )  # fmt: skip
    file.seek(0)
    file.write(header + root)


def _places(bounds: Floats, z: int) -> tuple[list[int], list[int], list[int]]:
    """Give number, x and y of the tiles that the boxes reach into, in the order of their numbers."""
    last_place = 2**z - 1
    first, last = (np.clip(np.floor(corner * 2**z), 0, last_place).astype(np.int64) for corner in np.hsplit(bounds, 2))
    width, height = (last - first + 1).T
    count = width * height
    box = np.repeat(np.arange(len(bounds)), count)
    k = np.arange(len(box)) - (np.cumsum(count) - count)[box]
    x, y = first[box, 0] + k % width[box], first[box, 1] + k // width[box]
    numbers, at = np.unique(_tile_numbers(z, x, y), return_index=True)
    return numbers.tolist(), x[at].tolist(), y[at].tolist()


def _tile_numbers(z: int, x: Ints, y: Ints) -> Ints:
    """Give the numbers of tiles: those of farther zooms come first, within a zoom they follow Hilbert's curve."""
    number = np.full(len(x), (4**z - 1) // 3, dtype=np.int64)
    for k in reversed(range(z)):
        side = 1 << k
        right, low = (x & side) != 0, (y & side) != 0
        number += (3 * right ^ low) << 2 * k
        mirrored = right & ~low
        x, y = np.where(mirrored, side - 1 - x, x), np.where(mirrored, side - 1 - y, y)
        x, y = np.where(low, x, y), np.where(low, y, x)
    return number


def _directories(numbers: list[int], sizes: list[int]) -> tuple[bytes, bytes]:
    """Give the root directory, and the leaves that it points to where it has no room for all tiles."""
    offsets = np.cumsum([0, *sizes]).tolist()
    root = _directory(numbers, [1] * len(numbers), sizes, offsets)
    if len(root) <= _FIRST_BYTES - _HEADER.size:
        return root, b""
    parts = [slice(k, k + _LEAF_TILES) for k in range(0, len(numbers), _LEAF_TILES)]
    leaves = [_directory(numbers[part], [1] * len(numbers[part]), sizes[part], offsets[part]) for part in parts]
    leaf_sizes = [len(leaf) for leaf in leaves]
    starts = np.cumsum([0, *leaf_sizes]).tolist()
    return _directory([numbers[part.start] for part in parts], [0] * len(parts), leaf_sizes, starts), b"".join(leaves)


def _directory(numbers: list[int], runs: list[int], sizes: list[int], offsets: list[int]) -> bytes:
    """Give a directory: how far each number is from the one before, for how many tiles it stands, size, place."""
    steps = np.diff(numbers, prepend=0).tolist()
    # 0: right behind the one before
    places = [offsets[0] + 1, *[0] * (len(numbers) - 1)] if numbers else []
    return gzip.compress(b"".join(map(varint, [len(numbers), *steps, *runs, *sizes, *places])), mtime=0)


def _degrees(x: float, y: float) -> tuple[float, float]:
    """Give longitude and latitude of a place on the square of Web Mercator."""
    return x * 360.0 - 180.0, math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * y))))
