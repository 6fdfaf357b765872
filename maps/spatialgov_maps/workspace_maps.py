"""The maps of a workspace: what the pages of the service and ``spatialgov map`` show.

Each takes the `Area` that its reader is limited to, None for no limit.
"""

from collections.abc import Mapping
from typing import Any

from spatialgov.allocation import changed_ground, proposed_borders, review, taken
from spatialgov.errors import NotFoundError
from spatialgov.incidents import PUBLIC_MINIMUM
from spatialgov.language import t
from spatialgov.store import PlanRecord
from spatialgov.workspace import Area, Period, Question, Workspace
from spatialgov.workspace.time_steps import DEFAULT_ZONE
from spatialgov_maps.base import Map
from spatialgov_maps.heat_map import heat_layer, heat_map
from spatialgov_maps.plan_map import plan_map
from spatialgov_maps.recommend_map import Advised, limits_text, recommend_map
from spatialgov_maps.workspace_context import context_of, drawable, edition_text, joined, jurisdiction_name, period_text

__all__ = ["map_of_incidents", "map_of_plan", "map_of_recommendations"]


def map_of_plan(workspace: Workspace, plan_id: int | None = None, *, area: Area | None = None) -> Map:
    """Draw a stored plan, or the grids in force when none is named.

    Raises
    ------
    NotFoundError
        When there is no such plan, or nothing is published.
    """
    chosen = workspace.store.edition().plan_id if plan_id is None else plan_id
    # Whoever may see grids may see those in force; another plan is one thing, and seen as a whole or not at all.
    if plan_id is not None:
        workspace.plans.require_plan(plan_id, area)
    record = workspace.plans.record(chosen)
    plan = workspace.plans.load(chosen)
    grids = plan.grids()
    if plan_id is None and area is not None:
        grids = grids[grids["code"].isin(workspace.analysis.grids_in_force(area=area)["code"])]
    about = _plan_text(record)
    context = context_of(workspace, area)
    return plan_map(
        grids,
        context=context,
        title=record.name,
        subtitle=joined(jurisdiction_name(context), about),
        balance=plan.settings.balance,
        target=plan.settings.target,
    )


def map_of_incidents(
    workspace: Workspace,
    period: Period,
    resolution: int,
    *,
    zone: str = DEFAULT_ZONE,
    minimum: int = PUBLIC_MINIMUM,
    area: Area | None = None,
) -> Map:
    """Draw the heat map of a period with its hot spots (where an edition says what ground counts).

    Parameters
    ----------
    resolution
        H3 resolution; a coarser one where the page would be too large.
    zone
        IANA name of the time zone whose days the header names.
    minimum
        Fewest incidents of a cell, or of a hot spot, that is shown.

    Raises
    ------
    NotFoundError
        When there are no incidents at all.
    """
    if period == Period() and workspace.analysis.span(period, area=area) is None:
        raise NotFoundError(
            t("There are no incidents yet.", "尚无事件。"),
            remedy=t("Import them: spatialgov import incidents FILE.", "请先导入：spatialgov import incidents FILE。"),
        )
    heat, layer = drawable(
        lambda r: workspace.analysis.heat_map(r, period, minimum=minimum, area=area), heat_layer, resolution
    )
    try:
        spots = workspace.analysis.hot_spots(resolution, period, minimum=minimum, area=area)
    except NotFoundError:
        spots = None
    context = context_of(workspace, area)
    subtitle = joined(jurisdiction_name(context), period_text(workspace, period, zone, area))
    return heat_map(heat, spots, layer=layer, context=context, subtitle=subtitle)


def map_of_recommendations(workspace: Workspace, question: Question) -> Map:
    """Draw which grids to split, merge, change, dedicate or staff, and list it.

    Raises
    ------
    NotFoundError
        When there is no such plan, nothing is published, or none of its grids is the asker's.
    """
    result, area = workspace.advice.recommend(question), question.area
    found, limits = result.recommendations, result.limits
    staffed = {code: n for one in found for code, n in one.posts.items()}
    before = review(result.plan.grids(), limits=limits, posts=question.posts)
    after = review(taken(result.plan, found).grids(), limits=limits, posts={**(question.posts or {}), **staffed})
    if area is not None:
        before, after = area.grids(before), area.grids(after)
    context, record = context_of(workspace, area), workspace.store.plan(result.plan_id)
    about = edition_text(result.basis["edition"]) if record.state == "published" else _plan_text(record)
    ground = changed_ground(result.plan, found)
    advised = Advised(
        before, after, found, ground, proposed_borders(result.plan, found), limits, question.posts,
        _basis_texts(result.basis, result.state.token),
    )  # fmt: skip
    return recommend_map(
        advised, context=context, subtitle=joined(jurisdiction_name(context), about, *limits_text(limits))
    )


def _plan_text(record: PlanRecord) -> str:
    states = {
        "draft": t("draft", "草案"),
        "checked": t("checked", "已检查"),
        "published": t("in force", "现行"),
        "retired": t("retired", "已停用"),
    }
    return t("Plan {id} ({state})", "方案 {id}（{state}）", id=record.id, state=states[record.state])


def _basis_texts(basis: Mapping[str, Any], token: str) -> list[str]:
    """Say what a list of recommendations stands on."""
    said = [
        t(
            "Plan {plan}, journal entry {sequence}; list {token}.",
            "方案 {plan}，日志第 {sequence} 条；清单 {token}。",
            plan=basis["plan"],
            sequence=basis["sequence"],
            token=token,
        )
    ]
    work = basis.get("workload")
    if work is not None and work["profile"] is None:
        said.append(t("Work: the units' own column “workload”.", "工作量：单元自带的 workload 字段。"))
    elif work is not None:
        profile = work["profile"]
        fitted = profile["basis"] == "fitted"
        said.append(
            t(
                "Work: profile {name} {version} ({basis}), formula {formula}; ways {trips}.",
                "工作量：参数 {name} {version}（{basis}），公式版本 {formula}；路程{trips}。",
                name=profile["name"],
                version=profile["version"],
                basis=t("fitted", "经拟合") if fitted else t("assumed", "假定"),
                formula=work["formula_version"],
                trips=t("along the roads", "按路网计算") if work["trips"] == "network" else t("assumed", "为假定"),
            )
        )
    return said
