"""Locations and addresses in, grids out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from spatialgov.datum import parse_datum
from spatialgov_api.dependencies import AddressText, AreaHere, AsOf, DatumName, Latitude, Longitude, WorkspaceHere
from spatialgov_api.etags import is_known
from spatialgov_api.point_columns import ARROW, NDJSON, REQUEST_BODY, PointColumns, encoded_codes, point_columns
from spatialgov_api.schemas import AddressesAnswer, LocateManyAnswer, LocationAnswer, NearestAddressAnswer
from spatialgov_api.short_locate import edition_tag

__all__ = ["router"]

router = APIRouter(tags=["locate"])


@router.get(
    "/locate",
    summary="The grid of one location",
    response_model=LocationAnswer,
    responses={304: {"description": "The answer that the client has still holds."}},
)
def locate(
    workspace: WorkspaceHere,
    request: Request,
    area: AreaHere,
    response: Response,
    lon: Longitude,
    lat: Latitude,
    datum: DatumName,
    as_of: AsOf = None,
) -> LocationAnswer | Response:
    """Give the grid and the chain of jurisdictions above it; 404 outside all grids, or outside one's jurisdictions.

    The answer's ETag changes with the edition: with `If-None-Match` an answer that still holds is 304.
    """
    found = workspace.locations.find(lon, lat, datum, as_of=as_of, area=area)
    tag = response.headers["etag"] = edition_tag(found.edition)
    if is_known(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers={"etag": tag})
    return LocationAnswer.of(found)


@router.post(
    "/locate",
    summary="The grids of many locations",
    response_class=Response,
    openapi_extra={"requestBody": REQUEST_BODY},
    responses={
        200: {
            "model": LocateManyAnswer,
            "content": {
                NDJSON: {"schema": {"type": "string"}, "example": '{"code":"990101001001003"}\n{"code":null}\n'},
                ARROW: {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
def locate_many(
    workspace: WorkspaceHere,
    area: AreaHere,
    columns: Annotated[PointColumns, Depends(point_columns)],
    as_of: AsOf = None,
) -> Response:
    """Give a grid code for each location, null outside all grids; the answer has the media type of the body."""
    positions, codes, edition = workspace.locations.positions(
        columns.lon, columns.lat, columns.datum, as_of=as_of, area=area
    )
    about = {"edition": edition.id, "datum": str(parse_datum(columns.datum))}
    body = encoded_codes(positions, codes, about, columns.media_type)
    return Response(body, media_type=columns.media_type, headers={"etag": edition_tag(edition.id)})


@router.get("/addresses", summary="The address that a text means, and its grid")
def addresses(workspace: WorkspaceHere, area: AreaHere, q: AddressText) -> AddressesAnswer:
    """Look an address up in the table of standard addresses.

    `certain` says whether the first candidate is the one that is meant; if not, they are to choose from and `location`
    is null. It is null too for an address outside all grids.
    """
    return AddressesAnswer.of(workspace.locations.find_address(q, area=area))


@router.get("/addresses/nearest", summary="The address nearest to a location, and its grid")
def nearest_address(
    workspace: WorkspaceHere, area: AreaHere, lon: Longitude, lat: Latitude, datum: DatumName
) -> NearestAddressAnswer:
    """Give the nearest of the standard addresses, however far it is; 404 when no table of addresses was imported.

    `location` is where that address lies, null outside all grids. For whoever is limited to some jurisdictions, the
    location asked for must lie in them: 404 otherwise, and where the nearest address does not.
    """
    return NearestAddressAnswer.of(workspace.locations.nearest_address(lon, lat, datum, area=area))
