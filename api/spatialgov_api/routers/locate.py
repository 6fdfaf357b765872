"""Locations in, grids out."""

from fastapi import APIRouter

from spatialgov.datum import parse_datum
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov_api.dependencies import AsOf, DatumName, Latitude, Longitude, WorkspaceHere
from spatialgov_api.schemas import LocateManyAnswer, LocateManyRequest, LocationAnswer

__all__ = ["router"]

router = APIRouter(tags=["locate"])


@router.get("/locate", summary="The grid of one location")
def locate(
    workspace: WorkspaceHere,
    lon: Longitude,
    lat: Latitude,
    datum: DatumName,
    as_of: AsOf = None,
) -> LocationAnswer:
    """Give the grid and the chain of jurisdictions above it; 404 outside all grids."""
    return LocationAnswer.of(workspace.locations.find(lon, lat, datum, as_of=as_of))


@router.post("/locate", summary="The grids of many locations")
def locate_many(workspace: WorkspaceHere, request: LocateManyRequest, as_of: AsOf = None) -> LocateManyAnswer:
    """Give a grid code for each location, null outside all grids."""
    if len(request.lon) != len(request.lat):
        raise InputError(
            t(
                "There are {lon} longitudes and {lat} latitudes.",
                "经度有 {lon} 个，纬度有 {lat} 个。",
                lon=len(request.lon),
                lat=len(request.lat),
            ),
            remedy=t("Give as many of the one as of the other.", "两者的数量必须相同。"),
        )
    codes, edition = workspace.locations.find_many(request.lon, request.lat, request.datum, as_of=as_of)
    return LocateManyAnswer(edition=edition.id, datum=str(parse_datum(request.datum)), codes=codes.tolist())
