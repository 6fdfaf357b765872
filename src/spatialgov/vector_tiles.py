"""Vector tiles: polygons with their attributes, as the Mapbox Vector Tile specification 2.1 encodes them.

The packages that encode such tiles take features one at a time, as Python objects: some milliseconds a tile. Here a
tile's coordinates are clipped, snapped and encoded as arrays.
"""

import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

__all__ = ["EXTENT", "MOST_ZOOM", "TileLayer"]

EXTENT = 4096
"""Steps that a tile's side is divided into."""
MOST_ZOOM = 22
_BUFFER = 64
"""Steps that shapes reach beyond a tile, so that their outline is not drawn along its edge."""
_POLYGON = 3

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
    """

    def __init__(self, name: str, shapes: Shapes, columns: pd.DataFrame) -> None:
        self._name = name.encode()
        self._shapes: Shapes = shapely.transform(shapes, _mercator)
        self._bounds: Floats = shapely.bounds(self._shapes)
        self._tree = shapely.STRtree(self._shapes)
        self._tree.query(shapely.Point(0, 0))  # which builds it, before threads share it
        self._keys = [str(column).encode() for column in columns]
        self._values, self._value_of = _value_table(columns)

    def encode(self, z: int, x: int, y: int) -> bytes:
        """Give a tile (x eastward, y southward from the north-west corner); b"" where nothing is in it."""
        side = 0.5**z
        margin = side * _BUFFER / EXTENT
        box = (x * side - margin, y * side - margin, (x + 1) * side + margin, (y + 1) * side + margin)
        rows = np.sort(self._tree.query(shapely.box(*box)))
        bounds = self._bounds[rows]
        step = side / EXTENT
        rows = rows[(bounds[:, 2:] - bounds[:, :2]).max(axis=1) >= step]
        shapes = self._shapes[rows]
        bounds = self._bounds[rows]
        cut = (bounds[:, :2] < box[:2]).any(axis=1) | (bounds[:, 2:] > box[2:]).any(axis=1)
        shapes[cut] = shapely.clip_by_rect(shapes[cut], *box)
        of_feature, geometries = _geometries(shapes, np.array([x * side, y * side]), 1.0 / step)
        if not len(of_feature):
            return b""
        return self._layer(rows[of_feature], geometries)

    def _layer(self, rows: Ints, geometries: Sequence[bytes]) -> bytes:
        """Give the layer with these features; values that they share are written once."""
        value_of = self._value_of[rows]
        known = value_of >= 0
        used, place = np.unique(value_of[known], return_inverse=True)
        pairs = np.column_stack([np.nonzero(known)[1], place]).ravel()
        tags, ends = _varints(pairs.astype(np.uint64))
        last = np.concatenate([[0], ends])[np.concatenate([[0], 2 * np.cumsum(known.sum(axis=1))])]
        parts = [b"\x0a" + _sized(self._name)]
        for k, geometry in enumerate(geometries):
            feature = b"\x12" + _sized(tags[last[k] : last[k + 1]]) + b"\x18\x03\x22" + _sized(geometry)
            parts.append(b"\x12" + _sized(feature))
        parts += [b"\x1a" + _sized(key) for key in self._keys]
        parts += [b"\x22" + _sized(self._values[value]) for value in used.tolist()]
        parts += [b"\x28" + _varint(EXTENT), b"\x78\x02"]
        return b"\x1a" + _sized(b"".join(parts))


def _mercator(lonlat: Floats) -> Floats:
    """Give longitudes and latitudes on the square of Web Mercator: 0 to 1 eastward and southward."""
    sine = np.sin(np.radians(np.clip(lonlat[:, 1], -85.0511287798066, 85.0511287798066)))
    return np.column_stack([(lonlat[:, 0] + 180.0) / 360.0, 0.5 - np.log((1.0 + sine) / (1.0 - sine)) / (4.0 * np.pi)])


def _value_table(columns: pd.DataFrame) -> tuple[list[bytes], Ints]:
    """Give the different values, encoded, and which of them each row has in each column, -1 for none."""
    values: list[bytes] = []
    found = np.full(columns.shape, -1, dtype=np.int64)
    for k, name in enumerate(columns):
        codes, uniques = pd.factorize(columns[name])
        found[:, k] = np.where(codes < 0, -1, codes + len(values))
        values += [_value(one) for one in uniques.tolist()]
    return values, found


def _value(value: Any) -> bytes:
    if isinstance(value, bool):
        return b"\x38" + _varint(int(value))
    if isinstance(value, int):
        return b"\x28" + _varint(value) if value >= 0 else b"\x30" + _varint(-2 * value - 1)
    if isinstance(value, float):
        return b"\x19" + struct.pack("<d", value)
    return b"\x0a" + _sized(str(value).encode())


def _geometries(shapes: Shapes, origin: Floats, scale: float) -> tuple[Ints, list[bytes]]:
    """Give the shapes that have an area on the tile's steps, by their positions, and their commands, encoded."""
    polygons, of = shapely.get_parts(shapes, return_index=True)
    real = (shapely.get_type_id(polygons) == _POLYGON) & ~shapely.is_empty(polygons)
    polygons, of = polygons[real], of[real]
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    points = np.floor((xy - origin) * scale + 0.5).astype(np.int64)
    points, ring = _without_repeats(points, ring)
    number = np.bincount(ring, minlength=len(rings))
    area = _doubled_areas(points, ring, number)
    outer = np.ones(len(rings), dtype=bool)
    outer[1:] = polygon[1:] != polygon[:-1]
    sound = (number >= 3) & (area != 0)
    sound &= sound[np.flatnonzero(outer)][polygon] if len(rings) else sound  # a hole goes with its polygon
    kept = sound[ring]
    points, ring = points[kept], ring[kept]
    turned = (area > 0) != outer  # seen with y downward outlines run clockwise, holes the other way
    ring = np.cumsum(np.diff(ring, prepend=-1) != 0) - 1 if len(ring) else ring
    number, turned, feature = number[sound], turned[sound], of[polygon[sound]]
    return _commands(points, ring, number, turned, feature)


