"""Which grid lies nearest to a location, and how far: for locations outside all of them."""

import numpy as np
import numpy.typing as npt
import pyproj

from spatialgov.locate.edges import Edges

__all__ = ["nearest_face"]

_ELLIPSOID = pyproj.Geod(ellps="WGS84")
_LEAST_COSINE = 1e-6


def nearest_face(edges: Edges, lon: float, lat: float, chosen: npt.NDArray[np.bool_]) -> tuple[int, float] | None:
    """Give the face whose border is nearest to a location, and the distance.

    Parameters
    ----------
    edges
        Those of a locator (`Locator.edges`).
    lon, lat
        Degrees, WGS 84.
    chosen
        Which faces are looked at, bool, shape (n + 1,), by face: 0 is the outside.

    Returns
    -------
    tuple or None
        The face, and metres on the ellipsoid; None when none is chosen. The border is nearest in the plane at the
        location, which a few kilometres away is exact to a millionth, and far away good enough to name a town.
    """
    beside = chosen[edges.sides]
    kept = beside.any(axis=1)
    ends, sides, beside = edges.ends[kept], edges.sides[kept], beside[kept]
    if not len(ends):
        return None
    ellipse = (1 - _ELLIPSOID.es * np.sin(np.radians(lat)) ** 2) / (1 - _ELLIPSOID.es)
    scale = np.array([max(np.cos(np.radians(lat)), _LEAST_COSINE) * ellipse, 1.0])  # a degree east over one north
    start, way = (ends[:, :2] - [lon, lat]) * scale, (ends[:, 2:] - ends[:, :2]) * scale
    along = np.clip(-(start * way).sum(axis=1) / (way * way).sum(axis=1), 0.0, 1.0)
    away = ((start + along[:, None] * way) ** 2).sum(axis=1)
    best = int(np.argmin(away))
    x, y = ends[best, :2] + along[best] * (ends[best, 2:] - ends[best, :2])
    face = int(sides[best, 0] if beside[best, 0] else sides[best, 1])
    return face, float(_ELLIPSOID.inv(lon, lat, x, y)[2])
