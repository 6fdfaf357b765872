"""How many posts each grid needs, and who gets them when there are too few."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.allocation.staffing.queueing import FORMULA_VERSION, Waiting, waiting
from spatialgov.allocation.staffing.shifts import Shifts, Targets
from spatialgov.columns import require_columns
from spatialgov.errors import InputError
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.time_limit import check_time

__all__ = ["DEMAND", "Staffing", "staffing"]

DEMAND = ("incidents_a_day", "service_min", "service_cv", "way_min", "other_min_a_day")
"""What is known of a grid's work, besides `code` and `kind`."""

_HAIR = 1e-9
_MOST_POSTS = 1_000
"""In one grid; a need beyond it comes from figures that are wrong."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Staffing:
    """Posts for each grid.

    Attributes
    ----------
    grids
        A row a grid: ``code``, ``kind``, ``incidents_a_day``, ``work_min_a_day`` and, of that, ``incident_min_a_day``;
        ``needed`` posts and ``because`` of what (``one``: every grid has one; ``utilisation``; ``response``);
        ``posts`` that it gets, ``short`` of the need; and with those ``on_duty`` (mean number),
        ``uncovered_hours_a_week`` (nobody on duty), ``utilisation``, ``wait_min``, ``way_min``, ``response_min`` (means
        of the busiest hour), ``in_time`` (share of the incidents within the target; NaN without one) and ``met``:
        whether all targets are. Utilisation, wait and response are infinite in a grid without posts.
    shifts, targets, budget, peak
        As they were asked for.
    faults
        Grids that no number of posts can help.
    """

    grids: pd.DataFrame
    shifts: Shifts
    targets: Targets
    budget: int | None
    peak: float
    faults: tuple[Fault, ...]

    @property
    def posts(self) -> dict[str, int]:
        """Code → posts, as `spatialgov.allocation.recommend` takes them: those of grids that get one."""
        given = self.grids[self.grids["posts"] > 0]
        return dict(zip(given["code"].tolist(), given["posts"].tolist(), strict=True))

    def totals(self) -> dict[str, Any]:
        """Give the sums: posts ``needed`` for all targets, ``least`` (one a grid), given, ``short``, and ``spare``."""
        needed, given = int(self.grids["needed"].sum()), int(self.grids["posts"].sum())
        return {
            "grids": len(self.grids),
            "needed": needed,
            "least": len(self.grids),
            "budget": self.budget,
            "posts": given,
            "short": needed - given,
            "grids_short": int((self.grids["short"] > 0).sum()),
            "grids_met": int(self.grids["met"].sum()),
            "spare": 0 if self.budget is None else self.budget - given,
        }

    def basis(self) -> dict[str, Any]:
        """Say what the posts stand on, for a report's JSON."""
        return {
            "queueing_version": FORMULA_VERSION,
            "shifts": self.shifts.as_dict(),
            "targets": self.targets.as_dict(),
            "peak": self.peak,
            "budget": self.budget,
        }


def staffing(
    demand: pd.DataFrame,
    shifts: Shifts | None = None,
    targets: Targets | None = None,
    *,
    budget: int | None = None,
    peak: float = 1.0,
) -> Staffing:
    """Say how many posts each grid needs, and who gets them when there are too few.

    Parameters
    ----------
    demand
        A row a grid: ``code``, ``kind`` and `DEMAND`, as `spatialgov.allocation.staffing.grid_demand` gives them:
        incidents a day of the calendar; mean minutes that one takes a post, ways included, and their coefficient of
        variation; minutes of the way there; minutes a day of all other work, which is laid down for an incident.
    shifts, targets
        When somebody is on duty, and what is asked.
    budget
        Posts for all grids; None for as many as are needed.
    peak
        Incidents in the busiest hour of duty over the mean: waiting is that of this hour.

    Returns
    -------
    Staffing
        With a budget that is too small each grid gets its first post before any gets a second; then posts go where
        they leave least work undone, then least delay beyond the target. When there are fewer posts than grids, some
        get none.

    Raises
    ------
    MissingColumnError
        When the demand lacks a column.
    InputError
        When a figure is none, with its row, the budget is negative, or a code comes twice.

    Notes
    -----
    A post is away for a share of its hours; handling takes longer by as much (effective process time, Hopp & Spearman
    2000, Factory Physics, ch. 8). Posts are shared out one by one, each to the grid that it helps most. That is
    the best that can be done, because each further post helps a grid less (marginal allocation, Fox 1966; for waiting
    Dyer & Proll 1977). Where posts don't suffice for one more on duty at all hours, it is so for a part of the hours,
    and delays are mixed accordingly.
    """
    shifts, targets = shifts or Shifts(), targets or Targets()
    figures = _checked(demand, budget, peak)
    need = _Need(figures, shifts, targets, peak)
    posts = need.posts
    if budget is not None and budget < int(posts.sum()):
        posts = need.shared_out(budget)
    table = need.table(demand, posts)
    return Staffing(table, shifts, targets, budget, peak, _faults(table, need.hopeless, targets))


