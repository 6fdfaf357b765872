"""Service points, checkpoints and patrol beats, from the roads, the places and the grids in force of the store."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.allocation import RoadNetwork, Service, checkpoints, patrol_beats, place_centres, serve_grids
from spatialgov.allocation.beats import Beats
from spatialgov.allocation.network import main_parts, road_network
from spatialgov.errors import InfeasibleError, InputError, NotFoundError, NothingPublishedError
from spatialgov.language import current_language, t
from spatialgov.partition import Progress, Step
from spatialgov.projection import WGS84
from spatialgov.store import Edition, Store
from spatialgov.topology import dissolve, metric_shapes
from spatialgov.workspace.advice import Advice
from spatialgov.workspace.analysis import Analysis
from spatialgov.workspace.areas import Area
from spatialgov.workspace.kept import Kept
from spatialgov.workspace.plans import Plans
from spatialgov.workspace.service_questions import (
    SPEEDS,
    BeatPlan,
    BeatQuestion,
    CheckpointPlan,
    CheckpointQuestion,
    ServicePlan,
    ServiceQuestion,
)

__all__ = ["ServiceAnalysis"]

Ints = npt.NDArray[np.int64]
T = TypeVar("T")

_FROM = ("roads", "places", "jurisdictions", "incidents")
_MOST_NETWORKS, _MOST_KEPT = 2, 8
_TRIES = 4
"""Numbers of beats that are tried until each is walked within the shift."""
_ROOM = 1.05
"""So much longer than the mean beat the longest may be expected to be."""
_VERSION = "1"
"""Of the methods: raised whenever the same question gets another answer."""


def _silent(_step: Step) -> None:
    pass


class ServiceAnalysis:
    """Who serves whom along the roads, and which of them to watch and to walk.

    All raise `NotFoundError` where there are no roads. Roads are those of the whole store, also beyond the asker's
    area; grids and centres are only those in it. Answers stay in memory until what they came from changes.
    """

    def __init__(self, store: Store, plans: Plans, analysis: Analysis, advice: Advice) -> None:
        self._store = store
        self._plans = plans
        self._analysis = analysis
        self._advice = advice
        self._networks = Kept(_MOST_NETWORKS)
        # each kind its own: nobody waits for the beats of another to be told of checkpoints
        self._answers = {kind: Kept(_MOST_KEPT) for kind in (ServiceQuestion, CheckpointQuestion, BeatQuestion)}

    def service_points(
        self, question: ServiceQuestion, *, centres: gpd.GeoDataFrame | None = None, progress: Progress = _silent
    ) -> ServicePlan:
        """Say which centre serves which grid in force by travel time, and where new ones should stand.

        Parameters
        ----------
        question
            What is asked.
        centres
            The existing centres (`spatialgov.allocation.read_service_points`), in place of those in the store.
        progress
            Told how far the work is.

        Raises
        ------
        NothingPublishedError, NotFoundError
            When no edition is in force, or the store has no roads, or no places of the kinds that are named.
        InputError
            When the question makes no sense.
        InfeasibleError
            When the centres can't carry the demand, or no such number of new ones reaches every grid.
        """
        if centres is not None:
            return self._service_points(question, centres, progress)
        return self._kept(question, lambda: self._service_points(question, None, progress))

    def checkpoints(self, question: CheckpointQuestion) -> CheckpointPlan:
        """Say where to stand so that nobody leaves a jurisdiction unseen, with the fewest posts.

        Where no road leads beyond the belt around all jurisdictions, the layer of roads was cut at their border: then
        dead ends there lead out.

        Raises
        ------
        NotFoundError
            When the store has no roads, no jurisdictions, or not that one where the asker may look.
        InputError
            When a number is none, or no road leads out.
        """
        return self._kept(question, lambda: self._checkpoints(question))

    def beats(self, question: BeatQuestion, *, progress: Progress = _silent) -> BeatPlan:
        """Divide the streets of a jurisdiction into patrol beats, each a closed walk.

        Raises
        ------
        NotFoundError
            When the store has no roads there, or not that jurisdiction where the asker may look.
        InputError
            When a number is none.
        InfeasibleError
            When so many beats can't be made.
        """
        return self._kept(question, lambda: self._beats(question, progress))

    def _kept(self, question: ServiceQuestion | CheckpointQuestion | BeatQuestion, make: Callable[[], T]) -> T:
        edition = self._edition_or_none()
        made = None if edition is None else (edition.id, edition.valid_from)
        state = (
            current_language(),
            made,
            len(self._store.unit_sets()),
            *(self._store.revision(kind) for kind in _FROM),
        )
        return self._answers[type(question)].get((state, question), make)

    def _edition_or_none(self) -> Edition | None:
        try:
            return self._store.edition()
        except NothingPublishedError:
            return None

    # service points

    def _service_points(
        self, question: ServiceQuestion, given: gpd.GeoDataFrame | None, progress: Progress
    ) -> ServicePlan:
        _check(question)
        edition = self._store.edition()
        network = main_parts(self._network())
        grids = self._analysis.grids_in_force(area=question.area)
        load, of_demand = self._demand(question, edition, grids)
        grids = grids.assign(demand=load)
        progress(Step(1, 3))
        existing = self._existing(question, given)
        speeds, placed = SPEEDS[question.speeds], None
        limited = existing["capacity"].notna().any()
        if question.new and limited:
            raise InputError(
                t("New centres are placed without capacities.", "新增中心选址不考虑容量。"),
                remedy=t("Leave out the capacities, or ask for no new ones.", "请去掉容量，或不新增中心。"),
            )
        if question.new:
            candidates = self._candidates(question, grids, existing)
            progress(Step(2, 3))
            placed = place_centres(
                network, grids, candidates, question.new,
                goal=question.goal,
                standard_s=60.0 * question.within_min if question.goal == "cover" else None,
                existing=existing if len(existing) else None,
                demand="demand", speeds=speeds, seed=question.seed, time_limit_s=question.time_limit_s,
            )  # fmt: skip
            service = placed.service
            stand = pd.concat([existing.assign(new=False), placed.sites.assign(new=True)], ignore_index=True)
        else:
            progress(Step(2, 3))
            service = serve_grids(
                network, grids, existing.fillna({"capacity": float(load.sum())}),
                demand="demand", capacity="capacity" if limited else None, divide=question.divide, speeds=speeds,
                time_limit_s=question.time_limit_s,
            )  # fmt: skip
            stand = existing.assign(new=False)
        progress(Step(3, 3))
        near = service.grids["seconds"] <= 60.0 * question.within_min
        demand = float(service.grids["demand"].sum())
        return ServicePlan(
            _with_columns(stand, service),
            _served(grids, service),
            service,
            placed,
            float(service.grids.loc[near, "demand"].sum()) / demand if demand > 0 else math.nan,
            (*service.faults, *network.faults),
            {
                "plan": edition.plan_id,
                "edition": edition.id,
                "version": _VERSION,
                "demand": of_demand,
                "speeds": speeds.as_dict(),
                "centres": "file" if given is not None else list(question.kinds),
                "capacity": question.capacity,
                "divide": question.divide,
                "within_min": question.within_min,
                **({} if placed is None else {"goal": question.goal, "at": list(question.at), "seed": question.seed}),
                "roads": _about(network),
            },
        )

    def _demand(
        self, question: ServiceQuestion, edition: Edition, grids: gpd.GeoDataFrame
    ) -> tuple[npt.NDArray[np.float64], dict[str, Any]]:
        """Give what of each grid is to be served, and what a report says about it."""
        if question.demand != "workload":
            return grids[question.demand].to_numpy(np.float64), {"column": question.demand}
        plan = self._plans.load(edition.plan_id)
        plan, basis = self._advice.with_workload(plan, area=question.area)
        carried = dict(zip(plan.codes, plan.tally.workload.tolist(), strict=True))
        return grids["code"].map(carried).fillna(0.0).to_numpy(np.float64), {"column": "workload"} | basis

    def _existing(self, question: ServiceQuestion, given: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
        """Give the centres that are there: those of the file, else the places of the kinds in the store."""
        if given is not None:
            found = given if question.area is None else question.area.among(given)
        else:
            found = self._places(question.kinds, question.area).assign(capacity=np.nan)
        if question.capacity is not None:
            found = found.fillna({"capacity": question.capacity})
        return found.reset_index(drop=True)

    def _places(self, kinds: tuple[str, ...], area: Area | None) -> gpd.GeoDataFrame:
        """Give the places of some kinds where the asker may look; there is one of each kind."""
        every = self._store.layer("places")
        if kinds and every.empty:
            raise NotFoundError(
                t("There are no places yet.", "尚无场所。"),
                remedy=t(
                    "Import them: spatialgov import places FILE. Or give the centres as a file.",
                    "请先导入：spatialgov import places FILE；或以文件提供中心。",
                ),
            )
        found = every if area is None else area.among(every)
        for kind in kinds:
            if not (found["kind"] == kind).any():
                raise NotFoundError(
                    t("There are no places of the kind {kind}.", "没有 {kind} 类场所。", kind=repr(kind)),
                    remedy=t(
                        "Kinds in the store: {kinds}. Import others: spatialgov import places FILE.",
                        "库中的类别：{kinds}。如需其他类别，请导入：spatialgov import places FILE。",
                        kinds=", ".join(sorted(set(found["kind"]))) or t("none", "无"),
                    ),
                )
        chosen = found[found["kind"].isin(kinds)]
        return chosen[["place_id", "kind", "name", "name_en", "geometry"]].reset_index(drop=True)

    def _candidates(
        self, question: ServiceQuestion, grids: gpd.GeoDataFrame, existing: gpd.GeoDataFrame
    ) -> gpd.GeoDataFrame:
        """Give where new ones could stand: places that aren't centres already, else a point inside each grid."""
        if question.at:
            found = self._places(question.at, question.area)
            return found[~found["place_id"].isin(existing["place_id"])].reset_index(drop=True)
        own = {"place_id": grids["code"], "kind": "grid", "name": grids["name"], "name_en": ""}
        return gpd.GeoDataFrame(own, geometry=grids.geometry.representative_point()).reset_index(drop=True)

    # checkpoints

    def _checkpoints(self, question: CheckpointQuestion) -> CheckpointPlan:
        network = self._network()
        network = network.where(_of_classes(network, question.road_classes))
        ground = self._ground(question.code, question.area)
        if ground.empty:
            raise NotFoundError(
                t("There are no jurisdictions yet.", "尚无行政区划。"),
                remedy=t(
                    "Import them: spatialgov import jurisdictions FILE.",
                    "请先导入：spatialgov import jurisdictions FILE。",
                ),
            )
        whole = _merged(self._ground(None, None))
        away = shapely.distance(shapely.points(network.xy_m), metric_shapes(np.array([whole]), network.crs)[0])
        cut_at = None if (away > question.belt_m).any() else whole
        found = checkpoints(network, _merged(ground), belt_m=question.belt_m, posts=dict(question.posts), cut_at=cut_at)
        exits = found.frame.copy()
        exits.insert(0, "checkpoint", np.arange(1, len(exits) + 1))
        basis = self._basis(network) | {
            "jurisdiction": ground["code"].tolist(),
            "belt_m": question.belt_m,
            "posts": dict(question.posts),
            "road_classes": list(question.road_classes),
            "roads_cut_at_border": cut_at is not None,
        }
        return CheckpointPlan(exits, found, ground, network.faults, basis)

    # beats

    def _beats(self, question: BeatQuestion, progress: Progress) -> BeatPlan:
        if not 0 < question.shift_h < math.inf:
            raise InputError(
                t("A shift of {h} hours.", "班次为 {h} 小时。", h=question.shift_h),
                remedy=t("Give hours above zero.", "请给出大于 0 的小时数。"),
            )
        network = self._network()
        ground = self._ground(question.code, question.area)
        segments = _streets(network, ground, question.road_classes)
        progress(Step(1, _TRIES + 1))
        pace = SPEEDS[question.speeds].seconds_per_m(network)
        hours_once = float((network.length_m * pace)[segments].sum()) / 3600
        k = question.beats or max(1, math.ceil(_ROOM * hours_once / question.shift_h))
        for turn in range(_TRIES):
            try:
                found = patrol_beats(
                    network, k, segments=segments, tolerance=question.tolerance, seed=question.seed,
                    time_limit_s=question.time_limit_s,
                )  # fmt: skip
            except InfeasibleError:
                if turn == 0:
                    raise
                break  # with more beats a street is longer than one: those of the turn before stand, flagged
            hours = _hours(network, found, pace)
            progress(Step(2 + turn, _TRIES + 1))
            if question.beats or hours.max() <= question.shift_h:
                break
            k = max(k + 1, math.ceil(k * hours.max() / question.shift_h))
        progress(Step(_TRIES + 1, _TRIES + 1))
        streets = network.frame(segments)
        number = found.beat[segments] + 1
        streets["beat"] = pd.Series(number, dtype="Int64").where(number > 0)
        basis = self._basis(network) | {
            "jurisdiction": ground["code"].tolist(),
            "beats": question.beats,
            "shift_h": question.shift_h,
            "road_classes": list(question.road_classes),
            "speeds": SPEEDS[question.speeds].as_dict(),
            "tolerance": question.tolerance,
            "seed": question.seed,
        }
        return BeatPlan(
            found.frame.assign(hours=hours, over_shift=hours > question.shift_h),
            streets,
            found,
            found.spread <= question.tolerance,
            ground,
            network.faults,
            basis,
        )

    # roads and ground

    def _network(self) -> RoadNetwork:
        def made() -> RoadNetwork:
            roads = self._store.layer("roads")
            if roads.empty:
                raise NotFoundError(
                    t("There are no roads yet.", "尚无道路。"),
                    remedy=t(
                        "Import them: spatialgov import roads FILE, or spatialgov import osm FILE.",
                        "请先导入：spatialgov import roads FILE，或 spatialgov import osm FILE。",
                    ),
                )
            return road_network(roads)

        # faults are worded in the language of whoever asks first
        return self._networks.get((self._store.revision("roads"), current_language()), made)

    def _ground(self, code: str | None, area: Area | None) -> gpd.GeoDataFrame:
        """Give the jurisdictions that are asked about: the one of the code, else the highest of the asker's."""
        every = self._store.jurisdictions()
        own = every if area is None else area.jurisdictions(every)
        if code is not None:
            own = own[own["code"] == code]
        elif area is None:
            own = own[~own["parent_code"].isin(every["code"])]
        else:
            own = own[own["code"].isin(area.granted)]
        if own.empty and area is not None and code is None:
            raise NotFoundError(
                t("No ground lies in the jurisdictions of this account.", "本账户辖区内没有任何范围。"),
                remedy=t("Ask for an account with other jurisdictions.", "请申请其他辖区的账户。"),
            )
        if own.empty and code is not None:
            raise NotFoundError(
                t("There is no jurisdiction {code}.", "没有辖区 {code}。", code=repr(code)),
                remedy=t(
                    "Codes of some: {codes}. Import others: spatialgov import jurisdictions FILE.",
                    "已有编码如：{codes}。如需其他辖区，请导入：spatialgov import jurisdictions FILE。",
                    codes=", ".join((every if area is None else area.jurisdictions(every))["code"].head(5))
                    or t("none", "无"),
                ),
            )
        return own.reset_index(drop=True)

    def _basis(self, network: RoadNetwork) -> dict[str, Any]:
        edition = self._edition_or_none()
        return {
            "plan": None if edition is None else edition.plan_id,
            "edition": None if edition is None else edition.id,
            "version": _VERSION,
            "roads": _about(network),
        }


