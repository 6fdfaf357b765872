"""The map of a forecast: what is expected in each cell, where to look first, and how well it did so far."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from spatialgov.incidents import Forecast
from spatialgov.language import t
from spatialgov.projection import WGS84, project, unproject
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, LegendLayer, Map, Style, Tooltips
from spatialgov_maps.colours import SEQUENTIAL, classes_of
from spatialgov_maps.context import Context, context_layers
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


def forecast_map(found: Forecast, crs: pyproj.CRS, *, context: Context | None = None, subtitle: str = "") -> Map:
    """Draw a forecast.

    Parameters
    ----------
    found
        From `spatialgov.incidents.forecast`.
    crs
        The plane that its raster lies in.
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
    m.add_layers([*_expected_layer(found, crs, bounds), *context_layers(context), *_top_layer(found, crs)])
    _panel(found).add_to(m)
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


def _top_layer(found: Forecast, crs: pyproj.CRS) -> list[LegendLayer]:
    """Give the cells that the hit rate is of: the first share of the area, with the most expected."""
    raster, expected = found.raster, found.expected.ravel()
    inside = np.flatnonzero(np.isfinite(expected))
    share = found.backtest.area_shares[0]
    size = min(max(round(share * len(inside)), 1), len(inside))
    if size > _MOST_OUTLINED or not (expected[inside] > 0).any():
        return []
    top = inside[np.argsort(-expected[inside], kind="stable")[:size]]
    row, column = np.divmod(top, raster.nx)
    x, y = raster.x0_m + column * raster.cell_m, raster.y0_m + row * raster.cell_m
    side = raster.cell_m
    lon, lat = unproject(x[:, None] + [0, side, side, 0], y[:, None] + [0, 0, side, side], crs)
    shapes = gpd.GeoSeries(shapely.polygons(np.stack([lon, lat], axis=-1)), crs=WGS84)
    low, high = found.low.ravel()[top], found.high.ravel()[top]
    tips = Tooltips(
        [t("No. {k}", "第 {k} 位", k=k + 1) for k in range(size)],
        {
            t("Incidents expected", "预计事件"): [formats.number(v) for v in expected[top]],
            t("{c:.0%} interval", "{c:.0%} 区间", c=found.confidence): [
                f"{a:,.0f} – {b:,.0f}" for a, b in zip(low, high, strict=True)
            ],
        },
    )
    name = t("First {s:.0%} of the area", "最优先的 {s:.0%} 面积", s=share)
    note = t("The {n} cells with the most incidents expected.", "预计事件最多的 {n} 个单元。", n=size)
    legend = Legend("", [LegendItem(name, _TOP)], note)
    return [FeatureLayer(shapes, [_TOP], name=name, pane="lines", tooltips=tips, legend=legend)]


def method_name(method: str) -> str:
    """Give what a way to forecast is called."""
    return {
        "count": t("Counts of a year", "一年计数"),
        "count_all": t("Counts of all time", "全部计数"),
        "decayed_count": t("Counts that fade", "衰减计数"),
        "kde": t("Density of a year", "一年核密度"),
        "kde_all": t("Density of all time", "全部核密度"),
        "decayed_kde": t("Density that fades", "衰减核密度"),
        "promap": "ProMap",
        "gi_star": "Gi*",
        "near_repeat": t("Near repeats", "近重复"),
        "mixture": t("Mixture", "混合模型"),
        "used": t("What was best so far, each time", "每次取此前最优者"),
    }[method]


def _panel(found: Forecast) -> Panel:
    """Say how well the forecast did, by how much it beats plain counts, and what it can't know."""
    tested = found.backtest
    note = t(
        "Reported incidents are not all incidents: where staff are sent, more is seen and reported, and a forecast "
        "made of reports sends them there again. Compare with sources that do not depend on patrols. It is made of "
        "categories, places and times; it knows no person.",
        "上报的事件并非全部事件：派员多处发现和上报亦多，据此预测又会再派往该处。请与不依赖巡查的来源相互印证。"
        "预测仅依据类别、地点与时间，不涉及任何个人。",
    )
    title = t("How well it did so far", "以往预测效果")
    if not len(tested.days) or not tested.totals.sum():
        short = t(
            "The history is too short for a back-test: how well this forecast does is not known.",
            "历史数据过短，无法回测：预测效果未知。",
        )
        return Panel(title, [short, note])
    shares = [f"{share:.0%}" for share in tested.area_shares]
    head = [t("Way", "方法"), *[t("hits in {s}", "命中率（{s} 面积）", s=share) for share in shares]]
    best = sorted(range(len(tested.methods)), key=lambda k: (tested.methods[k] != found.method, -tested.hit_rate[k, 0]))
    wanted = [k for k in best if tested.methods[k] in {found.method, "count", "kde", "used"}]
    rows = [[method_name(tested.methods[k]), *[f"{100 * hit:.1f} %" for hit in tested.hit_rate[k]]] for k in wanted]
    return Panel(title, [_verdict(found), _interval(found), note], head, rows)


def _verdict(found: Forecast) -> str:
    """Say in a sentence by how much the winner is better than plain counts, also when it is no better."""
    tested = found.backtest
    share = tested.area_shares[0]
    value, low, high = (100 * share * tested.gain(found.method)[0]).tolist()  # PAI × share = hit rate
    what = t(
        "Used: {m}. Over {n} windows of {d:g} days, {hit:.1f} % of the incidents fell into the first {s:.0%} of the "
        "area",
        "所用方法：{m}。{n} 个 {d:g} 天窗口的回测中，最优先的 {s:.0%} 面积命中 {hit:.1f}% 的事件",
        m=method_name(found.method),
        n=len(tested.days),
        d=found.horizon_days,
        hit=100 * float(tested.hit_rate[tested.methods.index(found.method), 0]),
        s=share,
    )
    if found.method == "count":
        return what + t(": nothing did better than plain counts.", "：没有方法优于简单计数。")
    numbers = {
        "v": f"{value:+.1f}".replace("-", "\u2212"),
        "low": f"{low:+.1f}".replace("-", "\u2212"),
        "high": f"{high:+.1f}",
    }
    if low > 0:
        return what + t(
            ": {v} points more than plain counts (95 % interval {low} to {high}).",
            "，比简单计数高 {v} 个百分点（95% 区间 {low} 至 {high}）。",
            **numbers,
        )
    return what + t(
        ": no better than plain counts beyond chance ({v} points, 95 % interval {low} to {high}).",
        "，并不显著优于简单计数（{v} 个百分点，95% 区间 {low} 至 {high}）。",
        **numbers,
    )


def _interval(found: Forecast) -> str:
    if np.isnan(found.coverage):
        return ""
    return t(
        "Of the intervals that are to hold {c:.0%} of the counts, {k:.0%} did.",
        "名义为 {c:.0%} 的区间，回测中实际包含 {k:.0%}。",
        c=found.confidence,
        k=found.coverage,
    )
