"""The documents that lead to features and tiles: landing page, conformance, collections, schemas."""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

from spatialgov.filters import Kind
from spatialgov.language import current_language, t
from spatialgov.workspace import COLLECTIONS, Features
from spatialgov.workspace.feature_crs import CRS84, ExchangeCrs
from spatialgov_api.ogc.links import GEOJSON_TYPE, JSON_TYPE, SCHEMA_TYPE, link
from spatialgov_api.plain_page import plain_page

__all__ = ["ARCHIVE_TYPE", "CONFORMANCE", "TILE_TYPE", "collection", "conformance", "landing", "landing_page", "schema"]

TILE_TYPE = "application/vnd.mapbox-vector-tile"
ARCHIVE_TYPE = "application/vnd.pmtiles"
_OPENAPI_TYPE = "application/vnd.oai.openapi+json;version=3.0"
_REL = "http://www.opengis.net/def/rel/ogc/1.0"
_GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"

_F1, _F2, _F3 = (f"http://www.opengis.net/spec/ogcapi-features-{part}/1.0/conf" for part in (1, 2, 3))
_CQL, _TILES = "http://www.opengis.net/spec/cql2/1.0/conf", "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf"
CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    *(f"{_F1}/{name}" for name in ("core", "oas30", "geojson")),
    f"{_F2}/crs",
    *(f"{_F3}/{name}" for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(
        f"{_CQL}/{name}"
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "basic-spatial-functions",
            "spatial-functions",
        )
    ),
    *(f"{_TILES}/{name}" for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "oas30")),
)
"""What the interface keeps to."""

_TYPES: dict[Kind, dict[str, str]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "time": {"type": "string", "format": "date-time"},
    "boolean": {"type": "boolean"},
}
_SHAPES = {
    "incidents": "geometry-point",
    "cameras": "geometry-point",
    "gaps": "geometry-any",
}


def landing(base: str) -> dict[str, Any]:
    """Give where everything else is."""
    return {
        "title": "spatialgov",
        "description": t(
            "Grids of a jurisdiction and what belongs to them. Places and counts only: never a person.",
            "辖区网格及相关数据。仅含地点与数量，不涉及个人。",
        ),
        "links": [
            link(base, "self"),
            link(f"{base}/api", "service-desc", _OPENAPI_TYPE),
            link(f"{base}/conformance", "conformance"),
            link(f"{base}/collections", "data", title=t("Collections", "数据集合")),
            link(f"{base}/tileMatrixSets", f"{_REL}/tiling-schemes"),
        ],
    }


def landing_page(base: str, names: list[str], features: Features) -> str:
    """Give the same for a person: the collections, and that this address is for GIS clients."""
    rows = "".join(
        f'<li><a href="{base}/collections/{name}?lang={current_language()}">{escape(features.title(name))}</a>: '
        f"{escape(features.description(name))}</li>"
        for name in names
    )
    main = (
        f'<main class="said"><h1>OGC API</h1><p>{t(_FOR_CLIENTS_EN, _FOR_CLIENTS_ZH)}</p>'
        f'<ul>{rows}</ul><p><a href="{base}/api">OpenAPI</a></p></main>'
    )
    return plain_page("OGC API", main, home=f"{base}/..")


_FOR_CLIENTS_EN = "Give this address to QGIS, GDAL or another client of OGC API – Features."
_FOR_CLIENTS_ZH = "请将此地址填入 QGIS、GDAL 或其他支持 OGC API – Features 的软件。"


def conformance() -> dict[str, Any]:
    """Give what the interface keeps to."""
    return {"conformsTo": list(CONFORMANCE)}


def collection(
    name: str,
    base: str,
    features: Features,
    systems: list[ExchangeCrs],
    extent: tuple[float, float, float, float] | None,
    span: tuple[datetime, datetime] | None,
) -> dict[str, Any]:
    """Describe a collection."""
    here = f"{base}/collections/{name}"
    links = [
        link(here, "self"),
        link(f"{here}/items", "items", GEOJSON_TYPE),
        link(f"{here}/schema", "describedby", SCHEMA_TYPE),
        link(f"{here}/queryables", f"{_REL}/queryables", SCHEMA_TYPE),
    ]
    if COLLECTIONS[name].has_tiles:
        links += [
            link(f"{here}/tiles", f"{_REL}/tilesets-vector"),
            link(f"{here}/tilejson", "alternate", JSON_TYPE, "TileJSON"),
            link(f"{here}/{name}.pmtiles", "enclosure", ARCHIVE_TYPE, "PMTiles"),
        ]
    known: dict[str, Any] = {} if extent is None else {"spatial": {"bbox": [list(extent)], "crs": CRS84.uri}}
    if span is not None:
        known["temporal"] = {"interval": [[end.isoformat().replace("+00:00", "Z") for end in span]], "trs": _GREGORIAN}
    return {
        "id": name,
        "title": features.title(name),
        "description": features.description(name),
        **({"extent": known} if known else {}),
        "itemType": "feature",
        "crs": [one.uri for one in systems],
        "storageCrs": CRS84.uri,
        "links": links,
    }


def schema(name: str, address: str, title: str, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """Give the JSON schema of a collection's properties: what its features have, and what can be asked for."""
    properties: dict[str, Any] = {}
    for column, kind in kinds.items():
        if kind == "geometry":
            role = {"x-ogc-role": "primary-geometry"}
            properties[column] = {"format": _SHAPES.get(name, "geometry-polygon-or-multipolygon"), **role}
        else:
            role = {"x-ogc-role": "id"} if column == COLLECTIONS[name].id_column else {}
            properties[column] = {**_TYPES[kind], **role}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": title,
        "properties": properties,
        "additionalProperties": False,
    }
