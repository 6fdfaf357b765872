"""The map of where incidents gather: H3 cells by density, and the hot spots that chance does not explain."""

from collections.abc import Sequence
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from spatialgov.incidents import HeatMap, HotSpots
from spatialgov.language import t
from spatialgov_maps import formats
from spatialgov_maps.base import Legend, LegendItem, LegendLayer, Map, Style, Tooltips
from spatialgov_maps.colours import SEQUENTIAL, classes_of
from spatialgov_maps.context import Context, light_context_layers
from spatialgov_maps.raster_layer import cells_layer
from spatialgov_maps.spot_layers import spot_layers

__all__ = ["CELL", "class_texts", "density_limits", "heat_layer", "heat_map"]

CELL: Style = {"color": "#ffffff", "weight": 0.4, "opacity": 0.5, "fillOpacity": 0.78}


def heat_map(
    heat: HeatMap,
    spots: HotSpots | None = None,
    *,
    layer: LegendLayer | None = None,
    context: Context | None = None,
    title: str = "",
    subtitle: str = "",
) -> Map:
    """Draw incidents per km² in H3 cells, with the hot spots on top.

    Parameters
    ----------
    heat
        From `spatialgov.incidents.heat_map`.
    spots
        From `spatialgov.incidents.hot_spots`, of the same incidents.
    layer
        The cells, where the caller has made them: `heat_layer` of `heat`.
    context
        What surrounds the cells.
    title, subtitle
        The header's text (the subtitle names period and categories); the title is "Incident heat map" by default.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    cells = heat.cells
    layer = heat_layer(heat) if layer is None else layer
    layers: list[LegendLayer] = [*([layer] if layer else []), *light_context_layers(context)]
    facts = [
        (formats.count(cells["count"].sum()), t("incidents shown", "显示的事件")),
        (formats.count(len(cells)), t("cells", "单元格")),
    ]
    if spots is not None:
        layers += spot_layers([spots])
        facts.append((formats.count(len(spots.spots)), t("hot spots", "热点")))
    m = Map(
        _bounds(cells, context, spots),
        title or t("Incident heat map", "事件热力图"),
        subtitle=subtitle,
        facts=facts,
        source=context.source,
    )
    m.add_layers(layers)
    return m


def _bounds(cells: gpd.GeoDataFrame, context: Context, spots: HotSpots | None) -> npt.NDArray[np.float64]:
    """Give the bounds of the surroundings, so that a map of few incidents still shows the whole jurisdiction."""
    frames = [context.jurisdictions, None if spots is None else spots.cells]
    return next((frame for frame in frames if frame is not None and len(frame)), cells).total_bounds


def density_limits(per_km2: npt.ArrayLike, classes: int = len(SEQUENTIAL)) -> list[float]:
    """Give round limits between classes of density, rising, at most `classes` - 1 of them.

    The limits lie at even steps of the logarithm, because densities of incidents span orders of magnitude and their
    few large values would leave one pale colour to all the rest; each is rounded to 1, 2 or 5 times a power of ten,
    or to two digits where that would make two of them equal.

    Parameters
    ----------
    per_km2
        (n,) densities above 0.
    classes
        How many colours there are.
    """
    values = np.asarray(per_km2, dtype=np.float64)
    if len(values) == 0:
        return []
    low, high = np.quantile(values, 0.05), np.quantile(values, 0.99)
    steps = np.geomspace(low, high, classes + 1)[1:-1]
    power = 10.0 ** np.floor(np.log10(steps))
    head = steps / power
    nearest = np.array([1.0, 2.0, 5.0, 10.0])[np.abs(np.log(head[:, None] / [1.0, 2.0, 5.0, 10.0])).argmin(axis=1)]
    if len(np.unique(nearest * power)) < len(steps):
        nearest = head.round(1)
    return sorted({float(limit) for limit in (nearest * power).round(6)})


def class_texts(limits: Sequence[float]) -> list[str]:
    """Give the text of each class between limits, as a legend has it, from little to much."""
    edges = ["0", *[f"{limit:,.4g}" if limit < 1000 else f"{limit:,.0f}" for limit in limits]]
    return [f"{low} – {high}" for low, high in pairwise(edges)] + [f"≥ {edges[-1]}"]


def heat_layer(heat: HeatMap, layers: int = 1) -> LegendLayer | None:
    """Give the cells by class of density, with what was left out said in the legend.

    Many incidents or cells become a picture (`drawn_as_picture`). None when there are no cells, or so many that the
    page would be too large: then a coarser resolution is needed.

    Parameters
    ----------
    heat
        From `spatialgov.incidents.heat_map`.
    layers
        How many layers as large the page has.
    """
    cells = heat.cells
    if cells.empty:
        return None
    limits = density_limits(cells["incidents_per_km2"])
    styles: list[Style] = [{**CELL, "fillColor": colour} for colour in SEQUENTIAL[: len(limits) + 1]]
    classes = classes_of(cells["incidents_per_km2"], limits)
    name = t("Incidents per km²", "每平方公里事件")
    notes = [t("H3 cells of resolution {r}.", "H3 第 {r} 级单元格。", r=heat.resolution)]
    if heat.minimum > 1:
        notes.append(
            t(
                "Cells with fewer than {m} incidents are not shown ({n}).",
                "少于 {m} 起事件的单元格不显示（{n} 个）。",
                m=heat.minimum,
                n=f"{heat.suppressed:,}",
            )
        )
    items = [LegendItem(text, style) for text, style in zip(class_texts(limits), styles, strict=True)]
    legend = Legend(t("Incidents per km²", "每平方公里事件数"), items[::-1], t(" ", "").join(notes))
    return cells_layer(
        cells,
        classes,
        items,
        name,
        lambda: _tooltips(cells, name),
        int(cells["count"].sum()),
        layers=layers,
        name=name,
        legend=legend,
    )


def _tooltips(cells: gpd.GeoDataFrame, name: str) -> Tooltips:
    return Tooltips(
        [t("{n:,} incidents", "{n:,} 起事件", n=n) for n in cells["count"]],
        {
            name: [formats.count(v) for v in cells["incidents_per_km2"]],
            t("Cell area", "单元格面积"): [formats.area(v * 1e6) for v in cells["area_km2"]],
            t("H3 cell", "H3 单元格"): cells["cell"].astype(str).tolist(),
        },
    )