class _Need:
    """The posts that grids need, and what fewer would mean."""

    def __init__(self, figures: dict[str, Floats], shifts: Shifts, targets: Targets, peak: float) -> None:
        self.shifts, self.targets = shifts, targets
        self.a_day, self.way = figures["incidents_a_day"], figures["way_min"]
        self.per_hour = shifts.per_hour(self.a_day) * peak
        self.service = figures["service_min"] / (1.0 - shifts.away)
        self.cv = figures["service_cv"]
        self.incident_work = self.a_day * figures["service_min"]
        self.work = self.incident_work + figures["other_min_a_day"]
        limit = targets.response_min
        asked = self.a_day > 0
        if limit is None:
            self.hopeless = np.zeros(len(asked), bool)
        else:
            self.hopeless = asked & (self.way > limit if targets.share is not None else self.way >= limit)
        by_work = np.ceil(self.work / (targets.utilisation * shifts.minutes_a_day) - _HAIR)
        self._require_sane(np.maximum(by_work, self.per_hour * self.service / 60.0))
        self.on_duty = self._least_on_duty()
        rostered = np.array([shifts.posts_for(c) for c in self.on_duty.tolist()], np.int64)
        self.posts: Ints = np.maximum(by_work.astype(np.int64), rostered)
        one = shifts.posts_for(1)
        causes = np.where(rostered >= by_work, "response", "utilisation")
        self.because = np.where(self.posts <= one, "one", causes).astype(object)

    def _require_sane(self, least: Floats) -> None:
        if (least > _MOST_POSTS).any():
            row = int(np.argmax(least))
            raise InputError(
                t("Row {row} of the grids needs {n:.0f} posts.", "第 {row} 行网格需要 {n:.0f} 个岗位。", row=row + 1,
                  n=least[row]),
                remedy=t("Check its minutes and its incidents.", "请检查其时长与事件数。"),
            )  # fmt: skip

    def _least_on_duty(self) -> Ints:
        """Give the fewest posts on duty that keep up in the busiest hour and keep to the response time."""
        c = np.floor(self.per_hour * self.service / 60.0 + _HAIR).astype(np.int64) + 1
        left = np.flatnonzero((self.a_day > 0) & ~self.hopeless)
        while len(left) and self.targets.response_min is not None:
            check_time()
            left = left[~self._in_time(left, self._waiting(left, c[left]))]
            c[left] += 1
            if (c > _MOST_POSTS).any():
                self._require_sane(c.astype(np.float64))
        return c

    def _waiting(self, rows: Ints | slice, servers: npt.ArrayLike) -> Waiting:
        return waiting(self.per_hour[rows], self.service[rows], self.cv[rows], servers)

    def _share_in_time(self, rows: Ints | slice, found: Waiting) -> Floats:
        return 1.0 - found.later_than((self.targets.response_min or 0.0) - self.way[rows])

    def _in_time(self, rows: Ints | slice, found: Waiting) -> Bools:
        limit, share = self.targets.response_min, self.targets.share
        if limit is None:
            return np.isfinite(found.mean_min)
        if share is None:
            kept: Bools = self.way[rows] + found.mean_min <= limit
            return kept
        return self._share_in_time(rows, found) >= share

    def shared_out(self, budget: int) -> Ints:
        """Give the posts within a budget, those that help most."""
        undone, late = self._undone(), self._late()
        m = np.arange(int(self.posts.max(initial=0)))
        first = np.broadcast_to(m == 0, (len(self.posts), len(m)))
        grid, place = np.nonzero(m < self.posts[:, None])
        # rounded, so that what is equal compares equal
        gains = [np.round(-np.diff(cost, axis=1)[grid, place], 9) for cost in (late, undone)]
        order = np.lexsort((grid, place, -gains[0], -gains[1], ~first[grid, place]))
        return np.bincount(grid[order[:budget]], minlength=len(self.posts)).astype(np.int64)

    def _undone(self) -> Floats:
        """Give the minutes of work a day that 0, 1, 2 … posts leave undone, shape (n, most + 1)."""
        m = np.arange(int(self.posts.max(initial=0)) + 1)
        done = self.targets.utilisation * self.shifts.minutes_a_day * m
        return np.maximum(self.work[:, None] - done, 0.0)

    def _late(self) -> Floats:
        """Give the delay beyond the target of a day's incidents with 0, 1, 2 … posts, shape (n, most + 1).

        Minutes where the target is a mean or there is none, incidents where it is a share.
        """
        most = int(self.on_duty.max(initial=1)) + 2
        late = np.empty((len(self.posts), most + 1))
        for c in range(1, most + 1):
            check_time()
            late[:, c] = self._late_on_duty(c)
        for c in range(most - 2, 0, -1):  # where posts can't keep up, each one lacking costs at least what the next did
            worse = late[:, c + 1] + np.maximum(late[:, c + 1] - late[:, c + 2], 0.0)
            late[:, c] = np.where(np.isinf(late[:, c]), worse, late[:, c])
        until_next = 1.0 if self.targets.share is not None else 30.0 * self.shifts.hours_a_day
        late[:, 0] = late[:, 1] + np.maximum(late[:, 1] - late[:, 2], self.a_day * until_next)
        on_duty = np.arange(int(self.posts.max(initial=0)) + 1) / self.shifts.posts_on_duty
        below = np.minimum(np.floor(on_duty + _HAIR).astype(np.int64), most - 1)
        part = np.clip(on_duty - below, 0.0, 1.0)
        mixed: Floats = late[:, below] * (1.0 - part) + late[:, below + 1] * part
        return mixed

    def _late_on_duty(self, c: int) -> Floats:
        found, limit, share = self._waiting(slice(None), c), self.targets.response_min, self.targets.share
        if share is not None:
            beyond = np.maximum(share - self._share_in_time(slice(None), found), 0.0)
            beyond = np.where(np.isinf(found.mean_min), np.inf, beyond)
        else:
            beyond = np.maximum(self.way + found.mean_min - (limit or 0.0), 0.0)
        late: Floats = self.a_day * beyond
        return late

    def table(self, demand: pd.DataFrame, posts: Ints) -> pd.DataFrame:
        """Give a row a grid, see `Staffing.grids`."""
        everywhere, there = slice(None), posts > 0
        on_duty = posts / self.shifts.posts_on_duty
        found = self._waiting(everywhere, np.maximum(np.floor(on_duty + _HAIR), 1).astype(np.int64))
        wait = np.where(there, found.mean_min, np.inf)
        with np.errstate(divide="ignore", invalid="ignore"):
            utilisation = np.where(there, self.work / (posts * self.shifts.minutes_a_day), np.inf)
        uncovered = np.maximum(1.0 - on_duty, 0.0) * self.shifts.covered_hours_a_week
        has_target = self.targets.response_min is not None
        in_time = np.where(there, self._share_in_time(everywhere, found), 0.0) if has_target else np.nan
        kept = (self.a_day == 0) | self._in_time(everywhere, found)
        met = there & (uncovered <= _HAIR) & kept & (utilisation <= self.targets.utilisation + _HAIR)
        return pd.DataFrame(
            {
                "code": demand["code"].to_numpy(object),
                "kind": demand["kind"].to_numpy(object),
                "incidents_a_day": self.a_day,
                "work_min_a_day": self.work,
                "incident_min_a_day": self.incident_work,
                "needed": self.posts,
                "because": self.because,
                "posts": posts,
                "short": self.posts - posts,
                "on_duty": on_duty,
                "uncovered_hours_a_week": uncovered,
                "utilisation": utilisation,
                "wait_min": wait,
                "way_min": self.way,
                "response_min": wait + self.way,
                "in_time": in_time,
                "met": met,
            }
        )


