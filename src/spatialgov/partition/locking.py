"""What must stay as it is: whole grids of today's plan, and single units that must belong to a given grid."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.errors import InfeasibleError, InputError, NotFoundError
from spatialgov.language import t
from spatialgov.partition.fixing import joined
from spatialgov.plan import Plan, grid_name
from spatialgov.units import Units

__all__ = ["Locks"]

Ints = npt.NDArray[np.int64]
Names = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False, slots=True)
class Locks:
    """Which units are not free.

    Attributes
    ----------
    rows
        Units of each locked grid, as positions.
    grids
        A row a locked grid, in the order of `rows`: `code`, `name`, `kind`.
    pinned
        int64, shape (n,): which of `codes` a unit must belong to, -1 where it is free or in a locked grid.
    codes
        Codes of the grids that pinned units belong to.
    names
        Code → name of today's grids.
    """

    rows: list[Ints]
    grids: pd.DataFrame
    pinned: Ints
    codes: list[str]
    names: Mapping[str, str]

    @classmethod
    def of(
        cls,
        units: Units,
        parents: Names,
        today: Plan | None,
        locked: Collection[str],
        locked_units: Mapping[str, str],
    ) -> Self:
        """Read what a caller gave.

        Raises
        ------
        NotFoundError
            When a grid or a unit is not there.
        InputError
            When there is no plan to lock grids of, or a unit is locked to two grids.
        InfeasibleError
            When a locked grid is in pieces or straddles two parents.
        """
        table = pd.DataFrame(columns=["code", "name", "kind"]) if today is None else today.table
        names = dict(zip(table["code"], table["name"], strict=True))
        codes = list(dict.fromkeys(locked))
        _check_known(codes, names, has_plan=today is not None)
        rows = [] if today is None else [_rows_of(units, today, code) for code in codes]
        for code, members in zip(codes, rows, strict=True):
            _check_sound(units, parents, code, members)
        holder = np.full(len(units), -1, np.int64)
        for number, members in enumerate(rows):
            holder[members] = number
        pinned = np.full(len(units), -1, np.int64)
        kept = list(dict.fromkeys(locked_units.values()))
        for row, (unit, code) in zip(units.positions(list(locked_units)), locked_units.items(), strict=True):
            there = codes[holder[row]] if holder[row] >= 0 else None
            if there is None and code not in codes:
                pinned[row] = kept.index(code)
            elif there != code:
                raise _contradiction(unit, code, there)
        grids = table.set_index("code").loc[codes, ["name", "kind"]].reset_index()
        return cls(rows, grids, pinned, kept, names)

    @property
    def held(self) -> npt.NDArray[np.bool_]:
        """Which units belong to locked grids, bool, shape (n,)."""
        held = np.zeros(len(self.pinned), dtype=bool)
        for members in self.rows:
            held[members] = True
        return held

    def pins(self, units: Units, rows: Ints) -> tuple[list[str], Ints]:
        """Give the codes that units of one ground are pinned to, and for each of its units which one, -1 for none.

        Raises
        ------
        InfeasibleError
            When units of one code can't be joined, because others stand between them.
        """
        chosen = self.pinned[rows]
        numbers = np.unique(chosen[chosen >= 0])
        local = np.where(chosen >= 0, np.searchsorted(numbers, chosen), -1).astype(np.int64)
        codes = [self.codes[number] for number in numbers.tolist()]
        if len(numbers):
            graph = units.graph.subgraph(rows)
            try:
                local = joined(graph.without(graph.barrier > 0), local)
            except InfeasibleError as error:
                raise InfeasibleError(
                    t(
                        "The units locked to the grids {codes} can't be joined: others stand between them.",
                        "锁定到网格 {codes} 的单元被其他网格隔开，无法连通。",
                        codes=", ".join(codes),
                    ),
                    remedy=t("Unlock some of the units between them.", "请解除其间部分单元的锁定。"),
                ) from error
        return codes, local

    def check_grounds(self, units: Units, grounds: Collection[Ints]) -> None:
        """Refuse units of one code on ground that doesn't hang together, or cut out with a dedicated grid.

        Parameters
        ----------
        grounds
            Positions of the units of each connected ground that is divided.

        Raises
        ------
        InfeasibleError
            When it is so; with the units' identifiers.
        """
        ground = np.full(len(self.pinned), -1, np.int64)
        for number, rows in enumerate(grounds):
            ground[rows] = number
        ids = units.frame["unit_id"].to_numpy()
        for number, code in enumerate(self.codes):
            rows = np.flatnonzero(self.pinned == number)
            if (cut_out := rows[ground[rows] < 0]).size:
                raise InfeasibleError(
                    t(
                        "Unit {unit} is locked to grid {code}, but its kind is cut out as a dedicated grid.",
                        "单元 {unit} 已锁定到网格 {code}，但其类型需单独成为专属网格。",
                        unit=ids[cut_out[0]],
                        code=code,
                    ),
                    remedy=t("Unlock it, or don't cut out its kind.", "请解除锁定，或不将该类型单独成格。"),
                )
            if (apart := rows[ground[rows] != ground[rows[:1]]]).size:
                raise InfeasibleError(
                    t(
                        "Units {a} and {b} are locked to grid {code}, but parents, barriers or locked grids lie "
                        "between them.",
                        "单元 {a} 与 {b} 锁定到同一网格 {code}，但被上级边界、阻隔或锁定的网格隔开。",
                        a=ids[rows[0]],
                        b=ids[apart[0]],
                        code=code,
                    ),
                    remedy=t("Unlock one of them.", "请解除其中一个单元的锁定。"),
                )

    def kept_table(self, grids: Mapping[int, tuple[str, str]], kind: str, first: int) -> pd.DataFrame:
        """Give the grids that have a code already, indexed by their label, as `Plan.from_labels` takes them.

        Parameters
        ----------
        grids
            Label → (code, parent) of the grids with pinned units.
        kind
            Theirs.
        first
            Label of the first locked grid; the others follow.
        """
        rows = [(code, self.names.get(code) or grid_name(code, parent), kind) for code, parent in grids.values()]
        pinned = pd.DataFrame(rows, index=list(grids), columns=["code", "name", "kind"], dtype=object)
        whole = self.grids.set_axis(range(first, first + len(self.grids)))[["code", "name", "kind"]]
        return pd.concat([pinned, whole]) if len(pinned) else whole


def _rows_of(units: Units, today: Plan, code: str) -> Ints:
    ids = today.units.frame["unit_id"].to_numpy()[today.labels == today.codes.index(code)]
    return units.positions(ids.tolist())


def _check_known(codes: Collection[str], names: Mapping[str, str], *, has_plan: bool) -> None:
    if codes and not has_plan:
        raise InputError(
            t(
                "Grids are locked, but no plan is given that they are grids of.",
                "指定了锁定的网格，但未给出其所属方案。",
            ),
            remedy=t("Give today's plan too.", "请同时给出现有方案。"),
        )
    if unknown := [code for code in codes if code not in names]:
        near = difflib.get_close_matches(unknown[0], names, n=3) or list(names)[:3]
        raise NotFoundError(
            t("Today's plan has no grid {code}.", "现有方案中没有网格 {code}。", code=unknown[0]),
            remedy=t(
                "Lock one of its grids, such as {names}.", "请锁定已有的网格，如 {names}。", names=", ".join(near)
            ),
        )


def _check_sound(units: Units, parents: Names, code: str, rows: Ints) -> None:
    ids = units.frame["unit_id"].to_numpy()
    if (other := rows[parents[rows] != parents[rows[0]]]).size:
        raise InfeasibleError(
            t(
                "Grid {code} can't be locked: it straddles {a} (unit {unit_a}) and {b} (unit {unit_b}).",
                "网格 {code} 无法锁定：它跨越 {a}（单元 {unit_a}）和 {b}（单元 {unit_b}）。",
                code=code,
                a=parents[rows[0]],
                unit_a=ids[rows[0]],
                b=parents[other[0]],
                unit_b=ids[other[0]],
            ),
            remedy=t("Unlock it, or move its units to one parent first.", "请解除锁定，或先将其单元调整到同一上级。"),
        )
    piece = units.graph.subgraph(rows).components()
    if piece.max() > 0:
        smallest = int(np.argmin(np.bincount(piece, units.graph.area_m2[rows])))
        raise InfeasibleError(
            t(
                "Grid {code} can't be locked: it is in {n} pieces, one of them with unit {unit}.",
                "网格 {code} 无法锁定：它由 {n} 个互不相邻的部分组成，其中一部分包含单元 {unit}。",
                code=code,
                n=int(piece.max()) + 1,
                unit=ids[rows[piece == smallest][0]],
            ),
            remedy=t(
                "Unlock it, or give the pieces to their neighbours first.", "请解除锁定，或先将各部分划给相邻网格。"
            ),
        )


def _contradiction(unit: str, code: str, there: str | None) -> InputError:
    if there is None:
        message = t(
            "Unit {unit} is locked to grid {code}, but that grid is locked as it is, without the unit.",
            "单元 {unit} 锁定到网格 {code}，但该网格按现状锁定且不含此单元。",
            unit=unit,
            code=code,
        )
    else:
        message = t(
            "Unit {unit} is locked to grid {code}, but grid {there}, which it is in, is locked as it is.",
            "单元 {unit} 锁定到网格 {code}，但其所在的网格 {there} 已按现状锁定。",
            unit=unit,
            code=code,
            there=there,
        )
    return InputError(message, remedy=t("Unlock the unit or the grid.", "请解除该单元或该网格的锁定。"))
