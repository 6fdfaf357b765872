"""The report of a scenario for the public meeting: the table before and after, and both maps, on screen and on A4."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.allocation import Limits, review
from spatialgov.language import t
from spatialgov.plan import Plan, parent_of_units
from spatialgov.topology import dissolve
from spatialgov.workspace import Area, ShownScenario, Workspace
from spatialgov.workspace.scenario_results import every_row, figure, headlines, jurisdiction_names, sentences
from spatialgov_maps import formats
from spatialgov_maps.base import FeatureLayer, InnerMap, LegendItem, Style, Tooltips
from spatialgov_maps.colours import DIVERGING
from spatialgov_maps.context import Context, light_context_layers
from spatialgov_maps.plan_map import deviation_pct, grid_tooltips
from spatialgov_maps.report_page import Figure, ReportPage, Section, Table
from spatialgov_maps.workspace_context import context_of, edition_text, joined, jurisdiction_name

__all__ = ["report_of_scenario"]

_CONTEXT_BYTES = 90_000
"""Of each map's surroundings: two maps and their tables have to stay small enough to be sent."""
_BORDER: Style = {"color": "#8a949e", "weight": 1, "opacity": 1, "fillOpacity": 0.8}
_EXEMPT: Style = {**_BORDER, "dashArray": "4 3", "fillColor": "#c9ced3"}
_STATES: dict[str, Style] = {
    "under": {**_BORDER, "fillColor": DIVERGING[1]},
    "within": {**_BORDER, "fillColor": "#f4f1e4"},
    "over": {**_BORDER, "fillColor": DIVERGING[5]},
    "none": {**_BORDER, "fillColor": DIVERGING[6]},
    "exempt": _EXEMPT,
}
_MOVES = "moved_households"
"""A figure that is told even where it is 0."""
_MOVED: Style = {"color": "#111827", "weight": 1.4, "opacity": 0.9, "fillColor": "#111827", "fillOpacity": 0.22}

Row = Sequence[str]


def report_of_scenario(workspace: Workspace, scenario_id: int, *, area: Area | None = None) -> ReportPage:
    """Draw a stored scenario, as it was worked out.

    Raises
    ------
    NotFoundError
        When it is not there, or its ground is not wholly in the area.
    MissingAssetsError
        When the vendored browser code is not there.
    """
    shown = workspace.scenarios.shown(scenario_id, area=area)
    context = context_of(workspace, area)
    record, outcome = shown.record, shown.record.outcome
    names = jurisdiction_names(workspace.store.jurisdictions())
    moved, moved_layers = _moved(shown)
    by_work = shown.scenario.method == "keep" and outcome["posts"] is not None
    plans = ((shown.before, "before", t("Before", "之前")), (shown.after, "after", t("After", "之后")))
    figures = []
    for (plan, side, word), layer in zip(plans, moved_layers, strict=True):
        around = _around(plan, context)
        m = InnerMap(plan.units.frame.total_bounds, source=context.source)
        for one in (
            _grid_layer(plan, shown, side, around, by_work=by_work),
            *layer,
            *light_context_layers(around, _CONTEXT_BYTES),
        ):
            m.add_child(one)
        n = formats.count(len(plan.codes))
        figures.append(Figure(m, t("{word}: {n} grids", "{word}：{n} 个网格", word=word, n=n)))
    states = outcome["states"]
    facts = [
        (f"{len(shown.before.codes)} → {len(shown.after.codes)}", t("grids", "网格")),
        (f"{states['before']['within']} → {states['after']['within']}", t("within the band", "在区间内")),
        (formats.count(outcome["moved"]["households_moved"]), t("households change grid", "更换网格的户数")),
    ]
    further = _further(outcome)
    return ReportPage(
        record.name,
        [
            Section(t("What if", "推演内容"), sentences(shown.scenario, names), _warnings(shown)),
            Section(tables=_main(shown, names)),
            Section(t("Maps", "地图"), key=_key(shown, by_work=by_work, moved=moved), figures=figures, new_sheet=True),
            *(Section(tables=[table], new_sheet=i == 0) for i, table in enumerate(further)),
            Section(t("What the figures stand on", "数据依据"), notes=_basis(record.basis, shown)),
        ],
        subtitle=joined(
            jurisdiction_name(context),
            t("scenario {id}", "情景 {id}", id=record.id),
            f"{record.created_at:%Y-%m-%d}",
        ),
        facts=facts,
    )


