"""Reading cameras: device positions and what they can see, never what they saw.

What a file does not say is taken from `DEFAULTS` and counted, so that a map can state how much of it is assumed. A
direction is never assumed: a camera that sees less than all round and has no azimuth covers nothing for certain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.columns import CellChecks, JudgedRows, SeenIds, file_columns, require_columns
from spatialgov.faults import Fault, Severity, errors_only
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.vector_io import numbers, read_vector, texts

__all__ = [
    "COLUMNS",
    "DEFAULTS",
    "KINDS",
    "LIMITS",
    "STATUSES",
    "CameraDefaults",
    "CameraRules",
    "Cameras",
    "read_cameras",
]

Kind = Literal["fixed", "dome", "ptz", "panoramic"]
Status = Literal["in_service", "broken", "planned"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES: tuple[Status, ...] = get_args(Status)

COLUMNS = ("camera_id", "kind", "height_m", "azimuth_deg", "fov_deg", "range_m", "status", "owner")
"""The columns of a frame of cameras, before its geometry."""

LIMITS = {"height_m": (0.0, 1_000.0), "fov_deg": (0.1, 360.0), "range_m": (0.1, 10_000.0)}
"""Least and most of each number; what lies outside is a slip of the unit."""


class CameraDefaults(NamedTuple):
    """What is taken for a camera that does not say: mounting height, horizontal field of view, range."""

    height_m: float
    fov_deg: float
    range_m: float


DEFAULTS: dict[Kind, CameraDefaults] = {
    "fixed": CameraDefaults(4.0, 70.0, 50.0),
    "dome": CameraDefaults(4.0, 360.0, 30.0),
    "ptz": CameraDefaults(6.0, 60.0, 100.0),
    "panoramic": CameraDefaults(6.0, 360.0, 30.0),
}
"""Assumptions of ours, by kind. 50 m is where 1,920 pixels over 70° fall to 27 pixels a metre, about the 25 that
EN 62676-4 asks for detection. A PTZ camera's field of view is that of its home view, not all it could turn to."""

_WINDS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
_WINDS_ZH = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")
_AZIMUTHS = {wind: 22.5 * i for i, wind in enumerate(_WINDS)} | {wind: 45.0 * i for i, wind in enumerate(_WINDS_ZH)}

Mask = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Cameras:
    """Cameras as read.

    Attributes
    ----------
    frame
        `COLUMNS` and a Point geometry, EPSG:4326: text, and float64 metres and degrees; ``azimuth_deg`` is clockwise
        from north in [0, 360), NaN for an unknown direction.
    faults
        What was wrong; rows with an error are left out of `frame`.
    dropped_columns
        Columns of the file that were not asked for.
    assumptions
        Default that was taken, such as ``range_m = 50 (fixed)``, → number of cameras in `frame`. An unknown direction
        is counted as ``azimuth_deg = NaN (…)``.
    datum
        Datum that the file was in.
    """

    frame: gpd.GeoDataFrame
    faults: tuple[Fault, ...]
    dropped_columns: tuple[str, ...]
    assumptions: Mapping[str, int]
    datum: str


