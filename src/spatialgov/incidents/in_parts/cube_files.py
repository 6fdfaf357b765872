"""A cube made of files of incidents in parts: a part reads a piece of a file and sorts it, the runs are merged."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from spatialgov.array_file import ArrayFile, FileKind, open_arrays, save_arrays
from spatialgov.bulk import Done, Job, Part
from spatialgov.columns import SeenIds
from spatialgov.errors import FaultyDataError, MissingColumnError
from spatialgov.faults import Fault
from spatialgov.incidents.cube import Cube
from spatialgov.incidents.reading import IncidentRules
from spatialgov.language import t
from spatialgov.locate.point_tables import Points, open_points
from spatialgov.locate.table_files import name_of, named_file, open_all, state_of_table, table_files
from spatialgov.places import Place, opened, still_there
from spatialgov.projection import WGS84
from spatialgov.vector_io.datums import resolve, to_degrees
from spatialgov.vector_io.formats import RawRows
from spatialgov.vector_io.reading import damaged_faults, with_places
from spatialgov.vector_io.records import record_pieces

__all__ = ["CubeOfFiles", "CubeReport"]

_ROWS = 50_000
"""Of a file, judged together."""
_MERGED = 2**22
"""Incidents that are merged together."""
_BYTES_PER_BYTE = 6
"""Memory that a byte of a file takes: it is read as text, and its sound rows are kept as numbers until they are sorted.
Parquet is packed, its rows take `_BYTES_PER_ROW`."""
_BYTES_PER_ROW = 400
_BYTES_ANYHOW = 200_000_000
_MOST_BYTES, _LEAST_BYTES = 2**28, 2**24
_MOST_ROWS, _LEAST_ROWS = 2**23, _ROWS
"""About so many bytes of a CSV, or rows of Parquet, are a part where memory is plenty, and where it is short: never
less than is read at first, by which it is told whether the datum can be right."""
_MOST_FAULTS = 200
"""Of a part, told of one by one; the others are counted."""

_RUN = FileKind(
    b"SGCUBRUN",
    1,
    lambda: t("file of sorted incidents", "已排序事件文件"),
    lambda: t("Run the same command again.", "请重新运行同一命令。"),
)
_COLUMNS: Mapping[str, type[np.generic]] = {
    "ids": np.int64, "time_us": np.int64, "until_us": np.int64, "category": np.int32, "lon": np.float64,
    "lat": np.float64,
}  # fmt: skip
"""Of `Cube`, in the order of its file."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class CubeReport:
    """What became of the rows.

    Attributes
    ----------
    rows, incidents
        Rows that were read, and those of them that are in the cube.
    faulty
        Rows that are not, for an error; those whose identifier was there already among them.
    faults
        What is wrong, of the first of them: `row` counts over the file.
    cube
        The file.
    """

    rows: int
    incidents: int
    faulty: int
    faults: tuple[Fault, ...]
    cube: Path


