"""The shapes of requests and answers, with the examples that the API's document shows."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from spatialgov.locate.address import Candidate, Level
from spatialgov.store import ApiKeyRecord, AuditRecord, PlanRecord
from spatialgov.workspace import FoundAddress, Location, NearestAddress
from spatialgov_api.journal_schemas import EntryAnswer, GridCode

__all__ = [
    "MOST_FAULTS",
    "MOST_POINTS",
    "AccountAnswer",
    "AddressAnswer",
    "AddressCandidateAnswer",
    "AddressesAnswer",
    "AlternativesRequest",
    "ApiKeyAnswer",
    "ApiKeyRequest",
    "ApiKeysAnswer",
    "AuditAnswer",
    "AuditEntryAnswer",
    "CategoriesAnswer",
    "CategoryAnswer",
    "CheckAnswer",
    "ComparisonAnswer",
    "EditionAnswer",
    "FaultAnswer",
    "FrontierStepAnswer",
    "InvalidValue",
    "JurisdictionAnswer",
    "LinkAnswer",
    "LocateManyAnswer",
    "LocateManyRequest",
    "LocationAnswer",
    "MovedUnitAnswer",
    "NearestAddressAnswer",
    "NewApiKeyAnswer",
    "PlanAnswer",
    "PlanRequest",
    "PlansAnswer",
    "Problem",
    "RebalanceAnswer",
    "RebalanceRequest",
    "SummaryAnswer",
    "TokenAnswer",
    "TransferAnswer",
]


MOST_POINTS = 100_000
"""Locations in one request."""
MOST_FAULTS = 100
"""So many are listed in an answer; all are counted."""


class FaultAnswer(BaseModel):
    """One thing that is wrong with a plan or with data."""

    kind: str
    message: str
    remedy: str
    severity: Literal["error", "warning"]
    row: int | None
    column: str | None
    item: str | None
    lon: float | None
    lat: float | None


class InvalidValue(BaseModel):
    """A value of the request that can't be used, and why."""

    where: str
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457): `detail` says it, `remedy` what to do, `code` is stable."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:spatialgov:problem:not_found",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "Longitude 0.0, latitude 0.0 (wgs84) lies outside all grids.",
                    "code": "not_found",
                    "request_id": "8f0c2f5a1f6b7d3e",
                    "remedy": "Check the datum and the order of longitude and latitude.",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = None
    remedy: str | None = None
    errors: list[InvalidValue] | None = None
    faults: list[FaultAnswer] | None = None
    plan: int | None = None
    sequence: Annotated[
        int | None, Field(description="Newest journal entry of the plan, when others were quicker.")
    ] = None
    changes: Annotated[
        list[EntryAnswer] | None,
        Field(description="The entries in the way, with the units that both changes concern; the newest 1000."),
    ] = None
    changed: Annotated[
        list[str] | None, Field(description="What has changed since a list of recommendations was made.")
    ] = None
    token: Annotated[str | None, Field(description="Of that list as it is now.")] = None


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


class AddressAnswer(BaseModel):
    """An address of the table; longitude and latitude in WGS 84."""

    address_id: str
    street: str
    number: str
    building: str
    divisions: list[str]
    lon: float
    lat: float


class AddressCandidateAnswer(AddressAnswer):
    """An address of the table that the text may mean."""

    level: Level
    score: float

    @classmethod
    def of(cls, candidate: Candidate) -> Self:
        """Give the answer for a candidate."""
        return cls(**asdict(candidate.address), level=candidate.level, score=candidate.score)


class AddressesAnswer(BaseModel):
    """What an address means: the best candidate first, and the grid of that one when it is certain."""

    level: Level
    score: float
    margin: float
    certain: bool
    candidates: list[AddressCandidateAnswer]
    location: LocationAnswer | None

    @classmethod
    def of(cls, found: FoundAddress) -> Self:
        """Give the answer for an address that was looked up."""
        match = found.match
        return cls(
            level=match.level,
            score=match.score,
            margin=match.margin,
            certain=match.certain,
            candidates=[AddressCandidateAnswer.of(candidate) for candidate in match.candidates],
            location=None if found.location is None else LocationAnswer.of(found.location),
        )


