"""The map of service points: which centre serves which grid, how long the way is, and where new ones should stand."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.topology import dissolve
from spatialgov.workspace import ServicePlan
from spatialgov.workspace.service_results import (
    demand_name,
    gap_text,
    goal_name,
    goal_text,
    named,
    place_kind_name,
    speeds_name,
)
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, Map, Style, Tooltips
from spatialgov_maps.colours import FILLS, SEQUENTIAL, classes_of, neighbour_colours
from spatialgov_maps.context import Context, grid_headings, light_context_layers
from spatialgov_maps.controls import Panel
from spatialgov_maps.heat_map import class_texts

__all__ = ["service_point_map"]

_GRID: Style = {"color": "#ffffff", "weight": 0.9, "opacity": 1, "fillOpacity": 0.72}
_NOT_REACHED: Style = {**_GRID, "fillColor": "#6b7280", "dashArray": "3 3"}
_WAY: Style = {"color": "#374151", "weight": 0.8, "opacity": 0.6}
_CENTRE: Style = {"color": "#ffffff", "weight": 1.6, "fillColor": "#1f2937", "fillOpacity": 1, "radius": 6.5}
_NEW: Style = {"color": "#ffffff", "weight": 1.6, "fillColor": "#047857", "fillOpacity": 1, "radius": 8.5}
_MINUTES = (2.0, 5.0, 10.0, 15.0, 20.0)
_CONTEXT_ROOM = 150_000


def service_point_map(plan: ServicePlan, *, context: Context | None = None, subtitle: str = "") -> Map:
    """Draw who serves which grid.

    Parameters
    ----------
    plan
        From `ServiceAnalysis.service_points`.
    context
        What surrounds the grids.
    subtitle
        The header's text under the title.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    whole = plan.grids.sort_values("demand", ascending=False, kind="stable").drop_duplicates("code").sort_index()
    whole = gpd.GeoDataFrame(whole.reset_index(drop=True), geometry="geometry", crs=WGS84)
    within = plan.basis["within_min"]
    facts = [
        (t("{m:.1f} min", "{m:.1f} 分钟", m=plan.service.mean_s / 60), t("mean time", "平均时间")),
        (formats.percent(100 * plan.share_within), t("within {m:g} min", "{m:g} 分钟内", m=within)),
        (formats.count(len(plan.centres)), t("centres", "中心数")),
    ]
    m = Map(whole.total_bounds, t("Service points", "服务中心"), subtitle=subtitle, facts=facts, source=context.source)
    headings = dict(zip(whole["code"], grid_headings(whole, context.jurisdictions), strict=True))
    tips = _tooltips(plan, whole, headings)
    server = _server(plan, whole)
    m.add_layers(
        [
            _by_centre(plan, whole, server, tips),
            _by_minutes(whole, tips),
            *light_context_layers(context, _CONTEXT_ROOM),
            *_ways(plan, whole, server),
            *_centres(plan, headings),
        ]
    )
    _panel(plan, headings).add_to(m)
    return m


