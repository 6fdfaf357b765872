"""Frames as GeoJSON."""

import json
from typing import Any

import geopandas as gpd
import shapely
from fastapi import Response

from spatialgov.workspace.plain import plain, rows

__all__ = ["GEOJSON", "feature_collection", "rows"]

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


def feature_collection(frame: gpd.GeoDataFrame, *, matched: int | None = None, **more: Any) -> Response:
    """Answer with a FeatureCollection.

    Parameters
    ----------
    frame
        EPSG:4326.
    matched
        How many features there are in all, where this is one page of them.
    more
        Further members of the collection.
    """
    shapes = shapely.to_geojson(frame.geometry.to_numpy())
    features = [
        f'{{"type":"Feature","geometry":{shape or "null"},"properties":{json.dumps(row, ensure_ascii=False)}}}'
        for shape, row in zip(shapes, rows(frame), strict=True)
    ]
    head = {
        "type": "FeatureCollection",
        "numberMatched": len(frame) if matched is None else matched,
        "numberReturned": len(frame),
        **plain(more),
    }
    text = json.dumps(head, ensure_ascii=False)[:-1] + ',"features":[' + ",".join(features) + "]}"
    return Response(text, media_type="application/geo+json")
