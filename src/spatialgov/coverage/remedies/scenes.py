"""What should be seen as places with a weight, and who sees them: counts of posts that remedies change."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import KDTree
from scipy.special import gammaincinv

from spatialgov.coverage.demand.demands import DEMAND_KINDS, Demands
from spatialgov.coverage.demand.sampling import samples
from spatialgov.coverage.sight.isovists import Obstacles
from spatialgov.coverage.sight.lines_of_sight import Eyes, in_sector, lines_of_sight
from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["Scene", "Tally", "Visible", "gain_interval", "net_interval", "scene_of", "visible_by", "visible_from"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
GeometryArray = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Scene:
    """Places where something should be seen.

    Attributes
    ----------
    xy_m
        (n, 2) float64, metres.
    kinds
        The kinds of demand that count.
    kind
        (n,) int64: position in `kinds`.
    amount
        (n,) float64: how much of its kind each place stands for, in the unit of the kind.
    weight
        (n,) float64, thousandths of all that should be seen.
    need
        (n,) int64: posts that should see it; each counts an equal part.
    drawn
        (n,) bool: whether it was drawn at random to stand for what is around it; key places are all there.
    """

    xy_m: FloatArray
    kinds: tuple[str, ...]
    kind: IntArray
    amount: FloatArray
    weight: FloatArray
    need: IntArray
    drawn: Mask

    @cached_property
    def step(self) -> FloatArray:
        """(n,) weight of one more post that sees a place."""
        return self.weight / self.need

    @cached_property
    def west_to_east(self) -> IntArray:
        """(n,) the places from west to east, to be looked for in polygons."""
        return np.argsort(self.xy_m[:, 0], kind="stable")

    @cached_property
    def tree(self) -> KDTree:
        """The places in a tree, to be looked for around cameras."""
        return KDTree(self.xy_m)

    def by_kind(self, points: IntArray) -> FloatArray:
        """Sum up by kind, in its unit, what one more post at each of some places is."""
        each = self.amount[points] / self.need[points]
        return np.bincount(self.kind[points], each, len(self.kinds)).astype(np.float64)


def scene_of(
    demands: Demands, weights: Mapping[str, float] | None = None, posts_per_place: int = 1, *, seed: int = 0
) -> Scene:
    """Draw a sample of what should be seen.

    Parameters
    ----------
    demands
        What should be seen.
    weights
        See `Demands.unit_weights`; kinds that weigh nothing are left out.
    posts_per_place
        Distinct posts that should see a key place.
    seed
        Of the sample.

    Raises
    ------
    InputError
        When there is nothing that weighs anything, or `posts_per_place` is below 1.
    """
    if posts_per_place < 1:
        raise InputError(
            t("{n} posts that see a key place are none.", "重点场所的可见点位数 {n} 无效。", n=posts_per_place),
            remedy=t("Give 1 or more.", "请填写不小于 1 的整数。"),
        )
    table = samples(demands, seed, weights=weights)
    table = table[table["weight"] > 0.0]
    if not len(table):
        raise InputError(
            t("There is nothing that should be seen.", "没有任何应覆盖的对象。"),
            remedy=t(
                "Give a kind of demand that there is a weight above 0, or import its data.",
                "请为现有的某类对象设置大于 0 的权重，或导入其数据。",
            ),
        )
    kinds = tuple(name for name in DEMAND_KINDS if (table["kind"] == name).any())
    return Scene(
        xy_m=table[["x_m", "y_m"]].to_numpy(np.float64),
        kinds=kinds,
        kind=pd.Categorical(table["kind"], list(kinds)).codes.astype(np.int64),
        amount=table["amount"].to_numpy(np.float64),
        weight=table["weight"].to_numpy(np.float64),
        need=np.where((table["kind"] == "place").to_numpy(), posts_per_place, 1),
        drawn=(table["kind"] != "place").to_numpy(),
    )


@dataclass(frozen=True, eq=False)
class Visible:
    """What views see of a scene: view i, on post ``post[i]``, the places ``point[start[i]:start[i + 1]]``."""

    post: IntArray
    start: IntArray
    point: IntArray

    @classmethod
    def of(cls, post: IntArray, view: IntArray, point: IntArray) -> "Visible":
        """Put pairs of view and place in order."""
        order = np.lexsort([point, view])
        start = np.concatenate([[0], np.cumsum(np.bincount(view, minlength=len(post)))])
        return cls(post, start, point[order])

    @property
    def view(self) -> IntArray:
        """(pairs,) the view of each pair."""
        return np.repeat(np.arange(len(self.post)), np.diff(self.start))

    def points(self, view: int) -> IntArray:
        """Give what a view sees."""
        return self.point[self.start[view] : self.start[view + 1]]

    def joined(self, other: "Visible") -> "Visible":
        """Give these views and then others."""
        post = np.concatenate([self.post, other.post])
        start = np.concatenate([self.start, self.start[-1] + other.start[1:]])
        return Visible(post, start, np.concatenate([self.point, other.point]))


def visible_by(scene: Scene, post: IntArray, shapes: GeometryArray) -> Visible:
    """Give what views see whose visible ground is known, (views,) polygons."""
    order = scene.west_to_east
    x_m = scene.xy_m[order, 0]
    low_x, low_y, high_x, high_y = shapely.bounds(shapes).T
    first, last = np.searchsorted(x_m, low_x, "left"), np.searchsorted(x_m, high_x, "right")
    shapely.prepare(shapes)
    seen = []
    for i, shape in enumerate(shapes):  # an object for each of all places would take longer than to look for them
        near = order[first[i] : last[i]]
        y_m = scene.xy_m[near, 1]
        near = near[(y_m >= low_y[i]) & (y_m <= high_y[i])]
        seen.append(near[shapely.intersects_xy(shape, scene.xy_m[near])])
    view = np.repeat(np.arange(len(shapes)), [len(points) for points in seen])
    return Visible.of(post, view, np.concatenate([np.empty(0, np.int64), *seen]))


def visible_from(
    scene: Scene,
    post: IntArray,
    eyes: Eyes,
    azimuth_deg: FloatArray,
    fov_deg: FloatArray,
    obstacles: Obstacles,
) -> Visible:
    """Give what views see, (views,) each, that look from somewhere in some direction."""
    lines = lines_of_sight(eyes, scene.tree, obstacles)
    view = lines.camera
    there = in_sector(lines.bearing_deg, azimuth_deg[view], fov_deg[view])
    return Visible.of(post, view[there], lines.point[there])


class Tally:
    """How many posts see each place, as views are put in and taken out.

    Several views of one post count once.

    Parameters
    ----------
    scene, seen
        The places, and all views that may be put in.

    Attributes
    ----------
    count
        (n,) int64: posts that see each place now.
    """

    def __init__(self, scene: Scene, seen: Visible) -> None:
        self.scene, self.seen = scene, seen
        self.count = np.zeros(len(scene.need), dtype=np.int64)
        pairs = seen.post[seen.view] * len(scene.need) + seen.point
        self._keys, self._key = np.unique(pairs, return_inverse=True)
        self._views = np.zeros(len(self._keys), dtype=np.int64)

    def put(self, view: int, only: Mask | None = None) -> IntArray:
        """Put a view in, or `only` the marked ones of its places; give the places that lacked the post."""
        point, key = self._places(view, only)
        new = point[self._views[key] == 0]
        self._views[key] += 1
        counts: IntArray = new[self.count[new] < self.scene.need[new]]
        self.count[new] += 1
        return counts

    def take(self, view: int, only: Mask | None = None) -> IntArray:
        """Take a view out, as it was put in; give the places that lack the post now."""
        point, key = self._places(view, only)
        self._views[key] -= 1
        gone = point[self._views[key] == 0]
        self.count[gone] -= 1
        lack: IntArray = gone[self.count[gone] < self.scene.need[gone]]
        return lack

    def gain(self, view: int) -> float:
        """Give the weight that a view would add."""
        point, key = self._places(view, None)
        point = point[self._views[key] == 0]
        return float(self.scene.step[point[self.count[point] < self.scene.need[point]]].sum())

    def sees(self, post: IntArray, point: IntArray) -> Mask:
        """Tell for pairs of a post and a place whether a view of the post sees the place now."""
        pairs = post * len(self.scene.need) + point
        at = np.minimum(np.searchsorted(self._keys, pairs), max(len(self._keys) - 1, 0))
        found = np.zeros(len(pairs), dtype=bool)
        if len(self._keys):
            found = (self._keys[at] == pairs) & (self._views[at] > 0)
        return found

    def _places(self, view: int, only: Mask | None) -> tuple[IntArray, IntArray]:
        part = slice(self.seen.start[view], self.seen.start[view + 1])
        point, key = self.seen.point[part], self._key[part]
        return (point, key) if only is None else (point[only], key[only])

    def others(self, pairs: IntArray, own: Mask) -> tuple[IntArray, IntArray]:
        """Give for pairs (positions) how many other views of the post, and how many other posts, see the place.

        Parameters
        ----------
        pairs
            (k,) positions in ``seen.point``.
        own
            (k,) bool: whether the pair's own view is in now.
        """
        views = self._views[self._key[pairs]]
        return views - own, self.count[self.seen.point[pairs]] - (views > 0)

    def covered(self) -> float:
        """Give the weight of all that is seen, thousandths."""
        return float(self.scene.step @ np.minimum(self.count, self.scene.need))


def gain_interval(
    total: FloatArray, squares: FloatArray, largest: float, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Give the interval in which the true sum lies that sampled places stand for.

    Each place that is gained is taken as a rare event of a Poisson process with a weight of its own (Fay & Feuer 1997,
    Statistics in Medicine 16: 791–801). The samples are spread more evenly than such a process, so the interval is
    rather too wide than too narrow; unlike the normal one it holds for few places, and none.

    Parameters
    ----------
    total, squares
        Sums of the weights of the places that were gained, and of their squares.
    largest
        The largest weight of any place; 0 where none was drawn.
    level
        How often the interval should hold the truth.
    """
    if largest <= 0.0:
        return total, total
    tail = (1.0 - level) / 2.0
    above, above_squares = total + largest, squares + largest**2
    safe_total, safe_squares = np.where(total > 0.0, total, 1.0), np.where(total > 0.0, squares, 1.0)
    low = np.where(total > 0.0, safe_squares / safe_total * gammaincinv(safe_total**2 / safe_squares, tail), 0.0)
    high = above_squares / above * gammaincinv(above**2 / above_squares, 1.0 - tail)
    return low, high


def net_interval(
    gained: tuple[FloatArray, FloatArray, FloatArray], lost: tuple[FloatArray, FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Give the interval of a difference from (value, low, high) of both parts (MOVER; Zou & Donner 2008)."""
    (more, more_low, more_high), (less, less_low, less_high) = gained, lost
    net = more - less
    return net - np.hypot(more - more_low, less_high - less), net + np.hypot(more_high - more, less - less_low)
