"""The reports on a workspace's incidents: over time, hot spots by several methods, clock, before and after, forecast.

Each takes the `Area` that its reader is limited to, None for no limit, and the fewest incidents that the reader may
see counted.
"""

from collections.abc import Sequence

from spatialgov.incidents import PUBLIC_MINIMUM, Against, FrameKind, Method
from spatialgov.language import t
from spatialgov.workspace import Area, Period, Workspace
from spatialgov.workspace.incident_frames import Earlier
from spatialgov.workspace.time_steps import DEFAULT_ZONE
from spatialgov_maps.base import Map
from spatialgov_maps.change_map import change_layers, change_map
from spatialgov_maps.clock_page import ClockPage, clock_page
from spatialgov_maps.forecast_map import forecast_map
from spatialgov_maps.heat_map import heat_layer
from spatialgov_maps.hot_spot_map import hot_spot_map
from spatialgov_maps.time_map import time_layer, time_map
from spatialgov_maps.workspace_context import (
    categories_text,
    context_of,
    days_text,
    drawable,
    joined,
    jurisdiction_name,
    period_text,
)

__all__ = ["SHOWN_METHODS", "clock_of", "map_of_change", "map_of_forecast", "map_of_hot_spots", "map_of_times"]

SHOWN_METHODS: tuple[Method, ...] = ("gi_star", "excess", "scan")
"""What hot spots are found by where nothing else is asked for."""
_SCANS = ("scan", "irregular_scan")
_MOST_SCANNED = 6_000
"""Above so many cells a scan takes longer than a page may."""


def map_of_times(
    workspace: Workspace,
    period: Period,
    kind: FrameKind = "hour",
    *,
    resolution: int = 9,
    zone: str = DEFAULT_ZONE,
    minimum: int = PUBLIC_MINIMUM,
    area: Area | None = None,
) -> Map:
    """Draw the heat map with a time slider.

    Parameters
    ----------
    period
        Which incidents.
    kind
        What a frame is: an hour of the day, a weekday, a week or a month.
    resolution
        H3 resolution; a coarser one where the page would be too large.
    zone
        IANA name of the time zone whose clock and calendar count.

    Raises
    ------
    InputError
        When there would be too many frames.
    """
    frames, layer = drawable(
        lambda r: workspace.incident_frames.frames(period, kind, resolution=r, zone=zone, minimum=minimum, area=area),
        time_layer,
        resolution,
    )
    context = context_of(workspace, area)
    return time_map(
        frames,
        layer,
        context=context,
        subtitle=joined(jurisdiction_name(context), period_text(workspace, period, zone, area)),
    )


def map_of_hot_spots(
    workspace: Workspace,
    period: Period,
    *,
    methods: Sequence[Method] = SHOWN_METHODS,
    against: Against = "even",
    resolution: int = 10,
    alpha: float = 0.05,
    zone: str = DEFAULT_ZONE,
    minimum: int = PUBLIC_MINIMUM,
    area: Area | None = None,
) -> Map:
    """Draw the hot spots by several methods over the heat map.

    Parameters
    ----------
    period
        Which incidents.
    methods
        How hot spots are found, the method that matters most first; one at least. Scans are left out where there are
        too many cells, and the page says so.
    against
        What incidents are expected in proportion to.
    resolution
        H3 resolution.
    alpha
        Share of false cells tolerated; with the scans the chance of any false zone.
    zone
        IANA name of the time zone whose days the header names.

    Raises
    ------
    NotFoundError
        When no ground is in force.
    InputError
        When it is not known what incidents are to be compared with.
    """
    many = len(workspace.analysis.study_area(resolution, area=area).cells) > _MOST_SCANNED
    left_out = [method for method in methods if many and method in _SCANS]
    found = [
        workspace.analysis.hot_spots(
            resolution, period, alpha=alpha, method=method, against=against, minimum=minimum, area=area
        )
        for method in methods
        if method not in left_out
    ]
    _, layer = drawable(
        lambda r: workspace.analysis.heat_map(r, period, minimum=minimum, area=area),
        lambda heat: heat_layer(heat, layers=2),
        resolution,
    )
    context = context_of(workspace, area)
    return hot_spot_map(
        found,
        left_out=left_out,
        layer=layer,
        context=context,
        subtitle=joined(jurisdiction_name(context), period_text(workspace, period, zone, area)),
    )


def clock_of(
    workspace: Workspace,
    period: Period,
    *,
    zone: str = DEFAULT_ZONE,
    minimum: int = PUBLIC_MINIMUM,
    area: Area | None = None,
) -> ClockPage:
    """Draw when in the week incidents happen, by the clock of a time zone."""
    found = workspace.incident_times.clock(period, zone=zone, minimum=minimum, area=area).clock
    context = context_of(workspace, area)
    subtitle = joined(jurisdiction_name(context), period_text(workspace, period, zone, area))
    return clock_page(found, minimum=minimum, subtitle=subtitle, source=context.source)


def map_of_change(
    workspace: Workspace,
    period: Period,
    compared_with: Earlier = "before",
    *,
    resolution: int = 9,
    zone: str = DEFAULT_ZONE,
    minimum: int = PUBLIC_MINIMUM,
    area: Area | None = None,
) -> Map:
    """Draw what changed between a period and one before it.

    Parameters
    ----------
    period, compared_with
        As for `IncidentFrames.periods`.
    resolution
        H3 resolution; a coarser one where the page would be too large.
    zone
        IANA name of the time zone whose days count.

    Raises
    ------
    NotFoundError
        When there are no incidents at all.
    """
    frames = workspace.incident_frames
    before, after = frames.periods(period, compared_with, zone=zone, area=area)
    names = (days_text(before, zone=zone), days_text(after, zone=zone))
    found, layers = drawable(
        lambda r: frames.compared(before, after, resolution=r, minimum=minimum, area=area),
        lambda comparison: change_layers(comparison, names),
        resolution,
    )
    context = context_of(workspace, area)
    subtitle = joined(
        jurisdiction_name(context),
        t("{after}, compared with {before}", "{after}，对比 {before}", before=names[0], after=names[1]),
        categories_text(workspace, period),
    )
    return change_map(found, layers or [], names, context=context, subtitle=subtitle)


def map_of_forecast(
    workspace: Workspace,
    period: Period,
    *,
    horizon_days: int = 7,
    cell_m: float = 100.0,
    zone: str = DEFAULT_ZONE,
    area: Area | None = None,
) -> Map:
    """Draw where incidents are expected in the next days; for whoever may see single incidents.

    Parameters
    ----------
    period, horizon_days, cell_m, zone
        As for `IncidentTimes.forecast`.

    Raises
    ------
    NothingPublishedError
        When no ground is in force.
    InputError
        When an option can't be met.
    """
    result = workspace.incident_times.forecast(period, horizon_days=horizon_days, cell_m=cell_m, zone=zone, area=area)
    context = context_of(workspace, area)
    days = Period(result.start, result.end)
    subtitle = joined(jurisdiction_name(context), days_text(days, zone=zone), categories_text(workspace, period))
    return forecast_map(result, context=context, subtitle=subtitle)
