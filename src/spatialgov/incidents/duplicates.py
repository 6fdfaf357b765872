"""Near-duplicates: one event that came twice, by two channels or two systems, under two identifiers."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["NEAR_M", "NEAR_MINUTES", "near_duplicates", "repeats_within"]

NEAR_M = 50.0
"""Metres: a phone's error and that of a standard address together."""
NEAR_MINUTES = 60.0
"""Minutes: from a patrol's report to a citizen's call about the same thing."""

_DEGREE_M = 111_320.0
"""Of latitude."""
_MIXERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
"""Odd numbers without a pattern: keys of different bins are the same once in 2⁶⁴ pairs, which costs a look, no more."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def near_duplicates(
    frame: pd.DataFrame, *, within_m: float = NEAR_M, within_minutes: float = NEAR_MINUTES
) -> "pd.Series[Any]":
    """Tell which incidents probably repeat an earlier one: the same category, near it and soon after.

    Parameters
    ----------
    frame
        Incidents as `spatialgov.incidents.read_incidents` or a store gives them: `category`, `occurred_at`,
        `occurred_until`, Point geometry, EPSG:4326.
    within_m, within_minutes
        How far two may be apart, at most. An incident whose own time is not known to so many minutes is never one.

    Returns
    -------
    Series
        int64, indexed like `frame`: position (from 0) of an earlier incident that each repeats, -1 where it repeats
        none. Of several that are near any one is given.

    Notes
    -----
    Distances are measured in a plane that is true at the middle latitude of the incidents: within a jurisdiction to
    1 %. Sorted bins instead of pairs: a million incidents take about a second.
    """
    category, _ = pd.factorize(frame["category"])
    at = frame["occurred_at"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[s]").astype(np.int64)
    width = (frame["occurred_until"] - frame["occurred_at"]).dt.total_seconds().fillna(0.0).to_numpy()
    known = np.flatnonzero(width <= 60 * within_minutes)
    lon, lat = frame.geometry.x.to_numpy()[known], frame.geometry.y.to_numpy()[known]
    none = np.zeros(len(known), dtype=bool)
    found = repeats_within(category[known], at[known], lon, lat, none, within_m=within_m, within_minutes=within_minutes)
    result = np.full(len(frame), -1, dtype=np.int64)
    result[known[found >= 0]] = known[found[found >= 0]]
    return pd.Series(result, index=frame.index, name="repeats")


def repeats_within(
    category: Ints,
    at_s: Ints,
    lon: Floats,
    lat: Floats,
    before: Mask,
    *,
    within_m: float = NEAR_M,
    within_minutes: float = NEAR_MINUTES,
) -> Ints:
    """Give the position of an incident that each repeats, -1 where it repeats none.

    Parameters
    ----------
    category, at_s
        int64 (n,), number of the category and seconds since any moment.
    lon, lat
        float64 (n,), degrees, WGS 84.
    before
        bool (n,): incidents that were there before all others. They repeat nothing, and whatever is near one of them
        repeats it, be it earlier or later.
    within_m, within_minutes
        As for `near_duplicates`.
    """
    result = np.full(len(at_s), -1, dtype=np.int64)
    if len(at_s) < 2:
        return result
    y = lat * _DEGREE_M
    x = lon * (_DEGREE_M * np.cos(np.radians(np.median(lat))))
    within_s = round(60 * within_minutes)
    for direction in (1, -1) if before.any() else (1,):
        order = np.argsort(at_s, kind="stable")[::direction]
        found = _repeats(category[order], direction * at_s[order], x[order], y[order], before[order],
                         direction < 0, within_m, within_s)  # fmt: skip
        hit = found >= 0
        result[order[hit]] = order[found[hit]]
    return result


def _repeats(
    category: Ints, at_s: Ints, x: Floats, y: Floats, before: Mask, of_before: bool, within_m: float, within_s: int
) -> Ints:
    """Find repeats among incidents in the order of time; `of_before`: only of those that were there before.

    Two that are near each other share a bin of twice the distance in one at least of four grids, each half a bin
    beside the other. In a bin, those in the order of time are compared one place apart, then two, as long as both are
    within the time: whatever lies in dense bins has its match after a few.
    """
    result = np.full(len(at_s), -1, dtype=np.int64)
    column, row = (np.floor(axis / within_m).astype(np.int32) for axis in (x, y))
    for east, north in ((0, 0), (0, 1), (1, 0), (1, 1)):
        key = category.astype(np.uint64) * _MIXERS[0]
        key += ((column + east) >> 1).astype(np.uint64) * _MIXERS[1]
        key += ((row + north) >> 1).astype(np.uint64) * _MIXERS[2]
        rank = np.argsort(key, kind="stable")
        key = key[rank]
        place = 1 + np.flatnonzero(key[1:] == key[:-1])
        apart = 1
        while len(place):
            later, earlier = rank[place], rank[place - apart]
            open_ = at_s[later] - at_s[earlier] <= within_s
            open_ &= (key[place] == key[place - apart]) & (result[later] < 0) & ~before[later]
            place, later, earlier = place[open_], later[open_], earlier[open_]
            near = np.hypot(x[later] - x[earlier], y[later] - y[earlier]) <= within_m
            near &= category[later] == category[earlier]
            if of_before:
                near &= before[earlier]
            result[later[near]] = earlier[near]
            apart += 1
            place = place[~near & (place >= apart)]
    return result
