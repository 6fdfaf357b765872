"""Reading incidents from files: what is sound goes on, what is not is listed with its row and its remedy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from spatialgov.columns import CellChecks, JudgedRows, SeenIds, file_columns, require_columns
from spatialgov.datum import Datum
from spatialgov.errors import InputError
from spatialgov.faults import Fault, Severity, errors_only
from spatialgov.language import t
from spatialgov.vector_io import read_table, read_vector, texts

__all__ = [
    "CHANNELS",
    "CLOSED_LEVELS",
    "COLUMNS",
    "STATUSES",
    "IncidentRules",
    "Incidents",
    "read_categories",
    "read_incidents",
]

REQUIRED = ("source_id", "category", "occurred_at")
COLUMNS = (*REQUIRED, "status", "closed_at", "closed_level", "channel")
"""All that is kept of an incident, beside its place."""
STATUSES = ("open", "handled", "closed")
CLOSED_LEVELS = ("grid", "community", "subdistrict")
CHANNELS = ("patrol", "service_request", "object_collection", "dispatch", "public_report")

CATEGORY_COLUMNS = ("code", "name", "name_en")

_TIMES = ("occurred_at", "closed_at")
_VOCABULARIES = {"status": STATUSES, "closed_level": CLOSED_LEVELS, "channel": CHANNELS}
_TIME = (
    r"^(?P<day>\d{4}-\d{2}-\d{2}|\d{4}/\d{2}/\d{2})"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?P<offset> ?(?:[Zz]|[+-]\d{2}(?::?\d{2})?))?)?$"
)
"""ISO 8601, with blanks and slashes as spreadsheets write them. Other orders of day and month are not guessed."""
_YEARS = (1900, 2200)
"""A year outside is a slip, and its ends overflow when they are turned to UTC."""

Mask = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Incidents:
    """Incidents as read.

    Attributes
    ----------
    frame
        The sound rows: `COLUMNS` and Point geometry, EPSG:4326. Codes and words are str ("" where not stated),
        times are UTC, or in the time zone that was named (NaT where not stated).
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
    require_columns(Path(path).name, rules.needed, data.frame.columns)
    judged = rules.judge(data.frame, data.faults)
    dropped = [str(name) for name in data.frame.columns.drop("geometry") if name not in rules.names.values()]
    return Incidents(judged.frame, tuple(judged.faults), tuple(dropped), data.datum)


