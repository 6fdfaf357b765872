"""What may be shown of incidents to whoever may not see exact counts or places."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["PUBLIC_MINIMUM", "WITHHELD", "coarse_levels", "shown_counts"]

PUBLIC_MINIMUM = 5
"""Fewer incidents than this are not shown to the public, so that no number points at a household."""

WITHHELD = -1
"""In place of a level: the incident is in no group that is large enough."""


def shown_counts(counts: npt.ArrayLike, minimum: int) -> npt.NDArray[np.bool_]:
    """Say which counts may be shown in public, so that no hidden one can be worked out from their total.

    Counts from 1 to below `minimum` are hidden. The total less what is shown would tell them where they are all alike
    (a single one is), or together fewer than `minimum`. Then larger ones are hidden too (complementary suppression):
    all up to some count, the smallest that will do. A count of 0 tells of nobody and may be shown.

    Parameters
    ----------
    counts
        (n,) whole numbers, not negative, whose total may be known.
    minimum
        Fewest that are shown; 1 shows all.

    Returns
    -------
    numpy.ndarray
        bool, (n,). Where no count can hide the small ones, all are hidden, zeros too; then the total may not be shown
        either.

    Notes
    -----
    Hidden are all counts from 1 to some limit, and they differ: exchanged among their places they would give the same
    answer. So no place's count is known, also to whoever knows this rule and the total.
    """
    held = np.asarray(counts, dtype=np.int64)
    small = held[(held > 0) & (held < minimum)]
    if not len(small):
        return np.ones(held.shape, dtype=np.bool_)
    for limit in (small.max(), *np.unique(held[held >= minimum])):
        hidden = (held > 0) & (held <= limit)
        if held[hidden].sum() >= minimum and held[hidden].min() < held[hidden].max():
            return np.asarray(~hidden)
    return np.zeros(held.shape, dtype=np.bool_)


def coarse_levels(
    cells: Sequence[npt.NDArray[np.uint64]], stratum: npt.NDArray[np.int64], minimum: int
) -> npt.NDArray[np.int64]:
    """Choose for each incident the finest level at which it is one of many in its cell.

    Parameters
    ----------
    cells
        For each level, the finest first, the cell of each incident: (n,).
    stratum
        (n,) what else will be told of it, as a number (its category and month, say). Strata are judged each by
        itself, so that leaving some out changes nothing for the others.
    minimum
        Fewest incidents of a group: of one stratum, in one cell, given at the same level.

    Returns
    -------
    int64 (n,)
        Its level (a position in `cells`), or `WITHHELD`. What is withheld can't be worked out from a stratum's total.
    """
    level = np.full(len(stratum), WITHHELD, dtype=np.int64)
    for number, of_level in enumerate(cells):
        rest = np.flatnonzero(level == WITHHELD)
        table = pd.DataFrame({"stratum": stratum[rest], "cell": of_level[rest]})
        held = table.groupby(["stratum", "cell"]).size()
        shown = held.groupby(level="stratum").transform(lambda counts: shown_counts(counts.to_numpy(), minimum))
        keys = pd.MultiIndex.from_frame(table)
        level[rest[shown.reindex(keys).to_numpy(dtype=bool)]] = number
    return _with_rest_hidden(level, cells, stratum, minimum)


def _with_rest_hidden(
    level: npt.NDArray[np.int64],
    cells: Sequence[npt.NDArray[np.uint64]],
    stratum: npt.NDArray[np.int64],
    minimum: int,
) -> npt.NDArray[np.int64]:
    """Withhold the smallest groups of a stratum too, where what is left over would be told by its total."""
    cell = np.select([level == number for number in range(len(cells))], list(cells), np.uint64(0))
    groups = pd.DataFrame({"stratum": stratum, "level": level, "cell": cell})
    held = groups.groupby(["stratum", "level", "cell"]).size()
    shown = held.groupby(level="stratum").transform(lambda counts: shown_counts(counts.to_numpy(), minimum))
    kept = shown.reindex(pd.MultiIndex.from_frame(groups)).to_numpy(dtype=bool)
    return np.where(kept, level, WITHHELD)
