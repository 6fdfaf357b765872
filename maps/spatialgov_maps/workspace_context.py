"""What the pages of a workspace share: their surroundings, the parts of their headers, and cells that fit a page."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

import geopandas as gpd

from spatialgov.language import t
from spatialgov.workspace import Area, Period, Workspace
from spatialgov_maps.context import Context, names_of

__all__ = ["context_of", "drawable", "edition_text", "joined", "jurisdiction_name", "span_text"]


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


def span_text(period: Period, held: tuple[datetime, datetime] | None) -> str:
    """Give the days of a period; where it is open, those of the first and the last incident."""
    first, last = period.since or (held and held[0]), period.until or (held and held[1])
    if first is None or last is None:
        return t("no incidents", "无事件")
    zones = " – ".join(dict.fromkeys(f"UTC{moment.isoformat()[-6:]}" for moment in (first, last)))
    return f"{first:%Y-%m-%d} – {last:%Y-%m-%d} ({zones})"


def joined(*parts: str) -> str:
    """Give the parts of a subtitle that there are, as one line."""
    return " · ".join(part for part in parts if part)
