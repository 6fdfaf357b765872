"""What a report says of cameras: what they cover, where the gaps are and why, and what to do about them."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy.typing as npt

from spatialgov.coverage import RemedyPlan
from spatialgov.coverage.demand.demands import DEMAND_KINDS
from spatialgov.language import t
from spatialgov.workspace import CoverageQuestion, RemedyWish, Workspace
from spatialgov.workspace.coverage_results import (
    assumption_text,
    class_name,
    column_name,
    level_name,
    reason_name,
    reason_remedy,
    remedy_name,
    should_name,
    state_name,
)
from spatialgov.workspace.coverage_scenes import Scene
from spatialgov_maps import formats
from spatialgov_maps.base import InnerMap, LegendItem, LegendLayer
from spatialgov_maps.camera_layers import building_layer, camera_layer, seen_layer
from spatialgov_maps.context import Context, light_context_layers, names_of
from spatialgov_maps.coverage_map import covered_table, share_bounds
from spatialgov_maps.gap_map import reason_layer, reasons_table
from spatialgov_maps.report_page import Figure, Section, Table
from spatialgov_maps.site_map import plan_sentences, remedies_table, step_layers

__all__ = ["coverage_basis", "coverage_sections"]

_CONTEXT_BYTES, _BUILDING_BYTES = 60_000, 90_000
_MOST_AREAS, _MOST_GAPS, _MOST_STEPS = 40, 20, 30
_CURVE = (0, 1, 2, 3, 5, 10, 15, 20, 30, 50, 75, 100)
"""Numbers of new cameras that a table tells."""


def coverage_sections(
    workspace: Workspace, question: CoverageQuestion, wish: RemedyWish, context: Context
) -> tuple[list[Section], list[tuple[str, str]]]:
    """Give the sections, and the facts for the head of the page; raises as `map_of_sites`."""
    coverage = workspace.coverage_analysis
    scene = coverage.scene(question)
    whole = coverage.measure(question, level="all").set_index("kind")
    found = coverage.gaps(question, weights=wish.weights)
    plan = coverage.remedies(question, wish)
    facts = [
        (share_bounds(*whole.loc[kind, ["lower_share", "upper_share"]]), t("{what} covered", "{what}覆盖", what=name))
        for kind, name in (("ground", t("ground", "地面")), ("road", t("roads", "道路")))
    ]
    covered = Section(
        t("Camera coverage", "视频监控覆盖"),
        [
            t(
                "Covered: in the line of sight of a camera that works, near enough for the class “{name}”. Where two "
                "numbers stand, the lower is certain; the upper needs what nobody has written down.",
                "覆盖：位于在用摄像机视线之内，且距离满足“{name}”等级。有两个数值时，前者为确定覆盖，"
                "后者取决于缺失的参数。",
                name=class_name(question.needed),
            )
        ],
        figures=[_seen(scene, context), _gaps(found, scene, context)],
        new_sheet=True,
    )
    tables = [
        Table(t("What is covered", "覆盖情况"), *covered_table(whole)),
        Table(t("Gaps by reason", "盲区原因"), *reasons_table(found)),
    ]
    return [
        covered,
        Section(tables=tables),
        Section(tables=[_by_area(workspace, question, scene, context)]),
        Section(tables=[_weightiest(found)], new_sheet=True),
        *_remedies(plan, scene, context),
    ], facts


def _map(
    bounds: npt.ArrayLike, context: Context, below: Sequence[LegendLayer | None], above: Sequence[LegendLayer]
) -> InnerMap:
    m = InnerMap(bounds, source=context.source)
    for layer in [*below, *light_context_layers(context, _CONTEXT_BYTES), *above]:
        if layer is not None:
            m.add_child(layer)
    return m


def _key(layers: Sequence[LegendLayer | None]) -> list[LegendItem]:
    return [item for layer in layers if layer is not None and layer.legend for item in layer.legend.items]


def _seen(scene: Scene, context: Context) -> Figure:
    sight, areas = scene.sight, scene.areas.frame
    below = [building_layer(sight, areas.total_bounds, room=_BUILDING_BYTES), seen_layer(sight, areas.geometry)]
    cameras = camera_layer(sight.views.table[scene.own], explained=False)
    m = _map(areas.total_bounds, context, below, [cameras])
    return Figure(m, t("What the cameras see", "摄像机可见范围"), _key([*below, cameras]))


def _gaps(found: gpd.GeoDataFrame, scene: Scene, context: Context) -> Figure:
    areas = scene.areas.frame
    layer = reason_layer(found[found["form"] == "patch"], areas)
    return Figure(
        _map(areas.total_bounds, context, [layer], []),
        t("Gaps, and why", "盲区及原因"),
        _key([layer]),
        t("The reason with the cheapest remedy.", "取处置代价最低的原因。"),
    )


def _by_area(workspace: Workspace, question: CoverageQuestion, scene: Scene, context: Context) -> Table:
    """Give the shares of communities, or of whatever it is measured by."""
    level = "community" if "community" in scene.areas.levels else scene.areas.level
    areas = workspace.coverage_analysis.by_area(question, level=level)
    names: Mapping[str, str] = {}
    if context.jurisdictions is not None:
        names = dict(zip(context.jurisdictions["code"], names_of(context.jurisdictions), strict=True))
    head = [level_name(level), *(should_name(kind) for kind in DEMAND_KINDS)]
    rows = [
        [
            names.get(row["code"]) or row["name"] or row["code"] or level_name(level),
            *(share_bounds(row[f"{kind}_lower_share"], row[f"{kind}_upper_share"]) for kind in DEMAND_KINDS),
        ]
        for row in areas.drop(columns="geometry").head(_MOST_AREAS).to_dict("records")
    ]
    return Table(t("Covered, area by area", "各区域覆盖率"), head, rows)


def _weightiest(found: gpd.GeoDataFrame) -> Table:
    rows = [
        [
            str(row["gap_id"]),
            reason_name(row["reason"]),
            state_name(row["state"]),
            f"{row['size_m']:,.0f} m" if row["form"] == "road" else formats.area(row["size_m2"]),
            f"{row['weight']:.2f} ‰",
            row["camera_id"] or row["building_id"] or row["code"],
            reason_remedy(row["reason"]),
        ]
        for row in found[~found["sliver"]].drop(columns="geometry").head(_MOST_GAPS).to_dict("records")
    ]
    head = [
        t("Gap", "盲区"), t("Reason", "原因"), t("State", "状态"), t("Size", "规模"), t("Weight", "权重"),
        t("Camera, building or area", "摄像机、建筑物或区域"), t("What to do", "处置"),
    ]  # fmt: skip
    return Table(t("The {n} weightiest gaps", "权重最大的 {n} 处盲区", n=len(rows)), head, rows, (1, 2, 5, 6))


def _remedies(plan: RemedyPlan, scene: Scene, context: Context) -> list[Section]:
    areas = scene.areas.frame
    layers = step_layers(plan.steps)
    figure = Figure(
        _map(areas.total_bounds, context, [], layers),
        t("Where to repair, survey, turn and build", "维修、补录、调向与新增的位置"),
        _key(layers),
    )
    before, after = plan.covered_before / 10, plan.covered_after / 10
    said = t(
        "Covered for certain: {before:.1f} % before, {after:.1f} % after all steps.",
        "确定覆盖：处置前 {before:.1f}%，全部处置后 {after:.1f}%。",
        before=before,
        after=after,
    )
    tables = [Table(t("In the order of their costs", "按代价排序"), *remedies_table(plan))]
    curve = plan.curve[plan.curve["p"].isin([*_CURVE, int(plan.curve["p"].max())])]
    if len(curve) > 1:
        rows = [
            [f"{row['p']:.0f}", f"{row['covered'] / 10:.1f} %", f"{row['verified']:.2f} ‰"]
            for row in curve.to_dict("records")
        ]
        head = [
            t("new cameras", "新增摄像机"),
            t("covered for certain", "确定覆盖"),
            t("gain, verified", "增益（检验）"),
        ]
        tables.append(Table(t("With more new cameras", "新增数量与覆盖"), head, rows))
    title = t("What to do", "处置方案")
    return [
        Section(title, [said, *plan_sentences(plan)], figures=[figure], tables=tables, new_sheet=True),
        Section(tables=[_steps(plan.steps)]),
    ]


def _steps(steps: gpd.GeoDataFrame) -> Table:
    """Give the first steps of each remedy, in their order."""
    chosen: list[dict[Any, Any]] = (
        steps.drop(columns="geometry").groupby("remedy", sort=False).head(_MOST_STEPS // 2).to_dict("records")
    )
    asked = any(row["consent"] for row in chosen)
    rows = [
        [
            str(row["step"]),
            remedy_name(row["remedy"]),
            row["camera_id"],
            row["reason"],
            f"{row['verified']:.2f} ‰ ({row['verified_low']:.2f} – {row['verified_high']:.2f})"
            if row["remedy"] != "survey"
            else "",
            *([row["consent"]] if asked else []),
        ]
        for row in chosen
    ]
    head = [
        t("No.", "序号"), t("Remedy", "措施"), t("Camera", "摄像机"), t("Why", "理由"),
        t("Gain, verified (95 %)", "增益，检验（95%）"), *([t("Consent", "须经同意")] if asked else []),
    ]  # fmt: skip
    return Table(t("Steps", "步骤"), head, rows, (1, 2, 3, 5))


def coverage_basis(about: Mapping[str, Any]) -> list[str]:
    """Say what the figures on coverage stand on, of `CoverageAnalysis.about`."""
    said = [
        t(
            "Cameras: {n}, of which {working} work. Class of picture: {name} (EN 62676-4). Measured by {level}.",
            "摄像机 {n} 台，在用 {working} 台。图像等级：{name}（EN 62676-4）。统计单位：{level}。",
            n=about["cameras"],
            working=about["working"],
            name=class_name(about["needed"]),
            level=level_name(about["level"]),
        )
    ]
    if about["missing"]:
        lacks = t(", ", "、").join(f"{column_name(column)} {n}" for column, n in about["missing"].items())
        said.append(t("Cameras whose record lacks: {lacks}.", "缺少参数的摄像机：{lacks}。", lacks=lacks))
    if about["assumptions"]:
        taken = t("; ", "；").join(
            t("{what}: {n}", "{what}，{n} 台", what=assumption_text(what), n=n)
            for what, n in about["assumptions"].items()
        )
        said.append(t("Assumed for want of figures: {taken}.", "缺失参数的取值假定：{taken}。", taken=taken))
    said.append(
        t(
            "Weights are thousandths of all that should be seen, each kind alike unless weighed otherwise. Sight is "
            "computed with buildings as walls: trees, lorries, the night and dirty lenses are not in it.",
            "权重为占应覆盖总量的千分比，除另有设定外各类相同。视线按建筑物为墙体计算，未计树木、车辆、夜间及镜头污损。",
        )
    )
    return said
