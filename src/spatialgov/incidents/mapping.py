"""Where incidents gather: counts by grid, H3 heat maps fit for the public, hot spots that are statistically sound."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from spatialgov.incidents.cells import cell_frame, cell_neighbours, cells_covering, h3_counts, outline
from spatialgov.incidents.significance import getis_ord
from spatialgov.projection import WGS84

__all__ = [
    "PUBLIC_MINIMUM",
    "HeatMap",
    "HotSpots",
    "counts_by_grid",
    "heat_map",
    "heat_map_of_counts",
    "hot_spots",
    "hot_spots_of_counts",
    "shown_counts",
]

PUBLIC_MINIMUM = 5
"""Cells with fewer incidents are left off a public map, so that none of them points at a household."""

_SPOT_COLUMNS = (
    "rank",
    "n_incidents",
    "n_cells",
    "n_hot_cells",
    "area_km2",
    "incidents_per_km2",
    "expected",
    "ratio",
    "lowest_p",
    "geometry",
)


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


@dataclass(frozen=True, slots=True, eq=False)
class HotSpots:
    """Hot spots and the cells they were found among.

    Attributes
    ----------
    cells
        Every H3 cell over the boundary, also those without incidents: ``cell``, ``count``, ``area_km2``,
        ``incidents_per_km2``, ``z``, ``p_upper``, ``p_lower``, ``hot``, ``cold`` (see `GetisOrd`), polygons, EPSG:4326.
    spots
        Connected hot cells merged, with the cells beside them that hold more incidents than the average cell. Ordered
        by incidents above the expected: ``rank`` from 1, ``n_incidents``, ``n_cells``, ``n_hot_cells``, ``area_km2``,
        ``incidents_per_km2``, ``expected`` (incidents if they were spread evenly over all cells), ``ratio``
        (incidents / expected), ``lowest_p`` (of its cells' ``p_upper``), outlines, EPSG:4326.
    outside
        Incidents that lie in none of the cells and were not counted.
    resolution, alpha
        As asked for.
    """

    cells: gpd.GeoDataFrame
    spots: gpd.GeoDataFrame
    outside: int
    resolution: int
    alpha: float

    def at_least(self, minimum: int) -> "HotSpots":
        """Give them without the spots that hold fewer incidents, ranked anew."""
        spots = self.spots[self.spots["n_incidents"] >= minimum].reset_index(drop=True)
        return replace(self, spots=spots.assign(rank=np.arange(1, len(spots) + 1)))


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
    return heat_map_of_counts(*h3_counts(frame.geometry.x, frame.geometry.y, resolution), resolution, minimum=minimum)


def heat_map_of_counts(
    cells: npt.NDArray[np.uint64],
    counts: npt.NDArray[np.int64],
    resolution: int,
    *,
    minimum: int = PUBLIC_MINIMUM,
) -> HeatMap:
    """Give the heat map of incidents that are counted already: `cells` and `counts` as `h3_counts` gives them."""
    shown = shown_counts(counts, minimum)
    return HeatMap(cell_frame(cells[shown], counts[shown]), int((~shown).sum()), resolution, minimum)


def hot_spots(
    frame: gpd.GeoDataFrame, boundary: BaseGeometry, *, resolution: int = 10, alpha: float = 0.05
) -> HotSpots:
    """Find where incidents gather more than chance explains.

    Parameters
    ----------
    frame
        Incidents: point geometry, EPSG:4326; already filtered by time and category.
    boundary
        The area that incidents could have been reported from: Polygon or MultiPolygon, EPSG:4326. Its cells without
        incidents count too.
    resolution
        H3 resolution, 0 to 15; 10 is about 0.015 km².
    alpha
        Share of false cells tolerated among the hot ones.

    Raises
    ------
    InputError
        When the boundary is no polygon, or too large for the resolution.

    Notes
    -----
    A cell is hot when it and its ring of neighbours together hold too many incidents (`getis_ord`); one extreme
    cell in quiet surroundings need not be.
    """
    counted = h3_counts(frame.geometry.x, frame.geometry.y, resolution)
    return hot_spots_of_counts(*counted, boundary, resolution=resolution, alpha=alpha)


def hot_spots_of_counts(
    occupied: npt.NDArray[np.uint64],
    held: npt.NDArray[np.int64],
    boundary: BaseGeometry,
    *,
    resolution: int = 10,
    alpha: float = 0.05,
) -> HotSpots:
    """Give the hot spots of incidents that are counted already: `occupied` and `held` as `h3_counts` gives them."""
    cells = cells_covering(boundary, resolution)
    position = np.minimum(np.searchsorted(cells, occupied), len(cells) - 1)
    inside = cells[position] == occupied
    counts = np.zeros(len(cells), dtype=np.int64)
    counts[position[inside]] = held[inside]
    neighbours = cell_neighbours(cells)
    found = getis_ord(counts, neighbours, alpha)
    table = cell_frame(cells, counts)
    for name in ("z", "p_upper", "p_lower", "hot", "cold"):
        table.insert(len(table.columns) - 1, name, getattr(found, name))
    # What made a cell hot may lie in the busy cells around it, so they belong to the spot.
    around = neighbours @ found.hot.astype(np.int64) > 0
    ground = np.flatnonzero(found.hot | (around & (counts > counts.mean())))
    _, spot = connected_components(neighbours[ground][:, ground], directed=False)
    return HotSpots(table, _merged(table, cells, ground, spot), int(held[~inside].sum()), resolution, alpha)


def _merged(
    table: gpd.GeoDataFrame, cells: npt.NDArray[np.uint64], ground: npt.NDArray[np.intp], spot: npt.NDArray[np.int32]
) -> gpd.GeoDataFrame:
    """Merge the cells (positions) that carry the same number in `spot`, the largest excess first."""
    merged = (
        table.iloc[ground]
        .groupby(spot)
        .agg(
            n_incidents=("count", "sum"),
            n_cells=("count", "size"),
            n_hot_cells=("hot", "sum"),
            area_km2=("area_km2", "sum"),
            lowest_p=("p_upper", "min"),
        )
    )
    merged["incidents_per_km2"] = merged["n_incidents"] / merged["area_km2"]
    merged["expected"] = merged["n_cells"] * float(table["count"].mean())
    merged["ratio"] = merged["n_incidents"] / merged["expected"]
    outlines = [outline(cells[ground[spot == number]]) for number in merged.index]
    spots = gpd.GeoDataFrame(merged, geometry=outlines, crs=WGS84)
    excess = (spots["n_incidents"] - spots["expected"]).to_numpy()
    spots = spots.iloc[np.argsort(-excess, kind="stable")].reset_index(drop=True)
    spots.insert(0, "rank", np.arange(1, len(spots) + 1))
    return spots[list(_SPOT_COLUMNS)]