def _moved(shown: ShownScenario) -> tuple[bool, list[list[FeatureLayer]]]:
    """Tell whether units change their grid, and give the layer of those for either map: a shape for each two grids."""
    moved, units = shown.comparison.moved, shown.before.units
    if moved.empty:
        return False, [[], []]
    pairs = moved.groupby(["code_a", "code_b"], sort=False)
    table = pairs["households"].sum().reset_index()
    labels = np.full(len(units), -1, np.int32)
    labels[units.positions(moved["unit_id"].tolist())] = pairs.ngroup().to_numpy()
    shapes = gpd.GeoSeries(dissolve(units.frame.geometry.to_numpy(), labels, len(table)), crs=units.frame.crs)
    tips = Tooltips(
        [t("Changes its grid", "更换网格")] * len(table),
        {
            t("Households", "户数"): [formats.count(n) for n in table["households"]],
            t("From grid", "原网格"): table["code_a"].tolist(),
            t("To grid", "新网格"): table["code_b"].tolist(),
        },
    )
    return True, [[FeatureLayer(shapes, [_MOVED], tooltips=tips)] for _ in range(2)]


def _around(plan: Plan, context: Context) -> Context:
    """Give the surroundings with the parents that the plan nests in as communities: joined ones are one."""
    grids = plan.grids()
    if (grids["parent_code"] == "").any():
        return context
    place, codes = pd.factorize(grids["parent_code"])
    shapes = dissolve(grids.geometry.to_numpy(), place.astype(np.int32), len(codes))
    known = pd.DataFrame(columns=["name", "name_en"])
    if context.jurisdictions is not None:
        known = context.jurisdictions.drop_duplicates("code").set_index("code")
    names = {column: known[column].reindex(codes).fillna("").tolist() for column in ("name", "name_en")}
    names["name"] = [name or code for name, code in zip(names["name"], codes, strict=True)]
    frame = gpd.GeoDataFrame({"code": codes, "level": "community", **names}, geometry=shapes, crs=grids.crs)
    return Context(frame, context.roads, context.barriers, context.source)


def _grid_layer(plan: Plan, shown: ShownScenario, side: str, around: Context, *, by_work: bool) -> FeatureLayer:
    """Give the grids of one map, coloured by their households, or by the work of their posts."""
    grids, scenario, posts = plan.grids(), shown.scenario, shown.record.outcome["posts"]
    tips = grid_tooltips(grids, deviation_pct(grids, "households", scenario.goal), "households", around)
    held: dict[str, Mapping[str, Any]] = {}
    if posts is not None:
        held = {row["code"]: row for row in posts[side]["grids"]}
        counts = [formats.count(held[code]["posts"] if code in held else 1) for code in plan.codes]
        tips = Tooltips(tips.headings, {**tips.rows, t("Posts", "岗位"): counts})
    if by_work:
        states = [_state_of_posts(held.get(code), kind) for code, kind in zip(plan.codes, grids["kind"], strict=True)]
    else:
        several = {code: max(row["posts"], 1) for code, row in held.items()}
        states = review(grids, limits=Limits(scenario.band), posts=several)["state"].tolist()
    order = list(_STATES)
    return FeatureLayer(
        grids.geometry,
        list(_STATES.values()),
        [order.index(state) for state in states],
        tooltips=tips,
        labels=grids["code"].astype(str).str[-3:].tolist(),
    )


