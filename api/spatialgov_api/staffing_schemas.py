"""The shapes of staffing: what can be asked for, and what is answered."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from spatialgov.allocation import profile_named
from spatialgov.allocation.staffing import Post, Requirement, Shifts, Targets, posts_of_counts, skills_in
from spatialgov.workspace import StaffingQuestion

__all__ = ["StaffingAnswer", "StaffingRequest"]

_STRICT = ConfigDict(extra="forbid", strict=True)
_Code = Annotated[str, StringConstraints(min_length=1, max_length=32)]
_Skill = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Count = Annotated[int, Field(ge=1, le=1000)]
_Share = Annotated[float, Field(gt=0, lt=1)]


class ShiftsRequest(BaseModel):
    """When somebody is on duty, and how much of that a post can do."""

    model_config = _STRICT

    begins: Annotated[int, Field(ge=0, le=23, description="Hour of the day.")] = 8
    hours_a_day: Annotated[int, Field(ge=1, le=24)] = 8
    days_a_week: Annotated[float, Field(ge=0.5, le=7)] = 5
    post_hours_a_week: Annotated[float, Field(ge=1, le=168)] = 40
    away: Annotated[float, Field(ge=0, le=0.95, description="Share of a post's hours without work for the grid.")] = (
        0.15
    )


class TargetsRequest(BaseModel):
    """What the posts of a grid should reach; `response_min` is a mean, or holds for a `share` of the incidents."""

    model_config = _STRICT

    utilisation: Annotated[float, Field(ge=0.01, le=1)] = 0.85
    response_min: Annotated[float, Field(gt=0, le=100_000)] | None = None
    share: _Share | None = None
    utilisation_in_absence: Annotated[float, Field(ge=0.01, le=2)] = 1.0


class PostRequest(BaseModel):
    """A post, never a person: the grid that it stands in today, and what whoever fills it has to be able to do."""

    model_config = _STRICT

    post_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    code: Annotated[str, StringConstraints(max_length=32)] = ""
    skills: Annotated[list[_Skill], Field(max_length=50)] = []


class RequirementRequest(BaseModel):
    """So many posts of a grid need these skills, each of them all."""

    model_config = _STRICT

    code: _Code
    skills: Annotated[list[_Skill], Field(min_length=1, max_length=50)]
    posts: _Count = 1


class StaffingRequest(BaseModel):
    """What posts should reach, and which there are: `posts` by grid, or one by one as a `roster`."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"targets": {"utilisation": 0.8, "response_min": 60}, "budget": 200}]},
    )

    plan: Annotated[int, Field(ge=1, le=2**31 - 1, description="The one in force by default.")] | None = None
    profile: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "urban"
    fit: bool = False
    cv: Annotated[float, Field(ge=0, le=10, description="Of the handling times of a category.")] | None = None
    shifts: ShiftsRequest = ShiftsRequest()
    targets: TargetsRequest = TargetsRequest()
    budget: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    posts: Annotated[dict[_Code, _Count], Field(max_length=10_000)] | None = None
    roster: Annotated[list[PostRequest], Field(max_length=10_000)] | None = None
    requirements: Annotated[list[RequirementRequest], Field(max_length=10_000)] = []

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.posts is not None and self.roster is not None:
            raise ValueError("give posts or a roster, not both")
        if self.requirements and self.roster is None:
            raise ValueError("requirements go with a roster")
        ids = [one.post_id for one in self.roster or ()]
        if len(set(ids)) < len(ids):
            raise ValueError("each post_id may stand once")
        return self

    def question(self) -> StaffingQuestion:
        """Give what is asked."""
        posts = None if self.posts is None else posts_of_counts(self.posts)
        if self.roster is not None:
            posts = tuple(Post(one.post_id, one.code, _skills(one.skills)) for one in self.roster)
        return StaffingQuestion(
            plan_id=self.plan,
            profile=profile_named(self.profile),
            fit=self.fit,
            cv=self.cv,
            shifts=Shifts(**self.shifts.model_dump()),
            targets=Targets(**self.targets.model_dump()),
            budget=self.budget,
            posts=posts,
            requirements=tuple(Requirement(one.code, _skills(one.skills), one.posts) for one in self.requirements),
        )


def _skills(names: list[str]) -> frozenset[str]:
    return frozenset().union(*(skills_in(name) for name in names))


class StaffedGridAnswer(BaseModel):
    """A grid: the posts that it needs and gets; null where it has none, or there is no target."""

    code: str
    kind: str
    incidents_a_day: float
    work_min_a_day: float
    incident_min_a_day: float
    needed: int
    because: Literal["one", "utilisation", "response"]
    posts: int
    short: int
    on_duty: float
    uncovered_hours_a_week: float
    utilisation: float | None
    wait_min: float | None
    way_min: float
    response_min: float | None
    in_time: float | None
    met: bool


class CoverAnswer(BaseModel):
    """Who covers when a post of a grid is away: a neighbour, itself, or "" with the reason why nobody can."""

    code: str
    covered_by: str
    utilisation: float | None
    why: Literal["", "no_post", "no_neighbour", "too_busy", "taken"]


class PostedAnswer(BaseModel):
    """Which grid a post stands in."""

    post_id: str
    skills: str
    code_today: str
    code: str
    state: Literal["stays", "moves", "placed", "spare"]
    moved_m: float


class UnmetAnswer(BaseModel):
    """What is not met, of how many posts, and why."""

    code: str
    skills: str
    posts: int
    why: Literal["no_post", "no_skill", "few_posts"]
    reason: str


class StaffingTotalsAnswer(BaseModel):
    """Sums over the grids: `least` is one post for each, `spare` what the budget leaves over."""

    grids: int
    needed: int
    least: int
    budget: int | None
    posts: int
    short: int
    grids_short: int
    grids_met: int
    spare: int


class StaffingFaultAnswer(BaseModel):
    """A target that posts can't meet in a grid."""

    kind: str
    message: str
    remedy: str
    item: str | None


class StaffingAnswer(BaseModel):
    """Posts for each grid, who covers, which post stands where, and what all of that stands on."""

    totals: StaffingTotalsAnswer
    grids: list[StaffedGridAnswer]
    cover: list[CoverAnswer]
    posts: list[PostedAnswer] | None
    unmet: list[UnmetAnswer] | None
    faults: list[StaffingFaultAnswer]
    basis: dict[str, Any]
