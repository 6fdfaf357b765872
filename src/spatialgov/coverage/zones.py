"""Exclusion zones by kind: where nothing may be installed, where nobody may look, where a consent is needed."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj

from spatialgov.coverage.sight.isovists import polygonal

__all__ = ["zone_shapes"]

Shapes = npt.NDArray[np.object_]


def zone_shapes(zones: gpd.GeoDataFrame | None, kind: str, crs: pyproj.CRS) -> tuple[Shapes, Shapes]:
    """Give the zones of a kind.

    Parameters
    ----------
    zones
        ``zone_id``, ``kind`` (``no_install``, ``no_view``, ``consent``) and polygons, in any CRS that is named; None
        for none.
    kind, crs
        Which of them, and the CRS to give them in.

    Returns
    -------
    shapes, zone_id
        (n,) valid polygons, and their names; "" where they have none.
    """
    if zones is None:
        return np.empty(0, dtype=object), np.empty(0, dtype=object)
    chosen = zones[(zones["kind"] == kind).to_numpy()]
    names = chosen["zone_id"].to_numpy(object) if "zone_id" in chosen else np.full(len(chosen), "", dtype=object)
    return polygonal(np.asarray(gpd.GeoSeries(chosen.geometry).to_crs(crs), dtype=object)), names
