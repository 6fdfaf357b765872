"""Lookups in the national table: locations and codes of many cities or districts."""

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from spatialgov.datum import parse_datum
from spatialgov.errors import NotFoundError
from spatialgov.language import t
from spatialgov.workspace import EVERYWHERE
from spatialgov.workspace.nation import NationalLocation, NationalLookup
from spatialgov_api.dependencies import DatumName, Latitude, Longitude, PrincipalHere
from spatialgov_api.etags import is_known
from spatialgov_api.nation_schemas import (
    NationAnswer,
    NationJurisdictionAnswer,
    NationLocateManyAnswer,
    NationLocationAnswer,
)
from spatialgov_api.point_columns import ARROW, NDJSON, REQUEST_BODY, PointColumns, encoded_codes, point_columns

__all__ = ["router"]

router = APIRouter(prefix="/nation", tags=["nation"])


def _nation(request: Request) -> NationalLookup:
    nation: NationalLookup | None = request.app.state.nation
    if nation is None:
        raise NotFoundError(
            t("This service has no national table.", "本服务未配置全国表。"),
            remedy=t("Serve one: spatialgov serve --nation FOLDER.", "请启用：spatialgov serve --nation 目录。"),
        )
    return nation


def _granted(principal: PrincipalHere) -> Collection[str] | None:
    return None if EVERYWHERE in principal.jurisdictions else principal.jurisdictions


NationHere = Annotated[NationalLookup, Depends(_nation)]
GrantedHere = Annotated[Collection[str] | None, Depends(_granted)]
"""Division codes that the asker is limited to; None for no limit."""
_Code = Annotated[str, Path(min_length=6, max_length=64, description="Division or grid code.")]


@router.get("", summary="Who has published to the national table")
def nation(table: NationHere, granted: GrantedHere) -> NationAnswer:
    """List the cities or districts that have published, with what and when."""
    return NationAnswer.of(table.entries(granted))


@router.get("/jurisdictions/{code}", summary="Who answers for a code")
def jurisdiction(table: NationHere, granted: GrantedHere, code: _Code) -> NationJurisdictionAnswer:
    """Give the city or district that a division or grid code lies in, by its first six digits; 404 for nobody."""
    return NationJurisdictionAnswer.of(*table.publisher_of(code, granted))


@router.get(
    "/locate",
    summary="The grid of one location anywhere",
    response_model=NationLocationAnswer,
    responses={304: {"description": "The answer that the client has still holds."}},
)
def locate(
    table: NationHere,
    granted: GrantedHere,
    request: Request,
    response: Response,
    lon: Longitude,
    lat: Latitude,
    datum: DatumName,
) -> NationLocationAnswer | Response:
    """Give the grid, who published it and the chain of jurisdictions above it; 404 outside all grids.

    The answer's ETag changes with the edition: with `If-None-Match` an answer that still holds is 304.
    """
    found = table.find(lon, lat, datum, granted)
    tag = response.headers["etag"] = _edition_tag(found)
    if is_known(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers={"etag": tag})
    return NationLocationAnswer.of(found)


@router.post(
    "/locate",
    summary="The grids of many locations anywhere",
    response_class=Response,
    openapi_extra={"requestBody": REQUEST_BODY},
    responses={
        200: {
            "model": NationLocateManyAnswer,
            "content": {
                NDJSON: {"schema": {"type": "string"}, "example": '{"code":"990101001001003"}\n{"code":null}\n'},
                ARROW: {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
def locate_many(
    table: NationHere, granted: GrantedHere, columns: Annotated[PointColumns, Depends(point_columns)]
) -> Response:
    """Give a grid code for each location, null outside all grids; the answer has the media type of the body."""
    found = table.positions(columns.lon, columns.lat, columns.datum, granted)
    about = {"editions": dict(found.editions), "datum": str(parse_datum(columns.datum))}
    return Response(
        encoded_codes(found.positions, found.codes, about, columns.media_type), media_type=columns.media_type
    )


def _edition_tag(found: NationalLocation) -> str:
    """Give the entity tag: a location's answer changes with the edition of whoever it belongs to, and only then."""
    return f'"{found.jurisdiction}-edition-{found.edition}"'
