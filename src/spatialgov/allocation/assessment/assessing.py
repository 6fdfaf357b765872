"""Grids compared with peers of their kind: estimates with intervals, who differs, and who is tied with whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from spatialgov.allocation.assessment.indicators import INDICATORS, Bounds, Facts, Indicator, Tally
from spatialgov.allocation.assessment.shrinkage import by_itself, shrink
from spatialgov.codes import is_division_code
from spatialgov.incidents.significance import discoveries
from spatialgov.time_limit import check_time

__all__ = ["FEWEST_PEERS", "METHOD_VERSION", "VERDICTS", "assess", "peers_of", "workload_class"]

METHOD_VERSION = "1"
"""Of the comparison with peers; cited by every report."""

FEWEST_PEERS = 5
"""Fewer grids of a kind with observations are not compared with each other."""

VERDICTS = ("above", "below", "as_peers", "no_peers", "no_data")
"""What is said of a grid: `assess` explains them."""

_VILLAGES = range(200, 400)
"""Last three digits of the division codes of villages; below them are residents' committees."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

COLUMNS = (
    "indicator", "code", "peers", "observations", "raw", "estimate", "low", "high", "verdict", "group",
)  # fmt: skip
PEER_COLUMNS = ("indicator", "peers", "grids", "mean", "shrinkage", "above", "below", "groups")


def workload_class(kind: str, parent_code: str) -> str:
    """Give the name of the workload profile that goes with a grid: ``dedicated``, ``rural`` or ``urban``.

    A grid is rural when its parent is a village by its division code (last three digits 200 to 399).
    """
    if kind == "dedicated":
        return "dedicated"
    village = is_division_code(parent_code) and int(parent_code[9:]) in _VILLAGES
    return "rural" if village else "urban"


def peers_of(grids: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Give whom each grid is compared with: its kind, and of grids that are not dedicated its class of workload.

    Parameters
    ----------
    grids
        ``kind`` and ``parent_code``.

    Returns
    -------
    numpy.ndarray
        object (n,): ``dedicated``, ``general-urban``, ``general-rural``, ``unit-urban``, …
    """
    classes = [workload_class(*row) for row in zip(grids["kind"], grids["parent_code"], strict=True)]
    names = [kind if kind == one else f"{kind}-{one}" for kind, one in zip(grids["kind"], classes, strict=True)]
    return np.array(names, dtype=object)


def assess(
    codes: Sequence[str], peers: npt.NDArray[np.object_], facts: Facts, *, level: float = 0.95
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Assess grids by every indicator that the facts tell of.

    Parameters
    ----------
    codes, peers
        (n,) of the grids, in the order of the facts; see `peers_of`.
    facts
        What is known of them and one period.
    level
        Of intervals, and of what is said.

    Returns
    -------
    grids
        A row an indicator and grid: ``indicator``, ``code``, ``peers``, ``observations`` (missing where it is
        measured), ``raw``, ``estimate`` with ``low`` and ``high``, ``verdict`` (one of `VERDICTS`) and ``group``.
    kinds
        A row an indicator and kind of grids: ``indicator``, ``peers``, ``grids`` (with observations), ``mean``,
        ``shrinkage`` (how far estimates are drawn to it, in the mean: 0 not at all, 1 wholly; missing where nothing is
        drawn), how many are ``above`` and ``below``, and ``groups``.

    Notes
    -----
    A grid is ``above`` (``below``) the peers' mean when the chance that its true value lies there is at least
    (1 + level) / 2, and chance does not explain what is observed of it if its true value were that mean: a false
    discovery rate of 1 - level over the peers (Benjamini and Hochberg 1995). The first holds the share of those on the
    wrong side at (1 - level) / 2, because estimates are drawn together by as much as the peers are alike (Gelman, Hill
    and Yajima 2012). The second holds when a few far off make the peers look less alike than most of them are. Else it
    is ``as_peers``. With fewer than `FEWEST_PEERS` there are ``no_peers``; without observations, ``no_data``.

    Groups count from 1, the best first (the most where neither way is good). A new one begins with the first grid, in
    the order of the estimates, that can be told from the first of the group at that level, for all pairs of peers
    together (Bonferroni); the others are tied with it. An indicator that is measured has bounds in place
    of an interval, and no shrinkage.
    """
    named = np.array(codes, dtype=object)
    kinds = {name: np.flatnonzero(peers == name) for name in sorted(set(peers.tolist()))}
    of_kind = {name: facts.of(positions) for name, positions in kinds.items()}
    rows, about = [], []
    for indicator in INDICATORS.values():
        for name, positions in kinds.items():
            check_time()
            tally = indicator.compute(of_kind[name])
            if tally is None:
                continue
            compared = _measured(tally) if isinstance(tally, Bounds) else _estimated(indicator, tally, level)
            table, told = _table(indicator, compared)
            rows.append(table.assign(indicator=indicator.key, code=named[positions], peers=name)[list(COLUMNS)])
            about.append({"indicator": indicator.key, "peers": name, **told})
    grids = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(COLUMNS))
    return grids, pd.DataFrame(about, columns=list(PEER_COLUMNS))


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """Grids of one kind compared by one indicator: columns of the table, and what is said of their peers."""

    columns: dict[str, Any]
    told: Bools
    above: Bools
    below: Bools
    apart: Callable[[int, int], bool]
    mean: float
    shrinkage: float


