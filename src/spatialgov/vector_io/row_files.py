"""Files read batch by batch, each row kept as it was, so that a refused one can be mended and sent again.

CSV, lines of JSON, GeoJSON (all three also packed by gzip) and Parquet need no more memory than a batch; the other
formats of `spatialgov.vector_io.formats` are read whole.
"""

import csv
import gzip
import io
import json
import re
import warnings
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely

from spatialgov.errors import InputError, UnreadableFileError
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.vector_io.files import unreadable
from spatialgov.vector_io.formats import CHECKED_ROWS, RawRows, check_names, read_rows
from spatialgov.vector_io.limits import MOST_BATCH_BYTES, check_table
from spatialgov.vector_io.reading import PLACE_COLUMNS
from spatialgov.vector_io.records import RecordPiece, record_pieces
from spatialgov.vector_io.text import encoding_of, guard_cell, unguard_cell
from spatialgov.vector_io.well_known import from_wkb

__all__ = [
    "REPORT_COLUMNS",
    "CsvRows",
    "ParquetRows",
    "Report",
    "RowBatch",
    "RowFile",
    "TableRows",
    "Whole",
    "full_batches",
    "open_bytes",
    "readable",
]

REPORT_COLUMNS = ("row", "column", "reason", "remedy")
"""What a file of refused rows has beside the columns of the file that they come from."""

