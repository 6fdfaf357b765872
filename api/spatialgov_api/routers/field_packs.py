"""What goes along into the field: packs of grids and of addresses, responsible posts, the nearest grid."""

import zlib
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.openapi.models import Example

from spatialgov.workspace import FieldPack
from spatialgov_api.dependencies import AreaHere, AsOf, DatumName, Latitude, Longitude, WorkspaceHere
from spatialgov_api.etags import KnownTags, is_known
from spatialgov_api.field_schemas import FieldPacksAnswer, NearestGridAnswer, PackAddressesAnswer, ResponsibleAnswer

__all__ = ["router"]

router = APIRouter(tags=["locate"])

_ALL = "all"
_MEDIA_TYPE = "application/octet-stream"
_UNCHANGED: dict[str, Any] = {"description": "The pack that the ETag stands for still holds."}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
    304: _UNCHANGED,
}
Code = Annotated[
    str,
    Path(
        description="12-digit code of a district, a subdistrict or a community, or `all` for the whole edition.",
        openapi_examples={"sample": Example(summary="In the sample city", value="990101001000")},
    ),
]
PlaceCode = Annotated[
    str,
    Path(
        description="Code of a grid in force, or of a community, a subdistrict or a district.",
        openapi_examples={"sample": Example(summary="In the sample city", value="990101001001")},
    ),
]


@router.get("/field-packs", summary="The field packs that there are")
def field_packs(workspace: WorkspaceHere, area: AreaHere) -> FieldPacksAnswer:
    """List the jurisdictions whose grids in force can be taken along; 404 when nothing is published."""
    return FieldPacksAnswer.of(*workspace.field_work.packs(area=area))


@router.get(
    "/field-packs/{code}", summary="Grids to ask without a network", response_class=Response, responses=_RESPONSES
)
def field_pack(
    workspace: WorkspaceHere, area: AreaHere, code: Code, as_of: AsOf = None, known: KnownTags = ""
) -> Response:
    """Give the file with the grids of a jurisdiction; `/static/js/field_pack.mjs` reads it and answers as `locate`.

    The ETag changes with the edition, with the names in the file and with the responsible posts: with `If-None-Match` a
    pack that still holds is 304. It is 404 where no grid lies in such a jurisdiction, or it is not one of the asker's.
    """
    pack = workspace.locations.field_pack(None if code == _ALL else code, as_of=as_of, area=area)
    tag = _tag(pack)
    if is_known(tag, known):
        return Response(status_code=304, headers={"etag": tag})
    name = f"{code}-edition-{pack.edition.id}.pack" if code.isascii() and code.isalnum() else "grids.pack"
    headers = {"etag": tag, "content-disposition": f'attachment; filename="{name}"'}
    return Response(pack.content, media_type=_MEDIA_TYPE, headers=headers)


@router.get(
    "/field-packs/{code}/addresses",
    summary="Addresses to look up without a network",
    responses={200: {"model": PackAddressesAnswer}, 304: _UNCHANGED},
)
def field_addresses(workspace: WorkspaceHere, area: AreaHere, code: Code, known: KnownTags = "") -> Response:
    """Give the standard addresses in the grids of a field pack, by street: number, building, place in WGS 84.

    Their ETag changes with the edition and with the table of addresses. There are none where none were imported.
    """
    content = workspace.field_work.addresses(None if code == _ALL else code, area=area)
    tag = f'"addresses-{zlib.crc32(content):08x}"'
    if is_known(tag, known):
        return Response(status_code=304, headers={"etag": tag})
    return Response(content, media_type="application/json", headers={"etag": tag})


@router.get("/responsible-posts/{code}", summary="Who is responsible for a grid")
def responsible_posts(workspace: WorkspaceHere, area: AreaHere, code: PlaceCode) -> ResponsibleAnswer:
    """Give the posts, never the persons, that answer for a grid or a jurisdiction and for those above it."""
    return ResponsibleAnswer.of(workspace.field_work.responsible(code, area=area))


@router.get("/locate/nearest", summary="The grid nearest to a location")
def nearest_grid(
    workspace: WorkspaceHere, area: AreaHere, lon: Longitude, lat: Latitude, datum: DatumName
) -> NearestGridAnswer:
    """Give the grid that a location lies in, or else the nearest one, with the distance to its border in metres."""
    return NearestGridAnswer.of(workspace.field_work.nearest(lon, lat, datum, area=area))


def _tag(pack: FieldPack) -> str:
    return f'"edition-{pack.edition.id}-{zlib.crc32(pack.content):08x}"'
