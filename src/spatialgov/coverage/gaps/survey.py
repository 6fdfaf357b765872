"""Which figure of which camera, once known, would settle most of what is uncertain."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.demand.sampling import points_in
from spatialgov.coverage.gaps.causes import turn_from
from spatialgov.coverage.gaps.states import UNCERTAIN, States
from spatialgov.coverage.sight.shapes import point_shapes

__all__ = ["ALL_FIGURES", "survey_gains"]

ALL_FIGURES = "all"
"""In the place of an attribute: a visit that writes down all that is missing of a camera."""

_STEP_M = 4.0
_ROAD_STEP_M = 2.0

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_FIGURES = ("azimuth_deg", "fov_deg", "range_m", "height_m")
_ANGLE, _REACH = ("azimuth_deg", "fov_deg"), ("range_m", "height_m")
_AMOUNTS = {"ground": "size_m2", "road": "size_m", "place": "places", "population": "people", "incident": "incidents"}


def survey_gains(states: States, *, weights: Mapping[str, float] | None = None, seed: int = 0) -> pd.DataFrame:
    """Estimate how much of what is uncertain would be settled, as covered or as a gap, by finding out one figure.

    What is uncertain is looked at in points (every 4 m of ground, every 2 m of road, and all places, people and
    incidents). A point is settled when the camera turns out to cover it, or when it turns out not to and no other
    camera leaves it uncertain. An unknown direction is taken to be any with the same probability, so that a field of
    φ degrees holds a point with φ / 360; of an unknown range or field the usual value is taken.

    Parameters
    ----------
    states
        From `states_of`.
    weights
        See `Demands.unit_weights`.
    seed
        Of the points.

    Returns
    -------
    DataFrame
        A row for each working camera and figure that it lacks, and one (`ALL_FIGURES`) for a camera that lacks
        several, the weightiest first: ``camera_id``, ``camera`` (position), ``attribute``, ``size_m2``, ``size_m``,
        ``places``, ``people``, ``incidents`` and ``weight`` (thousandths) that would be settled, and ``covered``, the
        part of the weight that would be settled as covered. Sum by ``attribute`` without `ALL_FIGURES` for the figure
        that is missed most; what several cameras would settle as covered is then counted for each of them.
    """
    points = _uncertain_points(states, np.random.default_rng(seed))
    per_unit = states.demands.unit_weights(weights)
    pairs = _Pairs.of(states, points[["x_m", "y_m"]].to_numpy())
    kind, amount = points["kind"].to_numpy()[pairs.point], points["amount"].to_numpy()[pairs.point]
    weight = amount * points["kind"].map(per_unit).to_numpy(dtype=np.float64)[pairs.point]
    alone = np.bincount(pairs.point, minlength=len(points))[pairs.point] == 1
    found = []
    for attribute in (*_FIGURES, ALL_FIGURES):
        known = _FIGURES if attribute == ALL_FIGURES else (attribute,)
        asked = pairs.lacks_several if attribute == ALL_FIGURES else pairs.lacks[attribute]
        covered, left_out = pairs.outcome(known)
        settled = (covered + left_out * alone) * asked
        sums = {"weight": settled * weight, "covered": covered * asked * weight}
        sums |= {name: settled * amount * (kind == of) for of, name in _AMOUNTS.items()}
        totals = {name: np.bincount(pairs.camera, values, len(states.sight.certain)) for name, values in sums.items()}
        cameras = np.unique(pairs.camera[asked])
        found.append(pd.DataFrame(totals).iloc[cameras].assign(camera=cameras, attribute=attribute))
    table = pd.concat(found, ignore_index=True)
    names = states.sight.views.table["camera_id"].to_numpy(dtype=object)
    table = table.assign(camera_id=names[table["camera"].to_numpy(dtype=np.int64)])
    table = table.sort_values(["weight", "camera"], ascending=[False, True], kind="stable", ignore_index=True)
    return pd.DataFrame(table[["camera_id", "camera", "attribute", *_AMOUNTS.values(), "weight", "covered"]])


def _uncertain_points(states: States, rng: np.random.Generator) -> pd.DataFrame:
    """Draw what is uncertain as points: ``kind``, ``x_m``, ``y_m``, ``amount``."""
    area, ground = points_in(states.uncertain, _STEP_M, rng)
    size_m2 = shapely.area(states.uncertain) / np.maximum(np.bincount(area, minlength=len(states.uncertain)), 1)
    axis = states.demands.roads.axis
    rows = np.flatnonzero((states.road_area >= 0) & (states.road_state == UNCERTAIN))
    low, length = states.road_cuts[:-1][rows], np.diff(states.road_cuts)[rows]
    number = np.ceil(length / _ROAD_STEP_M).astype(np.int64)
    piece = np.repeat(np.arange(len(rows)), number)
    k = np.arange(len(piece)) - np.repeat(np.cumsum(number) - number, number)
    roads = axis.points_at(low[piece] + (k + rng.random(len(piece))) * (length / np.maximum(number, 1))[piece])
    others = states.demands.points[states.point_state == UNCERTAIN]
    tables = [
        pd.DataFrame({"kind": "ground", "x_m": ground[:, 0], "y_m": ground[:, 1], "amount": size_m2[area]}),
        pd.DataFrame({"kind": "road", "x_m": roads[:, 0], "y_m": roads[:, 1], "amount": (length / number)[piece]}),
        others[["kind", "x_m", "y_m", "amount"]],
    ]
    points: pd.DataFrame = pd.concat(tables, ignore_index=True)
    return points


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Points, and the cameras that leave them uncertain.

    Attributes
    ----------
    point, camera
        (k,) int64.
    lacks
        Figure → (k,) bool, whether the camera lacks it.
    distance_m, turn_deg
        (k,) float64 from the camera and from its axis; NaN where there is none.
    table
        `Views.table`, a row a pair.
    """

    point: Ints
    camera: Ints
    lacks: Mapping[str, npt.NDArray[np.bool_]]
    distance_m: Floats
    turn_deg: Floats
    table: pd.DataFrame

    @classmethod
    def of(cls, states: States, points: Floats) -> "_Pairs":
        """Find them."""
        sight = states.sight
        missing = sight.views.table["missing"]
        asked = np.flatnonzero(states.working & (missing.map(len) > 0).to_numpy())
        which, point = shapely.STRtree(point_shapes(points)).query(sight.possible[asked], predicate="intersects")
        camera = asked[which]
        own = missing.to_numpy()[camera]
        lacks = {name: np.array([name in figures for figures in own], dtype=bool) for name in _FIGURES}
        distance_m, turn_deg = turn_from(sight, camera, points[point])
        return cls(point, camera, lacks, distance_m, turn_deg, sight.views.table.iloc[camera])

    @property
    def lacks_several(self) -> npt.NDArray[np.bool_]:
        """Whether the camera lacks more than one figure."""
        several: npt.NDArray[np.bool_] = np.sum(list(self.lacks.values()), axis=0) > 1
        return several

    def outcome(self, known: tuple[str, ...]) -> tuple[Floats, Floats]:
        """Give the chance that the point is covered for certain, and that it is not, with some figures found out."""
        near, far = self._reach(known)
        inside, outside = self._angle(known)
        return near * inside, 1.0 - (1.0 - far) * (1.0 - outside)

    def _open(self, figures: tuple[str, ...], known: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Whether one of the figures is still missing."""
        still = np.zeros(len(self.camera), dtype=bool)
        for name in set(figures) - set(known):
            still |= self.lacks[name]
        return still

    def _reach(self, known: tuple[str, ...]) -> tuple[Floats, Floats]:
        least, usual = (self.distance_m <= self._figure(name) for name in ("range_least_m", "range_m"))
        still = self._open(_REACH, known)
        return np.where(still, least, usual).astype(float), np.where(still, False, ~usual).astype(float)

    def _angle(self, known: tuple[str, ...]) -> tuple[Floats, Floats]:
        least, usual, most = (self._figure(name) for name in ("fov_least_deg", "fov_deg", "fov_most_deg"))
        still = self._open(_ANGLE, known)
        aside = 2.0 * np.abs(self.turn_deg)
        inside = np.where(still, aside <= least, aside <= usual).astype(float)
        outside = np.where(still, False, aside > usual).astype(float)
        blind = np.isnan(self.turn_deg)
        no_field = self._open(("fov_deg",), known)
        if "azimuth_deg" in known:
            by_chance = np.where(no_field, least, usual), np.where(no_field, most, usual)
            inside[blind], outside[blind] = by_chance[0][blind] / 360.0, 1.0 - by_chance[1][blind] / 360.0
        else:
            inside[blind], outside[blind] = (~no_field & (usual >= 360.0))[blind], 0.0
        return inside, outside

    def _figure(self, name: str) -> Floats:
        return self.table[name].to_numpy(dtype=np.float64)
