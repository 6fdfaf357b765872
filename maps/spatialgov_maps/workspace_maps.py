"""The maps of a workspace: what the pages of the service and ``spatialgov map`` show.

Each takes the `Area` that its reader is limited to, None for no limit.
"""

from spatialgov.errors import NotFoundError
from spatialgov.incidents import PUBLIC_MINIMUM
from spatialgov.language import t
from spatialgov.workspace import Area, Period, Workspace
from spatialgov.workspace.time_steps import DEFAULT_ZONE
from spatialgov_maps.base import Map
from spatialgov_maps.heat_map import heat_layer, heat_map
from spatialgov_maps.plan_map import plan_map
from spatialgov_maps.recommend_map import recommend_map
from spatialgov_maps.workspace_context import context_of, drawable, edition_text, joined, jurisdiction_name, period_text

__all__ = ["map_of_incidents", "map_of_plan", "map_of_recommendations"]

_LEAST, _MOST = 300, 500
"""Households of a grid that needs no change."""


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
    states = {
        "draft": t("draft", "草案"),
        "checked": t("checked", "已检查"),
        "published": t("in force", "现行"),
        "retired": t("retired", "已停用"),
    }
    about = t("Plan {id} ({state})", "方案 {id}（{state}）", id=chosen, state=states[record.state])
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


def map_of_recommendations(workspace: Workspace, *, area: Area | None = None) -> Map:
    """Draw which grids in force to split, merge or change."""
    edition = workspace.store.edition()
    context = context_of(workspace, area)
    found = [item.as_dict() for item in workspace.analysis.recommend(households=(_LEAST, _MOST), area=area)]
    band = t("{least} to {most} households a grid", "每格 {least} 至 {most} 户", least=_LEAST, most=_MOST)
    nothing = "" if found else t("nothing to change", "无需调整")
    return recommend_map(
        workspace.analysis.grids_in_force(area=area),
        found,
        context=context,
        subtitle=joined(jurisdiction_name(context), edition_text(edition.id), band, nothing),
    )
