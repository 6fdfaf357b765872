"""Tables of points, read and written batch by batch: CSV, Parquet and GeoParquet."""

import codecs
import csv
import io
import json
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pyproj
import shapely

from spatialgov.errors import DatumError, InputError, MissingColumnError, UnreadableFileError
from spatialgov.language import t
from spatialgov.object_store import Remote
from spatialgov.places import Place, opened, still_there
from spatialgov.projection import WGS84
from spatialgov.vector_io import numbers
from spatialgov.vector_io.datums import resolve
from spatialgov.vector_io.files import regular_file
from spatialgov.vector_io.limits import check_table
from spatialgov.vector_io.records import record_pieces
from spatialgov.vector_io.text import FORMULA_SIGNS, encoding_of, guard_cell, unguard_cell
from spatialgov.vector_io.well_known import from_wkb

__all__ = ["ROWS", "Piece", "Points", "open_points", "open_sink"]

ROWS = 2**20
"""Rows of a batch, and so of a row group that is written."""
_BUFFER = 2**22
_CSV_BLOCK = 2**24
_HEAD = 2**20
_CSV_PIECE = 2**27
_PARQUET_PIECE = 2**23
"""About so many bytes, or rows, are a worker's work: seconds of it."""
_CSV_TIMES = 16
_PARQUET_TIMES = 4
"""What is in memory while a batch is read, located and written: so many times the bytes of its rows in the file."""
_ANSWER_BYTES = 100
"""Of the answer to a row."""
_LEAST_CSV_BLOCK, _LEAST_ROWS = 2**20, 2**14
_SIGNS = (*FORMULA_SIGNS, "'")
_FORMULA = f"^'*[{re.escape(FORMULA_SIGNS)}]"
_GUARDED = f"^'('*[{re.escape(FORMULA_SIGNS)}])"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_WKT = "wkt"
"""Column of geometry in a CSV."""
_POINT_BYTES = 21
_POINT_HEAD = np.frombuffer(b"\x01\x01\x00\x00\x00", dtype=np.uint8)

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


Piece = tuple[int, int]
"""From where to where: bytes of a CSV, row groups of a Parquet file."""


