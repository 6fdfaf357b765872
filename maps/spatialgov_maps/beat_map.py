"""The map of patrol beats: the streets of each, its walk, and which take longer than a shift."""

import geopandas as gpd
import shapely

from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.workspace import BeatPlan
from spatialgov.workspace.service_results import speeds_name
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, LegendLayer, Map, Style, Tooltips
from spatialgov_maps.colours import neighbour_colours
from spatialgov_maps.context import Context, light_context_layers
from spatialgov_maps.controls import Panel

__all__ = ["beat_map"]

_COLOURS = ("#4477AA", "#EE6677", "#228833", "#B8860B", "#33A5C9", "#AA3377")
"""Paul Tol's scheme "bright", its yellow and cyan darkened: lines have to stand out on white."""
_LINE: Style = {"weight": 3.2, "opacity": 0.95, "lineCap": "round"}
_OVER: Style = {"color": "#facc15", "weight": 11, "opacity": 0.75, "lineCap": "round"}
_LEFT_OUT: Style = {"color": "#9ca3af", "weight": 2, "opacity": 0.9, "dashArray": "4 4"}
_NEAR_DEG = 4e-4
"""Beats so near each other get different colours."""
_SIMPLE_DEG = 5e-6
_CONTEXT_ROOM = 60_000


def beat_map(plan: BeatPlan, *, context: Context | None = None, subtitle: str = "") -> Map:
    """Draw the beats.

    Parameters
    ----------
    plan
        From `ServiceAnalysis.beats`.
    context
        What surrounds the streets; its roads are left out.
    subtitle
        The header's text under the title.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    hours = plan.beats["hours"]
    facts = [
        (formats.count(len(plan.beats)), t("beats", "巡逻段")),
        (f"{hours.min():.1f} – {hours.max():.1f}", t("hours each", "每段小时数")),
        (formats.count(int(plan.beats["over_shift"].sum())), t("exceed the shift", "超出班次")),
    ]
    title = t("Patrol beats", "巡逻段")
    m = Map(plan.streets.total_bounds, title, subtitle=subtitle, facts=facts, source=context.source)
    lines = _lines(plan)
    layers: list[LegendLayer] = [*light_context_layers(context, _CONTEXT_ROOM), *_left_out(plan)]
    layers += [*_flagged(plan, lines), _beats(plan, lines)]
    m.add_layers(layers)
    _panel(plan).add_to(m)
    return m


def _lines(plan: BeatPlan) -> gpd.GeoSeries:
    """Give the streets of each beat as one shape, in the order of the beats."""
    own = plan.streets.dropna(subset=["beat"])
    merged = own.geometry.groupby(own["beat"].astype(int)).agg(lambda lines: shapely.multilinestrings(list(lines)))
    shapes = shapely.simplify(merged.reindex(plan.beats["beat"]).to_numpy(), _SIMPLE_DEG)
    return gpd.GeoSeries(shapes, crs=WGS84)


def _beats(plan: BeatPlan, lines: gpd.GeoSeries) -> FeatureLayer:
    frame = plan.beats
    colour = neighbour_colours(shapely.buffer(lines.to_numpy(), _NEAR_DEG, quad_segs=2), len(_COLOURS))
    styles: list[Style] = [{**_LINE, "color": one} for one in _COLOURS]
    name = t("Beats", "巡逻段")
    over = t("Takes longer than the shift of {h:g} hours.", "超出每班 {h:g} 小时。", h=plan.basis["shift_h"])
    tips = Tooltips(
        [t("Beat {n}", "第 {n} 段", n=n) for n in frame["beat"]],
        {
            t("Walk", "路线"): [f"{v / 1000:.2f} km" for v in frame["length_m"]],
            t("Streets", "道路"): [f"{v / 1000:.2f} km" for v in frame["streets_m"]],
            t("Walked twice", "重复"): [f"{v / 1000:.2f} km" for v in frame["repeated_m"]],
            t("Hours", "小时"): [f"{v:.2f}" for v in frame["hours"]],
        },
        [over if flagged else "" for flagged in frame["over_shift"]],
    )
    note = t(
        "One colour, one beat: neighbours differ. Numbers as in the table.", "相邻巡逻段颜色不同；编号与表格一致。"
    )
    return FeatureLayer(
        lines, styles, colour, name=name, pane="lines", tooltips=tips, labels=[str(n) for n in frame["beat"]],
        label_class="area", legend=Legend(name, [], note),
    )  # fmt: skip


def _flagged(plan: BeatPlan, lines: gpd.GeoSeries) -> list[FeatureLayer]:
    """Give a light behind the beats that take longer than a shift."""
    over = plan.beats["over_shift"].to_numpy(dtype=bool)
    if not over.any():
        return []
    shapes = gpd.GeoSeries(lines.to_numpy()[over], crs=WGS84)
    name = t("Exceed the shift", "超出班次")
    legend = Legend("", [LegendItem(name, _OVER, "line")])
    return [FeatureLayer(shapes, [_OVER], name=name, pane="lines", legend=legend)]


def _left_out(plan: BeatPlan) -> list[FeatureLayer]:
    """Give the streets that belong to no beat."""
    lost = plan.streets[plan.streets["beat"].isna()].geometry
    if lost.empty:
        return []
    name = t("In no beat: joined to nothing", "未划入：未与路网相连")
    shape = gpd.GeoSeries([lost.union_all()], crs=WGS84)
    legend = Legend("", [LegendItem(name, _LEFT_OUT, "line")])
    return [FeatureLayer(shape, [_LEFT_OUT], name=name, pane="lines", legend=legend)]


def _panel(plan: BeatPlan) -> Panel:
    speeds, found = plan.basis["speeds"], plan.found
    paragraphs = [
        t(
            "Each beat is one closed walk over all its streets. No closed walks over these streets are shorter in all "
            "by more than {gap:.1%}; the longest is {spread:.0%} longer than the shortest.",
            "每段为一条走遍其全部道路的闭合路线。任何闭合路线总长至多再短 {gap:.1%}；最长比最短长 {spread:.0%}。",
            gap=found.gap,
            spread=found.spread,
        ),
        t(
            "Hours {by}; speeds “{name}” {version} are assumed, not measured.",
            "按{by}计时；速度表 {name} {version} 为假设值，非实测。",
            by=speeds_name(speeds["name"]),
            name=speeds["name"],
            version=speeds["version"],
        ),
    ]
    if over := int(plan.beats["over_shift"].sum()):
        paragraphs.append(
            t(
                "{n} beats take longer than the {h:g} hours of a shift.",
                "{n} 个巡逻段超出每班 {h:g} 小时。",
                n=over,
                h=plan.basis["shift_h"],
            )
        )
    columns = [plan.beats[name].tolist() for name in ("beat", "length_m", "repeated_m", "hours", "over_shift")]
    rows = [
        [str(n), f"{walk / 1000:.1f}", f"{twice / 1000:.1f}", f"{hours:.1f}" + (" !" if over else "")]
        for n, walk, twice, hours, over in zip(*columns, strict=True)
    ]
    head = [t("beat", "段"), t("walk km", "路线千米"), t("twice km", "重复千米"), t("hours", "小时")]
    return Panel(t("Beats", "巡逻段"), paragraphs, head, rows)
