"""Reading incidents from files: what is sound goes on, what is not is listed with its row and its remedy."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.columns import CellChecks
from spatialgov.datum import Datum
from spatialgov.errors import InputError, MissingColumnError
from spatialgov.faults import Fault, Severity, errors_only
from spatialgov.language import t
from spatialgov.vector_io import read_table, read_vector, texts

__all__ = ["CHANNELS", "CLOSED_LEVELS", "COLUMNS", "STATUSES", "Incidents", "read_categories", "read_incidents"]

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
    zone = _zone(timezone)
    data = read_vector(path, datum=datum, crs=crs, layer=layer)
    names = _file_columns(Path(path).name, data.frame, columns or {})
    blank = pd.Series(None, data.frame.index, dtype=object)
    raw = {ours: texts(data.frame.get(theirs, blank)) for ours, theirs in names.items()}
    cells = CellChecks(data.frame.geometry, raw["source_id"])
    faults = [*data.faults, *_location_faults(cells, {fault.row for fault in data.faults})]
    faults += cells.identifier_faults(names["source_id"])
    faults += cells.code_faults(raw["category"], names["category"], required=True)
    frame = gpd.GeoDataFrame(index=data.frame.index, geometry=data.frame.geometry)
    for ours in COLUMNS:
        if ours in _TIMES:
            frame[ours], found = _times(raw[ours], zone, cells, names[ours], required=ours in REQUIRED)
        else:
            frame[ours], found = _words(raw[ours], _VOCABULARIES.get(ours), cells, names[ours])
        faults += found
    reversed_ = (frame["closed_at"] < frame["occurred_at"]).to_numpy()
    remedy = t("Check both times and their UTC offset.", "请核对两个时间及其时区。")
    problem = t("is before it occurred", "早于发生时间")
    faults += _marked(reversed_, "closed_before_occurred", problem, remedy, raw["closed_at"], cells, names["closed_at"])
    faults.sort(key=lambda fault: fault.row or 0)
    faulty = [fault.row - 1 for fault in errors_only(faults) if fault.row is not None]
    sound = frame.drop(index=faulty).reset_index(drop=True)[[*COLUMNS, "geometry"]]
    dropped = [str(name) for name in data.frame.columns.drop("geometry") if name not in names.values()]
    return Incidents(sound, tuple(faults), tuple(dropped), data.datum)


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
    for column in ("code", "name"):
        if column not in table:
            raise _missing_column(file, column, table.columns)
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


def _file_columns(file: str, frame: pd.DataFrame, columns: Mapping[str, str]) -> dict[str, str]:
    """Give our column name → the file's, whether or not it is there; raises when a needed one is not."""
    if strange := [ours for ours in columns if ours not in COLUMNS]:
        raise InputError(
            t("Incidents have no column “{name}”.", "事件没有“{name}”列。", name=strange[0]),
            remedy=t("Known columns: {names}.", "已知的列：{names}。", names=", ".join(COLUMNS)),
        )
    names = {ours: columns.get(ours, ours) for ours in COLUMNS}
    for ours in {*REQUIRED, *columns}:
        if names[ours] not in frame:
            raise _missing_column(file, names[ours], frame.columns.drop("geometry"))
    return names


def _location_faults(cells: CellChecks, explained: set[int | None]) -> list[Fault]:
    """List rows without a point; where the reader of the file has said why there is none, that stands."""
    shapes = cells.geometry.to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    strange = ~missing & (shapely.get_type_id(shapes) != shapely.GeometryType.POINT)
    fill = t("Fill in the coordinates, or leave the row out.", "请补全坐标或删除该行。")
    point = t("Give the place of the incident as one point.", "请以一个点给出事件位置。")
    none, wrong = t("There is no location.", "缺少位置。"), t("The location is not a point.", "位置不是点。")
    return [
        *(
            cells.fault("missing_location", row, "geometry", none, fill)
            for row in np.flatnonzero(missing).tolist()
            if row + 1 not in explained
        ),
        *(cells.fault("not_a_point", row, "geometry", wrong, point) for row in np.flatnonzero(strange).tolist()),
    ]


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
    text = pd.Series(cells_text, dtype=object).fillna("")
    parts = text.str.extract(_TIME)
    aware = parts["offset"].notna()
    local = parts["day"].notna() & ~aware
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
    wrong = (read.isna() & (text != "")).to_numpy() & ~homeless
    faults += _marked(wrong, "invalid_time", problem, remedy, cells_text, cells, column)
    if required:
        faults += [cells.missing(row, column) for row in np.flatnonzero(text == "").tolist()]
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


def _missing_column(file: str, column: str, there: "pd.Index[Any]") -> MissingColumnError:
    return MissingColumnError(
        t("{file} has no column {column}.", "{file} 缺少 {column} 列。", file=file, column=column),
        remedy=t(
            "Columns there are: {there}. Name the one that holds it.",
            "现有列：{there}。请指明对应的列。",
            there=", ".join(map(str, there)),
        ),
    )
