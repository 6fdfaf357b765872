"""From a file of points to the same file with grids: batch by batch, so that its size does not matter."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spatialgov.datum import check_coordinates, parse_datum, to_wgs84
from spatialgov.errors import CoordinateError, InputError
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.locate.locator import Locator
from spatialgov.locate.point_tables import ROWS, Points, open_points, open_sink
from spatialgov.locate.table_files import open_all, table_files
from spatialgov.object_store import Remote
from spatialgov.places import Place, as_place, pinned, same_place, written_whole

__all__ = ["Answers", "BadRow", "Progress", "Report", "check_apart", "locate_file", "no_place"]

MOST_FAULTS = 100_000
"""So many bad rows are reported one by one; all are counted."""
FloatArray = npt.NDArray[np.float64]

Progress = Callable[[int, int | None, float], None]
"""Called with the rows done, the rows of the file (None: not known), and the seconds since the beginning."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row without a place: its number from 1, what is wrong, in words and as a code, and the column."""

    row: int
    code: str
    problem: str
    remedy: str
    column: str

    def fault(self) -> Fault:
        """Give it as a fault."""
        message = t("Row {row}: {problem}", "第 {row} 行：{problem}", row=self.row, problem=self.problem)
        return Fault(self.code, message, self.remedy, row=self.row, column=self.column)


@dataclass(slots=True)
class Report:
    """What became of the rows of a file.

    Attributes
    ----------
    rows
        All of them; the other three add up to it.
    located, outside
        In a grid, and in none.
    unreadable
        Whose coordinates are missing, no numbers, or no place on Earth.
    seconds
        Wall time.
    bad_rows
        The first 100,000 of the unreadable ones.
    """

    rows: int = 0
    located: int = 0
    outside: int = 0
    unreadable: int = 0
    seconds: float = 0.0
    bad_rows: list["BadRow"] = field(default_factory=list)

    @property
    def faults(self) -> list[Fault]:
        """A fault for each of the bad rows."""
        return [bad.fault() for bad in self.bad_rows]

    def add(self, later: "Report") -> None:
        """Add the report of the rows that follow."""
        room = MOST_FAULTS - len(self.bad_rows)
        self.bad_rows += [replace(bad, row=self.rows + bad.row) for bad in later.bad_rows[:room]]
        for name, number in later.counts().items():
            setattr(self, name, getattr(self, name) + number)

    def counts(self) -> dict[str, int]:
        """Give `rows`, `located`, `outside` and `unreadable`."""
        return {name: getattr(self, name) for name in ("rows", "located", "outside", "unreadable")}


