"""Changes of cameras that are thought through before anybody climbs a mast: add, move, turn, remove, repair, set."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.columns import CellChecks
from spatialgov.coverage.cameras.reading import COLUMNS, LIMITS, CameraRules
from spatialgov.coverage.sight.shapes import point_shapes
from spatialgov.coverage.zones import zone_shapes
from spatialgov.datum import place_to_wgs84
from spatialgov.errors import CoordinateError, DatumError, FaultyDataError
from spatialgov.faults import Fault, errors_only
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.vector_io import numbers, read_table, texts
from spatialgov.vector_io.files import unreadable
from spatialgov.vector_io.text import decode

__all__ = [
    "ACTIONS",
    "Action",
    "Change",
    "Changes",
    "changed_cameras",
    "in_their_places",
    "judged_changes",
    "read_changes",
]

Action = Literal["add", "move", "turn", "remove", "repair", "set"]
ACTIONS: tuple[Action, ...] = get_args(Action)

_FIGURES = tuple(column for column in COLUMNS if column != "camera_id")
_TAKES: Mapping[Action, tuple[str, ...]] = {
    "add": ("lon", "lat", *_FIGURES),
    "move": ("lon", "lat", *_FIGURES),
    "turn": ("azimuth_deg", "azimuth_error_deg", "tilt_deg", "fov_deg"),
    "remove": (),
    "repair": (),
    "set": _FIGURES,
}
_NEEDS: Mapping[Action, tuple[str, ...]] = {
    "add": ("lon", "lat"),
    "move": ("lon", "lat"),
    "turn": ("azimuth_deg",),
    "remove": (),
    "repair": (),
    "set": (),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one camera.

    Attributes
    ----------
    action
        ``add`` a camera, ``move`` it, ``turn`` it, ``remove`` it, ``repair`` it (it is in service again), or ``set``
        what a survey has found.
    camera_id
        The camera; for ``add`` a new name.
    values
        Column → its new value: ``lon`` and ``lat`` (degrees, WGS 84) and the columns of a camera.
    """

    action: Action
    camera_id: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Give the change as one plain mapping, as `judged_changes` takes it."""
        return {"action": self.action, "camera_id": self.camera_id, **self.values}


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Changes as read.

    Attributes
    ----------
    changes
        The sound ones, in the order of the rows.
    faults
        What was wrong, by row; rows with an error are left out of `changes`.
    dropped_columns
        Columns that were not asked for.
    """

    changes: tuple[Change, ...]
    faults: tuple[Fault, ...]
    dropped_columns: tuple[str, ...] = ()

    def sound(self) -> tuple[Change, ...]:
        """Give the changes, if all rows are sound.

        Raises
        ------
        FaultyDataError
            With every fault.
        """
        if errors_only(self.faults):
            raise FaultyDataError(
                t("Some of the changes can't be made.", "部分调整无法执行。"),
                self.faults,
                remedy=t("Correct these rows, or leave them out.", "请更正或删除这些行。"),
            )
        return self.changes


def read_changes(
    path: str | Path, cameras: gpd.GeoDataFrame, *, datum: str | None = None, zones: gpd.GeoDataFrame | None = None
) -> Changes:
    """Read changes from a table: CSV, Parquet, or JSON (a list of objects).

    Parameters
    ----------
    path
        ``action`` (one of `ACTIONS`), ``camera_id``, and the columns of a camera that the action is about, with
        ``lon`` and ``lat`` for the actions ``add`` and ``move``.
    cameras
        The cameras that are changed.
    datum
        Of ``lon`` and ``lat``.
    zones
        Exclusion zones (`zone_shapes`): no camera is put where nothing may be installed, and one that needs a consent
        is said to.

    Raises
    ------
    UnreadableFileError
        When the file is missing, damaged, or of a format that can't be read; a bad row never does that.
    DatumError
        When there are coordinates, and no datum.
    """
    file = Path(path)
    rows = _json_rows(file) if file.suffix.lower() == ".json" else read_table(file)
    return judged_changes(rows, cameras, datum=datum, zones=zones)


def judged_changes(
    rows: pd.DataFrame | Sequence[Mapping[str, Any]],
    cameras: gpd.GeoDataFrame,
    *,
    datum: str | None = None,
    zones: gpd.GeoDataFrame | None = None,
) -> Changes:
    """Give the changes that rows describe, and what is wrong with the others.

    Parameters
    ----------
    rows
        As for `read_changes`: a table, or mappings.
    cameras, datum, zones
        As for `read_changes`.

    Raises
    ------
    DatumError
        When there are coordinates, and no datum.
    """
    table = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    return _Judge(table.reset_index(drop=True), cameras, datum, zones).changes()


def changed_cameras(cameras: gpd.GeoDataFrame, changes: Sequence[Change]) -> gpd.GeoDataFrame:
    """Give the cameras after changes: removed ones are gone, added ones stand at the end.

    Parameters
    ----------
    cameras
        Columns of cameras and points, EPSG:4326.
    changes
        Made one after another.
    """
    frame, gone = in_their_places(cameras, changes)
    return frame[~gone].reset_index(drop=True)


