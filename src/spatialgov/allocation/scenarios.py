"""Scenarios: what would become of a plan if its grids held other numbers, communities were joined, or posts went."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, Self, get_args

from spatialgov.allocation.band import HOUSEHOLDS, Band, Limits, review
from spatialgov.allocation.post_shares import PostShares, post_shares
from spatialgov.allocation.profiles import WorkloadProfile, profile_named
from spatialgov.allocation.recommendation import taken
from spatialgov.allocation.recommending import recommend
from spatialgov.errors import InputError, NotFoundError
from spatialgov.language import t
from spatialgov.measures import MEASURES
from spatialgov.nesting import levels_of_units, merged_units, parent_of_units
from spatialgov.partition import Comparison, Progress, compare, partition, rebalance
from spatialgov.plan import Plan, PlanSettings, grid_name
from spatialgov.plan_codes import with_codes, with_stable_codes

__all__ = ["METHODS", "Method", "Outcome", "Scenario", "work_out"]

Method = Literal["keep", "rebalance", "recommend", "partition"]
"""What is done to the grids: nothing, the fewest households moved, all recommendations taken, or divided afresh."""
METHODS: tuple[Method, ...] = get_args(Method)

_MOST_POSTS = 1000
"""Of one grid."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is asked.

    Attributes
    ----------
    target
        Households that a grid should hold; by default the middle of `households`.
    households
        Fewest and most of a grid; by default the target and its `tolerance`, or without one 300 to 500.
    tolerance
        Relative deviation of a grid's households from the target that is allowed.
    merge
        Groups of parents (communities) that become one; each takes the code of its first.
    level
        Column of the units that grids nest in instead of the finest level they nest in now, which is taken out
        (撤街道建社区): ``subdistrict_code``, ``district_code``.
    posts
        Code → posts of today's grids; 1 where it says nothing. None where posts are not in question.
    post_change
        So many posts more (negative: fewer) in all, besides `post_changes`.
    post_changes
        Code of one of today's grids → posts more.
    workload_tolerance
        Relative deviation of a post's workload from today's mean that is allowed.
    profile
        Weights of the workload. None for the units' own, or where they have none the urban profile.
    method
        How the grids are made; dedicated ones stay in any case.
    seed
        Of the searches.
    """

    target: float | None = None
    households: tuple[int, int] | None = None
    tolerance: float = 0.1
    merge: tuple[tuple[str, ...], ...] = ()
    level: str | None = None
    posts: Mapping[str, int] | None = field(default=None, hash=False)
    post_change: int = 0
    post_changes: Mapping[str, int] = field(default_factory=dict, hash=False)
    workload_tolerance: float = 0.25
    profile: WorkloadProfile | None = None
    method: Method = "rebalance"
    seed: int = 0

    def __post_init__(self) -> None:
        _check(self)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Make a scenario from what JSON holds: `as_dict`, or a profile by its name.

        Without a method, posts alone leave the grids as they are.

        Raises
        ------
        InputError
            When it asks for something unknown, for nothing, or for what can't be.
        """
        names = [one.name for one in fields(cls)]
        if unknown := [str(name) for name in options if name not in names]:
            raise InputError(
                t("A scenario has no {name}.", "情景没有 {name} 这一项。", name=repr(unknown[0])),
                remedy=t("Use: {names}.", "可用：{names}。", names=", ".join(names)),
            )
        given = {name: value for name, value in options.items() if value is not None}
        if (band := given.get("households")) is not None:
            given["households"] = (band[0], band[1])
        given["merge"] = tuple(tuple(group) for group in given.get("merge", ()))
        if isinstance(profile := given.get("profile"), str):
            given["profile"] = profile_named(profile)
        elif isinstance(profile, Mapping):
            given["profile"] = WorkloadProfile.from_dict(profile)
        if "method" not in given:
            of_grids = {"target", "households", "level"} & set(given) or given["merge"]
            of_posts = {"posts", "post_change", "post_changes"} & set(given)
            given["method"] = "keep" if of_posts and not of_grids else "rebalance"
        return cls(**given)

    def as_dict(self) -> dict[str, Any]:
        """Give the scenario as plain values, for JSON."""
        return asdict(self)

    @property
    def goal(self) -> float:
        """The households that a grid should hold."""
        return sum(self.households or HOUSEHOLDS) / 2 if self.target is None else self.target

    @property
    def band(self) -> tuple[int, int]:
        """The fewest and the most households of a grid."""
        if self.households is not None or self.target is None:
            return self.households or HOUSEHOLDS
        return math.floor(self.goal * (1 - self.tolerance) + 1e-9), math.ceil(self.goal * (1 + self.tolerance) - 1e-9)

    @property
    def staffing(self) -> bool:
        """Whether posts are in question."""
        return self.posts is not None or bool(self.post_change or self.post_changes)


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """What comes of a scenario.

    Attributes
    ----------
    scenario
        What was asked.
    before, after
        The plans, both measured by the scenario's target (by their own where the grids are kept).
    comparison
        What moves where between them, and every measure of both.
    posts
        Where posts are in question.
    """

    scenario: Scenario
    before: Plan
    after: Plan
    comparison: Comparison
    posts: PostShares | None

    def as_dict(self) -> dict[str, Any]:
        """Give the figures as plain values, for JSON: each measure with its version (`spatialgov.measures`)."""
        metrics = self.comparison.metrics
        return {
            "measures": {
                key: {
                    "version": measure.version,
                    "before": float(metrics["a"][key]),
                    "after": float(metrics["b"][key]),
                }
                for key, measure in MEASURES.items()
                if key != "households_moved"  # which follows codes; what moves is told by `moved`
            },
            "target": self.scenario.goal,
            "mean_households": {"before": _mean_households(self.before), "after": _mean_households(self.after)},
            "band": list(self.scenario.band),
            "states": {"before": self._states(self.before), "after": self._states(self.after)},
            "moved": self.comparison.figures(),
            "grids": self._grids(),
            "posts": None if self.posts is None else self.posts.as_dict(),
        }

    def _states(self, plan: Plan) -> dict[str, int]:
        posts = None
        if self.posts is not None:
            table = self.posts.before if plan is self.before else self.posts.after
            posts = dict(zip(table["code"], table["posts"].clip(lower=1).tolist(), strict=True))
        found = review(plan.grids(), limits=Limits(self.scenario.band), posts=posts)["state"].value_counts()
        return {state: int(found.get(state, 0)) for state in ("under", "within", "over", "exempt")}

    def _grids(self) -> dict[str, int]:
        """Count the grids that stay as they are, change, come and go."""
        matches = self.comparison.matches
        sizes_a, sizes_b = (
            dict(zip(p.codes, p.tally.n_units.tolist(), strict=True)) for p in (self.before, self.after)
        )
        same = sum(
            units == sizes_a[a] == sizes_b[b]
            for a, b, units in zip(matches["code_a"], matches["code_b"], matches["units"].tolist(), strict=True)
        )
        paired, other = len(matches), int((matches["code_a"] != matches["code_b"]).sum())
        return {
            "other_code": other,
            "unchanged": int(same),
            "changed": paired - int(same),
            "new": len(self.after.codes) - paired,
            "gone": len(self.before.codes) - paired,
        }


