"""Two periods compared cell by cell: what changed by more than chance explains."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from spatialgov.incidents.cells import cell_frame
from spatialgov.incidents.privacy import PUBLIC_MINIMUM
from spatialgov.incidents.risk import RateRatio, rate_ratio
from spatialgov.incidents.significance import discoveries
from spatialgov.incidents.suppression import shown_table

__all__ = ["Comparison", "compare_periods"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Counted = tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """H3 cells before and after.

    Attributes
    ----------
    cells
        Every cell with incidents in either period that may be shown in both, ascending: ``cell`` (H3 name), ``before``,
        ``after``, ``area_km2``, ``difference`` (incidents per km² a week more), ``ratio`` of the rates with its exact
        95 % interval ``low`` to ``high``, ``p``, ``changed`` (more or fewer, after Benjamini-Hochberg over all cells),
        polygons, EPSG:4326.
    total
        The same ratio of all incidents together: arrays of one.
    before, after
        Incidents of each period; -1 where not shown.
    weeks
        Length of each period.
    suppressed
        How many cells are left out.
    resolution, minimum, alpha
        As asked for.
    """

    cells: gpd.GeoDataFrame
    total: RateRatio
    before: int
    after: int
    weeks: tuple[float, float]
    suppressed: int
    resolution: int
    minimum: int
    alpha: float


def compare_periods(
    before: Counted,
    after: Counted,
    days: tuple[float, float],
    resolution: int,
    *,
    minimum: int = PUBLIC_MINIMUM,
    alpha: float = 0.05,
) -> Comparison:
    """Compare two periods in H3 cells.

    Parameters
    ----------
    before, after
        Cells and counts of each period, as `h3_counts` gives them.
    days
        Length of each period, > 0.
    resolution
        Of the cells.
    minimum
        Fewest incidents of a cell in a period that are shown; 1 shows all. A cell is left out where either is hidden.
    alpha
        Share of false discoveries tolerated among the cells that changed.

    Raises
    ------
    InputError
        When a period has no length.
    """
    cells = np.union1d(before[0], after[0])
    counts = np.zeros((len(cells), 2), dtype=np.int64)
    for period, (held, n) in enumerate((before, after)):
        counts[np.searchsorted(cells, held), period] = n
    shown = shown_table(counts, minimum)
    change = rate_ratio(counts[:, 0], counts[:, 1], *days)
    changed = discoveries(change.p, alpha)
    total = rate_ratio([counts[:, 0].sum()], [counts[:, 1].sum()], *days)
    weeks = (days[0] / 7, days[1] / 7)
    some = shown[:-1, :-1].all(axis=1)
    table = cell_frame(cells[some], counts[some].sum(axis=1))
    table = table.drop(columns=["count", "incidents_per_km2"])
    per_week = counts[some] / np.array(weeks)
    table = table.assign(
        before=counts[some, 0],
        after=counts[some, 1],
        difference=(per_week[:, 1] - per_week[:, 0]) / table["area_km2"],
        ratio=change.ratio[some],
        low=change.low[some],
        high=change.high[some],
        p=change.p[some],
        changed=changed[some],
    )
    first, second = np.where(shown[-1, :-1], counts.sum(axis=0), -1).tolist()
    return Comparison(table, total, first, second, weeks, int((~some).sum()), resolution, minimum, alpha)
