"""The field pack: some grids of a locator in one small file, for the reader in JavaScript that needs no network.

::

    0   8   magic ``SGFIELDP``
    8   4   version of the format, uint32
    12  4   CRC-32 of all that follows
    16  4   length of the file
    20  4   length h of the header, a multiple of 8
    24  4   number m of lines
    28  4   number n of vertices
    32  h   header, JSON in UTF-8, filled up with spaces
    …   16n vertices of the lines, one line after the other: longitude, latitude, float64, degrees, WGS 84
    …   4m  label of each line, uint32: the XOR of the faces on its two sides (0 outside, k the header's grid k - 1)
    …   4m  number of vertices of each line, uint32

All numbers are little-endian. A line is a run of edges with one label; every edge of the locator with one of the
grids beside it is in one line, its ends the very doubles that the locator has, so that answers can be the same. (Plain
doubles: those of the sample city, delta-coded on their bits, would take 11 bytes a vertex instead of 16, and more of
the reader than its 11 kB are worth.)

What a header says beside the names of its grids is the affair of the caller; the reader is
``static/js/field_pack.mjs`` of `spatialgov_maps`.
"""

import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.locate.edges import Edges

__all__ = ["encode_field_pack"]

_MAGIC = b"SGFIELDP"
_VERSION = 1
_HEAD = struct.Struct("<8sII")
_COUNTS = struct.Struct("<IIII")
_ALIGN = 8
_MOST_BYTES = 2**32 - 1


def encode_field_pack(edges: Edges, positions: npt.NDArray[np.integer[Any]], header: Mapping[str, Any]) -> bytes:
    """Give the file with some of the grids that edges bound.

    Parameters
    ----------
    edges
        Those of a locator (`Locator.edges`).
    positions
        The grids, by their position in the locator; they become faces 1, 2, … of the pack.
    header
        What the reader is told, to be written as JSON.

    Raises
    ------
    InputError
        When it would be larger than 4 GB.
    """
    xy, labels, counts = _lines(edges, positions)
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGN)
    arrays = xy.astype("<f8").tobytes() + labels.astype("<u4").tobytes() + counts.astype("<u4").tobytes()
    length = _HEAD.size + _COUNTS.size + len(text) + len(arrays)
    if length > _MOST_BYTES:
        raise InputError(
            t("The grids are too many for one field pack.", "网格过多，超出单个离线网格包的容量。"),
            remedy=t("Make one for each district.", "请按区县分别导出。"),
        )
    rest = _COUNTS.pack(length, len(text), len(labels), len(xy)) + text + arrays
    return _HEAD.pack(_MAGIC, _VERSION, zlib.crc32(rest)) + rest


def _lines(
    edges: Edges, positions: npt.NDArray[np.integer[Any]]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Give the vertices of the lines, float64 (n, 2), and the label and the number of vertices of each line."""
    face = np.zeros(max(int(edges.sides.max()), int(positions.max()) + 1) + 1, dtype=np.uint32)
    face[positions + 1] = np.arange(1, len(positions) + 1, dtype=np.uint32)
    label_of_edge = face[edges.left] ^ face[edges.right]
    kept = np.flatnonzero(label_of_edge)
    kept = kept[np.argsort(label_of_edge[kept], kind="stable")]
    labels, group = np.unique(label_of_edge[kept], return_inverse=True)
    pieces = np.asarray(shapely.linestrings(edges.ends[kept].reshape(-1, 2, 2)))
    by_label = np.asarray(shapely.multilinestrings(pieces, indices=group))
    lines, label = shapely.get_parts(shapely.line_merge(by_label), return_index=True)
    return shapely.get_coordinates(lines), labels[label], shapely.get_num_coordinates(lines).astype(np.int64)
