"""The shapes of incident analyses: what can be asked for, and what is answered."""

from datetime import date
from typing import Annotated, Literal

from annotated_types import Len
from fastapi import Query
from pydantic import BaseModel, BeforeValidator, Field

__all__ = [
    "BandAnswer",
    "Bandwidth",
    "CellSide",
    "ClockAnswer",
    "Days",
    "Distances",
    "Horizon",
    "NearRepeatAnswer",
    "Permutations",
    "PictureAnswer",
    "ProfileAnswer",
    "ProfileStep",
    "SeasonsAnswer",
]


def _whole(value: object) -> object:
    # a query is text
    return int(value) if isinstance(value, str) and value in ("7", "14", "28") else value


Horizon = Annotated[Literal[7, 14, 28], BeforeValidator(_whole)]
"""Days of a forecast."""
CellSide = Annotated[float, Field(ge=20, le=5000, description="Side of a cell, metres.")]
Bandwidth = Annotated[
    float | None,
    Query(ge=10, le=20_000, description="Of the kernel, metres; the likeliest by cross-validation when left out."),
]
_Limit = Annotated[float, Field(ge=0, le=5000)]
Distances = Annotated[list[_Limit], Len(1, 20)]
Days = Annotated[list[Annotated[float, Field(ge=0, le=3660)]], Len(1, 20)]
Permutations = Annotated[int, Field(ge=9, le=9999, description="How often times are dealt out anew.")]


class BandAnswer(BaseModel):
    """Pairs of incidents so far apart in space and time; a band of 0 to 0 metres is the same place."""

    distance_from_m: float
    distance_m: float
    days_from: float
    days: float
    observed: int
    expected: float
    ratio: float | None
    p: float


class NearRepeatAnswer(BaseModel):
    """The Knox test: a row for each band of distance and time."""

    n_incidents: int
    permutations: int
    bands: list[BandAnswer]


class HourAnswer(BaseModel):
    """An hour of the week: `ratio` to the mean hour with its 95 % interval; `unusual` beside its weekday and hour."""

    weekday: int
    hour: int
    incidents: int | float
    exposure_hours: float
    ratio: float | None
    low: float | None
    high: float | None
    more: bool
    fewer: bool
    unusual: bool


class OfHourAnswer(BaseModel):
    """Incidents of an hour of the day; null where too few to be shown."""

    hour: int
    incidents: int | float | None


class OfWeekdayAnswer(BaseModel):
    """Incidents of a day of the week, 0 for Monday; null where too few to be shown."""

    weekday: int
    incidents: int | float | None


class ClockAnswer(BaseModel):
    """Incidents by hour and weekday; no `hours` where one of them has too few to be shown.

    `rough` are not known to the hour: they count with a share in each hour that they may have happened in, or not at
    all where small counts are hidden.
    """

    timezone: str
    since: str | None
    until: str | None
    total: int | None
    rough: int | None
    by_weekday: list[OfWeekdayAnswer]
    by_hour: list[OfHourAnswer]
    hours: list[HourAnswer]


class StepAnswer(BaseModel):
    """Incidents of a step of time, and what level and rhythm make of it; null where too few to be shown."""

    first_day: str
    incidents: int | None
    expected: float | None


class ChangeAnswer(BaseModel):
    """A change of level: its day with a 95 % interval, incidents a day before and after, and their ratio."""

    first_day: str
    earliest: str
    latest: str
    before: float
    after: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None


class WeekdayFactorAnswer(BaseModel):
    """How a day of the week (0 for Monday) differs from the mean day, with its 95 % interval."""

    weekday: int
    factor: float | None
    low: float | None
    high: float | None


class MonthFactorAnswer(BaseModel):
    """How the days of a month (1 to 12) differ from the mean day, with its 95 % interval."""

    month: int
    factor: float | None
    low: float | None
    high: float | None


class SeasonsAnswer(BaseModel):
    """Incidents over time; factors are null where the time is too short or a step has too few to be shown."""

    timezone: str
    step: str
    adjusted: list[str]
    series: list[StepAnswer]
    changes: list[ChangeAnswer]
    weekdays: list[WeekdayFactorAnswer] | None
    weekdays_p: float | None
    months: list[MonthFactorAnswer] | None
    months_p: float | None


ProfileStep = Literal["day", "week", "month"]


class ProfileAnswer(BaseModel):
    """Incidents of a view; null where too few to be shown."""

    timezone: str
    minimum: int
    step: ProfileStep
    total: int | None
    first_days: list[date]
    over_time: list[int | None]
    hours: list[int | None]
    by_hour: list[int | None]
    by_weekday: list[int | None]
    categories: dict[str, int | None]


class PictureAnswer(BaseModel):
    """A density on a raster."""

    column: str
    cell_m: float
    bandwidth_m: float
    bandwidth_chosen: bool
    n_incidents: int
    outside: int
    width: int
    height: int
    corners: list[list[float]]
    most: float
    values: str