def in_their_places(
    cameras: gpd.GeoDataFrame, changes: Sequence[Change]
) -> tuple[gpd.GeoDataFrame, npt.NDArray[np.bool_]]:
    """Give the cameras after changes, all in the rows of before, then those that were added; and which are removed."""
    columns = list(dict.fromkeys([*cameras.columns, *_FIGURES]))
    rows: dict[str, dict[Any, Any]] = {row["camera_id"]: row for row in pd.DataFrame(cameras).to_dict("records")}
    gone: set[str] = set()
    for change in changes:
        if change.action == "remove":
            gone.add(change.camera_id)
            continue
        if change.action == "add":
            rows[change.camera_id] = {"camera_id": change.camera_id}
            gone.discard(change.camera_id)
        row, values = rows[change.camera_id], dict(change.values)
        if "lon" in values:
            row["geometry"] = shapely.Point(values.pop("lon"), values.pop("lat"))
        if "azimuth_deg" in values:
            row["azimuth_error_deg"] = np.nan  # that of the old direction
        if change.action == "repair":
            row["status"] = "in_service"
        row.update(values)
    frame = pd.DataFrame(list(rows.values()), columns=columns)
    for name in columns:
        numeric = name in LIMITS or name == "azimuth_deg"
        frame[name] = frame[name].astype(np.float64) if numeric else frame[name].astype(object)
        if not numeric and name != "geometry":
            frame[name] = frame[name].where(frame[name].notna(), "")
    removed = frame["camera_id"].isin(gone).to_numpy()
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=WGS84), removed


