"""Whether the net closes: all entrances of a compound seen, main roads seen without a break (围补连合)."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.demand.demands import area_of
from spatialgov.coverage.demand.stretches import Axis, cuts_of, times_in
from spatialgov.coverage.gaps.listing import STATE_NAMES, runs
from spatialgov.coverage.gaps.states import COVERED, GAP, UNCERTAIN, States
from spatialgov.coverage.sight.shapes import point_shapes
from spatialgov.projection import WGS84

__all__ = ["LONGEST_BREAK_M", "MAIN_ROADS", "Closure", "closure"]

MAIN_ROADS = ("trunk", "primary", "secondary")
"""Classes of road that should be seen without a break."""

LONGEST_BREAK_M = 50.0
"""A road is joined up when no break on it is longer."""

_LEAST_BREAK_M = 1.0

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Closure:
    """Compounds and main roads, and whether the cameras close them. All in EPSG:4326.

    Attributes
    ----------
    compounds
        ``compound_id``, ``kind``, ``units``, ``code`` of the area, ``state``: ``closed`` (all entrances covered),
        ``uncertain`` (all covered or uncertain), ``open``, or ``unknown`` (no entrance known); ``entrances``, of them
        ``covered``, ``uncertain``, ``gap``; ``assumed``: whether the entrance is a guess because no road crosses the
        perimeter; ``perimeter_m``, of it ``perimeter_covered_m``; polygons.
    entrances
        ``compound_id``, ``state`` (covered, uncertain, gap), ``assumed``; points.
    roads
        A row a main road, its pieces joined: ``name``, ``road_class``, ``state``: ``joined`` (covered, and no break
        longer than `LONGEST_BREAK_M`), ``uncertain`` (joined if all that is uncertain is covered), ``broken``;
        ``length_m`` that should be seen, of it ``covered_m``, ``uncertain_m``, ``gap_m``; ``runs`` that are covered,
        ``breaks`` and ``longest_break_m``; lines.
    breaks
        ``name``, ``road_class``, ``state`` (uncertain, gap), ``length_m``, the longest first; lines.
    summary
        A row a kind of compound, a class of road, and all of either: ``what`` (compound, road), ``kind`` ("" for
        all), ``number``, ``closed``, ``uncertain``, ``open``, ``unknown``; ``lower_share`` that is closed (joined),
        and ``upper_share`` that may be, of those that are known; ``assumed``, of how many the entrance is a guess.
    """

    compounds: gpd.GeoDataFrame
    entrances: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    breaks: gpd.GeoDataFrame
    summary: pd.DataFrame


def closure(states: States, *, longest_break_m: float = LONGEST_BREAK_M) -> Closure:
    """Tell which compounds are closed and which main roads are joined up.

    Parameters
    ----------
    states
        From `states_of`.
    longest_break_m
        The longest break that a road may have and still be joined up.
    """
    compounds, entrances = _compounds(states)
    roads, breaks = _main_roads(states, longest_break_m)
    return Closure(compounds, entrances, roads, breaks, _summary(compounds, roads))


def _compounds(states: States) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    demands = states.demands
    compounds, gates = demands.compounds, demands.gates
    where = point_shapes(gates[["x_m", "y_m"]].to_numpy(dtype=np.float64))
    state = _point_states(states, where)
    of, n = gates["perimeter"].to_numpy(dtype=np.int64), len(compounds)
    number = {name: np.bincount(of[state == value], minlength=n) for value, name in _NAMES.items()}
    count = np.bincount(of, minlength=n)
    axis = Axis.of(shapely.boundary(compounds.geometry.to_numpy()))
    looks = _look_along(states, axis)
    pieces = np.diff(looks.cuts)
    ring = axis.line_at((looks.cuts[:-1] + looks.cuts[1:]) / 2)
    seen_m = np.bincount(ring, pieces * (looks.state == COVERED), n)
    codes = demands.areas.frame["code"].to_numpy(dtype=object)
    area = compounds["area"].to_numpy(dtype=np.int64)
    conditions = [count == 0, number["covered"] == count, number["gap"] == 0]
    table = compounds[["compound_id", "kind", "units"]].assign(
        code=codes[area],
        state=np.select(conditions, ["unknown", "closed", "uncertain"], "open"),
        entrances=count,
        **number,
        assumed=np.bincount(of, gates["assumed"].to_numpy(dtype=np.float64), n) > 0,
        perimeter_m=np.bincount(ring, pieces, n),
        perimeter_covered_m=seen_m,
    )
    names = compounds["compound_id"].to_numpy(dtype=object)[of]
    entrances = {"compound_id": names, "state": [_NAMES[int(s)] for s in state], "assumed": gates["assumed"].to_numpy()}
    return (
        gpd.GeoDataFrame(table, geometry=compounds.geometry.to_numpy(), crs=demands.crs).to_crs(WGS84),
        gpd.GeoDataFrame(entrances, geometry=where, crs=demands.crs).to_crs(WGS84),
    )


_NAMES = {COVERED: "covered", **STATE_NAMES}


def _point_states(states: States, where: Shapes) -> Ints:
    state = np.full(len(where), GAP)
    tree = shapely.STRtree(where)
    for value, shapes in ((UNCERTAIN, states.sight.possible), (COVERED, states.sight.certain)):
        state[tree.query(shapes[states.working], predicate="intersects")[1]] = value
    return state


class _Looks(NamedTuple):
    cuts: Floats
    state: Ints


def _look_along(states: States, axis: Axis) -> _Looks:
    """Tell the states along lines."""
    working = states.working
    sure, maybe = axis.within(states.sight.certain[working]), axis.within(states.sight.possible[working])
    cuts = cuts_of(axis, sure, maybe)
    state = np.where(times_in(sure, cuts) > 0, COVERED, np.where(times_in(maybe, cuts) > 0, UNCERTAIN, GAP))
    return _Looks(cuts, state)


def _main_roads(states: States, longest_break_m: float) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    names = _joined(states)
    axis = Axis.of(names.geometry.to_numpy())
    looks = _look_along(states, axis)
    hidden = axis.within(states.sight.obstacles.solids)
    outline = states.demands.outline
    cuts = np.unique(np.concatenate([looks.cuts, cuts_of(axis, hidden, axis.within(outline))]))
    area = area_of(shapely.STRtree(outline), point_shapes(axis.points_at((cuts[:-1] + cuts[1:]) / 2)))
    state = looks.state[np.searchsorted(looks.cuts, cuts[:-1], side="right") - 1]
    state[(times_in(hidden, cuts) > 0) | (area < 0)] = _DOES_NOT_COUNT
    table = _lengths(axis, cuts, state, len(names))
    low, high, first = runs(axis, cuts, state[:, None])
    line, of = axis.line_at((low + high) / 2), state[first]
    table["runs"] = np.bincount(line[of == COVERED], minlength=len(names))
    # A break is all between two covered runs, or from an end, however much of it is uncertain or a gap.
    unseen = np.where(state == UNCERTAIN, GAP, state)
    maybe_seen = np.where(state == UNCERTAIN, COVERED, state)
    longest = [_breaks(axis, cuts, s, len(names)) for s in (unseen, maybe_seen)]
    table["breaks"], table["longest_break_m"] = longest[0]
    seen_m = (table["covered_m"], table["covered_m"] + table["uncertain_m"])
    fine = [(longest_m <= longest_break_m) & (m > 0) for (_, longest_m), m in zip(longest, seen_m, strict=True)]
    table["state"] = np.select(fine, ["joined", "uncertain"], "broken")
    counts = table["length_m"] > 0
    told = pd.DataFrame(names.drop(columns="geometry")).assign(**table)[list(_ROAD_COLUMNS)]
    roads = gpd.GeoDataFrame(told, geometry=names.geometry.to_numpy(), crs=states.demands.crs)[counts]
    own = np.isin(of, [UNCERTAIN, GAP]) & (high - low >= _LEAST_BREAK_M)
    low, high, line, of = low[own], high[own], line[own], of[own]
    breaks = names.drop(columns="geometry").iloc[line].assign(state=[_NAMES[int(s)] for s in of], length_m=high - low)
    shapes = gpd.GeoDataFrame(breaks, geometry=axis.lines_between(low, high), crs=states.demands.crs)
    shapes = shapes.sort_values("length_m", ascending=False, kind="stable")
    return roads.reset_index(drop=True).to_crs(WGS84), shapes.reset_index(drop=True).to_crs(WGS84)


_DOES_NOT_COUNT = -1
_ROAD_COLUMNS = (
    "name", "road_class", "state", "length_m", "covered_m", "uncertain_m", "gap_m", "runs", "breaks", "longest_break_m",
)  # fmt: skip


def _joined(states: States) -> gpd.GeoDataFrame:
    """Give the main roads, the pieces of one name and class joined where they meet."""
    roads = states.demands.roads
    table = roads.table
    lines = gpd.GeoDataFrame(table, geometry=roads.lines, crs=states.demands.crs)
    main = lines[table["road_class"].isin(MAIN_ROADS)]
    known = main["name"].fillna("").astype(str)
    key = known.where(known != "", main["road_id"].astype(str))
    joined = main.assign(name=known, key=key).dissolve(["key", "road_class"], aggfunc={"name": "first"}, sort=False)
    merged = joined.reset_index().set_geometry(shapely.line_merge(joined.geometry.to_numpy()), crs=main.crs)
    return merged[["name", "road_class", "geometry"]].explode(ignore_index=True)


def _lengths(axis: Axis, cuts: Floats, state: Ints, n: int) -> dict[str, npt.NDArray[Any]]:
    length = np.diff(cuts)
    line = axis.line_at((cuts[:-1] + cuts[1:]) / 2)
    found = {f"{name}_m": np.bincount(line, length * (state == value), n) for value, name in _NAMES.items()}
    return {"length_m": np.bincount(line, length * (state != _DOES_NOT_COUNT), n), **found}


def _breaks(axis: Axis, cuts: Floats, state: Ints, n: int) -> tuple[Ints, Floats]:
    """Count the breaks of each line, and give the length of the longest."""
    low, high, first = runs(axis, cuts, state[:, None])
    own = (state[first] == GAP) & (high - low >= _LEAST_BREAK_M)
    line = axis.line_at((low[own] + high[own]) / 2)
    longest = np.zeros(n)
    np.maximum.at(longest, line, (high - low)[own])
    return np.bincount(line, minlength=n), longest


def _summary(compounds: gpd.GeoDataFrame, roads: gpd.GeoDataFrame) -> pd.DataFrame:
    rows = []
    for what, frame, kind, closed, opened in (
        ("compound", compounds, "kind", "closed", "open"),
        ("road", roads, "road_class", "joined", "broken"),
    ):
        for name in ["", *dict.fromkeys(frame[kind])]:
            own = frame[frame[kind] == name] if name else frame
            count = own["state"].value_counts()
            sure, maybe, unknown = (int(count.get(key, 0)) for key in (closed, "uncertain", "unknown"))
            known = len(own) - unknown
            rows.append(
                {
                    "what": what,
                    "kind": name,
                    "number": len(own),
                    "closed": sure,
                    "uncertain": maybe,
                    "open": int(count.get(opened, 0)),
                    "unknown": unknown,
                    "lower_share": sure / known if known else np.nan,
                    "upper_share": (sure + maybe) / known if known else np.nan,
                    "assumed": int(own["assumed"].sum()) if what == "compound" else 0,
                }
            )
    return pd.DataFrame(rows)
