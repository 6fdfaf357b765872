"""CQL2 over frames: which rows a condition holds for. What is missing makes a comparison neither true nor false."""

import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from spatialgov.errors import ParameterError
from spatialgov.language import t

__all__ = ["Condition", "Filter", "Kind"]

Kind = Literal["text", "integer", "number", "time", "boolean", "geometry"]
"""What a column holds."""

_Bools = npt.NDArray[np.bool_]
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SPATIAL: dict[str, Callable[[Any, Any], Any]] = {
    f"s_{name}": getattr(shapely, name)
    for name in ("intersects", "disjoint", "equals", "touches", "crosses", "within", "contains", "overlaps")
}
_SHAPES = {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}


class _Truth(NamedTuple):
    """Where something is true and where it is false; it is neither where a value is missing."""

    true: _Bools
    false: _Bools


class _Operand(NamedTuple):
    """A column, or a value that stands for all rows (`known` is True)."""

    kind: Kind
    values: Any
    known: Any


@dataclass(frozen=True, slots=True)
class Condition:
    """One column compared with a value: ``=``, ``<``, ``<=``, ``>``, ``>=``, or ``in`` a list of values."""

    column: str
    op: str
    value: Any


class Filter:
    """A condition on rows, checked against the columns that there are.

    Parameters
    ----------
    node
        CQL2 JSON, from `parse_text` or `parse_json`: ``and``, ``or``, ``not``, comparisons, ``like``, ``between``,
        ``in``, ``isNull``, ``casei``, and ``s_intersects`` with its like.
    kinds
        Column → what it holds.
    to_wgs84
        From the CRS of the filter's geometries to longitude and latitude; by default they are in it.

    Raises
    ------
    ParameterError
        When the filter names what is not there or compares what can't be compared.
    """

    def __init__(
        self,
        node: Any,
        kinds: Mapping[str, Kind],
        to_wgs84: Callable[[BaseGeometry], BaseGeometry] | None = None,
    ) -> None:
        self._node = node
        self._kinds = kinds
        self._to_wgs84 = to_wgs84
        columns = {name: pd.Series([], dtype=_EMPTY[kind]) for name, kind in kinds.items() if kind != "geometry"}
        self.holds(gpd.GeoDataFrame(columns, geometry=[], crs=4326))

    def holds(self, frame: gpd.GeoDataFrame) -> _Bools:
        """Give for each row whether the condition holds, bool (n,)."""
        return self._truth(self._node, frame).true

    def conditions(self) -> list[Condition]:
        """Give conditions on texts and times that all rows meet for which the filter holds: for a database, say."""
        found: list[Condition] = []
        waiting = [self._node]
        while waiting:
            node = waiting.pop()
            if not isinstance(node, dict) or "op" not in node:
                continue
            if node["op"] == "and":
                waiting += node["args"]
            elif (one := self._simple(node)) is not None:
                found.append(one)
        return found

    def _simple(self, node: Any) -> Condition | None:
        op, args = node["op"], node["args"]
        if op in _MIRRORED and not _is_property(args[0]) and _is_property(args[1]):
            op, args = _MIRRORED[op], args[::-1]
        if not args or not _is_property(args[0]):
            return None
        column = args[0]["property"]
        kind = self._kinds[column]
        if op == "in" and kind == "text" and all(isinstance(one, str) for one in args[1]):
            return Condition(column, op, list(args[1]))
        if kind == "text" and op == "=" and isinstance(args[1], str):
            return Condition(column, op, args[1])
        if kind == "time" and op in _MIRRORED and not _is_property(args[1]):
            return Condition(column, op, _moment(args[1]))
        return None

    def _truth(self, node: Any, frame: gpd.GeoDataFrame) -> _Truth:
        if isinstance(node, bool):
            return _Truth(np.full(len(frame), node), np.full(len(frame), not node))
        if _is_property(node):
            return self._compared("=", node, True, frame)
        op, args = (str(node.get("op")), node.get("args")) if isinstance(node, dict) else ("", None)
        judge, number = _JUDGES.get(op, (None, 0))
        if judge is None or not isinstance(args, list) or not args or len(args) != (number or len(args)):
            raise _wrong(node)
        return judge(self, op, args, frame)

    def _joined(self, op: str, args: list[Any], frame: gpd.GeoDataFrame) -> _Truth:
        parts = [self._truth(one, frame) for one in args]
        true, false = ([part[side] for part in parts] for side in (0, 1))
        if op == "and":
            return _Truth(np.all(true, axis=0), np.any(false, axis=0))
        return _Truth(np.any(true, axis=0), np.all(false, axis=0))

    def _opposite(self, _op: str, args: list[Any], frame: gpd.GeoDataFrame) -> _Truth:
        inner = self._truth(args[0], frame)
        return _Truth(inner.false, inner.true)

    def _missing(self, _op: str, args: list[Any], frame: gpd.GeoDataFrame) -> _Truth:
        known = np.broadcast_to(self._operand(args[0], frame).known, len(frame))
        return _Truth(~known, known)

    def _comparison(self, op: str, args: list[Any], frame: gpd.GeoDataFrame) -> _Truth:
        return self._compared(op, args[0], args[1], frame)

    def _between(self, _op: str, args: list[Any], frame: gpd.GeoDataFrame) -> _Truth:
        low, high = self._compared(">=", args[0], args[1], frame), self._compared("<=", args[0], args[2], frame)
        return _Truth(low.true & high.true, low.false | high.false)

    def _compared(self, op: str, left: Any, right: Any, frame: gpd.GeoDataFrame) -> _Truth:
        a, b = self._operand(left, frame), self._operand(right, frame)
        a, b = _as_time(a, b), _as_time(b, a)
        kinds = {"number" if one.kind == "integer" else one.kind for one in (a, b)}
        if len(kinds) > 1 or "geometry" in kinds or ("boolean" in kinds and op not in ("=", "<>")):
            raise ParameterError(
                t(
                    "The filter compares {a} with {b} by {op}.",
                    "filter 用 {op} 比较 {a} 与 {b}。",
                    a=_shown(left),
                    b=_shown(right),
                    op=op,
                ),
                remedy=t(
                    "Texts stand in single quotes, numbers in none; times are like '2026-11-01T00:00:00Z'.",
                    "文本用单引号，数字不用；时间写成 '2026-11-01T00:00:00Z'。",
                ),
            )
        n = len(frame)
        known = np.broadcast_to(np.logical_and(a.known, b.known), n)
        met = np.broadcast_to(np.asarray(_COMPARE[op](a.values, b.values), dtype=bool), n)
        return _Truth(met & known, ~met & known)

    def _among(self, op: str, args: list[Any], frame: gpd.GeoDataFrame) -> _Truth:
        if not isinstance(args[1], list) or not args[1]:
            raise _wrong({"op": op, "args": args})
        parts = [self._compared("=", args[0], value, frame) for value in args[1]]
        return _Truth(np.any([part.true for part in parts], axis=0), np.all([part.false for part in parts], axis=0))

    def _like(self, op: str, args: list[Any], frame: gpd.GeoDataFrame) -> _Truth:
        a, b = (self._operand(one, frame) for one in args)
        if a.kind != "text" or b.kind != "text" or not isinstance(b.values, str):
            raise _wrong({"op": op, "args": args})
        pattern = _pattern(b.values)
        values = np.broadcast_to(np.asarray(a.values, dtype=object), len(frame))
        met = np.fromiter((pattern.fullmatch(value) is not None for value in values), dtype=bool, count=len(frame))
        known = np.broadcast_to(a.known, len(frame))
        return _Truth(met & known, ~met & known)

    def _spatial(self, op: str, args: list[Any], frame: gpd.GeoDataFrame) -> _Truth:
        a, b = (self._operand(one, frame) for one in args)
        if a.kind != "geometry" or b.kind != "geometry":
            raise _wrong({"op": op, "args": args})
        for one in (a.values, b.values):
            if isinstance(one, BaseGeometry):
                shapely.prepare(one)
        try:
            met = np.broadcast_to(np.asarray(_SPATIAL[op](a.values, b.values), dtype=bool), len(frame))
        except ShapelyError as error:  # a self-intersecting polygon, say
            raise _wrong({"op": op, "args": args}) from error
        return _Truth(met, ~met)

    def _operand(self, node: Any, frame: gpd.GeoDataFrame) -> _Operand:
        if _is_property(node):
            return self._column(node["property"], frame)
        if isinstance(node, dict) and node.get("op") == "casei" and isinstance(node.get("args"), list):
            inner = self._operand(node["args"][0] if node["args"] else None, frame)
            if inner.kind == "text":
                return inner._replace(values=_casefold(inner.values))
            raise _wrong(node)
        return self._literal(node)

    def _literal(self, node: Any) -> _Operand:
        for kind, types in _LITERALS:
            if isinstance(node, types):
                return _Operand(kind, _number(node) if kind == "number" else node, True)
        if isinstance(node, dict) and ("timestamp" in node or "date" in node):
            return _time_operand(node)
        if isinstance(node, dict) and ("bbox" in node or str(node.get("type")) in _SHAPES):
            return _Operand("geometry", self._shape(node), True)
        raise _wrong(node)

    def _column(self, name: str, frame: gpd.GeoDataFrame) -> _Operand:
        kind = self._kinds.get(name)
        if kind is None:
            raise ParameterError(
                t("There is no property {name}.", "没有属性 {name}。", name=repr(name[:60])),
                remedy=t("Properties: {names}.", "可用属性：{names}。", names=", ".join(self._kinds)),
            )
        if kind == "geometry":
            return _Operand(kind, frame.geometry.to_numpy(), True)
        series = frame[name]
        known = series.notna().to_numpy(dtype=bool)
        if kind == "time":
            return _Operand(
                kind, pd.to_datetime(series, utc=True).dt.tz_localize(None).to_numpy("datetime64[us]"), known
            )
        if kind == "text":
            return _Operand(kind, np.where(known, series.to_numpy(dtype=object), ""), known)
        if kind == "boolean":
            return _Operand(kind, series.fillna(False).to_numpy(dtype=bool), known)
        return _Operand(kind, series.to_numpy(dtype=np.float64, na_value=np.nan), known)

    def _shape(self, node: Any) -> BaseGeometry:
        try:
            if "bbox" in node:
                box = [float(number) for number in node["bbox"]]
                west, south, east, north = box if len(box) == 4 else (box[0], box[1], box[3], box[4])
                shape: BaseGeometry = shapely.box(west, south, east, north)
            else:
                shape = shapely.from_geojson(json.dumps({key: node[key] for key in node if key != "crs"}))
            if self._to_wgs84 is not None:
                shape = self._to_wgs84(shape)
            if not np.isfinite(shapely.get_coordinates(shape)).all():
                raise ValueError("not finite")
        except (ShapelyError, ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
            raise _wrong(node) from error
        return shape


_Judge = Callable[[Filter, str, list[Any], gpd.GeoDataFrame], _Truth]
_JUDGES: dict[str, tuple[_Judge, int]] = {
    "and": (Filter._joined, 0), "or": (Filter._joined, 0), "not": (Filter._opposite, 1),
    "isNull": (Filter._missing, 1), "between": (Filter._between, 3), "in": (Filter._among, 2),
    "like": (Filter._like, 2), **dict.fromkeys(_COMPARE, (Filter._comparison, 2)),
    **dict.fromkeys(_SPATIAL, (Filter._spatial, 2)),
}  # fmt: skip
"""What an operator means, and how many arguments it takes; 0 for any number."""
_LITERALS: tuple[tuple[Kind, Any], ...] = (("boolean", bool), ("text", str), ("number", int | float))

_EMPTY: dict[Kind, str] = {
    "text": "object", "integer": "int64", "number": "float64", "time": "datetime64[us, UTC]", "boolean": "bool",
}  # fmt: skip


def _is_property(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("property"), str)


def _as_time(one: _Operand, other: _Operand) -> _Operand:
    """Give a text as a time where it is compared with one: GDAL writes times as texts."""
    if one.kind != "text" or other.kind != "time" or not isinstance(one.values, str):
        return one
    return _time_operand(one.values)


def _time_operand(node: Any) -> _Operand:
    return _Operand("time", np.datetime64(_moment(node).replace(tzinfo=None), "us"), True)


def _moment(node: Any) -> datetime:
    """Read a time; without an offset it is UTC, a date is its midnight there."""
    text = node if isinstance(node, str) else node.get("timestamp", node.get("date"))
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise _wrong(node) from error


def _number(node: float) -> float:
    try:
        return float(node)
    except OverflowError as error:  # a whole number of hundreds of digits
        raise _wrong(node) from error


def _casefold(values: Any) -> Any:
    if isinstance(values, str):
        return values.casefold()
    return np.array([value.casefold() for value in values], dtype=object)


def _pattern(text: str) -> re.Pattern[str]:
    r"""Compile a LIKE pattern: ``%`` any text, ``_`` one character, ``\`` before either takes it literally.

    Atomic groups keep the time linear: what lies between two ``%`` is taken where it first occurs.
    """
    pieces, piece, escaped = [], "", False
    for character in text:
        if escaped or character not in "%_\\":
            piece, escaped = piece + re.escape(character), False
        elif character == "\\":
            escaped = True
        elif character == "_":
            piece += "."
        else:
            pieces.append(piece)
            piece = ""
    if not pieces:
        return re.compile(piece, re.DOTALL)
    first, *middle = pieces
    return re.compile(first + "".join(f"(?>.*?{one})" for one in middle if one) + ".*" + piece, re.DOTALL)


def _shown(node: Any) -> str:
    return str(node["property"] if _is_property(node) else node)[:60]


def _wrong(node: Any) -> ParameterError:
    return ParameterError(
        t("The filter can't be used here: {part}", "filter 的这一部分无法使用：{part}", part=str(node)[:120]),
        remedy=t(
            "Use and, or, not, comparisons, like, between, in, isNull, casei and s_intersects with its like.",
            "可用：and、or、not、比较、like、between、in、isNull、casei 以及 s_intersects 等空间算子。",
        ),
    )
