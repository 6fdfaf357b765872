"""The limits that a grid should keep: a band of households, of area and of workload; and the review against them."""

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from spatialgov.columns import require_columns
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.vector_io import numbers, read_table, texts

if TYPE_CHECKING:
    from spatialgov.plan import Plan

__all__ = ["HOUSEHOLDS", "Band", "Limit", "Limits", "State", "posts_of", "read_posts", "review", "workload_limits"]

HOUSEHOLDS = (300, 500)
"""A base grid's households (基础网格), as cities ask for."""

State = Literal["under", "within", "over", "exempt"]
Limit = Literal["households", "area_m2", "workload"]
"""What a grid may break. Workload is in minutes a day."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Band:
    """Least and most of something in a grid, both allowed."""

    least: float
    most: float

    @classmethod
    def of(cls, households: tuple[float, float], name: str | None = None) -> Self:
        """Make a band from (least, most); `name` says of what in the error, households by default.

        Raises
        ------
        InputError
            When the least is negative or above the most.
        """
        least, most = households
        if not 0 <= least <= most:
            raise InputError(
                t(
                    "{a}–{b} {what} is no band.",
                    "{a}–{b} {what}不是有效区间。",
                    a=_number(least),
                    b=_number(most),
                    what=name or t("households", "户"),
                ),
                remedy=t("Give the fewest first, then the most: 300 500.", "请先给下限再给上限：300 500。"),
            )
        return cls(least, most)

    def beyond(self, held: npt.ArrayLike) -> Floats:
        """Give what lies above the band (positive), below it (negative), or 0 within."""
        count = np.asarray(held, dtype=np.float64)
        return count - np.clip(count, self.least, self.most)

    @overload
    def miss(self, held: int) -> int: ...
    @overload
    def miss(self, held: float) -> float: ...
    def miss(self, held: float) -> float:
        """Give by how much one grid misses the band, ≥ 0."""
        return max(self.least - held, held - self.most, 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """What every general grid should keep.

    Attributes
    ----------
    households
        Fewest and most.
    area_m2
        Least and most; None for no limit.
    workload
        Least and most minutes a day for each post; None for no limit.

    Notes
    -----
    The most of households and of workload, and the least of workload, are those of one post: a grid with two posts
    (一格多员) may hold twice as much.
    """

    households: tuple[float, float] = HOUSEHOLDS
    area_m2: tuple[float, float] | None = None
    workload: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        names = {
            "households": None,
            "area_m2": t("m²", " 平方米"),
            "workload": t("minutes of work a day", " 分钟/日工作量"),
        }
        for name, called in names.items():
            if (pair := getattr(self, name)) is not None:
                Band.of(pair, called)

    @property
    def names(self) -> tuple[Limit, ...]:
        """What is limited, households first."""
        others: tuple[Limit, ...] = ("area_m2", "workload")
        return ("households", *(name for name in others if getattr(self, name) is not None))

    def band(self, name: Limit, posts: int = 1) -> Band:
        """Give the band of a grid with so many posts."""
        least, most = getattr(self, name)
        if name == "area_m2":
            return Band(least, most)
        return Band(least * posts if name == "workload" else least, most * posts)

    def miss(self, held: Mapping[Limit, float], posts: int = 1) -> dict[Limit, float]:
        """Give by how much one grid misses each limit, ≥ 0; a hair's breadth of a rounded sum is no miss."""
        return {name: _less_a_hair(self.band(name, posts).miss(held[name]), held[name]) for name in self.names}

    def as_dict(self) -> dict[str, Any]:
        """Give the limits as a plain mapping, for JSON."""
        return asdict(self)


def _number(value: float) -> str:
    return f"{value:.0f}" if math.isfinite(value) and value == round(value) else str(value)


def _less_a_hair(miss: float, held: float) -> float:
    return miss if miss > 1e-9 * max(held, 1.0) else 0.0


