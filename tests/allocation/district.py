"""A made-up district of the size of Xiuying, Haikou in 2020: 49 communities, 623 grids, of which 190 need a change."""

from collections.abc import Callable

import numpy as np

from spatialgov.plan import Plan

COMMUNITIES_A_SIDE = 7
SIDE, STRIP = 15, 3
"""Units on a side of a community, and rows of units that grids run along."""
GRIDS, BAND = 623, (300, 500)
DOUBLED, GROWN, SHRUNK = 50, 70, 70
"""Grids with a new estate, with more, and with fewer households than when they were drawn."""


def growing_district(lattice: Callable[..., Plan], seed: int = 0) -> Plan:
    """Give grids that were drawn within the band, after some years of building and of moving away."""
    rng = np.random.default_rng(seed)
    n = COMMUNITIES_A_SIDE**2
    counts = np.full(n, GRIDS // n)
    counts[: GRIDS - counts.sum()] += 1
    size = COMMUNITIES_A_SIDE * SIDE
    households = np.zeros((size, size), np.int64)
    grids, parents = np.empty((size, size), object), np.empty((size, size), object)
    codes = []
    for community, k in enumerate(rng.permutation(counts).tolist()):
        top, left = (SIDE * place for place in divmod(community, COMMUNITIES_A_SIDE))
        parent = f"460105{community + 1:06d}"
        for number, cells in enumerate(np.array_split(_snake(), k), start=1):
            rows, columns = top + cells[:, 0], left + cells[:, 1]
            code = f"{parent}{number:03d}"
            codes.append(code)
            grids[rows, columns], parents[rows, columns] = code, parent
            households[rows, columns] = _shared(int(rng.integers(400, 491)), len(cells), rng)
    changed = rng.permutation(codes)[: DOUBLED + GROWN + SHRUNK]
    ranges = [(800, 981)] * DOUBLED + [(501, 640)] * GROWN + [(200, 300)] * SHRUNK
    for code, (least, most) in zip(changed.tolist(), ranges, strict=True):
        here = grids == code
        households[here] = _shared(int(rng.integers(least, most)), int(here.sum()), rng)
    return lattice(households.tolist(), grids.tolist(), parents=parents.tolist())


def _snake() -> np.ndarray:
    """Give the cells of a community one after the other, each beside the one before."""
    cells = []
    for strip in range(SIDE // STRIP):
        columns = range(SIDE) if strip % 2 == 0 else range(SIDE - 1, -1, -1)
        for i, column in enumerate(columns):
            rows = range(STRIP) if i % 2 == 0 else range(STRIP - 1, -1, -1)
            cells += [(strip * STRIP + row, column) for row in rows]
    return np.array(cells)


def _shared(total: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Share households out to units, unevenly."""
    return rng.multinomial(total, rng.dirichlet(np.full(n, 6.0)))