def locate_file(
    locator: Locator,
    source: str | os.PathLike[str] | Remote,
    target: str | os.PathLike[str] | Remote,
    *,
    datum: str,
    lon: str = "lon",
    lat: str = "lat",
    border_m: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Add the grid to every row of a table of points; every row and column of it is kept, in its order.

    The columns added, in place of any of the same name: ``grid_code``, the codes of the jurisdictions above
    (``district_code``, …), ``on_border``, and ``border_m`` when asked for. A row without a place has them empty, and
    is reported. Memory does not grow with the file. The target is written beside and renamed into place.

    Parameters
    ----------
    source
        CSV (UTF-8, UTF-16 with BOM, GB18030) or Parquet with columns of longitude and latitude, or GeoParquet with
        points, whose geometry is read when it has no such columns; or a folder of such Parquet files, which are one
        table. In an object store Parquet only, of which no more is fetched than is being read.
    target
        ``.csv`` (UTF-8 with BOM; text that a spreadsheet would run as a formula gets an apostrophe, numbers do not)
        or ``.parquet``. In an object store it is put there when it is whole.
    datum
        Datum of the coordinates.
    lon, lat
        Names of the columns.
    border_m
        Whether to add the distance to the border of the grid (m), which takes longer than all else.
    progress
        Told about each batch.

    Raises
    ------
    UnreadableFileError, MissingColumnError, DatumError
        When the source can't be read, has no such columns, or the datum is unknown or not that of the geometry.
    CoordinateError
        When no row has a place.
    InputError
        When source and target are one file, or the target can't be written. Nothing is written in any of these cases.
    """
    source, target = pinned(as_place(source)), as_place(target)
    datum = parse_datum(datum)
    check_apart(source, target)
    begun = time.perf_counter()
    tables = open_all(table_files(source), lambda file: open_points(file, datum, lon, lat))
    points = tables[0]
    answers = Answers(locator, datum, points, border_m=border_m)
    report = answers.report
    n_rows = None if points.n_rows is None else sum(table.n_rows or 0 for table in tables)
    try:
        with written_whole(target) as beside:
            with open_sink(beside, answers.schema, answers.plain) as write, ThreadPoolExecutor(1) as writing:
                written = writing.submit(lambda: None)
                for batch in chain.from_iterable(table.batches() for table in tables):
                    done = answers.added(batch)
                    written.result()
                    written = writing.submit(write, done)  # while the next batch is read and located
                    if progress is not None:
                        progress(report.rows, n_rows, time.perf_counter() - begun)
                written.result()
            if report.located + report.outside == 0:
                raise no_place(source, points.lon, points.lat)
    except OSError as error:
        raise InputError(
            t("{file} can't be written: {reason}.", "无法写入 {file}：{reason}。", file=target, reason=error),
            remedy=t("Check the folder and its free space.", "请检查文件夹及其剩余空间。"),
        ) from error
    report.seconds = time.perf_counter() - begun
    return report


def check_apart(source: Place, target: Place) -> None:
    """Refuse to write over what is read."""
    if same_place(source, target):
        raise InputError(
            t("Input and output are the same file.", "输入与输出是同一个文件。"),
            remedy=t("Name another output.", "请指定其他输出文件。"),
        )


class Answers:
    """Adds the answers to batches, and counts."""

    def __init__(self, locator: Locator, datum: str, points: Points, *, border_m: bool) -> None:
        self.report = Report()
        self._locator, self._datum, self._points = locator, datum, points
        self._codes = pa.array(locator.codes, pa.string())
        levels = dict.fromkeys(level for chain in locator.chains for level in chain)
        self._chains = {f"{level}_code": _numbered([chain.get(level) for chain in locator.chains]) for level in levels}
        text = pa.dictionary(pa.int32(), pa.string())
        added = [pa.field(name, text) for name in ("grid_code", *self._chains)] + [pa.field("on_border", pa.bool_())]
        if border_m:
            added.append(pa.field("border_m", pa.float64()))
        self._new = {column.name for column in added}
        kept = [column for column in points.schema if column.name not in self._new]
        self.plain = ["grid_code"] if 2 * len(self._codes) > ROWS else []
        self.schema = pa.schema([*kept, *added], points.schema.metadata)

    def added(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Give a batch with its answers."""
        lon, lat, sound = self._places(batch)
        positions, on_border = self._locator.find_many(lon, lat)
        positions[~sound] = -1
        nowhere = positions < 0
        columns = [batch.column(i) for i, name in enumerate(batch.schema.names) if name not in self._new]
        columns.append(pa.DictionaryArray.from_arrays(pa.array(positions, mask=nowhere), self._codes))
        chain = self._locator.chain_of[positions]  # that of the last grid for -1, which is masked
        for number, codes in self._chains.values():
            numbers = number[chain]
            columns.append(pa.DictionaryArray.from_arrays(pa.array(numbers, mask=nowhere | (numbers < 0)), codes))
        columns.append(pa.array(on_border, mask=~sound))
        if "border_m" in self._new:
            columns.append(pa.array(self._locator.border_m(lon, lat), mask=nowhere))
        report = self.report
        report.rows += len(sound)
        report.unreadable += int((~sound).sum())
        report.outside += int((nowhere & sound).sum())
        report.located += int((~nowhere).sum())
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _places(self, batch: pa.RecordBatch) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
        """Give the places of rows, WGS 84, and which rows have one; the others are reported and lie at 0, 0."""
        x, y, wrong = self._points.coordinates(batch)
        with np.errstate(invalid="ignore"):
            sound = (np.abs(x) <= 180.0) & (np.abs(y) <= 90.0)
        if not sound.all():
            for i in np.flatnonzero(~sound)[: MOST_FAULTS - len(self.report.bad_rows)].tolist():
                self.report.bad_rows.append(self._bad(i, float(x[i]), float(y[i]), bool(wrong[i])))
            x, y = np.where(sound, x, 0.0), np.where(sound, y, 0.0)
        try:
            lon, lat = to_wgs84(x, y, self._datum)
        except CoordinateError:  # so near a pole the datum's formula has no inverse
            lon, lat = x.copy(), y.copy()
            for i in np.flatnonzero(sound).tolist():
                try:
                    lon[i], lat[i] = to_wgs84(x[i], y[i], self._datum)
                except CoordinateError as error:
                    sound[i] = False
                    lon[i] = lat[i] = 0.0
                    if len(self.report.bad_rows) < MOST_FAULTS:
                        self.report.bad_rows.append(self._told(i, error))
        return lon, lat, sound

    def _bad(self, i: int, x: float, y: float, wrong: bool) -> BadRow:
        row = self.report.rows + i + 1
        if wrong or (np.isnan(x) and np.isnan(y)):
            kind = "invalid_coordinate" if wrong else "missing_value"
            problem = (
                t("the coordinates are no numbers.", "坐标不是数字。")
                if wrong
                else t("the coordinates are missing.", "缺少坐标。")
            )
            remedy = t("Correct or fill in longitude and latitude.", "请更正或补全经度和纬度。")
            return BadRow(row, kind, problem, remedy, self._points.lon)
        try:
            check_coordinates(x, y)
        except CoordinateError as error:
            return self._told(i, error)
        raise AssertionError(f"{x}, {y} is on Earth")

    def _told(self, i: int, error: CoordinateError) -> BadRow:
        return BadRow(self.report.rows + i + 1, "invalid_coordinate", error.message, error.remedy, self._points.lon)


def _numbered(codes: list[str | None]) -> tuple[npt.NDArray[np.int32], pa.Array]:
    """Give the different codes and the place of each among them, -1 for none.

    Parquet takes a dictionary as it is if nothing stands in it twice.
    """
    encoded = pa.array(codes, pa.string()).dictionary_encode()
    return encoded.indices.fill_null(-1).to_numpy(), encoded.dictionary


def no_place(source: Place, lon: str, lat: str) -> CoordinateError:
    """Give the error for a table none of whose rows has a place."""
    return CoordinateError(
        t(
            "{file}: no row has a place in the columns {lon} and {lat}.",
            "{file}：没有一行在 {lon} 与 {lat} 列中给出有效位置。",
            file=source.name,
            lon=lon,
            lat=lat,
        ),
        remedy=t("Give degrees, longitude and latitude in this order.", "请以度为单位给出经度和纬度，注意顺序。"),
    )