def _table(indicator: Indicator, found: _Compared) -> tuple[pd.DataFrame, dict[str, Any]]:
    alone = int(found.told.sum()) < FEWEST_PEERS
    conditions = [~found.told, np.full(len(found.told), alone), found.above, found.below]
    verdict = np.select(conditions, ["no_data", "no_peers", "above", "below"], "as_peers").astype(object)
    table = pd.DataFrame({**found.columns, "verdict": verdict})
    order = table["estimate"].sort_values(ascending=indicator.better == "less", kind="stable").index.to_numpy()
    group = np.zeros(len(table), dtype=np.int64)
    if not alone:
        group = _groups(order[: int(found.told.sum())], found.apart, len(table))
    table["group"] = pd.array(group, dtype="Int64")
    table.loc[group == 0, "group"] = pd.NA
    return table, {
        "grids": int(found.told.sum()),
        "mean": float("nan") if alone else found.mean,
        "shrinkage": found.shrinkage,
        "above": int((verdict == "above").sum()),
        "below": int((verdict == "below").sum()),
        "groups": int(group.max(initial=0)),
    }


def _groups(order: npt.NDArray[np.int64], apart: Callable[[int, int], bool], n: int) -> npt.NDArray[np.int64]:
    """Number the groups of grids, in their order, that can't be told from the first of their group."""
    group = np.zeros(n, dtype=np.int64)
    number, first = 0, -1
    for i in order.tolist():
        if first < 0 or apart(first, i):
            number, first = number + 1, i
        group[i] = number
    return group


def _estimated(indicator: Indicator, tally: Tally, level: float) -> _Compared:
    """Compare what is estimated; independent estimates are told apart as if they were normal."""
    assert indicator.family != "measured"
    told = tally.sizes > 0
    how = by_itself if int(told.sum()) < FEWEST_PEERS else shrink
    found = how(indicator.family, tally.totals, tally.sizes, variance=tally.variance, level=level)
    certain = (1 + level) / 2
    far = np.zeros(len(told), dtype=bool)
    far[told] = discoveries(found.p[told], 1 - level)
    # the first of a group is picked for being far off: what is said of two must hold of all pairs
    pairs = max(int(told.sum()) * (int(told.sum()) - 1) // 2, 1)
    reach = float(ndtri(1 - (1 - certain) / pairs)) * found.sd
    columns = {name: indicator.shown(getattr(found, name)) for name in ("raw", "estimate", "low", "high")}
    return _Compared(
        {"observations": pd.array(tally.observations, dtype="Int64"), **columns},
        told,
        far & (found.p_above >= certain),
        far & (found.p_above <= 1 - certain),
        lambda first, i: bool(abs(found.estimate[first] - found.estimate[i]) >= np.hypot(reach[first], reach[i])),
        float(indicator.shown(np.array([found.mean]))[0]),
        float(np.mean(found.strength / (tally.sizes[told] + found.strength))) if told.any() else float("nan"),
    )


def _measured(bounds: Bounds) -> _Compared:
    """Compare what is measured: its bounds with those of all peers together."""
    told = bounds.whole > 0
    whole = np.where(told, bounds.whole, np.nan)
    low, high = bounds.least / whole, bounds.most / whole
    total = float(bounds.whole.sum())
    mean, most = (float(part.sum()) / total if total else float("nan") for part in (bounds.least, bounds.most))
    observations = pd.array([pd.NA] * len(low), dtype="Int64")
    columns = {"observations": observations, "raw": low, "estimate": low, "low": low, "high": high}
    return _Compared(
        columns, told, low > most, high < mean, lambda first, i: bool(low[first] > high[i]), mean, float("nan")
    )
