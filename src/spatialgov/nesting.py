"""Levels that grids nest in: columns of the units, one or several, the finest of which gives grids their parents."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.errors import FaultyDataError, InputError, MissingColumnError
from spatialgov.faults import Fault
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.units import Units

__all__ = ["Within", "levels_of_units", "merged_units", "parent_of_units", "within_columns"]

Within: TypeAlias = str | Sequence[str] | None
"""Column that grids must not straddle, or several; None for no nesting."""

Names = npt.NDArray[np.object_]


def within_columns(within: Within) -> tuple[str, ...]:
    """Give the columns that grids nest in, each once, in the order given."""
    if within is None:
        return ()
    return (within,) if isinstance(within, str) else tuple(dict.fromkeys(within))


def parent_of_units(units: "Units", within: Within) -> Names:
    """Give each unit's parent as text, shape (n,): of the finest level, or "" for all when there is no nesting.

    Raises
    ------
    MissingColumnError
        When the units have no such column.
    InputError
        When a unit's parent is missing, with the row.
    FaultyDataError
        When the levels contradict each other: a community in two subdistricts.
    """
    levels = levels_of_units(units, within)
    return next(iter(levels.values()), np.full(len(units), "", dtype=object))


def levels_of_units(units: "Units", within: Within) -> dict[str, Names]:
    """Give the level columns, the finest first, with each unit's value as text, shape (n,).

    A level is finer than another when it has more values; of two with as many, the one that was named later is.

    Raises
    ------
    MissingColumnError, InputError, FaultyDataError
        See `parent_of_units`.
    """
    given = {column: _values(units, column) for column in within_columns(within)}
    if len(given) < 2:
        return given
    count = {column: len(pd.unique(values)) for column, values in given.items()}
    order = sorted(given, key=lambda column: count[column])[::-1]
    faults = [fault for fine, coarse in pairwise(order) for fault in _contradictions(units, given, fine, coarse)]
    if faults:
        raise FaultyDataError(
            t(
                "The levels {names} contradict each other in {n} units.",
                "{names} 各级之间存在矛盾，涉及 {n} 个单元。",
                names=", ".join(reversed(order)),
                n=len({fault.item for fault in faults}),
            ),
            faults,
            remedy=t(
                "Correct the rows, or name only levels that nest in each other.",
                "请更正这些行，或只指定逐级嵌套的列。",
            ),
        )
    return {column: given[column] for column in order}


def merged_units(units: "Units", within: Within, merged: Mapping[str, str]) -> "Units":
    """Give the units as they would be if parents of the finest level were joined with others.

    Parameters
    ----------
    within
        The columns that grids nest in.
    merged
        Code → the code that it counts as. The coarser levels follow: a community that joins one of another
        subdistrict belongs to that subdistrict.

    Raises
    ------
    MissingColumnError, InputError, FaultyDataError
        See `parent_of_units`.
    """
    if not merged:
        return units
    levels = levels_of_units(units, within)
    finest = next(iter(levels))
    values = levels[finest]
    frame = units.frame.copy()
    joined = [merged.get(code, code) for code in values]
    frame[finest] = joined
    for column, coarse in levels.items():
        if column != finest:
            above = dict(zip(values, coarse, strict=True))
            frame[column] = [above.get(code, old) for code, old in zip(joined, coarse, strict=True)]
    return replace(units, frame=frame)


def _values(units: "Units", column: str) -> Names:
    if column not in units.frame:
        raise MissingColumnError(
            t("The units have no column {name}.", "单元数据没有 {name} 列。", name=repr(column)),
            remedy=t(
                "Columns there are: {names}.", "现有列：{names}。", names=", ".join(map(str, units.frame.columns))
            ),
        )
    values = units.frame[column]
    if (missing := values.isna() | (values.astype(str) == "")).any():
        row = int(np.flatnonzero(missing)[0])
        raise InputError(
            t(
                "Row {row}, column {name}: unit {unit} has no parent.",
                "第 {row} 行，{name} 列：单元 {unit} 没有上级编码。",
                row=row + 1,
                name=column,
                unit=units.frame["unit_id"].iloc[row],
            ),
            remedy=t("Fill in the parent's code of every unit.", "请为每个单元填写上级编码。"),
        )
    return values.astype(str).to_numpy(dtype=object)


def _contradictions(units: "Units", given: dict[str, Names], fine: str, coarse: str) -> list[Fault]:
    """Name the units whose coarse value differs from that of most units with the same fine value."""
    inner_of, inner = pd.factorize(given[fine])
    outer_of, outer = pd.factorize(given[coarse])
    pairs, uses = np.unique(inner_of * len(outer) + outer_of, return_counts=True)
    if len(pairs) == len(inner):
        return []
    usual = np.empty(len(inner), np.int64)
    rising = np.argsort(uses, kind="stable")
    usual[pairs[rising] // len(outer)] = pairs[rising] % len(outer)  # the most used comes last
    faults = []
    for row in np.flatnonzero(outer_of != usual[inner_of]).tolist():
        point = units.frame.geometry.iloc[row].representative_point()
        message = t(
            "{fine} {inner} lies in {coarse} {outer} here, but most of its units lie in {usual}.",
            "{fine} {inner} 在此处属于 {coarse} {outer}，但其多数单元属于 {usual}。",
            fine=fine,
            inner=inner[inner_of[row]],
            coarse=coarse,
            outer=outer[outer_of[row]],
            usual=outer[usual[inner_of[row]]],
        )
        remedy = t("Correct one of the two codes.", "请更正两个编码之一。")
        item = str(units.frame["unit_id"].iloc[row])
        faults.append(
            Fault("levels_contradict", message, remedy, row=row + 1, column=coarse, item=item, lon=point.x, lat=point.y)
        )
    return faults
