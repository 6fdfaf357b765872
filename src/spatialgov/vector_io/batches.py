"""`open_batches`: a file of places read batch by batch, so that its size does not matter."""

import gzip
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from spatialgov.datum import Datum
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.vector_io.datums import Source, resolve, to_degrees
from spatialgov.vector_io.files import regular_file, unreadable
from spatialgov.vector_io.formats import kind_of
from spatialgov.vector_io.json_rows import FeatureRows, LineRows, is_lines
from spatialgov.vector_io.reading import damaged_faults, has_place_columns, with_places
from spatialgov.vector_io.records import RecordPiece
from spatialgov.vector_io.row_files import (
    CsvRows,
    ParquetRows,
    Report,
    RowBatch,
    RowFile,
    Whole,
    open_bytes,
    readable,
)

__all__ = ["Batch", "BatchedFile", "first_bytes", "open_batches"]

BATCH_ROWS = 50_000
_HEAD = 2**20
_LINE_SUFFIXES = (".ndjson", ".jsonl", ".geojsonl", ".geojsons")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Rows of a file that follow each other.

    Attributes
    ----------
    frame
        The columns that were asked for, as far as the file has them, and ``geometry`` (2-D, degrees, EPSG:4326).
    faults
        Rows that can't be read and rows without a usable geometry, by row of the file.
    unreadable_rows
        The former.
    raw
        They as the file has them.
    """

    frame: gpd.GeoDataFrame
    faults: list[Fault]
    unreadable_rows: frozenset[int]
    raw: RowBatch

    @property
    def offset(self) -> int:
        """Rows of the file before these."""
        return self.raw.offset

    def of_readable_rows(self, faults: Iterable[Fault]) -> list[Fault]:
        """Leave out what follows from a row that can't be read: that it can't be read is all there is to say."""
        return [
            fault
            for fault in faults
            if fault.row not in self.unreadable_rows or any(fault is known for known in self.faults)
        ]


class BatchedFile:
    """A file of places that is open; see `open_batches`."""

    def __init__(self, rows: RowFile, datum: str | None, crs: Any, instead: str | None) -> None:
        self._rows, self._datum, self._crs, self._instead = rows, datum, crs, instead
        self._source: Source | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self._rows.path

    @property
    def refused_suffixes(self) -> tuple[str, ...]:
        """Suffixes of a file that refused rows can be written to, the usual one first."""
        return self._rows.refused_suffixes

    @property
    def names(self) -> list[str]:
        """Columns of the file, in order; of JSON those of the rows so far."""
        return self._rows.names

    @property
    def dropped_columns(self) -> list[str]:
        """Columns that were not asked for; of JSON those of the rows so far."""
        return self._rows.dropped_columns

    def pieces(self, n_bytes: int) -> list[RecordPiece]:
        """Cut the file into pieces for `open_batches`; none where its format does not allow that."""
        return self._rows.pieces(n_bytes)

    @property
    def datum(self) -> Datum | None:
        """The datum that the coordinates were taken to be in; None before the first batch."""
        return None if self._source is None else self._source.datum

    def __iter__(self) -> Iterator[Batch]:
        """Read the file from its beginning.

        Raises
        ------
        UnreadableFileError
            When it is damaged or has no rows.
        DatumError, CoordinateError, InputError
            When its coordinates can't be understood; see `spatialgov.vector_io.read_vector`. A bad row is a fault.
        """
        none = True
        for raw in self._rows.batches(BATCH_ROWS):
            none = False
            yield self._placed(raw, raw.offset)  # all but the first batch of a file count alike
        if none and self._rows.whole:
            raise unreadable(self._rows.path, t("it has no rows", "文件中没有数据行"))

    def _placed(self, raw: RowBatch, number: int) -> Batch:
        path, rows, hopeless = self._rows.path, raw.rows, frozenset(fault.row or 0 for fault in raw.broken)
        bare = rows.geometry is None and not has_place_columns(rows.frame)
        placeless = bare and self._instead in self._rows.names
        if rows.geometry is None and (placeless or len(hopeless) == len(rows.frame)):
            rows = replace(rows, geometry=np.full(len(rows.frame), None, dtype=object))
        elif rows.geometry is None:
            rows = with_places(path, rows, self._rows.names)
        assert rows.geometry is not None  # with_places gives one, or raises
        if placeless:
            return Batch(gpd.GeoDataFrame(rows.frame, geometry=rows.geometry, crs=WGS84), raw.broken, hopeless, raw)
        if self._source is None:
            self._source = resolve(path.name, rows.crs, self._datum, self._crs, is_geojson=rows.is_geojson)
        flat = shapely.force_2d(rows.geometry) if shapely.has_z(rows.geometry).any() else rows.geometry
        geometry, faults = to_degrees(path.name, flat, self._source, batch=number)
        found = [
            replace(fault, row=(fault.row or 0) + raw.offset) for fault in [*damaged_faults(rows.damaged), *faults]
        ]
        frame = gpd.GeoDataFrame(rows.frame, geometry=gpd.GeoSeries(geometry, crs=WGS84), crs=WGS84)
        return Batch(frame, [*raw.broken, *(fault for fault in found if fault.row not in hopeless)], hopeless, raw)

    @contextmanager
    def open_refused(self, path: Path) -> Iterator[Callable[[Batch, Sequence[Report]], None]]:
        """Open a file for refused rows: what it gives is called with a batch and the report of each such row of it."""
        with self._rows.open_refused(path) as write:
            yield lambda batch, reports: write(batch.raw, [one.row - batch.offset - 1 for one in reports], reports)


def open_batches(
    path: Path,
    wanted: Collection[str],
    *,
    datum: str | None = None,
    crs: Any = None,
    layer: str | None = None,
    instead: str | None = None,
    piece: RecordPiece | None = None,
) -> BatchedFile:
    """Open a file of places to read it batch by batch; the format follows from the content.

    CSV, lines of JSON (``.ndjson``: plain objects or GeoJSON Features), GeoJSON, Parquet and GeoParquet are never held
    in memory as a whole; the first three may be packed by gzip. The other formats of `spatialgov.vector_io.read_vector`
    are read whole.

    Parameters
    ----------
    path
        The file.
    wanted
        Columns to read, beside those that hold the geometry.
    datum, crs, layer
        As `spatialgov.vector_io.read_vector` takes them.
    instead
        A column that tells places in another way: a table that has it needs no column that holds the geometry.
    piece
        Read this piece of a CSV only (`BatchedFile.pieces`); rows keep their numbers.

    Raises
    ------
    UnreadableFileError
        When it is missing, empty or of no known format.
    """
    return BatchedFile(_row_file(path, wanted, layer, piece), datum, crs, instead)


def first_bytes(path: Path) -> bytes:
    """Give the beginning of a file.

    Raises
    ------
    UnreadableFileError
        When it is missing or can't be read.
    """
    regular_file(path)
    with readable(path), path.open("rb") as file:
        return file.read(512)


def _row_file(path: Path, wanted: Collection[str], layer: str | None, piece: RecordPiece | None) -> RowFile:
    regular_file(path)
    with readable(path), open_bytes(path) as file:
        head = file.read(_HEAD)
        packed = isinstance(file, gzip.GzipFile)
    suffix = (Path(path.stem) if packed else path).suffix
    if suffix.lower() in _LINE_SUFFIXES and head:
        return LineRows(path, wanted)
    kind = kind_of(path, head, suffix)
    if kind == "parquet" and not packed:
        return ParquetRows(path, wanted)
    if kind == "csv":
        return CsvRows(path, wanted, piece)
    if kind == "geojson":
        return LineRows(path, wanted) if is_lines(head.decode("utf-8", "replace")) else FeatureRows(path, wanted)
    return Whole(path, wanted, layer)
