"""What the pages of a workspace share: their surroundings, the parts of their headers, and cells that fit a page."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import geopandas as gpd

from spatialgov.incidents.times import zone_named
from spatialgov.language import current_language, t
from spatialgov.workspace import Area, Period, Workspace
from spatialgov.workspace.time_steps import DEFAULT_ZONE
from spatialgov_maps.context import Context, names_of

__all__ = [
    "categories_text",
    "context_of",
    "days_text",
    "drawable",
    "edition_text",
    "joined",
    "jurisdiction_name",
    "period_text",
]

_LEAST = timedelta(microseconds=1)


class _HasCells(Protocol):
    @property
    def cells(self) -> gpd.GeoDataFrame: ...


Counted = TypeVar("Counted", bound=_HasCells)
Drawn = TypeVar("Drawn")


def drawable(
    count: Callable[[int], Counted], draw: Callable[[Counted], Drawn | None], resolution: int
) -> tuple[Counted, Drawn | None]:
    """Count in H3 cells and draw them, in coarser cells where the page would be too large.

    Parameters
    ----------
    count
        Gives the counts at a resolution.
    draw
        Gives their layer; None where it is too large, or there is nothing.
    resolution
        The finest that is tried.
    """
    counted = count(resolution)
    while (drawn := draw(counted)) is None and len(counted.cells) and resolution > 0:
        resolution -= 1
        counted = count(resolution)
    return counted, drawn


def context_of(workspace: Workspace, area: Area | None) -> Context:
    """Give what surrounds the subject of a map."""
    store = workspace.store
    jurisdictions = store.jurisdictions()
    return Context(
        jurisdictions=jurisdictions if area is None else area.jurisdictions(jurisdictions),
        roads=store.layer("roads"),
        barriers=store.layer("barriers"),
        source=workspace.analysis.source(),
    )


def jurisdiction_name(context: Context) -> str:
    """Give the name of the jurisdiction above all others that are drawn, if there is one."""
    frame = context.jurisdictions
    tops = [] if frame is None else names_of(frame[~frame["parent_code"].isin(frame["code"])])
    return tops[0] if len(tops) == 1 else ""


def edition_text(number: int) -> str:
    """Give what an edition is called."""
    return t("edition {n}", "第 {n} 版", n=number)


def days_text(period: Period, held: tuple[datetime, datetime] | None = None, zone: str = DEFAULT_ZONE) -> str:
    """Give the first and the last day of a period; where it is open, those of the first and the last incident.

    Parameters
    ----------
    period
        The period.
    held
        When its first and its last incident occurred; None where it has none.
    zone
        IANA name of the time zone whose days count.
    """
    first = period.since or (held and held[0])
    last = period.until - _LEAST if period.until else held and held[1]
    if first is None or last is None:
        return t("no incidents", "无事件")
    return " – ".join(dict.fromkeys(f"{moment.astimezone(zone_named(zone)):%Y-%m-%d}" for moment in (first, last)))


def period_text(workspace: Workspace, period: Period, zone: str, area: Area | None) -> str:
    """Give the days of a period, the zone that they are of, and the chosen categories, for a subtitle."""
    days = days_text(period, workspace.analysis.span(period, area=area), zone)
    return joined(f"{days} ({zone})", categories_text(workspace, period))


def categories_text(workspace: Workspace, period: Period) -> str:
    """Give the names of the chosen categories; nothing where all are."""
    if not period.categories:
        return ""
    table = workspace.store.categories().set_index("code")
    column = "name" if current_language() == "zh" else "name_en"
    names = [str(table[column].get(code) or code) for code in period.categories]
    return t(", ", "、").join(names)


def joined(*parts: str) -> str:
    """Give the parts of a subtitle that there are, as one line."""
    return " · ".join(part for part in parts if part)
