"""Weights of the workload fitted to past handling times, with intervals; outliers don't carry them away."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from spatialgov.allocation.profiles import WorkloadProfile
from spatialgov.columns import require_columns
from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["FEWEST", "HandlingFit", "fit_profile", "handling_times"]

FEWEST = 30
"""A category with fewer handling times keeps its assumption."""

Measured = Literal["worked", "elapsed"]

_HUBER = 1.345
"""Residuals beyond so many standard deviations count by their size, not its square (95 % efficient, Huber 1964)."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class HandlingFit:
    """Weights fitted to handling times.

    Attributes
    ----------
    profile
        The profile with the fitted weights.
    table
        A row a category that was fitted: ``category``, ``n``, ``minutes`` with ``low`` and ``high`` (interval), and
        ``assumed`` as the profile had it before.
    per_trip_minute
        Minutes of handling for each minute of the way, with its interval; None where trips were not given.
    scale
        What elapsed minutes were multiplied with (see `fit_profile`); 1 for worked ones.
    level
        Of the intervals.
    """

    profile: WorkloadProfile
    table: pd.DataFrame
    per_trip_minute: tuple[float, float, float] | None
    scale: float
    level: float

    def as_dict(self) -> dict[str, Any]:
        """Give the fit as a plain mapping, for JSON."""
        return {
            "profile": self.profile.as_dict(),
            "categories": self.table.to_dict("records"),
            "per_trip_minute": self.per_trip_minute,
            "scale": self.scale,
            "level": self.level,
        }


def handling_times(incidents: pd.DataFrame) -> tuple[npt.NDArray[np.object_], Floats]:
    """Give ``(category, elapsed minutes)`` of the incidents that were closed, from the report to the end.

    Raises
    ------
    MissingColumnError
        When there is no ``category``, ``occurred_at`` or ``closed_at``.
    """
    require_columns(t("incidents", "事件"), ("category", "occurred_at", "closed_at"), incidents.columns)
    took = (incidents["closed_at"] - incidents["occurred_at"]).dt.total_seconds().to_numpy(np.float64) / 60
    known = np.isfinite(took) & (took > 0)
    return incidents["category"].to_numpy(object)[known], took[known]


def fit_profile(
    profile: WorkloadProfile,
    category: npt.ArrayLike,
    minutes: npt.ArrayLike,
    *,
    trip_minutes: npt.ArrayLike | None = None,
    measured: Measured = "worked",
    version: str | None = None,
    level: float = 0.95,
) -> HandlingFit:
    """Fit the minutes that an incident of each category takes to past handling times.

    Parameters
    ----------
    profile
        Its other weights stay; so do those of categories with fewer than `FEWEST` times.
    category
        Shape (n,): code of each incident that was handled.
    minutes
        Shape (n,), above 0: how long it took.
    trip_minutes
        Shape (n,): way there and back of each, so that it is not counted as handling.
    measured
        ``worked``: minutes that someone worked on it. ``elapsed``: from report to end. Nobody works on a case all
        that time, so that elapsed minutes only say how categories compare: they are scaled so that all incidents
        together take as long as the profile says.
    version
        Of the new profile; by default the old one's with ``-fitted``.
    level
        Of the intervals.

    Raises
    ------
    InputError
        When the arrays don't fit together, a time is no number above 0, or no category has enough of them.

    Notes
    -----
    Linear regression on categories and trips with Huber's loss (`scipy.optimize.least_squares`), each category on the
    scale of its median absolute deviation; intervals from the sandwich covariance of M-estimators (Huber 1981, ch. 6),
    which lets variances differ, and Student's t.
    Handling times are skewed: the fit is nearer to the usual case than to the mean.
    """
    codes, took, trips = _checked(category, minutes, trip_minutes, level)
    names, place, count = np.unique(codes, return_inverse=True, return_counts=True)
    enough = count >= FEWEST
    if not enough.any():
        raise InputError(
            t("No category has {n} handling times.", "没有类别达到 {n} 条处置时长。", n=FEWEST),
            remedy=t("Load more, or stay with the assumptions.", "请导入更多数据，或沿用假设值。"),
        )
    rows = enough[place]
    names, place, took = names[enough], (np.cumsum(enough) - 1)[place[rows]], took[rows]
    way = None if trips is None else trips[rows]
    estimate, low, high = _huber(place, len(names), took, way, level)
    assumed = profile.handling_minutes(names)
    uses = count[enough]
    fitted = np.maximum(estimate[: len(names)], 0.0)
    scale = 1.0
    if measured == "elapsed":
        total = float(uses @ fitted)
        scale = float(uses @ assumed) / total if total > 0 else 1.0
    table = pd.DataFrame(
        {
            "category": names,
            "n": uses,
            "minutes": scale * fitted,
            "low": scale * np.maximum(low[: len(names)], 0.0),
            "high": scale * high[: len(names)],
            "assumed": assumed,
        }
    )
    weights: Mapping[str, float] = dict(zip(names.tolist(), (scale * fitted).tolist(), strict=True))
    new = replace(
        profile,
        version=version or f"{profile.version}-fitted",
        basis="fitted",
        minutes_by_category={**profile.minutes_by_category, **weights},
        source={
            "en": f"{len(took):,} handling times ({measured}) of {len(names)} categories; the rest: version "
            f"{profile.version}.",
            "zh": f"由 {len(took):,} 条处置时长（{measured}）拟合 {len(names)} 个类别；其余沿用 {profile.version} 版。",
        },
    )
    of_trips = None if way is None else (float(estimate[-1]), float(low[-1]), float(high[-1]))
    return HandlingFit(new, table, of_trips, scale, level)