_PARQUET_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OSError,
    pa.ArrowException,
    pyproj.exceptions.CRSError,
)
_MOST_CHARACTERS = 2**20
"""Of one line of a CSV."""
_LOOK = 4
"""Rows after which it is looked how much was read; so many of the longest fit in memory."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


_Item = TypeVar("_Item")


class Report(NamedTuple):
    """Why a row was refused; the columns of `REPORT_COLUMNS`."""

    row: int
    column: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True, eq=False)
class RowBatch:
    """Rows of a file that follow each other.

    Attributes
    ----------
    offset
        Rows of the file before these.
    rows
        The columns that were asked for and the geometry; None for a table whose columns hold it.
    original
        The rows as the file has them; its `RowFile` knows how to write them again.
    broken
        Rows that can't be read at all: a fault each.
    """

    offset: int
    rows: RawRows
    original: Any
    broken: list[Fault] = field(default_factory=list)


Write = Callable[[RowBatch, Sequence[int], Sequence[Report]], None]
"""Writes the rows of a batch at some positions, each with its report."""


class RowFile(ABC):
    """A file that is open for reading, batch by batch.

    Attributes
    ----------
    names
        Its columns, in order; of JSON those of the batches so far.
    refused_suffixes
        Of a file that its refused rows can be written to; the first is the usual one.
    """

    refused_suffixes: tuple[str, ...]

    def __init__(self, path: Path, wanted: Collection[str]) -> None:
        self.path = path
        self.names: list[str] = []
        self._wanted = wanted
        self._has_places = True  # whether columns hold the geometry
        taken = not set(REPORT_COLUMNS).isdisjoint(wanted)
        self._report_columns = tuple(f"refused_{name}" if taken else name for name in REPORT_COLUMNS)

    @abstractmethod
    def batches(self, size: int) -> Iterator[RowBatch]:
        """Read the rows, `size` at a time."""

    @abstractmethod
    def open_refused(self, path: Path) -> AbstractContextManager[Write]:
        """Open a file for refused rows."""

    def pieces(self, n_bytes: int) -> list[RecordPiece]:
        """Cut the file into pieces that can be read by themselves; none where its format does not allow that."""
        return []

    @property
    def whole(self) -> bool:
        """Whether all of the file is read."""
        return True

    @property
    def dropped_columns(self) -> list[str]:
        """Columns that nobody asked for; those of a file of refused rows are meant for people."""
        ours = self._report_columns if set(self._report_columns) <= set(self.names) else ()
        return [name for name in self.names if not self._is_wanted(name) and name not in ours]

    def _is_wanted(self, name: str) -> bool:
        return name in self._wanted or (self._has_places and name.lower() in PLACE_COLUMNS)

    def _kept(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name not in self._report_columns]


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading, unpacked where gzip has packed it."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Put into words what goes wrong when a text file is read."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            t("{file} is text in an encoding that is not known here.", "{file} 的文字编码无法识别。", file=path.name),
            remedy=t("Save it as UTF-8.", "请另存为 UTF-8 编码。"),
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise unreadable(path, t("the archive is truncated or damaged", "压缩包被截断或已损坏")) from error
    except OSError as error:
        raise unreadable(path, error.strerror or str(error)) from error


def full_batches(items: Iterator[_Item], size: int, file: BinaryIO) -> Iterator[list[_Item]]:
    """Give items, read from a file, `size` at a time, or fewer where these have taken up `MOST_BATCH_BYTES` of it."""
    batch: list[_Item] = []
    begin = file.tell()
    for item in items:
        batch.append(item)
        if len(batch) >= size or (not len(batch) % _LOOK and file.tell() - begin >= MOST_BATCH_BYTES):
            yield batch
            batch, begin = [], file.tell()
    if batch:
        yield batch


class CsvRows(RowFile):
    """A CSV table with a header line; every cell is text."""

    refused_suffixes = (".csv", ".txt")

    def __init__(self, path: Path, wanted: Collection[str], piece: RecordPiece | None = None) -> None:
        super().__init__(path, wanted)
        self._piece = piece
        with readable(path), open_bytes(path) as file:
            self._encoding = encoding_of(file) if piece is None else piece.encoding
            self._packed = isinstance(file, gzip.GzipFile)
        with self._reader() as (lines, _):
            header = next(lines, None)
        if header is None:
            raise unreadable(path, t("it is empty", "内容为空"))
        self.names = [unguard_cell(name.strip()) or f"column {i + 1}" for i, name in enumerate(header)]
        check_table(path, 0, len(self.names))
        check_names(path, self.names)

    def pieces(self, n_bytes: int) -> list[RecordPiece]:
        """See `RowFile.pieces`."""
        apart = self._packed or self._encoding.startswith("utf-16")
        return [] if apart else record_pieces(self.path, n_bytes, self._encoding)

    @property
    def whole(self) -> bool:
        """See `RowFile.whole`."""
        return self._piece is None or self._piece.end - self._piece.begin == self.path.stat().st_size

    def _open(self, piece: RecordPiece | None) -> BinaryIO:
        if piece is None:
            return open_bytes(self.path)
        with self.path.open("rb") as file:
            file.seek(piece.begin)
            return io.BytesIO(file.read(piece.end - piece.begin))

    @contextmanager
    def _reader(self, piece: RecordPiece | None = None) -> Iterator[tuple[Iterator[list[str]], BinaryIO]]:
        """Give the lines that are not blank, the header too, and the file that they are read from."""
        with (
            readable(self.path),
            self._open(piece) as file,
            io.TextIOWrapper(file, self._encoding, newline="") as text,
        ):
            reader = csv.reader(self._lines(text), strict=True)
            try:
                yield (line for line in reader if line), file
            except csv.Error as error:
                raise UnreadableFileError(
                    t(
                        "{file} can't be read as a table from line {line} on: {reason}.",
                        "{file} 自第 {line} 行起无法作为表格读取：{reason}。",
                        file=self.path.name,
                        line=reader.line_num,
                        reason=_csv_reason(error),
                    ),
                    remedy=t(
                        "Check the commas and quotation marks, or save it again as CSV.",
                        "请检查逗号和引号，或重新保存为 CSV。",
                    ),
                ) from error

    def _lines(self, text: TextIO) -> Iterator[str]:
        """Give the lines, none of them longer than memory can hold."""
        while line := text.readline(_MOST_CHARACTERS):
            if len(line) == _MOST_CHARACTERS:
                reason = t("a line has more than {n:,} characters", "某一行超过 {n:,} 个字符", n=_MOST_CHARACTERS)
                raise unreadable(self.path, reason)
            yield line

    def batches(self, size: int) -> Iterator[RowBatch]:
        """See `RowFile.batches`."""
        offset = 0 if self._piece is None else max(self._piece.records - 1, 0)
        with self._reader(self._piece) as (lines, file):
            if self._piece is None or self._piece.begin == 0:
                next(lines, None)
            for original in full_batches(lines, size, file):
                yield self._batch(original, offset)
                offset += len(original)

    def _batch(self, original: list[list[str]], offset: int) -> RowBatch:
        width, cells, broken = len(self.names), original, []
        if {len(line) for line in original} != {width}:
            cells = [line + [""] * (width - len(line)) if len(line) <= width else [""] * width for line in original]
            broken = [self._too_wide(line, offset + i) for i, line in enumerate(original) if len(line) > width]
        columns = {
            name: pd.Series([_cell(cell) for cell in column], dtype=object)
            for name, column in zip(self.names, zip(*cells, strict=True), strict=True)
            if self._is_wanted(name)
        }
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(original)))
        return RowBatch(offset, RawRows(frame, None), original, broken)

    def _too_wide(self, line: list[str], before: int) -> Fault:
        problem = t(
            "The row has {seen} cells, the header {wanted}.",
            "该行有 {seen} 格，而表头有 {wanted} 格。",
            seen=len(line),
            wanted=len(self.names),
        )
        remedy = t("Put a cell that holds a comma in quotation marks.", "含逗号的单元格请用引号括起。")
        return Fault("too_many_cells", problem, remedy, row=before + 1)

    @contextmanager
    def open_refused(self, path: Path) -> Iterator[Write]:
        """See `RowFile.open_refused`."""
        kept = [i for i, name in enumerate(self.names) if name not in self._report_columns]
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            lines = csv.writer(file)  # a line ends as RFC 4180 has it: else a lone carriage return is not quoted
            lines.writerow([*(guard_cell(self.names[i]) for i in kept), *self._report_columns])

            def write(batch: RowBatch, positions: Sequence[int], reports: Sequence[Report]) -> None:
                for position, report in zip(positions, reports, strict=True):
                    line = batch.original[position]
                    cells = [line[i] if i < len(line) else "" for i in kept] + [str(part) for part in report]
                    # what is beyond the header stays beyond it
                    lines.writerow([_guarded(cell) for cell in [*cells, *line[len(self.names) :]]])

            yield write


class TableRows(CsvRows):
    """A table of text that was read from a file of another format; its refused rows become a CSV."""

    def __init__(self, path: Path, wanted: Collection[str], names: list[str], lines: list[list[str]]) -> None:
        RowFile.__init__(self, path, wanted)
        self.names = names
        self._lines_read = lines

    def pieces(self, n_bytes: int) -> list[RecordPiece]:
        """See `RowFile.pieces`."""
        return []

    @property
    def whole(self) -> bool:
        """See `RowFile.whole`."""
        return True

    def batches(self, size: int) -> Iterator[RowBatch]:
        """See `RowFile.batches`."""
        for offset in range(0, len(self._lines_read), size):
            yield self._batch(self._lines_read[offset : offset + size], offset)


def _cell(cell: str) -> str | None:
    if not cell:
        return None
    return unguard_cell(cell) if cell[0] == "'" else cell


def _guarded(cell: str) -> str:
    """Guard a cell that a spreadsheet would run as a formula: a number is none, and a guard there may be stays one."""
    plain = unguard_cell(cell)
    return plain if _NUMBER.fullmatch(plain) else guard_cell(plain)


def _csv_reason(error: csv.Error) -> str:
    if "field larger" in str(error):
        return t("a cell is longer than {n} characters", "某个单元格超过 {n} 个字符", n=csv.field_size_limit())
    return t("a quotation has no end, or the lines are damaged", "引号未闭合，或行内容已损坏")


class ParquetRows(RowFile):
    """Parquet, with a column of geometry (GeoParquet) or with columns that hold it."""

    refused_suffixes = (".parquet",)

    def __init__(self, path: Path, wanted: Collection[str]) -> None:
        super().__init__(path, wanted)
        with _parquet_readable(path):
            self._file = pq.ParquetFile(path, pre_buffer=False, buffer_size=2**20)
            self._schema = self._file.schema_arrow
            geo = json.loads((self._schema.metadata or {}).get(b"geo", b"{}"))
            self._geometry: str | None = geo.get("primary_column")
            self._has_places = self._geometry is None
            self._crs: pyproj.CRS | None = None
            if self._geometry is not None:
                column = geo["columns"][self._geometry]
                self._encoding = str(column["encoding"]).lower()
                crs = column.get("crs", WGS84.to_json_dict())
                self._crs = None if crs is None else pyproj.CRS.from_user_input(crs)
        names = [name for name in self._schema.names if name != self._geometry]
        self.names = [name for name in names if not name.startswith("__index_level_")]
        check_table(path, 0, len(self._schema.names))
        check_names(path, self.names)

    def batches(self, size: int) -> Iterator[RowBatch]:
        """See `RowFile.batches`."""
        offset = 0
        wanted = [name for name in self.names if self._is_wanted(name)]
        with _parquet_readable(self.path):
            for original in self._batches(size):
                frame = original.select(wanted).to_pandas(ignore_metadata=True)
                yield RowBatch(offset, self._rows(frame, original), original)
                offset += len(original)

    def _batches(self, size: int) -> Iterator[pa.RecordBatch]:
        """Unfold a few rows at a time: a value that repeats takes no room in the file."""
        parts: list[pa.RecordBatch] = []
        for part in self._file.iter_batches(min(size, CHECKED_ROWS)):
            parts.append(part)
            if sum(map(len, parts)) >= size or sum(one.nbytes for one in parts) >= MOST_BATCH_BYTES:
                yield pa.concat_batches(parts)
                parts = []
        if parts:
            yield pa.concat_batches(parts)

    def _rows(self, frame: pd.DataFrame, original: pa.RecordBatch) -> RawRows:
        if self._geometry is None:
            return RawRows(frame, None)
        column = original.column(self._schema.names.index(self._geometry))
        if self._encoding == "wkb":
            cells = column.to_numpy(zero_copy_only=False)
            geometry = from_wkb(cells)
            lost = shapely.is_missing(geometry) & column.is_valid().to_numpy(zero_copy_only=False)
            reason = t("it is no WKB", "不是有效的 WKB")
            return RawRows(frame, geometry, self._crs, damaged=dict.fromkeys(np.flatnonzero(lost).tolist(), reason))
        if self._encoding != "point":
            raise unreadable(
                self.path,
                t("its geometry is encoded as {name}", "其几何编码为 {name}", name=self._encoding),
                t("Save it with geometry as WKB.", "请将几何保存为 WKB。"),
            )
        x, y = (np.asarray(column.field(name).to_numpy(zero_copy_only=False), dtype=np.float64) for name in "xy")
        geometry = np.asarray(shapely.points(x, y), dtype=object)
        geometry[~column.is_valid().to_numpy(zero_copy_only=False)] = None
        return RawRows(frame, geometry, self._crs)

    @contextmanager
    def open_refused(self, path: Path) -> Iterator[Write]:
        """See `RowFile.open_refused`."""
        kept = self._kept(self._schema.names)
        types = (pa.int64(), pa.string(), pa.string(), pa.string())
        added = [pa.field(name, kind) for name, kind in zip(self._report_columns, types, strict=True)]
        geo = {key: value for key, value in (self._schema.metadata or {}).items() if key != b"pandas"}
        schema = pa.schema([*(self._schema.field(name) for name in kept), *added], geo)
        with pq.ParquetWriter(path, schema) as writer:

            def write(batch: RowBatch, positions: Sequence[int], reports: Sequence[Report]) -> None:
                rows = batch.original.select(kept).take(pa.array(positions, pa.int64()))
                parts = zip(zip(*reports, strict=True), types, strict=True)
                columns = [*rows.columns, *(pa.array(part, kind) for part, kind in parts)]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))

            yield write


@contextmanager
def _parquet_readable(path: Path) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except _PARQUET_ERRORS as error:
        raise unreadable(path, t("it is truncated or damaged", "文件被截断或已损坏")) from error


class Whole(RowFile):
    """A file of any other format (GeoPackage, Shapefile, FlatGeobuf); its refused rows become a GeoPackage."""

    refused_suffixes = (".gpkg",)

    def __init__(self, path: Path, wanted: Collection[str], layer: str | None) -> None:
        super().__init__(path, wanted)
        self._all = read_rows(path, layer, spatial=True)
        self._has_places = self._all.geometry is None
        self.names = list(self._all.frame.columns)

    def batches(self, size: int) -> Iterator[RowBatch]:
        """See `RowFile.batches`."""
        frame = self._all.frame[[name for name in self.names if self._is_wanted(name)]]
        for offset in range(0, len(frame), size):
            part = slice(offset, offset + size)
            geometry = None if self._all.geometry is None else self._all.geometry[part]
            rows = RawRows(frame[part].reset_index(drop=True), geometry, self._all.crs)
            yield RowBatch(offset, rows, self._all.frame[part])

    @contextmanager
    def open_refused(self, path: Path) -> Iterator[Write]:
        """See `RowFile.open_refused`."""
        parts: list[pd.DataFrame] = []
        shapes: list[npt.NDArray[np.object_]] = []

        def write(batch: RowBatch, positions: Sequence[int], reports: Sequence[Report]) -> None:
            kept = batch.original.iloc[list(positions)][self._kept(self.names)]
            parts.append(kept.assign(**dict(zip(self._report_columns, zip(*reports, strict=True), strict=True))))
            if batch.rows.geometry is not None:
                shapes.append(batch.rows.geometry[list(positions)])

        yield write
        if parts:
            table = pd.concat(parts, ignore_index=True)
            if shapes:
                table = gpd.GeoDataFrame(table, geometry=np.concatenate(shapes), crs=self._all.crs)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what had no CRS has none now
                pyogrio.write_dataframe(table, path, layer="refused", driver="GPKG")
