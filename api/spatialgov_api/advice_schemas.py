"""The shapes of recommendations: the whole question, the list, the review, and what was taken."""

from typing import Annotated, Any, Literal, Self

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from spatialgov.allocation import HOUSEHOLDS, WorkloadProfile, profile_named
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.workspace import AdviceResult, Area, Question
from spatialgov.workspace.plain import plain
from spatialgov_api.dependencies import AreaHere
from spatialgov_api.journal_schemas import GridCode
from spatialgov_api.schemas import PlanAnswer

__all__ = [
    "AdviceHere",
    "GridReviewAnswer",
    "ListLimit",
    "ProfileRequest",
    "RecommendRequest",
    "RecommendationAnswer",
    "RecommendationsAnswer",
    "ReviewAnswer",
    "ReviewRequest",
    "TakeRequest",
    "TakenAnswer",
]

ProfileName = Literal["urban", "rural", "dedicated"]
"""Profiles that come with the product."""

_Plan = Annotated[int, Field(ge=1, le=2**31 - 1)]
_PlanOrInForce = Annotated[_Plan | None, Field(description="A plan; the one in force by default.")]
_Count = Annotated[int, Field(ge=0, le=10**9)]
_Area = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
_Share = Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)]
_Posts = Annotated[int, Field(ge=1, le=1000)]
_Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
_Minutes = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
_Short = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_ByName = Annotated[dict[_Short, _Minutes], Field(max_length=2000)]
ListLimit = Annotated[int | None, Query(ge=1, le=1000, description="Longest list.")]


class ProfileRequest(BaseModel):
    """Weights of the workload, minutes a month where nothing else is said; as an answer's `basis` shows them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: _Short
    version: _Short
    minutes_per_household: _Minutes = 0.0
    minutes_per_person: _Minutes = 0.0
    minutes_per_floating_person: _Minutes = 0.0
    minutes_per_incident: _Minutes = 0.0
    minutes_by_category: _ByName = {}
    trips_per_incident: _Minutes = 0.0
    trips_by_category: _ByName = {}
    trip_minutes: _Minutes = 0.0
    minutes_per_place: _Minutes = 0.0
    minutes_by_place: _ByName = {}
    minutes_per_road_km: _ByName = {}
    minutes_per_km2: _Minutes = 0.0
    basis: Literal["assumed", "fitted"] = "assumed"
    source: Annotated[dict[_Short, Annotated[str, Field(max_length=2000)]], Field(max_length=10)] = {}

    def profile(self) -> WorkloadProfile:
        """Give the profile."""
        return WorkloadProfile.from_dict(self.model_dump())


class ReviewRequest(BaseModel):
    """What grids should keep, and what may be done.

    `workload_tolerance` limits the workload of a post to that share around the mean; only then do `profile` (a name,
    or weights) and `fit` (to the handling times in the store) say anything. `posts` gives the posts of grids, 1 where
    it says nothing; with it, or with a limit of the workload, posts are recommended too. `locked` grids stay.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "households": [300, 500],
                    "workload_tolerance": 0.4,
                    "profile": "urban",
                    "posts": {"990101001001002": 2},
                }
            ]
        },
    )

    households: Annotated[tuple[_Count, _Count], Field(strict=False)] = HOUSEHOLDS  # JSON has lists only
    area_m2: Annotated[tuple[_Area, _Area], Field(strict=False)] | None = None
    workload_tolerance: _Share | None = None
    profile: ProfileName | ProfileRequest | None = None
    fit: bool = False
    posts: Annotated[dict[GridCode, _Posts], Field(max_length=100_000)] | None = None
    locked: Annotated[list[GridCode], Field(max_length=100_000)] = []
    seed: _Seed = 0

    def question(self, area: Area | None, plan_id: int | None = None) -> Question:
        """Give the question of an asker with so much ground about a plan, that in force by default."""
        profile = self.profile.profile() if isinstance(self.profile, ProfileRequest) else self.profile
        return Question(
            plan_id=plan_id,
            households=self.households,
            area_m2=self.area_m2,
            workload_tolerance=self.workload_tolerance,
            profile=profile_named(profile) if isinstance(profile, str) else profile,
            fit=self.fit,
            posts=self.posts,
            locked=tuple(self.locked),
            seed=self.seed,
            area=area,
        )


class RecommendRequest(ReviewRequest):
    """The plan, what its grids should keep, what may be done, and how long the list may be."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"plan": 1, "households": [300, 500], "workload_tolerance": 0.4, "profile": "urban"}]
        },
    )

    plan: _PlanOrInForce = None
    limit: Annotated[int, Field(ge=1, le=1000)] | None = None


class TakeRequest(ReviewRequest):
    """The question, the number in the list that it gave, and the token of that list."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "plan": 1,
                    "number": 1,
                    "token": "1.0.61a21b52.74234e98.74234e98.74234e98.74234e98.5f0c1a77",
                    "name": "Try",
                }
            ]
        },
    )

    plan: _PlanOrInForce = None
    number: Annotated[int, Field(ge=1, le=1_000_000)]
    token: Annotated[str, Field(min_length=1, max_length=200)]
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None


