"""Columns of a table checked cell by cell: identifiers, codes and counts, each fault with its row and place."""

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.vector_io import numbers

__all__ = ["CellChecks"]

_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d+")
_MOST = 2**53
"""Above this a float is no exact count."""


@dataclass(frozen=True)
class CellChecks:
    """Checks of the columns of one table; each fault has its row, column, identifier and place.

    Attributes
    ----------
    geometry
        Degrees, WGS 84, a row each, or None.
    identifiers
        object, shape (n,): text, or None.
    """

    geometry: gpd.GeoSeries
    identifiers: npt.NDArray[np.object_]

    def fault(self, kind: str, position: int, column: str, message: str, remedy: str, **more: Any) -> Fault:
        """Give a fault of the cell at a position (from 0) of a column."""
        shape = self.geometry.iloc[position]
        if shape is not None and not shape.is_empty:
            more |= {"lon": shape.centroid.x, "lat": shape.centroid.y}
        item = self.identifiers[position]
        return Fault(kind, message, remedy, row=position + 1, column=column, item=item, **more)

    def missing(self, position: int, column: str, **more: Any) -> Fault:
        """Give the fault ``missing_value``."""
        message = t("“{column}” is empty.", "“{column}”为空。", column=column)
        return self.fault("missing_value", position, column, message, t("Fill it in.", "请补全。"), **more)

    def identifier_faults(self, column: str) -> list[Fault]:
        """List identifiers that are missing, damaged, or there already (``duplicate_id``, at the later row)."""
        faults = self.code_faults(self.identifiers, column, required=True)
        first: dict[str, int] = {}
        for position, item in enumerate(self.identifiers):
            if item is None or first.setdefault(item, position) == position:
                continue
            message = t(
                "{item} is in row {first} already.", "{item} 已在第 {first} 行出现。", item=item, first=first[item] + 1
            )
            remedy = t("Remove the row, or give it an identifier of its own.", "请删除该行，或另给编号。")
            faults.append(self.fault("duplicate_id", position, column, message, remedy))
        return faults

    def code_faults(self, codes: npt.NDArray[np.object_], column: str, *, required: bool) -> list[Fault]:
        """List codes that are missing (an error only when required) or that a spreadsheet has rounded (1.1E+11)."""
        faults = []
        for position, code in enumerate(codes):
            if code is None:
                faults.append(self.missing(position, column, severity="error" if required else "warning"))
            elif _SCIENTIFIC.fullmatch(code):
                message = t("{code} has lost digits of its code.", "{code} 已丢失编码的部分数字。", code=code)
                remedy = t("Save the column as text, not as number.", "请将该列保存为文本而非数字。")
                faults.append(self.fault("damaged_code", position, column, message, remedy))
        return faults

    def counts(self, cells: "pd.Series[Any]", column: str) -> tuple[npt.NDArray[np.int64], list[Fault]]:
        """Give a column of counts, int64 (0 where it is at fault), and its faults."""
        values, faults = self.amounts(cells, column, whole=True)
        return values.astype(np.int64), faults

    def amounts(
        self, cells: "pd.Series[Any]", column: str, *, whole: bool = False
    ) -> tuple[npt.NDArray[np.float64], list[Fault]]:
        """Give a column of numbers that are not negative, float64 (0 where it is at fault), and its faults."""
        values, wrong = numbers(cells)
        if whole:
            wrong |= np.abs(values) > _MOST
        missing = np.isnan(values) & ~wrong
        negative = (values < 0) & ~wrong
        fraction = whole & (values != np.floor(values)) & ~missing & ~wrong
        faults = []
        for position in np.flatnonzero(wrong | missing | negative | fraction):
            p, value = int(position), cells.iloc[position]
            if missing[p]:
                faults.append(self.missing(p, column))
                continue
            kind, problem, remedy = _count_problem(bool(wrong[p]), bool(negative[p]))
            message = t(
                "“{column}” {problem}: {value}.",
                "“{column}”{problem}：{value}。",
                column=column,
                problem=problem,
                value=value,
            )
            faults.append(self.fault(kind, p, column, message, remedy))
        values[wrong | missing | negative | fraction] = 0
        return values, faults


def _count_problem(wrong: bool, negative: bool) -> tuple[str, str, str]:
    if wrong:
        return "not_a_number", t("is no number", "不是数字"), t("Write digits only.", "请只写数字。")
    if negative:
        return "negative_count", t("is negative", "为负数"), t("Give a number of 0 or more.", "请填写 0 或正数。")
    return "fractional_count", t("is no whole number", "不是整数"), t("Give a whole number.", "请填写整数。")
