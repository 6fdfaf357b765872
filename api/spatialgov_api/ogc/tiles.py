"""The routes of OGC API - Tiles: vector tiles in WebMercatorQuad, and TileJSON for MapLibre and QGIS."""

import math
import zlib
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from spatialgov.errors import NotFoundError
from spatialgov.language import t
from spatialgov.vector_tiles import MOST_ZOOM
from spatialgov.workspace import COLLECTIONS
from spatialgov.workspace.feature_tables import Tile
from spatialgov.workspace.tile_archives import vector_layer
from spatialgov_api.etags import is_known
from spatialgov_api.ogc.documents import ARCHIVE_TYPE, TILE_TYPE
from spatialgov_api.ogc.links import base_url, link
from spatialgov_api.ogc.parameters import Wanted, read
from spatialgov_api.ogc.viewing import asker_of, features_of

__all__ = ["router", "tile_answer", "tile_place"]

router = APIRouter(prefix="/ogc", include_in_schema=False)

_SCHEME = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
_CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
_REL = "http://www.opengis.net/def/rel/ogc/1.0"
_HALF_M = 20037508.342789244
_SHOWN_ZOOM = 16
"""Up to here clients ask for tiles and enlarge the last: a step of 4096 is 15 cm on the ground."""
_PIXEL_M = 0.28e-3


@router.get("/tileMatrixSets")
def tile_matrix_sets(request: Request) -> Response:
    """List the tiling schemes: one."""
    address = f"{base_url(request)}/tileMatrixSets/WebMercatorQuad"
    return JSONResponse(
        {"tileMatrixSets": [{"id": "WebMercatorQuad", "uri": _SCHEME, "links": [link(address, "self")]}]}
    )


@router.get("/tileMatrixSets/WebMercatorQuad")
def tile_matrix_set() -> Response:
    """Describe the tiling scheme."""
    matrices = []
    for z in range(MOST_ZOOM + 1):
        cell = 2 * _HALF_M / 256 / 2**z
        matrices.append(
            {
                "id": str(z),
                "scaleDenominator": cell / _PIXEL_M,
                "cellSize": cell,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-_HALF_M, _HALF_M],
                "tileWidth": 256,
                "tileHeight": 256,
                "matrixWidth": 2**z,
                "matrixHeight": 2**z,
            }
        )
    axes = ["X", "Y"]
    return JSONResponse(
        {"id": "WebMercatorQuad", "uri": _SCHEME, "crs": _CRS, "orderedAxes": axes, "tileMatrices": matrices}
    )


def _tile(name: str) -> Callable[[Request, str, str, str], Response]:
    def tile(request: Request, z: str, y: str, x: str) -> Response:
        features, wanted, place = features_of(request), _wanted(request, name), tile_place(z, x, y)
        edition = features.edition_number(wanted.edition, wanted.as_of)
        found = features.table(name, asker_of(request), edition=edition).tile(*place)
        assert found is not None
        return tile_answer(request, found)

    return tile


def _wanted(request: Request, name: str) -> Wanted:
    features = features_of(request)
    wanted = read(name, request.query_params.multi_items(), lambda: {}, features.systems)
    assert wanted is not None
    return wanted


def tile_place(z: str, x: str, y: str) -> tuple[int, int, int]:
    """Read the place of a tile; `NotFoundError` when there is none."""
    numbers = [int(one) if one.isascii() and one.isdecimal() and len(one) < 9 else -1 for one in (z, x, y)]
    if not (0 <= numbers[0] <= MOST_ZOOM and all(0 <= one < 2 ** numbers[0] for one in numbers[1:])):
        raise NotFoundError(
            t("There is no tile {z}/{y}/{x}.", "没有瓦片 {z}/{y}/{x}。", z=z[:9], y=y[:9], x=x[:9]),
            remedy=t("Zoom, row and column of WebMercatorQuad.", "应为 WebMercatorQuad 的级别、行、列。"),
        )
    return numbers[0], numbers[1], numbers[2]


