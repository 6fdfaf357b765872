"""Reading cameras: device positions and what they can see, never what they saw.

What a file does not say is taken from `DEFAULTS` and counted, so that a map can state how much of it is assumed. A
direction is never assumed: a camera that sees less than all round and has no azimuth covers nothing for certain.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.errors import MissingColumnError
from spatialgov.faults import Fault, Severity
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.vector_io import VectorData, numbers, read_vector, texts

__all__ = ["COLUMNS", "DEFAULTS", "KINDS", "LIMITS", "STATUSES", "CameraDefaults", "Cameras", "read_cameras"]

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
    data = read_vector(path, datum=datum, crs=crs, layer=layer)
    names = {ours: (columns or {}).get(ours, ours) for ours in COLUMNS}
    file = Path(path).name
    if missing := [names[ours] for ours in ("camera_id", *(columns or {})) if names[ours] not in data.frame]:
        raise MissingColumnError(
            t("{file} has no column {column}.", "{file} 缺少 {column} 列。", file=file, column=missing[0]),
            remedy=t(
                "Columns there are: {there}. Name the one that holds it.",
                "现有列：{there}。请指明对应的列。",
                there=", ".join(str(name) for name in data.frame.columns.drop("geometry")),
            ),
        )
    return _Reader(file, data, names).cameras()


class _Reader:
    """The rows of one file on their way to `Cameras`: what is wrong with them and what was assumed for them."""

    def __init__(self, file: str, data: VectorData, names: Mapping[str, str]) -> None:
        self.file, self.data, self.names = file, data, names
        self.assumed: dict[str, Mask] = {}
        self.sound = np.ones(len(data.frame), dtype=bool)
        self.ids = self.text("camera_id")
        self.faults = [replace(fault, item=self.ids[(fault.row or 1) - 1]) for fault in data.faults]
        self.sound[[(fault.row or 1) - 1 for fault in data.faults]] = False

    def cameras(self) -> Cameras:
        points = self.points()
        self.check_ids()
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
        frame = gpd.GeoDataFrame(table, geometry=points, crs=WGS84)[[*COLUMNS, "geometry"]]
        counts = {what: int((where & self.sound).sum()) for what, where in self.assumed.items()}
        return Cameras(
            frame=frame[self.sound].reset_index(drop=True),
            faults=tuple(sorted(self.faults, key=lambda fault: fault.row or 0)),
            dropped_columns=tuple(
                str(name) for name in self.data.frame.columns.drop("geometry") if name not in self.names.values()
            ),
            assumptions={what: count for what, count in counts.items() if count},
            datum=self.data.datum,
        )

    def cells(self, column: str) -> "pd.Series[Any]":
        frame = self.data.frame
        return frame[self.names[column]] if self.names[column] in frame else pd.Series(None, frame.index, dtype=object)

    def text(self, column: str) -> Words:
        return texts(self.cells(column))

    def report(
        self, kind: str, bad: Mask, column: str, problem: str, remedy: str, severity: Severity = "error"
    ) -> None:
        """List a fault for each row of a mask; an error leaves the row out."""
        name = self.names.get(column, column)
        values = self.text(column) if column in self.names else None
        place = t("{file}, row {row}, column {column}: ", "{file} 第 {row} 行 {column} 列：")
        for position in np.flatnonzero(bad).tolist():
            message = place.format(file=self.file, row=position + 1, column=name) + problem
            if values is not None and values[position] is not None:
                message += f" ({values[position]})"
            self.faults.append(Fault(kind, message, remedy, severity, position + 1, name, self.ids[position]))
        if severity == "error":
            self.sound &= ~bad

    def check_ids(self) -> None:
        blank = np.asarray(pd.isna(self.ids))
        remedy = t("Give every camera an identifier of its own.", "请为每台摄像机指定唯一编号。")
        self.report("missing_value", blank, "camera_id", t("no identifier", "缺少编号"), remedy)
        repeated = pd.Series(self.ids).duplicated().to_numpy() & ~blank
        problem = t("the same identifier as an earlier row", "编号与前面的行重复")
        self.report("duplicate_id", repeated, "camera_id", problem, remedy)

    def points(self) -> Words:
        shapes = np.array(self.data.frame.geometry, dtype=object)
        single = shapely.get_num_geometries(shapes) == 1
        shapes[single] = shapely.get_geometry(shapes[single], 0)  # a multipoint of one
        missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        strange = ~missing & (shapely.get_type_id(shapes) != shapely.GeometryType.POINT)
        self.report(
            "missing_location",
            missing & self.sound,
            "geometry",
            t("no location", "缺少位置"),
            t("Fill in the coordinates, or leave the row out.", "请补全坐标或删除该行。"),
        )
        self.report(
            "not_a_point",
            strange,
            "geometry",
            t("not a point", "不是点"),
            t("Give the place of the camera as one point.", "请以一个点给出摄像机位置。"),
        )
        return shapes

    def word(self, column: str, known: tuple[str, ...], default: str) -> Words:
        words = pd.Series(self.text(column), dtype=object)
        self.assumed[f"{column} = {default}"] = words.isna().to_numpy()
        words = words.fillna(default).str.lower()
        self.report(
            "unknown_value",
            ~words.isin(known).to_numpy(),
            column,
            t("a value that is not known", "未知取值"),
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
            t("not between {least:g} and {most:g}", "不在 {least:g} 与 {most:g} 之间", least=least, most=most),
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
            t("outside 0–360°, taken modulo 360°", "超出 0–360°，已按整圈折算"),
            t("Check the azimuth.", "请核对方位角。"),
            severity="warning",
        )
        for name in KINDS:
            self.assumed[f"azimuth_deg = NaN ({name})"] = np.isnan(values) & (fov_deg < 360.0) & (kind == name)
        return values % 360.0 % 360.0  # the first one gives 360 for a hair below 0

    def report_wrong(self, wrong: Mask, column: str) -> None:
        remedy = t("Correct it, or leave it empty.", "请更正或留空。")
        self.report("not_a_number", wrong, column, t("not a number", "不是数值"), remedy)
