"""What the planner's page asks: the units of a plan, its grids by position, what lies around."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import geopandas as gpd
import shapely
from fastapi import APIRouter, Depends, Request, Response

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.plan_files import read_division
from spatialgov_api.dependencies import AreaHere, Identifier, WorkspaceHere
from spatialgov_api.encoded_answer import encoded_answer
from spatialgov_api.etags import KnownTags
from spatialgov_api.workbench_schemas import DivisionAnswer, OpenPlanAnswer, SurroundingsAnswer

__all__ = ["router"]

router = APIRouter(tags=["workbench"])

_UNITS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Columns by name, and shapes as whole numbers.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    304: {"description": "The units that the ETag stands for still hold."},
}

_SUFFIXES = {"application/geopackage+sqlite3": ".gpkg", "application/zip": ".zip"}
_DIVISION = {
    "requestBody": {
        "required": True,
        "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in _SUFFIXES},
    }
}


@router.get("/plans/{plan_id}/units", summary="A plan's units", response_class=Response, responses=_UNITS)
def plan_units(request: Request, workspace: WorkspaceHere, plan_id: Identifier, known: KnownTags = "") -> Response:
    """Give the units of a plan in a compact form, with their neighbours; plans of the same units share it.

    `ids`, `households`, `population`, `area_m2`, `workload`; `levels`: which of its `codes` each unit has; `edges`:
    pairs of units that share a border, and which of the pairs lie on a `hard` barrier; `shapes`: vertices, each as the
    difference from the one before, in steps of `step` degrees (WGS 84), and how many a ring, polygon and unit have.
    """
    return encoded_answer(request, workspace.workbench.units(plan_id), known)


@router.get("/plans/{plan_id}/open", summary="A plan to be edited")
def open_plan(workspace: WorkspaceHere, plan_id: Identifier) -> OpenPlanAnswer:
    """Give a plan's grids, the grid of every unit by position, and the journal entry after which it is so."""
    return OpenPlanAnswer.of(workspace.workbench.open(plan_id))


@router.get("/plans/{plan_id}/surroundings", summary="What lies around a plan's units")
def surroundings(workspace: WorkspaceHere, area: AreaHere, plan_id: Identifier) -> SurroundingsAnswer:
    """Give jurisdictions, barriers, roads and places to draw a plan with."""
    return SurroundingsAnswer.model_validate(workspace.workbench.surroundings(plan_id, area=area))


async def _file(request: Request) -> tuple[bytes, str]:
    """Give the body and the suffix of a file like it."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _SUFFIXES:
        raise InputError(
            t("A body of type “{name}” can't be read.", "无法读取类型为“{name}”的内容。", name=media_type[:100]),
            remedy=t("Send {names}.", "请发送 {names}。", names=", ".join(_SUFFIXES)),
        )
    return await request.body(), _SUFFIXES[media_type]


@router.post("/plans/division", summary="What a file says of grids", openapi_extra=_DIVISION)
def division(body: Annotated[tuple[bytes, str], Depends(_file)]) -> DivisionAnswer:
    """Read a GeoPackage or a zipped Shapefile: `unit_id` and `grid_code`, or polygons with a `code` (old boundaries).

    Nothing is stored. A plan's own export is read by its units.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"body{body[1]}"
        file.write_bytes(body[0])
        found = read_division(file)
    if not isinstance(found, gpd.GeoDataFrame):
        return DivisionAnswer.model_validate({"table": found.to_dict("list"), "drawn": None})
    features = [
        {
            "type": "Feature",
            "properties": {"code": code},
            "geometry": shapely.geometry.mapping(shape) if shape else None,
        }
        for code, shape in zip(found["code"], found.geometry, strict=True)
    ]
    return DivisionAnswer(table=None, drawn={"type": "FeatureCollection", "features": features})
