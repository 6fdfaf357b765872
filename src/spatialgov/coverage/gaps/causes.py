"""Why something is not covered: by which camera's fault, for want of which figure, behind which building."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.coverage.sight.isovists import isovists
from spatialgov.coverage.sight.seeing import Sight
from spatialgov.coverage.sight.shapes import point_shapes, segment_shapes

__all__ = ["REASONS", "Causes", "turn_from"]

REASONS = (
    "data_missing",
    "out_of_service",
    "turned_away",
    "class_too_low",
    "below_camera",
    "hidden",
    "no_camera",
)
"""Why something is not covered, the cheapest remedy first:

* ``data_missing``: a camera covers it or not, depending on a figure that nobody wrote down (all that is uncertain);
* ``out_of_service``: a broken camera would see it;
* ``turned_away``: a PTZ camera could turn to it;
* ``class_too_low``: a camera sees it, but not in the class of picture that is needed;
* ``below_camera``: it is too near to the mast, below the picture;
* ``hidden``: a camera would reach it but for a building;
* ``no_camera``: none would.
"""

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Causes:
    """The ground that each reason accounts for, by camera.

    Attributes
    ----------
    sight
        The cameras.
    reach
        Reason (position in `REASONS`) → positions of cameras, and their (k,) polygons. They overlap; the first reason
        in the order of `REASONS` is the one that is given.
    """

    sight: Sight
    reach: Mapping[int, tuple[Ints, Shapes]]

    @classmethod
    def of(cls, sight: Sight) -> "Causes":
        """Find them."""
        table = sight.views.table
        working = np.flatnonzero(table["working"])
        broken = np.flatnonzero(table["status"] == "broken")
        azimuth = table["azimuth_deg"].to_numpy(dtype=np.float64)
        all_round = np.isnan(azimuth) | (table["kind"] == "ptz").to_numpy()
        fov = np.where(all_round, 360.0, table["fov_most_deg"].to_numpy(dtype=np.float64))
        x_m, y_m = sight.x_m[working], sight.y_m[working]
        below, open_ground = (
            isovists(x_m, y_m, table[column].to_numpy(dtype=np.float64)[working], azimuth[working], fov[working])
            for column in ("near_m", "range_most_m")
        )
        shapes = {
            "data_missing": (working, sight.possible[working]),
            "out_of_service": (broken, sight.possible[broken]),
            "turned_away": (working, sight.turning[working]),
            "class_too_low": (working, sight.low_class[working]),
            "below_camera": (working, below),
            "hidden": (working, open_ground),
        }
        reach = {}
        for name, (camera, shape) in shapes.items():
            some = ~shapely.is_empty(shape)
            reach[REASONS.index(name)] = (camera[some], shape[some])
        return cls(sight, reach)

    def of_gaps(self) -> list[tuple[int, Shapes]]:
        """Give the reasons of gaps but the last, in their order, with their ground."""
        uncertain = REASONS.index("data_missing")
        return [(reason, shapes) for reason, (_, shapes) in sorted(self.reach.items()) if reason != uncertain]

    def cameras_at(self, reason: Ints, place: Floats) -> Ints:
        """Give for (k,) places, each with its reason, the nearest camera that the reason is about, -1 for none."""
        found = np.full(len(reason), -1, dtype=np.int64)
        at = np.column_stack([self.sight.x_m, self.sight.y_m])
        for number, (cameras, shapes) in self.reach.items():
            rows = np.flatnonzero(reason == number)
            pair, row = shapely.STRtree(point_shapes(place[rows])).query(shapes, predicate="intersects")
            row, camera = rows[row], cameras[pair]
            distance = np.hypot(*(at[camera] - place[row]).T)
            order = np.lexsort((-camera, -distance))
            found[row[order]] = camera[order]  # the nearest comes last
        return found

    def missing_at(self, camera: Ints, place: Floats) -> Texts:
        """Give for (k,) places the figures of a camera that decide whether it covers them."""
        table = self.sight.views.table
        lacks = table["missing"].to_numpy()
        azimuth, least_m, fov = (
            table[name].to_numpy(dtype=np.float64)[camera] for name in ("azimuth_deg", "range_least_m", "fov_least_deg")
        )
        distance, turn = turn_from(self.sight, camera, place)
        far, aside = distance > least_m, ~(np.abs(turn) <= fov / 2)
        decides = {"height_m": far, "range_m": far, "azimuth_deg": aside, "fov_deg": aside | np.isnan(azimuth)}
        named = []
        for row, one in enumerate(camera):
            own = [name for name in lacks[one] if decides[name][row]]
            named.append(", ".join(own or lacks[one]))
        texts: Texts = np.array(named, dtype=object)
        return texts

    def buildings_at(self, camera: Ints, place: Floats) -> Texts:
        """Give the building that hides (k,) places from a camera: the first in the line of sight, "" for none.

        A camera on a roof looks over buildings that end below the line; of those that don't, the first is given.
        """
        sight, obstacles = self.sight, self.sight.obstacles
        eye = np.column_stack([sight.x_m, sight.y_m])[camera]
        lines = segment_shapes(np.stack([eye, place], axis=1))
        line, house = obstacles.footprint_tree.query(lines, predicate="intersects")
        cut = shapely.intersection(lines[line], obstacles.footprints[house])
        from_eye = point_shapes(eye[line])
        nearest = shapely.distance(cut, from_eye)
        # What is on a roof is hidden where the line falls below a building's top: at its far end.
        farthest = shapely.hausdorff_distance(cut, from_eye)
        top, height = obstacles.height_m[house], sight.views.table["height_m"].to_numpy(dtype=np.float64)[camera][line]
        over = sight.rooftop[camera][line] & (top < height * (1.0 - farthest / shapely.length(lines[line])))
        line, house, nearest = line[~over], house[~over], nearest[~over]
        found = np.full(len(camera), "", dtype=object)
        order = np.lexsort((-house, -nearest))
        found[line[order]] = obstacles.building_id[house[order]]
        return found


def turn_from(sight: Sight, camera: Ints, place: Floats) -> tuple[Floats, Floats]:
    """Give how far (k,) places are from cameras, metres, and from their axes, degrees in [-180, 180), NaN: unknown."""
    away = place - np.column_stack([sight.x_m, sight.y_m])[camera]
    azimuth = sight.views.table["azimuth_deg"].to_numpy(dtype=np.float64)[camera]
    bearing = np.degrees(np.arctan2(away[:, 0], away[:, 1]))
    return np.hypot(*away.T), (bearing - azimuth + 180.0) % 360.0 - 180.0
