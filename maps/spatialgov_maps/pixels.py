"""Which pixels of a picture lie inside shapes: exact at their middles, quick for thousands that overlap."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov_maps.mercator import PixelGrid

__all__ = ["pixels_inside"]


def pixels_inside(shapes: npt.NDArray[Any], grid: PixelGrid) -> npt.NDArray[np.bool_]:
    """Say which pixels have their middle inside one of the shapes at least.

    Every ring turns one way, holes the other. On each row of pixels, what is crossed on the way from the west is summed
    up (the winding number): above 0 is inside, however many shapes overlap.

    Parameters
    ----------
    shapes
        (n,) valid polygons or multipolygons, EPSG:4326; what has no area holds no pixel.
    grid
        Where the pixels lie.

    Returns
    -------
    (height, width) bool, row 0 in the north.
    """
    rings = shapely.get_rings(shapely.orient_polygons(shapely.get_parts(shapes)))
    places, ring = shapely.get_coordinates(rings, return_index=True)
    column, row = grid.pixels_of(places[:, 0], places[:, 1])
    along = ring[1:] == ring[:-1]
    x0, y0, x1, y1 = (values[along] for values in (column[:-1], row[:-1], column[1:], row[1:]))
    # rows whose middle an edge crosses; half open, so that a corner belongs to one of its edges only
    first = np.clip(np.ceil(np.minimum(y0, y1) - 0.5), 0, grid.height).astype(np.int64)
    last = np.clip(np.ceil(np.maximum(y0, y1) - 0.5), 0, grid.height).astype(np.int64)
    crossed = last - first
    edge = np.repeat(np.arange(len(x0)), crossed)
    here = np.repeat(first - np.concatenate([[0], np.cumsum(crossed)[:-1]]), crossed) + np.arange(len(edge))
    share = (here + 0.5 - y0[edge]) / (y1[edge] - y0[edge])
    at = np.clip(np.ceil(x0[edge] + share * (x1[edge] - x0[edge]) - 0.5), 0, grid.width).astype(np.int64)
    # rows count southwards: a ring that turns left goes down on its western side
    turns = np.where(y1 > y0, 1, -1)[edge]
    steps = np.bincount(here * (grid.width + 1) + at, weights=turns, minlength=grid.height * (grid.width + 1)).reshape(
        grid.height, grid.width + 1
    )
    inside: npt.NDArray[np.bool_] = np.cumsum(steps, axis=1)[:, : grid.width] > 0.5
    return inside
