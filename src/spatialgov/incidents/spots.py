"""Hot spots: outlines with counts, rates and relative risk, the same table whatever the method that found them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from spatialgov.errors import InputError
from spatialgov.incidents.cells import outline
from spatialgov.incidents.excess_risk import excess, expected_from, upper_tail
from spatialgov.incidents.exposure import FLOOR_SHARE
from spatialgov.incidents.privacy import shown_counts
from spatialgov.incidents.risk import risk_interval
from spatialgov.incidents.scanning import Cluster, scan, scan_irregular
from spatialgov.incidents.significance import discoveries, getis_ord
from spatialgov.incidents.study_area import Against, StudyArea, study_area
from spatialgov.language import t
from spatialgov.projection import WGS84, metric_frame
from spatialgov.time_limit import check_time

__all__ = [
    "METHODS",
    "CellMethod",
    "HotSpots",
    "Method",
    "hot_spots",
    "hot_spots_of",
    "question",
    "spots_of_cells",
]

CellMethod = Literal["gi_star", "excess"]
"""Those that judge cell by cell, in milliseconds."""

Method = Literal["gi_star", "excess", "scan", "irregular_scan"]
METHODS: tuple[Method, ...] = get_args(Method)
"""How hot spots are found; `question` says what each answers."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class HotSpots:
    """Hot spots and the cells they were found among.

    Attributes
    ----------
    cells
        Every H3 cell over the area, also those without incidents: ``cell``, ``area_km2``, ``count``,
        ``incidents_per_km2``, ``expected``, ``z`` (of Gi*; NaN with other methods), ``p_upper``, ``p_lower`` (of the
        cell or its neighbourhood, not corrected for many cells; with the scans that of the zone it lies in, which is),
        ``hot``, ``cold``, polygons, EPSG:4326.
    spots
        Hot cells that hang together merged, for the scans the zones. Ordered by incidents above the expected:

        * ``rank`` from 1, ``n_incidents``, ``n_cells``, ``n_hot_cells``, ``area_km2``;
        * ``incidents_per_km2``, ``households``, ``per_1000_households``, ``road_km``, ``per_road_km``: over all of the
          time that was counted; NaN where households or roads are not known, rates also where there are next to none;
        * ``expected`` (incidents if all cells had the same rate), ``relative_risk`` (incidents / expected),
          ``risk_low``, ``risk_high`` (its exact 95 % interval, `risk_interval`);
        * ``lowest_p`` (of its cells' ``p_upper``), outlines, EPSG:4326.

        The interval is that of the place by itself. That it was picked as one of the highest makes its risk look a
        little larger than it is: the next period shows.
    outside
        Incidents that lie in none of the cells and were not counted.
    resolution, alpha, method, against
        As asked for.
    """

    cells: gpd.GeoDataFrame
    spots: gpd.GeoDataFrame
    outside: int
    resolution: int
    alpha: float
    method: Method
    against: Against

    def at_least(self, minimum: int) -> "HotSpots":
        """Give them without the spots that may not be shown (`shown_counts`, what lies in none as one), ranked anew."""
        held = self.spots["n_incidents"].tolist()
        rest = int(self.cells["count"].sum()) + self.outside - sum(held)
        spots = self.spots[shown_counts([*held, rest], minimum)[:-1]].reset_index(drop=True)
        return replace(self, spots=spots.assign(rank=np.arange(1, len(spots) + 1)))


@dataclass(frozen=True, slots=True, eq=False)
class _FoundCells:
    """What a method says of each cell.

    Attributes
    ----------
    spot
        int64 (n,), number of the spot that the cell belongs to, -1 for none.
    hot, cold
        bool (n,), more (fewer) incidents than chance explains. A cell of a spot need not be hot.
    z, p_upper, p_lower
        float64 (n,), as in `HotSpots.cells`.
    """

    spot: Ints
    hot: Bools
    cold: Bools
    z: Floats
    p_upper: Floats
    p_lower: Floats


def question(method: Method) -> str:
    """Say in a sentence which question a method answers."""
    return {
        "gi_star": t(
            "Where do neighbourhoods (a cell and those around it) hold more incidents than an even spread by chance "
            "would give? A lone extreme cell need not be one.",
            "哪些邻域（单元及其周围单元）的事件多于随机均匀分布所能解释？孤立的极端单元不一定入选。",
        ),
        "excess": t(
            "Which single cells have more incidents than their expected number explains, each taken by itself?",
            "逐个单元来看，哪些单元的事件多于其期望数所能解释？",
        ),
        "scan": t(
            "Which circles of any size hold more incidents than expected, judged once for the whole search?",
            "哪些大小不限的圆形区域的事件多于期望（对整个搜索只作一次判断）？",
        ),
        "irregular_scan": t(
            "Which zones of any size and shape, along a river or around a corner, hold more incidents than expected, "
            "judged once for the whole search?",
            "哪些大小、形状不限的区域（如沿河、拐角）的事件多于期望（对整个搜索只作一次判断）？",
        ),
    }[method]


