"""The answers of incident analyses about places: plain tables, and what is to be said about them."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj

from spatialgov.incidents import COURSES, NO_PATTERN, HotSpots, Raster, Review, question
from spatialgov.language import t
from spatialgov.projection import WGS84, unproject
from spatialgov.workspace.plain import plain
from spatialgov.workspace.time_steps import Every

__all__ = [
    "TRENDS",
    "EmergingResult",
    "ReviewResult",
    "SurfaceResult",
    "TrendOf",
    "about_hot_spots",
    "change_name",
    "course_name",
    "state_name",
    "surface_cells",
]

TrendOf = Literal["share", "count"]
"""What a trend is of: a cell's share of all incidents, so that a season is none; or its count."""
TRENDS: tuple[TrendOf, ...] = get_args(TrendOf)


def course_name(course: str) -> str:
    """Give the name of one of the 17 classes of emerging hot spots."""
    names = {
        "new": t("new", "新增"),
        "consecutive": t("consecutive", "连续"),
        "intensifying": t("intensifying", "加强"),
        "persistent": t("persistent", "持续"),
        "diminishing": t("diminishing", "减弱"),
        "sporadic": t("sporadic", "零星"),
        "oscillating": t("oscillating", "振荡"),
        "historical": t("historical", "历史"),
    }
    if course == NO_PATTERN:
        return t("no pattern", "无明显模式")
    kind, hot = course.split("_")
    return names[kind] + (t(" hot spot", "热点") if hot == "hot" else t(" cold spot", "冷点"))


def state_name(state: str) -> str:
    """Give the name of what became of a hot spot."""
    return {
        "new": t("new", "新增"),
        "returned": t("returned", "重现"),
        "persistent": t("persistent", "持续"),
        "gone": t("gone", "消失"),
    }[state]


def change_name(change: str) -> str:
    """Give the name of a change."""
    return {"grown": t("grown", "上升"), "shrunk": t("shrunk", "下降"), "steady": t("steady", "无显著变化")}[change]


@dataclass(frozen=True, eq=False, slots=True)
class SurfaceResult:
    """Incidents on a raster of the ground in force: a density, a rate, or a change of density.

    Attributes
    ----------
    raster, crs
        The cells, and the metric plane that they lie in. Row 0 is the southernmost.
    columns
        Name → values, (ny, nx); numbers are NaN outside the ground. ``incidents_per_km2``; or ``per_1000_households``
        or ``per_road_km`` with ``low``, ``high`` (95 % interval) and ``floored`` (next to nothing is exposed: the rate
        is too low); or ``ratio`` with ``low`` and ``high``, ``difference``, ``before``, ``after`` (incidents per km²
        and day), ``p``, and ``change`` (grown, shrunk, steady).
    main
        The column to look at first, and to rank by.
    bandwidth_m, chosen
        Standard deviation of the kernel, and whether it was chosen by cross-validation.
    barriers
        How many hard barriers no incident's influence crosses.
    n_incidents, outside
        Incidents that went in, and those off the ground, which did not.
    """

    raster: Raster
    crs: pyproj.CRS
    columns: Mapping[str, npt.NDArray[Any]]
    main: str
    bandwidth_m: float
    chosen: bool
    barriers: int
    n_incidents: int
    outside: int

    @property
    def n_cells(self) -> int:
        """How many cells lie on the ground."""
        return int(np.isfinite(self.columns[self.main]).sum())

    def cells(self, top: int | None = None) -> gpd.GeoDataFrame:
        """Give the cells on the ground, or so many with the highest values: `row`, `column`, the columns, squares."""
        return surface_cells(self.raster, self.crs, self.columns, self.main, top)

    def picture(self) -> dict[str, Any]:
        """Give the main column as a picture, for JSON.

        Returns
        -------
        dict
            ``width``, ``height``; ``corners``, longitude and latitude of the north-western, north-eastern,
            south-eastern and south-western one; ``most``, the largest value; ``values``, base64 of unsigned 16-bit
            numbers, the low byte first, a row after the other from the north: 0 is outside, 1 to 65535 is from 0 to
            ``most``.
        """
        table = self.columns[self.main][::-1]
        known = np.isfinite(table)
        most = float(table[known].max(initial=0.0))
        steps = np.zeros(table.shape, dtype="<u2")
        steps[known] = 1 + np.rint(table[known] * (65534 / most if most else 0.0))
        x, y = self.raster.x0_m, self.raster.y0_m
        east, north = x + self.raster.nx * self.raster.cell_m, y + self.raster.ny * self.raster.cell_m
        lon, lat = unproject([x, east, east, x], [north, north, y, y], self.crs)
        return {
            "width": self.raster.nx,
            "height": self.raster.ny,
            "corners": [list(corner) for corner in zip(lon.round(7).tolist(), lat.round(7).tolist(), strict=True)],
            "most": most,
            "values": base64.b64encode(steps.tobytes()).decode("ascii"),
        }

    def about(self) -> dict[str, Any]:
        """Give all but the cells, for JSON."""
        return {
            "column": self.main,
            "cell_m": self.raster.cell_m,
            "bandwidth_m": round(self.bandwidth_m, 1),
            "bandwidth_chosen": self.chosen,
            "barriers": self.barriers,
            "n_incidents": self.n_incidents,
            "outside": self.outside,
        }


