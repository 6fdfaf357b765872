"""Frames as files to be saved: CSV that no spreadsheet runs as a formula, and GeoJSON."""

import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import geopandas as gpd
from fastapi import Query, Response

from spatialgov.vector_io import write_vector
from spatialgov_api.geojson import GEOJSON

__all__ = ["FEATURES", "FileWanted", "feature_file"]

_MEDIA_TYPES = {"csv": "text/csv", "geojson": "application/geo+json"}

FileWanted = Annotated[
    Literal["csv", "geojson"] | None,
    Query(alias="file", description="As a file to be saved; in CSV the shape is a column of WKT."),
]

FEATURES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A GeoJSON FeatureCollection (RFC 7946), WGS 84; or the file that was asked for.",
        "content": GEOJSON[200]["content"] | {"text/csv": {"schema": {"type": "string"}}},
    }
}
"""How routes that answer with `feature_collection` or `feature_file` declare it."""


def feature_file(frame: gpd.GeoDataFrame, kind: Literal["csv", "geojson"], name: str) -> Response:
    """Answer with a file that browsers save; `frame` in EPSG:4326, `name` without the suffix."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.{kind}"
        write_vector(frame, file)
        content = file.read_bytes()
    headers = {"content-disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(content, media_type=_MEDIA_TYPES[kind], headers=headers)
