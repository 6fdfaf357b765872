"""Service points: which centre serves which grid by travel time, and where new ones should stand."""

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from spatialgov.allocation.assigning import assign_to_centres
from spatialgov.allocation.centre import p_center
from spatialgov.allocation.median import p_median
from spatialgov.allocation.network import RoadNetwork
from spatialgov.allocation.travel import DRIVING, Snapped, SpeedProfile, snap, travel_times
from spatialgov.coverage.siting import maximal_covering
from spatialgov.errors import InputError, MissingColumnError
from spatialgov.faults import Fault
from spatialgov.language import t

__all__ = ["Goal", "NewCentres", "Service", "place_centres", "serve_grids"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Goal = Literal["median", "centre", "cover"]
"""Least mean time (p-median), least longest time (p-centre), most demand within a standard (maximal cover)."""


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """Which centre serves which grid.

    Attributes
    ----------
    grids
        A row for each grid and centre that serves it, in the order of the grids: ``code``, ``place_id``, ``demand``
        that is served there, ``seconds`` of travel. A grid that no centre reaches has the place "" and infinite
        seconds.
    centres
        A row for each centre: ``place_id``, ``capacity`` (infinite where none was given), ``demand``, ``n_grids``,
        ``mean_s`` of what it serves, ``worst_s``.
    mean_s, bound_s
        Mean seconds of travel of the demand that is reached, and what no other assignment can go below.
    gap
        Share of the mean that a better assignment could save at most.
    speeds
        What the seconds stand on.
    faults
        Grids that no centre reaches, one warning each.
    """

    grids: pd.DataFrame
    centres: pd.DataFrame
    mean_s: float
    bound_s: float
    gap: float
    speeds: SpeedProfile
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, eq=False)
class NewCentres:
    """Where new centres should stand.

    Attributes
    ----------
    sites
        The chosen candidates, as they were given, in their order.
    goal
        What was asked for.
    value, bound
        Mean seconds of the demand (``median``), seconds of the farthest grid that has demand (``centre``), or demand
        within the standard (``cover``), with the existing centres; and what no other choice can go below (``cover``:
        above).
    before
        The value with the existing centres alone; infinite where they don't reach all, or there are none.
    gap
        By how much of the value, or of what can be gained, another choice could be better at most.
    service
        Which of all the centres is nearest to each grid.
    """

    sites: gpd.GeoDataFrame
    goal: Goal
    value: float
    bound: float
    before: float
    gap: float
    service: Service


def serve_grids(
    network: RoadNetwork,
    grids: gpd.GeoDataFrame,
    centres: gpd.GeoDataFrame,
    *,
    demand: str = "households",
    capacity: str | None = None,
    divide: bool = False,
    speeds: SpeedProfile = DRIVING,
    time_limit_s: float = 10,
) -> Service:
    """Give each grid its centre, with the least travel in all.

    Parameters
    ----------
    network
        Roads between them.
    grids
        ``code``, the demand's column and polygons (EPSG:4326). A grid is reached at a point inside it.
    centres
        ``place_id`` and points (EPSG:4326).
    demand
        Column of the grids.
    capacity
        Column of the centres: demand that each can serve; when not given, each grid goes to the nearest.
    divide
        Whether several centres may share a grid, where capacities ask for it.
    speeds
        By class of road.
    time_limit_s
        For keeping grids whole within the capacities.

    Raises
    ------
    MissingColumnError, InputError
        When a column is missing, or a value can't be used, with its row.
    InfeasibleError
        When the centres can't carry the demand, with what is lacking.
    """
    load = _column(grids, demand, t("grids", "网格"))
    seconds = _times(network, grids, centres, speeds)
    if capacity is None:
        return _nearest(grids, centres, load, seconds, speeds)
    room = _column(centres, capacity, t("centres", "中心"))
    reached = np.flatnonzero(np.isfinite(seconds).any(axis=1))
    found = assign_to_centres(seconds[reached], load[reached], room, divide=divide, time_limit_s=time_limit_s)
    share = found.share.tocoo()
    total = max(float(load[reached].sum()), 1e-300)
    return _service(
        grids, centres, load, seconds, reached[share.coords[0]], share.coords[1].astype(np.int64), share.data, room,
        found.bound / total, speeds,
    )  # fmt: skip