def _state_of_posts(row: Mapping[str, Any] | None, kind: str) -> str:
    if kind != "general":
        return "exempt"
    if row is None:
        return "within"
    if row["posts"] == 0:
        return "none"
    return "over" if row["over"] else "within"


def _key(shown: ShownScenario, *, by_work: bool, moved: bool) -> list[LegendItem]:
    """Give what the colours of the maps mean."""
    least, most = shown.scenario.band
    if by_work:
        said = {
            "within": t("work that its posts can carry", "工作量在岗位限度内"),
            "over": t("more work than its posts should carry", "工作量超出岗位限度"),
            "none": t("no post", "无岗位"),
        }
    else:
        said = {
            "under": t("fewer than {n} households", "少于 {n} 户", n=least),
            "within": t("{a} to {b} households", "{a} 至 {b} 户", a=least, b=most),
            "over": t("more than {n} households", "多于 {n} 户", n=most),
        }
    if any((plan.table["kind"] != "general").any() for plan in (shown.before, shown.after)):
        said["exempt"] = t("dedicated, exempt", "专属（不作要求）")
    items = [LegendItem(label, _STATES[state]) for state, label in said.items()]
    if moved:
        items.append(LegendItem(t("changes its grid", "更换网格"), _MOVED))
    return items


def _warnings(shown: ShownScenario) -> list[str]:
    outcome, said = shown.record.outcome, []
    after, posts = outcome["states"]["after"], outcome["posts"]
    if shown.scenario.method != "keep" and (out := after["under"] + after["over"]):
        said.append(
            t(
                "{n} grids stay outside the band: borders of communities, barriers or large compounds forbid more.",
                "仍有 {n} 个网格在区间之外：受社区边界、阻隔或大型院落所限。",
                n=out,
            )
        )
    if posts is not None and (without := posts["after"]["without_post"]):
        said.append(
            t(
                "{n} grids have no post of their own; {needed} posts would be needed in all.",
                "{n} 个网格没有岗位；共需 {needed} 个岗位。",
                n=without,
                needed=posts["after"]["needed"],
            )
        )
    if shown.edited:
        said.append(
            t(
                "The draft (plan {id}) has been edited since; this shows it as it was worked out.",
                "草稿（方案 {id}）此后已被修改；本报告为推算时的结果。",
                id=shown.record.plan_id,
            )
        )
    return said


def _figures(rows: Sequence[Any]) -> tuple[Row, list[Row]]:
    """Give head and rows of a table before and after, with the difference."""
    head = (t("Figure", "指标"), t("before", "之前"), t("after", "之后"), t("change", "变化"))
    return head, [(row.title, figure(row.before, row.unit), figure(row.after, row.unit), _change(row)) for row in rows]


def _change(row: Any) -> str:
    if row.before is None or row.after is None or row.before == row.after:
        return ""
    unit = t("points", "个百分点") if row.unit == "%" else row.unit  # 55 % to 7 % is no change of 48 %
    return f"{formats.signed(row.after - row.before)} {unit}".rstrip()


def _main(shown: ShownScenario, names: Mapping[str, str]) -> list[Table]:
    """Give the tables that come first: the figures, and where anything but posts changes the communities."""
    scenario = shown.scenario
    told = [row for row in headlines(shown.record.outcome) if row.before is not None or row.after or row.key == _MOVES]
    tables: list[Table] = [Table(t("Before and after", "前后对比"), *_figures(told))]
    if scenario.method != "keep" or scenario.merge or scenario.level is not None:
        tables.append(Table(t("Community by community", "分社区情况"), *_by_parent(shown, names)))
    return tables


def _further(outcome: Mapping[str, Any]) -> list[Table]:
    tables: list[Table] = []
    if outcome["posts"] is not None:
        tables.append(
            Table(
                t("Posts that change, and grids with too much work", "岗位变化及工作量超限的网格"),
                *_by_post(outcome["posts"]),
            )
        )
    first = {row.key for row in headlines(outcome)}
    rest = [row for row in every_row(outcome) if row.key not in first]
    return [*tables, Table(t("Further measures", "其他指标"), *_figures(rest))]


