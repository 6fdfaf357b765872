"""Columns of a table checked cell by cell: identifiers, codes and counts, each fault with its row and place."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, ClassVar, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.errors import InputError, MissingColumnError
from spatialgov.faults import Fault, Severity
from spatialgov.language import t
from spatialgov.vector_io import numbers

__all__ = ["CellChecks", "JudgedRows", "SeenIds", "file_columns", "require_columns"]

MOST_CHARACTERS = 200
"""Of an identifier, a code or a word; PostgreSQL's indexes take no text of several thousand bytes."""

_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d+")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL can't store, and half a character, which UTF-8 can't hold."""
_MOST = 2**53
"""Above this a float is no exact count."""
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True, eq=False)
class JudgedRows:
    """Rows of one file, or of a batch of it, after all checks.

    Attributes
    ----------
    frame
        The sound rows.
    faults
        What is wrong, by row of the file. Rows with an error are left out of `frame`.
    left_out
        Reason → rows that are sound, but nothing to be stored.
    unknown
        Column → sound rows that don't say.
    """

    frame: gpd.GeoDataFrame
    faults: list[Fault]
    left_out: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)


class SeenIds:
    """The identifiers of a file so far, 24 bytes each, to find those that come again in a later batch.

    They are kept as digests of 128 bits, in sorted runs of which each is at most half as long as the one before.
    """

    KEY: ClassVar[np.dtype[np.bytes_]] = np.dtype(f"S{_DIGEST_BYTES}")

    def __init__(self) -> None:
        self._runs: list[tuple[npt.NDArray[np.bytes_], npt.NDArray[np.int64]]] = []

    def first_rows(self, identifiers: npt.NDArray[np.object_], offset: int) -> npt.NDArray[np.int64]:
        """Give the row (from 1) where each identifier stood first, 0 where there is none; remember the new ones.

        Parameters
        ----------
        identifiers
            object, shape (n,): text, or None.
        offset
            Rows of the file before these.
        """
        result = np.zeros(len(identifiers), dtype=np.int64)
        there = np.flatnonzero(np.array([item is not None for item in identifiers], dtype=bool))
        if not len(there):
            return result
        digests = np.array([_digest(identifiers[i]) for i in there], dtype=self.KEY)
        keys, first, group = np.unique(digests, return_index=True, return_inverse=True)
        result[there] = self.remember(keys, (there[first] + offset + 1).astype(np.int64))[group]
        return result

    def remember(self, keys: npt.NDArray[np.bytes_], new_rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Give the row where each identifier stood first, and remember the new ones.

        Parameters
        ----------
        keys, new_rows
            As `known` gives them: of other rows, which follow those so far.
        """
        rows = new_rows.copy()
        new = np.ones(len(keys), dtype=bool)
        for run_keys, run_rows in self._runs:
            at = np.minimum(np.searchsorted(run_keys, keys), len(run_keys) - 1)
            known = run_keys[at] == keys
            rows[known] = run_rows[at[known]]
            new &= ~known
        if new.any():
            self._runs.append((keys[new], rows[new]))
        while len(self._runs) > 1 and 2 * len(self._runs[-1][0]) > len(self._runs[-2][0]):
            (a_keys, a_rows), (b_keys, b_rows) = self._runs.pop(), self._runs.pop()
            both = np.concatenate([b_keys, a_keys])
            order = np.argsort(both, kind="stable")
            self._runs.append((both[order], np.concatenate([b_rows, a_rows])[order]))
        return rows

    def known(self) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.int64]]:
        """Give all identifiers so far, as sorted digests, and the row where each stood first."""
        keys = np.concatenate([np.empty(0, self.KEY), *(keys for keys, _ in self._runs)])
        rows = np.concatenate([np.empty(0, np.int64), *(rows for _, rows in self._runs)])
        order = np.argsort(keys, kind="stable")
        return keys[order], rows[order]

    @classmethod
    def of(cls, keys: npt.NDArray[np.bytes_], rows: npt.NDArray[np.int64]) -> Self:
        """Give those that `known` told, or some of them."""
        seen = cls()
        seen._runs.append((keys, rows))
        return seen


def _digest(identifier: str) -> bytes:
    return blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()


def file_columns(
    known: Sequence[str], required: Sequence[str], columns: Mapping[str, str] | None, what: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Give our column names → the file's, and the file's columns that must be there.

    Parameters
    ----------
    known, required
        Our columns, and those of them that every file must have.
    columns
        Ours → the file's, where they differ; a file must have these too.
    what
        What the rows are, for the message.

    Raises
    ------
    InputError
        When `columns` names one that is not known.
    """
    given = columns or {}
    if strange := [ours for ours in given if ours not in known]:
        raise InputError(
            t("{what} have no column “{name}”.", "{what}没有“{name}”列。", what=what, name=strange[0]),
            remedy=t("Known columns: {names}.", "已知的列：{names}。", names=", ".join(known)),
        )
    names = {ours: given.get(ours, ours) for ours in known}
    return names, tuple(names[ours] for ours in dict.fromkeys([*required, *given]))


def require_columns(file: str, needed: Iterable[str], there: Iterable[Any]) -> None:
    """Refuse a table that lacks a needed column.

    Raises
    ------
    MissingColumnError
        With the name of the file, the first column that is not there, and those that are.
    """
    names = [str(name) for name in there if name != "geometry"]
    for column in needed:
        if column not in names:
            raise MissingColumnError(
                t("{file} has no column {column}.", "{file} 缺少 {column} 列。", file=file, column=column),
                remedy=t(
                    "Columns there are: {there}. Name the one that holds it.",
                    "现有列：{there}。请指明对应的列。",
                    there=", ".join(names),
                ),
            )


@dataclass(frozen=True)
class CellChecks:
    """Checks of the columns of one table; each fault has its row, column, identifier and place.

    Attributes
    ----------
    geometry
        Degrees, WGS 84, a row each, or None.
    identifiers
        object, shape (n,): text, or None.
    offset
        Rows of the file before these, where they are a batch of it.
    """

    geometry: gpd.GeoSeries
    identifiers: npt.NDArray[np.object_]
    offset: int = 0

    def fault(self, kind: str, position: int, column: str, message: str, remedy: str, **more: Any) -> Fault:
        """Give a fault of the cell at a position (from 0) of a column."""
        shape = self.geometry.iloc[position]
        if shape is not None and not shape.is_empty:
            more |= {"lon": shape.centroid.x, "lat": shape.centroid.y}
        item = self.identifiers[position]
        return Fault(kind, message, remedy, row=self.offset + position + 1, column=column, item=item, **more)

    def marked(
        self,
        mask: npt.NDArray[np.bool_],
        kind: str,
        column: str,
        problem: str,
        remedy: str,
        values: npt.NDArray[np.object_],
        *,
        severity: Severity = "error",
    ) -> list[Fault]:
        """List a fault for each cell of a column that is marked: “column” problem: value."""
        colon = t(": ", "：")
        return [
            self.fault(kind, row, column, f"“{column}” {problem}{colon}{values[row]}", remedy, severity=severity)
            for row in np.flatnonzero(mask).tolist()
        ]

    def missing(self, position: int, column: str, **more: Any) -> Fault:
        """Give the fault ``missing_value``."""
        message = t("“{column}” is empty.", "“{column}”为空。", column=column)
        return self.fault("missing_value", position, column, message, t("Fill it in.", "请补全。"), **more)

    def identifier_faults(self, column: str, seen: SeenIds | None = None) -> list[Fault]:
        """List identifiers that are missing, damaged, or there already (``duplicate_id``, at the later row).

        `seen` are those of the rows before these, and becomes those of these rows too.
        """
        faults = self.code_faults(self.identifiers, column, required=True)
        first = (seen or SeenIds()).first_rows(self.identifiers, self.offset)
        again = (first > 0) & (first != self.offset + 1 + np.arange(len(first)))
        for position in np.flatnonzero(again).tolist():
            item = self.identifiers[position]
            message = t(
                "{item} is in row {first} already.", "{item} 已在第 {first} 行出现。", item=item, first=first[position]
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
            elif "+" in code and _SCIENTIFIC.fullmatch(code):
                message = t("{code} has lost digits of its code.", "{code} 已丢失编码的部分数字。", code=code)
                remedy = t("Save the column as text, not as number.", "请将该列保存为文本而非数字。")
                faults.append(self.fault("damaged_code", position, column, message, remedy))
        return faults

    def text_faults(self, cells: npt.NDArray[np.object_], column: str) -> list[Fault]:
        """List texts that no store takes: too long, or with a character that is none."""
        faults = []
        for position, cell in enumerate(cells):
            if cell is None or (cell.isascii() and cell.isprintable() and len(cell) <= MOST_CHARACTERS):
                continue
            if len(cell) > MOST_CHARACTERS:
                message = t(
                    "“{column}” has {n} characters, more than {most}.",
                    "“{column}”有 {n} 个字符，超过 {most} 个。",
                    column=column,
                    n=len(cell),
                    most=MOST_CHARACTERS,
                )
                faults.append(self.fault("too_long", position, column, message, t("Shorten it.", "请缩短。")))
            elif _UNSTORABLE.search(cell):
                message = t(
                    "“{column}” holds a character that can't be stored: {cell}.",
                    "“{column}”含有无法存储的字符：{cell}。",
                    column=column,
                    cell=ascii(cell),
                )
                faults.append(self.fault("invalid_text", position, column, message, t("Remove it.", "请删除该字符。")))
        return faults

    def location_faults(self, explained: Iterable[int | None]) -> list[Fault]:
        """List rows without a point; where the reader of the file has said why (the `explained` rows), that stands."""
        shapes = self.geometry.to_numpy()
        missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        strange = ~missing & (shapely.get_type_id(shapes) != shapely.GeometryType.POINT)
        told = set(explained)
        none = t("There is no location.", "缺少位置。")
        fill = t("Fill in the coordinates, or leave the row out.", "请补全坐标或删除该行。")
        wrong = t("The location is not a point.", "位置不是点。")
        point = t("Give the place as one point.", "请以一个点给出位置。")
        return [
            *(
                self.fault("missing_location", position, "geometry", none, fill)
                for position in np.flatnonzero(missing).tolist()
                if self.offset + position + 1 not in told
            ),
            *(
                self.fault("not_a_point", position, "geometry", wrong, point)
                for position in np.flatnonzero(strange).tolist()
            ),
        ]

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
