"""The shapes of jobs: what can be asked for, and what is said about it."""

from typing import Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from spatialgov.incidents import Against, Method
from spatialgov.language import t
from spatialgov.store import JobRecord, JobState
from spatialgov.workspace import JobKind
from spatialgov_api.coverage_schemas import ClassName, DemandKind, DeviceRequest, Level
from spatialgov_api.dependencies import Moment
from spatialgov_api.incident_schemas import CellSide, Days, Distances, Horizon, Permutations
from spatialgov_api.scenario_schemas import ScenarioRequest
from spatialgov_api.schemas import AlternativesRequest, FaultAnswer, PlanRequest, RebalanceRequest

__all__ = [
    "CheckRequest",
    "CoverageRequest",
    "ExportRequest",
    "ForecastRequest",
    "HotSpotsRequest",
    "JobAnswer",
    "JobRequest",
    "JobsAnswer",
    "NearRepeatRequest",
    "RebalanceJobOptions",
    "SitesRequest",
]

_Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
_Category = Annotated[str, Field(max_length=32)]


class CheckRequest(BaseModel):
    """Which plan to check."""

    model_config = ConfigDict(extra="forbid", strict=True)

    plan: _Number


class RebalanceJobOptions(RebalanceRequest):
    """Which plan to balance, and how."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"plan": 1, "households": [300, 500]}]}
    )

    plan: _Number


class _PeriodOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    since: Moment | None = None
    until: Moment | None = None
    category: Annotated[list[_Category], Field(max_length=1000)] | None = None


class HotSpotsRequest(_PeriodOptions):
    """Where incidents of a period gather."""

    resolution: Annotated[int, Field(ge=5, le=11)] = 10
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    method: Method = "gi_star"
    against: Against = "even"


class ForecastRequest(_PeriodOptions):
    """How many days to forecast; `until` is when the forecast begins, by default the day after the last incident."""

    horizon_days: Horizon = 7
    cell_m: CellSide = 100


class NearRepeatRequest(_PeriodOptions):
    """Up to which distances (metres) and days to look for near repeats."""

    distances_m: Distances = [0, 100, 200, 300, 400, 500]
    days: Days = [3, 7, 14, 21, 28]
    permutations: Permutations = 999


class CoverageRequest(_PeriodOptions):
    """What cameras cover; the period is that of the incidents that should have been seen."""

    needed: ClassName = "detect"
    level: Level | None = None


class SitesRequest(_PeriodOptions):
    """What to do about gaps: at most one of `p` (new cameras), `budget` and `share`; 10 new cameras by default."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"p": 20}]})

    needed: ClassName = "detect"
    p: Annotated[int, Field(ge=0, le=1000)] | None = None
    budget: Annotated[float, Field(ge=0, le=1e6)] | None = None
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    remedies: Annotated[list[Literal["repair", "survey", "turn", "build"]], Field(min_length=1, max_length=4)] = [
        "repair", "survey", "turn", "build",
    ]  # fmt: skip
    weights: dict[DemandKind, Annotated[float, Field(ge=0, le=1e6)]] | None = None
    device: DeviceRequest = DeviceRequest()
    posts_per_place: Annotated[int, Field(ge=1, le=10)] = 1
    spacing_m: Annotated[float, Field(ge=0, le=10_000)] = 20
    turns: Annotated[int, Field(ge=0, le=100_000)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    time_limit_s: Annotated[float, Field(ge=0.1, le=600)] = 10

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        given = [limit is not None for limit in (self.p, self.budget, self.share)]
        if sum(given) > 1:
            raise ValueError("give one of p, budget and share")
        if not any(given):
            self.p = 10
        return self


class _ScenarioJob(BaseModel):
    """The work of POST /scenarios."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["scenario"]
    options: ScenarioRequest


class ExportRequest(_PeriodOptions):
    """What to write to a file; the period is that of incidents. GeoPackage and Shapefiles of a plan hold units too."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"what": "plan", "plan": 1, "format": "gpkg"}]}
    )

    what: Literal["plan", "grids", "incidents", "cameras"]
    plan: _Number | None = None
    format: Annotated[
        Literal["gpkg", "geojson", "parquet", "csv", "zip"], Field(description="zip: zipped Shapefiles")
    ] = "gpkg"

    @model_validator(mode="after")
    def _a_plan_where_it_belongs(self) -> Self:
        if (self.plan is not None) != (self.what == "plan"):
            raise ValueError("give plan for a plan, and only there")
        return self


