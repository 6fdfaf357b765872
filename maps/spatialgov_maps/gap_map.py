"""The map of gaps: what the cameras do not cover, why, how much it weighs, and where a crew would go."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.coverage import REASONS, Sight
from spatialgov.language import t
from spatialgov.workspace.coverage_results import (
    attributes_text,
    class_name,
    reason_name,
    reason_remedy,
    state_name,
)
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, LegendLayer, Map, Style, Tooltips
from spatialgov_maps.camera_layers import camera_layer
from spatialgov_maps.class_picture import class_picture
from spatialgov_maps.colours import SEQUENTIAL, classes_of
from spatialgov_maps.context import Context, light_context_layers
from spatialgov_maps.controls import Panel
from spatialgov_maps.heat_map import class_texts
from spatialgov_maps.outlines import simplified

__all__ = ["gap_map", "reason_layer", "reasons_table"]

_REASON_COLOURS = {
    "data_missing": "#e0a526",
    "out_of_service": "#b91c1c",
    "turned_away": "#7c3aed",
    "class_too_low": "#2563eb",
    "below_camera": "#0e7490",
    "hidden": "#475569",
    "no_camera": "#f4a582",
}
_STATE_COLOURS = {"uncertain": "#e0a526", "gap": "#d6604d"}
_FILL: Style = {"stroke": False, "fillOpacity": 0.7}
_OUTLINE: Style = {"color": "#111827", "weight": 0.7, "opacity": 0.65, "fillOpacity": 0.05}
_SITE: Style = {"color": "#ffffff", "weight": 1.2, "fillColor": "#111827", "fillOpacity": 0.9, "radius": 5}
_FIRST_ROOM, _PICTURE_ROOM, _SHAPE_ROOM, _CONTEXT_ROOM = 220_000, 100_000, 170_000, 60_000
_MOST_SHAPES, _MOST_SITES = 300, 100
_SHAPE_M = 1.5


def gap_map(
    found: gpd.GeoDataFrame,
    visits: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    sight: Sight,
    table: pd.DataFrame,
    *,
    context: Context | None = None,
    subtitle: str = "",
) -> Map:
    """Draw what is not covered, by reason, by weight and by state.

    Parameters
    ----------
    found
        From `CoverageAnalysis.gaps`.
    visits
        From `CoverageAnalysis.visits` of the same.
    areas
        Polygons: what it is measured in.
    sight
        What the cameras see.
    table
        Rows of its `Views.table`: the cameras that may be shown.
    context
        What surrounds the areas.
    subtitle
        The header's text under the title.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    states = found.groupby("state")["weight"].sum()
    facts = [
        (f"{states.get('gap', 0.0):.0f} ‰", state_name("gap")),
        (f"{states.get('uncertain', 0.0):.0f} ‰", state_name("uncertain")),
        (formats.count(len(visits)), t("sites to visit", "待处置地点")),
    ]
    m = Map(areas.total_bounds, t("Coverage gaps", "覆盖盲区"), subtitle=subtitle, facts=facts, source=context.source)
    patches = found[found["form"] == "patch"]
    pictures = [reason_layer(patches, areas), _by_weight(patches, areas), _by_state(patches, areas)]
    shown = [layer for layer in pictures if layer is not None]
    weightiest = _weightiest(found, sight)
    layers: list[LegendLayer] = [*shown, *light_context_layers(context, _CONTEXT_ROOM)]
    m.add_layers([*layers, *weightiest, camera_layer(table, show=False, explained=False), *_sites(visits)])
    _panel(found, sight.views.needed).add_to(m)
    return m


