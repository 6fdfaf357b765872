"""The shapes of requests and answers, with the examples that the API's document shows."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from spatialgov.store import PlanRecord
from spatialgov.workspace import Location

__all__ = [
    "LinkAnswer",
    "LocateManyAnswer",
    "LocateManyRequest",
    "LocationAnswer",
    "MoveRequest",
    "PlanAnswer",
    "PlanRequest",
    "PlansAnswer",
    "Problem",
    "PublishAnswer",
    "RecommendationsAnswer",
    "SummaryAnswer",
]


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    remedy: str | None = None


class LinkAnswer(BaseModel):
    """One jurisdiction above a grid."""

    level: str
    code: str
    name: str
    name_en: str


class LocationAnswer(BaseModel):
    """The grid of a location and the jurisdictions above it, from the top down."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "990101001001003",
                    "name": "第3网格",
                    "on_border": False,
                    "datum": "gcj02",
                    "edition": 2,
                    "chain": [
                        {"level": "district", "code": "990101000000", "name": "青岚区", "name_en": "Qinglan District"}
                    ],
                }
            ]
        }
    )

    code: str
    name: str
    on_border: bool
    datum: str
    edition: int
    chain: list[LinkAnswer]

    @classmethod
    def of(cls, location: Location) -> "LocationAnswer":
        """Give the answer for a location."""
        chain = [LinkAnswer(level=c.level, code=c.code, name=c.name, name_en=c.name_en) for c in location.chain]
        return cls(
            code=location.code,
            name=location.name,
            on_border=location.on_border,
            datum=location.datum,
            edition=location.edition,
            chain=chain,
        )


class LocateManyRequest(BaseModel):
    """Columns of coordinates, as long as each other."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"datum": "wgs84", "lon": [116.62, 116.63], "lat": [33.93, 33.94]}]}
    )

    datum: str
    lon: Annotated[list[float], Field(max_length=100_000)]
    lat: Annotated[list[float], Field(max_length=100_000)]


class LocateManyAnswer(BaseModel):
    """The grid code of each location, in the order of the request; null outside all grids."""

    edition: int
    datum: str
    codes: list[str | None]


class PlanAnswer(BaseModel):
    """A plan without its units."""

    id: int
    name: str
    state: str
    created_at: str
    parent_id: int | None
    settings: dict[str, Any]
    metrics: dict[str, float | None]

    @classmethod
    def of(cls, record: PlanRecord) -> "PlanAnswer":
        """Give the answer for a stored plan."""
        return cls(
            id=record.id,
            name=record.name,
            state=record.state,
            created_at=record.created_at.isoformat(),
            parent_id=record.parent_id,
            settings=dict(record.settings),
            metrics=dict(record.metrics),
        )


class PlansAnswer(BaseModel):
    """All plans, oldest first."""

    plans: list[PlanAnswer]


_Positive = Annotated[float, Field(gt=0, le=1e12)]


class PlanRequest(BaseModel):
    """How to partition; at most one of the four targets, 400 households when none is given."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "2027", "households_per_grid": 400, "within": "community_code"}]},
    )

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    grids: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    households_per_grid: _Positive | None = None
    population_per_grid: _Positive | None = None
    area_per_grid_m2: _Positive | None = None
    within: Literal["community_code", "subdistrict_code", "district_code", "parent_code"] | None = "community_code"
    tolerance: Annotated[float, Field(gt=0, le=1)] = 0.05
    max_area_m2: _Positive | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class MoveRequest(BaseModel):
    """Units and the grids that they move to."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"moves": {"U0001": "990101001001002"}}]})

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    moves: Annotated[
        dict[str, Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,32}$")]], Field(min_length=1, max_length=100_000)
    ]


class PublishAnswer(BaseModel):
    """The edition that is in force now."""

    edition: int
    plan: int
    valid_from: str
    incidents_located: int
    incidents_outside: int


class RecommendationsAnswer(BaseModel):
    """Changes to the grids, the most worthwhile first."""

    recommendations: list[dict[str, Any]]


class SummaryAnswer(BaseModel):
    """What the store holds."""

    jurisdiction: dict[str, str] | None
    counts: dict[str, int]
    edition: dict[str, Any] | None
