"""What to do about gaps, the cheapest first: repair, survey what is not known, turn what hangs there, then build."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.coverage.demand.sampling import points_in
from spatialgov.coverage.gaps.states import States
from spatialgov.coverage.gaps.survey import survey_gains
from spatialgov.coverage.remedies.building import Limit, built, offered, post_of
from spatialgov.coverage.remedies.candidates import Candidates
from spatialgov.coverage.remedies.plan import RemedyPlan, plan_of
from spatialgov.coverage.remedies.scenes import Scene, scene_of, visible_by
from spatialgov.coverage.remedies.steps import COSTS, REMEDIES, Costs, Look, Remedy, Step, replayed
from spatialgov.coverage.remedies.turning import turns
from spatialgov.coverage.sight.lines_of_sight import Eyes
from spatialgov.coverage.siting import Siting
from spatialgov.coverage.zones import zone_shapes
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.time_limit import check_time

__all__ = ["COSTS", "REMEDIES", "Costs", "Remedy", "RemedyPlan", "plan_remedies"]

_PRIVATE_STEP_M = 2.0
"""Ground that nobody may look at is looked for in squares of this side."""

GeometryArray = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What a plan may do; see `plan_remedies`."""

    remedies: Sequence[Remedy]
    limit: Limit
    weights: Mapping[str, float] | None
    spacing_m: float
    no_view_m2: float
    turns: int | None
    keep: Sequence[str]
    costs: Costs
    seed: int
    time_limit_s: float


def plan_remedies(
    states: States,
    candidates: Candidates | None = None,
    zones: gpd.GeoDataFrame | None = None,
    *,
    p: int | None = None,
    budget: float | None = None,
    share: float | None = None,
    remedies: Sequence[Remedy] = REMEDIES,
    weights: Mapping[str, float] | None = None,
    posts_per_place: int = 1,
    spacing_m: float = 20.0,
    no_view_m2: float = 0.0,
    turns: int | None = None,
    keep: Sequence[str] = (),
    costs: Costs = COSTS,
    seed: int = 0,
    time_limit_s: float = 1.0,
) -> RemedyPlan:
    """Plan what to do about gaps: repair, survey, turn, build, in this order.

    Only what is seen for certain counts as covered. The search works on a sample of what should be seen (`scene_of`);
    as it picks what looks best there, its own gains flatter it, and every gain is verified on a second sample.

    Parameters
    ----------
    states
        Coverage as it is now.
    candidates
        Places and directions for new devices, for the same class of picture; None for none.
    zones
        Exclusion zones; ``no_view`` ground is kept out of new views, and no turn sees more of it.
    p, budget, share
        At most one: the most new sites; what all remedies may cost; the share of the weight that should be covered in
        the end, above 0 and up to 1, with new sites as cheap as possible. None of them builds nothing.
    remedies
        What may be done, of `REMEDIES`.
    weights
        See `Demands.unit_weights`.
    posts_per_place
        Distinct posts that should see a key place.
    spacing_m
        New posts stand at least so far from each other and from posts that are there.
    no_view_m2
        A new view may see at most so much ground that nobody may look at.
    turns
        The most cameras to turn; None for all that are worth a visit.
    keep
        Cameras that nothing is done to.
    costs
        What each remedy costs.
    seed
        Of samples and search: the same gives the same plan, unless time cuts the search short.
    time_limit_s
        Of the search for new sites.

    Raises
    ------
    InputError
        When the arguments make no sense, or a share can't be reached; says what can.
    """
    limit = Limit(p, budget, share)
    _check(limit, remedies, spacing_m, no_view_m2, candidates, states)
    wishes = _Wishes(remedies, limit, weights, spacing_m, no_view_m2, turns, keep, costs, seed, time_limit_s)
    private = zone_shapes(zones, "no_view", states.sight.crs)[0]
    scene, unseen = (scene_of(states.demands, weights, posts_per_place, seed=2 * seed + more) for more in (0, 1))
    planner = _Planner(states, candidates, private, wishes, scene)
    planner.decide()
    found = planner.steps, states.sight, candidates, private, scene, planner.certain, unseen
    return plan_of(*found, planner.siting, planner.left_out)


