"""A plan of remedies as it is given to planners: steps with reasons and verified gains, and the curve of new sites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.candidates import Candidates
from spatialgov.coverage.changes import Change
from spatialgov.coverage.remedy_steps import Step, Sums, Took, replayed, sums_of
from spatialgov.coverage.scenes import Scene, net_interval, visible_by
from spatialgov.coverage.sight import Sight
from spatialgov.coverage.siting import Siting
from spatialgov.coverage.views import Views, views_of
from spatialgov.language import t
from spatialgov.projection import WGS84

__all__ = ["RemedyPlan", "plan_of"]

FloatArray = npt.NDArray[np.float64]
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
    found_on, unseen
        The sample of the search, and another.
    siting, left_out
        As of `RemedyPlan`.
    """
    table = sight.views.table
    working, post = table["working"].to_numpy(bool), table["post"].to_numpy(np.int64)
    certain = [visible_by(scene, post, sight.certain) for scene in (found_on, unseen)]
    tally, took = replayed(found_on, certain[0], working, steps, sight.obstacles)
    _, took_unseen = replayed(unseen, certain[1], working, steps, sight.obstacles)
    gained, lost = (sums_of(found_on, [getattr(one, side) for one in took]) for side in ("gained", "lost"))
    more, less = (sums_of(unseen, [getattr(one, side) for one in took_unseen]) for side in ("gained", "lost"))
    largest = float(unseen.step[unseen.drawn].max(initial=0.0))
    gain, verified = gained.whole - lost.whole, more.whole - less.whole
    low, high = net_interval(more.interval(largest), less.interval(largest))
    total_low, total_high = net_interval(more.total().interval(largest), less.total().interval(largest))
    maybe = np.zeros(len(found_on.weight), dtype=bool)
    maybe[visible_by(found_on, post[working], sight.possible[working]).point] = True
    after = _sight_after(sight, candidates, steps)
    frame = pd.DataFrame(
        {
            "step": np.arange(1, len(steps) + 1),
            "remedy": [step.remedy for step in steps],
            "camera_id": [step.camera_id for step in steps],
            "what": [step.what for step in steps],
            "on": [_place(candidates, step, "on") for step in steps],
            "consent": [_place(candidates, step, "consent") for step in steps],
            "azimuth_before_deg": [np.nan if step.row < 0 else table["azimuth_deg"].iloc[step.row] for step in steps],
            "azimuth_deg": [_azimuth_deg(step, table) for step in steps],
            "height_m": [
                float(table["height_m"].iloc[step.row] if step.row >= 0 else _place(candidates, step, "height_m"))
                for step in steps
            ],
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
    frame["reason"] = [_reason(step, row) for step, row in zip(steps, frame.to_dict("records"), strict=True)]
    points = [_point(step, table, candidates) for step in steps]
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


def _place(candidates: Candidates | None, step: Step, column: str) -> object:
    """Give a column of the place of a new device, "" for other steps."""
    return "" if candidates is None or step.place < 0 else candidates.places[column].iloc[step.place]


def _azimuth_deg(step: Step, table: pd.DataFrame) -> float:
    return float(table["azimuth_deg"].iloc[step.row]) if step.look is None else step.look.azimuth_deg


def _point(step: Step, table: pd.DataFrame, candidates: Candidates | None) -> shapely.Point:
    where = table.iloc[step.row] if candidates is None or step.place < 0 else candidates.places.iloc[step.place]
    return shapely.Point(where["lon"], where["lat"])


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
    table = sight.views.table.copy()
    rows = [step.row for step in steps if step.remedy in ("repair", "turn")]
    for step in steps:
        if step.remedy == "repair":
            table.iloc[step.row, table.columns.get_indexer(["status", "working"])] = ["in_service", True]
        if step.remedy == "turn" and step.look is not None:
            table.iloc[step.row, table.columns.get_loc("azimuth_deg")] = step.look.azimuth_deg
    new = [step for step in steps if step.remedy == "build"]
    if new and candidates is not None:
        places = candidates.places.iloc[[step.place for step in new]]
        frame = candidates.device.frame(places["lon"], places["lat"], places["height_m"].to_numpy())
        frame = frame.assign(
            camera_id=[step.camera_id for step in new],
            azimuth_deg=[_azimuth_deg(step, table) for step in new],
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
    device = (
        candidates.device.frame(place["lon"], place["lat"], place["height_m"]).iloc[0].drop(["camera_id", "geometry"])
    )
    figures = {name: value for name, value in device.items() if not pd.isna(value)}
    where = {"lon": float(place["lon"]), "lat": float(place["lat"]), "status": "in_service"}
    return [Change("add", step.camera_id, {**figures, **turned, **where})]


def _reason(step: Step, row: Mapping[str, Any]) -> str:
    """Say why, in one sentence."""
    values = {
        "camera": step.camera_id,
        "gain": row["gain"] / 10.0,
        "lost": row["lost"] / 10.0,
        "settles": step.settles / 10.0,
        "what": step.what,
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
