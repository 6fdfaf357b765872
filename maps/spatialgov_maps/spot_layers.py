"""Hot spots on a map, of one method or of several: outlines with rank, counts, risk and how sure it is."""

from collections.abc import Sequence

from spatialgov.incidents import HotSpots, Method, question
from spatialgov.language import t
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, Style, Tooltips

__all__ = ["method_name", "spot_layers"]

_STYLES: dict[Method, Style] = {
    "gi_star": {"color": "#3b0764", "weight": 2.6, "opacity": 1, "fillColor": "#3b0764", "fillOpacity": 0.05},
    "excess": {"color": "#0b6e4f", "weight": 2.2, "opacity": 1, "fillColor": "#0b6e4f", "fillOpacity": 0.18},
    "scan": {"color": "#0a4fa3", "weight": 2.6, "dashArray": "8 5", "opacity": 1, "fillOpacity": 0.03},
    "irregular_scan": {"color": "#111827", "weight": 2.6, "dashArray": "2 5", "opacity": 1, "fillOpacity": 0.03},
}
"""Told apart by line as well as by colour."""
_MOST_DRAWN = 150
"""Of each method, so that the page stays small."""


def method_name(method: Method) -> str:
    """Give what a method's hot spots are called."""
    return {
        "gi_star": t("Hot spots (Gi*)", "热点（Gi*）"),
        "excess": t("Cells with excess", "超额单元格"),
        "scan": t("Clusters (circles)", "聚集区（圆形扫描）"),
        "irregular_scan": t("Clusters (any shape)", "聚集区（任意形状扫描）"),
    }[method]


def spot_layers(found: Sequence[HotSpots]) -> list[FeatureLayer]:
    """Give the outlines of the hot spots, a layer for each method that found any; the first is on when the map opens.

    Parameters
    ----------
    found
        From `spatialgov.incidents.hot_spots`.
    """
    return [_layer(one, show=k == 0) for k, one in enumerate(found) if len(one.spots)]


def _layer(found: HotSpots, *, show: bool) -> FeatureLayer:
    spots = found.spots.head(_MOST_DRAWN)
    expected = {
        "even": t("If spread evenly", "若均匀分布"),
        "households": t("If every household had as many", "若各户相同"),
        "roads": t("If every km of road had as many", "若每公里道路相同"),
        "incidents": t("If as large a share of all incidents", "若占全部事件的比例各处相同"),
    }[found.against]
    risks = zip(spots["relative_risk"], spots["risk_low"], spots["risk_high"], strict=True)
    rows = {
        t("Incidents", "事件"): [formats.count(v) for v in spots["n_incidents"]],
        expected: [formats.number(v) for v in spots["expected"]],
        t("Times as many (95 %)", "倍数（95%）"): [f"{r:.1f} ({low:.1f} – {high:.1f})" for r, low, high in risks],
        t("Incidents per km²", "每平方公里事件"): [formats.count(v) for v in spots["incidents_per_km2"]],
        t("Per 1,000 households", "每千户事件"): [formats.number(v) for v in spots["per_1000_households"]],
        t("Per km of road", "每公里道路事件"): [formats.number(v) for v in spots["per_road_km"]],
        t("Area", "面积"): [formats.area(v * 1e6) for v in spots["area_km2"]],
        _p_heading(found.method): [formats.p_value(v) for v in spots["lowest_p"]],
    }
    name, style = method_name(found.method), _STYLES[found.method]
    headings = [t("{name}, no. {r}", "{name}，第 {r} 号", name=name, r=rank) for rank in spots["rank"]]
    return FeatureLayer(
        spots.geometry,
        [style],
        name=name,
        show=show,
        pane="lines",
        tooltips=Tooltips(headings, rows),
        labels=spots["rank"].astype(str).tolist(),
        label_class="area",
        legend=Legend("", [LegendItem(name, style)], _note(found)),
    )


def _note(found: HotSpots) -> str:
    """Say which question the layer answers, and how often it is wrong."""
    sure = (
        t("False alarm anywhere: {a:g} %.", "全图误报概率：{a:g}%。", a=found.alpha * 100)
        if found.method in ("scan", "irregular_scan")
        else t("False discovery rate: {a:g} %.", "错误发现率：{a:g}%。", a=found.alpha * 100)
    )
    ranks = t("Numbers are ranks.", "数字为名次。")
    if len(found.spots) > _MOST_DRAWN:
        ranks = t(
            "Numbers are ranks; the first {k} of {n} are drawn.",
            "数字为名次；仅绘制前 {k} 处（共 {n} 处）。",
            k=_MOST_DRAWN,
            n=len(found.spots),
        )
    return t(" ", "").join([question(found.method), sure, ranks])


def _p_heading(method: Method) -> str:
    if method in ("scan", "irregular_scan"):
        return t("p of the cluster", "聚集区 p 值")
    return t("Lowest p of its cells", "单元格最小 p 值")
