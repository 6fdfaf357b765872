"""The map of where incidents gather: H3 cells by density, and the hot spots that chance does not explain."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from spatialgov.incidents import HeatMap, HotSpots
from spatialgov.language import t
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, Map, Style, Tooltips
from spatialgov_maps.colours import SEQUENTIAL, classes_of
from spatialgov_maps.context import Context, context_layers

__all__ = ["density_limits", "heat_map"]

_CELL: Style = {"color": "#ffffff", "weight": 0.4, "opacity": 0.5, "fillOpacity": 0.78}
_SPOT: Style = {"color": "#3b0764", "weight": 2.6, "opacity": 1, "fillColor": "#3b0764", "fillOpacity": 0.05}


def heat_map(
    heat: HeatMap,
    spots: HotSpots | None = None,
    *,
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
    layers = [*_cell_layers(heat), *context_layers(context)]
    facts = [
        (formats.count(cells["count"].sum()), t("incidents shown", "显示的事件")),
        (formats.count(len(cells)), t("cells", "单元格")),
    ]
    if spots is not None:
        layers += _spot_layers(spots)
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


def _cell_layers(heat: HeatMap) -> list[FeatureLayer]:
    """Give the cells by class of density, with what was left out said in the legend."""
    cells = heat.cells
    if cells.empty:
        return []
    limits = density_limits(cells["incidents_per_km2"])
    styles: list[Style] = [{**_CELL, "fillColor": colour} for colour in SEQUENTIAL[: len(limits) + 1]]
    tips = Tooltips(
        [t("{n:,} incidents", "{n:,} 起事件", n=n) for n in cells["count"]],
        {
            t("Incidents per km²", "每平方公里事件"): [formats.count(v) for v in cells["incidents_per_km2"]],
            t("Cell area", "单元格面积"): [formats.area(v * 1e6) for v in cells["area_km2"]],
            t("H3 cell", "H3 单元格"): cells["cell"].astype(str).tolist(),
        },
    )
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
    edges = ["0", *[f"{limit:,.4g}" if limit < 1000 else f"{limit:,.0f}" for limit in limits]]
    texts = [f"{low} – {high}" for low, high in pairwise(edges)] + [f"≥ {edges[-1]}"]
    items = [LegendItem(text, style) for text, style in zip(texts, styles, strict=True)][::-1]
    return [
        FeatureLayer(
            cells.geometry,
            styles,
            classes_of(cells["incidents_per_km2"], limits),
            name=t("Incidents per km²", "每平方公里事件"),
            tooltips=tips,
            legend=Legend(t("Incidents per km²", "每平方公里事件数"), items, t(" ", "").join(notes)),
        )
    ]


def _spot_layers(found: HotSpots) -> list[FeatureLayer]:
    """Give the outlines of the hot spots with their rank and how sure they are."""
    spots = found.spots
    if spots.empty:
        return []
    tips = Tooltips(
        [t("Hot spot no. {r}", "第 {r} 号热点", r=rank) for rank in spots["rank"]],
        {
            t("Incidents", "事件"): [formats.count(v) for v in spots["n_incidents"]],
            t("If spread evenly", "若均匀分布"): [formats.count(v) for v in spots["expected"]],
            t("Times as many", "倍数"): [f"{v:.1f} ×" for v in spots["relative_risk"]],
            t("Incidents per km²", "每平方公里事件"): [formats.count(v) for v in spots["incidents_per_km2"]],
            t("Area", "面积"): [formats.area(v * 1e6) for v in spots["area_km2"]],
            t("Lowest p of its cells", "单元格最小 p 值"): [_p_text(v) for v in spots["lowest_p"]],
        },
    )
    note = t(
        "More incidents than chance explains: Getis-Ord Gi*, false discovery rate {a:g} %. Numbers are ranks.",
        "事件多于随机所能解释：Getis-Ord Gi*，错误发现率 {a:g} %。数字为名次。",
        a=found.alpha * 100,
    )
    return [
        FeatureLayer(
            spots.geometry,
            [_SPOT],
            name=t("Hot spots", "热点"),
            pane="lines",
            tooltips=tips,
            labels=spots["rank"].astype(str).tolist(),
            label_class="area",
            legend=Legend(t("Hot spots", "热点"), [LegendItem(t("Hot spot", "热点"), _SPOT)], note),
        )
    ]


def _p_text(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"
