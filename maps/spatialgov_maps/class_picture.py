"""Shapes by class as one picture: what would be too many corners to be drawn, as finely as a page has room for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.time_limit import check_time
from spatialgov_maps.base import LegendItem
from spatialgov_maps.mercator import PixelGrid
from spatialgov_maps.pixels import pixels_inside
from spatialgov_maps.raster_layer import RasterLayer

__all__ = ["ROOM", "class_picture"]

ROOM = 170_000
"""Bytes of a picture, as text."""
_PIXELS_M = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 64.0)
"""Sides of a pixel on the ground that are tried; the last ones for whole provinces."""
_MOST_PIXELS = 16_000_000
_ROUGH_PIXELS = 500_000
"""Of a picture that shows how much there is to draw."""
_MARGIN = 0.7
"""Small shapes vanish in a rough picture, so it says too little; but a page does not try every size."""


def class_picture(
    classes: Sequence[npt.NDArray[Any]],
    items: Sequence[LegendItem],
    bounds: npt.ArrayLike,
    heading: str,
    *,
    within: npt.NDArray[Any] | None = None,
    room: int = ROOM,
    **options: Any,
) -> RasterLayer | None:
    """Draw shapes that may overlap as one picture; where they do, the class that comes first is seen.

    Parameters
    ----------
    classes
        For each class (n,) polygons, EPSG:4326.
    items
        The classes.
    bounds
        (4,) west, south, east, north: what lies outside is not drawn.
    heading, options
        As for `RasterLayer`.
    within
        (n,) polygons, EPSG:4326: nothing is drawn outside of them; None for no limit.
    room
        Bytes that the picture may take.

    Returns
    -------
    RasterLayer or None
        None when it has no room, however coarse.
    """
    if not np.isfinite(np.asarray(bounds, dtype=np.float64)).all():
        return None

    def drawn(pixel_m: float) -> RasterLayer:
        grid = PixelGrid.over(bounds, pixel_m)
        picture = np.zeros((grid.height, grid.width), dtype=np.uint8)
        for number, shapes in reversed(list(enumerate(classes, 1))):
            check_time()
            picture[pixels_inside(shapes, grid)] = number
        if within is not None:
            picture[~pixels_inside(within, grid)] = 0
        return RasterLayer([picture], grid, items, heading, **options)

    sizes = [m for m in _PIXELS_M if _pixels(bounds, m) <= _MOST_PIXELS]
    rough = next((m for m in sizes if _pixels(bounds, m) <= _ROUGH_PIXELS), None)
    if rough is None:
        return None
    # what there is to draw are edges: a picture grows with their pixels, not with those of the ground
    finest_m = rough * len(drawn(rough).spec) / room * _MARGIN
    for pixel_m in sizes:
        if pixel_m >= finest_m and len((layer := drawn(pixel_m)).spec) <= room:
            return layer
    return None


def _pixels(bounds: npt.ArrayLike, pixel_m: float) -> int:
    grid = PixelGrid.over(bounds, pixel_m)
    return grid.width * grid.height
