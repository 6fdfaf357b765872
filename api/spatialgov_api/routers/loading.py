"""Incidents and cameras in: the file as the body."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.workspace import Area, ImportReport
from spatialgov.workspace.areas import beyond_area
from spatialgov_api.dependencies import AreaHere, WorkspaceHere
from spatialgov_api.loading_schemas import ImportAnswer

__all__ = ["router"]

router = APIRouter(tags=["loading"])

_CSV, _LINES, _GEOJSON, _XML = "text/csv", "application/x-ndjson", "application/geo+json", "application/xml"
_SUFFIXES = {
    _CSV: ".csv",
    _LINES: ".ndjson",
    "application/ndjson": ".ndjson",
    "application/jsonl": ".ndjson",
    _GEOJSON: ".geojson",
    "application/json": ".geojson",
    _XML: ".xml",
    "text/xml": ".xml",
    "application/manscdp+xml": ".xml",
}
_HEAD = 512


def _body_of(columns: str, cells: str, line: str) -> dict[str, Any]:
    """Describe the bodies that a route takes."""
    return {
        "requestBody": {
            "required": True,
            "content": {
                _CSV: {"schema": {"type": "string"}, "example": f"{columns}\n{cells}\n"},
                _LINES: {"schema": {"type": "string"}, "example": f"{line}\n"},
                _GEOJSON: {"schema": {"type": "object"}},
            },
        }
    }


_INCIDENTS = _body_of(
    "source_id,category,occurred_at,lon,lat",
    "EV-1,0101,2026-05-01T08:30:00+08:00,116.61,33.915",
    '{"source_id": "EV-1", "category": "0101", "occurred_at": "2026-05-01T08:30:00+08:00", "lon": 116.61, "lat": 33.9}',
)
_CAMERAS = _body_of(
    "camera_id,kind,azimuth_deg,lon,lat",
    "CAM-1,fixed,90,116.61,33.915",
    '{"camera_id": "CAM-1", "kind": "fixed", "azimuth_deg": 90, "lon": 116.61, "lat": 33.915}',
)
_CAMERAS["requestBody"]["content"][_XML] = {
    "schema": {"type": "string"},
    "example": '<Response><CmdType>Catalog</CmdType><DeviceList Num="1"><Item>'
    "<DeviceID>34020000001320000001</DeviceID><Status>ON</Status><Longitude>116.61</Longitude>"
    "<Latitude>33.915</Latitude><Info><PTZType>3</PTZType><DirectionType>1</DirectionType></Info>"
    "</Item></DeviceList></Response>",
}

FileDatum = Annotated[
    str | None, Query(description="wgs84, cgcs2000, gcj02 or bd09; GeoJSON is wgs84 unless another one is named.")
]
DryRun = Annotated[bool, Query(description="Store nothing, only say what would become of the rows.")]


async def _body(request: Request) -> tuple[bytes, str]:
    """Give the body and the suffix of a file like it."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _SUFFIXES:
        raise InputError(
            t("A body of type “{name}” can't be loaded.", "无法导入类型为“{name}”的内容。", name=media_type[:100]),
            remedy=t("Send {names}.", "请发送 {names}。", names=", ".join((_CSV, _LINES, _GEOJSON))),
        )
    body = await request.body()
    head = body[:_HEAD]
    if min(head, default=32) < 9 and not head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16 has NULs
        raise InputError(
            t("The body is no text.", "请求内容不是文本。"),
            remedy=t("Send it unpacked, as UTF-8.", "请以 UTF-8 文本发送，不要压缩。"),
        )
    return body, _SUFFIXES[media_type]


Body = Annotated[tuple[bytes, str], Depends(_body)]


def _require_no_limit(area: Area | None) -> None:
    """Refuse whoever is limited to some jurisdictions: a row of the file may take the place of one outside them."""
    if area is not None:
        raise beyond_area(t("The rows of a file", "文件中的行"), area)


def _loaded(load: Callable[..., ImportReport], body: tuple[bytes, str], **options: Any) -> ImportAnswer:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"body{body[1]}"
        file.write_bytes(body[0])
        return ImportAnswer.of(load(file, **options))


@router.post("/incidents", summary="Load incidents", openapi_extra=_INCIDENTS)
def load_incidents(
    workspace: WorkspaceHere,
    area: AreaHere,
    body: Body,
    datum: FileDatum = None,
    timezone: Annotated[str | None, Query(description="Of times without offset, e.g. Asia/Shanghai.")] = None,
    dry_run: DryRun = False,
) -> ImportAnswer:
    """Load CSV, lines of JSON or GeoJSON, known by `source_id`: the same body a second time changes nothing.

    A bad row is refused with its reason and the others go in, assigned to the grids in force. A row with an `address`
    and no coordinates is placed by the table of addresses where that is certain. Columns that were not asked for are
    dropped and named.
    """
    _require_no_limit(area)
    return _loaded(workspace.imports.incidents, body, datum=datum, timezone=timezone, dry_run=dry_run)


@router.post("/cameras", summary="Load cameras", openapi_extra=_CAMERAS)
def load_cameras(
    workspace: WorkspaceHere, area: AreaHere, body: Body, datum: FileDatum = None, dry_run: DryRun = False
) -> ImportAnswer:
    """Load CSV, lines of JSON or GeoJSON, known by `camera_id`, in the manner of incidents.

    The columns may also be the fields of a catalogue of GB/T 28181, or OpenStreetMap's tags; such a catalogue may come
    as the XML that platforms answer (`application/xml`). What is unknown stays unknown.
    """
    _require_no_limit(area)
    return _loaded(workspace.imports.cameras, body, datum=datum, dry_run=dry_run)