def _server(plan: ServicePlan, whole: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    """Give the position of the centre that serves each grid, or most of it; -1 where none reaches it."""
    known = pd.Index(plan.centres["place_id"])
    reached = (whole["place_id"] != "").to_numpy()
    return np.where(reached, known.get_indexer(whole["place_id"]), -1).astype(np.int64)


def _tooltips(plan: ServicePlan, whole: gpd.GeoDataFrame, headings: Mapping[str, str]) -> Tooltips:
    names = dict(zip(plan.centres["place_id"], _names(plan.centres, headings), strict=True))
    rows = plan.grids.assign(minutes=plan.grids["seconds"] / 60)
    served = {
        code: t(", ", "、").join(
            names[place] + ("" if len(own) == 1 else f" ({demand:,.0f})")
            for place, demand in zip(own["place_id"], own["demand"], strict=True)
            if place in names
        )
        for code, own in rows.groupby("code", sort=False)
    }
    total = rows.groupby("code")["demand"].sum()
    return Tooltips(
        list(headings.values()),
        {
            t("Code", "编码"): whole["code"].astype(str).tolist(),
            t("Served by", "服务中心"): [served[code] or t("none in reach", "无可达中心") for code in whole["code"]],
            t("Minutes", "分钟"): ["" if np.isnan(v) else f"{v:.1f}" for v in whole["seconds"] / 60],
            demand_name(plan.basis["demand"]["column"]).capitalize(): [
                formats.count(total[code]) for code in whole["code"]
            ],
        },
    )


def _names(centres: gpd.GeoDataFrame, grids: Mapping[str, str]) -> list[str]:
    """Give what to call each centre: one that stands inside a grid as the grid is called."""
    columns = zip(centres["kind"], centres["name"], centres["name_en"], centres["place_id"], strict=True)
    return [
        grids.get(place, place) if kind == "grid" else named(name, name_en, place)
        for kind, name, name_en, place in columns
    ]


def _by_centre(
    plan: ServicePlan, whole: gpd.GeoDataFrame, server: npt.NDArray[np.int64], tips: Tooltips
) -> FeatureLayer:
    name = t("Who serves which grid", "服务归属")
    there, part = np.unique(server, return_inverse=True)
    shapes = dissolve(whole.geometry.to_numpy(), part.astype(np.int32), len(there))
    colour = neighbour_colours(shapes)
    styles: list[Style] = [
        _NOT_REACHED if centre < 0 else {**_GRID, "fillColor": FILLS[colour[i]]}
        for i, centre in enumerate(there.tolist())
    ]
    items = [LegendItem(t("no centre in reach", "无可达中心"), _NOT_REACHED)] if there[0] < 0 else []
    note = t("One colour, one centre: neighbours differ.", "同一颜色、相连的网格由同一中心服务。")
    return FeatureLayer(
        whole.geometry, styles, part, name=name, base=True, tooltips=tips, legend=Legend(name, items, note)
    )


def _by_minutes(whole: gpd.GeoDataFrame, tips: Tooltips) -> FeatureLayer:
    name = t("Minutes on the way", "行程时间")
    minutes = whole["seconds"].to_numpy() / 60
    reached = np.isfinite(minutes)
    styles: list[Style] = [*({**_GRID, "fillColor": colour} for colour in SEQUENTIAL), _NOT_REACHED]
    number = np.where(reached, classes_of(np.where(reached, minutes, 0.0), _MINUTES), len(SEQUENTIAL))
    items = [LegendItem(text, styles[i]) for i, text in enumerate(class_texts(list(_MINUTES)))]
    if not reached.all():
        items.append(LegendItem(t("no centre in reach", "无可达中心"), _NOT_REACHED))
    return FeatureLayer(
        whole.geometry, styles, number, name=name, base=True, show=False, tooltips=tips,
        labels=["" if np.isnan(v) else f"{v:.0f}" for v in minutes], legend=Legend(name, items),
    )  # fmt: skip


def _ways(plan: ServicePlan, whole: gpd.GeoDataFrame, server: npt.NDArray[np.int64]) -> list[FeatureLayer]:
    """Give a line from each grid to its centre: who belongs to whom, not the way along the roads."""
    reached = server >= 0
    if not reached.any():
        return []
    name = t("Which grid goes where", "归属连线")
    a = shapely.get_coordinates(shapely.point_on_surface(whole.geometry.to_numpy()[reached]))
    b = shapely.get_coordinates(plan.centres.geometry.to_numpy()[server[reached]])
    lines = gpd.GeoSeries([shapely.MultiLineString(np.stack([a, b], axis=1).tolist())], crs=WGS84)
    return [FeatureLayer(lines, [_WAY], name=name, show=False, pane="lines")]


def _centres(plan: ServicePlan, headings: Mapping[str, str]) -> list[FeatureLayer]:
    """Give the centres, existing and new ones a layer each."""
    layers = []
    for new, style, name in (
        (False, _CENTRE, t("Existing centres", "现有中心")),
        (True, _NEW, t("New centres", "新增中心")),
    ):
        frame = plan.centres[plan.centres["new"] == new]
        if frame.empty:
            continue
        limited = frame["capacity"].notna()
        tips = Tooltips(
            _names(frame, headings),
            {
                t("Kind", "类别"): [place_kind_name(kind) for kind in frame["kind"]],
                demand_name(plan.basis["demand"]["column"]).capitalize(): [formats.count(v) for v in frame["demand"]],
                t("Capacity", "容量"): [
                    formats.count(v) if known else "" for v, known in zip(frame["capacity"], limited, strict=True)
                ],
                t("Grids", "网格数"): [formats.count(v) for v in frame["n_grids"]],
                t("Mean minutes", "平均分钟"): [formats.number(v / 60) for v in frame["mean_s"]],
                t("Longest minutes", "最远分钟"): [formats.number(v / 60) for v in frame["worst_s"]],
            },
        )
        legend = Legend("", [LegendItem(name, style, "point")])
        layers.append(FeatureLayer(frame.geometry, [style], name=name, pane="points", tooltips=tips, legend=legend))
    return layers


def _panel(plan: ServicePlan, headings: Mapping[str, str]) -> Panel:
    speeds, centres = plan.basis["speeds"], plan.centres
    rows = [
        [name, formats.count(demand), formats.number(mean / 60), formats.number(worst / 60)]
        for name, demand, mean, worst in zip(
            _names(centres, headings), centres["demand"], centres["mean_s"], centres["worst_s"], strict=True
        )
    ]
    paragraphs = [
        t(
            "Time along the roads {by}; speeds “{name}” {version} are assumed, not measured.",
            "按道路{by}计时；速度表 {name} {version} 为假设值，非实测。",
            by=speeds_name(speeds["name"]),
            name=speeds["name"],
            version=speeds["version"],
        )
    ]
    if plan.placed is not None:
        goal = goal_name(plan.placed.goal)
        paragraphs.append(
            t("New centres for the {goal}. {text}", "新增中心目标：{goal}。{text}", goal=goal, text=goal_text(plan))
        )
    elif plan.centres["capacity"].notna().any():
        paragraphs.append(
            t(
                "Who serves whom within the capacities: {gap}.",
                "容量限制内的服务归属：{gap}。",
                gap=gap_text(plan.service.gap),
            )
        )
    lost = int((plan.grids["place_id"] == "").sum())
    if lost:
        paragraphs.append(t("{n} grids are in reach of no centre.", "{n} 个网格没有可达中心。", n=lost))
    head = [
        t("centre", "中心"), demand_name(plan.basis["demand"]["column"]), t("mean min", "平均分钟"),
        t("longest", "最远"),
    ]  # fmt: skip
    return Panel(t("Centres", "中心"), paragraphs, head, rows)
