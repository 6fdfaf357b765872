"""Frames as GeoJSON."""

from typing import Any

import geopandas as gpd
import msgspec
import pyproj
import shapely
from fastapi import Response

from spatialgov.workspace.plain import plain, rows
from spatialgov_maps.outlines import simplified

__all__ = ["GEOJSON", "feature_collection", "features_of", "lighter", "rows"]

_SCHEMA = {
    "type": "object",
    "required": ["type", "numberMatched", "numberReturned", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "numberMatched": {"type": "integer", "description": "Features in all."},
        "numberReturned": {"type": "integer", "description": "Features in this answer."},
        "features": {"type": "array", "items": {"type": "object"}},
    },
}
GEOJSON: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A GeoJSON FeatureCollection (RFC 7946), WGS 84.",
        "content": {"application/geo+json": {"schema": _SCHEMA}},
    }
}
"""How routes that answer with `feature_collection` declare it."""
_DECIMALS = 6
"""Of degrees in lighter shapes: 0.1 m."""


def lighter(frame: gpd.GeoDataFrame, crs: pyproj.CRS, step_m: float) -> gpd.GeoDataFrame:
    """Give a frame with outlines that may differ by some metres, for maps; as it is with 0."""
    if not step_m:
        return frame
    shapes = shapely.transform(simplified(frame.geometry, crs, step_m).to_numpy(), lambda xy: xy.round(_DECIMALS))
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def features_of(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Give the features of a frame (EPSG:4326) as plain values."""
    shapes = shapely.to_geojson(frame.geometry.to_numpy())
    return [
        {"type": "Feature", "geometry": msgspec.json.decode(shape) if shape else None, "properties": row}
        for shape, row in zip(shapes, rows(frame), strict=True)
    ]


def feature_collection(
    frame: gpd.GeoDataFrame, *, matched: int | None = None, lean: bool = False, **more: Any
) -> Response:
    """Answer with a FeatureCollection.

    Parameters
    ----------
    frame
        EPSG:4326.
    matched
        How many features there are in all, where this is one page of them.
    lean
        Whether properties that are "", 0 or null are left out.
    more
        Further members of the collection.
    """
    shapes = [msgspec.Raw((shape or "null").encode()) for shape in shapely.to_geojson(frame.geometry.to_numpy())]
    properties = rows(frame)
    if lean:
        properties = [{name: value for name, value in row.items() if value} for row in properties]
    collection = {
        "type": "FeatureCollection",
        "numberMatched": len(frame) if matched is None else matched,
        "numberReturned": len(frame),
        **plain(more),
        "features": [
            {"type": "Feature", "geometry": shape, "properties": row}
            for shape, row in zip(shapes, properties, strict=True)
        ],
    }
    return Response(msgspec.json.encode(collection), media_type="application/geo+json")