def _mean_households(plan: Plan) -> float:
    """Give the mean of the grids that are not dedicated; 0 where there is none."""
    held = plan.tally.households[plan.table["kind"].to_numpy() != "dedicated"]
    return float(held.mean()) if len(held) else 0.0


def work_out(
    plan: Plan, scenario: Scenario, *, retired: Collection[str] = (), progress: Progress | None = None
) -> Outcome:
    """Work out what would become of a plan.

    Parameters
    ----------
    plan
        Today's grids; their units have a ``workload`` where posts are in question.
    scenario
        What is asked.
    retired
        Codes that new grids may not have, besides those of the plan.
    progress
        Called as parts of the ground are done.

    Returns
    -------
    Outcome
        Its plan stands on its own (no parent), on units whose parents are joined as the scenario says.

    Raises
    ------
    InputError
        When a parent or a level can't be joined as asked, or posts are no counts.
    NotFoundError
        When a parent or a grid is not there.
    MissingColumnError
        When the units don't have the level.
    InfeasibleError
        When there are not so many posts, or a dedicated grid is in pieces and the rest is divided afresh.
    CodeError
        When a parent would hold more than 999 grids.
    """
    used = {*retired, *plan.codes}
    start = _joined(plan, scenario, used)
    after, settings = start, plan.settings
    if scenario.method != "keep":
        settings = _settings(start.settings, scenario)
        after = _MADE[scenario.method](replace(start, settings=settings), scenario, used, progress)
    merged = start.settings.merged
    after = replace(after, settings=replace(settings, merged=merged), parent=None, moves={})
    before = replace(plan, settings=replace(settings, merged=plan.settings.merged), parent=None, moves={})
    found = compare(before, after)
    continues = dict(zip(found.matches["code_b"], found.matches["code_a"], strict=True))
    posts = None
    if scenario.staffing:
        posts = post_shares(
            before, after, continues, posts=scenario.posts, change=scenario.post_change,
            changes=scenario.post_changes, tolerance=scenario.workload_tolerance,
        )  # fmt: skip
    return Outcome(scenario, before, after, found, posts)


