"""Steps toward a balance: the division that rebalancing finds, taken apart into changes that help by themselves."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from spatialgov.allocation.boundary_changes import splits
from spatialgov.allocation.draft import Change, Draft
from spatialgov.allocation.recommendation import Kind
from spatialgov.partition.rebalancing.ground import Ground
from spatialgov.partition.rebalancing.points import trade_off

__all__ = ["steps_to_balance"]

_PRICES, _KICKS = (3.0, 10.0), 12
"""Of the search: only the best balance is wanted, not what leads to it."""
_MOST_FLOWS = 3
"""So many exchanges between pairs of grids make one step at most, where fewer don't help by themselves."""

Flow = tuple[str, str]
Flows = dict[Flow, list[int]]


def steps_to_balance(draft: Draft, ground: Ground, seed: int, number: int) -> Iterator[Change]:
    """Give changes toward the best balance of households on a ground; the draft takes each as it is given.

    Parameters
    ----------
    ground
        Of the draft's plan as it was at first.
    seed, number
        Of the search, and the ground's number.
    """
    if ground.households.sum() == 0:
        return
    least, most = draft.limits.households
    points = trade_off(
        ground, least, most, draft.max_area_m2, np.random.default_rng([seed, number]), prices=_PRICES, kicks=_KICKS
    )
    flows = _flows(draft, ground, points.labels[-1])
    yield from _engine_splits(draft, flows, seed)
    while flows:
        chosen = _best_of(draft, flows, _connected_sets(list(flows)))
        if chosen is None:
            chosen = _best_of(draft, flows, _components(list(flows)))
        if chosen is None:
            return
        flow, change = chosen
        draft.take(change)
        for one in flow:
            del flows[one]
        yield change


def _engine_splits(draft: Draft, flows: Flows, seed: int) -> Iterator[Change]:
    """Split grids that only give units to new ones of their own: the engine draws better lines than the search."""
    for code in sorted({here for here, _ in flows}):
        mine = [flow for flow in flows if code in flow]
        new = {there for _, there in mine} - draft.members.keys()
        alone = all(here == code for here, there in flows if code in (here, there) or there in new)
        if not alone or len(new) < len(mine):
            continue
        if change := next(splits(draft, code, seed), None):
            draft.take(change)
            for flow in mine:
                del flows[flow]
            yield change


def _flows(draft: Draft, ground: Ground, labels: npt.NDArray[np.int64]) -> Flows:
    """Give the units that go from one grid to another, by the pair; new grids are named after the largest giver."""
    codes = [draft.plan.codes[grid] for grid in ground.grids]
    names: dict[int, str] = dict(enumerate(codes))
    for new in np.unique(labels[labels >= len(codes)]).tolist():
        given = np.bincount(ground.home[labels == new], ground.households[labels == new], len(codes))
        names[new] = draft.placeholder(codes[int(np.argmax(given))], list(names.values()))
    flows: Flows = {}
    for i in np.flatnonzero(labels != ground.home).tolist():
        flows.setdefault((codes[ground.home[i]], names[int(labels[i])]), []).append(int(ground.rows[i]))
    return flows


def _connected_sets(flows: list[Flow]) -> Iterator[tuple[Flow, ...]]:
    """Give sets of flows that hang together by their grids, the small ones first."""
    sets = [frozenset([flow]) for flow in flows]
    for _ in range(_MOST_FLOWS):
        yield from (tuple(sorted(one)) for one in sets)
        grown = {one | {flow} for one in sets for flow in flows if flow not in one and _beside(flow, one)}
        sets = sorted(grown, key=sorted)


def _beside(flow: Flow, others: frozenset[Flow]) -> bool:
    return any(not {*flow}.isdisjoint(other) for other in others)


def _components(flows: list[Flow]) -> Iterator[tuple[Flow, ...]]:
    left = set(flows)
    while left:
        grown: set[Flow] = {min(left)}
        while more := {flow for flow in left - grown if _beside(flow, frozenset(grown))}:
            grown |= more
        left -= grown
        yield tuple(sorted(grown))


def _best_of(draft: Draft, flows: Flows, sets: Iterator[tuple[Flow, ...]]) -> tuple[tuple[Flow, ...], Change] | None:
    """Give the set of flows that costs least for each grid that comes inside; None when none may be made."""
    best: tuple[tuple[float, float, tuple[str, ...]], tuple[Flow, ...], Change] | None = None
    for chosen in sets:
        target = {row: there for here, there in chosen for row in flows[here, there]}
        change = _measured(draft, chosen, target)
        if change is not None and (best is None or change.recommendation.rank < best[0]):
            best = change.recommendation.rank, chosen, change
    return None if best is None else best[1:]


def _measured(draft: Draft, flows: tuple[Flow, ...], target: Mapping[int, str]) -> Change | None:
    """Measure a set of flows under the name of what it does to the number of grids."""
    grids = list(dict.fromkeys(code for flow in flows for code in flow if code in draft.members))
    leaving = {code: sum(draft.codes[row] == code for row in target) for code in grids}
    founded = any(there not in draft.members for _, there in flows)
    entered = {there for _, there in flows}
    gone = any(n == len(draft.members[code]) and code not in entered for code, n in leaving.items())
    kind: Kind = "split" if founded else "merge" if gone else "move"
    grids.sort(key=lambda code: (not draft.is_out(code), code))
    return draft.measured(kind, grids, target)
