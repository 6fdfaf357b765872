"""What can be done for a grid outside its limits: split it, merge it, move units, dedicate ground, add posts."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from spatialgov.allocation.band import Limit
from spatialgov.allocation.draft import Change, Draft
from spatialgov.errors import InfeasibleError
from spatialgov.language import t
from spatialgov.partition import assign

__all__ = ["DEDICATED_USES", "dedications", "merges", "moves", "splits"]

DEDICATED_USES = ("campus", "hospital", "industrial", "market", "scenic", "school", "station")
"""Kinds of units that make a dedicated grid of their own (专属网格)."""

_MORE_PARTS = 2
"""A split is tried with so many parts more than the fewest, where large units leave no better line."""
_MOSTLY = 0.8
"""A grid with this share of its ground in one dedicated use is dedicated as a whole."""

Ints = npt.NDArray[np.int64]
Held = Mapping[Limit, float]


def splits(draft: Draft, code: str, seed: int) -> Iterator[Change]:
    """Cut a grid above a limit into the fewest parts that fit; the part with most households keeps the code.

    The engine draws the line: short, along borders of units, and rather along barriers.
    """
    rows, held, posts = draft.members[code], draft.held(code), draft.posts[code]
    bands = {name: draft.limits.band(name) for name in draft.limits.names}
    if code not in draft.movable or not any(held[name] > draft.limits.band(name, posts).most for name in bands):
        return
    fewest = max(2, *(math.ceil(held[name] / max(band.most, 1e-9) - 1e-9) for name, band in bands.items()))
    most = (
        min(held[name] / band.least for name, band in bands.items() if band.least > 0) if _floors(draft) else len(rows)
    )
    also = [draft.plan.units.amounts(name)[rows] for name in draft.plan.settings.also]
    for k in range(fewest, min(int(most), len(rows), fewest + _MORE_PARTS) + 1):
        shared = [name for name in bands if held[name] > 0 and _slack(draft, name, held[name] / k) is not None]
        if not shared:
            continue
        columns = [draft.amounts[rows, draft.limits.names.index(name)] for name in shared]
        tolerances = [max(_slack(draft, name, held[name] / k) or 0.0, 1e-6) for name in shared]
        tolerances += list(draft.plan.settings.also.values())
        pinned = np.where(np.isin(rows, list(draft.fixed)), 0, -1)
        try:
            parts = assign(
                draft.graph.subgraph(rows), np.column_stack([*columns, *also]), k, tolerances, fixed=pinned,
                max_area_m2=None if math.isinf(draft.max_area_m2) else draft.max_area_m2, seed=seed,
            )  # fmt: skip
        except InfeasibleError:
            continue
        if found := draft.measured("split", [code], _named_parts(draft, code, rows, parts)):
            yield found
            return


def _floors(draft: Draft) -> bool:
    return any(draft.limits.band(name).least > 0 for name in draft.limits.names)


def _slack(draft: Draft, name: Limit, mean: float) -> float | None:
    """Give by how much parts may differ from their mean; None when the mean itself is outside."""
    band = draft.limits.band(name)
    slack = min(mean - band.least, band.most - mean) / mean
    return slack if slack >= 0 and math.isfinite(slack) else (None if slack < 0 else 1.0)


def _named_parts(draft: Draft, code: str, rows: Ints, parts: npt.NDArray[np.int32]) -> dict[int, str]:
    """Name the parts: the grid's code for the one with fixed units or most households, placeholders for the others."""
    weight = np.bincount(parts, draft.households[rows])
    pinned = np.isin(rows, list(draft.fixed))
    keeps = int(parts[pinned][0]) if pinned.any() else int(np.argmax(weight))
    names: dict[int, str] = {keeps: code}
    for part in range(len(weight)):
        if part != keeps:
            names[part] = draft.placeholder(code, list(names.values()))
    return {row: names[part] for row, part in zip(rows.tolist(), parts.tolist(), strict=True) if part != keeps}