def _check(question: ServiceQuestion) -> None:
    if not (question.new >= 0 and 0 < question.within_min < math.inf and (question.capacity or 0) >= 0):
        raise InputError(
            t(
                "{new} new centres within {minutes} minutes, capacity {capacity}.",
                "新增中心 {new} 个，时限 {minutes} 分钟，容量 {capacity}。",
                new=question.new,
                minutes=question.within_min,
                capacity=question.capacity,
            ),
            remedy=t("Give minutes above zero, the rest zero or more.", "时限须大于 0，其余须非负。"),
        )


def _with_columns(stand: gpd.GeoDataFrame, service: Service) -> gpd.GeoDataFrame:
    """Give the centres with what each serves; both are in the same order."""
    own = stand.reindex(columns=["place_id", "kind", "name", "name_en", "new", "capacity"]).reset_index(drop=True)
    table = pd.concat([own, service.centres.drop(columns=["place_id", "capacity"])], axis=1)
    return gpd.GeoDataFrame(table, geometry=stand.geometry.to_numpy(), crs=WGS84)


def _served(grids: gpd.GeoDataFrame, service: Service) -> gpd.GeoDataFrame:
    """Give who serves each grid, with the grid's name and outline."""
    known = grids[["code", "name", "parent_code", "geometry"]]
    table = service.grids.replace({"seconds": {np.inf: np.nan}}).merge(known, on="code", how="left")
    table = table[["code", "name", "parent_code", "place_id", "demand", "seconds", "geometry"]]
    return gpd.GeoDataFrame(table, geometry="geometry", crs=WGS84)


