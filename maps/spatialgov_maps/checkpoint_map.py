"""The map of checkpoints: the roads to stand on so that nobody leaves a jurisdiction unseen."""

from spatialgov.language import t
from spatialgov.workspace import CheckpointPlan
from spatialgov.workspace.service_results import named, road_class_name
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, LegendLayer, Map, Style, Tooltips
from spatialgov_maps.context import Context, light_context_layers
from spatialgov_maps.controls import Panel

__all__ = ["checkpoint_map"]

_ROAD_COLOURS = {
    "trunk": "#b91c1c", "primary": "#c2410c", "secondary": "#a16207", "residential": "#1d4ed8", "alley": "#6d28d9",
    "track": "#57534e",
}  # fmt: skip
_AREA: Style = {"color": "#0b5c73", "weight": 2.4, "opacity": 1, "fillColor": "#77AADD", "fillOpacity": 0.22}
_POINT: Style = {"weight": 2.8, "fillColor": "#ffffff", "fillOpacity": 1, "radius": 8.5}  # its number is dark
_OTHER = "#374151"
_CONTEXT_ROOM = 450_000


def checkpoint_map(plan: CheckpointPlan, *, context: Context | None = None, subtitle: str = "") -> Map:
    """Draw the checkpoints by class of road, numbered as in the table.

    Parameters
    ----------
    plan
        From `ServiceAnalysis.checkpoints`.
    context
        What surrounds the jurisdiction.
    subtitle
        The header's text under the title.

    Raises
    ------
    MissingAssetsError
        When the vendored browser code is not there.
    """
    context = context or Context()
    facts = [
        (formats.count(len(plan.exits)), t("checkpoints", "卡点数")),
        (formats.count(plan.found.posts), t("posts, the fewest", "最少岗位数")),
        (formats.count(plan.found.posts_at_border), t("posts on every road out", "逐路设卡的岗位数")),
    ]
    title = t("Checkpoints", "卡点")
    m = Map(plan.ground.total_bounds, title, subtitle=subtitle, facts=facts, source=context.source)
    name = t("Nobody leaves unseen", "封控范围")
    area = FeatureLayer(plan.ground.geometry, [_AREA], legend=Legend("", [LegendItem(name, _AREA)]))
    layers: list[LegendLayer] = [area, *light_context_layers(context, _CONTEXT_ROOM)]
    if len(plan.exits):
        layers.append(_exits(plan))
    m.add_layers(layers)
    _panel(plan).add_to(m)
    return m


def _exits(plan: CheckpointPlan) -> FeatureLayer:
    frame = plan.exits
    there = [name for name in _ROAD_COLOURS if (frame["road_class"] == name).any()]
    there += sorted(set(frame["road_class"]) - set(there))
    styles: list[Style] = [{**_POINT, "color": _ROAD_COLOURS.get(name, _OTHER)} for name in there]
    name = t("Checkpoints", "卡点")
    roads = [named(*row) for row in zip(frame["name"], frame["name_en"], frame["road_id"], strict=True)]
    tips = Tooltips(
        [f"{n}. {road}" for n, road in zip(frame["checkpoint"], roads, strict=True)],
        {
            t("Road", "道路"): frame["road_id"].tolist(),
            t("Class", "等级"): [road_class_name(kind) for kind in frame["road_class"]],
            t("Posts", "岗位"): [formats.count(n) for n in frame["posts"]],
            t("From the border", "距边界"): [f"{v:,.0f} m" for v in frame["distance_m"]],
        },
    )
    items = [LegendItem(road_class_name(kind), style, "point") for kind, style in zip(there, styles, strict=True)]
    return FeatureLayer(
        frame.geometry, styles, [there.index(kind) for kind in frame["road_class"]], name=name, pane="points",
        tooltips=tips, labels=[str(n) for n in frame["checkpoint"]], legend=Legend(name, items),
    )  # fmt: skip


def _panel(plan: CheckpointPlan) -> Panel:
    by_class = plan.exits.groupby("road_class", sort=False)["posts"].agg(["size", "sum"]).sort_values("size")[::-1]
    rows = [
        [road_class_name(str(kind)), formats.count(row["size"]), formats.count(row["sum"])]
        for kind, row in by_class.iterrows()
    ]
    paragraphs = [
        t(
            "No choice of roads needs fewer posts: a minimum cut of the road network. Who is more than {m:,.0f} m away "
            "has left.",
            "路网最小割：任何选法所需岗位都不会更少。超出 {m:,.0f} 米即视为离开。",
            m=plan.basis["belt_m"],
        )
    ]
    if plan.basis["roads_cut_at_border"]:
        paragraphs.append(
            t(
                "The roads in the store end at the border: where they do counts as an exit.",
                "库中道路在边界处截断：中断处计为出口。",
            )
        )
    if not rows:
        paragraphs.append(t("No road leads out.", "没有道路通往外部。"))
    head = [t("class of road", "道路等级"), t("checkpoints", "卡点"), t("posts", "岗位")]
    return Panel(t("Exits", "出口"), paragraphs, head if rows else (), rows)
