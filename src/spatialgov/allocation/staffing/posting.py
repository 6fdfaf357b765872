"""Which post stands in which grid: with the skills that grids require, and as few changes from today as can be."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.allocation.staffing.roster import Post, Requirement, as_text, check_known
from spatialgov.errors import InputError, TooLargeError
from spatialgov.language import t

__all__ = ["Posting", "assign_posts"]

Floats = npt.NDArray[np.float64]

_MOST_PAIRS = 10_000_000
"""Of posts and places that have to be weighed against one another: 80 MB, two seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Posting:
    """Which post stands in which grid.

    Attributes
    ----------
    posts
        A row a post, in its order: ``post_id``, ``skills``, ``code_today``, ``code``, ``state`` and ``moved_m`` between
        the middles of the grids. States: ``stays``; ``moves`` from another grid; ``placed``, having had none;
        ``spare``, wanted nowhere, which leaves it where it is.
    unmet
        A row for what is not met: ``code``, ``skills``, ``posts`` lacking, ``why`` (``no_post``: there are not enough
        posts; ``no_skill``: not enough posts have these skills; ``few_posts``: the grid gets fewer posts than are to
        have them) and ``reason``, in words.
    """

    posts: pd.DataFrame
    unmet: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Place:
    """A place for one post in a grid."""

    code: str
    skills: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Filled:
    """What is settled so far: post → place, and the places that nobody fills."""

    by_post: dict[int, _Place] = field(default_factory=dict)
    empty: list[_Place] = field(default_factory=list)


def assign_posts(
    posts: Sequence[Post],
    wanted: Mapping[str, int],
    xy_m: Mapping[str, tuple[float, float]],
    requirements: Sequence[Requirement] = (),
) -> Posting:
    """Give every grid its posts.

    Parameters
    ----------
    posts
        All that there are.
    wanted
        Code → number of posts, for every grid.
    xy_m
        Code → middle of the grid, metres.
    requirements
        Skills that some of a grid's posts need.

    Returns
    -------
    Posting
        As many places as can be are filled; then as many requirements as can be are met; then as few posts as can be
        move, and not far. Where there are too few posts, those that have no place in their grid go to grids without any
        first.

    Raises
    ------
    InputError
        When a post or a requirement names a grid that is not wanted, with its row, or a number is none.
    TooLargeError
        When too many posts have to be weighed against too many places.

    Notes
    -----
    A minimum-cost flow from posts to places, each of capacity one, solved as an assignment (Crouse 2016, the shortest
    augmenting paths of `scipy.optimize.linear_sum_assignment`). Posts without a skill that anybody requires keep
    the places without requirement that their grid has: no flow is cheaper without that.
    """
    check_known([post.code for post in posts], {*wanted, ""}, t("posts", "岗位"))
    check_known([one.code for one in requirements], wanted, t("requirements", "技能要求"))
    places, excess = _places(wanted, requirements)
    filled = _keep_plain(posts, places, frozenset().union(*(one.skills for one in requirements)))
    _assign(posts, places, xy_m, filled)
    rows = []
    for i, post in enumerate(posts):
        place = filled.by_post.get(i)
        code = post.code if place is None else place.code
        way = _apart(post.code, code, xy_m)
        state = "spare" if place is None else "stays" if code == post.code else "moves" if post.code else "placed"
        rows.append((post.post_id, as_text(post.skills), post.code, code, state, way))
    table = pd.DataFrame(rows, columns=["post_id", "skills", "code_today", "code", "state", "moved_m"])
    return Posting(table, _unmet(posts, requirements, filled, excess))


def _places(wanted: Mapping[str, int], requirements: Sequence[Requirement]) -> tuple[list[_Place], dict[_Place, int]]:
    """Give the places to be filled, and how many are required beyond a grid's posts."""
    required: dict[str, list[_Place]] = defaultdict(list)
    excess: dict[_Place, int] = defaultdict(int)
    for one in requirements:
        if one.posts < 1 or not one.skills:
            raise InputError(
                t("Grid {code} requires {n} posts with {skills}.", "网格 {code} 要求 {n} 个具备 {skills} 的岗位。",
                  code=one.code, n=one.posts, skills=repr(as_text(one.skills))),
                remedy=t("Name skills, and 1 post or more.", "请给出技能，岗位数不小于 1。"),
            )  # fmt: skip
        place, here = _Place(one.code, one.skills), required[one.code]
        room = min(wanted[one.code] - len(here), one.posts)
        here += [place] * room
        if room < one.posts:
            excess[place] += one.posts - room
    places = []
    for code, n in wanted.items():
        places += [_Place(code)] * (n - len(required[code])) + required[code]
    return places, excess


