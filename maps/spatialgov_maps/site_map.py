"""The map of remedies: what to do where, what each step gains, and what is covered before and after."""

from itertools import pairwise

import geopandas as gpd
import numpy as np

from spatialgov.coverage import RemedyPlan, Sight
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.workspace.coverage_results import attributes_text, class_name, remedy_name, support_name
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, LegendLayer, Map, Style, Tooltips
from spatialgov_maps.camera_layers import building_layer, camera_layer, sector_layer, seen_layer
from spatialgov_maps.class_picture import class_picture
from spatialgov_maps.context import Context, light_context_layers
from spatialgov_maps.controls import Curve, Panel

__all__ = ["plan_sentences", "remedies_table", "site_map", "step_layers"]

_COLOURS = {"repair": "#b91c1c", "survey": "#d97706", "turn": "#7c3aed", "build": "#047857"}
_RADII = {"repair": 4.5, "survey": 4.0, "turn": 3.2, "build": 6.0}
_BEFORE: Style = {"stroke": False, "fillColor": "#94a3b8", "fillOpacity": 0.7}
_MORE: Style = {"stroke": False, "fillColor": "#059669", "fillOpacity": 0.7}
_PICTURE_ROOM, _BUILDING_ROOM, _CONTEXT_ROOM = 130_000, 90_000, 60_000
_MOST_STEPS = 600


