"""Counts of incidents: by grid, and in H3 heat maps fit for the public."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.incidents.cells import cell_frame, h3_counts

__all__ = ["PUBLIC_MINIMUM", "HeatMap", "counts_by_grid", "heat_map", "shown_counts"]

PUBLIC_MINIMUM = 5
"""Cells with fewer incidents are left off a public map, so that none of them points at a household."""


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap:
    """Incidents counted in H3 cells.

    Attributes
    ----------
    cells
        ``cell`` (H3 name), ``count``, ``area_km2``, ``incidents_per_km2``, polygons in EPSG:4326; only cells with at
        least `minimum` incidents.
    suppressed
        How many cells that hold some were left out, see `shown_counts`.
    resolution, minimum
        As asked for.
    """

    cells: gpd.GeoDataFrame
    suppressed: int
    resolution: int
    minimum: int


def counts_by_grid(frame: gpd.GeoDataFrame, positions: npt.ArrayLike, codes: Sequence[str]) -> pd.DataFrame:
    """Count incidents by grid and category.

    Parameters
    ----------
    frame
        Incidents, with ``category``.
    positions
        (n,) position in `codes` of each incident's grid, -1 outside, as `Locator.locate_many` gives it.
    codes
        The grids.

    Returns
    -------
    pandas.DataFrame
        int64, a row for each of `codes` in their order, a column for each category that occurs.
    """
    grid = np.asarray(positions)
    inside = grid >= 0
    category, names = pd.factorize(frame["category"].to_numpy()[inside], sort=True)
    counts = np.zeros((len(codes), len(names)), dtype=np.int64)
    np.add.at(counts, (grid[inside], category), 1)
    return pd.DataFrame(counts, index=pd.Index(codes, name="code"), columns=pd.Index(names, name="category"))


def shown_counts(counts: npt.ArrayLike, minimum: int) -> npt.NDArray[np.bool_]:
    """Say which counts may be shown in public, so that no hidden one can be worked out from their total.

    Counts from 1 to below `minimum` are hidden. Where they are few, the total less what is shown would tell them: as
    long as it is a single one, or together they are fewer than `minimum`, the smallest of the others is hidden too
    (complementary suppression). A count of 0 tells of nobody and may be shown.

    Parameters
    ----------
    counts
        (n,) whole numbers, not negative, whose total may be known.
    minimum
        Fewest that are shown; 1 shows all.

    Returns
    -------
    numpy.ndarray
        bool, (n,).
    """
    held = np.asarray(counts, dtype=np.int64)
    shown = (held == 0) | (held >= minimum)
    hidden = np.logical_not(shown)
    if hidden.any():
        others = np.flatnonzero(shown & (held > 0))
        for position in others[np.argsort(held[others], kind="stable")]:
            if hidden.sum() > 1 and held[hidden].sum() >= minimum:
                break
            hidden[position] = True
    return np.asarray(np.logical_not(hidden), dtype=bool)


def heat_map(frame: gpd.GeoDataFrame, resolution: int, *, minimum: int = PUBLIC_MINIMUM) -> HeatMap:
    """Count incidents in H3 cells, leaving out cells with too few for a public map.

    Parameters
    ----------
    frame
        Incidents: point geometry, EPSG:4326.
    resolution
        H3 resolution, 0 to 15.
    minimum
        Fewest incidents of a cell that is shown; 1 shows all.
    """
    cells, counts = h3_counts(frame.geometry.x, frame.geometry.y, resolution)
    shown = shown_counts(counts, minimum)
    return HeatMap(cell_frame(cells[shown], counts[shown]), int((~shown).sum()), resolution, minimum)
