"""The maps of a workspace: what the pages of the service and ``spatialgov map`` show."""

from spatialgov.errors import NothingPublishedError
from spatialgov.language import t
from spatialgov.workspace import Period, Workspace
from spatialgov_maps.base import Map
from spatialgov_maps.context import Context
from spatialgov_maps.coverage_map import coverage_map
from spatialgov_maps.heat_map import heat_map
from spatialgov_maps.plan_map import plan_map
from spatialgov_maps.recommend_map import recommend_map

__all__ = ["map_of_coverage", "map_of_incidents", "map_of_plan", "map_of_recommendations"]


def map_of_plan(workspace: Workspace, plan_id: int | None = None) -> Map:
    """Draw a stored plan, or the grids in force when none is named.

    Raises
    ------
    NotFoundError
        When there is no such plan, or nothing is published.
    """
    chosen = workspace.store.edition().plan_id if plan_id is None else plan_id
    plan = workspace.plans.load(chosen)
    record = workspace.plans.record(chosen)
    return plan_map(
        plan.grids(),
        context=_context(workspace),
        title=record.name,
        subtitle=t("Plan {id}: {n} grids", "方案 {id}：{n} 个网格", id=chosen, n=len(plan.codes)),
        balance=plan.settings.balance,
        target=plan.settings.target,
    )


def map_of_incidents(workspace: Workspace, period: Period, resolution: int) -> Map:
    """Draw the heat map of a period with its hot spots (where an edition says what ground counts)."""
    heat = workspace.analysis.heat_map(resolution, period)
    try:
        spots = workspace.analysis.hot_spots(resolution, period)
    except NothingPublishedError:
        spots = None
    return heat_map(heat, spots, context=_context(workspace), subtitle=_span(period))


def map_of_coverage(workspace: Workspace) -> Map:
    """Draw what the cameras see and the uncovered ground of each grid in force."""
    result = workspace.analysis.coverage()
    grids = workspace.store.edition_grids(workspace.store.edition().id)
    return coverage_map(
        result.grids,
        grids,
        visible=result.visible,
        cameras=workspace.store.cameras(),
        context=_context(workspace),
    )


def map_of_recommendations(workspace: Workspace) -> Map:
    """Draw which grids in force to split, merge or change."""
    grids = workspace.store.edition_grids(workspace.store.edition().id)
    return recommend_map(
        grids,
        [item.as_dict() for item in workspace.analysis.recommend()],
        context=_context(workspace),
    )


def _context(workspace: Workspace) -> Context:
    store = workspace.store
    return Context(
        jurisdictions=store.jurisdictions(), roads=store.layer("roads"), barriers=store.layer("barriers"), source=""
    )


def _span(period: Period) -> str:
    dates = [f"{moment:%Y-%m-%d}" if moment else "…" for moment in (period.since, period.until)]
    return "" if dates == ["…", "…"] else " – ".join(dates)