def place_centres(
    network: RoadNetwork,
    grids: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    p: int,
    *,
    goal: Goal = "median",
    standard_s: float | None = None,
    existing: gpd.GeoDataFrame | None = None,
    demand: str = "households",
    speeds: SpeedProfile = DRIVING,
    seed: int = 0,
    time_limit_s: float = 10,
) -> NewCentres:
    """Choose p of the candidates for new centres, beside those that exist.

    Parameters
    ----------
    network, grids, demand, speeds
        As for `serve_grids`.
    candidates
        ``place_id`` and points (EPSG:4326).
    p
        Number of new centres.
    goal
        ``median``: the least mean time of the demand. ``centre``: the farthest grid with demand as near as can be.
        ``cover``: the most demand within `standard_s`.
    standard_s
        Seconds that count as near enough, for ``cover``.
    existing
        Centres that stay, with ``place_id`` and points.
    seed
        Of the search.
    time_limit_s
        Seconds, about.

    Raises
    ------
    MissingColumnError, InputError
        When a column is missing or a value can't be used, with its row.
    InfeasibleError
        When no p candidates reach every grid that has demand and that any of them, or a centre that stays, reaches.
    """
    _check_goal(goal, standard_s)
    load = _column(grids, demand, t("grids", "网格"))
    seconds = _times(network, grids, candidates, speeds)
    kept = candidates.iloc[:0] if existing is None else existing
    today = _times(network, grids, kept, speeds).min(axis=1, initial=np.inf)
    reached = np.isfinite(seconds).any(axis=1) | np.isfinite(today)  # the others are told of in the service's faults
    asked = np.flatnonzero((load > 0) & reached)
    if len(asked) == 0:
        raise InputError(
            t("No grid in reach has any {column}.", "可达网格的 {column} 均为 0。", column=demand),
            remedy=t("Name another column for the demand.", "请改用其他列作为需求。"),
        )
    weight, near = load[asked], np.minimum(seconds[asked], today[asked, None])  # today's centre may stay the nearest
    mean = weight / weight.sum()
    if goal == "median":
        median = p_median(near, p, seed, time_limit_s, weight=mean)
        sites, value, bound, gap = median.sites, median.cost, median.bound, median.gap
        before = float((mean * today[asked]).sum())
    elif goal == "centre":
        centre = p_center(near, p, time_limit_s)
        sites, value, bound, gap = centre.sites, centre.cost, centre.bound, centre.gap
        before = float(today[asked].max())
    else:
        standard = float(standard_s or 0.0)
        within = csr_array((seconds[asked] <= standard).astype(np.int8))
        base = (today[asked] <= standard).astype(np.int64)
        cover = maximal_covering(within, weight, p, seed=seed, time_limit_s=time_limit_s, base=base)
        sites, value, bound, gap = np.sort(cover.sites), cover.covered, cover.bound, cover.gap
        before = cover.before
    chosen = candidates.iloc[sites]
    both = gpd.GeoDataFrame(
        {"place_id": np.concatenate([kept["place_id"], chosen["place_id"]])},
        geometry=np.concatenate([kept.geometry.to_numpy(), chosen.geometry.to_numpy()]),
        crs="EPSG:4326",
    )
    all_seconds = np.column_stack([_times(network, grids, kept, speeds), seconds[:, sites]])
    service = _nearest(grids, both, load, all_seconds, speeds)
    return NewCentres(chosen, goal, value, bound, before, gap, service)


def _check_goal(goal: str, standard_s: float | None) -> None:
    if goal not in ("median", "centre", "cover"):
        raise InputError(
            t("The goal {goal} is unknown.", "未知的目标：{goal}。", goal=repr(goal)),
            remedy=t("Use “median”, “centre” or “cover”.", "请用 median、centre 或 cover。"),
        )
    if (goal == "cover") != (standard_s is not None) or (standard_s is not None and not 0 < standard_s < np.inf):
        raise InputError(
            t("The standard is {value} seconds.", "时限标准为 {value} 秒。", value=standard_s),
            remedy=t(
                "Give seconds above 0 for “cover”, and none for the other goals.",
                "cover 目标请给出大于 0 的秒数，其他目标请勿给出。",
            ),
        )


def _column(frame: gpd.GeoDataFrame, column: str, what: str) -> Floats:
    if column not in frame:
        raise MissingColumnError(
            t("The {what} have no column “{column}”.", "{what}数据没有 {column} 列。", what=what, column=column),
            remedy=t("Name a column of numbers.", "请指定一个数值列。"),
        )
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            t(
                "Row {row} of the {what}, column {column}: {value}.",
                "{what}数据第 {row} 行，{column} 列：{value}。",
                row=row + 1,
                what=what,
                column=column,
                value=repr(frame[column].iloc[row]),
            ),
            remedy=t("Give a number, zero or more.", "请给出非负数。"),
        )
    return values