@dataclass(frozen=True)
class CubeOfFiles(Job):
    """Make a cube of files of incidents, whatever their size.

    The ids are the rows, counted from 1 over all files. The file of the cube is byte by byte the same however the work
    is cut.

    Attributes
    ----------
    sources
        Files, CSV or Parquet, or folders of Parquet files, with ``source_id``, ``category``, ``occurred_at``,
        optionally ``occurred_until`` and ``time_precision``, and ``lon`` and ``lat`` or (GeoParquet) points; an
        identifier stands once in all of them.
    target
        The file of the cube.
    datum, timezone
        As for `spatialgov.incidents.read_incidents`.
    """

    name: ClassVar[str] = "cube"
    suffix: ClassVar[str] = ".arrays"
    sources: tuple[Place, ...]
    target: Path
    datum: str
    timezone: str | None = None

    def basis(self) -> Mapping[str, Any]:
        """Give the files as they are now, and how they are read."""
        return {
            "sources": [state_of_table(source) for source in self.sources],
            "options": [self.datum, self.timezone],
        }

    def parts(self, memory: int) -> list[Part]:
        """Give pieces of the files: bytes of CSV, and of Parquet some rows of the row groups that hold them."""
        rules = IncidentRules(None, self.timezone)
        parts: list[Part] = []
        for number, source in enumerate(self.sources):
            for points in open_all(table_files(source), self._open):
                rules.require(points.path.name, points.schema.names)
                about = {"source": number, **name_of(points.path, source), "encoding": points.encoding}
                for piece, size in _rows_in(points, memory) if points.n_rows is not None else _bytes_in(points, memory):
                    parts.append(Part(len(parts), {**about, **piece}, _BYTES_ANYHOW + size))
        return parts

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        """Read, judge and sort the rows of a piece; their ids count from 1 in it."""
        source = named_file(self.sources[part.about["source"]], part.about)
        points, rules, seen = self._open(source, part.about["encoding"]), IncidentRules(None, self.timezone), SeenIds()
        read: list[Columns] = [{name: np.empty(0, dtype=kind) for name, kind in _COLUMNS.items()}]
        names: dict[str, int] = {}
        faults: list[Fault] = []
        rows = faulty = 0
        for frame, placed in _frames(points, part.about, rules, self.datum):
            known = [replace(fault, row=(fault.row or 0) + rows) for fault in placed]
            judged = rules.judge(frame, known, offset=rows, seen=seen)
            read.append(_columns(judged.frame, names))
            faulty += len(frame) - len(judged.frame)
            rows += len(frame)
            faults += [fault for fault in judged.faults if fault.severity == "error"][: _MOST_FAULTS - len(faults)]
        columns = {name: np.concatenate([one[name] for one in read]) for name in _COLUMNS}
        order = np.lexsort((columns["ids"], columns["time_us"]))
        columns = {name: values[order] for name, values in columns.items()}
        digests, first = seen.known()
        save_arrays(result, _RUN, {"categories": list(names)}, {**columns, "digests": digests, "first": first})
        found = [asdict(fault) for fault in faults]
        return {"source": part.about["source"], "rows": rows, "faulty": faulty, "faults": found}

    def finish(self, done: Sequence[Done]) -> CubeReport:
        """Merge the runs, without the rows whose identifier stands in an earlier piece, and write the cube."""
        runs = [open_arrays(one.file, _RUN) for one in done]
        for run in runs:
            run.check()
        ends = np.cumsum([0, *(one.outcome["rows"] for one in done)])
        again = _again(runs)
        kept = [~np.isin(run.arrays["ids"], twice) for run, twice in zip(runs, again, strict=True)]
        categories = tuple(sorted({name for run in runs for name in run.scalars["categories"]}))
        numbers = [np.array([categories.index(name) for name in run.scalars["categories"]], np.int32) for run in runs]
        n = sum(int(one.sum()) for one in kept)
        faults = list(_faults(done, ends))
        if n == 0:
            raise FaultyDataError(t("No row can be used.", "没有可用的行。"), faults)
        with TemporaryDirectory(dir=self.target.parent, prefix=f".{self.target.name}.") as folder, ExitStack() as files:
            opened = {name: files.enter_context((Path(folder) / name).open("w+b")) for name in _COLUMNS}
            for merged in _merged(runs, kept, ends[:-1], numbers):
                for name, values in merged.items():
                    opened[name].write(values.data)
            columns: Any = {}
            for name, kind in _COLUMNS.items():
                opened[name].flush()
                columns[name] = np.memmap(opened[name], dtype=kind, mode="r", shape=(n,))
            Cube(**columns, categories=categories).save(self.target)
        faulty = sum(one.outcome["faulty"] for one in done)
        lost = sum(int((~one).sum()) for one in kept)
        return CubeReport(int(ends[-1]), n, faulty + lost, tuple(faults), self.target)

    def _open(self, source: Place, encoding: str | None = None) -> Points:
        try:
            return open_points(source, self.datum, "lon", "lat", encoding)
        except MissingColumnError as error:
            remedy = t("Name the columns of the coordinates lon and lat.", "请将坐标列命名为 lon 和 lat。")
            raise MissingColumnError(error.message, remedy=remedy) from error


