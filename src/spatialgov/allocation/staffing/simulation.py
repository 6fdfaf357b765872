"""The simulation that the formulas of waiting are checked by: incidents one after the other."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialgov.allocation.staffing._kernels import serve_in_turn
from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["Simulated", "simulate"]

Floats = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]
"""Gives so many service times, minutes."""

_WARM_UP = 0.1
"""Incidents before the first that is counted, over those of a batch."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a simulation found.

    Attributes
    ----------
    utilisation
        Share of the posts' time that incidents took.
    wait_min, wait_error_min
        Mean minutes until a post was free, and the standard error of that.
    delayed
        Share of the incidents that waited at all.
    """

    utilisation: float
    wait_min: float
    wait_error_min: float
    delayed: float


def simulate(
    arrivals_per_hour: float,
    service: Draw,
    servers: int,
    *,
    incidents: int = 1_000_000,
    batches: int = 20,
    seed: int = 0,
) -> Simulated:
    """Let incidents come at random and be handled in turn by the next free post.

    Parameters
    ----------
    arrivals_per_hour
        Above 0.
    service
        Gives the minutes that incidents take a post, the ways included.
    servers
        Posts on duty.
    incidents
        That are counted.
    batches
        That they come in, one after the other; what differs between them gives the standard error.
    seed
        The same gives the same.

    Raises
    ------
    InputError
        When the posts can't keep up, so that the queue would grow for ever.
    """
    rng = np.random.default_rng(seed)
    size = max(incidents // batches, 1)
    free_at, clock = np.zeros(servers), 0.0
    means, worked, delayed = [], 0.0, 0
    begun = 0.0
    for batch in range(-1, batches):
        n = max(int(size * _WARM_UP), 1) if batch < 0 else size
        arrival = clock + np.cumsum(rng.exponential(60.0 / arrivals_per_hour, n))
        took = service(rng, n)
        wait = np.empty(n)
        serve_in_turn(arrival, took, free_at, wait)
        clock = float(arrival[-1])
        if batch < 0:
            begun = clock
            continue
        means.append(float(wait.mean()))
        worked += float(took.sum())
        delayed += int((wait > 0).sum())
    busy = worked / (servers * (clock - begun))
    if busy >= 1.0:
        raise InputError(
            t(
                "{n} posts can't keep up: a load of {busy:.0%}.",
                "{n} 个岗位无法承担：负荷 {busy:.0%}。",
                n=servers,
                busy=busy,
            ),
            remedy=t("Give more posts, or fewer incidents.", "请增加岗位或减少事件。"),
        )
    error = float(np.std(means, ddof=1) / np.sqrt(batches))
    return Simulated(busy, float(np.mean(means)), error, delayed / (size * batches))
