"""GB/T 28181: the 20-digit code of a device, and catalogues of devices as platforms answer them.

A catalogue says more of a camera than where it is; its name, its addresses (of the street and of the network), owner,
manager, password and the rest are never read into a column. What a field may hold is the standard's (2016 and 2022).
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

import numpy as np
import numpy.typing as npt

from spatialgov.coverage.cameras.dialects import Rows, Translation, mapped
from spatialgov.errors import UnreadableFileError
from spatialgov.language import t
from spatialgov.vector_io.row_files import TableRows
from spatialgov.vector_io.text import decode

__all__ = ["FIELDS", "CatalogueRows", "DeviceCode", "parse_device_code", "translate"]

FIELDS = (
    "DeviceID", "Status", "Longitude", "Latitude", "PTZType", "RoomType", "DirectionType", "Resolution",
    "HorizontalFieldAngle", "MaxViewDistance", "MobileDeviceType", "PointType",
)  # fmt: skip
"""Of an item of a catalogue, what says where a camera is and what it can see."""

CAMERA_TYPES = ("131", "132")

_CODE = re.compile(r"[0-9]{20}")
_AREA = re.compile(r"[0-9]{2,10}")
_SIZE = re.compile(r"\s*([0-9]{2,5})\s*[xX*×]\s*[0-9]{2,5}\s*")

_DIRECTIONS = dict(zip("12345678", ("E", "W", "S", "N", "SE", "NE", "SW", "NW"), strict=True))
"""DirectionType: where the camera looks (the standard: 1 is east, from west to east)."""
_KINDS = {"1": "ptz", "2": "dome", "3": "fixed", "4": "ptz", "5": "ptz", "6": "panoramic", "7": "fixed"}
"""PTZType: 1 speed dome, 2 hemisphere, 3 fixed, 4 remote-controlled, 5 remote-controlled hemisphere, 6 the stitched and
7 a single picture of a device with several lenses."""
_STATUSES = {"on": "in_service", "online": "in_service", "ok": "in_service", "off": "broken", "offline": "broken"}
"""The standard has ON and OFF; devices send the others too."""
_WIDTHS = {"1": 176, "2": 352, "3": 704, "4": 720, "5": 1280, "6": 1920}
"""Resolution, as in the field f of SDP: QCIF, CIF, 4CIF, D1, 720P, 1080P. Later devices write 2560*1440."""
_OWNERS = {"1": "class_1", "2": "class_2", "3": "class_3", "9": "other"}
"""PointType: the class of the video point, which tells what kind of agency has built it."""


class DeviceCode(NamedTuple):
    """The parts of a 20-digit code; which digits an industry has is told differently by two tables, so any are taken.

    Attributes
    ----------
    centre
        8 digits: the division of the platform.
    industry
        2 digits.
    type
        3 digits: 131 camera, 132 network camera, ….
    network
        1 digit.
    serial
        6 digits.
    """

    centre: str
    industry: str
    type: str
    network: str
    serial: str

    @property
    def is_camera(self) -> bool:
        """Whether the type is that of a camera."""
        return self.type in CAMERA_TYPES

    @property
    def type_name(self) -> str:
        """What the type stands for, in the language in force; the digits alone where they are not known here."""
        names = {
            "111": t("digital video recorder", "数字硬盘录像机"),
            "112": t("video server", "视频服务器"),
            "113": t("encoder", "编码器"),
            "114": t("decoder", "解码器"),
            "117": t("alarm controller", "报警控制器"),
            "118": t("network video recorder", "网络视频录像机"),
            "131": t("camera", "摄像机"),
            "132": t("network camera", "网络摄像机"),
            "133": t("display", "显示器"),
            "134": t("alarm input", "报警输入设备"),
            "135": t("alarm output", "报警输出设备"),
            "136": t("sound input", "语音输入设备"),
            "137": t("sound output", "语音输出设备"),
            "200": t("signalling server", "中心信令控制服务器"),
            "215": t("business group", "业务分组"),
            "216": t("virtual organisation", "虚拟组织"),
        }
        return f"{self.type} {names.get(self.type, '')}".rstrip()


def parse_device_code(text: str | None) -> DeviceCode | None:
    """Split a device's code; None when it does not have 20 digits."""
    if text is None or _CODE.fullmatch(text) is None:
        return None
    return DeviceCode(text[:8], text[8:10], text[10:13], text[13], text[14:])


