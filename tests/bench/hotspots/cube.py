"""Slices of a million incidents and of seven: the cube, and pandas with h3ronpy the straight way."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.incidents.cube import Cube, Groups, LocalHours, Slice, h3_groups

__all__ = ["slices_of"]

_ZONE = ZoneInfo("Asia/Shanghai")
_BEGIN, _DAYS = datetime(2020, 1, 1, tzinfo=UTC), 2000
_GRIDS = 3000
_CODES = [f"{i:04d}" for i in range(12)]

Floats = npt.NDArray[np.float64]


def slices_of(lon: Floats, lat: Floats, *, peer: bool) -> dict[str, float]:
    """Give CPU milliseconds: the slowest slice of each grouping, ours and (with `peer`) theirs; and what differs."""
    cube = _cube(lon, lat)
    frame = _frame(cube)
    grids = Groups((np.abs(cube.lon * 1e5).astype(np.int64) % _GRIDS).astype(np.int32), np.arange(_GRIDS))
    begun = time.process_time()
    cells = h3_groups(cube.lon, cube.lat, 10)
    hours = LocalHours.of(cube.time_us, cube.until_us, _ZONE)
    figures = {"prepare_s": time.process_time() - begun, "cells": float(len(cells.keys))}
    frame["grid"], frame["local"] = grids.of, frame["at"].dt.tz_convert(_ZONE)
    wrong = 0
    ways: dict[str, tuple[Callable[[Slice], Any], Callable[[pd.DataFrame], Any]]] = {
        "grids": (lambda s: s.counts(grids)[0], lambda f: np.bincount(f["grid"], minlength=_GRIDS)),
        "h3": (lambda s: _occupied(s, cells), _their_cells),
        "clock": (lambda s: s.counts_by_hour_of_week(), _their_clock),
        "weeks": (lambda s: s.counts_over_time("week")[0], _their_weeks),
        "months of grids": (lambda s: s.counts_over_time("month", grids)[0].sum(axis=1), _their_months),
    }
    for name, (ours, theirs) in ways.items():
        spent, their = [], []
        for chosen in _slices(len(cube)):
            answer, ms = _timed(partial(_asked, ours, cube, chosen, hours), 5)
            spent.append(ms)
            if peer:
                same, ms = _timed(partial(_asked_straight, theirs, frame, chosen), 1)
                their.append(ms)
                wrong += int(not all(map(np.array_equal, _tuple(answer), _tuple(same))))
        figures[f"ms_{name}"] = max(spent)
        if peer:
            figures |= {f"ms_{name}_pandas": max(their), f"{name}: times less": sum(their) / sum(spent)}
    return figures | ({"different": float(wrong)} if peer else {})


def _asked(way: Callable[[Slice], Any], cube: Cube, chosen: dict[str, Any], hours: LocalHours) -> Any:
    return way(cube.slice(**chosen, hours=hours))


def _asked_straight(way: Callable[[pd.DataFrame], Any], frame: pd.DataFrame, chosen: dict[str, Any]) -> Any:
    return way(_straight(frame, chosen))


def _cube(lon: Floats, lat: Floats) -> Cube:
    rng, n = np.random.default_rng(0), len(lon)
    times = int(_BEGIN.timestamp() * 1e6) + rng.integers(0, _DAYS * 86_400_000_000, n)
    return Cube.build(np.arange(n), times, times, rng.integers(0, len(_CODES), n), lon, lat, _CODES)


def _frame(cube: Cube) -> pd.DataFrame:
    at = pd.to_datetime(cube.time_us, unit="us", utc=True)
    category = pd.Categorical.from_codes(cube.category, pd.Index(cube.categories))
    return pd.DataFrame({"at": at, "category": category, "lon": cube.lon, "lat": cube.lat})


def _slices(n: int) -> list[dict[str, Any]]:
    """Choose all, half the time, some categories, half the ground, nights, and all of that together."""
    rng = np.random.default_rng(1)
    nights = np.zeros((7, 24), dtype=bool)
    nights[:, [22, 23, 0, 1, 2, 3]] = True
    since, until = _BEGIN + timedelta(days=_DAYS / 4), _BEGIN + timedelta(days=3 * _DAYS / 4)
    choices: list[dict[str, Any]] = [
        {"since": since, "until": until},
        {"categories": _CODES[:4]},
        {"inside": rng.random(n) < 0.5},
        {"open_hours": nights},
    ]
    together = {name: value for choice in choices for name, value in choice.items()}
    return [{}, *choices, together]


def _straight(frame: pd.DataFrame, chosen: dict[str, Any]) -> pd.DataFrame:
    keep = np.ones(len(frame), dtype=bool)
    if "since" in chosen:
        keep &= ((frame["at"] >= chosen["since"]) & (frame["at"] < chosen["until"])).to_numpy()
    if "categories" in chosen:
        keep &= frame["category"].isin(chosen["categories"]).to_numpy()
    if "inside" in chosen:
        keep &= chosen["inside"]
    if "open_hours" in chosen:
        keep &= chosen["open_hours"][frame["local"].dt.day_of_week, frame["local"].dt.hour]
    return frame if keep.all() else frame[keep]


def _occupied(found: Slice, cells: Groups) -> tuple[Any, Any]:
    counts, _ = found.counts(cells)
    occupied = counts > 0
    return cells.keys[occupied], counts[occupied]


def _their_cells(frame: pd.DataFrame) -> tuple[Any, Any]:
    from h3ronpy.vector import coordinates_to_cells

    return np.unique(np.asarray(coordinates_to_cells(frame["lat"], frame["lon"], 10)), return_counts=True)


def _their_clock(frame: pd.DataFrame) -> Any:
    local = frame["local"]
    counts = frame.groupby([local.dt.day_of_week, local.dt.hour]).size()
    return counts.unstack(fill_value=0).reindex(index=range(7), columns=range(24), fill_value=0).to_numpy()


def _their_weeks(frame: pd.DataFrame) -> Any:
    local = frame["local"].dt.tz_localize(None)
    return frame.groupby(local.dt.to_period("W-SUN")).size().to_numpy()


def _their_months(frame: pd.DataFrame) -> Any:
    local = frame["local"].dt.tz_localize(None)
    months = frame.groupby(["grid", local.dt.to_period("M")]).size().unstack(fill_value=0)
    return months.sum(axis=1).reindex(range(_GRIDS), fill_value=0).to_numpy()


def _tuple(answer: Any) -> tuple[Any, ...]:
    return answer if isinstance(answer, tuple) else (answer,)


def _timed(work: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    """Give the answer and the median CPU milliseconds; a run before the first doesn't count where there are several."""
    if repeats > 1:
        work()
    spent = []
    for _ in range(repeats):
        begun = time.process_time()
        answer = work()
        spent.append((time.process_time() - begun) * 1000)
    return answer, median(spent)
