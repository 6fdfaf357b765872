"""A plan of remedies as it is given to planners: steps with reasons and verified gains, and the curve of new sites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.cameras.column_names import attributes_text
from spatialgov.coverage.cameras.views import Views, views_of
from spatialgov.coverage.remedies.candidates import Candidates
from spatialgov.coverage.remedies.changes import Change
from spatialgov.coverage.remedies.scenes import Scene, Visible, net_interval, visible_by
from spatialgov.coverage.remedies.steps import Step, Sums, Took, replayed, sums_of
from spatialgov.coverage.sight.seeing import Sight
from spatialgov.coverage.siting import Siting
from spatialgov.language import t
from spatialgov.projection import WGS84

__all__ = ["RemedyPlan", "plan_of"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
GeometryArray = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class RemedyPlan:
    """What to do, step by step, each with what it gains after the steps before it.

    Weights are thousandths of all that should be seen, each kind weighed as asked (`Demands.unit_weights`).

    Attributes
    ----------
    steps
        A row a step, EPSG:4326, points:

        * ``step`` (from 1), ``remedy`` (`REMEDIES`), ``camera_id`` (for ``build`` the name of the new one), ``reason``
          (for a planner, in the language in force when the plan was made);
        * ``what`` (for ``survey`` the columns that are missing, for ``build`` what it hangs on, of `SUPPORTS`); for
          ``build`` ``on`` (the camera whose post it is, the road, or "") and ``consent`` (the zone that asks for one,
          or "");
        * ``azimuth_before_deg``, ``azimuth_deg``, ``height_m``, ``cost``;
        * ``gain``: the weight that is covered more, all in all; ``lost``: the weight of what was covered before and no
          longer is, already taken off ``gain``; ``settles``: for ``survey`` the weight of what is uncertain and would
          not be any more; ``uncertain``: for ``build`` what of its gain is uncertain now, so that a survey might show
          it to be covered;
        * ``verified``, ``verified_low``, ``verified_high``: the gain on another sample, which the search did not see,
          and the interval of 95 % in which the true one lies;
        * ``gain_ground``, ``gain_road``, ``gain_place``, ``gain_population``, ``gain_incident``: the gain by kind, m²,
          m, places, people, incidents; only the kinds that weigh something;
        * ``no_view_m2``: how much more the camera sees of ground that nobody may look at.
    curve
        A row for every number of new sites from 0, in the order of the plan: ``p``, ``cost``, ``covered`` (weight, all
        other remedies included), and of the p sites ``gain``, ``verified``, ``verified_low``, ``verified_high``.
    covered_before, covered_after
        Weight that is covered for certain; half of a key place that needs two posts and has one.
    gain, verified, verified_low, verified_high
        Of all steps, as of one.
    siting
        What the search for new sites gives, with its bound and gap; None where nothing was to be built. Its weights
        are these too, its cost that of the new sites (their number with `p`).
    cost
        Of all steps.
    sight
        What the cameras see when all is done, new ones at the end.
    changes
        The steps as changes, for `what_if` and `changed_cameras`; surveys change nothing yet.
    left_out
        Directions of candidates that the search was not offered: ``no_view`` (they see ground that nobody may look
        at), ``too_near`` (to a post that is there).
    """

    steps: gpd.GeoDataFrame
    curve: pd.DataFrame
    covered_before: float
    covered_after: float
    gain: float
    verified: float
    verified_low: float
    verified_high: float
    siting: Siting | None
    cost: float
    sight: Sight
    changes: tuple[Change, ...]
    left_out: Mapping[str, int]


def plan_of(
    steps: Sequence[Step],
    sight: Sight,
    candidates: Candidates | None,
    private: GeometryArray,
    found_on: Scene,
    certain: Visible,
    unseen: Scene,
    siting: Siting | None,
    left_out: Mapping[str, int],
) -> RemedyPlan:
    """Put a plan together: take its steps on the sample that it was found on, and on another.

    Parameters
    ----------
    steps
        What is done.
    sight, candidates
        What there is, and what there may be.
    private
        Polygons that nobody may look at.
    found_on, certain, unseen
        The sample of the search, what each camera sees of it for certain, and another sample.
    siting, left_out
        As of `RemedyPlan`.
    """
    table = sight.views.table
    working, post = table["working"].to_numpy(bool), table["post"].to_numpy(np.int64)
    tally, took = replayed(found_on, certain, working, steps, sight.obstacles)
    took_unseen = replayed(unseen, visible_by(unseen, post, sight.certain), working, steps, sight.obstacles)[1]
    gained, lost = (sums_of(found_on, [getattr(one, side) for one in took]) for side in ("gained", "lost"))
    more, less = (sums_of(unseen, [getattr(one, side) for one in took_unseen]) for side in ("gained", "lost"))
    largest = float(unseen.step[unseen.drawn].max(initial=0.0))
    gain, verified = gained.whole - lost.whole, more.whole - less.whole
    low, high = net_interval(more.interval(largest), less.interval(largest))
    total_low, total_high = net_interval(more.total().interval(largest), less.total().interval(largest))
    unsure = working & (table["missing"].map(len) > 0).to_numpy()
    maybe = np.zeros(len(found_on.weight), dtype=bool)
    maybe[visible_by(found_on, post[unsure], sight.possible[unsure]).point] = True
    after = _sight_after(sight, candidates, steps)
    rows, places = (np.array([getattr(step, name) for step in steps], dtype=np.int64) for name in ("row", "place"))
    offered = None if candidates is None else candidates.places
    where = {
        name: np.where(rows < 0, _picked(offered, name, places, np.nan), _picked(table, name, rows, np.nan)).astype(
            float
        )
        for name in ("lon", "lat", "height_m")
    }
    frame = pd.DataFrame(
        {
            "step": np.arange(1, len(steps) + 1),
            "remedy": [step.remedy for step in steps],
            "camera_id": [step.camera_id for step in steps],
            "what": [step.what for step in steps],
            "on": _picked(offered, "on", places, ""),
            "consent": _picked(offered, "consent", places, ""),
            "azimuth_before_deg": _picked(table, "azimuth_deg", rows, np.nan).astype(np.float64),
            "azimuth_deg": [np.nan if step.look is None else step.look.azimuth_deg for step in steps],
            "height_m": where["height_m"].astype(np.float64),
            "cost": np.array([step.cost for step in steps], dtype=np.float64),
            "gain": gain,
            "lost": lost.whole,
            "settles": np.array([step.settles for step in steps], dtype=np.float64),
            "uncertain": [
                float(found_on.step[one.gained[maybe[one.gained]]].sum()) if step.remedy == "build" else 0.0
                for step, one in zip(steps, took, strict=True)
            ],
            "verified": verified,
            "verified_low": low,
            "verified_high": high,
            **_by_kind(unseen, took_unseen),
            "no_view_m2": _more_private_m2(sight, after, steps, private),
        }
    )
    frame["reason"] = [_reason(step, row) for step, (_, row) in zip(steps, frame.iterrows(), strict=True)]
    points = shapely.points(where["lon"].astype(np.float64), where["lat"].astype(np.float64))
    built = np.flatnonzero([step.remedy == "build" for step in steps])
    first = int(built[0]) if len(built) else len(steps)
    before = float(tally.covered() - gain.sum())
    return RemedyPlan(
        steps=gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(points, crs=WGS84), crs=WGS84),
        curve=_curve(frame["cost"].to_numpy()[first:], gained[first:], more[first:], largest, before, gain[:first]),
        covered_before=before,
        covered_after=tally.covered(),
        gain=float(gain.sum()),
        verified=float(verified.sum()),
        verified_low=float(total_low),
        verified_high=float(total_high),
        siting=siting,
        cost=float(frame["cost"].sum()),
        sight=after,
        changes=tuple(change for step in steps for change in _changes(step, candidates)),
        left_out=left_out,
    )


def _picked(table: pd.DataFrame | None, column: str, rows: IntArray, other: object) -> npt.NDArray[np.object_]:
    """Give a column at rows, something else where the row is below 0."""
    found = np.full(len(rows), other, dtype=object)
    if table is not None:
        found[rows >= 0] = table[column].to_numpy(object)[rows[rows >= 0]]
    return found


def _by_kind(scene: Scene, took: Sequence[Took]) -> dict[str, FloatArray]:
    """Give the gain of each step by kind."""
    net = np.array([scene.by_kind(one.gained) - scene.by_kind(one.lost) for one in took]).reshape(-1, len(scene.kinds))
    return {f"gain_{name}": net[:, i] for i, name in enumerate(scene.kinds)}


def _curve(
    cost: FloatArray, gained: Sums, more: Sums, largest: float, before: float, gain_before: FloatArray
) -> pd.DataFrame:
    """Give the curve of new sites, in their order; each only adds."""
    verified, low, high = more.running().interval(largest)
    gain = gained.running().whole
    return pd.DataFrame(
        {
            "p": np.arange(len(gain)),
            "cost": np.concatenate([[0.0], np.cumsum(cost)]),
            "covered": before + gain_before.sum() + gain,
            "gain": gain,
            "verified": verified,
            "verified_low": np.where(np.arange(len(gain)) == 0, 0.0, low),
            "verified_high": np.where(np.arange(len(gain)) == 0, 0.0, high),
        }
    )


def _sight_after(sight: Sight, candidates: Candidates | None, steps: Sequence[Step]) -> Sight:
    """Give what the cameras see after all steps, the new ones at the end."""
    changed = {name: sight.views.table[name].to_numpy(copy=True) for name in ("status", "working", "azimuth_deg")}
    rows = [step.row for step in steps if step.remedy == "turn"]
    for step in steps:
        if step.remedy == "repair":
            changed["status"][step.row], changed["working"][step.row] = "in_service", True
        if step.remedy == "turn" and step.look is not None:
            changed["azimuth_deg"][step.row] = step.look.azimuth_deg
    table = sight.views.table.assign(**changed)
    new = [step for step in steps if step.remedy == "build"]
    if new and candidates is not None:
        places = candidates.places.iloc[[step.place for step in new]]
        frame = candidates.device.frame(places["lon"], places["lat"], places["height_m"].to_numpy())
        frame = frame.assign(
            camera_id=[step.camera_id for step in new],
            azimuth_deg=[step.look.azimuth_deg for step in new if step.look is not None],
            status="in_service",
        )
        added = views_of(frame, needed=candidates.needed).table
        added["post"] = [step.look.post for step in new if step.look is not None]
        table = pd.concat([table, added], ignore_index=True)
    return sight.moved(np.array(rows, dtype=np.int64), Views(table, sight.views.needed, sight.views.assumptions))


def _more_private_m2(sight: Sight, after: Sight, steps: Sequence[Step], private: GeometryArray) -> FloatArray:
    """Give for each step how much more of the ground that nobody may look at its camera sees."""
    if not len(private) or not len(steps):
        return np.zeros(len(steps))
    whole = shapely.union_all(private)
    new = iter(range(len(sight.certain), len(after.certain)))
    found = []
    for step in steps:
        row = next(new) if step.remedy == "build" else step.row
        m2 = shapely.area(shapely.intersection(after.certain[row], whole)) if step.remedy != "survey" else 0.0
        if step.remedy == "turn":
            m2 -= shapely.area(shapely.intersection(sight.certain[row], whole))
        found.append(float(m2))
    return np.array(found)


def _changes(step: Step, candidates: Candidates | None) -> list[Change]:
    """Give what a step changes in the cameras."""
    if step.remedy == "repair":
        return [Change("repair", step.camera_id)]
    if step.look is None:
        return []
    turned = {"azimuth_deg": step.look.azimuth_deg}
    if step.remedy == "turn" or candidates is None:
        return [Change("turn", step.camera_id, turned)]
    place = candidates.places.iloc[step.place]
    where = {name: float(place[name]) for name in ("lon", "lat", "height_m")}
    figures = {**candidates.device.figures(), **turned, **where, "status": "in_service"}
    return [Change("add", step.camera_id, figures)]


def _reason(step: Step, row: "pd.Series[Any]") -> str:
    """Say why, in one sentence."""
    values = {
        "camera": step.camera_id,
        "gain": row["gain"] / 10.0,
        "lost": row["lost"] / 10.0,
        "settles": step.settles / 10.0,
        "what": attributes_text(step.what),
        "before": row["azimuth_before_deg"],
        "after": row["azimuth_deg"],
        "on": row["on"],
    }
    if step.remedy == "repair":
        return t(
            "Repair {camera}: {gain:.2f} % of what should be seen is seen by no other camera.",
            "修复 {camera}：应覆盖对象的 {gain:.2f}% 目前无其他摄像机可见。",
            **values,
        )
    if step.remedy == "survey":
        return t(
            "Find out {what} of {camera}: {settles:.2f} % of what should be seen would no longer be uncertain.",
            "核实 {camera} 的 {what}：可消除 {settles:.2f}% 应覆盖对象的不确定性。",
            **values,
        )
    if step.remedy == "turn":
        kept = t("Nothing that only it sees is lost.", "不损失其独有的覆盖。", **values)
        loses = t(
            "Lost is {lost:.2f} % that only it sees now; taken off already.",
            "其独有的 {lost:.2f}% 将不再可见（已从增量中扣除）。",
            **values,
        )
        turned = t(
            "Turn {camera} from {before:.0f}° to {after:.0f}°: {gain:.2f} % more.",
            "将 {camera} 由 {before:.0f}° 转至 {after:.0f}°：增加 {gain:.2f}%。",
            **values,
        )
        return f"{turned} {loses if row['lost'] > 0.0 else kept}"
    return _reason_to_build(step, values)


def _reason_to_build(step: Step, values: Mapping[str, Any]) -> str:
    support = {
        "post": t("on the post of {on}", "利用 {on} 的现有立杆", **values),
        "junction": t("on a new pole at a junction", "在路口新立杆", **values),
        "pole": t("on a new pole beside the road", "在路侧新立杆", **values),
        "facade": t("on a facade", "利用建筑外墙", **values),
    }[step.what]
    return t(
        "New camera {support}, looking {after:.0f}°: {gain:.2f} % more.",
        "{support}新增摄像机，朝向 {after:.0f}°：增加 {gain:.2f}%。",
        **values,
        support=support,
    )
