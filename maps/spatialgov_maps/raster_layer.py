"""Pictures on the map: what is too many cells to be drawn one by one, as PNG inside the page."""

from collections.abc import Callable, Sequence
from typing import Any

import geopandas as gpd
import h3.api.numpy_int as h3_numbers
import numpy as np
import numpy.typing as npt
from folium.template import Template

from spatialgov.incidents import h3_cells
from spatialgov.time_limit import check_time
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, LegendLayer, Pane, Tooltips, script_json
from spatialgov_maps.mercator import PixelGrid
from spatialgov_maps.png import data_url, indexed_png

__all__ = [
    "MOST_CELLS",
    "MOST_PICTURE_BYTES",
    "MOST_POINTS",
    "RasterLayer",
    "cells_as_picture",
    "cells_layer",
    "drawn_as_picture",
]

MOST_POINTS = 50_000
"""Above so many incidents their cells are drawn as a picture."""
MOST_CELLS = 2_000
"""Above so many cells they are, too: as shapes with their numbers they would not fit into a page of a megabyte."""
MOST_PICTURE_BYTES = 500_000
"""Of all pictures of a page, as text."""

_MOST_PIXELS = 4_000_000
_MOST_PIXELS_TOGETHER = 24_000_000
_PIXELS_ACROSS = (32, 24, 16, 12, 9, 7, 5, 4)
"""How many pixels a cell may be wide, the best first; with fewer it would not look like a cell."""


def drawn_as_picture(points: int, cells: int) -> bool:
    """Say whether so many incidents in so many cells are drawn as a picture."""
    return points > MOST_POINTS or cells > MOST_CELLS


class RasterLayer(LegendLayer):
    """A picture of classes, or one for each frame of a time slider, that follows the map exactly.

    Parameters
    ----------
    pictures
        One (height, width) uint8 for each frame: 0 for nothing, else the number of an item of the legend, the first
        being 1.
    grid
        Where the pixels lie.
    items
        The classes.
    heading
        What the classes are classes of, with the unit: for the tooltip.
    name, base, show, pane, legend
        As for `FeatureLayer`.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = spatialgov.raster({{ this.spec }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        pictures: Sequence[npt.NDArray[np.uint8]],
        grid: PixelGrid,
        items: Sequence[LegendItem],
        heading: str,
        *,
        name: str = "",
        base: bool = False,
        show: bool = True,
        pane: Pane = "areas",
        legend: Legend | None = None,
    ) -> None:
        super().__init__(name=name or None, overlay=not base, control=bool(name), show=show)
        self._name = "RasterLayer"
        self.legend = legend
        colours = [str(item.style["fillColor"]) for item in items]
        # Opaque inside, so that the tooltip finds the class by its colour: the layer as a whole is not.
        palette = [(0, 0, 0, 0), *[(*_rgb(colour), 255) for colour in colours]]
        west, south, east, north = grid.bounds
        self.spec = script_json(
            {
                "pictures": [data_url(indexed_png(picture, palette)) for picture in pictures],
                "bounds": [[south, west], [north, east]],
                "size": [grid.width, grid.height],
                "opacity": items[0].style.get("fillOpacity", 0.8) if items else 1,
                "pane": pane,
                "heading": heading,
                "classes": [[*_rgb(colour), item.label] for colour, item in zip(colours, items, strict=True)],
            }
        )


def cells_as_picture(
    cells: gpd.GeoDataFrame,
    classes: npt.NDArray[np.int64],
    items: Sequence[LegendItem],
    heading: str,
    *,
    layers: int = 1,
    **options: Any,
) -> RasterLayer | None:
    """Draw H3 cells as a picture, or one a frame, as finely as a page can hold; None when there is no room at all.

    Parameters
    ----------
    cells
        ``cell`` (H3 names of one resolution), ascending, one at least; polygons, EPSG:4326.
    classes
        (n, frames): 0 for nothing, else the number of an item, the first being 1.
    layers
        How many such layers the page has, which share the room.
    items, heading, options
        As for `RasterLayer`.
    """
    numbers = np.array([h3_numbers.str_to_int(name) for name in cells["cell"]], dtype=np.uint64)
    resolution = h3_numbers.get_resolution(int(numbers[0]))
    across_m = float(np.sqrt(2 * h3_numbers.average_hexagon_area(resolution, unit="m^2") / np.sqrt(3)))
    table = np.vstack([classes, np.zeros((1, classes.shape[1]), dtype=np.int64)]).astype(np.uint8)
    for pixels in _PIXELS_ACROSS:
        check_time()
        grid = PixelGrid.over(cells.total_bounds, across_m / pixels)
        pixels_each = grid.width * grid.height
        if pixels_each > _MOST_PIXELS or pixels_each * classes.shape[1] > _MOST_PIXELS_TOGETHER:
            continue
        here = h3_cells(*grid.middles(), resolution)
        position = np.minimum(np.searchsorted(numbers, here), len(numbers) - 1)
        position = np.where(numbers[position] == here, position, len(numbers)).reshape(grid.height, grid.width)
        layer = RasterLayer([table[position, k] for k in range(classes.shape[1])], grid, items, heading, **options)
        if len(layer.spec) * layers <= MOST_PICTURE_BYTES:
            return layer
    return None


def cells_layer(
    cells: gpd.GeoDataFrame,
    classes: npt.NDArray[np.int64],
    items: Sequence[LegendItem],
    heading: str,
    tooltips: Callable[[], Tooltips],
    points: int,
    *,
    layers: int = 1,
    **options: Any,
) -> LegendLayer | None:
    """Draw H3 cells by class: one by one with tooltips, or as a picture where they are many (`drawn_as_picture`).

    Parameters
    ----------
    cells, heading, layers, options
        As for `cells_as_picture`.
    classes
        (n,) positions in `items`.
    items
        The classes.
    tooltips
        Makes those of the cells, where they are drawn one by one.
    points
        How many incidents lie in the cells.

    Returns
    -------
    LegendLayer or None
        None when there are so many cells that the page would be too large.
    """
    if drawn_as_picture(points, len(cells) * layers):
        return cells_as_picture(cells, classes[:, None] + 1, items, heading, layers=layers, **options)
    styles = [item.style for item in items]
    return FeatureLayer(cells.geometry, styles, classes, tooltips=tooltips(), **options)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