def _settings(settings: PlanSettings, scenario: Scenario) -> PlanSettings:
    """Give what the scenario's plan is measured against."""
    least, most = scenario.band
    return replace(
        settings,
        balance="households",
        target=scenario.goal,
        tolerance=max(1 - least / scenario.goal, most / scenario.goal - 1, 1e-9),
        minimum=float(least) or None,
        maximum=float(most),
        seed=scenario.seed,
        also={name: most_off for name, most_off in settings.also.items() if name != "households"},
    )


def _rebalanced(start: Plan, scenario: Scenario, used: set[str], progress: Progress | None) -> Plan:
    frontier = rebalance(start, households=scenario.band, retired=sorted(used), seed=scenario.seed, progress=progress)
    return frontier.best.plan


def _recommended(start: Plan, scenario: Scenario, used: set[str], _progress: Progress | None) -> Plan:
    end = taken(start, recommend(start, limits=Limits(scenario.band), seed=scenario.seed))
    known = set(start.codes)
    return with_codes(end, {code: code for code in end.codes if code in known}, {*used, *known})


def _divided(start: Plan, scenario: Scenario, used: set[str], progress: Progress | None) -> Plan:
    settings = start.settings
    dedicated = start.table.loc[start.table["kind"] == "dedicated", "code"]
    made = partition(
        start.units,
        households_per_grid=settings.target,
        within=settings.within,
        tolerance=settings.tolerance,
        also=settings.also,
        minimum=settings.minimum,
        maximum=settings.maximum,
        max_area_m2=settings.max_area_m2,
        today=start,
        locked=dedicated.tolist(),
        seed=scenario.seed,
        progress=progress,
    )
    return with_stable_codes(made, start.assignment(), {*used, *start.codes})


_MADE: dict[Method, Callable[[Plan, Scenario, set[str], Progress | None], Plan]] = {
    "rebalance": _rebalanced,
    "recommend": _recommended,
    "partition": _divided,
}


def _joined(plan: Plan, scenario: Scenario, used: set[str]) -> Plan:
    """Give the plan with its parents joined; grids of a parent that went get free numbers of the new one."""
    joined = _joins(plan, scenario)
    if not joined:
        return plan
    before = plan.settings.merged
    merged = {code: joined.get(into, into) for code, into in before.items()}
    merged |= {code: into for code, into in joined.items() if code not in merged}
    units = merged_units(plan.units, plan.settings.within, joined)
    table = plan.table.copy()
    old = table["parent_code"].tolist()
    table["parent_code"] = [joined.get(code, code) for code in old]
    table["name"] = [
        grid_name(code, new) if name == grid_name(code, parent) else name
        for name, code, parent, new in zip(table["name"], table["code"], old, table["parent_code"], strict=True)
    ]
    stays = {code: code for code, parent in zip(table["code"], old, strict=True) if parent not in joined}
    settings = replace(plan.settings, merged=merged)
    return with_codes(replace(plan, units=units, table=table, settings=settings), stays, used)


def _joins(plan: Plan, scenario: Scenario) -> dict[str, str]:
    """Give code → code of the parents that are joined with others, the level that is taken out first."""
    if not scenario.merge and scenario.level is None:
        return {}
    within = plan.settings.within
    if within is None:
        raise InputError(
            t(
                "The grids of this plan nest in nothing: there is nothing to join.",
                "该方案的网格不嵌套于任何上级，无可合并。",
            ),
            remedy=t("Publish the plan with --within community_code.", "请以 --within community_code 发布方案。"),
        )
    parents = parent_of_units(plan.units, within)
    joined = {} if scenario.level is None else _level_out(plan, scenario.level)
    known = {joined.get(code, code) for code in parents}
    groups: dict[str, str] = {}
    for first, *others in scenario.merge:
        for code in (first, *others):
            if code not in known:
                raise NotFoundError(
                    t("No grid nests in {code}.", "没有网格隶属于 {code}。", code=code),
                    remedy=t("Its parents are: {codes}.", "现有上级：{codes}。", codes=_some(sorted(known))),
                )
        groups |= dict.fromkeys(others, first)
    merged = {code: groups.get(joined.get(code, code), joined.get(code, code)) for code in dict.fromkeys(parents)}
    return {code: into for code, into in merged.items() if code != into}