def translate(rows: Rows) -> Translation:
    """Give the items of a catalogue as cameras: ours from theirs, and what is left out because it is no camera here.

    An item is a camera by the type in its code, or by a PTZType, which only cameras have. Areas, groups, recorders and
    users are left out, and so is what stands indoors or moves. A direction is a compass point, right to ± 22.5°. 0 is
    how devices write an angle or a distance that nobody has filled in.
    """
    ids = rows.texts("DeviceID")
    structure = rows.texts("PTZType")
    codes = [parse_device_code(one) for one in ids]
    left_out: dict[str, npt.NDArray[np.bool_]] = {}

    def leave_out(position: int, reason: str) -> None:
        left_out.setdefault(reason, np.zeros(len(ids), dtype=bool))[position] = True

    for i, (device, code) in enumerate(zip(ids, codes, strict=True)):
        if structure[i] not in (None, "0"):
            continue
        if code is not None and not code.is_camera:
            leave_out(i, t("no camera: type {name}", "非摄像机：类型 {name}", name=code.type_name))
        elif device is not None and _AREA.fullmatch(device):
            leave_out(i, t("no camera: an area", "非摄像机：行政区划"))
    for i in np.flatnonzero(rows.texts("RoomType") == "2").tolist():
        leave_out(i, t("indoors (RoomType 2)", "室内（RoomType 2）"))
    for i, mobile in enumerate(rows.texts("MobileDeviceType")):
        if mobile not in (None, "0"):
            leave_out(i, t("mobile (MobileDeviceType)", "移动设备（MobileDeviceType）"))
    return Translation(
        cells={
            "camera_id": ids,
            "gb_code": np.array([device if code else None for device, code in zip(ids, codes, strict=True)], object),
            "kind": mapped(structure, _KINDS),
            "azimuth_deg": _compass_points(rows.texts("DirectionType")),
            "fov_deg": _filled_in(rows.texts("HorizontalFieldAngle")),
            "range_m": _filled_in(rows.texts("MaxViewDistance")),
            "width_px": _widths(rows.texts("Resolution")),
            "status": mapped(rows.texts("Status"), _STATUSES),
            "owner": mapped(rows.texts("PointType"), _OWNERS),
        },
        names={
            "camera_id": "DeviceID", "gb_code": "DeviceID", "kind": "PTZType", "azimuth_deg": "DirectionType",
            "fov_deg": "HorizontalFieldAngle", "range_m": "MaxViewDistance", "width_px": "Resolution",
            "status": "Status", "owner": "PointType",
        },
        left_out=left_out,
    )  # fmt: skip


def _compass_points(cells: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    points = mapped(cells, _DIRECTIONS)
    known = np.isin(points.astype(str), list(_DIRECTIONS.values()))
    # a 9 is no azimuth of 9 degrees
    return np.array(
        [p if p is None or sure else f"DirectionType={p}" for p, sure in zip(points, known, strict=True)], dtype=object
    )


def _filled_in(cells: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    return np.array([None if cell is None or re.fullmatch(r"0+(\.0*)?", cell) else cell for cell in cells], object)


def _widths(cells: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Give the widest of the pictures that a device offers."""
    return np.array([None if cell is None else _widest(cell) for cell in cells], dtype=object)


def _widest(cell: str) -> str:
    widths = [_WIDTHS.get(piece.strip()) or _written_width(piece) for piece in cell.split("/")]
    known = [width for width in widths if width]
    return str(max(known)) if known else cell


def _written_width(piece: str) -> int | None:
    found = _SIZE.fullmatch(piece)
    return None if found is None else int(found[1])


class CatalogueRows(TableRows):
    """The items of a catalogue response in XML: one response, or several after each other as they were received."""

    def __init__(self, path: Path, wanted: Collection[str]) -> None:
        catalogue = _Catalogue(path)
        if not catalogue.items:
            raise UnreadableFileError(
                t("{file} is XML, but no catalogue of devices.", "{file} 是 XML，但不是设备目录。", file=path.name),
                remedy=t(
                    "Send the answer to a catalogue query of GB/T 28181: DeviceList with Items.",
                    "请提供 GB/T 28181 目录查询的应答（含 DeviceList 与 Item）。",
                ),
            )
        names = [name for name in FIELDS if name in catalogue.names]
        super().__init__(path, wanted, names, [[item.get(name, "") for name in names] for item in catalogue.items])
        self._never_read = sorted(catalogue.names.difference(FIELDS))

    @property
    def dropped_columns(self) -> list[str]:
        """Fields of the catalogue that nobody asked for; their values were not even kept until now."""
        return [*super().dropped_columns, *self._never_read]


_DECLARATION = re.compile(r"<\?xml\b[^>]*\?>")
_MOST_CHARACTERS = 1_000
"""Of a field."""


class _Catalogue:
    """What stands in the elements ``Item`` of a text: no entity is looked up, no document type is taken."""

    def __init__(self, path: Path) -> None:
        self.items: list[Mapping[str, str]] = []
        self.names: set[str] = set()
        self._item: dict[str, str] | None = None
        self._field: list[str] = []
        self._text: list[str] = []
        # One root for all responses; the text was decoded already, whatever encoding it declares.
        text = _DECLARATION.sub("", decode(path).removeprefix("\ufeff"))
        if "<!DOCTYPE" in text:  # in our root it would be a mistake of syntax, which says less
            raise UnreadableFileError(
                t("{file} declares a document type.", "{file} 含有文档类型声明（DOCTYPE）。", file=path.name),
                remedy=t("A catalogue has none: take it out.", "设备目录不含此声明，请删除。"),
            )
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(f"<catalogue>{text}</catalogue>".encode(), True)
        except expat.ExpatError as error:
            raise UnreadableFileError(
                t(
                    "{file}, line {line}: the XML is damaged ({reason}).",
                    "{file} 第 {line} 行：XML 已损坏（{reason}）。",
                    file=path.name,
                    line=error.lineno,
                    reason=expat.ErrorString(error.code),
                ),
                remedy=t("Send the whole answer again.", "请重新导出完整的应答。"),
            ) from error

    def _start(self, name: str, _: Mapping[str, str]) -> None:
        if name == "Item":
            self._item, self._field = {}, []
        elif self._item is not None:
            self._field.append(name)
            self._text = []

    def _characters(self, text: str) -> None:
        if self._field and self._field[-1] in FIELDS:
            self._text.append(text[:_MOST_CHARACTERS])

    def _end(self, name: str) -> None:
        if self._item is None:
            return
        if not self._field:
            if name == "Item":
                self.items.append(self._item)
                self._item = None
            return
        value = "".join(self._text)[:_MOST_CHARACTERS].strip()
        field = self._field.pop()
        if field in FIELDS:
            self.names.add(field)
            if value:
                self._item.setdefault(field, value)
        elif field != "Info":
            self.names.add(field)
        self._text = []