def _bytes_in(points: Points, memory: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Cut a CSV where records begin; UTF-16, whose line ends are two bytes, is one piece."""
    room = (memory - _BYTES_ANYHOW) // _BYTES_PER_BYTE
    most = min(max(room * 15 // 16, _LEAST_BYTES), _MOST_BYTES)  # a piece is longer where its last record is
    assert isinstance(points.path, Path)  # of object stores only Parquet is read
    assert points.encoding is not None
    whole = points.encoding.startswith("utf-16")
    for piece in record_pieces(points.path, sys.maxsize if whole else most, points.encoding):
        yield {"piece": [piece.begin, piece.end]}, (piece.end - piece.begin) * _BYTES_PER_BYTE


def _rows_in(points: Points, memory: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Cut Parquet into rows, which are told with the row groups that they begin and end in, and counted from there."""
    most = min(max((memory - _BYTES_ANYHOW) // _BYTES_PER_ROW, _LEAST_ROWS), _MOST_ROWS)
    with opened(points.path) as file:
        about = pq.read_metadata(file)
    ends = np.cumsum([0, *(about.row_group(i).num_rows for i in range(about.num_row_groups))])
    for begin in range(0, max(about.num_rows, 1), most):
        end = min(begin + most, about.num_rows)
        first = max(int(np.searchsorted(ends, begin, side="right")) - 1, 0)
        last = int(np.searchsorted(ends, end))
        rows = [begin - int(ends[first]), end - int(ends[first])]
        yield {"piece": [first, last], "rows": rows}, (end - begin) * _BYTES_PER_ROW


def _batches(points: Points, about: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    """Read a piece; of row groups only the rows that are meant."""
    begin, end = about["piece"]
    if "rows" not in about:
        yield from points.batches((begin, end))
        return
    first, last = about["rows"]
    before = 0
    for batch in points.batches((begin, end), _ROWS):
        skipped = min(max(first - before, 0), len(batch))
        yield batch.slice(skipped, max(last - before - skipped, 0))
        before += len(batch)
        if before >= last:
            break
    still_there(points.path)


def _frames(
    points: Points, about: Mapping[str, Any], rules: IncidentRules, datum: str
) -> Iterator[tuple[gpd.GeoDataFrame, list[Fault]]]:
    """Read a piece some rows at a time, in degrees, with the faults of their places; rows count from 1 in each."""
    names = points.schema.names
    wanted = [name for name in names if name in rules.names.values()]
    source = resolve(points.path.name, None, datum, None, is_geojson=False)
    # the beginning of a file is looked at more closely
    number = int(about["piece"][0] > 0 or about.get("rows", (0,))[0] > 0)
    for batch in _batches(points, about):
        for begin in range(0, len(batch), _ROWS):
            rows = _placed(points, batch.slice(begin, _ROWS), wanted)
            assert rows.geometry is not None
            shapes, faults = to_degrees(points.path.name, rows.geometry, source, batch=number)
            geometry = gpd.GeoSeries(shapes, crs=WGS84)
            yield gpd.GeoDataFrame(rows.frame, geometry=geometry), [*damaged_faults(rows.damaged), *faults]
            number += 1


def _placed(points: Points, batch: pa.RecordBatch, wanted: Sequence[str]) -> RawRows:
    if points.lon == points.lat:  # a column of geometry
        lon, lat, wrong = points.coordinates(batch)
        shapes = np.full(len(batch), None, dtype=object)
        there = np.isfinite(lon) & np.isfinite(lat)
        shapes[there] = shapely.points(lon[there], lat[there])
        reason = t("it is no point", "不是点")
        damaged = dict.fromkeys(np.flatnonzero(wrong).tolist(), reason)
        return RawRows(batch.select(wanted).to_pandas(ignore_metadata=True), shapes, damaged=damaged)
    frame = batch.select([*wanted, points.lon, points.lat]).to_pandas(ignore_metadata=True)
    return with_places(Path(points.path.name), RawRows(frame, None), points.schema.names)


def _columns(frame: gpd.GeoDataFrame, names: dict[str, int]) -> Columns:
    """Give the columns of a cube of sound rows; `names` are the categories so far, and become all."""
    begin, until = (
        pd.DatetimeIndex(pd.to_datetime(frame[name], utc=True)).as_unit("us")
        for name in ("occurred_at", "occurred_until")
    )
    places = shapely.get_coordinates(frame.geometry.to_numpy())
    return {
        "ids": frame["row"].to_numpy(dtype=np.int64),
        "time_us": begin.asi8,
        "until_us": np.where(until.isna(), begin.asi8, until.asi8),
        "category": np.array([names.setdefault(str(code), len(names)) for code in frame["category"]], dtype=np.int32),
        "lon": places[:, 0],
        "lat": places[:, 1],
    }


def _again(runs: Sequence[ArrayFile]) -> list[Ints]:
    """Give of each run the rows whose identifier stands in an earlier one.

    Digests are compared some at a time, by how they begin.
    """
    edges = [bytes([k]) for k in range(1, 256)]
    found: list[list[Ints]] = [[np.empty(0, dtype=np.int64)] for _ in runs]
    cuts = [[0, *np.searchsorted(run.arrays["digests"], edges).tolist(), len(run.arrays["digests"])] for run in runs]
    for k in range(len(edges) + 1):
        parts = [slice(cut[k], cut[k + 1]) for cut in cuts]
        digests = np.concatenate([run.arrays["digests"][part] for run, part in zip(runs, parts, strict=True)])
        of = np.repeat(np.arange(len(runs)), [part.stop - part.start for part in parts])
        rows = np.concatenate([run.arrays["first"][part] for run, part in zip(runs, parts, strict=True)])
        order = np.argsort(digests, kind="stable")  # those of an earlier run stay before those of a later one
        again = order[1:][digests[order[1:]] == digests[order[:-1]]]
        for number in np.unique(of[again]).tolist():
            found[number].append(rows[again[of[again] == number]])
    return [np.concatenate(rows) for rows in found]


def _merged(
    runs: Sequence[ArrayFile], kept: Sequence[Bools], before: Ints, numbers: Sequence[npt.NDArray[np.int32]]
) -> Iterator[Columns]:
    """Give all that is kept in the order of a cube, some at a time: none of one moment are parted."""
    times = [run.arrays["time_us"] for run in runs]
    step = max(sum(map(len, times)) // 2**16, 1)
    sample = np.sort(np.concatenate([time[::step] for time in times]))
    edges = np.unique(sample[:: max(_MERGED // step, 1)][1:])
    cuts = [[0, *np.searchsorted(time, edges).tolist(), len(time)] for time in times]
    for k in range(len(edges) + 1):
        columns: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in _COLUMNS}
        for number, run in enumerate(runs):
            part = slice(cuts[number][k], cuts[number][k + 1])
            chosen = kept[number][part]
            for name, values in columns.items():
                values.append(run.arrays[name][part][chosen])
            columns["ids"][-1] = columns["ids"][-1] + before[number]
            columns["category"][-1] = numbers[number][columns["category"][-1]]
        gathered = {name: np.concatenate(values) for name, values in columns.items()}
        order = np.lexsort((gathered["ids"], gathered["time_us"]))
        yield {name: values[order] for name, values in gathered.items()}


def _faults(done: Sequence[Done], ends: Ints) -> Iterator[Fault]:
    """Give the faults of all parts, with their rows counted over the file."""
    begins: dict[int, int] = {}
    for one, before in zip(done, ends.tolist(), strict=False):
        offset = before - begins.setdefault(one.outcome["source"], before)
        for fault in one.outcome["faults"]:
            yield Fault(**{**fault, "row": None if fault["row"] is None else fault["row"] + offset})
