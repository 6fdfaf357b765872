"""The OpenAPI document of the interface: for people, and for GDAL, which learns from it what it may have filtered."""

from collections.abc import Mapping
from typing import Any

import spatialgov
from spatialgov.filters import Kind
from spatialgov.workspace import COLLECTIONS, Features
from spatialgov_api.access.access import COOKIE
from spatialgov_api.ogc.documents import ARCHIVE_TYPE, TILE_TYPE, schema
from spatialgov_api.ogc.links import GEOJSON_TYPE, JSON_TYPE, SCHEMA_TYPE
from spatialgov_api.ogc.parameters import CQL_LANGUAGES, DEFAULT_LIMIT, MOST_LIMIT, PARAMETERS

__all__ = ["description"]

_URI = {"type": "string", "format": "uri"}
_FORM = {"style": "form", "explode": False}
_SHARED: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT, "default": DEFAULT_LIMIT},
    "after": {"type": "string"},
    "offset": {"type": "integer", "minimum": 0, "default": 0},
    "bbox": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
    "bbox-crs": _URI,
    "crs": _URI,
    "datetime": {"type": "string"},
    "filter": {"type": "string"},
    "filter-lang": {"type": "string", "enum": list(CQL_LANGUAGES), "default": CQL_LANGUAGES[0]},
    "filter-crs": _URI,
}
_TEXTS = {
    "after": "Where the page before ended: part of the links of rel=next.",
    "datetime": "A time, or an interval such as 2026-11-01T00:00:00Z/.. (of incidents).",
    "filter": "CQL2.",
    "edition": "Number of an edition; the one in force by default.",
    "as_of": "The edition in force at this time.",
}


def description(base: str, features: Features, kinds: Mapping[str, Mapping[str, Kind]]) -> dict[str, Any]:
    """Give the document.

    Parameters
    ----------
    base
        Address of the landing page.
    features
        For the titles.
    kinds
        Collection → column → what it holds, of the collections that the asker may read.
    """
    paths: dict[str, Any] = {
        "/": _get("getLandingPage", "Landing page", JSON_TYPE),
        "/conformance": _get("getConformance", "What the interface keeps to", JSON_TYPE),
        "/api": _get("getDescription", "This document", "application/vnd.oai.openapi+json;version=3.0"),
        "/collections": _get("getCollectionsList", "Collections", JSON_TYPE),
        "/tileMatrixSets": _get("getTileMatrixSetsList", "Tiling schemes", JSON_TYPE),
        "/tileMatrixSets/WebMercatorQuad": _get("getTileMatrixSet", "WebMercatorQuad", JSON_TYPE),
    }
    for name, columns in kinds.items():
        paths |= _paths(name, features.title(name), columns)
    shared = {
        name: {"name": name, "in": "query", "required": False, **_FORM, "schema": shape, **_about(name)}
        for name, shape in _SHARED.items()
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "spatialgov: OGC API", "version": spatialgov.__version__},
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "parameters": shared,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
        "security": [{"token": []}, {"key": []}, {"cookie": []}],
    }


def _paths(name: str, title: str, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    here = f"/collections/{name}"
    properties = schema(name, "", title, kinds)["properties"]
    parameters: list[dict[str, Any]] = [{"$ref": f"#/components/parameters/{shared}"} for shared in _SHARED]
    own = [_EDITION, _AS_OF] if name == "grids" else []
    parameters += own
    parameters += [
        {"name": column, "in": "query", "required": False, "schema": {"type": properties[column]["type"]}}
        for column, kind in kinds.items()
        if kind != "geometry" and column not in PARAMETERS
    ]
    one = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    crs = {"$ref": "#/components/parameters/crs"}
    paths = {
        here: _get(f"{name}.getCollection", title, JSON_TYPE),
        f"{here}/schema": _get(f"{name}.getSchema", "Schema", SCHEMA_TYPE),
        f"{here}/queryables": _get(f"{name}.getQueryables", "Queryables", SCHEMA_TYPE),
        f"{here}/items": _get(f"{name}.getFeatures", f"Features: {title}", GEOJSON_TYPE, parameters),
        f"{here}/items/{{featureId}}": _get(f"{name}.getFeature", "One feature", GEOJSON_TYPE, [one, crs, *own]),
    }
    if COLLECTIONS[name].has_tiles:
        places = [
            {"name": part, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
            for part in ("tileMatrix", "tileRow", "tileCol")
        ]
        tiles, vector = f"{here}/tiles/WebMercatorQuad", f"{name}.collection.vector"
        paths |= {
            f"{here}/tilejson": _get(f"{name}.getTileJson", "TileJSON", JSON_TYPE, own),
            f"{here}/{name}.pmtiles": _get(f"{name}.getTileArchive", "All tiles in one file", ARCHIVE_TYPE, own),
            f"{here}/tiles": _get(f"{vector}.getTileSetsList", "Tilesets", JSON_TYPE),
            tiles: _get(f"{vector}.getTileSet", "Tileset", JSON_TYPE),
            f"{tiles}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": _get(
                f"{vector}.getTile", "Tile", TILE_TYPE, [*places, *own]
            ),
        }
    return paths


def _about(name: str) -> dict[str, str]:
    return {"description": _TEXTS[name]} if name in _TEXTS else {}


_EDITION = {
    "name": "edition", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 1}
} | _about("edition")  # fmt: skip
_AS_OF = {
    "name": "as_of", "in": "query", "required": False, "schema": {"type": "string", "format": "date-time"}
} | _about("as_of")  # fmt: skip


def _get(name: str, summary: str, media_type: str, parameters: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Describe what is asked with GET; names end as OGC API - Tiles wants it."""
    answer = {"description": summary, "content": {media_type: {}}}
    return {
        "get": {"operationId": name, "summary": summary, "parameters": parameters or [], "responses": {"200": answer}}
    }