def _asked(
    area: AreaHere,
    plan: Annotated[_Plan | None, Query(description="A plan; the one in force by default.")] = None,
    least: Annotated[_Count, Query(description="Fewest households of a grid.")] = HOUSEHOLDS[0],
    most: Annotated[_Count, Query(description="Most households of a grid.")] = HOUSEHOLDS[1],
    least_area_m2: Annotated[_Area | None, Query(description="Least area of a grid; goes with most_area_m2.")] = None,
    most_area_m2: Annotated[_Area | None, Query(description="Largest area of a grid; no limit by default.")] = None,
    workload_tolerance: Annotated[
        _Share | None, Query(description="Share of the mean workload of a post that is allowed around it; or no limit.")
    ] = None,
    profile: Annotated[ProfileName | None, Query(description="Weights of the workload.")] = None,
    fit: Annotated[bool, Query(description="Fit the weights of incidents to the handling times in the store.")] = False,
    post: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,32}=[1-9][0-9]{0,2}$")]] | None,
        Query(max_length=1000, description="Posts of a grid, such as 990101001001002=2; may be repeated."),
    ] = None,
    locked: Annotated[
        list[GridCode] | None, Query(max_length=1000, description="Grid that stays as it is; may be repeated.")
    ] = None,
    seed: Annotated[_Seed, Query(description="Of the search.")] = 0,
) -> Question:
    if least_area_m2 is not None and most_area_m2 is None:
        raise InputError(
            t("There is a least area, and no largest one.", "只给出了面积下限。"),
            remedy=t("Give most_area_m2 too.", "请同时给出 most_area_m2。"),
        )
    posts = None if post is None else {code: int(n) for code, _, n in (text.partition("=") for text in post)}
    if posts is not None and len(posts) < len(post or []):
        raise InputError(
            t("The posts of a grid are given twice.", "同一网格的岗位数重复给出。"),
            remedy=t("Name each grid once.", "每个网格只列一次。"),
        )
    return Question(
        plan_id=plan,
        households=(least, most),
        area_m2=None if most_area_m2 is None else (least_area_m2 or 0.0, most_area_m2),
        workload_tolerance=workload_tolerance,
        profile=None if profile is None else profile_named(profile),
        fit=fit,
        posts=posts,
        locked=tuple(locked or ()),
        seed=seed,
        area=area,
    )


AdviceHere = Annotated[Question, Depends(_asked)]
"""What a query asks: all but weights of one's own, which a POST takes."""


class RecommendationAnswer(BaseModel):
    """One change; `before` and `after` give households by grid, `moves` the new grid of each unit that moves.

    `kinds` names the kind of new grids that are not general, `posts` the posts that a grid needs, `further` the area
    and workload of the grids where they are limited; `needs` the places in the list, from 1, of what comes first.
    """

    kind: Literal["split", "merge", "move", "dedicate", "staff"]
    grids: list[str]
    households_moved: int
    before: dict[str, int]
    after: dict[str, int]
    moves: dict[str, str]
    grids_gained: int
    households_gained: int
    reason: str
    kinds: dict[str, str]
    posts: dict[str, int]
    cost_minutes: float
    further: dict[str, dict[str, dict[str, float]]]
    needs: list[int]


class RecommendationsAnswer(BaseModel):
    """Changes to the grids, the cheapest for what it helps first.

    `basis` is what a report cites: plan, journal entry, edition, limits, seed, and of the workload profile, formula's
    version and months. `token` stands for the list: POST …/take repeats it.
    """

    recommendations: list[RecommendationAnswer]
    basis: dict[str, Any]
    token: str

    @classmethod
    def of(cls, result: AdviceResult, limit: int | None) -> Self:
        """Give the answer for a list."""
        listed = [item.as_dict() for item in result.recommendations[:limit]]
        return cls.model_validate(
            {"recommendations": listed, "basis": plain(result.basis), "token": result.state.token}
        )


class GridReviewAnswer(BaseModel):
    """A grid in force against its limits.

    `broken` names the limits that it breaks, with commas between; the `…_beyond` figures are above a limit positive,
    below it negative. `out_since` is when the first of the editions began in which it is out up to now. `cure` is the
    cheaper one, `recommendation` the number in the list that brings it inside (0 for none), `…_minutes` the costs,
    null where there is no such cure.
    """

    code: str
    kind: str
    households: int
    population: int
    area_m2: float
    workload: float | None = None
    state: Literal["under", "within", "over", "exempt"]
    broken: str
    households_beyond: float
    area_m2_beyond: float | None = None
    workload_beyond: float | None = None
    out_since: str | None
    days_out: float
    editions_out: int
    editions: int
    per_year: float | None
    trend: Literal["worsening", "improving", "steady", "new"]
    cure: Literal["", "boundary", "staffing", "nothing"]
    recommendation: int
    boundary_minutes: float | None
    staffing_minutes: float | None


class ReviewAnswer(RecommendationsAnswer):
    """Every grid in force, and the list that `recommendation` numbers."""

    grids: list[GridReviewAnswer]


class TakenAnswer(BaseModel):
    """The draft with what was taken; `sequence` is its newest journal entry, what a change of it expects."""

    plan: PlanAnswer
    sequence: int
    taken: list[RecommendationAnswer]