class _Judge:
    """Rows of a table on their way to changes."""

    def __init__(
        self, table: pd.DataFrame, cameras: gpd.GeoDataFrame, datum: str | None, zones: gpd.GeoDataFrame | None
    ) -> None:
        self.table, self.datum, self.zones = table, datum, zones
        self.given = {name: self.text(name) for name in ("action", "camera_id", "lon", "lat", *_FIGURES)}
        ids = self.given["camera_id"]
        where = pd.Index(cameras["camera_id"]).get_indexer(ids)
        places = np.append(cameras.geometry.to_numpy(), [None])[where]  # -1: the last
        self.there = set(cameras["camera_id"])
        self.checks = CellChecks(gpd.GeoSeries(places, crs=WGS84), ids)
        self.faults = self.checks.text_faults(ids, "camera_id")

    def text(self, column: str) -> npt.NDArray[np.object_]:
        blank = pd.Series(None, self.table.index, dtype=object)
        return texts(self.table.get(column, blank))

    def changes(self) -> Changes:
        values = self.values()
        made = []
        for position in range(len(self.table)):
            wrong = self.problems(position)
            self.faults += wrong
            if wrong or any(fault.row == position + 1 for fault in errors_only(self.faults)):
                continue
            change = Change(self.given["action"][position], self.given["camera_id"][position], values[position])
            if change.action == "add":
                self.there.add(change.camera_id)
            if change.action == "remove":
                self.there.remove(change.camera_id)
            made.append(change)
        self.faults.sort(key=lambda fault: fault.row or 0)
        dropped = tuple(str(name) for name in self.table.columns if name not in self.given)
        return Changes(tuple(made), tuple(self.faults), dropped)

    def values(self) -> list[dict[str, Any]]:
        """Give what each row gives, read by the rules for cameras; list what breaks them."""
        n = len(self.table)
        rows = pd.DataFrame({name: self.table[name] for name in _FIGURES if name in self.table}, index=range(n))
        # Changes may name a camera twice, and need no place: to the rules, each row is a camera of its own somewhere.
        rows["camera_id"] = [str(position) for position in range(n)]
        somewhere = shapely.points(1.0 + np.arange(n) * 1e-6, 1.0)
        judged = CameraRules().judge(gpd.GeoDataFrame(rows, geometry=somewhere, crs=WGS84), [])
        for fault in judged.faults:
            place = self.checks.fault("", (fault.row or 1) - 1, "", "", "")
            self.faults.append(replace(fault, item=place.item, lon=place.lon, lat=place.lat))
        found: list[dict[str, Any]] = [{} for _ in range(n)]
        for row in judged.frame.drop(columns="geometry").to_dict("records"):
            number, _, several = row["camera_id"].partition("#")
            position = int(number)
            if several == "1":
                message = t("A camera can be turned in one direction only.", "一台摄像机只能转向一个方位。")
                remedy = t("Add a camera for each direction.", "请为每个方位各新增一台摄像机。")
                self.faults.append(self.checks.fault("several_directions", position, "azimuth_deg", message, remedy))
            # Also what a compass point or a range of directions says beside the azimuth.
            found[position] = {name: row[name] for name in _FIGURES if not pd.isna(row[name]) and row[name] != ""}
        for position, (lon, lat) in self.places().items():
            found[position] |= {"lon": lon, "lat": lat}
        return found

    def places(self) -> dict[int, tuple[float, float]]:
        """Give where a row says that a camera is, degrees on WGS 84, by its position."""
        (lon, lon_wrong), (lat, lat_wrong) = (
            numbers(pd.Series(self.given[name], dtype=object)) for name in ("lon", "lat")
        )
        remedy = t("Give degrees.", "请以度为单位填写。")
        for name, wrong in (("lon", lon_wrong), ("lat", lat_wrong)):
            problem = t("is not a number", "不是数值")
            self.faults += self.checks.marked(wrong, "not_a_number", name, problem, remedy, self.given[name])
        whole = np.flatnonzero(~np.isnan(lon) & ~np.isnan(lat)).tolist()
        if whole and self.datum is None:
            raise DatumError(
                t("The changes have coordinates, and no datum.", "调整表含有坐标，但未注明坐标基准。"),
                remedy=t("Name the datum: wgs84, cgcs2000, gcj02 or bd09.", "请注明 wgs84、cgcs2000、gcj02 或 bd09。"),
            )
        found = {}
        for position in whole:
            try:
                x, y = place_to_wgs84(float(lon[position]), float(lat[position]), self.datum or "")
            except CoordinateError as problem_of_place:
                message, remedy = problem_of_place.message, problem_of_place.remedy
                self.faults.append(self.checks.fault("invalid_geometry", position, "lon", message, remedy))
            else:
                found[position] = (x, y)
        self.faults += self.zone_faults(found)
        return found

    def zone_faults(self, places: Mapping[int, tuple[float, float]]) -> list[Fault]:
        """List which new places, by their positions, lie in a zone that forbids a camera or asks for a consent."""
        points = point_shapes(np.array(list(places.values()), dtype=np.float64).reshape(-1, 2))
        faults = []
        for kind in ("no_install", "consent"):
            shapes, names = zone_shapes(self.zones, kind, WGS84)
            for point, zone in shapely.STRtree(shapes).query(points, predicate="intersects").T.tolist():
                position = list(places)[point]
                fault = self.forbidden if kind == "no_install" else self.needs_consent
                faults.append(replace(fault(position, str(names[zone])), lon=points[point].x, lat=points[point].y))
        return faults

    def forbidden(self, position: int, zone: str) -> Fault:
        message = t("No camera may be installed in zone {zone}.", "禁设区 {zone} 内不得安装摄像机。", zone=zone)
        remedy = t("Choose a place outside of it.", "请选择区外的位置。")
        return self.checks.fault("no_install", position, "lon", message, remedy)

    def needs_consent(self, position: int, zone: str) -> Fault:
        message = t("A camera in zone {zone} needs a consent.", "在 {zone} 区内安装摄像机须经同意。", zone=zone)
        remedy = t("Ask for it before anything is installed.", "请在安装前取得同意。")
        return self.checks.fault("consent", position, "lon", message, remedy, severity="warning")

    def problems(self, position: int) -> list[Fault]:
        """List what is wrong with a row besides its figures."""
        action, camera_id = self.given["action"][position], self.given["camera_id"][position]
        if action is None:
            return [self.checks.missing(position, "action")]
        if action not in ACTIONS:
            message = t("There is no action “{action}”.", "没有名为“{action}”的操作。", action=action)
            remedy = t("Use one of: {known}.", "可用取值：{known}。", known=", ".join(ACTIONS))
            return [self.checks.fault("unknown_value", position, "action", message, remedy)]
        if camera_id is None:
            return [self.checks.missing(position, "camera_id")]
        faults = [self.checks.missing(position, name) for name in _NEEDS[action] if self.given[name][position] is None]
        for name in ("lon", "lat", *_FIGURES):
            if self.given[name][position] is not None and name not in _TAKES[action]:
                message = t("“{action}” takes no “{name}”.", "“{action}”操作不使用“{name}”。", action=action, name=name)
                remedy = t("Leave it empty, or use another action.", "请留空，或改用其他操作。")
                faults.append(self.checks.fault("unexpected_value", position, name, message, remedy))
        if action == "set" and all(self.given[name][position] is None for name in _FIGURES):
            message = t("The row sets nothing.", "该行未设置任何内容。")
            remedy = t("Fill in what was found.", "请填写调查结果。")
            faults.append(self.checks.fault("missing_value", position, "action", message, remedy))
        if (action == "add") == (camera_id in self.there):
            faults.append(self.unknown_or_known(position, camera_id, known=action == "add"))
        return faults

    def unknown_or_known(self, position: int, camera_id: str, *, known: bool) -> Fault:
        if known:
            message = t("There is a camera {camera} already.", "摄像机 {camera} 已存在。", camera=camera_id)
            remedy = t("Give the new camera another name.", "请为新摄像机另取编号。")
            return self.checks.fault("duplicate_id", position, "camera_id", message, remedy)
        message = t("There is no camera {camera}.", "没有摄像机 {camera}。", camera=camera_id)
        remedy = t("Check the identifier.", "请核对编号。")
        return self.checks.fault("unknown_camera", position, "camera_id", message, remedy)


def _json_rows(path: Path) -> list[Mapping[str, Any]]:
    """Read a list of objects."""
    try:
        rows = json.loads(decode(path))
    except (ValueError, RecursionError) as error:
        raise unreadable(path, str(error)) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise unreadable(path, t("it is not a list of objects", "内容不是对象列表"))
    return rows