def _keep_plain(posts: Sequence[Post], places: list[_Place], asked: frozenset[str]) -> _Filled:
    """Leave posts that nobody needs for a skill where they are, and take the places that they fill from the list."""
    here: dict[str, list[int]] = defaultdict(list)
    for i, post in enumerate(posts):
        if post.code and asked.isdisjoint(post.skills):
            here[post.code].append(i)
    filled, left = _Filled(), []
    for place in places:
        if not place.skills and here[place.code]:
            filled.by_post[here[place.code].pop(0)] = place
        else:
            left.append(place)
    places[:] = left
    return filled


def _assign(
    posts: Sequence[Post], places: Sequence[_Place], xy_m: Mapping[str, tuple[float, float]], filled: _Filled
) -> None:
    """Fill the places that are left from the posts that are left."""
    from scipy.optimize import linear_sum_assignment

    free = [i for i in range(len(posts)) if i not in filled.by_post]
    vacancies = max(len(places) - len(free), 0)
    if (len(free) + vacancies) * len(places) > _MOST_PAIRS:
        raise TooLargeError(
            t("{n} posts for {m} places are too many at once.", "一次分配 {n} 个岗位到 {m} 个位置过多。", n=len(free),
              m=len(places)),
            remedy=t("Ask for one subdistrict after the other.", "请按街道分别计算。"),
        )  # fmt: skip
    if not places:
        return
    cost = np.zeros((len(free) + vacancies, len(places)))
    here = np.array([xy_m[posts[i].code] if posts[i].code else (np.nan, np.nan) for i in free]).reshape(-1, 2)
    there = np.array([xy_m[place.code] for place in places])
    apart = np.hypot(here[:, 0, None] - there[:, 0], here[:, 1, None] - there[:, 1])
    farthest = float(np.nanmax(apart, initial=0.0)) or 1.0
    codes = np.array([place.code for place in places], object)
    moves = np.array([posts[i].code for i in free], object)[:, None] != codes if free else np.zeros((0, len(places)))
    n = len(places) + 1
    settled = np.isnan(apart) | ~moves.astype(bool)
    cost[: len(free)] = np.where(settled, 0.0, 1.0 + np.nan_to_num(apart) / (farthest * n))
    lacking = 2.0 * n  # more than all moves together
    for skills in {place.skills for place in places if place.skills}:
        columns = [k for k, place in enumerate(places) if place.skills == skills]
        rows = [r for r in range(len(cost)) if r >= len(free) or not skills <= posts[free[r]].skills]
        cost[np.ix_(rows, columns)] += lacking
    begun = {place.code for place in filled.by_post.values()}
    for k, place in enumerate(places):
        if place.code not in begun:
            begun.add(place.code)
            cost[len(free) :, k] += lacking * n  # more than all skills together: a grid without any post
    for row, column in np.column_stack(linear_sum_assignment(cost)).tolist():
        if row < len(free):
            filled.by_post[free[row]] = places[column]
        else:
            filled.empty.append(places[column])


def _apart(code: str, other: str, xy_m: Mapping[str, tuple[float, float]]) -> float:
    if not code or code == other:
        return 0.0
    return float(np.hypot(*np.subtract(xy_m[code], xy_m[other])))


def _unmet(
    posts: Sequence[Post], requirements: Sequence[Requirement], filled: _Filled, excess: Mapping[_Place, int]
) -> pd.DataFrame:
    lacking: dict[tuple[str, str, str], int] = defaultdict(int)
    unskilled = [place for i, place in filled.by_post.items() if not place.skills <= posts[i].skills]
    for why, places in (("no_post", Counter(filled.empty)), ("no_skill", Counter(unskilled)), ("few_posts", excess)):
        for place, n in places.items():
            lacking[place.code, as_text(place.skills), why] += n
    rows = []
    for (code, skills, why), n in sorted(lacking.items()):
        named = frozenset(skills.split(";")) if skills else frozenset()
        able = sum(named <= post.skills for post in posts)
        asked = sum(one.posts for one in requirements if one.skills == named)
        reason = {
            "no_post": t("There are {n} posts, not enough for all.", "共有 {n} 个岗位，不够分配。", n=len(posts)),
            "no_skill": t(
                "{able} posts have {skills}, {asked} are required.",
                "具备 {skills} 的岗位有 {able} 个，要求 {asked} 个。",
                able=able,
                skills=skills,
                asked=asked,
            ),
            "few_posts": t(
                "The grid gets fewer posts than are to have skills.", "该网格的岗位数少于有技能要求的岗位数。"
            ),
        }[why]
        rows.append((code, skills, n, why, reason))
    return pd.DataFrame(rows, columns=["code", "skills", "posts", "why", "reason"])