class IncidentRules:
    """What makes a row of a file an incident.

    Parameters
    ----------
    columns
        Our column names → the file's, where they differ.
    timezone
        Where times without a UTC offset were written down.

    Attributes
    ----------
    names
        Our column names → the file's.
    needed
        Columns that the file must have.

    Raises
    ------
    InputError
        When there is no such column or time zone.
    """

    def __init__(self, columns: Mapping[str, str] | None = None, timezone: str | None = None) -> None:
        self.names, self.needed = file_columns(COLUMNS, REQUIRED, columns, t("Incidents", "事件"))
        self._zone = _zone(timezone)

    def judge(
        self, rows: gpd.GeoDataFrame, known: Sequence[Fault], *, offset: int = 0, seen: SeenIds | None = None
    ) -> JudgedRows:
        """Give the sound rows with our columns, and the faults of all.

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
        names = self.names
        blank = pd.Series(None, rows.index, dtype=object)
        raw = {ours: texts(rows.get(theirs, blank)) for ours, theirs in names.items()}
        cells = CellChecks(rows.geometry, raw["source_id"], offset)
        faults = [*known, *cells.location_faults(fault.row for fault in known)]
        faults += cells.identifier_faults(names["source_id"], seen)
        faults += cells.code_faults(raw["category"], names["category"], required=True)
        for ours in ("source_id", "category"):
            faults += cells.text_faults(raw[ours], names[ours])
        frame = gpd.GeoDataFrame(index=rows.index, geometry=rows.geometry)
        for ours in COLUMNS:
            if ours in _TIMES:
                frame[ours], found = _times(raw[ours], self._zone, cells, names[ours], required=ours in REQUIRED)
            else:
                frame[ours], found = _words(raw[ours], _VOCABULARIES.get(ours), cells, names[ours])
            faults += found
        reversed_ = (frame["closed_at"] < frame["occurred_at"]).to_numpy()
        problem = t("is before it occurred", "早于发生时间")
        remedy = t("Check both times and their UTC offset.", "请核对两个时间及其时区。")
        kind, column = "closed_before_occurred", names["closed_at"]
        faults += _marked(reversed_, kind, problem, remedy, raw["closed_at"], cells, column)
        faults.sort(key=lambda fault: fault.row or 0)
        faulty = [fault.row - 1 - offset for fault in errors_only(faults) if fault.row is not None]
        return JudgedRows(frame.drop(index=faulty).reset_index(drop=True)[[*COLUMNS, "geometry"]], faults)


def read_categories(path: str | Path) -> pd.DataFrame:
    """Read incident categories: ``code``, ``name``, ``name_en``, all str.

    Parameters
    ----------
    path
        CSV file or another table. ``code`` is that of the city's list (GB/T 30428.2: two digits big class, two small
        class, and the city's own); leading zeros count. ``name_en`` may be missing.

    Raises
    ------
    UnreadableFileError, MissingColumnError, InputError
        When the file can't be read, is no such table, or a code is missing or stands twice.
    """
    table, file = read_table(path), Path(path).name
    require_columns(file, ("code", "name"), table.columns)
    there = [column for column in CATEGORY_COLUMNS if column in table]
    categories = pd.DataFrame({column: pd.Series(texts(table[column]), dtype=object).fillna("") for column in there})
    codes = categories["code"]
    if bad := np.flatnonzero((codes == "") | codes.duplicated()).tolist():
        raise InputError(
            t(
                "{file}, row {row}, column code: {code} is empty or stands twice.",
                "{file} 第 {row} 行 code 列：{code} 为空或重复。",
                file=file,
                row=bad[0] + 1,
                code=repr(codes[bad[0]]),
            ),
            remedy=t("Give each category a code of its own.", "请为每个类别指定唯一代码。"),
        )
    return categories.reindex(columns=list(CATEGORY_COLUMNS), fill_value="")


def _words(
    cells_text: Texts, known: tuple[str, ...] | None, cells: CellChecks, column: str
) -> tuple[Texts, list[Fault]]:
    """Give codes and words, "" where not stated; a word that is not `known` is left blank with a warning."""
    words = np.array([text or "" for text in cells_text], dtype=object)
    if known is None:
        return words, []
    strange = ~np.isin(words, [*known, ""])
    problem = t("is not a known value and was left blank", "不是已知取值，已留空")
    remedy = t("Use one of: {known}.", "可用取值：{known}。", known=", ".join(known))
    faults = _marked(strange, "unknown_value", problem, remedy, cells_text, cells, column, severity="warning")
    words[strange] = ""
    return words, faults


def _times(
    cells_text: Texts, zone: ZoneInfo | None, cells: CellChecks, column: str, *, required: bool
) -> tuple[pd.Series, list[Fault]]:
    """Give times, NaT where not stated; a time without offset is one of `zone`."""
    # a time is ASCII; what is not matches nothing
    plain = pa.array([cell if cell and cell.isascii() else "" for cell in cells_text], pa.string())
    parts = pc.extract_regex(plain, _TIME)
    matched = parts.is_valid().to_numpy(zero_copy_only=False)
    aware = matched & pc.not_equal(pc.struct_field(parts, "offset"), "").fill_null(False).to_numpy(zero_copy_only=False)
    local = matched & ~aware
    there = np.array([bool(cell) for cell in cells_text], dtype=bool)
    text = pd.Series(cells_text, dtype=object)
    read = pd.to_datetime(text.where(aware), format="ISO8601", utc=True, errors="coerce").dt.as_unit("us")
    read = read.dt.tz_convert(zone or ZoneInfo("UTC"))
    naive = pd.to_datetime(text.where(local), format="ISO8601", errors="coerce").dt.as_unit("us")
    faults = []
    homeless = np.zeros(len(text), dtype=bool)
    if zone is not None:
        read = read.fillna(naive.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT"))
    else:
        homeless = naive.notna().to_numpy()
        problem = t("has no UTC offset", "没有时区")
        remedy = t("Name the time zone, for example Asia/Shanghai.", "请指定时区，例如 Asia/Shanghai。")
        faults += _marked(homeless, "naive_time", problem, remedy, cells_text, cells, column)
    problem = t("is not a time", "不是有效时间")
    remedy = t("Write it like 2026-05-01T08:30:00+08:00.", "请写成 2026-05-01T08:30:00+08:00 的形式。")
    read = read.where(read.dt.year.between(*_YEARS))
    wrong = read.isna().to_numpy() & there & ~homeless
    faults += _marked(wrong, "invalid_time", problem, remedy, cells_text, cells, column)
    if required:
        faults += [cells.missing(row, column) for row in np.flatnonzero(~there).tolist()]
    return read, faults


def _marked(
    mask: Mask,
    kind: str,
    problem: str,
    remedy: str,
    values: Texts,
    cells: CellChecks,
    column: str,
    *,
    severity: Severity = "error",
) -> list[Fault]:
    """List a fault for each cell that is marked: “column” problem: value."""
    colon = t(": ", "：")
    return [
        cells.fault(kind, row, column, f"“{column}” {problem}{colon}{values[row]}", remedy, severity=severity)
        for row in np.flatnonzero(mask).tolist()
    ]


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            t("There is no time zone {name}.", "没有名为 {name} 的时区。", name=repr(name)),
            remedy=t("Name it like Asia/Shanghai.", "请使用 Asia/Shanghai 这样的名称。"),
        ) from error
