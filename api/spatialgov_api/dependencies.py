"""What the routes are given: workspace and asker, the period that a query names, and numbers that fit the store."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.models import Example
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from spatialgov.incidents import WeekHours
from spatialgov.workspace import EVERYWHERE, Area, Period, Permission, Workspace
from spatialgov_api.access.principal import Principal

__all__ = [
    "AddressText",
    "AreaHere",
    "AsOf",
    "Author",
    "ChosenArea",
    "CountMinimum",
    "DatumName",
    "Identifier",
    "Latitude",
    "Limit",
    "Longitude",
    "Moment",
    "Offset",
    "PeriodQuery",
    "PrincipalHere",
    "PublicMinimum",
    "Resolution",
    "Since",
    "ViewQuery",
    "Who",
    "WorkspaceHere",
    "ZoneHere",
    "check_plans",
    "refuse_foreign_pages",
]


_NUMBER = re.compile(r"\s*[+-]?[\d_.]+(e[+-]?\d+)?\s*", re.IGNORECASE)


def _workspace(request: Request) -> Workspace:
    workspace: Workspace = request.app.state.workspace
    return workspace


def _who(request: Request) -> str:
    """Give the account that the request comes from: that of a post, never of a person; "local" without accounts."""
    name: str = request.scope.get("principal_name", "local")
    return name


def _author(
    request: Request,
    x_browser: Annotated[
        str, Header(pattern=r"^[0-9a-z]{0,16}$", description="Tells browsers apart without accounts.")
    ] = "",
) -> str:
    """Give whose strokes these are: the account's; without accounts the browser's, which "local" alone can't tell."""
    who = _who(request)
    return f"{who}/{x_browser}" if x_browser and who == "local" else who


def refuse_foreign_pages(request: Request) -> None:
    """Refuse a change that a page of another site asks the user's browser for, unless the settings allow its origin.

    Browsers say so in a header that pages can't set; other clients don't send it.
    """
    if request.method in ("GET", "HEAD") or request.headers.get("origin") in request.app.state.settings.cors_origins:
        return
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise HTTPException(403)


def _principal(request: Request) -> Principal:
    principal: Principal = request.scope["principal"]
    return principal


async def _area(request: Request) -> Area | None:
    codes = _principal(request).jurisdictions
    if EVERYWHERE in codes:
        return None
    return await run_in_threadpool(_workspace(request).areas.of, codes)


async def check_plans(request: Request) -> None:
    """Answer 404 for every plan that a route's path names and whose ground is not wholly the asker's."""
    area = await _area(request)
    named = [value for name, value in request.path_params.items() if name in ("plan_id", "other_id")]
    for value in named if area is not None else ():
        try:
            number = _IDENTIFIER.validate_python(value)  # read as the route reads it: “+2” and “002” are 2
        except ValidationError:
            continue  # which the route will say
        await run_in_threadpool(_workspace(request).plans.require_plan, number, area)


def _public_minimum(request: Request) -> int:
    minimum: int = request.app.state.settings.public_minimum
    return minimum


def _count_minimum(request: Request) -> int:
    exact = Permission.EXACT_COUNTS in _principal(request).permissions
    return 1 if exact else _public_minimum(request)


def _zone(request: Request) -> str:
    zone: str = request.app.state.settings.timezone
    return zone


def _sensible_year(moment: datetime) -> datetime:
    # Years at the ends of the calendar overflow when they are turned to UTC.
    if not 1900 <= moment.year <= 2200:
        raise ValueError("the year must lie between 1900 and 2200")
    return moment


def _no_number(value: object) -> object:
    # pydantic takes a number for seconds since 1970, or since then in milliseconds
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise PydanticCustomError("datetime_parsing", "Input should be a time like 2026-11-01T00:00:00+08:00")
    return value


def _example(value: float | str) -> dict[str, Example]:
    """Give a value that Swagger UI fills in."""
    return {"sample": {"summary": "In the sample city", "value": value}}


Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_no_number), AfterValidator(_sensible_year)]
WorkspaceHere = Annotated[Workspace, Depends(_workspace)]
Who = Annotated[str, Depends(_who)]
Author = Annotated[str, Depends(_author)]
"""As `Who`, and the browser where there are no accounts: whose strokes undo takes back."""
PrincipalHere = Annotated[Principal, Depends(_principal)]
AreaHere = Annotated[Area | None, Depends(_area)]
"""The ground that the asker is limited to; None for no limit."""
CountMinimum = Annotated[int, Depends(_count_minimum)]
"""The smallest count that the asker may see."""
PublicMinimum = Annotated[int, Depends(_public_minimum)]
"""The smallest count that the public may see."""
ZoneHere = Annotated[str, Depends(_zone)]
"""The time zone whose days and months count: that of the settings, so that nobody can shift a limit by hours."""
AsOf = Annotated[
    Moment | None,
    Query(description="The edition in force at this time (with offset); the newest by default."),
]
Since = Annotated[Moment | None, Query(description="At or after (with offset).")]
Identifier = Annotated[int, Path(ge=1, le=2**31 - 1)]
_IDENTIFIER: TypeAdapter[int] = TypeAdapter(Annotated[int, Field(ge=1, le=2**31 - 1)])
Limit = Annotated[int, Query(ge=1, le=10_000, description="Rows of this page.")]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1, description="Rows to skip.")]
Resolution = Annotated[int, Query(ge=5, le=11, description="H3 resolution.")]
Longitude = Annotated[float, Query(description="Degrees, in the datum.", openapi_examples=_example(116.61))]
Latitude = Annotated[float, Query(description="Degrees, in the datum.", openapi_examples=_example(33.915))]
DatumName = Annotated[str, Query(description="wgs84, cgcs2000, gcj02 or bd09.", openapi_examples=_example("gcj02"))]
AddressText = Annotated[
    str,
    Query(
        alias="q",
        min_length=1,
        max_length=200,
        description="An address as people write it, in Chinese.",
        openapi_examples=_example("望桥路1号2幢"),
    ),
]


_CategoryCode = Annotated[str, StringConstraints(min_length=1, max_length=32)]


def _period(
    since: Annotated[Moment | None, Query(description="Occurred at or after (with offset).")] = None,
    until: Annotated[Moment | None, Query(description="Occurred before (with offset).")] = None,
    category: Annotated[
        list[_CategoryCode] | None, Query(max_length=100, description="Category code; may be repeated.")
    ] = None,
) -> Period:
    return Period(since, until, category)


PeriodQuery = Annotated[Period, Depends(_period)]

_Hours = Annotated[str, StringConstraints(min_length=1, max_length=800)]


def _view(
    period: PeriodQuery,
    zone: ZoneHere,
    hours: Annotated[
        _Hours | None,
        Query(description="Hours of the week like 0-5,24; 0 is Monday 0:00 on the clock of the service's time zone."),
    ] = None,
) -> Period:
    return period if hours is None else replace(period, hours=WeekHours.parse(hours, zone))


ViewQuery = Annotated[Period, Depends(_view)]
"""A period of which some hours of the week may be chosen."""


def _chosen_area(
    workspace: WorkspaceHere,
    limit: AreaHere,
    code: Annotated[
        Annotated[str, StringConstraints(pattern="^[0-9]{12}$")] | None,
        Query(alias="area", description="Code of a jurisdiction; all ground of the asker by default."),
    ] = None,
) -> Area | None:
    return limit if code is None else workspace.areas.within(code, limit)


ChosenArea = Annotated[Area | None, Depends(_chosen_area)]
"""The ground that the asker is limited to, or one jurisdiction in it."""
