"""Reading cameras: device positions and what they can see, never what they saw.

Tables of our own columns, catalogues of GB/T 28181 (XML as platforms answer it, or CSV with its fields), and cameras of
OpenStreetMap (its tags as columns, or an extract ``.osm.pbf``). Nothing is filled in here: what a file does not say is
unknown, and `spatialgov.coverage.views_of` states what it takes instead.
"""

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.columns import CellChecks, JudgedRows, SeenIds, file_columns, require_columns
from spatialgov.coverage.cameras import gb28181, osm_tags
from spatialgov.coverage.cameras.dialects import Rows, Translation
from spatialgov.coverage.cameras.directions import Direction, parse_directions
from spatialgov.coverage.cameras.osm_cameras import OsmCameraRows
from spatialgov.faults import Fault, Severity, errors_only
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.vector_io import numbers, texts
from spatialgov.vector_io.batches import BatchedFile, first_bytes, open_batches
from spatialgov.vector_io.reading import PLACE_COLUMNS

__all__ = [
    "COLUMNS",
    "KINDS",
    "LIMITS",
    "STATUSES",
    "CameraRules",
    "Cameras",
    "open_cameras",
    "read_cameras",
]

Kind = Literal["fixed", "dome", "ptz", "panoramic"]
Status = Literal["in_service", "broken", "planned"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES: tuple[Status, ...] = get_args(Status)

COLUMNS = (
    "camera_id", "post_id", "gb_code", "kind", "height_m", "azimuth_deg", "azimuth_error_deg", "fov_deg", "tilt_deg",
    "range_m", "width_px", "status", "owner",
)  # fmt: skip
"""The columns of a frame of cameras, before its geometry."""

LIMITS = {
    "height_m": (0.0, 1_000.0),
    "azimuth_error_deg": (0.0, 180.0),
    "fov_deg": (0.1, 360.0),
    "tilt_deg": (-90.0, 90.0),
    "range_m": (0.1, 10_000.0),
    "width_px": (1.0, 100_000.0),
}
"""Least and most of each number; what lies outside is a slip of the unit."""

FAR_M = 1_000.0
"""A longer range is taken, and pointed out."""
MANY_AT_ONE_PLACE = 50
"""So many cameras at exactly one place are pointed out: a place that was put where none was known."""

_NOWHERE_DEG = 0.01
"""Nearer than this to 0° N, 0° E, in the sea, no camera stands: there stands what has no coordinates."""

_BEFORE_XML = codecs.BOM_UTF8 + codecs.BOM_UTF16_BE + b"\0 \t\r\n"
"""Bytes that may stand before the first tag: marks of the encoding, space."""
_NO_DIRECTION = Direction(np.nan, np.nan, np.nan, False)

Mask = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Cameras:
    """Cameras as read.

    Attributes
    ----------
    frame
        `COLUMNS` and a Point geometry, EPSG:4326: text ("" = unknown), and float64 metres, degrees and pixels
        (NaN = unknown). ``azimuth_deg`` is clockwise from north in [0, 360), ``azimuth_error_deg`` how far the true
        direction may lie from it where it is known to a compass point only, ``tilt_deg`` below the horizon. A device
        with several directions has a row each, ``ID#1``, ``ID#2``, … of one post.
    faults
        What was wrong; rows with an error are left out of `frame`.
    dropped_columns
        Columns of the file that were not asked for.
    left_out
        Reason → rows that are no camera of use here: recorders, indoor cameras, guards.
    unknown
        Column → cameras that don't say.
    datum
        Datum that the file was in.
    """

    frame: gpd.GeoDataFrame
    faults: tuple[Fault, ...]
    dropped_columns: tuple[str, ...]
    left_out: Mapping[str, int]
    unknown: Mapping[str, int]
    datum: str


def open_cameras(
    path: Path, rules: "CameraRules", *, datum: str | None = None, crs: Any = None, layer: str | None = None
) -> BatchedFile:
    """Open a file of cameras to read it batch by batch; what it is follows from its content.

    Parameters
    ----------
    path
        A catalogue of GB/T 28181 in XML, an extract of OpenStreetMap (``.osm.pbf``), or any format of
        `spatialgov.vector_io.open_batches`.
    rules
        They name the columns to read.
    datum, crs, layer
        As `spatialgov.vector_io.read_vector` takes them; a catalogue or a CSV file needs its datum named.

    Raises
    ------
    UnreadableFileError
        When it is missing, empty, damaged or of no known format.
    """
    head = first_bytes(path)
    if OsmCameraRows.is_format(head):
        return BatchedFile(OsmCameraRows(path, rules.wanted), datum or "wgs84", None, None)
    if head.lstrip(_BEFORE_XML).startswith(b"<"):
        return BatchedFile(gb28181.CatalogueRows(path, rules.wanted), datum, crs, None)
    return open_batches(path, rules.wanted, datum=datum, crs=crs, layer=layer)


def read_cameras(
    path: str | Path,
    *,
    datum: str | None = None,
    crs: Any = None,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Cameras:
    """Read the cameras of a file.

    Parameters
    ----------
    path
        See `open_cameras`; of our columns only ``camera_id`` and a location are required.
    datum, crs, layer
        As `open_cameras` takes them.
    columns
        Our column names → the file's, where they differ.

    Raises
    ------
    MissingColumnError
        When ``camera_id``, or a column that `columns` names, is not there.
    InputError
        When the file can't be read at all (see `open_cameras`); a bad row never does that.
    """
    path, rules = Path(path), CameraRules(columns)
    file = open_cameras(path, rules, datum=datum, crs=crs, layer=layer)
    judged, faults, seen = [], [], SeenIds()
    for batch in file:
        if batch.offset == 0 and len(batch.unreadable_rows) < len(batch.frame):
            rules.require(path.name, file.names)
        judged.append(rules.judge(batch.frame, batch.faults, offset=batch.offset, seen=seen))
        faults += batch.of_readable_rows(judged[-1].faults)
    return Cameras(
        gpd.GeoDataFrame(pd.concat([one.frame for one in judged], ignore_index=True)),
        tuple(faults),
        (*file.dropped_columns, *rules.unused(file.names)),
        _added(one.left_out for one in judged),
        _added(one.unknown for one in judged),
        file.datum or "",
    )


def _added(counts: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            total[name] = total.get(name, 0) + count
    return total


class CameraRules:
    """What makes a row of a file a camera.

    Parameters
    ----------
    columns
        Our column names → the file's, where they differ.

    Attributes
    ----------
    names
        Our column names → the file's.
    wanted
        Columns to read of any file: ours, and those of the dialects that are known.

    Raises
    ------
    InputError
        When there is no such column.
    """

    def __init__(self, columns: Mapping[str, str] | None = None) -> None:
        self.names, self._needed = file_columns(COLUMNS, ["camera_id"], columns, t("Cameras", "摄像机"))
        self.wanted = tuple(
            dict.fromkeys([*self.names.values(), *gb28181.FIELDS, *osm_tags.TAGS, *osm_tags.ID_COLUMNS])
        )

    def require(self, file: str, there: Sequence[str]) -> None:
        """Refuse a file without what tells its cameras apart.

        Raises
        ------
        MissingColumnError
            With the name of the file and the columns that are there.
        """
        theirs = self._id_column(there)
        needed = [name for name in self._needed if name != self.names["camera_id"]]
        require_columns(file, [theirs or self.names["camera_id"], *needed], there)

    def unused(self, there: Sequence[str]) -> list[str]:
        """Give the columns of a file that were read for a dialect that it is not in."""
        found = self._id_column(there)
        used = {*self.names.values()}
        if found == "DeviceID":
            used.update(gb28181.FIELDS)
        elif found is not None:
            used.update(osm_tags.TAGS, [found])
        return [
            name for name in there if name in self.wanted and name not in used and name.lower() not in PLACE_COLUMNS
        ]

    def _id_column(self, there: Sequence[str]) -> str | None:
        """Give the column of the identifiers of another dialect; None for a table of ours."""
        if self.names["camera_id"] in there:
            return self.names["camera_id"] if _has_tags(there) else None
        if "DeviceID" in there:
            return "DeviceID"
        return next((name for name in osm_tags.ID_COLUMNS if name in there), None) if _has_tags(there) else None

    def judge(
        self, rows: gpd.GeoDataFrame, known: Sequence[Fault], *, offset: int = 0, seen: SeenIds | None = None
    ) -> JudgedRows:
        """Give the sound rows with our columns, the faults of all, what was left out and what is unknown.

        In a table of ours a value that can't be used refuses its row, to be mended there. A catalogue of devices and
        OpenStreetMap are not mended by who reads them: there such a value is unknown, with a warning.

        Parameters
        ----------
        rows
            As `spatialgov.vector_io.open_batches` gives them: the file's columns and geometry, EPSG:4326.
        known
            Faults that the reader of the file has found.
        offset
            Rows of the file before these.
        seen
            Identifiers of the rows before these.
        """
        names = [str(name) for name in rows.columns]
        found = self._id_column(names)
        if found is None:
            return _Judge(rows, known, self.names, None, offset, seen or SeenIds()).cameras()
        theirs = gb28181.translate(Rows(rows)) if found == "DeviceID" else osm_tags.translate(Rows(rows), found)
        return _Judge(rows, known, self.names, theirs, offset, seen or SeenIds()).cameras()


def _has_tags(names: Sequence[str]) -> bool:
    return any(name.startswith(("camera:", "surveillance")) or name == "man_made" for name in names)


class _Judge:
    """Rows of one file on their way to cameras: what is wrong with them, what is left out, what they don't say."""

    def __init__(
        self,
        rows: gpd.GeoDataFrame,
        known: Sequence[Fault],
        names: Mapping[str, str],
        theirs: Translation | None,
        offset: int,
        seen: SeenIds,
    ) -> None:
        self.rows, self.theirs, self.seen = rows, theirs, seen
        self.names = {**names, **(theirs.names if theirs else {})}
        self.severity: Severity = "warning" if theirs else "error"
        self.left_out = dict(theirs.left_out) if theirs else {}
        self.passed_over = np.zeros(len(rows), dtype=bool)
        for reason in self.left_out.values():
            self.passed_over |= reason
        self.ids = self.text("camera_id")
        self.ids[self.passed_over] = None  # an identifier of what is no camera may be a camera's in a later row
        points = np.array(rows.geometry, dtype=object)
        single = shapely.get_num_geometries(points) == 1
        points[single] = shapely.get_geometry(points[single], 0)  # a multipoint of one
        points[self._nowhere(points)] = None
        self.points = gpd.GeoSeries(points, crs=WGS84)
        self.checks = CellChecks(self.points, self.ids, offset)
        self.faults = [replace(fault, item=self.ids[(fault.row or 1) - 1 - offset]) for fault in known]
        self.faults += self.checks.location_faults(fault.row for fault in known)
        self.faults += self.checks.identifier_faults(self.names["camera_id"], seen)
        for column in ("camera_id", "post_id", "owner"):
            self.faults += self.checks.text_faults(self.text(column), self.names[column])

    @staticmethod
    def _nowhere(points: Words) -> Mask:
        near = shapely.distance(points, shapely.Point(0.0, 0.0)) < _NOWHERE_DEG
        return np.asarray(near & (shapely.get_type_id(points) == shapely.GeometryType.POINT), dtype=bool)

    def cameras(self) -> JudgedRows:
        kind, directions = self.word("kind", KINDS), self.directions()
        table = {
            "camera_id": self.ids,
            "post_id": self.filled("post_id"),
            "gb_code": self.gb_code(),
            "kind": kind,
            "height_m": self.number("height_m"),
            "azimuth_deg": [one[0].azimuth_deg if one else np.nan for one in directions],
            "azimuth_error_deg": self.number("azimuth_error_deg"),
            "fov_deg": self.number("fov_deg"),
            "tilt_deg": self.number("tilt_deg"),
            "range_m": self.number("range_m"),
            "width_px": self.number("width_px"),
            "status": self.word("status", STATUSES),
            "owner": self.filled("owner"),
        }
        frame = gpd.GeoDataFrame(table, geometry=self.points, crs=WGS84)[[*COLUMNS, "geometry"]]
        self.look_far(frame["range_m"].to_numpy())
        frame = self.turned(frame, directions)
        offset = self.checks.offset
        self.faults = [fault for fault in self.faults if not (fault.row and self.passed_over[fault.row - 1 - offset])]
        self.piled()
        self.faults.sort(key=lambda fault: fault.row or 0)
        sound = ~self.passed_over
        sound[[fault.row - 1 - offset for fault in errors_only(self.faults) if fault.row is not None]] = False
        left_out = {reason: int(where.sum()) for reason, where in self.left_out.items() if where.any()}
        kept = frame[sound[frame.index]].reset_index(drop=True)
        return JudgedRows(kept, self.faults, left_out, _unknown(frame[~frame.index.duplicated()][sound]))

    def cells(self, column: str) -> "pd.Series[Any]":
        if self.theirs is not None and column in self.theirs.cells:
            return pd.Series(self.theirs.cells[column], self.rows.index, dtype=object)
        blank = pd.Series(None, self.rows.index, dtype=object)
        return self.rows.get(self.names[column], blank)

    def text(self, column: str) -> Words:
        return texts(self.cells(column))

    def filled(self, column: str) -> list[str]:
        return [cell or "" for cell in self.text(column)]

    def report(
        self, kind: str, bad: Mask, column: str, problem: str, remedy: str, severity: Severity | None = None
    ) -> None:
        """List a fault for each row of a mask: “column” problem: value."""
        self.faults += self.checks.marked(
            bad, kind, self.names[column], problem, remedy, self.text(column), severity=severity or self.severity
        )

    def word(self, column: str, known: tuple[str, ...]) -> Words:
        words = pd.Series(self.filled(column), dtype=object).str.lower()
        strange = ~words.isin([*known, ""]).to_numpy()
        self.report(
            "unknown_value",
            strange,
            column,
            t("is not a known value", "不是已知取值"),
            t("Use one of: {known}.", "可用取值：{known}。", known=", ".join(known)),
        )
        return words.where(~strange, "").to_numpy(dtype=object)

    def number(self, column: str) -> FloatArray:
        least, most = LIMITS[column]
        values, wrong = numbers(self.cells(column))
        self.report_wrong(wrong, column)
        outside = (values < least) | (values > most)
        self.report(
            "out_of_range",
            outside,
            column,
            t("is not between {least:g} and {most:g}", "不在 {least:g} 与 {most:g} 之间", least=least, most=most),
            t("Correct it, or leave it empty where it is unknown.", "请更正；若未知请留空。"),
        )
        values[outside] = np.nan
        return values

    def gb_code(self) -> list[str]:
        codes = self.text("gb_code")
        wrong = np.array([code is not None and gb28181.parse_device_code(code) is None for code in codes], dtype=bool)
        problem = t("does not have the 20 digits of GB/T 28181", "不是 GB/T 28181 的 20 位编码")
        self.report("invalid_code", wrong, "gb_code", problem, t("Correct it, or leave it empty.", "请更正或留空。"))
        return ["" if code is None or bad else code for code, bad in zip(codes, wrong, strict=True)]

    def directions(self) -> list[list[Direction]]:
        """Give the directions of each row, none where it says none."""
        cells = self.text("azimuth_deg")
        found = [parse_directions(cell) if cell else [] for cell in cells]
        self.report(
            "invalid_direction",
            np.array([one is None for one in found], dtype=bool),
            "azimuth_deg",
            t("is no direction", "不是方位"),
            t(
                "Write degrees (90), a compass word (NE), several (90;270) or a range (45-135).",
                "请写角度（90）、方位词（东北）、多个方位（90;270）或范围（45-135）。",
            ),
        )
        directions = [one or [] for one in found]
        self.report(
            "azimuth_turned",
            np.array([any(d.turned for d in one) for one in directions], dtype=bool),
            "azimuth_deg",
            t("is outside 0–360° and was taken modulo 360°", "超出 0–360°，已按整圈折算"),
            t("Check the azimuth.", "请核对方位角。"),
            severity="warning",
        )
        return directions

    def report_wrong(self, wrong: Mask, column: str) -> None:
        remedy = t("Correct it, or leave it empty.", "请更正或留空。")
        self.report("not_a_number", wrong, column, t("is not a number", "不是数值"), remedy)

    def look_far(self, range_m: FloatArray) -> None:
        self.report(
            "far_range",
            range_m > FAR_M,
            "range_m",
            t("is farther than {most:g} m", "超过 {most:g} 米", most=FAR_M),
            t("Check the unit: metres.", "请核对单位是否为米。"),
            severity="warning",
        )

    def piled(self) -> None:
        """Point out places that hold so many cameras that nobody can have meant them."""
        there = ~(shapely.is_missing(self.points.to_numpy()) | self.passed_over)
        rows = np.flatnonzero(there)
        places = shapely.get_coordinates(shapely.centroid(self.points.to_numpy()[there]))
        if len(rows) < MANY_AT_ONE_PLACE or len(places) != len(rows):
            return
        _, first, count = np.unique(places, axis=0, return_index=True, return_counts=True)
        for position, many in zip(rows[first].tolist(), count.tolist(), strict=True):
            if many >= MANY_AT_ONE_PLACE:
                message = t("{n} cameras stand at exactly this place.", "{n} 台摄像机位于完全相同的位置。", n=many)
                remedy = t("Check whether it stands for an unknown one.", "请核对该坐标是否为占位坐标。")
                self.faults.append(
                    self.checks.fault("piled", position, "geometry", message, remedy, severity="warning")
                )

    def turned(self, frame: gpd.GeoDataFrame, directions: list[list[Direction]]) -> gpd.GeoDataFrame:
        """Give each direction a row of its own, with what it says of its error and of the field of view.

        A range is the field of view, or where a PTZ camera may look: then its middle, and half of it for the error.
        The index tells the row of the file.
        """
        count = np.array([max(len(one), 1) for one in directions], dtype=np.int64)
        row = np.repeat(np.arange(len(count)), count)
        each = [one for several in directions for one in several or [_NO_DIRECTION]]
        azimuth, error, width = (np.array([one[i] for one in each], dtype=np.float64) for i in range(3))
        frame = frame.iloc[row].set_axis(row)
        roams = (frame["kind"] == "ptz").to_numpy() & ~np.isnan(width)
        given, fov = frame["azimuth_error_deg"].to_numpy(), frame["fov_deg"].to_numpy()
        error = np.where(np.isnan(given), np.where(roams, width / 2.0, error), given)
        frame["azimuth_deg"] = azimuth
        frame["azimuth_error_deg"] = np.where(np.isnan(azimuth), np.nan, error)
        frame["fov_deg"] = np.where(np.isnan(fov) & ~roams, width, fov)
        if (count > 1).any():
            self.name_apart(frame, count)
        return frame

    def name_apart(self, frame: gpd.GeoDataFrame, count: npt.NDArray[np.int64]) -> None:
        """Name the rows of a device with several directions, and refuse it where the file has such a name already."""
        row = frame.index.to_numpy()
        several = count[row] > 1
        nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        ids = frame["camera_id"].to_numpy(dtype=object, copy=True)
        for position in np.flatnonzero(several & ~pd.isna(ids)).tolist():
            ids[position] = f"{ids[position]}#{nth[position] + 1}"
        frame["camera_id"] = ids
        for k in range(count.max()):
            named = np.full(len(count), None, dtype=object)
            chosen = several & (nth == k)
            named[row[chosen]] = ids[chosen]
            first = self.seen.first_rows(named, self.checks.offset)
            self.report(
                "duplicate_id",
                (first > 0) & (first != self.checks.offset + 1 + np.arange(len(first))),
                "camera_id",
                t(
                    "has several directions, and another row has the name of one of them",
                    "有多个方位，其分编号与其他行重复",
                ),
                t("Remove one of the rows, or give it an identifier of its own.", "请删除其一，或另给编号。"),
                severity="error",
            )


def _unknown(cameras: gpd.GeoDataFrame) -> dict[str, int]:
    """Count the cameras that don't say; one that looks all round has no direction to say."""
    lacks = {
        "kind": cameras["kind"] == "",
        "height_m": cameras["height_m"].isna(),
        "azimuth_deg": cameras["azimuth_deg"].isna() & ~(cameras["fov_deg"] >= 360.0),
        "fov_deg": cameras["fov_deg"].isna(),
        "tilt_deg": cameras["tilt_deg"].isna(),
        "range_m": cameras["range_m"].isna(),
        "width_px": cameras["width_px"].isna(),
        "status": cameras["status"] == "",
    }
    return {column: int(where.sum()) for column, where in lacks.items() if where.any()}