def _check(
    limit: Limit,
    remedies: Sequence[str],
    spacing_m: float,
    no_view_m2: float,
    candidates: Candidates | None,
    states: States,
) -> None:
    given = [name for name in ("p", "budget", "share") if getattr(limit, name) is not None]
    if len(given) > 1:
        raise InputError(
            t("There are several limits: {names}.", "同时给出了多个限制条件：{names}。", names=", ".join(given)),
            remedy=t("Give one of p, budget and share.", "p、budget、share 只能给出一个。"),
        )
    if strange := [name for name in remedies if name not in REMEDIES]:
        raise InputError(
            t("There is no remedy “{name}”.", "没有名为“{name}”的措施。", name=strange[0]),
            remedy=t("Remedies are: {names}.", "可用措施：{names}。", names=", ".join(REMEDIES)),
        )
    for name in ("p", "budget", "share"):
        value = getattr(limit, name)
        if value is not None and not (np.isfinite(value) and value >= 0):
            raise InputError(
                t("{name} is {value}.", "{name} 为 {value}。", name=name, value=value),
                remedy=t("Give a number of 0 or more.", "请填写不小于 0 的数值。"),
            )
    for value in (spacing_m, no_view_m2):
        if not (np.isfinite(value) and value >= 0.0):
            raise InputError(
                t("{value} is no distance or area.", "{value} 不是有效的距离或面积。", value=value),
                remedy=t("Give a number of 0 or more.", "请填写不小于 0 的数值。"),
            )
    if candidates is not None and (candidates.crs, candidates.needed) != (states.sight.crs, states.sight.views.needed):
        raise InputError(
            t(
                "The candidates are for another plane or class of picture than the cameras.",
                "候选点位与摄像机的平面坐标系或图像等级不一致。",
            ),
            remedy=t("Make them from the same sight.", "请由同一视域结果生成候选点位。"),
        )


