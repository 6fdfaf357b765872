"""Counts of incidents: by grid, and in H3 heat maps fit for the public."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.incidents.cells import cell_frame, h3_counts
from spatialgov.incidents.privacy import PUBLIC_MINIMUM, shown_counts

__all__ = ["HeatMap", "counts_by_grid", "heat_map", "heat_map_of"]


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
    return heat_map_of(*h3_counts(frame.geometry.x, frame.geometry.y, resolution), resolution, minimum=minimum)


def heat_map_of(
    cells: npt.NDArray[np.uint64], counts: npt.NDArray[np.int64], resolution: int, *, minimum: int = PUBLIC_MINIMUM
) -> HeatMap:
    """Give the heat map of incidents that are counted already: `cells` and `counts` as `h3_counts` gives them."""
    shown = shown_counts(counts, minimum)
    return HeatMap(cell_frame(cells[shown], counts[shown]), int((~shown).sum()), resolution, minimum)