def _level_out(plan: Plan, level: str) -> dict[str, str]:
    """Give the parent → the value of the coarser level that takes its place."""
    finest = next(iter(levels_of_units(plan.units, plan.settings.within)))
    levels = levels_of_units(plan.units, (level, finest))
    if level == finest or next(iter(levels)) != finest:
        raise InputError(
            t(
                "{level} is no coarser level than {finest}, in which the grids nest.",
                "{level} 不是比网格现嵌套的 {finest} 更高的一级。",
                level=level,
                finest=finest,
            ),
            remedy=t("Name a level above it, e.g. subdistrict_code.", "请指定其上一级，如 subdistrict_code。"),
        )
    return dict(zip(levels[finest], levels[level], strict=True))


def _some(codes: Sequence[str]) -> str:
    shown = ", ".join(codes[:10])
    return shown if len(codes) <= 10 else f"{shown}, …"


def _check(scenario: Scenario) -> None:
    if scenario.method not in METHODS:
        raise InputError(
            t("There is no method {name}.", "没有方法 {name}。", name=repr(scenario.method)),
            remedy=t("Use one of: {names}.", "可用：{names}。", names=", ".join(METHODS)),
        )
    for tolerance in (scenario.tolerance, scenario.workload_tolerance):
        if not 0 < tolerance < 1:
            raise InputError(
                t("The tolerance is {value}.", "容差为 {value}。", value=tolerance),
                remedy=t("Give a share between 0 and 1: 0.25 is 25 %.", "请给出 0 到 1 之间的比例：0.25 即 25%。"),
            )
    if not 1 <= scenario.goal <= 1e9:
        raise InputError(
            t("The target is {value} households.", "目标为 {value} 户。", value=scenario.goal),
            remedy=t("Give the households of a grid, e.g. 350.", "请给出每格户数，如 350。"),
        )
    band = Band.of(scenario.band)
    if scenario.method != "keep" and not band.least <= scenario.goal <= band.most:
        raise InputError(
            t(
                "The target of {target:g} lies outside {a:g} to {b:g} households.",
                "目标 {target:g} 户超出 {a:g} 至 {b:g} 户的范围。",
                target=scenario.goal,
                a=band.least,
                b=band.most,
            ),
            remedy=t("Give a target between them, or a band alone.", "请给出范围内的目标，或只给出范围。"),
        )
    if scenario.seed < 0:
        raise InputError(
            t("The seed is {value}.", "种子为 {value}。", value=scenario.seed),
            remedy=t("Give a whole number, zero or more.", "请给出非负整数。"),
        )
    _check_groups(scenario.merge)
    _check_posts(scenario)
    if scenario.method == "keep" and not (scenario.merge or scenario.level or scenario.staffing):
        raise InputError(
            t("The scenario asks for no change.", "情景没有任何变化。"),
            remedy=t("Name a target, communities to join, or posts.", "请给出目标、要合并的社区或岗位变化。"),
        )


def _check_groups(groups: Sequence[Sequence[str]]) -> None:
    seen: set[str] = set()
    for group in groups:
        if len(group) < 2 or len(set(group)) < len(group) or seen & set(group):
            raise InputError(
                t("{group} can't be joined.", "{group} 无法合并。", group=", ".join(group) or "–"),
                remedy=t(
                    "Give two codes or more, each in one group only; the first stays.",
                    "每组至少两个编码，每个编码只属一组，保留第一个。",
                ),
            )
        seen |= set(group)


def _check_posts(scenario: Scenario) -> None:
    counts = [*(scenario.posts or {}).items(), *scenario.post_changes.items()]
    for code, n in counts:
        if not isinstance(n, int) or abs(n) > _MOST_POSTS:
            raise InputError(
                t("Grid {code} has {n} posts.", "网格 {code} 的岗位数为 {n}。", code=code, n=repr(n)),
                remedy=t("Give whole numbers, at most {n}.", "请给出不超过 {n} 的整数。", n=_MOST_POSTS),
            )
    if not isinstance(scenario.post_change, int) or abs(scenario.post_change) > 100 * _MOST_POSTS:
        raise InputError(
            t("The change is {n} posts.", "岗位变化为 {n}。", n=repr(scenario.post_change)),
            remedy=t("Give a whole number: -5 for five fewer.", "请给出整数：-5 表示减少五个。"),
        )
