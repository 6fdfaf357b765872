"""What the routes are given: the workspace, the period that a query names, and numbers that fit the store."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator, AwareDatetime

from spatialgov.workspace import Period, Workspace

__all__ = [
    "AsOf",
    "Identifier",
    "Latitude",
    "Limit",
    "Longitude",
    "Offset",
    "PeriodQuery",
    "Resolution",
    "WorkspaceHere",
]


def _workspace(request: Request) -> Workspace:
    workspace: Workspace = request.app.state.workspace
    return workspace


def _sensible_year(moment: datetime) -> datetime:
    # Years at the ends of the calendar overflow when they are turned to UTC.
    if not 1900 <= moment.year <= 2200:
        raise ValueError("the year must lie between 1900 and 2200")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_sensible_year)]
WorkspaceHere = Annotated[Workspace, Depends(_workspace)]
AsOf = Annotated[
    Moment | None,
    Query(description="The edition in force at this time (with offset); the newest by default.", examples=[None]),
]
Identifier = Annotated[int, Path(ge=1, le=2**31 - 1)]
Limit = Annotated[int, Query(ge=1, le=10_000, description="Rows of this page.")]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1, description="Rows to skip.")]
Resolution = Annotated[int, Query(ge=5, le=11, description="H3 resolution.")]
Longitude = Annotated[float, Query(description="Degrees, in the datum.", examples=[116.62])]
Latitude = Annotated[float, Query(description="Degrees, in the datum.", examples=[33.93])]


def _period(
    since: Annotated[Moment | None, Query(description="Occurred at or after (with offset).")] = None,
    until: Annotated[Moment | None, Query(description="Occurred before (with offset).")] = None,
    category: Annotated[list[str] | None, Query(description="Category code; may be repeated.")] = None,
) -> Period:
    return Period(since, until, category)


PeriodQuery = Annotated[Period, Depends(_period)]
