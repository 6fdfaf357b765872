"""Reading incidents from files: what is sound goes on, what is not is listed with its row and its remedy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.columns import CellChecks, JudgedRows, SeenIds, file_columns, require_columns
from spatialgov.datum import Datum
from spatialgov.errors import NotFoundError
from spatialgov.faults import Fault, Severity, errors_only
from spatialgov.incidents.times import PRECISIONS, find_zone, read_occurrence, read_times, when_or_later
from spatialgov.language import t
from spatialgov.locate.address import AddressMatch
from spatialgov.vector_io import numbers, read_vector, texts

__all__ = [
    "ADDRESS",
    "CHANNELS",
    "CLOSED_LEVELS",
    "COLUMNS",
    "LOCATION_SOURCES",
    "STATUSES",
    "FindAddress",
    "IncidentRules",
    "Incidents",
    "read_incidents",
]

REQUIRED = ("source_id", "category", "occurred_at")
COLUMNS = (
    *REQUIRED,
    "occurred_until",
    "time_precision",
    "reported_at",
    "status",
    "closed_at",
    "closed_level",
    "channel",
    "accuracy_m",
    "location_source",
)
"""All that is kept of an incident, beside its place."""
STATUSES = ("open", "handled", "closed")
CLOSED_LEVELS = ("grid", "community", "subdistrict")
CHANNELS = ("patrol", "service_request", "object_collection", "dispatch", "public_report")
LOCATION_SOURCES = ("given", "address")
"""Where the coordinates come from: the file, or the table of addresses."""

ADDRESS = "address"
"""A column that is read where a row has no coordinates, and never kept: with a room it can point at a person."""

_VOCABULARIES = {
    "status": STATUSES,
    "closed_level": CLOSED_LEVELS,
    "channel": CHANNELS,
    "time_precision": PRECISIONS,
    "location_source": LOCATION_SOURCES,
}
_CANDIDATES = 3
"""So many are named where an address is not certain."""

Mask = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
FindAddress = Callable[[str], AddressMatch]
"""Gives what a text means in the table of addresses; `NotFoundError` when there is no table."""


@dataclass(frozen=True, slots=True, eq=False)
class Incidents:
    """Incidents as read.

    Attributes
    ----------
    frame
        The sound rows: `COLUMNS` and Point geometry, EPSG:4326. Codes and words are str ("" where not stated),
        times are UTC, or in the time zone that was named (NaT where not stated). What happened at a time that is only
        known to the hour, to the day or between two moments has an `occurred_until`; see `spatialgov.incidents.times`.
        `accuracy_m` is NaN where not stated.
    faults
        What is wrong, by row of the file. Rows with an error are left out of `frame`; a warning leaves the value out.
    dropped_columns
        Columns of the file that were not asked for and not read.
    datum
        Datum that the file's coordinates were taken to be in.
    """

    frame: gpd.GeoDataFrame
    faults: tuple[Fault, ...]
    dropped_columns: tuple[str, ...]
    datum: Datum


def read_incidents(
    path: str | Path,
    *,
    datum: str | None = None,
    crs: Any = None,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    timezone: str | None = None,
) -> Incidents:
    """Read incidents from a vector file or a CSV file with ``lon`` and ``lat``.

    Parameters
    ----------
    path
        Any format of `spatialgov.vector_io.read_vector`.
    datum, crs, layer
        As `spatialgov.vector_io.read_vector` takes them; a CSV file needs its datum named.
    columns
        Our column names → the file's, where they differ.
    timezone
        Where times without a UTC offset were written down, for example ``Asia/Shanghai``.

    Raises
    ------
    MissingColumnError
        When ``source_id``, ``category`` or ``occurred_at`` is not there.
    InputError
        When the time zone is unknown, or the file can't be read at all (see `read_vector`); a bad row never does that.
    """
    rules = IncidentRules(columns, timezone)
    data = read_vector(path, datum=datum, crs=crs, layer=layer)
    rules.require(Path(path).name, [str(name) for name in data.frame.columns])
    judged = rules.judge(data.frame, data.faults)
    dropped = [str(name) for name in data.frame.columns.drop("geometry") if name not in rules.names.values()]
    return Incidents(judged.frame[[*COLUMNS, "geometry"]], tuple(judged.faults), tuple(dropped), data.datum)


class IncidentRules:
    """What makes a row of a file an incident.

    Parameters
    ----------
    columns
        Our column names → the file's, where they differ.
    timezone
        Where times without a UTC offset were written down.
    find_address
        Asked for the place of rows that have an `address` and no coordinates. Without it no address is read.

    Attributes
    ----------
    names
        Our column names → the file's.

    Raises
    ------
    InputError
        When there is no such column or time zone.
    """

    def __init__(
        self,
        columns: Mapping[str, str] | None = None,
        timezone: str | None = None,
        find_address: FindAddress | None = None,
    ) -> None:
        known = COLUMNS if find_address is None else (*COLUMNS, ADDRESS)
        self.names, self._needed = file_columns(known, REQUIRED, columns, t("Incidents", "事件"))
        self._zone = find_zone(timezone)
        self._find_address = find_address
        self._no_table: NotFoundError | None = None

    def require(self, file: str, there: Sequence[str]) -> None:
        """Refuse a file that lacks a needed column.

        Raises
        ------
        MissingColumnError
            With the name of the file, the column, and those that are there.
        """
        require_columns(file, self._needed, there)

    def unused(self, _there: Sequence[str]) -> list[str]:
        """Give the columns that are read of every file and of no use in this one: none."""
        return []

    def judge(
        self, rows: gpd.GeoDataFrame, known: Sequence[Fault], *, offset: int = 0, seen: SeenIds | None = None
    ) -> JudgedRows:
        """Give the sound rows with our columns, and the faults of all.

        Beside `COLUMNS` and the geometry, the frame has the `row` of the file, and what the clock showed as written
        (`wall`, without a zone), for `spatialgov.incidents.quality`.

        Parameters
        ----------
        rows
            As `spatialgov.vector_io.read_vector` gives them: the file's columns and geometry, EPSG:4326.
        known
            Faults that the reader of the file has found.
        offset
            Rows of the file before these.
        seen
            Identifiers of the rows before these.
        """
        names, n = self.names, len(rows)
        nothing = np.full(n, None, dtype=object)
        raw = {ours: texts(rows[theirs]) if theirs in rows else nothing for ours, theirs in names.items()}
        geometry, by_address, refused = self._placed(rows, raw, known, offset)
        cells = CellChecks(geometry, raw["source_id"], offset)
        faults = [*known, *refused, *cells.location_faults(fault.row for fault in [*known, *refused])]
        faults += cells.identifier_faults(names["source_id"], seen)
        faults += cells.code_faults(raw["category"], names["category"], required=True)
        for ours in ("source_id", "category"):
            faults += cells.text_faults(raw[ours], names[ours])
        words = {}
        for ours in ("source_id", "category", *_VOCABULARIES):
            words[ours], found = _words(raw[ours], _VOCABULARIES.get(ours), cells, names[ours])
            faults += found
        words["location_source"][words["location_source"] == ""] = "given"
        words["location_source"][by_address] = "address"
        when, found = read_occurrence(raw, names, words["time_precision"], self._zone, cells)
        faults += found
        after, found = self._afterwards(raw, when.occurred_at, cells)
        accuracy_m, wrong = _accuracy(rows, names["accuracy_m"], cells, raw["accuracy_m"])
        faults += [*found, *wrong]
        faults.sort(key=lambda fault: fault.row or 0)
        columns = words | after | {
            "occurred_at": when.occurred_at,
            "occurred_until": when.occurred_until,
            "time_precision": when.time_precision,
            "accuracy_m": accuracy_m,
            "row": np.arange(offset + 1, offset + n + 1),
            "wall": when.wall,
        }  # fmt: skip
        sound = np.ones(n, dtype=bool)
        sound[[fault.row - 1 - offset for fault in errors_only(faults) if fault.row is not None]] = False
        frame = gpd.GeoDataFrame(columns, geometry=geometry.to_numpy(), crs=rows.crs)
        frame = frame[sound].reset_index(drop=True)[[*COLUMNS, "row", "wall", "geometry"]]
        return JudgedRows(frame, faults)

    def _placed(
        self, rows: gpd.GeoDataFrame, raw: Mapping[str, Texts], known: Sequence[Fault], offset: int
    ) -> tuple[gpd.GeoSeries, Mask, list[Fault]]:
        """Give the places, which of them are those of addresses, and a fault where an address leads to none."""
        by_address = np.zeros(len(rows), dtype=bool)
        if self._find_address is None:
            return rows.geometry, by_address, []
        shapes = np.array(rows.geometry, dtype=object)
        told = {fault.row for fault in known}
        cells, faults = CellChecks(rows.geometry, raw["source_id"], offset), []
        nowhere = (shapely.is_missing(shapes) | shapely.is_empty(shapes)) & (raw[ADDRESS] != None)  # noqa: E711
        for row in np.flatnonzero(nowhere).tolist():
            if offset + row + 1 in told:
                continue
            match = self._match(raw[ADDRESS][row])
            if isinstance(match, NotFoundError):
                faults.append(cells.fault("no_addresses", row, self.names[ADDRESS], match.message, match.remedy))
            elif match.certain:
                shapes[row] = shapely.Point(match.candidates[0].address.lon, match.candidates[0].address.lat)
                by_address[row] = True
            else:
                faults.append(self._uncertain(match, row, cells))
        return gpd.GeoSeries(shapes, crs=rows.crs), by_address, faults

    def _match(self, text: str) -> AddressMatch | NotFoundError:
        """Ask for an address; that there is no table is found once."""
        assert self._find_address is not None
        if self._no_table is None:
            try:
                return self._find_address(text)
            except NotFoundError as error:
                self._no_table = error
        return self._no_table

    def _uncertain(self, match: AddressMatch, row: int, cells: CellChecks) -> Fault:
        """Say why an address has no place. The text itself is not repeated: it may point at a person."""
        column, found = self.names[ADDRESS], [one.address.text for one in match.candidates[:_CANDIDATES]]
        if not found:
            message = t("The address is not in the table of addresses.", "地址不在标准地址表中。")
            remedy = t("Correct the address, or fill in the coordinates.", "请更正地址，或补全坐标。")
            return cells.fault("unknown_address", row, column, message, remedy)
        message = t("It is not certain which address is meant.", "无法确定所指的地址。")
        remedy = t(
            "Fill in the coordinates, or write the address as the table has it; it may be: {names}.",
            "请补全坐标，或按标准地址表书写；可能是：{names}。",
            names=t(", ", "、").join(found),
        )
        return cells.fault("uncertain_address", row, column, message, remedy)

    def _afterwards(
        self, raw: Mapping[str, Texts], occurred_at: "pd.Series[Any]", cells: CellChecks
    ) -> tuple[dict[str, Any], list[Fault]]:
        """Give when incidents were reported and closed, neither before they occurred.

        A report that is earlier is left out: the clocks of two systems may differ, and the incident is no worse for it.
        """
        problem = t("is before it occurred", "早于发生时间")
        remedy = t("Check both times and their UTC offset.", "请核对两个时间及其时区。")
        after: dict[str, Any] = {}
        faults: list[Fault] = []
        for ours in ("reported_at", "closed_at"):
            column = self.names[ours]
            times, found = read_times(raw[ours], self._zone, cells, column)
            after[ours] = when_or_later(times, occurred_at)
            reversed_ = (after[ours] < occurred_at).to_numpy()
            kind = f"{ours.removesuffix('_at')}_before_occurred"
            severity: Severity = "error"
            if ours == "reported_at":
                after[ours], severity = after[ours].mask(reversed_), "warning"
            faults += [*found, *cells.marked(reversed_, kind, column, problem, remedy, raw[ours], severity=severity)]
        return after, faults


def _words(
    cells_text: Texts, known: tuple[str, ...] | None, cells: CellChecks, column: str
) -> tuple[Texts, list[Fault]]:
    """Give codes and words, "" where not stated; a word that is not `known` is left blank with a warning."""
    words = np.array([text or "" for text in cells_text], dtype=object)
    if known is None or not any(words):
        return words, []
    strange = ~np.isin(words, [*known, ""])
    problem = t("is not a known value and was left blank", "不是已知取值，已留空")
    remedy = t("Use one of: {known}.", "可用取值：{known}。", known=", ".join(known))
    faults = cells.marked(strange, "unknown_value", column, problem, remedy, cells_text, severity="warning")
    words[strange] = ""
    return words, faults


def _accuracy(
    rows: gpd.GeoDataFrame, column: str, cells: CellChecks, cells_text: Texts
) -> tuple[npt.NDArray[np.float64], list[Fault]]:
    """Give how far off the places may be, metres, NaN where not stated; what is no such number is left blank."""
    if column not in rows:
        return np.full(len(rows), np.nan), []
    accuracy_m, wrong = numbers(rows[column])
    wrong |= accuracy_m < 0
    problem = t("is no number of 0 or more and was left blank", "不是 0 或正数，已留空")
    remedy = t("Give metres, or leave it empty.", "请以米为单位填写，或留空。")
    faults = cells.marked(wrong, "invalid_accuracy", column, problem, remedy, cells_text, severity="warning")
    return np.where(wrong, np.nan, accuracy_m), faults
