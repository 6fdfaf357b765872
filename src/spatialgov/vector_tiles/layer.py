"""A layer of polygons that is cut into vector tiles.

The packages that encode such tiles take features one at a time, as Python objects: some milliseconds a tile. Here a
layer lies ready as arrays, and a compiled loop cuts a tile out of them.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.vector_tiles._kernels import encode_features

__all__ = ["EXTENT", "MOST_ZOOM", "TileLayer", "varint", "web_mercator"]

EXTENT = 4096
"""Steps that a tile's side is divided into."""
MOST_ZOOM = 22
_BUFFER = 64
"""Steps that shapes reach beyond a tile, so that their outline is not drawn along its edge."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]


class TileLayer:
    """A layer of polygons, ready to be cut into tiles.

    Parameters
    ----------
    name
        Of the layer.
    shapes
        Polygons and multipolygons, EPSG:4326.
    columns
        Attributes: texts, numbers; what is missing is left out of a feature.

    Attributes
    ----------
    name
        Of the layer.
    bounds
        West, north, east and south of every shape on the square of Web Mercator, (n, 4) float64.

    Notes
    -----
    Where a tile's side cuts a concave shape into several parts, these stay one ring, joined along that side, as in
    the tiles that MapLibre makes for itself: outside of what is drawn.
    """

    def __init__(self, name: str, shapes: Shapes, columns: pd.DataFrame) -> None:
        self.name = name
        west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
        self.bounds: Floats = np.hstack([web_mercator(west, north), web_mercator(east, south)])
        boxes: Shapes = np.asarray(shapely.box(*np.nan_to_num(self.bounds).T), dtype=np.object_)
        boxes[np.isnan(self.bounds).any(axis=1)] = None  # the tree passes over shapes without a point
        self._tree = shapely.STRtree(boxes)
        self._tree.query(shapely.Point(0, 0))  # which builds it, before threads share it
        parts, shape = shapely.get_parts(shapes, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        lonlat, ring = shapely.get_coordinates(rings, return_index=True)
        self._xy = web_mercator(lonlat[:, 0], lonlat[:, 1])
        self._rings, self._parts, self._shapes = (
            _starts(of, len(whole)) for of, whole in ((ring, rings), (part, parts), (shape, shapes))
        )
        self._points: Ints = np.diff(self._rings[self._parts[self._shapes]])
        self._value_of, self._values, self._value_starts = _value_table(columns)
        keys = b"".join(b"\x1a" + _sized(str(column).encode()) for column in columns)
        self._head = b"\x0a" + _sized(name.encode())
        self._tail = keys + b"\x28" + varint(EXTENT) + b"\x78\x02"

    def encode(self, z: int, x: int, y: int, *, most_points: int | None = None) -> bytes | None:
        """Give a tile (x eastward, y southward from the north-west corner); b"" where nothing is in it.

        With `most_points` None instead, where the shapes that reach into it have more points than so many.
        """
        side = 0.5**z
        margin = side * _BUFFER / EXTENT
        box = (x * side - margin, y * side - margin, (x + 1) * side + margin, (y + 1) * side + margin)
        rows = np.sort(self._tree.query(shapely.box(*box)))
        if not len(rows):
            return b""
        if most_points is not None and self._points[rows].sum() > most_points:
            return None
        features = encode_features(
            rows, self.bounds, self._xy, self._rings, self._parts, self._shapes, x * side, y * side, EXTENT / side,
            float(-_BUFFER), float(EXTENT + _BUFFER), self._value_of, self._values, self._value_starts,
        ).tobytes()  # fmt: skip
        return b"\x1a" + _sized(self._head + features + self._tail) if features else b""


def web_mercator(lon: Floats, lat: Floats) -> Floats:
    """Give longitudes and latitudes on the square of Web Mercator: x eastward and y southward from 0 to 1, (n, 2)."""
    sine = np.sin(np.radians(np.clip(lat, -85.0511287798066, 85.0511287798066)))
    return np.column_stack([(lon + 180.0) / 360.0, 0.5 - np.log((1.0 + sine) / (1.0 - sine)) / (4.0 * np.pi)])


def _starts(of: Ints, n: int) -> Ints:
    """Give where each of `n` wholes begins among its parts, and where the last ends."""
    return np.concatenate([[0], np.cumsum(np.bincount(of, minlength=n))]).astype(np.int64)


def _value_table(columns: pd.DataFrame) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8], Ints]:
    """Give which value each row has in each column, -1 for none; the different values, encoded; where each begins."""
    found = np.full(columns.shape, -1, dtype=np.int32)
    values: list[bytes] = []
    for k, name in enumerate(columns):
        codes, uniques = pd.factorize(columns[name])
        found[:, k] = np.where(codes < 0, -1, codes + len(values))
        values += [b"\x22" + _sized(_value(one)) for one in uniques.tolist()]
    starts = np.cumsum([0, *map(len, values)], dtype=np.int64)
    return found, np.frombuffer(b"".join(values), dtype=np.uint8), starts


def _value(value: Any) -> bytes:
    if isinstance(value, bool):
        return b"\x38" + varint(int(value))
    if isinstance(value, int):
        return b"\x28" + varint(value) if value >= 0 else b"\x30" + varint(-2 * value - 1)
    if isinstance(value, float):
        return b"\x19" + struct.pack("<d", value)
    return b"\x0a" + _sized(str(value).encode())


def varint(value: int) -> bytes:
    """Encode a number in seven bits a byte."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _sized(content: bytes) -> bytes:
    return varint(len(content)) + content