def hot_spots(
    frame: gpd.GeoDataFrame,
    boundary: BaseGeometry,
    *,
    resolution: int = 10,
    alpha: float = 0.05,
    method: Method = "gi_star",
    against: Against = "even",
    units: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
) -> HotSpots:
    """Find where incidents gather more than chance explains.

    Parameters
    ----------
    frame
        Incidents: point geometry, EPSG:4326; already filtered by time and category.
    boundary, resolution, units, roads
        As for `study_area`.
    alpha, method, against
        As for `hot_spots_of`.

    Raises
    ------
    InputError
        As `study_area` and `hot_spots_of`.
    """
    area = study_area(boundary, resolution, units=units, roads=roads)
    counts, outside = area.counts(frame.geometry.x, frame.geometry.y)
    return hot_spots_of(counts, area, alpha=alpha, method=method, against=against, outside=outside)


def hot_spots_of(
    counts: Ints,
    area: StudyArea,
    *,
    alpha: float = 0.05,
    method: Method = "gi_star",
    against: Against = "even",
    phi: float = 0.0,
    max_radius_m: float = 1000.0,
    simulations: int = 999,
    outside: int = 0,
) -> HotSpots:
    """Find where incidents gather more than chance explains, from their counts.

    Parameters
    ----------
    counts
        (n,) incidents in each cell of the area, as `StudyArea.counts` and `StudyArea.placed` give them.
    area
        The cells.
    alpha
        Share of false cells tolerated among the hot ones; with the scans the chance of any false zone.
    method
        One of `METHODS`, see `question`.
    against
        What is expected; Gi* finds its cells against an even spread in any case.
    phi
        Variance of a cell's count beyond Poisson's, μ + φ μ², as `dispersion` gives it for periods before: widens the
        intervals, and tells with ``excess`` what is usual.
    max_radius_m
        Largest circle of the scan; a zone of another shape is no larger than its area.
    simulations
        Of the scans.
    outside
        Incidents that were not counted, for the record.

    Raises
    ------
    InputError
        When an option is none, the counts don't fit, or it is not known what they are to be compared with.
    """
    if np.shape(counts) != area.cells.shape:
        raise InputError(
            t(
                "There are {n} counts for {m} cells.",
                "计数 {n} 个，单元 {m} 个。",
                n=np.size(counts),
                m=len(area.cells),
            ),
            remedy=t("Count with StudyArea.counts.", "请用 StudyArea.counts 计数。"),
        )
    check_time()
    expected = expected_from(counts, area.exposure(against))
    if method == "gi_star":
        found = _gi_star_cells(counts, area, alpha)
    elif method == "excess":
        found = _excess_cells(counts, expected, area, alpha, phi)
    elif method == "scan":
        x, y = (middles := metric_frame(area.frame).centroid).x, middles.y
        circles = scan(counts, expected, x, y, max_radius_m=max_radius_m, simulations=simulations, alpha=alpha)
        found = _cells_of(circles, len(counts))
    elif method == "irregular_scan":
        largest = max(int(np.pi * (max_radius_m / 1000) ** 2 / area.frame["area_km2"].mean()), 1)
        zones = scan_irregular(
            counts, expected, area.neighbours, max_cells=largest, simulations=simulations, alpha=alpha
        )
        found = _cells_of(zones, len(counts))
    else:
        raise _no_method(method, METHODS)
    table = area.frame.assign(
        count=counts, incidents_per_km2=counts / area.frame["area_km2"], expected=expected,
        z=found.z, p_upper=found.p_upper, p_lower=found.p_lower, hot=found.hot, cold=found.cold,
    )  # fmt: skip
    table = table[[*(name for name in table if name != "geometry"), "geometry"]]
    return HotSpots(table, _outlines(table, found.spot, area, phi), outside, area.resolution, alpha, method, against)


def spots_of_cells(counts: Ints, area: StudyArea, method: CellMethod, alpha: float, against: Against) -> Ints:
    """Number the spots, and give that of each cell, -1 for none; parameters as for `hot_spots_of`."""
    if method == "gi_star":
        return _gi_star_cells(counts, area, alpha).spot
    if method != "excess":
        raise _no_method(method, get_args(CellMethod))
    return _together(discoveries(upper_tail(counts, expected_from(counts, area.exposure(against))), alpha), area)


