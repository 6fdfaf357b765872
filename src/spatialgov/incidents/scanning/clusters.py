"""What a scan finds, and how it is judged: by the best zones of simulated incidents."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.time_limit import check_time

__all__ = ["Cluster", "checked_counts", "clusters_of", "simulated"]

_SMALLEST_P = float(np.finfo(np.float64).tiny)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """A zone with more incidents than expected.

    Attributes
    ----------
    cells
        Numbers of the cells in it; those of a circle nearest to its centre first, others ascending.
    observed, expected
        Incidents in it.
    ratio
        Relative risk: observed over expected inside, over the same outside.
    llr
        Log likelihood ratio.
    p
        Chance of a zone as unlikely anywhere when all cells have their expected rates: by Monte Carlo, at least
        1 / (simulations + 1).
    p_gumbel
        The same from the Gumbel distribution fitted to the simulations' best zones, which tells clear clusters
        apart (Abrams, Kleinman and Kulldorff 2010).
    centre
        Number of the cell in the middle of a circle; None for other shapes.
    radius_m
        Distance from there to the farthest cell in the circle; None for other shapes.
    """

    cells: Ints
    observed: int
    expected: float
    ratio: float
    llr: float
    p: float
    p_gumbel: float
    centre: int | None = None
    radius_m: float | None = None


def checked_counts(counts: Floats, expected: Floats, simulations: int, alpha: float) -> tuple[Ints, Floats]:
    """Give the counts as whole numbers, and what is expected with the same sum.

    Raises
    ------
    InputError
        When a count is no count, incidents lie where nothing is expected, or the options tell nothing.
    """
    if (counts < 0).any() or (counts != np.rint(counts)).any() or (expected < 0).any():
        raise InputError(
            t("Counts must be whole numbers ≥ 0, expected numbers ≥ 0.", "计数须为非负整数，期望须为非负数。")
        )
    if ((counts > 0) & (expected == 0)).any():
        first = int(np.flatnonzero((counts > 0) & (expected == 0))[0])
        raise InputError(
            t("Cell {i} has incidents, but none is expected there.", "第 {i} 个单元有事件，但期望为零。", i=first + 1),
            remedy=t("Expect a little everywhere that incidents can be.", "凡可能发生事件之处，期望须大于零。"),
        )
    if simulations < 9 or not 0 < alpha < 1:
        raise InputError(
            t(
                "{n} simulations with alpha {a} tell nothing.",
                "{n} 次模拟、alpha 为 {a} 无法得出结果。",
                n=simulations,
                a=alpha,
            ),
            remedy=t(
                "Use 99 simulations or more, and alpha between 0 and 1.",
                "模拟次数宜在 99 次以上，alpha 在 0 与 1 之间。",
            ),
        )
    total = counts.sum()
    return counts.astype(np.int64), expected * (total / expected.sum()) if total > 0 else expected


def simulated(awaited: Floats, simulations: int, seed: int) -> Iterator[Ints]:
    """Deal the incidents out as expected, again and again."""
    rng = np.random.default_rng(seed)
    total = round(awaited.sum())
    for _ in range(simulations):
        check_time()
        yield rng.multinomial(total, awaited / total)


def clusters_of(
    held: Ints,
    awaited: Floats,
    scores: Floats,
    one_of: Ints,
    cells_of: Callable[[int], Ints],
    best: Floats,
    alpha: float,
) -> Iterator[tuple[int, Cluster]]:
    """Give the zones up to a p that share no cell with a better one, with their numbers, the best first.

    Parameters
    ----------
    held, awaited
        (n,) incidents and what is expected, with the same sum.
    scores
        (zones,) of each zone that was looked at, higher for more than expected.
    one_of
        (zones,) a cell of each zone.
    cells_of
        Gives all cells of a zone.
    best
        (simulations,) the best score of each simulation.
    alpha
        Largest p.
    """
    scale = max(float(best.std(ddof=1)) * math.sqrt(6) / math.pi, 1e-12)  # by moments
    place = float(best.mean()) - float(np.euler_gamma) * scale
    taken = np.zeros(len(held), dtype=np.bool_)
    for zone in np.argsort(-scores, kind="stable").tolist():
        p = float((1 + (best >= scores[zone]).sum()) / (len(best) + 1))
        if p > alpha:
            break
        if taken[one_of[zone]] or taken[cells := cells_of(zone)].any():
            continue
        taken[cells] = True
        tail = _gumbel_tail((float(scores[zone]) - place) / scale)
        yield zone, _judged(held, awaited, cells, p, max(tail, _SMALLEST_P))


def _gumbel_tail(x: float) -> float:
    """Give the chance that Gumbel's law of place 0 and scale 1 gives more than x."""
    return -math.expm1(-math.exp(-max(x, -700.0)))  # below, exp overflows, and the chance is 1


def _judged(held: Ints, awaited: Floats, cells: Ints, p: float, p_gumbel: float) -> Cluster:
    total, observed, inside = int(held.sum()), int(held[cells].sum()), float(awaited[cells].sum())
    llr, outside = observed * math.log(observed / inside), (total - observed) / (total - inside)
    if outside:
        llr += (total - observed) * math.log(outside)
    return Cluster(cells, observed, inside, observed / inside / outside if outside else math.inf, llr, p, p_gumbel)