@dataclass(frozen=True, eq=False, slots=True)
class ReviewResult:
    """What became of the hot spots from one window of time to the next.

    Attributes
    ----------
    review
        As `spatialgov.incidents.review` gives it: for whoever may see exact counts.
    places
        Its places that may be shown; counts, and what tells of them, are missing where they are too small.
    windows
        Since, until of each window, oldest first.
    counts
        Incidents of each window; None where too small to be shown.
    """

    review: Review
    places: gpd.GeoDataFrame
    windows: list[tuple[pd.Timestamp, pd.Timestamp]]
    counts: list[int | None]

    def about(self) -> dict[str, Any]:
        """Give all but the places, for JSON."""
        whole = self.review.overall
        known = None not in self.counts[-2:]
        windows = [
            {"since": since, "until": until, "incidents": n}
            for (since, until), n in zip(self.windows, self.counts, strict=True)
        ]
        overall = {"rate_ratio": whole.ratio, "low": whole.low, "high": whole.high, "p": whole.p} if known else None
        about = {
            "resolution": self.review.resolution,
            "alpha": self.review.alpha,
            "method": self.review.method,
            "question": question(self.review.method),
            "against": self.review.against,
            "windows": windows,
            "overall": overall,
            "states": {state: int((self.places["state"] == state).sum()) for state in self.places["state"].unique()},
        }
        answer: dict[str, Any] = plain(about)
        return answer


@dataclass(frozen=True, eq=False, slots=True)
class EmergingResult:
    """How the hot and cold spots of H3 cells came and went.

    Attributes
    ----------
    cells
        A row for each cell that has a pattern or a trend: ``cell``, ``course`` (one of the 17 classes), ``n_incidents``
        and ``last`` (in all steps and in the last one; ``last`` is missing where it is too small to be shown),
        ``hot_steps``, ``cold_steps``, ``rising``, ``falling``, ``z`` and ``p`` of the trend; polygons, EPSG:4326.
    steps
        Moments that the steps lie between, oldest first; empty where no whole step fits.
    n_cells
        How many cells were judged.
    every, trend, resolution, alpha
        As asked for.
    """

    cells: gpd.GeoDataFrame
    steps: list[pd.Timestamp]
    n_cells: int
    every: Every
    trend: TrendOf
    resolution: int
    alpha: float

    @property
    def n_steps(self) -> int:
        """How many steps were compared."""
        return max(len(self.steps) - 1, 0)

    def classes(self) -> dict[str, int]:
        """Count the cells of each class that occurs, in the order of `COURSES`, hot before cold."""
        held = self.cells["course"].value_counts()
        names = [f"{course}_{kind}" for kind in ("hot", "cold") for course in COURSES]
        return {name: int(held[name]) for name in names if name in held}

    def about(self) -> dict[str, Any]:
        """Give all but the cells, for JSON."""
        return {
            "every": self.every,
            "trend": self.trend,
            "resolution": self.resolution,
            "alpha": self.alpha,
            "n_cells": self.n_cells,
            "n_steps": self.n_steps,
            "first": plain(self.steps[0]) if self.n_steps else None,
            "until": plain(self.steps[-1]) if self.n_steps else None,
            "classes": self.classes(),
        }


def about_hot_spots(found: HotSpots, minimum: int = 1) -> dict[str, Any]:
    """Give all but the spots, for JSON; a number of incidents outside that is too small is None."""
    return {
        "method": found.method,
        "against": found.against,
        "question": question(found.method),
        "resolution": found.resolution,
        "alpha": found.alpha,
        "outside": None if 0 < found.outside < minimum else found.outside,
    }


def surface_cells(
    raster: Raster, crs: pyproj.CRS, columns: Mapping[str, npt.NDArray[Any]], main: str, top: int | None
) -> gpd.GeoDataFrame:
    """Give cells of a raster, the highest first.

    Parameters
    ----------
    raster, crs
        The cells and their plane.
    columns
        Name → values, (ny, nx).
    main
        The column to rank by; cells without a finite value are left out.
    top
        How many; None for all.

    Returns
    -------
    geopandas.GeoDataFrame
        `row` and `column` from the south-west, the columns, squares in EPSG:4326.
    """
    values = columns[main].ravel()
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(-values[known], kind="stable")][:top]
    row, column = np.divmod(order, raster.nx)
    found = {name: table.ravel()[order] for name, table in columns.items()}
    squares = raster.polygons(crs).iloc[order].reset_index(drop=True).assign(row=row, column=column, **found)
    metric: gpd.GeoDataFrame = squares[["row", "column", *found, "geometry"]]
    return metric.to_crs(WGS84)
