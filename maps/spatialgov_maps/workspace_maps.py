"""The maps of a workspace: what the pages of the service and ``spatialgov map`` show.

Each takes the `Area` that its reader is limited to, None for no limit.
"""

from datetime import datetime

from spatialgov.errors import NotFoundError
from spatialgov.incidents import PUBLIC_MINIMUM
from spatialgov.language import t
from spatialgov.workspace import Area, Period, Workspace
from spatialgov_maps.base import Map
from spatialgov_maps.context import Context, names_of
from spatialgov_maps.coverage_map import coverage_map
from spatialgov_maps.heat_map import heat_map
from spatialgov_maps.plan_map import plan_map
from spatialgov_maps.recommend_map import recommend_map

__all__ = ["map_of_coverage", "map_of_incidents", "map_of_plan", "map_of_recommendations"]

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
    context = _context(workspace, area)
    return plan_map(
        grids,
        context=context,
        title=record.name,
        subtitle=_joined(_jurisdiction(context), about),
        balance=plan.settings.balance,
        target=plan.settings.target,
    )


def map_of_incidents(
    workspace: Workspace,
    period: Period,
    resolution: int,
    *,
    minimum: int = PUBLIC_MINIMUM,
    area: Area | None = None,
) -> Map:
    """Draw the heat map of a period with its hot spots (where an edition says what ground counts).

    Parameters
    ----------
    resolution
        H3 resolution.
    minimum
        Fewest incidents of a cell, or of a hot spot, that is shown.

    Raises
    ------
    NotFoundError
        When there are no incidents at all.
    """
    span = workspace.analysis.span(period, area=area)
    if span is None and period == Period():
        raise NotFoundError(
            t("There are no incidents yet.", "尚无事件。"),
            remedy=t("Import them: spatialgov import incidents FILE.", "请先导入：spatialgov import incidents FILE。"),
        )
    heat = workspace.analysis.heat_map(resolution, period, minimum=minimum, area=area)
    try:
        spots = workspace.analysis.hot_spots(resolution, period, minimum=minimum, area=area)
    except NotFoundError:
        spots = None
    context = _context(workspace, area)
    subtitle = _joined(_jurisdiction(context), _span(period, span))
    return heat_map(heat, spots, context=context, subtitle=subtitle)


def map_of_coverage(workspace: Workspace, *, area: Area | None = None) -> Map:
    """Draw what the cameras see and the uncovered ground of each grid in force."""
    result = workspace.analysis.coverage(area=area)
    edition = workspace.store.edition()
    context = _context(workspace, area)
    return coverage_map(
        result.grids,
        workspace.analysis.grids_in_force(area=area),
        visible=result.visible,
        cameras=workspace.analysis.cameras(area=area),
        context=context,
        subtitle=_joined(_jurisdiction(context), _edition(edition.id)),
    )


def map_of_recommendations(workspace: Workspace, *, area: Area | None = None) -> Map:
    """Draw which grids in force to split, merge or change."""
    edition = workspace.store.edition()
    context = _context(workspace, area)
    found = [item.as_dict() for item in workspace.analysis.recommend(households=(_LEAST, _MOST), area=area)]
    band = t("{least} to {most} households a grid", "每格 {least} 至 {most} 户", least=_LEAST, most=_MOST)
    nothing = "" if found else t("nothing to change", "无需调整")
    return recommend_map(
        workspace.analysis.grids_in_force(area=area),
        found,
        context=context,
        subtitle=_joined(_jurisdiction(context), _edition(edition.id), band, nothing),
    )


def _context(workspace: Workspace, area: Area | None) -> Context:
    store = workspace.store
    jurisdictions = store.jurisdictions()
    return Context(
        jurisdictions=jurisdictions if area is None else area.jurisdictions(jurisdictions),
        roads=store.layer("roads"),
        barriers=store.layer("barriers"),
        source=workspace.analysis.source(),
    )


def _jurisdiction(context: Context) -> str:
    """Give the name of the jurisdiction above all others that are drawn, if there is one."""
    frame = context.jurisdictions
    tops = [] if frame is None else names_of(frame[~frame["parent_code"].isin(frame["code"])])
    return tops[0] if len(tops) == 1 else ""


def _edition(number: int) -> str:
    return t("edition {n}", "第 {n} 版", n=number)


def _span(period: Period, held: tuple[datetime, datetime] | None) -> str:
    """Give the days of a period; where it is open, those of the first and the last incident."""
    first, last = period.since or (held and held[0]), period.until or (held and held[1])
    if first is None or last is None:
        return t("no incidents", "无事件")
    zones = " – ".join(dict.fromkeys(f"UTC{moment.isoformat()[-6:]}" for moment in (first, last)))
    return f"{first:%Y-%m-%d} – {last:%Y-%m-%d} ({zones})"


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
