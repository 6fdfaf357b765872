"""Units that must belong to a given part: locked units, locked grids, the seeds of a plan."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import t

__all__ = ["Fixed", "joined"]

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Fixed:
    """Which units are fixed to which part.

    Attributes
    ----------
    part
        int64, shape (n,): the part, -1 where the unit is free.
    k
        Number of parts.
    """

    part: Labels
    k: int

    @classmethod
    def of(cls, fixed: npt.ArrayLike | None, n: int, k: int) -> Self:
        """Read what a caller gave.

        Raises
        ------
        InputError
            When it is not one integer of -1 … k - 1 for each unit.
        """
        if fixed is None:
            return cls(np.full(n, -1, np.int64), k)
        part = np.asarray(fixed)
        wrong = part.shape != (n,) or part.dtype.kind not in "iu"
        if wrong or (n and (part.min() < -1 or part.max() >= k)):
            raise InputError(
                t("The fixed parts don't fit the units.", "固定的分区与单元不符。"),
                remedy=t(
                    "Give each of the {n} units an integer from -1 (free) to {last}.",
                    "请为 {n} 个单元各给出一个整数：-1（自由）至 {last}。",
                    n=n,
                    last=k - 1,
                ),
            )
        return cls(part.astype(np.int64), k)

    def parts_in(self, component: npt.NDArray[np.int32]) -> Labels:
        """Count the fixed parts of each component.

        Raises
        ------
        InfeasibleError
            When a part has fixed units in two components, which share no border.
        """
        pinned = np.flatnonzero(self.part >= 0)
        pairs = np.unique(np.column_stack([self.part[pinned], component[pinned]]), axis=0)
        parts, uses = np.unique(pairs[:, 0], return_counts=True)
        if (uses > 1).any():
            raise InfeasibleError(
                t(
                    "Part {part} has fixed units on both sides of a barrier.",
                    "分区 {part} 的固定单元位于阻隔两侧。",
                    part=int(parts[np.argmax(uses)]),
                ),
                remedy=t("Fix them to two parts, or open the barrier.", "请固定到两个分区，或取消阻隔。"),
            )
        return np.bincount(pairs[:, 1], minlength=int(component.max()) + 1).astype(np.int64)

    def split(self, members: Sequence[Labels], share: Labels) -> Iterator[tuple[Labels, npt.NDArray[np.int32]]]:
        """Give for each component its units' fixed parts, numbered from 0, and the parts' numbers in the whole.

        Parameters
        ----------
        members
            Units of each component.
        share
            Number of parts of each component.
        """
        free = iter(np.setdiff1d(np.arange(self.k), self.part).tolist())
        for units, parts in zip(members, share.tolist(), strict=True):
            mine = np.unique(self.part[units])
            mine = mine[mine >= 0]
            local = np.full(len(units), -1, np.int64)
            pinned = self.part[units] >= 0
            local[pinned] = np.searchsorted(mine, self.part[units][pinned])
            names = np.array([*mine.tolist(), *(next(free) for _ in range(parts - len(mine)))], dtype=np.int32)
            yield local, names


def joined(graph: ContiguityGraph, part: Labels) -> Labels:
    """Fix more units, so that those of each part hang together.

    Pieces of a part are joined by shortest paths through free units.

    Parameters
    ----------
    graph
        Connected.
    part
        int64, shape (n,): the part of each fixed unit, -1 where it is free.

    Raises
    ------
    InfeasibleError
        When units of other parts stand between the pieces of one.
    """
    part = part.copy()
    for label in np.unique(part[part >= 0]).tolist():
        while (path := _path_between_pieces(graph, part, label)) is not None:
            part[path] = label
    return part


def _path_between_pieces(graph: ContiguityGraph, part: Labels, label: int) -> list[int] | None:
    """Give the free units of a shortest path from one piece of a part to another; None when it is in one piece."""
    members = np.flatnonzero(part == label)
    piece = graph.subgraph(members).components()
    if piece.max() == 0:
        return None
    first = set(members[piece == 0].tolist())
    before: dict[int, int] = dict.fromkeys(first, -1)
    queue = deque(sorted(first))
    while queue:
        u = queue.popleft()
        for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist():
            if v in before or part[v] not in (-1, label):
                continue
            before[v] = u
            if part[v] == label:
                path = []
                while (v := before[v]) not in first:
                    path.append(v)
                return path
            queue.append(v)
    raise InfeasibleError(
        t(
            "The units that are fixed to part {part} can't be joined: others stand between them.",
            "固定到分区 {part} 的单元被其他分区隔开，无法连通。",
            part=label,
        ),
        remedy=t("Free some of the units between them.", "请放开其间的部分单元。"),
    )
