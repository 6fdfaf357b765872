"""Field packs: grids to take along, for lookups without a network."""

import zlib
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Response
from fastapi.openapi.models import Example

from spatialgov.workspace import FieldPack
from spatialgov_api.dependencies import AreaHere, AsOf, WorkspaceHere

__all__ = ["router"]

router = APIRouter(tags=["locate"])

_ALL = "all"
_MEDIA_TYPE = "application/octet-stream"
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
    304: {"description": "The pack that the ETag stands for still holds."},
}
Code = Annotated[
    str,
    Path(
        description="12-digit code of a district, a subdistrict or a community, or `all` for the whole edition.",
        openapi_examples={"sample": Example(summary="In the sample city", value="990101001000")},
    ),
]


@router.get(
    "/field-packs/{code}", summary="Grids to ask without a network", response_class=Response, responses=_RESPONSES
)
def field_pack(
    workspace: WorkspaceHere,
    area: AreaHere,
    code: Code,
    as_of: AsOf = None,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Give the file with the grids of a jurisdiction; `/static/js/field_pack.mjs` reads it and answers as `locate`.

    The ETag changes with the edition and with the names in the file: with `If-None-Match` a pack that still holds is
    304. It is 404 where no grid lies in such a jurisdiction, or it is not one of the asker's.
    """
    pack = workspace.locations.field_pack(None if code == _ALL else code, as_of=as_of, area=area)
    tag = _tag(pack)
    if tag in (known.strip().removeprefix("W/") for known in if_none_match.split(",")):
        return Response(status_code=304, headers={"etag": tag})
    name = f"{code}-edition-{pack.edition.id}.pack" if code.isascii() and code.isalnum() else "grids.pack"
    headers = {"etag": tag, "content-disposition": f'attachment; filename="{name}"'}
    return Response(pack.content, media_type=_MEDIA_TYPE, headers=headers)


def _tag(pack: FieldPack) -> str:
    return f'"edition-{pack.edition.id}-{zlib.crc32(pack.content):08x}"'