def read_cameras(
    path: str | Path,
    *,
    datum: str | None = None,
    crs: Any = None,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Cameras:
    """Read cameras from a vector file or a CSV file with ``lon`` and ``lat``.

    Parameters
    ----------
    path
        Any format of `spatialgov.vector_io.read_vector`; only ``camera_id`` and a location are required.
    datum, crs, layer
        As `spatialgov.vector_io.read_vector` takes them; a CSV file needs its datum named.
    columns
        Our column names → the file's, where they differ.

    Raises
    ------
    MissingColumnError
        When ``camera_id``, or a column that `columns` names, is not there.
    InputError
        When the file can't be read at all (see `read_vector`); a bad row never does that.
    """
    rules = CameraRules(columns)
    data = read_vector(path, datum=datum, crs=crs, layer=layer)
    require_columns(Path(path).name, rules.needed, data.frame.columns)
    judged = rules.judge(data.frame, data.faults)
    dropped = [str(name) for name in data.frame.columns.drop("geometry") if name not in rules.names.values()]
    return Cameras(judged.frame, tuple(judged.faults), tuple(dropped), judged.assumptions, data.datum)


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
    needed
        Columns that the file must have.

    Raises
    ------
    InputError
        When there is no such column.
    """

    def __init__(self, columns: Mapping[str, str] | None = None) -> None:
        self.names, self.needed = file_columns(COLUMNS, ["camera_id"], columns, t("Cameras", "摄像机"))

    def judge(
        self, rows: gpd.GeoDataFrame, known: Sequence[Fault], *, offset: int = 0, seen: SeenIds | None = None
    ) -> JudgedRows:
        """Give the sound rows with our columns, the faults of all, and what was assumed.

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
        return _Judge(rows, known, self.names, offset, seen).cameras()


class _Judge:
    """Rows of one file on their way to cameras: what is wrong with them and what was assumed for them."""

    def __init__(
        self,
        rows: gpd.GeoDataFrame,
        known: Sequence[Fault],
        names: Mapping[str, str],
        offset: int,
        seen: SeenIds | None,
    ) -> None:
        self.rows, self.names = rows, names
        self.ids = self.text("camera_id")
        points = np.array(rows.geometry, dtype=object)
        single = shapely.get_num_geometries(points) == 1
        points[single] = shapely.get_geometry(points[single], 0)  # a multipoint of one
        self.points = gpd.GeoSeries(points, crs=WGS84)
        self.checks = CellChecks(self.points, self.ids, offset)
        self.assumed: dict[str, Mask] = {}
        self.faults = [replace(fault, item=self.ids[(fault.row or 1) - 1 - offset]) for fault in known]
        self.faults += self.checks.location_faults(fault.row for fault in known)
        self.faults += self.checks.identifier_faults(names["camera_id"], seen)
        for column in ("camera_id", "owner"):
            self.faults += self.checks.text_faults(self.text(column), names[column])

    def cameras(self) -> JudgedRows:
        kind, status = self.word("kind", KINDS, "fixed"), self.word("status", STATUSES, "in_service")
        fov_deg = self.number("fov_deg", kind)
        table = {
            "camera_id": self.ids,
            "kind": kind,
            "height_m": self.number("height_m", kind),
            "azimuth_deg": self.azimuth(kind, fov_deg),
            "fov_deg": fov_deg,
            "range_m": self.number("range_m", kind),
            "status": status,
            "owner": [cell or "" for cell in self.text("owner")],
        }
        frame = gpd.GeoDataFrame(table, geometry=self.points, crs=WGS84)[[*COLUMNS, "geometry"]]
        self.faults.sort(key=lambda fault: fault.row or 0)
        sound = np.ones(len(frame), dtype=bool)
        sound[[fault.row - 1 - self.checks.offset for fault in errors_only(self.faults) if fault.row is not None]] = (
            False
        )
        counts = {what: int((where & sound).sum()) for what, where in self.assumed.items()}
        assumptions = {what: count for what, count in counts.items() if count}
        return JudgedRows(frame[sound].reset_index(drop=True), self.faults, assumptions)

    def cells(self, column: str) -> "pd.Series[Any]":
        blank = pd.Series(None, self.rows.index, dtype=object)
        return self.rows.get(self.names[column], blank)

    def text(self, column: str) -> Words:
        return texts(self.cells(column))

    def report(
        self, kind: str, bad: Mask, column: str, problem: str, remedy: str, severity: Severity = "error"
    ) -> None:
        """List a fault for each row of a mask: “column” problem: value."""
        name, values, colon = self.names[column], self.text(column), t(": ", "：")
        for position in np.flatnonzero(bad).tolist():
            message = f"“{name}” {problem}{colon}{values[position]}"
            self.faults.append(self.checks.fault(kind, position, name, message, remedy, severity=severity))

    def word(self, column: str, known: tuple[str, ...], default: str) -> Words:
        words = pd.Series(self.text(column), dtype=object)
        self.assumed[f"{column} = {default}"] = words.isna().to_numpy()
        words = words.fillna(default).str.lower()
        self.report(
            "unknown_value",
            ~words.isin(known).to_numpy(),
            column,
            t("is not a known value", "不是已知取值"),
            t("Use one of: {known}.", "可用取值：{known}。", known=", ".join(known)),
        )
        return words.to_numpy()

    def number(self, column: str, kind: Words) -> FloatArray:
        least, most = LIMITS[column]
        values, wrong = numbers(self.cells(column))
        self.report_wrong(wrong, column)
        self.report(
            "out_of_range",
            (values < least) | (values > most),
            column,
            t("is not between {least:g} and {most:g}", "不在 {least:g} 与 {most:g} 之间", least=least, most=most),
            t("Correct it, or leave it empty to take the default.", "请更正，或留空以采用缺省值。"),
        )
        for name, defaults in DEFAULTS.items():
            default = defaults._asdict()[column]
            blank = np.isnan(values) & ~wrong & (kind == name)
            self.assumed[f"{column} = {default:g} ({name})"] = blank
            values[blank] = default
        return values

    def azimuth(self, kind: Words, fov_deg: FloatArray) -> FloatArray:
        cells = self.text("azimuth_deg")
        turned = [_AZIMUTHS.get(cell.upper().removeprefix("正"), cell) if cell else None for cell in cells]
        values, wrong = numbers(pd.Series(turned, dtype=object))
        self.report_wrong(wrong, "azimuth_deg")
        self.report(
            "azimuth_turned",
            (values < 0.0) | (values > 360.0),
            "azimuth_deg",
            t("is outside 0–360° and was taken modulo 360°", "超出 0–360°，已按整圈折算"),
            t("Check the azimuth.", "请核对方位角。"),
            severity="warning",
        )
        for name in KINDS:
            self.assumed[f"azimuth_deg = NaN ({name})"] = np.isnan(values) & (fov_deg < 360.0) & (kind == name)
        return values % 360.0 % 360.0  # the first one gives 360 for a hair below 0

    def report_wrong(self, wrong: Mask, column: str) -> None:
        remedy = t("Correct it, or leave it empty.", "请更正或留空。")
        self.report("not_a_number", wrong, column, t("is not a number", "不是数值"), remedy)
