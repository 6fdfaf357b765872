"""Hot and cold cells by Gi*, each with how sure that is."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.incidents import benjamini_hochberg, getis_ord, question, shown_counts
from spatialgov.workspace.analysis import Analysis, Period
from spatialgov.workspace.areas import Area

__all__ = ["CONFIDENCES", "SignificantCells", "significant_cells"]

CONFIDENCES = (90, 95, 99)
"""Percent: of the cells that are called hot (or cold) with so much confidence, no more than the rest is by chance."""
_FALSE = (0.1, 0.05, 0.01)


@dataclass(frozen=True, eq=False, slots=True)
class SignificantCells:
    """The H3 cells whose neighbourhoods hold more or fewer incidents than chance explains.

    Attributes
    ----------
    cells
        ``cell``, ``kind`` (hot, cold), ``confidence`` (the highest of `CONFIDENCES`), ``incidents``, ``z`` of Gi* and
        ``p``; the surest and hottest first; polygons, EPSG:4326. Where small counts are hidden, ``incidents`` is
        missing where there are none as well, and ``z`` and ``p``, from which counts follow, are missing everywhere.
    n_cells, n_incidents, outside
        How many cells were judged, on how many incidents, and how many incidents lie in none; None where too small to
        be shown.
    resolution
        Of H3.
    """

    cells: gpd.GeoDataFrame
    n_cells: int
    n_incidents: int | None
    outside: int | None
    resolution: int

    def about(self) -> dict[str, Any]:
        """Give all but the cells, for JSON."""
        return {
            "question": question("gi_star"),
            "resolution": self.resolution,
            "n_cells": self.n_cells,
            "n_incidents": self.n_incidents,
            "outside": self.outside,
        }


def significant_cells(
    analysis: Analysis, period: Period, *, resolution: int = 9, minimum: int = 1, area: Area | None = None
) -> SignificantCells:
    """Find the hot and cold cells of the ground in force; `Area` and `minimum` as for `IncidentAnalysis`.

    Parameters
    ----------
    period
        Which incidents.
    resolution
        H3 resolution.

    Raises
    ------
    NothingPublishedError
        When no ground is in force.
    InputError
        When the resolution is none, or too fine for the ground.
    """
    ground = analysis.study_area(resolution, area=area)
    held, outside = ground.placed(*analysis.cell_counts(resolution, period, area=area))
    found = getis_ord(held, ground.neighbours)
    hot, cold = ((benjamini_hochberg(p)[:, None] <= _FALSE).sum(axis=1) for p in (found.p_upper, found.p_lower))
    sure = np.maximum(hot, cold)
    table = ground.frame[["cell"]].assign(
        kind=np.where(hot > 0, "hot", "cold"),
        confidence=np.array([0, *CONFIDENCES])[sure],
        incidents=pd.array(held, dtype="Int64"),
        z=found.z,
        p=np.where(hot > 0, found.p_upper, found.p_lower),
    )
    if minimum > 1:
        table["incidents"] = table["incidents"].mask((held == 0) | ~shown_counts(held, minimum))
        table[["z", "p"]] = np.nan
    order = np.lexsort((-np.abs(found.z), -sure, hot == 0))
    order = order[sure[order] > 0]
    cells = gpd.GeoDataFrame(table, geometry=ground.frame.geometry).iloc[order].reset_index(drop=True)
    total = int(held.sum())
    return SignificantCells(
        cells,
        len(held),
        None if 0 < total < minimum else total,
        None if 0 < outside < minimum else outside,
        resolution,
    )