class _Planner:
    """A plan in the making: what is decided so far, and who works and sees what with it."""

    def __init__(
        self,
        states: States,
        candidates: Candidates | None,
        private: GeometryArray,
        wishes: _Wishes,
        scene: Scene,
    ) -> None:
        self.states, self.sight, self.candidates = states, states.sight, candidates
        self.table = states.sight.views.table
        self.wishes, self.scene, self.costs = wishes, scene, wishes.costs
        self.post = self.table["post"].to_numpy(np.int64)
        self.free = ~self.table["camera_id"].isin(list(wishes.keep)).to_numpy()
        self.working = self.table["working"].to_numpy(bool)
        self.certain = visible_by(scene, self.post, self.sight.certain)
        self.private_m = points_in(private, _PRIVATE_STEP_M, np.random.default_rng(wishes.seed))[1]
        self.steps: list[Step] = []
        self.siting: Siting | None = None
        self.left_out: Mapping[str, int] = {}
        self.left = np.inf if wishes.limit.budget is None else wishes.limit.budget

    def decide(self) -> None:
        """Go through the remedies in their order."""
        for remedy, way in zip(REMEDIES, (self.repair, self.survey, self.turn, self.build), strict=True):
            if remedy in self.wishes.remedies:
                check_time()
                way()

    def affords(self, cost: float) -> bool:
        """Take a cost off what is left, if it is."""
        if cost > self.left * (1.0 + 1e-9):
            return False
        self.left -= cost
        return True

    def repair(self) -> None:
        """Repair what adds most, again and again."""
        tally = replayed(self.scene, self.certain, self.working, [], self.sight.obstacles)[0]
        broken = np.flatnonzero((self.table["status"] == "broken").to_numpy() & self.free).tolist()
        gains = {row: tally.gain(row) for row in broken}
        while gains:
            row = max(gains, key=lambda row: gains[row])
            gains[row] = tally.gain(row)
            # What a view adds only falls: one that is the largest once it is up to date is the largest.
            if gains[row] < max(gains.values()):
                continue
            if not gains.pop(row) > 0.0 or not self.affords(self.costs.repair):
                break
            tally.put(row)
            self.steps.append(Step("repair", self.name(row), self.costs.repair, row))

    def survey(self) -> None:
        """Survey the cameras whose missing figures leave most uncertain; a visit writes all of them down."""
        table = survey_gains(self.states, weights=self.wishes.weights, seed=self.wishes.seed)
        asked = (table["weight"] > 0.0).to_numpy() & self.free[table["camera"].to_numpy(np.int64)]
        table = table[asked].drop_duplicates("camera")
        for row, settles in zip(table["camera"].tolist(), table["weight"].tolist(), strict=True):
            if not self.affords(self.costs.survey):
                break
            what = ", ".join(self.table["missing"].iloc[row])
            step = Step("survey", self.name(row), self.costs.survey, row, what=what, settles=settles)
            self.steps.append(step)

    def turn(self) -> None:
        """Turn what hangs there already, and works after the repairs."""
        may = self.working.copy()
        may[[step.row for step in self.steps if step.remedy == "repair"]] = True
        works = may.copy()
        may &= self.free
        most = self.wishes.turns
        if self.costs.turn > 0.0 and np.isfinite(self.left):
            most = min(int(self.left / self.costs.turn), len(self.table) if most is None else most)
        for one in turns(self.scene, self.sight, works, may, self.certain, self.private_m, most=most):
            self.affords(self.costs.turn)
            figures = self.table.iloc[one.row]
            look = Look(
                post=int(figures["post"]),
                x_m=float(self.sight.x_m[one.row]),
                y_m=float(self.sight.y_m[one.row]),
                near_m=float(figures["near_m"]),
                range_m=float(figures["range_least_m"]),
                azimuth_deg=one.azimuth_deg,
                fov_deg=float(figures["fov_least_deg"]),
            )
            self.steps.append(Step("turn", self.name(one.row), self.costs.turn, one.row, look))

    def build(self) -> None:
        """Choose new sites."""
        candidates, wishes = self.candidates, self.wishes
        if candidates is None or wishes.limit in (Limit(), Limit(p=0)):
            return
        tally = replayed(self.scene, self.certain, self.working, self.steps, self.sight.obstacles)[0]
        most_private = int(wishes.no_view_m2 / _PRIVATE_STEP_M**2)
        offers = offered(tally, self.sight, candidates, self.private_m, most_private, wishes.spacing_m)
        self.left_out = offers.left_out
        support = candidates.places["support"].to_numpy(object)[offers.place]
        cost = np.array([self.costs.of(name) for name in support], dtype=np.float64)
        limit = wishes.limit if wishes.limit.budget is None else Limit(budget=self.left)
        self.siting = built(
            tally, offers, candidates, limit, cost, wishes.spacing_m, seed=wishes.seed, time_limit_s=wishes.time_limit_s
        )
        chosen = [] if self.siting is None else self.siting.sites.tolist()
        post = post_of(candidates, self.sight)
        for name, site in zip(_new_names(self.table["camera_id"], len(chosen)), chosen, strict=True):
            place = int(offers.place[site])
            at = candidates.places.iloc[place]
            figures = {name: float(at[name]) for name in Eyes._fields}
            azimuth_deg = float(candidates.azimuth_deg[offers.site[site]])
            look = Look(int(post[place]), **figures, azimuth_deg=azimuth_deg, fov_deg=candidates.device.fov_deg)
            self.steps.append(Step("build", name, float(cost[site]), look=look, what=str(at["support"]), place=place))

    def name(self, row: int) -> str:
        return str(self.table["camera_id"].iloc[row])


def _new_names(taken: "pd.Series[Any]", n: int) -> list[str]:
    """Give names that no camera has."""
    known = set(taken)
    free = (name for name in map("NEW-{}".format, count(1)) if name not in known)
    return list(islice(free, n))