class _PartitionJob(BaseModel):
    """The work of POST /plans."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["partition"]
    options: PlanRequest = PlanRequest()


class _AlternativesJob(BaseModel):
    """The work of POST /plans/alternatives."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["alternatives"]
    options: AlternativesRequest = AlternativesRequest()


class _RebalanceJob(BaseModel):
    """The work of POST /plans/{plan_id}/rebalance."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["rebalance"]
    options: RebalanceJobOptions


class _CheckJob(BaseModel):
    """The work of POST /plans/{plan_id}/check."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["check"]
    options: CheckRequest


class _CoverageJob(BaseModel):
    """The work of GET /coverage."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["coverage"]
    options: CoverageRequest = CoverageRequest()


class _SitesJob(BaseModel):
    """A plan of repairs, surveys, turns and new cameras."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["sites"]
    options: SitesRequest = SitesRequest()


class _HotSpotsJob(BaseModel):
    """The work of GET /hotspots."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["hot_spots"]
    options: HotSpotsRequest = HotSpotsRequest()


class _ForecastJob(BaseModel):
    """The work of GET /forecast, with all cells."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["forecast"]
    options: ForecastRequest = ForecastRequest()


class _NearRepeatJob(BaseModel):
    """The work of GET /near-repeat."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["near_repeat"]
    options: NearRepeatRequest = NearRepeatRequest()


class _ExportJob(BaseModel):
    """A file for other programs."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["export"]
    options: ExportRequest


JobRequest = Annotated[
    _PartitionJob
    | _AlternativesJob
    | _RebalanceJob
    | _CheckJob
    | _CoverageJob
    | _SitesJob
    | _HotSpotsJob
    | _ForecastJob
    | _NearRepeatJob
    | _ExportJob
    | _ScenarioJob,
    Field(discriminator="kind"),
]
"""Long work: its kind, and the options of that kind."""


class JobErrorAnswer(BaseModel):
    """Why a job has failed."""

    code: str
    message: str
    remedy: str
    faults: list[FaultAnswer] = []


class JobAnswer(BaseModel):
    """A job: what was asked for, how far it is (`fraction`, 0 to 1, while that is known), and why it failed.

    What came of it is at `/jobs/{id}/result`; `plans` are the plans that it has kept.
    """

    id: int
    kind: JobKind
    options: dict[str, Any]
    who: str
    state: JobState
    created_at: str
    started_at: str | None
    ended_at: str | None
    starts: int
    cancel_asked: bool
    fraction: float | None
    step: str
    cost: float | None
    plans: list[int]
    error: JobErrorAnswer | None

    @classmethod
    def of(cls, job: JobRecord) -> Self:
        """Give the answer for a stored job."""
        total = job.step.get("total", 0)
        known = job.state in ("running", "done") and total > 0
        fraction = 1.0 if job.state == "done" else job.step["done"] / total if known else None
        return cls(
            id=job.id,
            kind=cast("JobKind", job.kind),
            options=dict(job.options),
            who=job.who,
            state=job.state,
            created_at=job.created_at.isoformat(),
            started_at=None if job.started_at is None else job.started_at.isoformat(),
            ended_at=None if job.ended_at is None else job.ended_at.isoformat(),
            starts=job.starts,
            cancel_asked=job.cancel_asked,
            fraction=fraction,
            step=_step_text(job),
            cost=job.step.get("cost"),
            plans=job.result.get("plans", []),
            error=JobErrorAnswer.model_validate(job.error) if job.error else None,
        )


def _step_text(job: JobRecord) -> str:
    if job.state == "waiting":
        return t("Waiting", "等待中")
    if job.state != "running":
        return {
            "done": t("Done", "已完成"),
            "failed": t("Failed", "已失败"),
            "cancelled": t("Cancelled", "已取消"),
        }[job.state]
    if job.cancel_asked:
        return t("Being cancelled", "正在取消")
    if not job.step:
        return t("Begun", "已开始")
    return t("{done} of {total} parts done", "已完成 {done}/{total} 部分", **job.step)


class JobsAnswer(BaseModel):
    """Jobs, the newest first, and how many there are in each state."""

    jobs: list[JobAnswer]
    counts: dict[JobState, int]