def _by_parent(shown: ShownScenario, names: Mapping[str, str]) -> tuple[Row, list[Row]]:
    """Give a row a community (as it is after): its grids before and after, and the households that change theirs."""
    before, after = shown.before, shown.after
    frame = pd.DataFrame(
        {
            "parent": parent_of_units(after.units, after.settings.within),
            "before": before.labels,
            "after": after.labels,
            "households": after.units.frame["households"].to_numpy(np.int64),
        }
    )
    away = after.units.frame["unit_id"].isin(shown.comparison.moved["unit_id"]).to_numpy()
    frame["moved"] = np.where(away, frame["households"], 0)
    sums = frame.groupby("parent")[["households", "moved"]].sum()
    for side in ("before", "after"):
        sums[side] = frame[frame[side] >= 0].groupby("parent")[side].nunique().reindex(sums.index, fill_value=0)
    head = (
        t("Community", "社区"), t("grids before", "原网格数"), t("grids after", "新网格数"), t("households", "户数"),
        t("households that change their grid", "更换网格的户数"),
    )  # fmt: skip
    rows: list[Row] = [
        (
            names.get(str(code), str(code)),
            *(formats.count(row[name]) for name in ("before", "after", "households", "moved")),
        )
        for code, row in sums.to_dict("index").items()
    ]
    return head, rows


def _by_post(posts: Mapping[str, Any]) -> tuple[Row, list[Row]]:
    head = (
        t("Grid", "网格"), t("posts before", "原岗位"), t("posts after", "新岗位"),
        t("work, minutes a day", "工作量（分钟/日）"), t("of one post", "单岗位"), t("limit of a post", "岗位限度"),
    )  # fmt: skip
    limit = posts["limit_minutes"][1]
    rows: list[Row] = []
    for row in posts["after"]["grids"]:
        n = row["posts"]
        if row["over"] or n != row["posts_before"]:
            one = formats.count(row["workload"] / n) if n else "–"
            counts = (formats.count(row["posts_before"]), formats.count(n), formats.count(row["workload"]))
            rows.append((row["code"], *counts, one, formats.count(limit)))
    return head, rows


def _basis(basis: Mapping[str, Any], shown: ShownScenario) -> list[str]:
    """Say what the figures stand on, so that each can be traced."""
    edition = t("not published", "未发布") if basis["edition"] is None else edition_text(basis["edition"])
    versions = ", ".join(f"{key} {one['version']}" for key, one in shown.record.outcome["measures"].items())
    said = [
        t(
            "Starts from plan {plan} ({edition}) after journal entry {n}, of import {units} of the units; the grids "
            "are draft plan {draft}. spatialgov {version}.",
            "基于方案 {plan}（{edition}）第 {n} 条日志之后的状态、第 {units} 次导入的单元；网格草稿为方案 {draft}。"
            "spatialgov {version}。",
            plan=basis["plan"],
            edition=edition,
            n=basis["sequence"],
            units=basis["unit_set"],
            draft=shown.record.plan_id,
            version=basis["version"],
        )
    ]
    if (workload := basis["workload"]) is not None:
        profile = workload["profile"]
        said.append(
            t("Workload: the units' own column.", "工作量：单元自带数据。")
            if profile is None
            else t(
                "Workload: profile {name}, version {version} ({basis}), formula {formula}.",
                "工作量：参数 {name} 第 {version} 版（{basis}），公式第 {formula} 版。",
                name=profile["name"],
                version=profile["version"],
                basis=t("fitted", "拟合") if profile["basis"] == "fitted" else t("assumed", "假设"),
                formula=workload["formula_version"],
            )
        )
    return [*said, t("Measures and versions of their formulas: {list}.", "指标及其公式版本：{list}。", list=versions)]
