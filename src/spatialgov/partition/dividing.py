"""Ground that is divided together, and the work of dividing it: side by side, on all cores."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt

from spatialgov.contiguity import ContiguityGraph
from spatialgov.partition.engine import Request, divide
from spatialgov.partition.feasible import keep_limits
from spatialgov.threads import cores
from spatialgov.time_limit import check_time

__all__ = ["Ground", "Progress", "Step", "divide_all", "divide_ground"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Step:
    """How far long work is.

    Attributes
    ----------
    done, total
        Parts of the work that are done, and all of them: of a partition, parts of the ground.
    begun
        Parts of the ground of which a first division has been found.
    cost
        Sum of the least costs found so far over the parts begun: the outlines of the grids (perimeter over that of a
        disc of the same area, and a price of each metre) and what is beyond its target, or the moment of inertia
        (`spatialgov.partition.inertia.moment_of_inertia`) where that is the objective. It falls as better divisions
        are found and rises only with `begun`. A part that is a single grid leaves nothing to be looked for: it costs 0.
        None where the work is not a partition, or a partition whose costs are not told on the way.
    """

    done: int
    total: int
    begun: int = 0
    cost: float | None = None


Progress = Callable[[Step], None]
"""Called in the caller's own thread, as parts of the ground are done or better divisions are found."""


@dataclass(slots=True)
class Ground:
    """Connected ground inside one parent.

    Attributes
    ----------
    rows
        Positions of its units.
    codes, pins
        Codes of grids that some of its units must belong to; which of them, for each unit, -1 where it is free.
    k
        How many grids it is divided into; the first of them are those of `codes`.
    """

    rows: Labels
    codes: list[str]
    pins: Labels
    k: int = 1


def divide_ground(
    graph: ContiguityGraph,
    ground: Ground,
    load: Floats,
    target: float,
    request: Request,
    found: Callable[[float], None] | None = None,
) -> Labels:
    """Divide a ground.

    Parameters
    ----------
    graph
        Of all units.
    ground
        What is divided, and into how many grids.
    load
        float64, shape (n, m): what each unit of the graph holds of each quantity.
    target
        What a grid should hold of the first.
    request
        What grids should be like.
    found
        Told the cost of the best division so far.

    Returns
    -------
    ndarray
        int64: the grid of each unit of the ground, from 0.
    """
    own_graph = graph.subgraph(ground.rows)
    # barriers lie between grounds, except where both sides are joined around the barrier's end
    open_ = own_graph.without(own_graph.barrier > 0)
    fixed = ground.pins if ground.codes else None
    own = load[ground.rows]
    wanted = replace(request, tolerance=_around_mean(request.tolerance, float(own[:, 0].sum()) / ground.k, target))
    labels = divide(open_, own, ground.k, wanted, fixed, of_all=len(own), found=found)
    if ground.codes:  # the exact search knows no locked units
        return labels
    return keep_limits(open_, own[:, 0], labels, ground.k, request.minimum, request.maximum)


def divide_all(
    graph: ContiguityGraph,
    grounds: Sequence[Ground],
    load: Floats,
    target: float,
    request: Request,
    progress: Progress | None,
) -> list[Labels]:
    """Divide every ground (`divide_ground`), side by side."""
    news: SimpleQueue[tuple[int, float | None]] = SimpleQueue()  # a ground and its cost so far, None when it is done

    def divided(i: int) -> Labels:
        try:
            return divide_ground(graph, grounds[i], load, target, request, lambda cost: news.put((i, cost)))
        finally:
            news.put((i, None))

    with ThreadPoolExecutor(max_workers=cores()) as pool:
        jobs = [pool.submit(divided, i) for i in range(len(grounds))]
        costs: dict[int, float] = {}
        done = 0
        while done < len(grounds):
            i, cost = news.get()
            if cost is None:
                jobs[i].result()
                costs.setdefault(i, 0.0)
                done += 1
            else:
                costs[i] = cost
            try:
                check_time()
                if progress is not None:
                    progress(Step(done, len(grounds), len(costs), math.fsum(costs.values())))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)  # what is not begun is not done
                raise
    return [job.result() for job in jobs]


def _around_mean(tolerance: float, mean: float, target: float) -> float:
    """Give how far a grid may be off the mean of its ground to be on target; the tolerance where there is no room."""
    room = min(mean - target * (1 - tolerance), target * (1 + tolerance) - mean) / mean if mean else 0.0
    return room if room > tolerance / 4 else tolerance
