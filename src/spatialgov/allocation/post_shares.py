"""Posts shared out to grids by their work, with few changes: where posts go when there are fewer, or come to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.allocation.band import posts_of, workload_limits
from spatialgov.errors import InfeasibleError, InputError, NotFoundError
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.plan import Plan

__all__ = ["FORMULA_VERSION", "PostShares", "post_shares", "share_posts"]

FORMULA_VERSION = "1"
"""Of the rule in `share_posts`."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class PostShares:
    """The posts of the grids before and after a change.

    Attributes
    ----------
    limit_minutes
        Least and most minutes a day of a post: the mean of the posts before, with the tolerance.
    before, after
        A row a grid: ``code``, ``kind``, ``workload`` (minutes a day), ``posts``, ``over`` (bool: more work than its
        posts should carry; False for grids that are not general). `after` also has ``posts_before``: those of the
        grid that it continues, 0 for a new one.
    """

    limit_minutes: tuple[float, float]
    before: pd.DataFrame
    after: pd.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Give the sums of both for JSON, and their grids that have not one post each, too much work, or a change."""
        return {
            "formula_version": FORMULA_VERSION,
            "limit_minutes": list(self.limit_minutes),
            "before": self._figures(self.before),
            "after": self._figures(self.after),
        }

    def _figures(self, table: pd.DataFrame) -> dict[str, Any]:
        posts, work = table["posts"].to_numpy(np.int64), table["workload"].to_numpy(np.float64)
        general = table["kind"].to_numpy() == "general"
        told = (posts != 1) | table["over"].to_numpy() | (posts != table.get("posts_before", table["posts"]).to_numpy())
        needed = np.maximum(np.ceil(work / self.limit_minutes[1] - 1e-9), 1)
        return {
            "posts": int(posts.sum()),
            "without_post": int((posts == 0).sum()),
            "over": int(table["over"].sum()),
            "most_minutes": float((work / np.maximum(posts, 1))[general & (posts > 0)].max(initial=0.0)),
            "needed": int(np.where(general, needed, posts).sum()),
            "grids": table[told].drop(columns="kind").to_dict("records"),
        }


def share_posts(workload: Floats, posts: Ints, total: int, fixed: Bools | None = None) -> Ints:
    """Share out posts with as few changes as lead to the total.

    A post that goes is taken where what is left carries the least work each; one that comes is given where a post
    carries most (Adams's rule: the next post goes to the largest workload / posts, to grids without one first). Then
    grids without a post get one of those that can best spare it, as long as any has two.

    Parameters
    ----------
    workload
        Minutes a day of each grid, shape (k,).
    posts
        Where each grid starts, shape (k,).
    total
        How many there are to be.
    fixed
        Grids that keep their posts, shape (k,); none when not given.

    Returns
    -------
    int64, shape (k,)

    Raises
    ------
    InfeasibleError
        When the grids that keep theirs hold more than there are, or hold all that change.
    """
    held = posts.astype(np.int64)
    free = np.ones(len(held), bool) if fixed is None else ~fixed
    least = int(held[~free].sum())
    if total < least or (total > least and not free.any()):
        raise InfeasibleError(
            t("{n} posts can't be shared out: {kept} are bound to grids.",
              "{n} 个岗位无法分配：其中 {kept} 个已限定网格。", n=total, kept=least),
            remedy=t("Take fewer posts away, or name fewer grids.", "请减少撤销的岗位，或少指定网格。"),
        )  # fmt: skip
    first = 1.0 + float(workload.max(initial=0.0))  # above any work for each post

    def relief() -> Floats:
        """What a post more would relieve."""
        return np.where(held == 0, first + workload, workload / np.maximum(held, 1))

    def burden(fewest: int) -> Floats:
        """What those that are left would carry with a post less."""
        left = np.where(held == 1, first + workload, workload / np.maximum(held - 1, 1))
        return np.where(free & (held >= fewest), left, np.inf)

    while (missing := total - int(held.sum())) != 0:
        if missing > 0:
            held[np.argmax(np.where(free, relief(), -np.inf))] += 1
        else:
            held[np.argmin(burden(1))] -= 1
    while (free & (held == 0)).any() and (free & (held >= 2)).any():
        taken, given = np.argmin(burden(2)), np.argmax(np.where(free & (held == 0), relief(), -np.inf))
        held[taken] -= 1
        held[given] += 1
    return held


def post_shares(
    before: "Plan",
    after: "Plan",
    continues: Mapping[str, str],
    *,
    posts: Mapping[str, int] | None = None,
    change: int = 0,
    changes: Mapping[str, int] | None = None,
    tolerance: float,
) -> PostShares:
    """Share the posts of a plan out to the grids of another one.

    Parameters
    ----------
    before, after
        Plans of the same units, which have a ``workload`` (minutes a day).
    continues
        Code of a grid of `after` → code of the grid of `before` that it continues.
    posts
        Code → posts of the grids of `before`; 1 where it says nothing.
    change
        So many posts more (negative: fewer) in all, besides `changes`.
    changes
        Code of a grid of `before` → posts more. The grid that continues it keeps what it then has.
    tolerance
        Relative deviation from the mean workload of a post before that is allowed.

    Raises
    ------
    InputError
        When a grid would have fewer than no posts, posts are no counts, or there is no workload.
    NotFoundError
        When a grid is not there.
    InfeasibleError
        When there are not so many posts.
    """
    _require(before, [*(posts or {}), *(changes or {})])
    start = dict(zip(before.codes, posts_of(before.codes, posts).tolist(), strict=True))
    limit = workload_limits(before, tolerance, posts)
    held = dict(start)
    for code, more in (changes or {}).items():
        held[code] += more
        if held[code] < 0:
            raise InputError(
                t("Grid {code} has {n} posts: {more} can't go.", "网格 {code} 有 {n} 个岗位，无法撤销 {more} 个。",
                  code=code, n=start[code], more=-more),
                remedy=t("Take fewer away.", "请减少撤销的岗位。"),
            )  # fmt: skip
    total = sum(held.values()) + change
    if total < 0:
        raise InfeasibleError(
            t("There are {n} posts: {more} can't go.", "共有 {n} 个岗位，无法撤销 {more} 个。",
              n=total - change, more=-change),
            remedy=t("Take fewer away.", "请减少撤销的岗位。"),
        )  # fmt: skip
    origin = [continues.get(code) for code in after.codes]
    begin = np.array([0 if code is None else held[code] for code in origin], np.int64)
    named = np.array([code in (changes or {}) for code in origin], bool)
    kept = named | (after.table["kind"].to_numpy() != "general") & (begin > 0)
    shared = share_posts(after.tally.workload, begin, total, kept)
    table = _table(after, shared, limit[1])
    table["posts_before"] = [0 if code is None else start[code] for code in origin]
    return PostShares(limit, _table(before, np.array(list(start.values()), np.int64), limit[1]), table)


def _table(plan: "Plan", posts: Ints, most: float) -> pd.DataFrame:
    work, kind = plan.tally.workload, plan.table["kind"].to_numpy(object)
    over = (kind == "general") & (work > posts * most * (1 + 1e-9))
    return pd.DataFrame({"code": plan.codes, "kind": kind, "workload": work, "posts": posts, "over": over})


def _require(plan: "Plan", codes: list[str]) -> None:
    known = set(plan.codes)
    if unknown := [code for code in codes if code not in known]:
        raise NotFoundError(
            t("There is no grid {code}.", "没有网格 {code}。", code=unknown[0]),
            remedy=t("Name grids of the plan that the scenario starts from.", "请使用情景所依据方案中的网格编码。"),
        )