def _checked(demand: pd.DataFrame, budget: int | None, peak: float) -> dict[str, Floats]:
    require_columns(t("grids", "网格"), ("code", "kind", *DEMAND), demand.columns)
    figures = {}
    for name in DEMAND:
        values = pd.to_numeric(demand[name], errors="coerce").to_numpy(np.float64)
        if (wrong := ~(np.isfinite(values) & (values >= 0))).any():
            row = int(np.flatnonzero(wrong)[0])
            raise InputError(
                t("Row {row} of the grids, column {column}: {value}.", "网格第 {row} 行 {column} 列：{value}。",
                  row=row + 1, column=name, value=repr(demand[name].tolist()[row])),
                remedy=t("Give a number, zero or more.", "请给出非负数。"),
            )  # fmt: skip
        figures[name] = values
    if (again := demand["code"].duplicated()).any():
        row = int(np.flatnonzero(again.to_numpy())[0])
        raise InputError(
            t("Row {row} of the grids: {code} comes again.", "网格第 {row} 行：{code} 重复。", row=row + 1,
              code=repr(demand["code"].iloc[row])),
            remedy=t("Give each grid one row.", "每个网格只列一行。"),
        )  # fmt: skip
    if budget is not None and budget < 0:
        raise InputError(
            t("A budget of {n} posts.", "岗位预算为 {n}。", n=budget), remedy=t("Give 0 or more.", "请给出非负整数。")
        )
    if not 1 <= peak < np.inf:
        raise InputError(
            t("The peak is {value}.", "高峰系数为 {value}。", value=peak),
            remedy=t("Give 1 or more: the busiest hour over the mean.", "请给出不小于 1 的数：最忙一小时与均值之比。"),
        )
    return figures


def _faults(table: pd.DataFrame, hopeless: Bools, targets: Targets) -> tuple[Fault, ...]:
    """List the grids whose way alone takes longer than the target."""
    return tuple(
        Fault(
            "way_too_long",
            t(
                "The way alone takes {way:.1f} minutes: no number of posts keeps the target of {target:g}.",
                "仅路程就需 {way:.1f} 分钟，增加岗位无法达到 {target:g} 分钟的目标。",
                way=row["way_min"],
                target=targets.response_min,
            ),
            t(
                "Make the grid smaller or the way quicker, or allow more than {least:.1f} minutes.",
                "请缩小网格、加快通行，或将目标放宽到 {least:.1f} 分钟以上。",
                least=row["way_min"],
            ),
            "warning",
            item=str(row["code"]),
        )
        for row in table[hopeless].to_dict("records")
    )
