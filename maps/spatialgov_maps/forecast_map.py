"""The map of a forecast: what is expected in each cell, where to look first, and how well it did so far."""

import numpy as np
import numpy.typing as npt
import pyproj

from spatialgov.incidents import Forecast, feedback_note
from spatialgov.language import t
from spatialgov.projection import project, unproject
from spatialgov.workspace.incident_time_results import ForecastResult, method_name
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, LegendLayer, Map, Style, Tooltips
from spatialgov_maps.colours import SEQUENTIAL, classes_of
from spatialgov_maps.context import Context, light_context_layers
from spatialgov_maps.controls import Panel
from spatialgov_maps.heat_map import CELL, class_texts, density_limits
from spatialgov_maps.mercator import PixelGrid
from spatialgov_maps.raster_layer import MOST_PICTURE_BYTES, RasterLayer

__all__ = ["forecast_map"]

_TOP: Style = {"color": "#3b0764", "weight": 1.6, "opacity": 1, "fillColor": "#3b0764", "fillOpacity": 0.05}
_MOST_OUTLINED = 400
"""Cells at the top with an outline and numbers of their own."""
_PIXELS = (6, 4, 3, 2, 1)
"""Pixels a cell may be wide, the best first."""
_MOST_PIXELS = 6_000_000

Floats = npt.NDArray[np.float64]


def forecast_map(result: ForecastResult, *, context: Context | None = None, subtitle: str = "") -> Map:
    """Draw a forecast.

    Parameters
    ----------
    result
        From `spatialgov.workspace.IncidentTimes.forecast`.
    context
        What surrounds the cells.
    subtitle
        The header's text under the title (days, categories).

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    found, crs = result.forecast, result.crs
    raster = found.raster
    corners_x = raster.x0_m + np.array([0, 1, 0, 1]) * raster.nx * raster.cell_m
    corners_y = raster.y0_m + np.array([0, 0, 1, 1]) * raster.ny * raster.cell_m
    lon, lat = unproject(corners_x, corners_y, crs)
    bounds = np.array([lon.min(), lat.min(), lon.max(), lat.max()])
    around = context.jurisdictions
    m = Map(
        bounds if around is None or around.empty else around.total_bounds,
        t("Forecast of incidents", "事件预测"),
        subtitle=subtitle,
        facts=[
            (formats.number(found.total), t("incidents expected", "预计事件")),
            (
                f"{found.total_low:,.0f} – {found.total_high:,.0f}",
                t("{c:.0%} interval", "{c:.0%} 区间", c=found.confidence),
            ),
        ],
        source=context.source,
    )
    m.add_layers([*_expected_layer(found, crs, bounds), *light_context_layers(context), *_top_layer(result)])
    _panel(result).add_to(m)
    return m


def _expected_layer(found: Forecast, crs: pyproj.CRS, bounds: Floats) -> list[LegendLayer]:
    """Give the expected incidents of each cell as a picture."""
    expected = found.expected.ravel()
    known = np.isfinite(expected)
    if not (expected[known] > 0).any():
        return []
    limits = density_limits(expected[known & (expected > 0)])
    styles: list[Style] = [{**CELL, "fillColor": colour} for colour in SEQUENTIAL[: len(limits) + 1]]
    items = [LegendItem(text, style) for text, style in zip(class_texts(limits), styles, strict=True)]
    classes = np.zeros(len(expected) + 1, dtype=np.uint8)  # the last is for pixels outside
    classes[:-1][known] = classes_of(expected[known], limits) + 1
    heading = t("Incidents expected per cell", "每单元预计事件")
    note = t(
        "Cells of {m:g} m; in {days:g} days.",
        "单元边长 {m:g} 米；{days:g} 天内。",
        m=found.raster.cell_m,
        days=found.horizon_days,
    )
    legend = Legend(heading, items[::-1], note)
    for pixels in _PIXELS:
        grid = PixelGrid.over(bounds, found.raster.cell_m / pixels)
        if grid.width * grid.height > _MOST_PIXELS and pixels > 1:
            continue
        cells = found.raster.cells_of(*project(*grid.middles(), crs))
        picture = classes[cells].reshape(grid.height, grid.width)
        layer = RasterLayer([picture], grid, items, heading, name=heading, legend=legend)
        if len(layer.spec) <= MOST_PICTURE_BYTES:
            return [layer]
    return []


def _top_layer(result: ForecastResult) -> list[LegendLayer]:
    """Give the cells that the hit rate is of: the first share of the area, with the most expected."""
    found = result.forecast
    share = found.backtest.area_shares[0]
    size = min(max(round(share * result.n_cells), 1), result.n_cells)
    if size > _MOST_OUTLINED or not found.total > 0:
        return []
    top = result.cells(size)
    tips = Tooltips(
        [t("No. {k}", "第 {k} 位", k=rank) for rank in top["rank"]],
        {
            t("Incidents expected", "预计事件"): [formats.number(v) for v in top["expected"]],
            t("{c:.0%} interval", "{c:.0%} 区间", c=found.confidence): [
                f"{low:,.0f} – {high:,.0f}" for low, high in zip(top["low"], top["high"], strict=True)
            ],
        },
    )
    name = t("First {s:.0%} of the area", "最优先的 {s:.0%} 面积", s=share)
    note = t("The {n} cells with the most incidents expected.", "预计事件最多的 {n} 个单元。", n=size)
    legend = Legend("", [LegendItem(name, _TOP)], note)
    return [FeatureLayer(top.geometry, [_TOP], name=name, pane="lines", tooltips=tips, legend=legend)]


def _panel(result: ForecastResult) -> Panel:
    """Say how well the forecast did, by how much it beats plain counts, and what it can't know."""
    found = result.forecast
    tested = found.backtest
    paragraphs = [result.verdict()]
    if not np.isnan(found.coverage):
        paragraphs.append(
            t(
                "The intervals are to hold {c:.0%} of the counts. In the back-test those of the first cells held "
                "{k:.0%}, those of the total {m:.0%}.",
                "名义为 {c:.0%} 的区间，回测中最优先单元的区间实际包含 {k:.0%}，总数的区间实际包含 {m:.0%}。",
                c=found.confidence,
                k=found.coverage,
                m=found.total_coverage,
            )
        )
    title = t("How well it did so far", "以往预测效果")
    if not tested.totals.sum():
        return Panel(title, [*paragraphs, feedback_note()])
    shares = [t("hits in {s:.0%}", "{s:.0%} 面积命中", s=share) for share in tested.area_shares]
    wanted = [found.method, *[name for name in ("count", "kde", "used") if name != found.method]]
    rows = [
        [method_name(name), *[f"{100 * hit:.1f} %" for hit in tested.hit_rate[tested.methods.index(name)]]]
        for name in wanted
    ]
    return Panel(title, [*paragraphs, feedback_note()], [t("Way", "方法"), *shares], rows)
