"""Small counts in a table: which may be shown so that no sum over rows or columns tells a hidden one.

`shown_counts` answers this for one row of counts. In a table (cells × hours, weekdays × hours, cells × periods) each
hidden count stands in two sums, its row's and its column's, and a hidden sum is an unknown itself.
"""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order, connected_components

from spatialgov.incidents.privacy import shown_counts
from spatialgov.time_limit import check_time

__all__ = ["shown_table"]

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def shown_table(counts: npt.ArrayLike, minimum: int) -> Bools:
    """Say which counts of a table, and which sums of its rows and columns, may be shown in public.

    Counts and sums from 1 to below `minimum` are hidden; the sums of the rows by themselves, and those of the columns,
    as `shown_counts` does it, for other pages may show them. Then more counts are hidden, the smallest first, until in
    each row and column whose sum is shown the hidden ones are not all alike and together no fewer than `minimum`, and
    none below `minimum` follows from all rows and columns together (complementary suppression). In a table of few
    counts above 0 there may be nothing left to hide.

    Parameters
    ----------
    counts
        (n, m) whole numbers, not negative. The total of the whole table may be known.
    minimum
        Fewest that are shown; 1 shows all.

    Returns
    -------
    bool (n + 1, m + 1)
        The last column is for the sums of the rows, the last row for those of the columns.

    Notes
    -----
    Each unknown stands in two equations, its row's and its column's, so the equations are a graph with an edge for
    each unknown. One is determined exactly when its edge is a bridge (Gusfield 1988).
    """
    inner = np.asarray(counts, dtype=np.int64)
    table = np.pad(inner, ((0, 1), (0, 1)))
    table[-1, :] = table.sum(axis=0)
    table[:, -1] = table.sum(axis=1)
    hidden = (table > 0) & (table < minimum)
    hidden[:-1, -1] = ~shown_counts(table[:-1, -1], minimum)
    hidden[-1, :-1] = ~shown_counts(table[-1, :-1], minimum)
    hidden[-1, -1] = False
    hidden &= table > 0  # a count of 0 tells of nobody
    free = table > 0  # what may be hidden beside
    free[-1, :] = free[:, -1] = False
    while hidden.any():
        check_time()
        changed = False
        for lines, unknown, open_ in ((table, hidden, free), (table.T, hidden.T, free.T)):
            for i in np.flatnonzero(_telling(lines, unknown, minimum)):
                changed |= _hide_smallest(lines[i], unknown[i], open_[i])
        if not changed:
            for row, column in _bridges(hidden):
                if _hide_smallest(table[row], hidden[row], free[row]) or _hide_smallest(
                    table[:, column], hidden[:, column], free[:, column]
                ):
                    changed = True
                elif free[row, column] and table[row, column] >= minimum:
                    # it hides nothing, for it follows from the rest: another has to
                    hidden[row, column] = free[row, column] = False
                    changed = True
        if not changed:
            break
    return np.asarray(~hidden)


def _telling(lines: Ints, unknown: Bools, minimum: int) -> Bools:
    """Say which lines (entries, then their sum) tell a hidden count, or that the hidden ones are few or all alike."""
    entries, values = unknown[:, :-1], lines[:, :-1]
    few = values.sum(axis=1, where=entries) < minimum
    largest = values.max(axis=1, where=entries, initial=0)
    alike = values.min(axis=1, where=entries, initial=np.iinfo(np.int64).max) == largest
    return np.asarray((unknown.sum(axis=1) == 1) | (entries.any(axis=1) & (few | alike) & ~unknown[:, -1]))


def _hide_smallest(line: Ints, unknown: Bools, free: Bools) -> bool:
    """Hide the smallest count of a line that is still shown; False when there is none."""
    others = np.flatnonzero(free & ~unknown)
    if len(others) == 0:
        return False
    unknown[others[line[others].argmin()]] = True
    return True


def _bridges(hidden: Bools) -> list[tuple[int, int]]:
    """Give row and column of each hidden count that lies on no circle of hidden ones."""
    rows, columns = np.nonzero(hidden)
    ends = columns + len(hidden)
    n = len(hidden) + hidden.shape[1]
    links = sp.csr_array((np.ones(2 * len(rows)), (np.r_[rows, ends], np.r_[ends, rows])), shape=(n, n))
    _, firsts = np.unique(connected_components(links, directed=False)[1], return_index=True)
    rooted = sp.block_array([[links, None], [None, sp.csr_array((1, 1))]], format="lil")
    rooted[n, firsts] = 1  # one more node that holds the pieces together
    order, above = breadth_first_order(sp.csr_array(rooted), n, directed=True)
    in_tree = (above[rows] == ends) | (above[ends] == rows)
    # Each edge off the tree lays a mark on both its ends: the marks below a bridge cancel out.
    marks = np.random.default_rng(0).integers(1, 2**63, len(rows)) * ~in_tree
    below = np.zeros(n + 1, dtype=np.int64)
    np.bitwise_xor.at(below, rows, marks)
    np.bitwise_xor.at(below, ends, marks)
    for node in order[:0:-1].tolist():
        below[above[node]] ^= below[node]
    lower = np.where(above[rows] == ends, rows, ends)
    alone = in_tree & (below[lower] == 0)
    return list(zip(rows[alone].tolist(), columns[alone].tolist(), strict=True))
