"""The shapes of assessments and of standards for centres, over HTTP."""

from typing import Annotated, Any, Literal

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from spatialgov.allocation import CentreStandard
from spatialgov.workspace import AssessmentQuestion
from spatialgov.workspace.assessment import AssessmentResult, StandardsResult
from spatialgov.workspace.plain import rows
from spatialgov_api.dependencies import Moment
from spatialgov_api.journal_schemas import GridCode
from spatialgov_api.schemas import MOST_FAULTS, FaultAnswer

__all__ = ["AssessmentAnswer", "AssessmentRequest", "StandardsAnswer", "StandardsRequest"]

_MOST_ROWS = 100_000
_Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
_Area = Annotated[float, Field(ge=0, le=1e9)]
_Hours = Annotated[float, Field(gt=0, le=100_000)]
_Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Strict = ConfigDict(extra="forbid", strict=True)


class AnswersRequest(BaseModel):
    """Counts of the answers of a grid in a period: never who answered."""

    model_config = _Strict

    code: GridCode
    period: Annotated[
        str, StringConstraints(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2])|-Q[1-4]|-W(0[1-9]|[1-4][0-9]|5[0-3]))?$")
    ]
    answers: _Count
    satisfied: _Count


class AssessmentRequest(BaseModel):
    """What is assessed: the last `periods` of the calendar that have ended by `until`, or by the last incident."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"every": "month", "periods": 1}]}
    )

    every: Literal["week", "month", "quarter", "year"] = "month"
    periods: Annotated[int, Field(ge=1, le=60)] = 1
    until: Moment | None = None
    limit_hours: _Hours = 24.0
    limits_by_category: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,16}$")], _Hours],
        Field(max_length=1000, description="Of categories by their code or a class above it."),
    ] = {}
    level: Annotated[float, Field(ge=0.5, le=0.999)] = 0.95
    satisfaction: Annotated[list[AnswersRequest], Len(0, _MOST_ROWS)] = []

    def question(self, zone: str) -> AssessmentQuestion:
        """Give what is asked."""
        given = self.model_dump(exclude={"satisfaction"})
        return AssessmentQuestion(**given, zone=zone)


class PeriodAnswer(BaseModel):
    """A period; incidents are known from `known_since` on."""

    label: str
    since: str
    until: str
    known_since: str


class IndicatorAnswer(BaseModel):
    """An indicator with its formula; `better` is empty where neither more nor less is good."""

    key: str
    version: int
    name: str
    unit: str
    better: Literal["more", "less", ""]
    formula: str


class PeersAnswer(BaseModel):
    """Grids that are compared with each other: their mean, and how far estimates are drawn to it (1: wholly)."""

    period: str
    indicator: str
    peers: str
    grids: int
    mean: float | None
    shrinkage: float | None
    above: int
    below: int
    groups: int


class AssessedGridAnswer(BaseModel):
    """A grid by an indicator: as observed, as estimated with its interval; grids of one `group` are tied."""

    period: str
    indicator: str
    code: str
    name: str
    peers: str
    observations: int | None
    raw: float | None
    estimate: float | None
    low: float | None
    high: float | None
    verdict: Literal["above", "below", "as_peers", "no_peers", "no_data"]
    group: int | None


class AssessmentAnswer(BaseModel):
    """How grids did beside their peers; `basis` is what a report cites, `faults` the rows that were refused."""

    periods: list[PeriodAnswer]
    indicators: list[IndicatorAnswer]
    peers: list[PeersAnswer]
    grids: list[AssessedGridAnswer]
    faults: list[FaultAnswer]
    basis: dict[str, Any]

    @classmethod
    def of(cls, found: AssessmentResult) -> "AssessmentAnswer":
        """Describe an assessment."""
        about = found.about()
        return cls.model_validate({**about, "faults": about["faults"][:MOST_FAULTS], "grids": rows(found.grids)})


class CentreRequest(BaseModel):
    """The centre of a jurisdiction: all its rooms added up."""

    model_config = _Strict

    code: _Code
    level: Literal["subdistrict", "community"] | None = None
    posts: Annotated[int, Field(ge=0, le=100_000)] | None = None
    floor_area_m2: _Area
    new_quarter: bool = False


class CentreClassRequest(BaseModel):
    """What the centre of a town or subdistrict needs from a population on."""

    model_config = _Strict

    population_from: _Count
    posts: Annotated[int, Field(ge=0, le=100_000)]
    floor_area_m2: _Area


class RoomRuleRequest(BaseModel):
    """What the rooms of a community need; above `households_included` so much more for each full number of further."""

    model_config = _Strict

    floor_area_m2: _Area
    households_included: _Count = 0
    further_households: _Count = 0
    further_area_m2: _Area = 0.0


class StandardRequest(BaseModel):
    """A standard of one's own."""

    model_config = _Strict

    name: _Text
    version: _Text
    source: Annotated[dict[Literal["en", "zh"], Annotated[str, Field(max_length=2000)]], Field()] = {}
    subdistrict: Annotated[list[CentreClassRequest], Len(0, 100)] = []
    new_quarter: RoomRuleRequest | None = None
    community: RoomRuleRequest | None = None


class StandardsRequest(BaseModel):
    """Centres to be held against a standard, by default that of the product."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"centres": [{"code": "990101001000", "posts": 9, "floor_area_m2": 260.0}]}]},
    )

    centres: Annotated[list[CentreRequest], Len(0, _MOST_ROWS)]
    standard: StandardRequest | None = None

    def own_standard(self) -> CentreStandard | None:
        """Give the standard of the request; None for the product's."""
        return None if self.standard is None else CentreStandard.from_dict(self.standard.model_dump())


class HeldCentreAnswer(BaseModel):
    """A subdistrict or community: its people, what its centre has, needs, and lacks; null for what is not known."""

    code: str
    level: str
    name: str
    name_en: str
    population: int | None
    households: int | None
    new_quarter: bool | None
    rule: str
    posts: int | None
    posts_needed: int | None
    posts_short: int | None
    floor_area_m2: float | None
    floor_area_needed_m2: float | None
    floor_area_short_m2: float | None
    state: Literal["short", "missing", "refused", "unknown", "no_standard", "meets"]


class StandardsAnswer(BaseModel):
    """Who falls short, those that lack most first; `basis` is what a report cites, `faults` the refused rows."""

    centres: list[HeldCentreAnswer]
    states: dict[str, int]
    faults: list[FaultAnswer]
    basis: dict[str, Any]

    @classmethod
    def of(cls, found: StandardsResult) -> "StandardsAnswer":
        """Describe a report."""
        about = found.about()
        return cls.model_validate({**about, "faults": about["faults"][:MOST_FAULTS], "centres": rows(found.table)})