def site_map(
    plan: RemedyPlan,
    sight: Sight,
    own: np.typing.NDArray[np.bool_],
    areas: gpd.GeoDataFrame,
    *,
    context: Context | None = None,
    subtitle: str = "",
) -> Map:
    """Draw a plan of remedies: its steps, the ground that is covered before and after, the curve of new sites.

    Parameters
    ----------
    plan
        From `CoverageAnalysis.remedies`.
    sight
        What the cameras see now.
    own
        bool, aligned with the sight: which cameras may be shown.
    areas
        Polygons: what it is planned for.
    context
        What surrounds them.
    subtitle
        The header's text under the title.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    facts = [
        (f"{plan.covered_before / 10:.1f} → {plan.covered_after / 10:.1f} %", t("covered for certain", "确定覆盖")),
        (f"{plan.verified:+.1f} ‰", t("gain, verified", "增益（检验）")),
        (f"{plan.cost:.3g}", t("cost, in new poles", "费用（以新立杆计）")),
    ]
    m = Map(areas.total_bounds, t("What to do", "处置方案"), subtitle=subtitle, facts=facts, source=context.source)
    pictures = [
        _gained(plan, sight, areas),
        seen_layer(sight, areas.geometry, name=t("Before", "处置前"), base=True, show=False, room=_PICTURE_ROOM),
        seen_layer(plan.sight, areas.geometry, name=t("After", "处置后"), base=True, show=False, room=_PICTURE_ROOM),
        building_layer(sight, areas.total_bounds, room=_BUILDING_ROOM),
    ]
    shown: list[LegendLayer] = [layer for layer in pictures if layer is not None]
    m.add_layers(
        [
            *shown,
            *light_context_layers(context, _CONTEXT_ROOM),
            *_new_sectors(plan, len(own)),
            camera_layer(sight.views.table[own], show=False, explained=False),
            *step_layers(plan.steps),
        ]
    )
    _panel(plan).add_to(m)
    return m


def _gained(plan: RemedyPlan, sight: Sight, areas: gpd.GeoDataFrame) -> LegendLayer | None:
    name = t("Before and after", "处置前后")
    classes = [
        gpd.GeoSeries(one.certain[one.views.table["working"].to_numpy(bool)], crs=one.crs).to_crs(WGS84).to_numpy()
        for one in (sight, plan.sight)
    ]
    items = [
        LegendItem(t("covered before", "原已覆盖"), _BEFORE),
        LegendItem(t("covered by this plan", "本方案新增"), _MORE),
    ]
    note = t("What a camera leaves when it is turned is in the layer “After”.", "调向后失去的部分见“处置后”图层。")
    return class_picture(
        classes, items, areas.total_bounds, name,
        within=areas.geometry.to_numpy(), room=_PICTURE_ROOM, name=name, base=True, legend=Legend(name, items, note),
    )  # fmt: skip


def _new_sectors(plan: RemedyPlan, known: int) -> list[FeatureLayer]:
    """Give the sectors of the new cameras, which stand at the end of the sight after."""
    new = np.arange(len(plan.sight.views.table)) >= known
    name = t("Sectors of new cameras", "新增摄像机的视场")
    return [sector_layer(plan.sight, new, name=name, show=True)] if new.any() else []


def step_layers(steps: gpd.GeoDataFrame) -> list[FeatureLayer]:
    """Give the steps by what is done, a layer each; new cameras carry their numbers."""
    layers = []
    for remedy, colour in _COLOURS.items():
        frame = steps[steps["remedy"] == remedy].head(_MOST_STEPS)
        if frame.empty:
            continue
        style: Style = {
            "color": "#ffffff", "weight": 1.2, "fillColor": colour, "fillOpacity": 0.95, "radius": _RADII[remedy],
        }  # fmt: skip
        name = t("{what}: {n}", "{what}：{n}", what=remedy_name(remedy), n=len(frame))
        layers.append(
            FeatureLayer(
                frame.geometry,
                [style],
                name=name,
                pane="points",
                tooltips=_tooltips(frame, remedy),
                legend=Legend("", [LegendItem(name, style, "point")]),
            )
        )
    return layers


def _tooltips(frame: gpd.GeoDataFrame, remedy: str) -> Tooltips:
    built = remedy == "build"
    rows = {
        t("Gain", "增益"): [f"{v:.2f} ‰" if v else "" for v in frame["gain"]],
        t("Verified", "检验"): [
            f"{v:.2f} ‰ ({low:.2f} – {high:.2f})" if v else ""
            for v, low, high in frame[["verified", "verified_low", "verified_high"]].itertuples(index=False)
        ],
        t("Settles", "可消除不确定"): [f"{v:.2f} ‰" if v else "" for v in frame["settles"]],
        t("Direction", "方位角"): ["" if np.isnan(v) else f"{v:.0f}°" for v in frame["azimuth_deg"]],
        t("On", "安装于") if built else t("What", "内容"): [
            support_name(v) if built else attributes_text(v) for v in frame["what"]
        ],
        t("Needs a consent", "需经同意"): frame["consent"].tolist(),
        t("Cost", "费用"): [f"{v:g}" for v in frame["cost"]],
    }
    headings = [
        f"{n}. {remedy_name(remedy)}: {name}" for n, name in zip(frame["step"], frame["camera_id"], strict=True)
    ]
    return Tooltips(headings, rows, frame["reason"].tolist())


def remedies_table(plan: RemedyPlan) -> tuple[list[str], list[list[str]]]:
    """Give head and rows of a table of what is done, in its order."""
    by_remedy = plan.steps.groupby("remedy", sort=False)[["gain", "cost"]].agg(["size", "sum"])
    rows = [
        [
            remedy_name(str(remedy)),
            formats.count(row["gain", "size"]),
            f"{row['gain', 'sum']:.1f} ‰",
            f"{row['cost', 'sum']:.3g}",
        ]
        for remedy, row in by_remedy.iterrows()
    ]
    return [t("step", "措施"), t("number", "数量"), t("gain", "增益"), t("cost", "费用")], rows


def plan_sentences(plan: RemedyPlan) -> list[str]:
    """Say what a plan gains, and how far from the best its new sites may be."""
    paragraphs = [
        t(
            "Gain on points that the search did not see: {verified:.1f} ‰, 95 %: {low:.1f} to {high:.1f}.",
            "在搜索未见过的样本上增益 {verified:.1f} ‰，95% 区间 {low:.1f} 至 {high:.1f}。",
            verified=plan.verified,
            low=plan.verified_low,
            high=plan.verified_high,
        )
    ]
    if plan.siting is not None:
        paragraphs.append(
            t("The new sites are proved to be the best.", "新点位已证明为最优。")
            if plan.siting.proved
            else t(
                "It is proven that the new sites miss at most {gap:.1%} of what is possible.",
                "已证明新点位与可能的最优相差不超过 {gap:.1%}。",
                gap=plan.siting.gap,
            )
        )
    paragraphs.append(t("Class of picture: {name}.", "图像等级：{name}。", name=class_name(plan.sight.views.needed)))
    return paragraphs


def _panel(plan: RemedyPlan) -> Panel:
    head, rows = remedies_table(plan)
    return Panel(t("Plan", "方案"), plan_sentences(plan), head, rows, curve=_curve(plan))


def _curve(plan: RemedyPlan) -> Curve | None:
    """Give what is covered with more and more new cameras."""
    table = plan.curve
    if len(table) < 2:
        return None
    low, high = float(table["covered"].min()), float(table["covered"].max())
    ticks = np.linspace(low, high, 3)
    if all(abs(a - b) < 1e-9 for a, b in pairwise(ticks)):
        return None
    return Curve(
        t("Covered for certain with more new cameras", "新增摄像机数量与确定覆盖"),
        t("new cameras", "新增摄像机（台）"),
        list(zip(table["p"].tolist(), table["covered"].tolist(), strict=True)),
        [
            t("{p} new: {covered:.1f} %", "新增 {p} 台：{covered:.1f}%", p=p, covered=covered / 10)
            for p, covered in zip(table["p"], table["covered"], strict=True)
        ],
        [(float(tick), f"{tick / 10:.1f} %") for tick in ticks],
    )