class NearestAddressAnswer(BaseModel):
    """The address nearest to a location, its distance, and its grid; `datum` is that of the question."""

    address: AddressAnswer
    distance_m: float
    datum: str
    location: LocationAnswer | None

    @classmethod
    def of(cls, found: NearestAddress) -> Self:
        """Give the answer for a location."""
        return cls(
            address=AddressAnswer(**asdict(found.address)),
            distance_m=found.distance_m,
            datum=found.datum,
            location=None if found.location is None else LocationAnswer.of(found.location),
        )


class LocateManyRequest(BaseModel):
    """Columns of coordinates, as long as each other."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"datum": "wgs84", "lon": [116.61, 116.62], "lat": [33.915, 33.91]}]}
    )

    datum: str
    lon: Annotated[list[float], Field(max_length=MOST_POINTS)]
    lat: Annotated[list[float], Field(max_length=MOST_POINTS)]


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


_Amount = Annotated[float, Field(ge=1, le=1e12)]
_Band = Annotated[
    tuple[Annotated[int, Field(ge=0, le=10**9)], Annotated[int, Field(ge=1, le=10**9)]],
    Field(strict=False),  # JSON has lists only
]
_Level = Literal["community_code", "subdistrict_code", "district_code", "parent_code"]
_Pair = Annotated[
    tuple[Annotated[str, Field(max_length=200)], Annotated[str, Field(max_length=200)]],
    Field(strict=False),  # JSON has lists only
]


class PlanRequest(BaseModel):
    """How to partition; at most one of the five targets, 400 households when none is given."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"name": "2027", "households_per_grid": 400, "within": "community_code"}]},
    )

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    grids: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    households_per_grid: _Amount | None = None
    population_per_grid: _Amount | None = None
    area_per_grid_m2: _Amount | None = None
    workload_per_grid: _Amount | None = None
    within: _Level | Annotated[list[_Level], Field(max_length=4)] | None = "community_code"
    tolerance: Annotated[float, Field(gt=0, le=1)] = 0.05
    also: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=63)], Annotated[float, Field(gt=0, le=10)]],
        Field(
            max_length=8,
            description="Further columns of the units to balance, and how far grids may be off the mean around them.",
        ),
    ] = {}
    minimum: _Amount | None = None
    maximum: _Amount | None = None
    dedicated: Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=50)] = []
    today: Annotated[int, Field(ge=1, le=2**31 - 1, description="Plan whose grids `locked` names.")] | None = None
    locked: Annotated[list[GridCode], Field(max_length=10_000, description="Grids that stay as they are.")] = []
    locked_units: Annotated[
        dict[str, GridCode], Field(max_length=100_000, description="Unit → grid that it must belong to.")
    ] = {}
    barriers: Annotated[
        dict[str, Literal["hard", "penalty", "none"]],
        Field(max_length=10_000, description="Imported barriers that are something else to this plan."),
    ] = {}
    borders: Annotated[
        dict[Literal["hard", "penalty"], Annotated[list[_Pair], Field(max_length=20_000)]],
        Field(description="Effect → pairs of units whose common border is a barrier to this plan."),
    ] = {}
    effort: Literal["quick", "default"] = "default"
    max_area_m2: _Amount | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class AlternativesRequest(PlanRequest):
    """How to partition, and how many good plans that differ to keep."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"alternatives": 3, "effort": "quick", "within": "community_code"}]},
    )

    alternatives: Annotated[int, Field(ge=2, le=10)] = 5


class RebalanceRequest(BaseModel):
    """How to balance the grids of a plan with few households moved.

    `households` is the band, fewest and most; 300 to 500 when not given. `locked` grids stay as they are. The child
    that is kept is the best balance, or the best that moves no more households than `most_moved`, or the one that
    moves least with no more than `out_of_band` grids outside the band.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"households": [300, 500], "most_moved": 2000, "locked": []}]},
    )

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    households: _Band | None = None
    locked: Annotated[list[Annotated[str, Field(max_length=32)]], Field(max_length=100_000)] = []
    most_moved: Annotated[int, Field(ge=0)] | None = None
    out_of_band: Annotated[int, Field(ge=0)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if self.most_moved is not None and self.out_of_band is not None:
            raise ValueError("give most_moved or out_of_band, not both")
        return self


class FrontierStepAnswer(BaseModel):
    """One plan between today's grids and the best balance."""

    households_moved: int
    units_moved: int
    out_of_band: int
    breach: float
    max_deviation_pct: float


class RebalanceAnswer(BaseModel):
    """The child that was kept, its step, and every step of the frontier: each moves more and is better balanced."""

    plan: PlanAnswer
    chosen: FrontierStepAnswer
    steps: list[FrontierStepAnswer]


class TransferAnswer(BaseModel):
    """What a grid of the first plan and one of the second share; `matched` when they count as the same grid."""

    code_a: str
    code_b: str
    households: int
    units: int
    matched: bool


class MovedUnitAnswer(BaseModel):
    """A unit that is in another grid in the second plan; "" where it has none."""

    unit_id: str
    code_a: str
    code_b: str
    households: int
    population: int


class ComparisonAnswer(BaseModel):
    """What moves where between two plans, their grids matched so that most households stay where they are."""

    a: int
    b: int
    households_moved: int
    units_moved: int
    share_moved: float
    metrics: dict[str, dict[str, float | None]]
    transfers: list[TransferAnswer]
    moved: list[MovedUnitAnswer]


class CheckAnswer(BaseModel):
    """What forbids publishing (errors) and which grids miss their target (warnings)."""

    plan: int
    state: str
    faults: list[FaultAnswer]


class CategoryAnswer(BaseModel):
    """A category of incidents."""

    code: str
    name: str
    name_en: str


class CategoriesAnswer(BaseModel):
    """The categories that incidents may have: the list in force, by its version (0: the standard's big classes)."""

    version: int
    valid_from: datetime | None
    categories: list[CategoryAnswer]


class JurisdictionAnswer(BaseModel):
    """The jurisdiction above all others."""

    code: str
    name: str
    name_en: str


class EditionAnswer(BaseModel):
    """The edition in force."""

    id: int
    valid_from: str


class SummaryAnswer(BaseModel):
    """What the store holds, and where it comes from."""

    jurisdiction: JurisdictionAnswer | None
    source: str
    counts: dict[str, int]
    edition: EditionAnswer | None


class TokenAnswer(BaseModel):
    """A bearer token and how many seconds it holds (RFC 6749, 5.1)."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int


class AccountAnswer(BaseModel):
    """One's own account; `jurisdictions` are division codes, ``*`` for all ground."""

    name: str
    role: str
    jurisdictions: list[str]
    permissions: list[str]


class ApiKeyRequest(BaseModel):
    """What the key is for."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"label": "field app, east"}]}
    )

    label: Annotated[str, Field(min_length=1, max_length=100)]


class ApiKeyAnswer(BaseModel):
    """An API key without its secret; `prefix` is how it begins."""

    id: int
    account: str
    label: str
    prefix: str
    created_at: str
    revoked_at: str | None

    @classmethod
    def of(cls, record: ApiKeyRecord) -> "ApiKeyAnswer":
        """Give the answer for a stored key."""
        revoked_at = None if record.revoked_at is None else record.revoked_at.isoformat()
        return cls(
            id=record.id,
            account=record.account,
            label=record.label,
            prefix=record.prefix,
            created_at=record.created_at.isoformat(),
            revoked_at=revoked_at,
        )


class NewApiKeyAnswer(ApiKeyAnswer):
    """A new API key with its secret, which is not shown again: send it as ``X-API-Key``."""

    key: str


class ApiKeysAnswer(BaseModel):
    """API keys, oldest first, revoked ones too."""

    keys: list[ApiKeyAnswer]


class AuditEntryAnswer(BaseModel):
    """One line of the audit log."""

    id: int
    at: str
    who: str
    action: str
    kind: Literal["change", "export", "refused"]
    outcome: str
    address: str
    details: dict[str, Any]


class AuditAnswer(BaseModel):
    """Lines of the audit log, the newest first."""

    entries: list[AuditEntryAnswer]

    @classmethod
    def of(cls, records: Iterable[AuditRecord]) -> "AuditAnswer":
        """Give the answer for stored entries."""
        entries = [asdict(record) | {"at": record.at.isoformat()} for record in records]
        return cls.model_validate({"entries": entries})
