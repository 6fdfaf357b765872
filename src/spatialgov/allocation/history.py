"""The review over time: which grids break their limits, for how long, and whether it gets better or worse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.allocation.band import HOUSEHOLDS, Limits, review
from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["EditionGrids", "Trend", "review_over_time"]

Trend = Literal["worsening", "improving", "steady", "new"]

_DAYS_A_YEAR = 365.25
_LEAST_DAYS = 30.0
"""Editions that came into force within a shorter time tell no trend by the year."""


@dataclass(frozen=True, eq=False, slots=True)
class EditionGrids:
    """The grids of one edition: its number, when it came into force (aware), and ``code``, ``kind`` and quantities."""

    edition: int
    valid_from: datetime
    grids: gpd.GeoDataFrame


def review_over_time(
    editions: Sequence[EditionGrids],
    *,
    limits: Limits | None = None,
    households: tuple[int, int] = HOUSEHOLDS,
    posts: Mapping[str, int] | None = None,
    now: datetime,
) -> pd.DataFrame:
    """Hold the grids in force against their limits, with what earlier editions say of them.

    Parameters
    ----------
    editions
        In any order; the newest is in force. A grid is the same as long as it keeps its code.
    limits, households, posts
        See `review`; editions whose grids lack a limited quantity count for the others.
    now
        Aware; what durations end at.

    Returns
    -------
    DataFrame
        A row a grid of the newest edition: `code`, ``kind``, its quantities, ``state``, ``broken`` and the
        ``…_beyond`` columns of `review`; ``out_since`` (when the editions began in which it is out up to now, NaT
        when it is inside), ``days_out``, ``editions_out``, ``editions`` (that it is in); ``per_year`` (Theil–Sen
        slope of its households) and ``trend``: ``worsening`` when it is further out than in the edition before,
        or moves toward a limit that it would break within a year; ``improving`` when it is less far out; ``new``
        in its first edition, else ``steady``.

    Raises
    ------
    InputError
        When there is no edition, or a band is none.
    """
    if not editions:
        raise InputError(
            t("There is no edition to review.", "没有可评估的版本。"),
            remedy=t("Publish a plan first.", "请先发布方案。"),
        )
    limits = limits or Limits(households)
    ordered = sorted(editions, key=lambda one: (one.valid_from, one.edition))
    reviewed = [_reviewed(one, limits, posts) for one in ordered]
    newest = reviewed[-1]
    quantities = [name for name in ("households", "population", "area_m2", "workload") if name in newest]
    table = newest[["kind", *quantities, "state", "broken", *(f"{name}_beyond" for name in limits.names)]].copy()
    rows = [_history(code, ordered, reviewed, limits, now) for code in table.index]
    return table.join(pd.DataFrame(rows, index=table.index)).reset_index()


def _reviewed(edition: EditionGrids, limits: Limits, posts: Mapping[str, int] | None) -> pd.DataFrame:
    known = Limits(
        limits.households,
        limits.area_m2,
        limits.workload if "workload" in edition.grids else None,
    )
    found = pd.DataFrame(review(edition.grids, limits=known, posts=posts).drop(columns="geometry"))
    for name in limits.names:
        if f"{name}_beyond" not in found:
            found[f"{name}_beyond"] = np.nan
    return found.set_index("code")


def _history(
    code: str, editions: Sequence[EditionGrids], reviewed: Sequence[pd.DataFrame], limits: Limits, now: datetime
) -> dict[str, object]:
    there = [i for i, frame in enumerate(reviewed) if code in frame.index]
    out = [i for i in there if reviewed[i].at[code, "broken"]]
    run = len(editions)
    while run - 1 in out:
        run -= 1
    since = editions[run].valid_from if run < len(editions) else None
    slope = _per_year(code, [editions[i] for i in there], [reviewed[i] for i in there])
    return {
        "out_since": pd.NaT if since is None else pd.Timestamp(since),
        "days_out": 0.0 if since is None else max((now - since).total_seconds() / 86_400, 0.0),
        "editions_out": len(editions) - run,
        "editions": len(there),
        "per_year": slope,
        "trend": _trend(code, [reviewed[i] for i in there], slope, limits),
    }


def _per_year(code: str, editions: Sequence[EditionGrids], reviewed: Sequence[pd.DataFrame]) -> float:
    """Give the Theil–Sen slope of a grid's households, NaN where its editions lie too close together."""
    days = np.array([one.valid_from.timestamp() for one in editions]) / 86_400
    if days[-1] - days[0] < _LEAST_DAYS:
        return float("nan")
    held = np.array([frame["households"].loc[code] for frame in reviewed], np.float64)
    earlier, later = np.triu_indices(len(held), 1)
    apart = days[later] - days[earlier]
    rises = (held[later] - held[earlier])[apart > 0] / apart[apart > 0]
    return float(np.median(rises)) * _DAYS_A_YEAR


def _trend(code: str, reviewed: Sequence[pd.DataFrame], slope: float, limits: Limits) -> Trend:
    if len(reviewed) < 2:
        return "new"
    before, now = (_missed(code, frame, limits) for frame in reviewed[-2:])
    if now != before:
        return "worsening" if now > before else "improving"
    held = float(reviewed[-1]["households"].loc[code])
    exempt = reviewed[-1].at[code, "state"] == "exempt"
    soon = not exempt and now == 0 and np.isfinite(slope) and bool(limits.band("households").miss(held + slope))
    return "worsening" if soon else "steady"


def _missed(code: str, frame: pd.DataFrame, limits: Limits) -> float:
    """Give by how much a grid is out, each limit as a share of its most."""
    beyond = frame.loc[code, [f"{name}_beyond" for name in limits.names]].to_numpy(np.float64)
    most = np.array([max(limits.band(name).most, 1e-9) for name in limits.names])
    return float(np.nansum(np.abs(beyond) / most))