def merges(draft: Draft, code: str) -> Iterator[Change]:
    """Join a grid below a limit with each neighbour; the one with more households keeps the code."""
    if code not in draft.movable:
        return
    for other in draft.neighbours(code):
        small, large = sorted((code, other), key=lambda one: (draft.held(one)["households"], one))
        target = dict.fromkeys(draft.members[small].tolist(), large)
        if found := draft.measured("merge", [small, large], target):
            yield found


def moves(draft: Draft, code: str) -> Iterator[Change]:
    """Hand units over a border, one by one, as long as giver and taker come nearer to their limits."""
    if code not in draft.movable:
        return
    for other in draft.neighbours(code):
        for giver, taker in ((code, other), (other, code)):
            if handed := _handed_over(draft, giver, taker):
                target = dict.fromkeys(handed, taker)
                if found := draft.measured("move", [giver, taker], target):
                    yield found


def _handed_over(draft: Draft, giver: str, taker: str) -> list[int]:
    """Choose the units (rows) that the giver hands over, greedily."""
    keeps, takes = set(draft.members[giver].tolist()), set(draft.members[taker].tolist())
    held = [draft.amounts[draft.members[code]].sum(axis=0) for code in (giver, taker)]
    missed = [_missed(draft, code, sums) for code, sums in zip((giver, taker), held, strict=True)]
    handed: list[int] = []
    while len(keeps) > 1:
        beside = {row for row in keeps - draft.fixed if not takes.isdisjoint(draft.beside(row).tolist())}
        best: tuple[float, float, int] | None = None
        for row in sorted(beside):
            after = (
                _missed(draft, giver, held[0] - draft.amounts[row]),
                _missed(draft, taker, held[1] + draft.amounts[row]),
            )
            change = float(sum((a - b).sum() for a, b in zip(after, missed, strict=True)))
            worse = any((a > b + 1e-12).any() for a, b in zip(after, missed, strict=True))
            candidate = (change, float(draft.households[row]), row)
            if worse or change >= -1e-12 or (best is not None and candidate >= best):
                continue
            if draft.connected(np.array(sorted(keeps - {row}), np.int64)):
                best = candidate
        if best is None:
            break
        row = best[2]
        keeps.remove(row)
        takes.add(row)
        handed.append(row)
        held = [held[0] - draft.amounts[row], held[1] + draft.amounts[row]]
        missed = [_missed(draft, code, sums) for code, sums in zip((giver, taker), held, strict=True)]
    return handed


def _missed(draft: Draft, code: str, sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give by how much each limit is missed, as a share of its most."""
    limits, posts = draft.limits, draft.posts[code]
    found = limits.miss(dict(zip(limits.names, sums.tolist(), strict=True)), posts)
    return np.array([miss / max(limits.band(name).most, 1e-9) for name, miss in found.items()])


def dedications(draft: Draft, code: str, *, whole: bool) -> Iterator[Change]:
    """Dedicate a grid that is mostly ground of one dedicated use (`whole`), or cut such ground out of a grid."""
    if code not in draft.movable:
        return
    rows = draft.members[code]
    use = draft.plan.units.frame["kind"].to_numpy(object)[rows]
    area_m2 = draft.graph.area_m2[rows]
    new = draft.placeholder(code)
    for kind in sorted(set(use.tolist()) & set(DEDICATED_USES)):
        of_kind = use == kind
        mostly = bool(area_m2[of_kind].sum() >= _MOSTLY * area_m2.sum())
        if mostly is not whole:
            continue
        for piece in [rows] if whole else _pieces(draft, rows[of_kind]):
            target = dict.fromkeys(piece.tolist(), new)
            if found := draft.measured("dedicate", [code], target, kinds={new: "dedicated"}, use=_use_name(kind)):
                yield found


def _pieces(draft: Draft, rows: Ints) -> list[Ints]:
    piece = draft.graph.subgraph(rows).components()
    return [rows[piece == number] for number in range(int(piece.max(initial=-1)) + 1)]


def _use_name(kind: str) -> str:
    return {
        "campus": t("campus", "校园"),
        "hospital": t("hospital", "医院"),
        "industrial": t("industrial", "园区"),
        "market": t("market", "市场"),
        "scenic": t("scenic", "景区"),
        "school": t("school", "学校"),
        "station": t("station", "车站"),
    }[kind]
