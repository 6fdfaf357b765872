"""Three states of what should be seen: covered, uncertain, gap; and how much is in each, by area."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.demand.demands import DEMAND_KINDS, Demands
from spatialgov.coverage.demand.stretches import Stretches, cuts_of, times_in
from spatialgov.coverage.sight.overlay import union_by_area
from spatialgov.coverage.sight.seeing import Sight
from spatialgov.coverage.sight.shapes import no_shapes
from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = [
    "COVERED",
    "GAP",
    "UNCERTAIN",
    "Seen",
    "States",
    "check_planes",
    "ground_states",
    "measure",
    "states_of",
    "with_lines_and_points",
]

COVERED, UNCERTAIN, GAP = 0, 1, 2
"""Seen for certain by a camera that works; perhaps, depending on what nobody wrote down; by none."""

Split = Literal["", "class", "hour"]

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Seen:
    """What of the roads and points lies in the shapes of cameras, whether these work or not.

    Attributes
    ----------
    stretches
        Pieces of the axis of the roads by camera.
    camera, point
        (k,) int64: pairs of a camera and a point that it sees.
    """

    stretches: Stretches
    camera: Ints
    point: Ints

    @classmethod
    def by(cls, shapes: Shapes, demands: Demands) -> "Seen":
        """Look through (n,) polygons, one a camera."""
        camera, point = demands.point_tree.query(shapes, predicate="intersects")
        order = np.lexsort((point, camera))
        return cls(demands.roads.axis.within(shapes), camera[order], point[order])

    def replaced(self, cameras: Bools, others: "Seen") -> "Seen":
        """Give the same with what the marked cameras see taken from elsewhere."""
        kept, new = ~cameras[self.camera], cameras[others.camera]
        return Seen(
            self.stretches.replaced(cameras, others.stretches),
            np.concatenate([self.camera[kept], others.camera[new]]),
            np.concatenate([self.point[kept], others.point[new]]),
        )

    def points_of(self, cameras: Bools, n: int) -> Bools:
        """Give which of the n points one of the marked cameras sees."""
        seen = np.zeros(n, dtype=bool)
        seen[self.point[cameras[self.camera]]] = True
        return seen


@dataclass(frozen=True, eq=False)
class States:
    """The state of all that should be seen.

    Attributes
    ----------
    sight, demands
        What was looked at.
    certain, possible
        What each camera sees of roads and points for certain, and what it may see at most.
    uncertain
        (areas,) polygons: ground that no working camera sees for certain, and that one may see.
    gap
        (areas,) polygons: ground that none can see whatever is missing.
    road_cuts
        (c,) float64 on the axis of the roads.
    road_area
        (c - 1,) int64: area of each piece of road, -1 where it does not count.
    road_state
        (c - 1,) int64: `COVERED`, `UNCERTAIN` or `GAP`.
    point_state
        (points,) int64: the same.
    """

    sight: Sight
    demands: Demands
    certain: Seen
    possible: Seen
    uncertain: Shapes
    gap: Shapes
    road_cuts: Floats
    road_area: Ints
    road_state: Ints
    point_state: Ints

    @property
    def working(self) -> Bools:
        """Which cameras work."""
        return np.asarray(self.sight.views.table["working"], dtype=bool)

    def after(self, sight: Sight, rows: npt.ArrayLike) -> "States":
        """Give the states with some cameras changed or added: only what these see or have seen is looked at again.

        Parameters
        ----------
        sight
            The cameras after the change, from `Sight.moved`: those of before in the same order, then new ones.
        rows
            (k,) positions of those that changed in any way, their status included; new ones need not be named.
        """
        before, after = len(self.sight.certain), len(sight.certain)
        changed = np.arange(after) >= before
        changed[np.asarray(rows, dtype=np.int64)] = True
        certain, possible = (
            old.replaced(changed, Seen.by(np.where(changed, shapes, no_shapes(after)), self.demands))
            for old, shapes in ((self.certain, sight.certain), (self.possible, sight.possible))
        )
        old, new = changed[:before], changed
        touching = [shapes[rows] for s, rows in ((self.sight, old), (sight, new)) for shapes in (s.certain, s.possible)]
        tree = shapely.STRtree(self.demands.ground)
        areas = np.unique(tree.query(np.concatenate(touching), predicate="intersects")[1])
        uncertain, gap = self.uncertain.copy(), self.gap.copy()
        working = np.asarray(sight.views.table["working"], dtype=bool)
        uncertain[areas], gap[areas] = ground_states(
            sight.certain[working], sight.possible[working], self.demands.ground[areas]
        )
        return with_lines_and_points(sight, self.demands, certain, possible, uncertain, gap)


def states_of(sight: Sight, demands: Demands) -> States:
    """Tell the state of all that should be seen.

    Only cameras that work count: in service, or of unknown status.

    Raises
    ------
    InputError
        When the cameras were looked at in another plane than the demands.
    """
    check_planes(sight, demands)
    working = np.asarray(sight.views.table["working"], dtype=bool)
    uncertain, gap = ground_states(sight.certain[working], sight.possible[working], demands.ground)
    certain, possible = Seen.by(sight.certain, demands), Seen.by(sight.possible, demands)
    return with_lines_and_points(sight, demands, certain, possible, uncertain, gap)


def check_planes(sight: Sight, demands: Demands) -> None:
    """Refuse cameras that were looked at in another plane than the demands; raises `InputError`."""
    if sight.crs != demands.crs:
        raise InputError(
            t("Cameras and areas are in different planes.", "摄像机与区域不在同一平面坐标系。"),
            remedy=t("Give `see` and `demands` the same crs.", "请为 see 和 demands 指定相同的 crs。"),
        )


def ground_states(certain: Shapes, possible: Shapes, ground: Shapes) -> tuple[Shapes, Shapes]:
    """Take off ground what is seen for certain, and tell apart what may be seen of the rest, and what can't.

    Parameters
    ----------
    certain, possible
        (n,) polygons, of cameras that work.
    ground
        (areas,) polygons.
    """
    unsure = shapely.difference(ground, union_by_area(certain, ground))
    uncertain = union_by_area(possible, unsure)
    return uncertain, shapely.difference(unsure, uncertain)


def with_lines_and_points(
    sight: Sight, demands: Demands, certain: Seen, possible: Seen, uncertain: Shapes, gap: Shapes
) -> States:
    """Give the states whose ground is known, with those of roads and points by what each camera sees of them."""
    working = np.asarray(sight.views.table["working"], dtype=bool)
    sure, maybe = certain.stretches.of(working), possible.stretches.of(working)
    base = demands.roads
    cuts = np.unique(np.concatenate([base.cuts, cuts_of(base.axis, sure, maybe)]))
    area = base.area[np.clip(np.searchsorted(base.cuts, cuts[:-1], side="right") - 1, 0, None)]
    road_state = np.where(times_in(sure, cuts) > 0, COVERED, np.where(times_in(maybe, cuts) > 0, UNCERTAIN, GAP))
    n = len(demands.points)
    point_state = np.where(
        certain.points_of(working, n), COVERED, np.where(possible.points_of(working, n), UNCERTAIN, GAP)
    )
    return States(sight, demands, certain, possible, uncertain, gap, cuts, area, road_state, point_state)


def measure(states: States, *, level: str | None = None, split: Split = "") -> pd.DataFrame:
    """Measure how much of what should be seen is in each state.

    Parameters
    ----------
    states
        From `states_of`.
    level
        One of `StudyAreas.levels` to sum up by: ``grid``, ``community``, ``district``, ``all``…; the areas' own when
        not given.
    split
        ``class``: a row for each class of road, kind of place, kind of unit, category. ``hour``: a row for each hour
        of the day of incidents (-1: hour not known), and none for the other kinds.

    Returns
    -------
    DataFrame
        ``level``, ``code``, ``name``, ``kind`` (`DEMAND_KINDS`), ``class``, ``hour``, ``unit`` (m2, m, places, people,
        incidents), ``should_be_seen``, ``covered``, ``uncertain``, ``gap``, which add up to it, ``lower_share`` =
        covered / should_be_seen and ``upper_share`` = (covered + uncertain) / should_be_seen, NaN where there is
        nothing to be seen. A row for every area and kind, also where it is nothing.

    Raises
    ------
    InputError
        When there is no such level.
    """
    areas = states.demands.areas
    level = level or areas.level
    codes = areas.codes_at(level)
    parts = _amounts(states)
    if split == "hour":
        parts = parts[parts["kind"] == "incident"]
    keys = ["code", "kind", *([split] if split else [])]
    table = parts.assign(code=codes[parts["area"].to_numpy()]).groupby(keys, sort=False)[list(_COLUMNS)].sum()
    table = _every_row(table, codes, keys).reset_index()
    without: dict[str, Any] = {"class": "", "hour": -1}
    table = table.assign(**{name: value for name, value in without.items() if name not in table})
    total = table["should_be_seen"].to_numpy()
    lower, upper = (
        np.divide(part, total, out=np.full(len(table), np.nan), where=total > 0)
        for part in (table["covered"].to_numpy(), (table["covered"] + table["uncertain"]).to_numpy())
    )
    table = table.assign(
        level=level,
        name=areas.names_of(table["code"]),
        unit=table["kind"].map(DEMAND_KINDS),
        lower_share=lower,
        upper_share=upper,
    )
    order = ["level", "code", "name", "kind", "class", "hour", "unit", *_COLUMNS, "lower_share", "upper_share"]
    return table[order]


_COLUMNS = ("should_be_seen", "covered", "uncertain", "gap")


def _amounts(states: States) -> pd.DataFrame:
    """What should be seen and its states, by area, kind, class and hour."""
    demands = states.demands
    ground, uncertain, gap = (shapely.area(s) for s in (demands.ground, states.uncertain, states.gap))
    areas = pd.DataFrame(
        {
            "area": np.arange(len(ground)),
            "kind": "ground",
            "class": "",
            "hour": -1,
            "should_be_seen": ground,
            "covered": np.maximum(ground - uncertain - gap, 0.0),
            "uncertain": uncertain,
            "gap": gap,
        }
    )
    counts = states.road_area >= 0
    line = demands.roads.axis.line_at(states.road_cuts[:-1][counts])
    roads = pd.DataFrame(
        {
            "area": states.road_area[counts],
            "kind": "road",
            "class": demands.roads.table["road_class"].to_numpy()[line],
            "hour": -1,
            "amount": np.diff(states.road_cuts)[counts],
            "state": states.road_state[counts],
        }
    )
    points = demands.points[["area", "kind", "class", "hour", "amount"]].assign(state=states.point_state)
    rest = pd.concat([roads, points], ignore_index=True)
    by_state = {
        name: np.where(rest["state"] == state, rest["amount"], 0.0)
        for name, state in (("covered", COVERED), ("uncertain", UNCERTAIN), ("gap", GAP))
    }
    rest = rest.assign(should_be_seen=rest["amount"], **by_state).drop(columns=["amount", "state"])
    rest = rest.groupby(["area", "kind", "class", "hour"], sort=False, as_index=False).sum()
    return pd.concat([areas, rest], ignore_index=True)


def _every_row(table: pd.DataFrame, codes: npt.NDArray[np.object_], keys: list[str]) -> pd.DataFrame:
    """The table in the order of areas and kinds, with a row for every area and all that is split by."""
    kinds = list(DEMAND_KINDS)
    parts: list[tuple[Any, ...]] = [(kind,) for kind in kinds]
    if len(keys) > len(("code", "kind")):
        known = {part[1:] for part in table.index.tolist()}
        parts = sorted(known, key=lambda part: (kinds.index(part[0]), part[1]))
    wanted = [(code, *part) for code in dict.fromkeys(codes) for part in parts]
    return table.reindex(pd.MultiIndex.from_tuples(wanted, names=keys), fill_value=0.0)