def _times(network: RoadNetwork, grids: gpd.GeoDataFrame, places: gpd.GeoDataFrame, speeds: SpeedProfile) -> Floats:
    return travel_times(
        network, _snapped(network, grids, t("grids", "网格")), _snapped(network, places, t("centres", "中心")), speeds
    )


def _snapped(network: RoadNetwork, frame: gpd.GeoDataFrame, what: str) -> Snapped:
    missing = (frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    if missing.any():
        row = int(np.flatnonzero(missing)[0]) + 1
        raise InputError(
            t("Row {row} of the {what} has no place.", "{what}数据第 {row} 行没有位置。", row=row, what=what),
            remedy=t("Leave it out or give it a place.", "请删除该行，或补上位置。"),
        )
    points = frame.geometry.representative_point()
    return snap(network, points.x, points.y)


def _nearest(
    grids: gpd.GeoDataFrame, centres: gpd.GeoDataFrame, load: Floats, seconds: Floats, speeds: SpeedProfile
) -> Service:
    if len(centres) == 0:
        raise InputError(
            t("There are no centres.", "没有任何中心。"), remedy=t("Give at least one.", "请至少给出一个。")
        )
    reached = np.flatnonzero(np.isfinite(seconds).any(axis=1))
    own = seconds[reached].argmin(axis=1)
    share = np.ones(len(reached))
    room = np.full(len(centres), np.inf)
    return _service(grids, centres, load, seconds, reached, own, share, room, None, speeds)


def _service(
    grids: gpd.GeoDataFrame,
    centres: gpd.GeoDataFrame,
    load: Floats,
    seconds: Floats,
    grid: Ints,
    centre: Ints,
    share: Floats,
    room: Floats,
    bound_s: float | None,
    speeds: SpeedProfile,
) -> Service:
    """Make the tables; the bound is the mean itself where each grid goes to the nearest."""
    lost = np.setdiff1d(np.arange(len(grids)), grid)
    place = centres["place_id"].to_numpy(dtype=object)
    served, took = load[grid] * share, seconds[grid, centre]
    table = pd.DataFrame(
        {
            "code": grids["code"].to_numpy(dtype=object)[np.concatenate([grid, lost])],
            "place_id": np.concatenate([place[centre], np.full(len(lost), "", dtype=object)]),
            "demand": np.concatenate([served, load[lost]]),
            "seconds": np.concatenate([took, np.full(len(lost), np.inf)]),
        }
    )
    order = np.argsort(np.concatenate([grid, lost]), kind="stable")
    m = len(centres)
    demand = np.bincount(centre, served, m)
    worst = np.full(m, np.nan)
    np.fmax.at(worst, centre, took)
    of_centres = pd.DataFrame(
        {
            "place_id": place,
            "capacity": room,
            "demand": demand,
            "n_grids": np.bincount(centre, minlength=m),
            "mean_s": np.divide(np.bincount(centre, served * took, m), demand, np.full(m, np.nan), where=demand > 0),
            "worst_s": worst,
        }
    )
    total = float(served.sum())
    mean = float((served * took).sum()) / total if total > 0 else 0.0
    bound = mean if bound_s is None else min(bound_s, mean)
    gap = (mean - bound) / mean if mean > 0 else 0.0
    faults = _unreached(grids, lost)
    return Service(table.iloc[order].reset_index(drop=True), of_centres, mean, bound, gap, speeds, faults)


def _unreached(grids: gpd.GeoDataFrame, rows: Ints) -> tuple[Fault, ...]:
    points = grids.iloc[rows].geometry.representative_point()
    places = zip(points.x.tolist(), points.y.tolist(), strict=True)
    return tuple(
        Fault(
            "out_of_reach",
            t("No road leads from this grid to a centre.", "该网格与任何中心之间都没有道路相通。"),
            t("Join its roads to the network.", "请将其道路接入路网。"),
            "warning",
            row=int(row) + 1,
            item=str(grids["code"].iloc[row]),
            lon=lon,
            lat=lat,
        )
        for row, (lon, lat) in zip(rows.tolist(), places, strict=True)
    )