def _no_method(method: str, known: Sequence[str]) -> InputError:
    return InputError(
        t("There is no method {m} here.", "此处没有方法 {m}。", m=method),
        remedy=t("Choose one of {known}.", "请选择：{known}。", known=", ".join(known)),
    )


def _gi_star_cells(counts: Ints, area: StudyArea, alpha: float) -> _FoundCells:
    found = getis_ord(counts, area.neighbours, alpha)
    # What made a cell hot may lie in the busy cells around it, so they belong to the spot.
    around = area.neighbours @ found.hot.astype(np.int64) > 0
    ground = found.hot | (around & (counts > counts.mean()))
    return _FoundCells(_together(ground, area), found.hot, found.cold, found.z, found.p_upper, found.p_lower)


def _excess_cells(counts: Ints, expected: Floats, area: StudyArea, alpha: float, phi: float) -> _FoundCells:
    found = excess(counts, expected, phi=phi, alpha=alpha)
    z = np.full(len(counts), np.nan)
    return _FoundCells(_together(found.more, area), found.more, found.fewer, z, found.p_upper, found.p_lower)


def _cells_of(clusters: Sequence[Cluster], n: int) -> _FoundCells:
    """Say which of n cells lie in a zone of a scan, and its p."""
    spot, p = np.full(n, -1), np.ones(n)
    for number, cluster in enumerate(clusters):
        spot[cluster.cells], p[cluster.cells] = number, cluster.p_gumbel
    return _FoundCells(spot, spot >= 0, np.zeros(n, dtype=np.bool_), np.full(n, np.nan), p, np.ones(n))


def _together(chosen: Bools, area: StudyArea) -> Ints:
    """Number the parts of the chosen cells that hang together; -1 for the others."""
    ground = np.flatnonzero(chosen)
    spot = np.full(len(chosen), -1)
    spot[ground] = connected_components(area.neighbours[ground][:, ground], directed=False)[1]
    return spot


def _outlines(table: gpd.GeoDataFrame, spot: Ints, area: StudyArea, phi: float) -> gpd.GeoDataFrame:
    """Merge the cells of each spot, the largest excess first."""
    ground = np.flatnonzero(spot >= 0)
    numbers = spot[ground]
    expected = table["expected"].to_numpy()
    merged = (
        table.iloc[ground]
        .groupby(numbers)
        .agg(
            n_incidents=("count", "sum"),
            n_cells=("count", "size"),
            n_hot_cells=("hot", "sum"),
            area_km2=("area_km2", "sum"),
            expected=("expected", "sum"),
            lowest_p=("p_upper", "min"),
        )
    )
    n = merged["n_incidents"]
    merged["incidents_per_km2"] = n / merged["area_km2"]
    merged["households"], merged["per_1000_households"] = _rate(n * 1000, area.households, ground, numbers)
    merged["road_km"], merged["per_road_km"] = _rate(n, area.road_km, ground, numbers)
    merged["relative_risk"] = n / merged["expected"]
    squares = np.bincount(numbers, expected[ground] ** 2, minlength=len(merged))
    merged["risk_low"], merged["risk_high"] = risk_interval(
        # cells that vary by themselves vary less together
        n, merged["expected"], phi * squares / merged["expected"].to_numpy() ** 2
    )  # fmt: skip
    outlines = [outline(area.cells[ground[numbers == number]]) for number in merged.index]
    spots = gpd.GeoDataFrame(merged, geometry=outlines, crs=WGS84)
    above = (spots["n_incidents"] - spots["expected"]).to_numpy()
    spots = spots.iloc[np.argsort(-above, kind="stable")].reset_index(drop=True)
    spots.insert(0, "rank", np.arange(1, len(spots) + 1))
    return spots[list(_SPOT_COLUMNS)]


def _rate(
    incidents: "pd.Series[int]", exposure: Floats | None, ground: npt.NDArray[np.intp], numbers: Ints
) -> tuple[Floats, Floats]:
    """Give what is exposed in each spot, and the incidents over it, NaN where that is next to nothing."""
    if exposure is None:
        return np.full(len(incidents), np.nan), np.full(len(incidents), np.nan)
    held = np.bincount(numbers, exposure[ground], minlength=len(incidents)).astype(np.float64)
    least = FLOOR_SHARE * exposure.mean() * np.bincount(numbers, minlength=len(incidents))
    with np.errstate(divide="ignore", invalid="ignore"):
        return held, np.where((held > 0) & (held >= least), incidents / held, np.nan)


_SPOT_COLUMNS = (
    "rank",
    "n_incidents",
    "n_cells",
    "n_hot_cells",
    "area_km2",
    "incidents_per_km2",
    "households",
    "per_1000_households",
    "road_km",
    "per_road_km",
    "expected",
    "relative_risk",
    "risk_low",
    "risk_high",
    "lowest_p",
    "geometry",
)
