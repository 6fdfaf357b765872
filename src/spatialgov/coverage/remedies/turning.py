"""Turning cameras that hang already: the azimuths at which they add most to what the others see."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from spatialgov.coverage.remedies.scenes import Scene, Tally, Visible
from spatialgov.coverage.sight.lines_of_sight import Eyes, in_sector, lines_of_sight
from spatialgov.coverage.sight.seeing import Sight
from spatialgov.time_limit import check_time

__all__ = ["TURN_STEP_DEG", "Turn", "turns"]

TURN_STEP_DEG = 15.0
"""Azimuths that are tried lie so far apart, counted from the present one."""

WORTH_A_VISIT = 0.1
"""A turn must gain at least this part of what the camera would see."""

_SLIP = 0.01
"""What the azimuths beside one count for its choice."""

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Turn:
    """A camera (row of the views) and its new azimuth, with the weight that this adds, all in all."""

    row: int
    azimuth_deg: float
    gain: float


def turnable(sight: Sight, working: Mask) -> IntArray:
    """Give the rows of cameras that can be turned for certain: they work, look one way, and are not on a roof."""
    table = sight.views.table
    known = ~np.isnan(table["azimuth_deg"].to_numpy(np.float64))
    partial = (table["fov_least_deg"] > 0.0) & (table["fov_least_deg"] < 360.0)
    # From a roof a camera sees over walls: what it would see elsewhere is not told by lines of sight on the ground.
    return np.flatnonzero(working & known & partial.to_numpy() & ~sight.rooftop)


def turns(
    scene: Scene,
    sight: Sight,
    working: Mask,
    may_turn: Mask,
    certain: Visible,
    private_m: FloatArray,
    *,
    most: int | None = None,
) -> list[Turn]:
    """Search for turns that add to what should be seen, each camera at most once.

    In each round every camera is tried at all azimuths; of those that gain, the best are turned that lie too far apart
    to see the same, so that their gains add up; then all are tried again. What a camera alone sees now counts as lost
    when it turns away. No turn sees more of the ground that nobody may look at.

    Parameters
    ----------
    scene
        What should be seen.
    sight
        What the cameras see now.
    working, may_turn
        (n,) the cameras that count, and those that may be turned.
    certain
        What each camera sees of the scene now, a view a row.
    private_m
        (p, 2) places that nobody may look at, each for the same area.
    most
        The most cameras to turn, the best first; None for all that gain enough (`WORTH_A_VISIT`).

    Returns
    -------
    list of Turn
        In the order in which they gain what they say.
    """
    rows = turnable(sight, working & may_turn)
    if not len(rows) or most == 0:
        return []
    search = _Search(scene, sight, working, certain, private_m, rows)
    found: list[Turn] = []
    while most is None or len(found) < most:
        check_time()
        if not (turned := search.round(most if most is None else most - len(found))):
            break
        found += turned
    return found


class _Search:
    """All that turnable cameras could see, and who sees it now."""

    def __init__(
        self,
        scene: Scene,
        sight: Sight,
        working: Mask,
        certain: Visible,
        private_m: FloatArray,
        rows: IntArray,
    ) -> None:
        table = sight.views.table.iloc[rows]
        azimuth, fov, near_m, range_m = (
            table[name].to_numpy(np.float64) for name in ("azimuth_deg", "fov_least_deg", "near_m", "range_least_m")
        )
        eyes = Eyes(sight.x_m[rows], sight.y_m[rows], near_m, range_m)
        self.scene, self.rows = scene, rows
        turned = np.arange(0.0, 360.0, TURN_STEP_DEG)
        self.azimuths = (azimuth[:, None] + turned) % 360.0

        lines = lines_of_sight(eyes, scene.tree, sight.obstacles)
        self.camera, self.start = lines.camera, lines.start
        self.point = lines.point
        self.sectors = in_sector(lines.bearing_deg[:, None], self.azimuths[self.camera], fov[self.camera, None])
        self.own = self.sectors[:, 0].copy()
        self.whole = self.summed(scene.step[self.point])

        private = lines_of_sight(eyes, KDTree(private_m), sight.obstacles)
        watched = in_sector(private.bearing_deg[:, None], self.azimuths[private.camera], fov[private.camera, None])
        intrusion = _summed(private.camera, watched, len(rows))
        self.allowed = intrusion <= intrusion[:, :1]
        self.allowed[:, 0] = False

        self.first = len(certain.post)
        post = table["post"].to_numpy(np.int64)
        self.tally = Tally(scene, certain.joined(Visible(post, lines.start, lines.point)))
        still = working.copy()
        still[rows] = False
        for row in np.flatnonzero(still).tolist():
            self.tally.put(row)
        for i in range(len(rows)):
            self.tally.put(self.first + i, self.own[self.part(i)])
        self.neighbours = _neighbours(eyes)

    def part(self, camera: int) -> slice:
        return slice(self.start[camera], self.start[camera + 1])

    def summed(self, value: FloatArray) -> FloatArray:
        """Sum values of the lines up by camera and azimuth."""
        return _summed(self.camera, value[:, None] * self.sectors, len(self.rows))

    def round(self, most: int | None) -> list[Turn]:
        """Turn the best cameras that don't see what others of them see."""
        pairs = np.arange(len(self.point)) + len(self.tally.seen.point) - len(self.point)
        views, posts = self.tally.others(pairs, self.own)
        alone = (views == 0) & (posts < self.scene.need[self.point])
        value = np.where(alone, self.scene.step[self.point], 0.0)
        now = np.bincount(self.camera, value * self.own, len(self.rows))
        net = np.where(self.allowed, self.summed(value) - now[:, None], -np.inf)
        net[net < WORTH_A_VISIT * self.whole] = -np.inf
        # Among equals the one whose neighbours are good too: nobody aims to the degree.
        beside = np.where(net > 0.0, net, 0.0)
        steady = net + _SLIP * (np.roll(beside, 1, axis=1) + np.roll(beside, -1, axis=1))
        best = np.argmax(steady, axis=1)
        gain = net[np.arange(len(best)), best]
        turned: list[Turn] = []
        busy = np.zeros(len(best), dtype=bool)
        for camera in np.argsort(-gain, kind="stable").tolist():
            if not gain[camera] > 0.0 or (most is not None and len(turned) == most):
                break
            if busy[camera]:
                continue
            busy[self.neighbours[camera]] = True
            part = self.part(camera)
            self.tally.take(self.first + camera, self.own[part])
            self.own[part] = self.sectors[part, best[camera]]
            self.tally.put(self.first + camera, self.own[part])
            self.allowed[camera] = False
            azimuth_deg = float(self.azimuths[camera, best[camera]])
            turned.append(Turn(int(self.rows[camera]), azimuth_deg, float(gain[camera])))
        return turned


def _summed(camera: IntArray, values: npt.NDArray[np.generic], n: int) -> FloatArray:
    """Sum each column up by camera, (n, columns)."""
    sums = [np.bincount(camera, column, n) for column in values.T]
    return np.stack(sums, axis=1).astype(np.float64)


def _neighbours(eyes: Eyes) -> list[IntArray]:
    """Give for each camera those that could see something that it could see, itself included."""
    xy_m, range_m, n = np.column_stack([eyes.x_m, eyes.y_m]), eyes.range_m, len(eyes.x_m)
    pairs = KDTree(xy_m).query_pairs(2.0 * float(range_m.max()), output_type="ndarray")
    near = np.hypot(*(xy_m[pairs[:, 0]] - xy_m[pairs[:, 1]]).T) < range_m[pairs].sum(axis=1)
    a, b = np.concatenate([pairs[near], pairs[near][:, ::-1], np.tile(np.arange(n), (2, 1)).T]).T
    order = np.argsort(a, kind="stable")
    return np.split(b[order], np.searchsorted(a[order], np.arange(1, n)))