def tile_answer(request: Request, tile: Tile) -> Response:
    """Answer with a tile, or that the client has it."""
    headers = {"etag": tile.tag, "vary": "accept-encoding"}
    if is_known(tile.tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if not tile.content:
        return Response(status_code=204, headers=headers)
    if tile.is_packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(tile.content, media_type=TILE_TYPE, headers={**headers, "content-encoding": "gzip"})
    content = zlib.decompress(tile.content, wbits=31) if tile.is_packed else tile.content
    return Response(content, media_type=TILE_TYPE, headers=headers)


def _archive(name: str) -> Callable[[Request], Response]:
    def archive(request: Request) -> Response:
        features, wanted = features_of(request), _wanted(request, name)
        edition = features.edition_number(wanted.edition, wanted.as_of)
        found = request.app.state.workspace.tile_archives.get(name, asker_of(request), edition=edition)
        headers = {"etag": f'"{found.tag}"'}
        if is_known(headers["etag"], request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        of = "" if found.edition is None else f"-edition-{found.edition}"
        return FileResponse(found.path, media_type=ARCHIVE_TYPE, filename=f"{name}{of}.pmtiles", headers=headers)

    return archive


def _tilejson(name: str) -> Callable[[Request], Response]:
    def tilejson(request: Request) -> Response:
        features, wanted, asker = features_of(request), _wanted(request, name), asker_of(request)
        edition = features.edition_number(wanted.edition, wanted.as_of)
        table = features.table(name, asker, edition=edition)
        # tiles of a named edition never change: pages learn of a new one here
        pinned = "" if table.edition is None else f"?edition={table.edition}"
        west, south, east, north = table.bounds or (-180.0, -85.0, 180.0, 85.0)
        zoom = min(max(math.floor(math.log2(360.0 / max(east - west, 2 * (north - south), 1e-4))), 0), _SHOWN_ZOOM)
        return JSONResponse(
            {
                "tilejson": "3.0.0",
                "name": features.title(name),
                "description": features.description(name),
                "attribution": request.app.state.workspace.analysis.source(),
                "tiles": [_template(request, name) + pinned],
                "minzoom": 0,
                "maxzoom": _SHOWN_ZOOM,
                "bounds": [west, south, east, north],
                "center": [(west + east) / 2, (south + north) / 2, zoom],
                "vector_layers": [vector_layer(table, _SHOWN_ZOOM)],
            }
        )

    return tilejson


def _template(request: Request, name: str) -> str:
    return f"{base_url(request)}/collections/{name}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"


def _tileset(request: Request, name: str) -> dict[str, Any]:
    base = base_url(request)
    here = f"{base}/collections/{name}/tiles/WebMercatorQuad"
    template = f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    return {
        "title": features_of(request).title(name),
        "dataType": "vector",
        "crs": _CRS,
        "tileMatrixSetURI": _SCHEME,
        "links": [
            link(here, "self"),
            link(f"{base}/tileMatrixSets/WebMercatorQuad", f"{_REL}/tiling-scheme"),
            {**link(template, "item", TILE_TYPE), "templated": True},
        ],
    }


def _tilesets(name: str) -> Callable[[Request], Response]:
    def tilesets(request: Request) -> Response:
        here = link(f"{base_url(request)}/collections/{name}/tiles", "self")
        return JSONResponse({"links": [here], "tilesets": [_tileset(request, name)]})

    return tilesets


def _one_tileset(name: str) -> Callable[[Request], Response]:
    def tileset(request: Request) -> Response:
        return JSONResponse(_tileset(request, name))

    return tileset


for _name in (one.name for one in COLLECTIONS.values() if one.has_tiles):
    _here = f"/collections/{_name}"
    router.add_api_route(f"{_here}/tilejson", _tilejson(_name))
    router.add_api_route(f"{_here}/{_name}.pmtiles", _archive(_name), methods=["GET", "HEAD"])
    router.add_api_route(f"{_here}/tiles", _tilesets(_name))
    router.add_api_route(f"{_here}/tiles/WebMercatorQuad", _one_tileset(_name))
    router.add_api_route(f"{_here}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}", _tile(_name))