class Points(ABC):
    """A table of points.

    Attributes
    ----------
    lon, lat
        Columns with the coordinates; both the geometry where there are no such columns.
    schema
        Its columns.
    n_rows
        Number of rows, None when only reading tells.
    encoding
        Of a CSV, which only the whole file tells; else None.
    """

    encoding: str | None = None

    def __init__(self, path: Place, schema: pa.Schema, lon: str, lat: str, n_rows: int | None = None) -> None:
        self.path, self.schema, self.lon, self.lat, self.n_rows = path, schema, lon, lat, n_rows

    @abstractmethod
    def batches(self, piece: Piece | None = None, size: int | None = None) -> Iterator[pa.RecordBatch]:
        """Read the rows, or those of a piece; batches are of the usual size, or of one that `sized` gives."""

    @abstractmethod
    def sized(self, memory: int) -> tuple[int, int]:
        """Give the largest size of batches that work within so many bytes, and how many they take then."""

    @abstractmethod
    def pieces(self) -> list[Piece]:
        """Cut the table into pieces that can be read by themselves, some millions of rows each."""

    def coordinates(self, batch: pa.RecordBatch) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Give longitudes and latitudes, NaN where missing, and where something stands that is no number."""
        x, x_wrong = _numbers(batch.column(self.schema.names.index(self.lon)))
        y, y_wrong = _numbers(batch.column(self.schema.names.index(self.lat)))
        return x, y, x_wrong | y_wrong


class _Csv(Points):
    """Every cell is text, so that a code keeps its leading zeros."""

    def __init__(self, path: Path, lon: str, lat: str, encoding: str | None) -> None:
        if not path.stat().st_size:
            raise _unreadable(path, t("it is empty (0 bytes)", "文件为空（0 字节）"))
        if encoding is None:
            with path.open("rb") as file:
                encoding = encoding_of(file)
        self.encoding: str = encoding
        with path.open(encoding=encoding, newline="") as lines:
            # no line is read whole that may have no end
            names = next(csv.reader(iter(lambda: lines.readline(_HEAD), "")), [])
        check_table(path, 0, len(names))
        names = [unguard_cell(name.strip()) or f"column {i + 1}" for i, name in enumerate(names)]
        super().__init__(path, pa.schema([(name, pa.string()) for name in names]), lon, lat)
        self._csv = path

    def pieces(self) -> list[Piece]:
        if self.encoding.startswith("utf-16"):  # where a line end is two bytes
            return [(0, self._csv.stat().st_size)]
        return [(piece.begin, piece.end) for piece in record_pieces(self._csv, _CSV_PIECE, self.encoding)]

    def sized(self, memory: int) -> tuple[int, int]:
        block = min(max(memory // _CSV_TIMES, _LEAST_CSV_BLOCK), _CSV_BLOCK)
        return block, _CSV_TIMES * block

    def batches(self, piece: Piece | None = None, size: int | None = None) -> Iterator[pa.RecordBatch]:
        begin, end = piece or (0, self._csv.stat().st_size)
        # not by its path: one that ends in .gz would be unpacked
        content = pa.memory_map(os.fspath(self._csv)).read_at(end - begin, begin)
        yield from self._read(pa.BufferReader(content), size or _CSV_BLOCK, has_head=begin == 0)

    def _read(self, source: pa.NativeFile, block: int, *, has_head: bool) -> Iterator[pa.RecordBatch]:
        try:
            with pyarrow.csv.open_csv(
                source,
                pyarrow.csv.ReadOptions(
                    column_names=self.schema.names,
                    skip_rows_after_names=int(has_head),
                    block_size=block,
                    encoding=self.encoding.replace("utf-8-sig", "utf8"),  # which takes the BOM away by itself
                ),
                pyarrow.csv.ParseOptions(newlines_in_values=True),
                pyarrow.csv.ConvertOptions(
                    column_types=self.schema,
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                    null_values=[""],
                ),
            ) as reader:
                for batch in reader:
                    columns = [_unguarded(column) for column in batch.columns]
                    yield pa.RecordBatch.from_arrays(columns, schema=self.schema)
        except pa.ArrowInvalid as error:
            raise _unreadable(self.path, str(error).partition("\n")[0]) from error


class _Parquet(Points):
    """Only what is asked for is read: the end, which tells where all is, and the columns of row groups."""

    def __init__(self, path: Place, lon: str, lat: str) -> None:
        # pre-buffering keeps what it has read for as long as the file is open
        source = path if isinstance(path, Path) else opened(path)
        self._file = pq.ParquetFile(source, buffer_size=_BUFFER, pre_buffer=False)
        super().__init__(path, self._file.schema_arrow, lon, lat, self._file.metadata.num_rows)

    def pieces(self) -> list[Piece]:
        about = self._file.metadata
        ends = np.cumsum([about.row_group(i).num_rows for i in range(about.num_row_groups)])
        if not len(ends) or ends[-1] <= _PARQUET_PIECE:
            return [(0, len(ends))]
        cuts = np.unique(np.searchsorted(ends, np.arange(_PARQUET_PIECE, ends[-1], _PARQUET_PIECE)) + 1).tolist()
        return list(pairwise([0, *(cut for cut in cuts if cut < len(ends)), len(ends)]))

    def sized(self, memory: int) -> tuple[int, int]:
        about = self._file.metadata
        n_bytes = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
        per_row = _PARQUET_TIMES * -(-n_bytes // max(about.num_rows, 1)) + _ANSWER_BYTES
        rows = min(max(memory // per_row, _LEAST_ROWS), ROWS)
        return rows, rows * per_row

    def batches(self, piece: Piece | None = None, size: int | None = None) -> Iterator[pa.RecordBatch]:
        groups = None if piece is None else list(range(*piece))
        try:
            yield from self._file.iter_batches(size or ROWS, row_groups=groups)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(self.path, t("it is truncated or damaged", "文件被截断或已损坏")) from error
        still_there(self.path)


class _GeoParquet(_Parquet):
    """Points in a column of geometry, as WKB."""

    def coordinates(self, batch: pa.RecordBatch) -> tuple[FloatArray, FloatArray, BoolArray]:
        column = batch.column(self.schema.names.index(self.lon))
        if (xy := _plain_points(column)) is not None:
            return xy[:, 0], xy[:, 1], np.zeros(len(xy), dtype=np.bool_)
        geometry = from_wkb(column.to_pylist())
        points = (shapely.get_type_id(geometry) == 0) & ~shapely.is_empty(geometry)
        geometry[~points] = None
        return (
            shapely.get_x(geometry),
            shapely.get_y(geometry),
            ~points & column.is_valid().to_numpy(zero_copy_only=False),
        )


def open_points(path: Place, datum: str, lon: str, lat: str, encoding: str | None = None) -> Points:
    """Open a table of points, see `spatialgov.locate.point_files.locate_file`.

    `encoding` is that of a CSV, where somebody has read all of it before.

    Raises
    ------
    UnreadableFileError, MissingColumnError, DatumError
        When it can't be read, has no such columns, or the CRS of its geometry is not that of the datum.
    """
    if isinstance(path, Path):
        regular_file(path)
    try:
        with opened(path) as file:
            is_parquet = file.read(4) == b"PAR1"
        if is_parquet:
            points: Points = _Parquet(path, lon, lat)
        elif isinstance(path, Path):
            points = _Csv(path, lon, lat, encoding)
        else:
            raise _only_parquet(path)
    except (OSError, pa.ArrowException, csv.Error) as error:
        raise _unreadable(path, str(error)) from error
    names = points.schema.names
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            t(
                "{file}: more than one column is named {names}.",
                "{file}：有多列同名：{names}。",
                file=path.name,
                names=", ".join(twice),
            ),
            remedy=t("Give every column a name of its own.", "请使各列名称互不相同。"),
        )
    missing = [name for name in (lon, lat) if name not in names]
    if not missing:
        return points
    geo = json.loads((points.schema.metadata or {}).get(b"geo", b"{}"))
    if column := geo.get("primary_column"):
        _check_datum(path, geo["columns"][column], datum)
        return _GeoParquet(path, column, column)
    raise MissingColumnError(
        t("{file} has no column {name}.", "{file} 没有 {name} 列。", file=path.name, name=repr(missing[0])),
        remedy=t(
            "Name the columns with --lon and --lat; there are: {names}.",
            "请用 --lon 和 --lat 指定坐标列；现有列：{names}。",
            names=", ".join(names),
        ),
    )


@contextmanager
def open_sink(path: Path, schema: pa.Schema, plain: Sequence[str]) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """Open a file for batches of a schema; the suffix says which kind.

    `plain` are columns whose different values are too many for a dictionary in each row group.
    """
    if path.suffix.lower() == ".parquet":
        # statistics of codes in no order are of no use, and dear; so are dictionaries of measured numbers
        ordered = [column.name for column in schema if not pa.types.is_dictionary(column.type)]
        repeated = [c.name for c in schema if c.name not in plain and not pa.types.is_floating(c.type)]
        with pq.ParquetWriter(path, schema, use_dictionary=repeated, write_statistics=ordered) as writer:
            yield writer.write_batch
        return
    names = [_WKT if pa.types.is_binary(column.type) else column.name for column in schema]
    cells = pa.schema([(name, _csv_type(column.type)) for name, column in zip(names, schema, strict=True)])
    with path.open("wb") as file:
        head = io.StringIO()
        csv.writer(head, lineterminator="\n").writerow([guard_cell(name) for name in names])
        file.write(codecs.BOM_UTF8 + head.getvalue().encode())
        options = pyarrow.csv.WriteOptions(include_header=False)
        with pyarrow.csv.CSVWriter(file, cells, write_options=options) as writer:

            def write(batch: pa.RecordBatch) -> None:
                columns = [_csv_cells(column, field.type) for column, field in zip(batch.columns, cells, strict=True)]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=cells))

            yield write


def _starts_with(column: pa.Array, signs: Sequence[str]) -> pa.Array:
    # a fraction of what a regular expression takes
    return pc.is_in(pc.utf8_slice_codeunits(column, 0, 1), value_set=pa.array(signs))


def _unguarded(column: pa.Array) -> pa.Array:
    if not pc.any(_starts_with(column, "'")).as_py():
        return column
    return pc.replace_substring_regex(column, _GUARDED, r"\1")


def _csv_type(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_dictionary(kind) or pa.types.is_binary(kind) else kind


def _csv_cells(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """Give text that no spreadsheet runs as a formula; a number in a text column is none."""
    if not pa.types.is_string(kind):
        return column
    if pa.types.is_binary(column.type):
        geometry = from_wkb(column.to_pylist())
        return pa.array(shapely.to_wkt(geometry, rounding_precision=-1), kind)
    if pa.types.is_dictionary(column.type):
        return pa.DictionaryArray.from_arrays(column.indices, _csv_cells(column.dictionary, kind)).cast(kind)
    if not pc.any(_starts_with(column, _SIGNS)).as_py():
        return column
    formula = pc.and_(pc.match_substring_regex(column, _FORMULA), pc.invert(pc.match_substring_regex(column, _NUMBER)))
    return pc.if_else(formula, pc.binary_join_element_wise("'", column, ""), column)


def _numbers(column: pa.Array) -> tuple[FloatArray, BoolArray]:
    """Give a column as float64, NaN where it is missing or no number, and where the latter."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        try:
            column = pc.utf8_trim_whitespace(column).cast(pa.float64())
        except pa.ArrowInvalid:
            return numbers(column.to_pandas())
    elif not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        return numbers(column.to_pandas())
    values = np.array(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
    return values, np.isinf(values)


def _plain_points(column: pa.Array) -> FloatArray | None:
    """Give the coordinates of a column of 2-D points without gaps, None for any other."""
    if not pa.types.is_binary(column.type) or column.null_count:
        return None
    _, offsets, data = column.buffers()
    n = len(column)
    starts = np.frombuffer(offsets, dtype=np.int32)[column.offset : column.offset + n + 1]
    if n == 0 or (np.diff(starts) != _POINT_BYTES).any():
        return None
    cells = np.frombuffer(data, dtype=np.uint8)[starts[0] : starts[-1]].reshape(n, _POINT_BYTES)
    if (cells[:, :5] != _POINT_HEAD).any():
        return None
    return np.ascontiguousarray(cells[:, 5:]).view("<f8")


def _check_datum(path: Place, column: dict[str, Any], datum: str) -> None:
    crs = column.get("crs", WGS84.to_json_dict())
    source = resolve(path.name, None if crs is None else pyproj.CRS.from_user_input(crs), datum, None, is_geojson=False)
    if source.crs is not None and not source.crs.is_geographic:
        raise DatumError(
            t(
                "{file} is in “{crs}”, not in degrees.",
                "{file} 的坐标系为“{crs}”，不是经纬度。",
                file=path.name,
                crs=source.crs.name,
            ),
            remedy=t("Convert it to longitude and latitude first.", "请先转换为经纬度。"),
        )


def _only_parquet(path: Remote) -> UnreadableFileError:
    return UnreadableFileError(
        t(
            "{file} is not Parquet, and of object stores only Parquet is read as a table of points.",
            "{file} 不是 Parquet 文件；从对象存储读取点位表格时仅支持 Parquet。",
            file=path,
        ),
        remedy=t("Convert it to Parquet, or copy it to a folder here.", "请转换为 Parquet，或先复制到本地文件夹。"),
    )


def _unreadable(path: Place, reason: str) -> UnreadableFileError:
    return UnreadableFileError(
        t(
            "{file} can't be read: {reason}.",
            "无法读取 {file}：{reason}。",
            file=path.name,
            reason=reason.rstrip(".。"),
        ),
        remedy=t("Check the file, or export it again as CSV or Parquet.", "请检查文件，或重新导出为 CSV 或 Parquet。"),
    )
