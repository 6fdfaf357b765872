"""Steps of a plan of remedies: what they cost, what they change in the views, and what that gains on a sample."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from spatialgov.coverage.remedies.candidates import Support
from spatialgov.coverage.remedies.scenes import Scene, Tally, Visible, gain_interval, visible_from
from spatialgov.coverage.sight.isovists import Obstacles
from spatialgov.coverage.sight.lines_of_sight import Eyes
from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["COSTS", "REMEDIES", "Costs", "Look", "Remedy", "Step", "Sums", "Took", "replayed", "sums_of"]

Remedy = Literal["repair", "survey", "turn", "build"]
REMEDIES: tuple[Remedy, ...] = get_args(Remedy)
"""In the order in which they are done."""

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Costs:
    """What each remedy costs, in any unit; by default in parts of a new pole with a device and all its lines.

    The defaults are assumptions of ours.
    """

    repair: float = 0.2
    survey: float = 0.02
    turn: float = 0.0
    post: float = 0.4
    facade: float = 0.6
    pole: float = 1.0
    junction: float = 1.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            for_nothing = name in ("repair", "survey", "turn")
            if not (np.isfinite(value) and (value > 0.0 or (for_nothing and value == 0.0))):
                raise InputError(
                    t(
                        "A cost of {value:g} ({name}) is none.",
                        "费用 {value:g}（{name}）无效。",
                        name=name,
                        value=value,
                    ),
                    remedy=t(
                        "Give numbers of 0 or more, above 0 for what is built.",
                        "请填写不小于 0 的数值，新建项须大于 0。",
                    ),
                )

    def of(self, support: Support) -> float:
        """Give the cost of a new device by what it hangs on."""
        return float(getattr(self, support))


COSTS = Costs()


@dataclass(frozen=True, slots=True)
class Look:
    """A view that a plan adds: from where, on which post, how far and in which direction."""

    post: int
    x_m: float
    y_m: float
    near_m: float
    range_m: float
    azimuth_deg: float
    fov_deg: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan.

    Attributes
    ----------
    remedy, camera_id, cost
        What is done to which camera, and what it costs.
    row
        The row of the camera in the views, -1 for a new one.
    look
        The view that a turn or a new device adds.
    what
        The columns to survey, or what a new device hangs on.
    settles
        Weight of what a survey would settle.
    place
        The place of a new device in the candidates, else -1.
    """

    remedy: Remedy
    camera_id: str
    cost: float
    row: int = -1
    look: Look | None = None
    what: str = ""
    settles: float = 0.0
    place: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Took:
    """The places of a scene that a step gives one more post, and those that it takes one from."""

    gained: IntArray = field(default_factory=lambda: np.empty(0, np.int64))
    lost: IntArray = field(default_factory=lambda: np.empty(0, np.int64))


def replayed(
    scene: Scene, certain: Visible, working: Mask, steps: Sequence[Step], obstacles: Obstacles
) -> tuple[Tally, list[Took]]:
    """Take steps one after another on a sample.

    Parameters
    ----------
    scene
        The sample.
    certain
        What each camera sees of it for certain, a view a row.
    working
        (cameras,) those that work before the first step.
    steps
        What is done.
    obstacles
        What is in the way of new views.

    Returns
    -------
    tally, took
        Who sees what in the end; what each step did.
    """
    looks = [step.look for step in steps if step.look is not None]
    figures = np.array([astuple(look) for look in looks]).reshape(-1, 7)
    eyes, azimuth_deg, fov_deg = Eyes(*figures.T[1:5]), figures[:, 5], figures[:, 6]
    views = visible_from(scene, figures[:, 0].astype(np.int64), eyes, azimuth_deg, fov_deg, obstacles)
    tally = Tally(scene, certain.joined(views))
    for row in np.flatnonzero(working).tolist():
        tally.put(row)
    took: list[Took] = []
    view = len(certain.post)
    again = np.zeros(len(scene.weight), dtype=bool)
    for step in steps:
        lost = gained = Took().lost
        if step.remedy == "turn":
            lost = tally.take(step.row)
        if step.remedy == "repair":
            gained = tally.put(step.row)
        elif step.look is not None:
            gained = tally.put(view)
            view += 1
        # What a camera sees before and after its turn is neither gained nor lost.
        again[lost] = True
        both = again[gained]
        again[lost] = False
        took.append(Took(gained[~both], np.setdiff1d(lost, gained[both], assume_unique=True) if both.any() else lost))
    return tally, took


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Weights that steps gain, (steps,): of all places, of those that were drawn at random, and these squared."""

    whole: FloatArray
    drawn: FloatArray
    squares: FloatArray

    def __getitem__(self, chosen: slice) -> "Sums":
        return Sums(self.whole[chosen], self.drawn[chosen], self.squares[chosen])

    def total(self) -> "Sums":
        """Sum up."""
        return Sums(self.whole.sum(), self.drawn.sum(), self.squares.sum())

    def running(self) -> "Sums":
        """Sum up to each step, from none."""
        return Sums(*(np.concatenate([[0.0], np.cumsum(one)]) for one in (self.whole, self.drawn, self.squares)))

    def interval(self, largest: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give the sums and the interval of 95 % of what they stand for; `largest` weighs any place that is drawn."""
        low, high = gain_interval(self.drawn, self.squares, largest)
        exact = self.whole - self.drawn
        return self.whole, exact + low, exact + high


def sums_of(scene: Scene, places: Sequence[IntArray]) -> Sums:
    """Sum the weights of the places of each step up."""
    step = np.repeat(np.arange(len(places)), [len(one) for one in places])
    point = np.concatenate([*places, np.empty(0, np.int64)])
    weight = scene.step[point]
    drawn = np.where(scene.drawn[point], weight, 0.0)
    return Sums(*(np.bincount(step, one, len(places)).astype(np.float64) for one in (weight, drawn, drawn**2)))
