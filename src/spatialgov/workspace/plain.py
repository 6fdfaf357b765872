"""Results as plain values and features, for JSON: missing ones are None, times ISO 8601."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

__all__ = ["feature_collection_of", "plain", "rows"]


def plain(value: Any) -> Any:
    """Give a value, or a mapping or list of values, as JSON knows them; what is no finite number is None."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.isoformat() if isinstance(value, date) else value


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a frame without geometry as plain mappings."""
    without = frame.drop(columns="geometry", errors="ignore")
    columns = {str(name): _values(without[name]) for name in without}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _values(column: "pd.Series[Any]") -> list[Any]:
    values = column.tolist()
    is_whole = isinstance(column.dtype, np.dtype) and column.dtype.kind in "bui"
    return values if is_whole else [plain(value) for value in values]


def feature_collection_of(frame: gpd.GeoDataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """Give some columns of a frame (EPSG:4326) as a GeoJSON FeatureCollection to be drawn: places to 11 cm."""
    shapes = shapely.transform(frame.geometry.to_numpy(), lambda lonlat: lonlat.round(6))
    properties = frame[[name for name in columns if name in frame]].fillna("").to_dict("records")
    features = [
        {"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(shape)}
        for row, shape in zip(properties, shapes, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}