def _without_repeats(points: Ints, ring: Ints) -> tuple[Ints, Ints]:
    """Leave out the points that repeat the one before them in their ring; the last one repeats the first."""
    begins = np.diff(ring, prepend=-1) != 0
    kept = begins.copy()
    kept[1:] |= (points[1:] != points[:-1]).any(axis=1)
    points, ring = points[kept], ring[kept]
    begins = np.flatnonzero(np.diff(ring, prepend=-1) != 0)
    last = np.append(begins[1:], len(ring))[: len(begins)] - 1
    closing = last[(last > begins) & (points[last] == points[begins]).all(axis=1)]
    return np.delete(points, closing, axis=0), np.delete(ring, closing)


def _doubled_areas(points: Ints, ring: Ints, number: Ints) -> Ints:
    """Give twice the area of each ring, by the surveyor's formula."""
    start = np.cumsum(number) - number
    following = np.arange(1, len(points) + 1)
    nonempty = number > 0
    following[(start + number - 1)[nonempty]] = start[nonempty]
    cross = points[:, 0] * points[following, 1] - points[following, 0] * points[:, 1]
    return np.bincount(ring, weights=cross, minlength=len(number)).astype(np.int64)


def _commands(points: Ints, ring: Ints, number: Ints, turned: Any, feature: Ints) -> tuple[Ints, list[bytes]]:
    """Give the features and their drawing commands: move, lines, close for each ring, as differences."""
    if not len(number):
        return number, []
    start = np.cumsum(number) - number
    place = np.arange(len(points)) - start[ring]
    order = start[ring] + np.where(turned[ring], number[ring] - 1 - place, place)
    points = points[order]
    first_ring = np.flatnonzero(np.diff(feature, prepend=-1) != 0)
    moves = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    moves[start[first_ring]] = points[start[first_ring]]  # each feature begins at the origin
    zigzag = ((moves << 1) ^ (moves >> 63)).astype(np.uint64)
    at = np.concatenate([[0], np.cumsum(2 * number + 3)])
    stream = np.zeros(at[-1], dtype=np.uint64)
    stream[at[:-1]] = 9  # move to one point
    stream[at[:-1] + 3] = ((number - 1) << 3) | 2  # lines to so many
    stream[at[1:] - 1] = 15  # close
    target = at[ring] + np.where(place == 0, 1, 2 + 2 * place)
    stream[target], stream[target + 1] = zigzag[:, 0], zigzag[:, 1]
    encoded, ends = _varints(stream)
    limits = np.append(at[first_ring], at[-1])
    cuts = np.concatenate([[0], ends])[limits].tolist()
    return feature[first_ring], [encoded[a:b] for a, b in pairwise(cuts)]


def _varints(values: npt.NDArray[np.uint64]) -> tuple[bytes, Ints]:
    """Encode numbers below 2^35 in seven bits a byte; give the bytes, and where each number ends."""
    sizes = np.ones(len(values), dtype=np.int64)
    for k in range(1, 5):
        sizes += values >= np.uint64(1 << 7 * k)
    ends = np.cumsum(sizes)
    begins = ends - sizes
    out = np.zeros(int(ends[-1]) if len(ends) else 0, dtype=np.uint8)
    for k in range(int(sizes.max()) if len(sizes) else 0):
        there = np.flatnonzero(sizes > k)
        bits = (values[there] >> np.uint64(7 * k)) & np.uint64(127)
        out[begins[there] + k] = bits | np.where(sizes[there] > k + 1, np.uint64(128), np.uint64(0))
    return out.tobytes(), ends


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _sized(content: bytes) -> bytes:
    return _varint(len(content)) + content