def reason_layer(patches: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> LegendLayer | None:
    """Draw gaps by reason as a picture; None where it has no room."""
    name = t("Gaps by reason", "按原因")
    there = [reason for reason in REASONS if (patches["reason"] == reason).any()]
    items = [LegendItem(reason_name(reason), {**_FILL, "fillColor": _REASON_COLOURS[reason]}) for reason in there]
    shapes = patches.geometry.to_numpy()
    classes = [shapes[(patches["reason"] == reason).to_numpy()] for reason in there]
    note = t("The reason with the cheapest remedy.", "取处置代价最低的原因。")
    return class_picture(
        classes, items, areas.total_bounds, name,
        room=_FIRST_ROOM, name=name, base=True, legend=Legend(name, items, note),
    )  # fmt: skip


def _by_weight(patches: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> LegendLayer | None:
    name = t("Gaps by weight", "按权重")
    per_ha = patches["weight"].to_numpy() / np.maximum(patches["size_m2"].to_numpy(), 1.0) * 1e4
    held = per_ha[per_ha > 0]
    limits = sorted({float(f"{v:.1g}") for v in np.quantile(held, [0.3, 0.55, 0.75, 0.9, 0.97])}) if len(held) else []
    number = classes_of(per_ha, limits)
    texts = class_texts(limits) if limits else [t("all", "全部")]
    items = [LegendItem(text, {**_FILL, "fillColor": colour}) for text, colour in zip(texts, SEQUENTIAL, strict=False)]
    classes = [patches.geometry[number == k].to_numpy() for k in range(len(items))]
    heading = t("Weight a hectare, ‰ of all that should be seen", "每公顷权重（占应覆盖总量的‰）")
    note = t("Ground, key places, people and incidents.", "含地面、重点部位、人口与事件。")
    return class_picture(
        classes, items, areas.total_bounds, heading,
        room=_PICTURE_ROOM, name=name, base=True, show=False, legend=Legend(heading, items[::-1], note),
    )  # fmt: skip


def _by_state(patches: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> LegendLayer | None:
    name = t("Gaps by state", "按状态")
    items = [LegendItem(state_name(state), {**_FILL, "fillColor": colour}) for state, colour in _STATE_COLOURS.items()]
    shapes = patches.geometry.to_numpy()
    classes = [shapes[(patches["state"] == state).to_numpy()] for state in _STATE_COLOURS]
    note = t(
        "Uncertain: covered or not, depending on what nobody has written down.", "不确定：是否覆盖取决于缺失的参数。"
    )
    return class_picture(
        classes, items, areas.total_bounds, name,
        room=_PICTURE_ROOM, name=name, base=True, show=False, legend=Legend(name, items, note),
    )  # fmt: skip


def _weightiest(found: gpd.GeoDataFrame, sight: Sight) -> list[FeatureLayer]:
    """Give the outlines of the weightiest gaps with all that is known of them, as many as there is room for."""
    whole = found[~found["sliver"]]
    for most in (_MOST_SHAPES, _MOST_SHAPES // 2, _MOST_SHAPES // 4, _MOST_SHAPES // 8):
        frame = whole.head(most)
        if frame.empty:
            return []
        name = t("The weightiest {n}", "权重最大的 {n} 处", n=len(frame))
        styles: list[Style] = [{**_OUTLINE, "fillColor": colour} for colour in _REASON_COLOURS.values()]
        layer = FeatureLayer(
            simplified(frame.geometry, sight.crs, _SHAPE_M),
            styles,
            [list(_REASON_COLOURS).index(reason) for reason in frame["reason"]],
            name=name,
            pane="lines",
            tooltips=_tooltips(frame),
        )
        if len(layer.spec) <= _SHAPE_ROOM:
            break
    return [layer]


def _tooltips(frame: gpd.GeoDataFrame) -> Tooltips:
    rows: list[Any] = list(frame.itertuples())
    sizes = [f"{row.size_m:,.0f} m" if row.form == "road" else formats.area(row.size_m2) for row in rows]
    return Tooltips(
        [f"{row.gap_id}: {reason_name(row.reason)}" for row in rows],
        {
            t("State", "状态"): [state_name(state) for state in frame["state"]],
            t("Size", "规模"): sizes,
            t("Weight", "权重"): [f"{weight:.2f} ‰" for weight in frame["weight"]],
            t("Key places", "重点部位"): [_some(v) for v in frame["places"]],
            t("People", "人口"): [_some(v) for v in frame["people"]],
            t("Incidents", "事件"): [_some(v) for v in frame["incidents"]],
            t("Camera", "摄像机"): frame["camera_id"].tolist(),
            t("Not known", "缺少"): [attributes_text(value) for value in frame["attribute"]],
            t("Building", "建筑物"): frame["building_id"].tolist(),
            t("Area", "区域"): frame["code"].tolist(),
        },
        [reason_remedy(reason) for reason in frame["reason"]],
    )


def _some(value: float) -> str:
    return formats.number(value) if value > 0 else ""


def _sites(visits: gpd.GeoDataFrame) -> list[FeatureLayer]:
    """Give the sites that a crew would visit, the weightiest of them, numbered."""
    frame = visits.head(_MOST_SITES)
    if frame.empty:
        return []
    name = t("Sites to visit: the first {n}", "待处置地点：前 {n} 处", n=len(frame))
    reasons = [t(", ", "、").join(map(reason_name, text.split(", "))) for text in frame["reasons"]]
    tips = Tooltips(
        frame["site_id"].tolist(),
        {
            t("Gaps", "盲区"): [formats.count(n) for n in frame["gaps"]],
            t("Weight", "权重"): [f"{weight:.2f} ‰" for weight in frame["weight"]],
            t("Reasons", "原因"): reasons,
            t("Cameras", "摄像机"): [_shortened(text) for text in frame["camera_ids"]],
            t("Road", "道路"): (frame["road_name"].where(frame["road_name"] != "", frame["road_id"])).tolist(),
        },
    )
    items = [LegendItem(name, _SITE, "point")]
    return [
        FeatureLayer(
            frame.geometry, [_SITE], name=name, show=False, pane="points", tooltips=tips, legend=Legend("", items)
        )
    ]


def _shortened(text: str, most: int = 6) -> str:
    names = text.split(", ")
    return text if len(names) <= most else t(", ", "、").join(names[:most]) + " …"


def reasons_table(found: gpd.GeoDataFrame) -> tuple[list[str], list[list[str]]]:
    """Give head and rows of a table of gaps by reason, the weightiest first."""
    columns = ["size_m2", "size_m", "weight"]
    by_reason = found.groupby("reason")[columns].sum().sort_values("weight", ascending=False)
    rows = [
        [reason_name(str(reason)), formats.area(size_m2), f"{size_m / 1000:,.0f} km", f"{formats.number(weight)} ‰"]
        for reason, (size_m2, size_m, weight) in zip(by_reason.index, by_reason.to_numpy().tolist(), strict=True)
    ]
    return [t("reason", "原因"), t("ground", "地面"), t("roads", "道路"), t("weight", "权重")], rows


def _panel(found: gpd.GeoDataFrame, needed: str) -> Panel:
    head, rows = reasons_table(found)
    paragraphs = [
        t(
            "Weights are thousandths of all that should be seen: ground, roads, key places, people and incidents, each "
            "kind alike unless weighed otherwise. Class of picture: {name}.",
            "权重为占应覆盖总量的千分比：地面、道路、重点部位、人口、事件，除另有设定外各类相同。图像等级：{name}。",
            name=class_name(needed),
        )
    ]
    if not rows:
        paragraphs = [t("Everything that should be seen is covered.", "应覆盖对象均已覆盖。")]
    return Panel(t("Why", "原因"), paragraphs, head if rows else (), rows)
