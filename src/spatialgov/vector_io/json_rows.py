"""Rows of JSON, read one by one: a line each, plain objects or GeoJSON Features, or a GeoJSON FeatureCollection."""

import io
import json
import re
from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.vector_io.files import unreadable
from spatialgov.vector_io.formats import RawRows, crs_member, shapes_of
from spatialgov.vector_io.row_files import Report, RowBatch, RowFile, Write, full_batches, open_bytes, readable
from spatialgov.vector_io.text import encoding_of

__all__ = ["FeatureRows", "LineRows", "is_lines"]

_BLOCK = 2**20
_MOST_CHARACTERS = 2**24
"""Of one value inside a FeatureCollection; a line may have as many as a block."""
_MOST_NAMES = 1000
"""So many different names of columns are remembered; a file whose every row has others is no table."""
_SPACE = re.compile(r"[ \t\r\n]*")
_AROUND = " \t\r\n\x1e\ufeff"
"""What may stand around a line: the lines of RFC 8142 begin with a record separator."""
_LINE = "line"
"""Where a file of refused rows keeps a line that is no JSON object; it is read again from there."""


@dataclass(frozen=True, slots=True)
class _Broken:
    """A row that can't be read."""

    text: str
    reason: str
    remedy: str


class _JsonRows(RowFile):
    """Rows that are JSON objects: all of them GeoJSON Features, or none."""

    refused_suffixes = (".ndjson", ".jsonl", ".geojsonl", ".geojson", ".json")

    def __init__(self, path: Path, wanted: Collection[str]) -> None:
        super().__init__(path, wanted)
        with readable(path), open_bytes(path) as file:
            self._encoding = encoding_of(file)
        self._seen: dict[str, None] = {}
        self._features: bool | None = None
        self._crs_member: Any = None

    @abstractmethod
    def _items(self, file: TextIO) -> Iterator[Any]:
        """Give the rows: an object or `_Broken` each."""

    @property
    def dropped_columns(self) -> list[str]:
        return [name for name in super().dropped_columns if name != _LINE]

    def batches(self, size: int) -> Iterator[RowBatch]:
        offset = 0
        with (
            readable(self.path),
            open_bytes(self.path) as file,
            io.TextIOWrapper(file, self._encoding, newline="") as text,
        ):
            for items in full_batches(self._items(text), size, file):
                original = [self._fitting(item) for item in items]
                yield self._batch(original, offset)
                offset += len(original)

    def _fitting(self, item: Any) -> Any:
        """Give the row if it is of the kind of the first one; else what is wrong with it."""
        if isinstance(item, _Broken):
            return item
        feature = item.get("type") == "Feature" and ("geometry" in item or "properties" in item)
        if self._features is None:
            self._features, self._has_places = feature, not feature
            self._crs_member = item.get("crs") if feature else None
        if feature == self._features:
            return item
        return _Broken(
            json.dumps(item),
            t("Some rows are GeoJSON Features and others are not.", "有的行是 GeoJSON Feature，有的不是。"),
            t("Write all rows in the same way.", "请以同一种方式书写所有行。"),
        )

    def _batch(self, original: list[Any], offset: int) -> RowBatch:
        broken = [
            Fault("invalid_json", item.reason, item.remedy, row=offset + i + 1)
            for i, item in enumerate(original)
            if isinstance(item, _Broken)
        ]
        objects: list[dict[str, Any]] = [{} if isinstance(item, _Broken) else item for item in original]
        rows = [_properties(item) for item in objects] if self._features else objects
        for row in rows:
            if not row.keys() <= self._seen.keys() and len(self._seen) < _MOST_NAMES:
                self._seen |= dict.fromkeys(row)
        self.names = list(self._seen)
        columns = {
            name: pd.Series([row.get(name) for row in rows], dtype=object)
            for name in self.names
            if self._is_wanted(name)
        }
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))
        if not self._features:
            return RowBatch(offset, RawRows(frame, None), original, broken)
        geometry, damaged = shapes_of([item.get("geometry") for item in objects])
        crs = crs_member(self.path, self._crs_member)
        return RowBatch(offset, RawRows(frame, geometry, crs, None, damaged, True), original, broken)

    @contextmanager
    def open_refused(self, path: Path) -> Iterator[Write]:
        with path.open("w", encoding="utf-8", newline="\n") as file:

            def write(batch: RowBatch, positions: Sequence[int], reports: Sequence[Report]) -> None:
                for position, report in zip(positions, reports, strict=True):
                    file.write(_one_line(self._with_report(batch.original[position], report)) + "\n")

            yield write

    def _with_report(self, item: Any, report: Report) -> dict[str, Any]:
        said = dict(zip(self._report_columns, report, strict=True))
        if isinstance(item, _Broken):
            return said | {_LINE: item.text}
        if self._features:
            crs = {} if self._crs_member is None else {"crs": self._crs_member}
            return {**crs, **item, "properties": _properties(item) | said}
        return {**item, **said}

    def _parsed(self, text: str) -> Any:
        """Give the object that a line holds, or what is wrong with it."""
        try:
            item = json.loads(text)
        except RecursionError:
            item = None
        except ValueError:  # also a number of thousands of digits
            return _Broken(
                text,
                t("The line is no JSON: it may be cut off.", "该行不是 JSON，可能被截断。"),
                t("Write the object as one line.", "请将该对象完整写在一行内。"),
            )
        if isinstance(item, dict):
            if isinstance(item.get(_LINE), str) and set(self._report_columns) <= item.keys():
                return self._parsed(item[_LINE])
            return item
        return _not_an_object(text)