def _checked(
    category: npt.ArrayLike, minutes: npt.ArrayLike, trip_minutes: npt.ArrayLike | None, level: float
) -> tuple[npt.NDArray[np.str_], Floats, Floats | None]:
    codes, took = np.asarray(category, dtype=object).astype(str), np.asarray(minutes, np.float64)
    trips = None if trip_minutes is None else np.asarray(trip_minutes, np.float64)
    if codes.ndim != 1 or took.shape != codes.shape or (trips is not None and trips.shape != codes.shape):
        raise InputError(
            t("Categories, minutes and trips differ in number.", "类别、时长与行程的数量不一致。"),
            remedy=t("Give one of each for every incident.", "请为每个事件各给出一个。"),
        )
    bad = ~(np.isfinite(took) & (took > 0)) | (False if trips is None else ~(np.isfinite(trips) & (trips >= 0)))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(
            t("Row {row}: {value} minutes of handling.", "第 {row} 行：处置时长为 {value} 分钟。", row=row + 1,
              value=took[row]),
            remedy=t("Times are above 0 and trips 0 or more; leave the others out.", "时长须大于 0，行程须非负。"),
        )  # fmt: skip
    if not 0 < level < 1:
        raise InputError(
            t("The level is {value}.", "置信水平为 {value}。", value=level),
            remedy=t("Give a share between 0 and 1.", "请给出 0 与 1 之间的数。"),
        )
    return codes, took, trips


def _huber(
    place: npt.NDArray[np.intp], k: int, took: Floats, way: Floats | None, level: float
) -> tuple[Floats, Floats, Floats]:
    """Give estimate and interval of k categories and, where there are trips, of a minute of the way."""
    from scipy.optimize import least_squares

    median = np.array([np.median(took[place == i]) for i in range(k)])
    spread = np.array([np.median(np.abs(took[place == i] - median[i])) for i in range(k)]) * 1.4826
    spread = np.where(spread > 0, spread, 1.0)[place]
    design = np.zeros((len(took), k + (way is not None)))
    design[np.arange(len(took)), place] = 1.0
    if way is not None:
        design[:, k] = way
    design /= spread[:, None]

    def off(weights: Floats) -> Floats:
        left: Floats = design @ weights - took / spread
        return left

    def slopes(_: Floats) -> Floats:
        return design

    start = median if way is None else np.append(median, 0.0)
    estimate: Floats = least_squares(off, start, jac=slopes, loss="huber", f_scale=_HUBER).x
    residual = off(estimate)
    inside = np.abs(residual) <= _HUBER
    bread = np.linalg.pinv((design * inside[:, None]).T @ design)
    pulled = design * np.clip(residual, -_HUBER, _HUBER)[:, None]
    freedom = max(len(took) - design.shape[1], 1)
    covariance = bread @ (pulled.T @ pulled) @ bread * (len(took) / freedom)
    half = stdtrit(freedom, (1 + level) / 2) * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return estimate, estimate - half, estimate + half
