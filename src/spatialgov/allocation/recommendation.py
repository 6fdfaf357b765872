"""One recommendation: what to change, what it gains, what it costs, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from spatialgov.allocation.band import Limit, Limits
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.plan import Plan

__all__ = ["KINDS", "Costs", "Kind", "Recommendation", "reason_for", "taken", "with_needs"]

Kind = Literal["split", "merge", "move", "dedicate", "staff"]
KINDS: tuple[Kind, ...] = ("split", "merge", "move", "dedicate", "staff")

Held = Mapping[str, Mapping[Limit, float]]
"""Code → what the grid holds of each quantity that is limited."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What changes cost, in minutes of work: assumptions, to tell which of two cures is cheaper.

    Attributes
    ----------
    minutes_per_household_moved
        Once: the register, the notice, the visit.
    minutes_per_post
        A month of one more post.
    months
        So long a post is counted.
    """

    minutes_per_household_moved: float = 30.0
    minutes_per_post: float = 21.75 * 8 * 60
    months: float = 12.0

    def of(self, households_moved: int, posts_added: int) -> float:
        """Give the minutes; a post that becomes free is not counted against what is moved."""
        posts = max(posts_added, 0) * self.minutes_per_post * self.months
        return households_moved * self.minutes_per_household_moved + posts

    def as_dict(self) -> dict[str, float]:
        """Give the costs as a plain mapping, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One change of a plan, measured before and after.

    Attributes
    ----------
    kind
        ``split`` a grid, ``merge`` one into others, ``move`` units between grids, ``dedicate`` ground to a grid of its
        own that is exempt from the limits, or ``staff`` a grid with more posts.
    grids
        Codes of the grids that it touches.
    households_moved
        Households that would belong to another grid.
    before, after
        Code → households of those grids. A new grid has a placeholder code (the split grid's, ``-2``, ``-3`` …).
    moves
        Unit → code, as `Plan.move` takes it.
    grids_gained, households_gained
        Fewer grids outside their limits, and fewer households above or below the band.
    reason
        For a planner, in the language in force when it was made.
    kinds
        Code → kind of new grids that are not general.
    posts
        Code → posts that the grid needs (``staff``).
    cost_minutes
        What it costs, see `Costs`.
    further
        Of area and workload, where they are limited: ``before`` and ``after``, code → number.
    needs
        Places in the list, from 1, of those that must be taken before: they change the same grids.
    """

    kind: Kind
    grids: tuple[str, ...]
    households_moved: int
    before: Mapping[str, int]
    after: Mapping[str, int]
    moves: Mapping[str, str]
    grids_gained: int
    households_gained: int
    reason: str
    kinds: Mapping[str, str] = field(default_factory=dict)
    posts: Mapping[str, int] = field(default_factory=dict)
    cost_minutes: float = 0.0
    further: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    needs: tuple[int, ...] = ()

    @property
    def rank(self) -> tuple[float, float, tuple[str, ...]]:
        """What the list is ordered by: minutes for each grid that comes inside its limits, then for each household."""
        return self.cost_minutes / self.grids_gained, -self.households_gained, self.grids

    @property
    def touched(self) -> set[str]:
        """Codes of the grids that it changes, makes or dissolves."""
        return {*self.before, *self.after}

    def as_dict(self) -> dict[str, Any]:
        """Give the recommendation as a plain mapping, for JSON."""
        return asdict(self)


def with_needs(recommendations: Sequence[Recommendation], number: int) -> list[int]:
    """Give the numbers, from 1, of what must be taken to take one: those it needs first, itself last.

    Raises
    ------
    InputError
        When the list has no such number.
    """
    if not 1 <= number <= len(recommendations):
        raise InputError(
            t("There is no recommendation {n}.", "没有第 {n} 条建议。", n=number),
            remedy=t("The list has {n}: ask for it anew.", "清单共 {n} 条：请重新查看。", n=len(recommendations))
            if recommendations
            else t("There is nothing to recommend.", "目前没有建议。"),
        )
    wanted, chosen = [number], set()
    while wanted:
        one = wanted.pop()
        if one not in chosen:
            chosen.add(one)
            wanted += recommendations[one - 1].needs
    return sorted(chosen)


def taken(plan: Plan, recommendations: Iterable[Recommendation]) -> Plan:
    """Give the plan after taking recommendations, in their order; those that they need have to be among them."""
    for one in recommendations:
        if one.moves:
            plan = plan.move(one.moves, kinds=one.kinds)
    return plan


def reason_for(
    kind: Kind,
    limits: Limits,
    before: Held,
    after: Held,
    posts: Mapping[str, int],
    *,
    n_units: int = 0,
    needed: Mapping[str, int] | None = None,
    use: str = "",
) -> str:
    """Say why and what, in the language in force.

    Parameters
    ----------
    before, after
        What the grids hold that change.
    posts
        Of the grids before.
    n_units
        So many units move.
    needed
        Code → posts that a grid needs, for ``staff``.
    use
        Kind of the units that are dedicated.
    """
    broken = _broken(limits, before, posts)
    households = {code: round(held["households"]) for code, held in after.items()}
    first = next(iter(before))
    if kind == "split":
        parts = " + ".join(str(n) for n in households.values())
        todo = t("split it into {parts} households.", "拆分为 {parts} 户。", parts=parts)
        if len(before) > 1:
            todo = t("split it; households then: {counts}.", "拆分，调整后户数：{counts}。", counts=_counts(households))
    elif kind == "merge":
        gone = next(code for code in before if code not in after)
        todo = t(
            "merge {gone} into its neighbours: {counts} households.",
            "将 {gone} 并入相邻网格：{counts} 户。",
            gone=gone,
            counts=_counts(households),
        )
    elif kind == "move":
        todo = t(
            "move {n} unit(s); households then: {counts}.",
            "调整 {n} 个基本单元，调整后户数：{counts}。",
            n=n_units,
            counts=_counts(households),
        )
    elif kind == "dedicate":
        new = next(code for code in after if code not in before)
        todo = t(
            "make its {use} ground ({n} unit(s), {count} households) the dedicated grid {new}.",
            "将其中的{use}用地（{n} 个单元、{count} 户）划为专属网格 {new}。",
            use=use,
            n=n_units,
            count=households[new],
            new=new,
        )
    else:
        todo = t(
            "no boundary helps for less: give it {n} posts.",
            "调整边界无效或代价更高：配备 {n} 个岗位。",
            n=(needed or {})[first],
        )
    return t("{why}: {todo}", "{why}：{todo}", why=broken, todo=todo)


def _broken(limits: Limits, before: Held, posts: Mapping[str, int]) -> str:
    """Name the limits that the grids break, with the figures."""
    said = []
    for code, held in before.items():
        n = posts.get(code, 1)
        for name, miss in limits.miss(held, n).items():
            if miss == 0:
                continue
            band = limits.band(name, n)
            over = held[name] > band.most
            values = {"code": code, "held": _figure(name, held[name])}
            values["limit"] = _figure(name, band.most if over else band.least)
            said.append(
                t("grid {code} has {held}, more than {limit}", "网格 {code} 有{held}，超过{limit}", **values)
                if over
                else t("grid {code} has {held}, fewer than {limit}", "网格 {code} 仅{held}，不足{limit}", **values)
            )
    text = t("; ", "；").join(said)
    return text[:1].upper() + text[1:]


def _figure(name: Limit, value: float) -> str:
    if name == "households":
        return t("{n} households", " {n} 户", n=round(value))
    if name == "area_m2":
        return t("{n:.2f} km²", " {n:.2f} 平方千米", n=value / 1e6)
    return t("{n:.0f} minutes of work a day", "日工作量 {n:.0f} 分钟", n=value)


def _counts(households: Mapping[str, int]) -> str:
    return t(", ", "、").join(f"{code} {n}" for code, n in households.items())