def _not_an_object(text: str) -> _Broken:
    return _Broken(
        text,
        t("It is no usable JSON object.", "不是可用的 JSON 对象。"),
        t('Write it like {{"source_id": …}}.', '请写成 {{"source_id": …}} 的形式。'),
    )


def _properties(item: dict[str, Any]) -> dict[str, Any]:
    properties = item.get("properties")
    return properties if isinstance(properties, dict) else {}


def _one_line(item: dict[str, Any]) -> str:
    text = json.dumps(item, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character, which was an escape
        return json.dumps(item)
    return text


class LineRows(_JsonRows):
    """One JSON object a line."""

    def _items(self, file: TextIO) -> Iterator[Any]:
        while line := file.readline(_BLOCK):
            whole = len(line) < _BLOCK or line.endswith("\n")
            while not whole:
                rest = file.readline(_BLOCK)
                whole = len(rest) < _BLOCK or rest.endswith("\n")
                if whole:
                    yield _Broken(
                        line[:200],
                        t("The line has more than {n} characters.", "该行超过 {n} 个字符。", n=_BLOCK),
                        t("Shorten it.", "请缩短。"),
                    )
                    line = ""
            if text := line.strip(_AROUND):
                yield self._parsed(text)


class FeatureRows(_JsonRows):
    """A GeoJSON FeatureCollection, or one Feature."""

    def __init__(self, path: Path, wanted: Collection[str]) -> None:
        super().__init__(path, wanted)
        self._features, self._has_places = True, False

    def _fitting(self, item: Any) -> Any:
        return item if isinstance(item, dict) else _not_an_object(_one_line(item))

    def _items(self, file: TextIO) -> Iterator[Any]:
        scanner, found = _Scanner(file, self.path), False
        members: dict[str, Any] = {}
        scanner.expect("{")
        while scanner.peek() != "}":
            if members or found:
                scanner.expect(",")
            name = scanner.value()
            scanner.expect(":")
            if name == "features" and scanner.peek() == "[":
                found = True
                yield from scanner.elements()
                continue
            value = scanner.value()
            if name == "crs" and found and value is not None:
                raise unreadable(
                    self.path,
                    t("its “crs” comes after the features", "其 crs 成员位于要素之后"),
                    t("Put it before them.", "请将其移到要素之前。"),
                )
            members[str(name)] = value
            self._crs_member = members.get("crs")
        scanner.expect("}")
        scanner.expect("")
        kind = members.get("type")
        if kind == "Feature" and not found:
            yield members
        elif kind != "FeatureCollection" or not found:
            raise unreadable(
                self.path,
                t("it is JSON, but no GeoJSON FeatureCollection", "它是 JSON，但不是 GeoJSON FeatureCollection"),
            )


class _Scanner:
    """Values of a JSON text, one after the other, of which only a block and the value at hand are in memory."""

    def __init__(self, file: TextIO, path: Path) -> None:
        self._file, self._path = file, path
        self._text, self._at, self._line = "", 0, 1
        self._decode = json.JSONDecoder().raw_decode

    def peek(self) -> str:
        """Give the next character that is no space, "" at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def expect(self, character: str) -> None:
        """Go past this character."""
        if self.peek() != character:
            raise self._damaged()
        self._at += len(character)

    def elements(self) -> Iterator[Any]:
        """Give the elements of an array."""
        self.expect("[")
        while self.peek() != "]":
            yield self.value()
            if self.peek() != "]":
                self.expect(",")
        self.expect("]")

    def value(self) -> Any:
        """Give the next value."""
        self.peek()
        while True:
            end = 0
            try:
                value, end = self._decode(self._text, self._at)
            except json.JSONDecodeError:
                value = None
            except (RecursionError, ValueError) as error:  # a number of thousands of digits
                raise unreadable(self._path, t("it is no usable JSON", "它不是可用的 JSON")) from error
            if 0 < end < len(self._text):  # a number that ends the text may go on
                self._at = end
                return value
            if len(self._text) - self._at > _MOST_CHARACTERS or not self._more():
                raise self._damaged()

    def _more(self) -> bool:
        self._line += self._text.count("\n", 0, self._at)
        block = self._file.read(_BLOCK)
        self._text, self._at = self._text[self._at :] + block, 0
        return bool(block)

    def _damaged(self) -> Exception:
        line = self._line + self._text.count("\n", 0, self._at)
        reason = t(
            "it is truncated or no JSON, from line {line} on", "文件被截断或不是 JSON，自第 {line} 行起", line=line
        )
        return unreadable(self._path, reason)


def is_lines(head: str) -> bool:
    """Whether a text that begins like this has a JSON object a line, which is no FeatureCollection."""
    first = next((line for line in re.split(r"[\r\n]+", head) if line.strip(_AROUND)), "")
    try:
        item = json.loads(first.strip(_AROUND))
    except (ValueError, RecursionError):
        return False
    return isinstance(item, dict) and item.get("type") != "FeatureCollection" and "features" not in item