def _merged(ground: gpd.GeoDataFrame) -> BaseGeometry:
    shapes = ground.geometry.to_numpy()
    merged: BaseGeometry = dissolve(shapes, np.zeros(len(shapes), np.int32), 1)[0]
    return merged


def _of_classes(network: RoadNetwork, classes: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Tell which segments are of some classes, any when none is named; there is one at least."""
    chosen = np.isin(network.road_class.astype(str), classes) if classes else np.ones(len(network.tail), dtype=bool)
    if not chosen.any():
        raise _no_street()
    return chosen


def _streets(network: RoadNetwork, ground: gpd.GeoDataFrame, classes: tuple[str, ...]) -> Ints:
    """Give the segments of some classes whose middle lies on the ground; of all ground where there is none."""
    chosen = _of_classes(network, classes)
    if not ground.empty:
        shape = metric_shapes(np.array([_merged(ground)]), network.crs)[0]
        shapely.prepare(shape)
        chosen = chosen & shapely.intersects(shape, shapely.line_interpolate_point(network.lines, 0.5, normalized=True))
    if not chosen.any():
        raise _no_street()
    return np.flatnonzero(chosen)


def _no_street() -> NotFoundError:
    return NotFoundError(
        t("There is no such road here.", "此处没有此类道路。"),
        remedy=t(
            "Name other classes of road, or import the roads: spatialgov import roads FILE.",
            "请更换道路等级，或导入该处道路：spatialgov import roads FILE。",
        ),
    )


def _hours(network: RoadNetwork, found: Beats, pace: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give how long each walk takes."""
    seconds = network.length_m * pace
    return np.array([seconds[walk].sum() for walk, _ in found.walks]) / 3600


def _about(network: RoadNetwork) -> dict[str, Any]:
    return {
        "segments": len(network.tail),
        "km": round(float(network.length_m.sum()) / 1000, 3),
        "faults": len(network.faults),
    }
