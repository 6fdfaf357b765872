"""H3 cells by plane arithmetic: 20 million locations a second instead of one.

H3 lays an icosahedron around the Earth and a hexagonal lattice on each face, in the gnomonic plane. Which cell of which
lattice a location falls into is a few multiplications; which H3 cell that is, h3 is asked once per occupied lattice
cell, with one of its locations. What lies within a hair of an edge, of a side of a face or of a face's middle, where
the rounding of h3's own arithmetic decides, h3 answers location by location: so the cells are h3's, all of them.
"""

import itertools
import math
from functools import lru_cache

import h3.api.numpy_int as h3
import numpy as np
import numpy.typing as npt

from spatialgov.array_file import read_only
from spatialgov.incidents._kernels import lattice_keys, tally

__all__ = ["cells_of", "counted_cells", "numbered_cells"]

_HAIR_RAD = 1e-11  # 0.06 mm on the ground; h3's arithmetic and ours differ by less than a hundredth of it
_HAIR_CELL = 1e-9
_SKEW_RAD = math.asin(math.sqrt(3 / 28))  # every other resolution's lattice is turned by this
_DENSE = 1 << 22  # tables of so many places are made in any case; larger ones while they are no longer than the data

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Cells = npt.NDArray[np.uint64]


def cells_of(lon: Floats, lat: Floats, resolution: int) -> Cells:
    """Give the H3 cell of each location (degrees, WGS 84, checked by the caller): uint64 (n,)."""
    places, counts, sample = _tabled(lon, lat, resolution)
    occupied, single = np.flatnonzero(counts), np.flatnonzero(places < 0)
    table = np.zeros(len(counts) + 1, dtype=np.uint64)  # the last one is read for those that are asked one by one
    table[occupied] = _asked(lon, lat, sample[occupied], resolution)
    cells = table[places]
    cells[single] = _asked(lon, lat, single, resolution)
    return cells


def counted_cells(lon: Floats, lat: Floats, resolution: int) -> tuple[Cells, Ints]:
    """Give the H3 cells that hold a location, ascending, and how many each holds."""
    places, counts, sample = _tabled(lon, lat, resolution)
    occupied, single = np.flatnonzero(counts), np.flatnonzero(places < 0)
    asked = np.concatenate([sample[occupied], single])
    held = np.concatenate([counts[occupied], np.ones(len(single), dtype=np.int64)])
    # a cell across a side of a face lies in two lattices
    found, where = np.unique(_asked(lon, lat, asked, resolution), return_inverse=True)
    return found, np.bincount(where, weights=held, minlength=len(found)).astype(np.int64)


def numbered_cells(lon: Floats, lat: Floats, resolution: int) -> tuple[Cells, npt.NDArray[np.int32]]:
    """Give the H3 cells that hold a location, ascending, and the position among them of each location's: int32 (n,)."""
    places, counts, sample = _tabled(lon, lat, resolution)
    occupied, single = np.flatnonzero(counts), np.flatnonzero(places < 0)
    asked = np.concatenate([sample[occupied], single])
    found, where = np.unique(_asked(lon, lat, asked, resolution), return_inverse=True)
    table = np.zeros(len(counts) + 1, dtype=np.int32)
    table[occupied] = where[: len(occupied)]
    numbers = table[places]
    numbers[single] = where[len(occupied) :]
    return found, numbers


def _asked(lon: Floats, lat: Floats, chosen: Ints, resolution: int) -> Cells:
    answers = map(h3.latlng_to_cell, lat[chosen].tolist(), lon[chosen].tolist(), itertools.repeat(resolution))
    return np.fromiter(answers, dtype=np.uint64, count=len(chosen))


def _tabled(lon: Floats, lat: Floats, resolution: int) -> tuple[Ints, Ints, Ints]:
    """Give each location's place in a table (-1: ask h3); the table of counts; and one location of each place."""
    middles, sides, first, second = _icosahedron()
    unit = math.tan(_corner_angle()) / 2 / 7 ** (resolution / 2)  # of the lattice, in radii of the Earth
    turn = _SKEW_RAD if resolution % 2 else 0.0
    frames = np.stack(
        [
            middles,
            (math.cos(turn) * first + math.sin(turn) * second) / unit,
            (math.cos(turn) * second - math.sin(turn) * first) / unit,
        ],
        axis=1,
    )
    keys = np.empty(len(lon), dtype=np.int64)
    box = lattice_keys(read_only(lon), read_only(lat), frames, sides, _HAIR_CELL + _HAIR_RAD / unit, _HAIR_RAD, keys)
    sizes = np.where(box[:, 0] <= box[:, 1], (box[:, 1] - box[:, 0] + 1) * (box[:, 3] - box[:, 2] + 1), 0)
    if sizes.sum() <= max(_DENSE, len(lon)):
        counts, sample = np.zeros((2, int(sizes.sum())), dtype=np.int64)
        tally(keys, np.cumsum(sizes) - sizes, box, counts, sample)
        return keys, counts, sample
    found, sample, places, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    left = int(found[0] < 0)
    return places - left, counts[left:], sample[left:]


@lru_cache(maxsize=1)
def _icosahedron() -> tuple[Floats, Floats, Floats, Floats]:
    """Give the faces' middles (20, 3), their differences from those across each side (20, 3, 3), and two axes (20, 3).

    The corners are the middles of the twelve pentagons. A lattice's first axis points at a corner of its face.
    """
    lat, lon = np.radians([h3.cell_to_latlng(cell) for cell in h3.get_pentagons(0)]).T
    corners = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    beside = corners @ corners.T > 0.4
    np.fill_diagonal(beside, False)
    faces = [
        f for f in itertools.combinations(range(12), 3) if all(beside[a, b] for a, b in itertools.combinations(f, 2))
    ]
    middles = np.array([corners[list(face)].sum(axis=0) for face in faces])
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    across = [[g for g, other in enumerate(faces) if len(set(face) & set(other)) == 2] for face in faces]
    sides = middles[:, None] - middles[np.array(across)]
    corner = corners[[face[0] for face in faces]]
    first = corner - (corner * middles).sum(axis=1, keepdims=True) * middles
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return middles, sides, first, np.cross(middles, first)


def _corner_angle() -> float:
    """Give the angle between a face's middle and its corners."""
    return math.acos(math.sqrt((5 + 2 * math.sqrt(5)) / 15))