def review(
    grids: gpd.GeoDataFrame,
    *,
    households: tuple[int, int] = HOUSEHOLDS,
    limits: Limits | None = None,
    posts: Mapping[str, int] | None = None,
) -> gpd.GeoDataFrame:
    """Hold every grid against its limits.

    Parameters
    ----------
    grids
        ``code``, ``kind`` and ``households``, ``area_m2``, and ``workload`` where it is limited: `Plan.grids`.
    households
        Fewest and most households of a grid, where no `limits` are given.
    limits
        All limits.
    posts
        Code → posts; 1 where it says nothing.

    Returns
    -------
    geopandas.GeoDataFrame
        The grids with ``state`` of their households (``under``, ``within``, ``over``; ``exempt`` for dedicated grids
        and for unit grids, which are cut by area) and ``households_beyond`` int64 (above the band positive, below it
        negative, else 0); of further limits ``area_m2_beyond`` and ``workload_beyond``; and ``broken``, the limits
        that the grid breaks, with commas between.

    Raises
    ------
    InputError
        When a band is none, or posts are no counts of 1 or more.
    """
    limits = limits or Limits(households)
    staff = posts_of(grids["code"].tolist() if "code" in grids else [""] * len(grids), posts)
    bound = grids["kind"].to_numpy() == "general"
    found: dict[str, npt.NDArray[Any]] = {}
    for name in limits.names:
        held = grids[name].to_numpy(np.float64)
        beyond = [limits.band(name, n).beyond(x) for x, n in zip(held, staff.tolist(), strict=True)]
        found[name] = np.where(bound, np.array(beyond, np.float64).reshape(len(grids)), 0.0)
        found[name][np.abs(found[name]) <= 1e-9 * np.maximum(held, 1.0)] = 0.0
    first = found["households"]
    reviewed = grids.copy()
    place = len(reviewed.columns) - 1
    broken = [",".join(name for name in limits.names if found[name][row]) for row in range(len(grids))]
    state = np.select([~bound, first < 0, first > 0], ["exempt", "under", "over"], "within")
    columns = {
        "state": state.astype(object),
        "households_beyond": first.astype(np.int64),
        **{f"{name}_beyond": found[name] for name in limits.names[1:]},
        "broken": np.array(broken, dtype=object),
    }
    for i, (column, values) in enumerate(columns.items()):
        reviewed.insert(place + i, column, values)
    return reviewed


def posts_of(codes: list[str], posts: Mapping[str, int] | None) -> Ints:
    """Give the posts of grids, 1 where nothing is said.

    Raises
    ------
    InputError
        When a number is no count of 1 or more.
    """
    given = posts or {}
    for code, n in given.items():
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise InputError(
                t("Grid {code} has {n} posts.", "网格 {code} 的岗位数为 {n}。", code=code, n=repr(n)),
                remedy=t("Every grid has at least one post: 1, 2, 3 …", "每个网格至少一个岗位：1、2、3……"),
            )
    return np.array([given.get(code, 1) for code in codes], dtype=np.int64)


def read_posts(path: str | Path) -> dict[str, int]:
    """Read the posts of grids from a table of ``code`` and ``posts``.

    Raises
    ------
    UnreadableFileError, MissingColumnError
        When the file can't be read, or a column is not there.
    InputError
        When a number is no count of 1 or more, or a code stands twice, with its row.
    """
    table, file = read_table(path), Path(path).name
    require_columns(file, ("code", "posts"), table.columns)
    codes, (counts, wrong) = texts(table["code"]), numbers(table["posts"])
    posts: dict[str, int] = {}
    for row, (code, n) in enumerate(zip(codes.tolist(), counts.tolist(), strict=True), start=1):
        bad = bool(wrong[row - 1]) or not (n >= 1 and n == int(n))
        if bad or not code or code in posts:
            column, value = ("posts", table["posts"].iloc[row - 1]) if bad else ("code", code)
            raise InputError(
                t(
                    "{file}, row {row}, column {column}: {value}.",
                    "{file} 第 {row} 行 {column} 列：{value}。",
                    file=file,
                    row=row,
                    column=column,
                    value=repr(value),
                ),
                remedy=t(
                    "Give each grid once, with a whole number of posts of 1 or more.",
                    "每个网格列一次，岗位数为不小于 1 的整数。",
                ),
            )
        posts[code] = int(n)
    return posts


def workload_limits(
    plan: "Plan",
    tolerance: float,
    posts: Mapping[str, int] | None = None,
    *,
    among: Collection[str] | None = None,
) -> tuple[float, float]:
    """Give the band of workload about the mean of general grids, minutes a day for each post.

    Parameters
    ----------
    plan, posts
        As for `spatialgov.allocation.recommend`.
    tolerance
        Share of the mean.
    among
        Codes of the grids whose mean it is; all of the plan by default.

    Raises
    ------
    InputError
        When the tolerance is not above 0, or there is no workload to share.
    """
    if not 0 < tolerance < math.inf:
        raise InputError(
            t("The tolerance is {value}.", "容差为 {value}。", value=tolerance),
            remedy=t("Give a share above 0: 0.25 is 25 %.", "请给出大于 0 的比例：0.25 即 25%。"),
        )
    general = plan.table["kind"].to_numpy() == "general"
    if among is not None:
        general &= plan.table["code"].isin(among).to_numpy()
    staff = posts_of(plan.codes, posts)
    total = float(plan.tally.workload[general].sum())
    if total <= 0:
        raise InputError(
            t("The units have no workload.", "基本单元没有工作量数据。"),
            remedy=t("Load a workload, or compute it by a profile.", "请导入工作量，或按参数计算。"),
        )
    mean = total / float(staff[general].sum())
    return max(mean * (1 - tolerance), 0.0), mean * (1 + tolerance)
