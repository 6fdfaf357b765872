"""When posts are on duty, and what is asked of them."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["Shifts", "Targets"]

_HAIR = 1e-9


@dataclass(frozen=True, slots=True)
class Shifts:
    """When somebody has to be on duty, and how much of that a post can do.

    Attributes
    ----------
    begins
        Hour of the day at which duty begins, 0 to 23.
    hours_a_day
        Hours that duty lasts, 1 to 24: incidents of other hours are taken up during these.
    days_a_week
        Days with duty, above 0, at most 7.
    post_hours_a_week
        Hours that one post works in a week.
    away
        Share of its hours in which a post does no work of the grid: leave, illness, training, meetings, breaks.
    """

    begins: int = 8
    hours_a_day: int = 8
    days_a_week: float = 5.0
    post_hours_a_week: float = 40.0
    away: float = 0.15

    def __post_init__(self) -> None:
        bounds = {
            "begins": (0 <= self.begins <= 23, "0 … 23"),
            "hours_a_day": (1 <= self.hours_a_day <= 24, "1 … 24"),
            "days_a_week": (0 < self.days_a_week <= 7, "0 … 7"),
            "post_hours_a_week": (0 < self.post_hours_a_week <= 168, "0 … 168"),
            "away": (0 <= self.away < 1, "0 … 1"),
        }
        _check(self, bounds)

    @property
    def covered_hours_a_week(self) -> float:
        """Hours with duty in a week."""
        return self.hours_a_day * self.days_a_week

    @property
    def posts_on_duty(self) -> float:
        """How many posts it takes so that one is always on duty, ≥ 1 (the shift relief factor without absence)."""
        return max(self.covered_hours_a_week / self.post_hours_a_week, 1.0)

    @property
    def minutes_a_day(self) -> float:
        """Minutes of work that one post can do, averaged over all days of the week."""
        return min(self.post_hours_a_week, self.covered_hours_a_week) * 60.0 / 7.0 * (1.0 - self.away)

    def posts_for(self, on_duty: int) -> int:
        """Give the posts that it takes to have so many on duty at all hours."""
        return math.ceil(on_duty * self.posts_on_duty - _HAIR)

    def per_hour(self, a_day: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give incidents an hour of duty for incidents a day of the calendar."""
        return np.asarray(a_day, np.float64) * 7.0 / self.covered_hours_a_week

    def peak(self, by_hour: npt.ArrayLike) -> float:
        """Give how many incidents the busiest hour of duty has, over the mean of all, ≥ 1.

        Parameters
        ----------
        by_hour
            Shape (24,): incidents by hour of the day. Those of other hours are taken up evenly over the hours of duty.
        """
        counts = np.asarray(by_hour, np.float64)
        duty = counts[(self.begins + np.arange(self.hours_a_day)) % 24]
        later = (counts.sum() - duty.sum()) / self.hours_a_day
        total = duty.sum() + later * self.hours_a_day
        return float((duty.max() + later) * self.hours_a_day / total) if total > 0 else 1.0

    def as_dict(self) -> dict[str, Any]:
        """Give the shifts as a plain mapping, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Targets:
    """What the posts of a grid should reach.

    Attributes
    ----------
    utilisation
        Most of a post's time that work may take, above 0, at most 1.
    response_min
        Minutes from the report until somebody is there, the way included; None for no target.
    share
        Of the incidents that it must hold for, between 0 and 1; None for their mean.
    utilisation_in_absence
        Most of a post's time that work may take while it covers for an absent one, at least `utilisation`.
    """

    utilisation: float = 0.85
    response_min: float | None = None
    share: float | None = None
    utilisation_in_absence: float = 1.0

    def __post_init__(self) -> None:
        limit = self.response_min
        bounds = {
            "utilisation": (0 < self.utilisation <= 1, "0 … 1"),
            "response_min": (limit is None or 0 < limit < math.inf, "> 0"),
            "share": (self.share is None or 0 < self.share < 1, "0 … 1"),
            "utilisation_in_absence": (self.utilisation <= self.utilisation_in_absence <= 2, f"{self.utilisation} … 2"),
        }
        _check(self, bounds)
        if self.share is not None and limit is None:
            raise InputError(
                t("A share of {share} has no response time.", "比例 {share} 没有对应的响应时限。", share=self.share),
                remedy=t("Give the minutes that it must hold for.", "请给出须满足的分钟数。"),
            )

    def as_dict(self) -> dict[str, Any]:
        """Give the targets as a plain mapping, for JSON."""
        return asdict(self)


def _check(values: object, bounds: dict[str, tuple[bool, str]]) -> None:
    for name, (holds, range_) in bounds.items():
        if not holds:
            raise InputError(
                t("{name} is {value}.", "{name} 的值为 {value}。", name=name, value=getattr(values, name)),
                remedy=t("Give a number in the range {range}.", "请给出 {range} 范围内的数。", range=range_),
            )
