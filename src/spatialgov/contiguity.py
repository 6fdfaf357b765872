"""Which units share a border, and how long it is: the graph that partitions are made on."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["ContiguityGraph"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ContiguityGraph:
    """Units and their shared borders, in CSR form: every border stands twice, once from either side.

    Attributes
    ----------
    indptr
        int64, shape (n + 1,). The neighbours of unit ``u`` are ``indices[indptr[u]:indptr[u + 1]]``.
    indices
        int32, shape (2 m,). Positions of the neighbours, ascending within a unit.
    border_m
        float64, shape (2 m,). Length of the shared border, metres, always above 0: a point touch is no border.
    outer_border_m
        float64, shape (n,). Length of the border that is shared with no unit, metres.
    area_m2
        float64, shape (n,).
    xy_m
        float64, shape (n, 2). A point for each unit, east and north, metres.
    barrier
        int8, shape (2 m,). 0 where the border is open; above 0 a hard barrier, which no grid crosses; below 0 a soft
        one, along which grids rather end. The numbers tell kinds of barriers apart.
    """

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]
    border_m: Floats
    outer_border_m: Floats
    area_m2: Floats
    xy_m: Floats
    barrier: npt.NDArray[np.int8]

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.indptr) - 1

    @property
    def perimeter_m(self) -> Floats:
        """Length of each unit's whole border, metres, shape (n,)."""
        shared = np.bincount(self.sources(), weights=self.border_m, minlength=self.n)
        return shared + self.outer_border_m

    @classmethod
    def from_edges(
        cls,
        n: int,
        edges: npt.ArrayLike,
        border_m: npt.ArrayLike,
        outer_border_m: npt.ArrayLike | None = None,
        area_m2: npt.ArrayLike | None = None,
        xy_m: npt.ArrayLike | None = None,
        barrier: npt.ArrayLike | None = None,
    ) -> Self:
        """Make the graph from a list of shared borders.

        Parameters
        ----------
        n
            Number of units.
        edges
            Integers, shape (m, 2): the two units of each border, either way round. A pair that stands more than
            once has its lengths added; pairs without length are left out.
        border_m
            Shape (m,), metres.
        outer_border_m, area_m2
            Shape (n,); zeros and ones when not given.
        xy_m
            Shape (n, 2), metres; zeros when not given.
        barrier
            Integers -128 … 127, shape (m,); 0 (open) when not given. Of a repeated pair the hardest counts.

        Raises
        ------
        InputError
            When shapes don't fit, an edge names a unit that is not there or joins a unit to itself, or a value is
            negative or not finite.
        """
        pairs = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
        m = len(pairs)
        length = _column("border_m", border_m, (m,))
        flag = np.zeros(m, np.int8) if barrier is None else np.asarray(barrier).astype(np.int8)
        if flag.shape != (m,):
            raise _wrong_shape("barrier", flag.shape, (m,))
        if m and (pairs.min() < 0 or pairs.max() >= n):
            bad = int(np.flatnonzero((pairs < 0).any(axis=1) | (pairs >= n).any(axis=1))[0])
            raise InputError(
                t(
                    "Edge {row} names unit {unit}, but the units are numbered 0 to {last}.",
                    "第 {row} 条边引用了单元 {unit}，但单元编号为 0 至 {last}。",
                    row=bad + 1,
                    unit=int(pairs[bad].max()),
                    last=n - 1,
                )
            )
        if (loops := np.flatnonzero(pairs[:, 0] == pairs[:, 1])).size:
            raise InputError(
                t(
                    "Edge {row} joins unit {unit} to itself.",
                    "第 {row} 条边把单元 {unit} 与自身相连。",
                    row=int(loops[0]) + 1,
                    unit=int(pairs[loops[0], 0]),
                )
            )
        outer = _outer_border(outer_border_m, n)
        keep = length > 0
        low, high = pairs[keep].min(axis=1, initial=n), pairs[keep].max(axis=1, initial=0)
        key, inverse = np.unique(low * n + high, return_inverse=True)
        total: Floats = np.bincount(inverse, weights=length[keep], minlength=len(key)).astype(np.float64)
        hard, soft = np.zeros((2, len(key)), np.int8)
        np.maximum.at(hard, inverse, flag[keep])
        np.minimum.at(soft, inverse, flag[keep])
        hardest = np.where(hard > 0, hard, soft)
        low, high = key // max(n, 1), key % max(n, 1)

        source = np.concatenate([low, high])
        order = np.lexsort((np.concatenate([high, low]), source))
        indptr = np.zeros(n + 1, np.int64)
        np.cumsum(np.bincount(source, minlength=n), out=indptr[1:])
        return cls(
            indptr=indptr,
            indices=np.concatenate([high, low])[order].astype(np.int32),
            border_m=np.tile(total, 2)[order],
            outer_border_m=outer,
            area_m2=_column("area_m2", area_m2, (n,), default=1.0),
            xy_m=_column("xy_m", xy_m, (n, 2), default=0.0, signed=True),
            barrier=np.tile(hardest, 2)[order],
        )

    def sources(self) -> npt.NDArray[np.int64]:
        """Give the unit that each half-edge starts from, int64, shape (2 m,)."""
        return np.repeat(np.arange(self.n), np.diff(self.indptr))

    def edges(self) -> tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.int8]]:
        """Give every border once: ``(pairs (m, 2) with the smaller unit first, border_m (m,), barrier (m,))``."""
        source = self.sources()
        once = source < self.indices
        pairs = np.column_stack([source[once], self.indices[once]]).astype(np.int64)
        return pairs, self.border_m[once], self.barrier[once]

    def components(self, group: npt.ArrayLike | None = None) -> npt.NDArray[np.int32]:
        """Number the connected components.

        Parameters
        ----------
        group
            Integers, shape (n,): borders between units of different groups don't count (parents, grids).

        Returns
        -------
        ndarray
            int32, shape (n,): the component of each unit, numbered by their first unit.
        """
        source = self.sources()
        open_ = np.ones(len(source), bool)
        if group is not None:
            of = np.asarray(group)
            open_ = of[source] == of[self.indices]
        matrix = csr_array((np.ones(int(open_.sum()), np.int8), (source[open_], self.indices[open_])), (self.n, self.n))
        labels = connected_components(matrix, directed=False)[1]
        return np.asarray(labels, dtype=np.int32)

    def without(self, closed: npt.NDArray[np.bool_]) -> Self:
        """Give the graph without the half-edges that are marked: their border becomes outer border.

        Parameters
        ----------
        closed
            bool, shape (2 m,), the same from either side.
        """
        source = self.sources()
        keep = ~closed
        indptr = np.zeros(self.n + 1, np.int64)
        np.cumsum(np.bincount(source[keep], minlength=self.n), out=indptr[1:])
        lost = np.bincount(source[closed], weights=self.border_m[closed], minlength=self.n)
        return type(self)(
            indptr=indptr,
            indices=self.indices[keep],
            border_m=self.border_m[keep],
            outer_border_m=self.outer_border_m + lost,
            area_m2=self.area_m2,
            xy_m=self.xy_m,
            barrier=self.barrier[keep],
        )

    def subgraph(self, units: npt.ArrayLike) -> Self:
        """Give the graph of some units; borders to the others become outer border.

        Parameters
        ----------
        units
            Positions, shape (s,), each at most once; unit ``units[i]`` becomes unit ``i``.
        """
        chosen = np.asarray(units, dtype=np.int64)
        place = np.full(self.n, -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        counts = np.diff(self.indptr)[chosen]
        start = np.repeat(self.indptr[chosen] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
        half = start + np.arange(int(counts.sum()))
        source = np.repeat(np.arange(len(chosen)), counts)
        target = place[self.indices[half]]
        inside = target >= 0
        lost = np.bincount(source[~inside], weights=self.border_m[half[~inside]], minlength=len(chosen))
        indptr = np.zeros(len(chosen) + 1, np.int64)
        np.cumsum(np.bincount(source[inside], minlength=len(chosen)), out=indptr[1:])
        half, source, target = half[inside], source[inside], target[inside]
        order = np.lexsort((target, source))
        return type(self)(
            indptr=indptr,
            indices=target[order].astype(np.int32),
            border_m=self.border_m[half][order],
            outer_border_m=self.outer_border_m[chosen] + lost,
            area_m2=self.area_m2[chosen],
            xy_m=self.xy_m[chosen],
            barrier=self.barrier[half][order],
        )


def _outer_border(values: npt.ArrayLike | None, n: int) -> Floats:
    """Read the outer borders; those that a subtraction has left a hair below 0 are 0."""
    if values is None:
        return np.zeros(n)
    length = np.array(values, dtype=np.float64)
    length[(length < 0) & (length > -1e-6)] = 0.0
    return _column("outer_border_m", length, (n,))


def _column(
    name: str, values: npt.ArrayLike | None, shape: tuple[int, ...], *, default: float = 0.0, signed: bool = False
) -> Floats:
    if values is None:
        return np.full(shape, default)
    array = np.array(values, dtype=np.float64)
    if array.shape != shape:
        raise _wrong_shape(name, array.shape, shape)
    bad = ~np.isfinite(array) if signed else ~(array >= 0) | np.isinf(array)
    if bad.any():
        raise InputError(
            t(
                "{name}[{row}] is {value}.",
                "{name}[{row}] 的值为 {value}。",
                name=name,
                row=int(np.argwhere(bad)[0][0]),
                value=float(array[bad][0]),
            ),
            remedy=t("Lengths and areas are finite and not negative.", "长度和面积必须为有限的非负数。"),
        )
    return array


def _wrong_shape(name: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> InputError:
    return InputError(
        t(
            "{name} has shape {shape}, not {wanted}.",
            "{name} 的形状为 {shape}，应为 {wanted}。",
            name=name,
            shape=shape,
            wanted=wanted,
        )
    )
