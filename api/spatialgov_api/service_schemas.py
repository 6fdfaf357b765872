"""The shapes of service points, checkpoints and patrol beats: what can be asked for."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from spatialgov.workspace import Area, BeatQuestion, CheckpointQuestion, ServiceQuestion

__all__ = ["BeatsRequest", "CheckpointsRequest", "Goal", "Jurisdiction", "Kinds", "ServicePointsRequest", "Speeds"]

Goal = Literal["median", "centre", "cover"]
Speeds = Literal["walking", "driving"]
_RoadClass = Literal["trunk", "primary", "secondary", "residential", "alley", "track"]
_RoadClasses = Annotated[list[_RoadClass], Field(max_length=6)]
_Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Kinds = Annotated[list[_Code], Field(max_length=50)]
_Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
_Seconds = Annotated[float, Field(ge=0.1, le=20)]

Kinds = Annotated[list[_Code] | None, Query(alias="kind", max_length=50, description="Kinds of places.")]
Jurisdiction = Annotated[
    _Code | None, Query(alias="area", description="Code of a jurisdiction; all ground of the asker by default.")
]


class ServicePointsRequest(BaseModel):
    """Which centre serves which grid, and where `new` ones should stand.

    `kinds` are the kinds of places that are centres (none: all are placed anew), `at` those where new ones could stand
    (none: a point inside each grid).
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"kinds": ["service_centre"], "new": 2, "goal": "cover", "within_min": 15}]},
    )

    kinds: _Kinds = ["service_centre"]
    demand: Literal["households", "population", "workload"] = "households"
    capacity: Annotated[float, Field(ge=0, le=1e12)] | None = None
    divide: bool = False
    new: Annotated[int, Field(ge=0, le=1000)] = 0
    goal: Goal = "median"
    within_min: Annotated[float, Field(gt=0, le=1440)] = 15
    at: _Kinds = []
    speeds: Speeds = "walking"
    seed: _Seed = 0
    time_limit_s: _Seconds = 5

    def question(self, area: Area | None) -> ServiceQuestion:
        """Give the question for an asker."""
        given = self.model_dump() | {"kinds": tuple(self.kinds), "at": tuple(self.at)}
        return ServiceQuestion(**given, area=area)


class CheckpointsRequest(BaseModel):
    """Where to stand so that nobody leaves a jurisdiction (`area`) unseen; `posts` of a checkpoint by class of road."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"area": "990101001000", "posts": {"trunk": 4}}]},
    )

    area: _Code | None = None
    belt_m: Annotated[float, Field(ge=0, le=1_000_000)] = 2000
    posts: dict[_RoadClass, Annotated[int, Field(ge=1, le=1000)]] = {}
    road_classes: _RoadClasses = []

    def question(self, area: Area | None) -> CheckpointQuestion:
        """Give the question for an asker."""
        return CheckpointQuestion(
            self.area, self.belt_m, tuple(sorted(self.posts.items())), tuple(self.road_classes), area
        )


class BeatsRequest(BaseModel):
    """The streets of a jurisdiction (`area`) in `beats`; without a number, as many as the shift asks for."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"area": "990101001001", "shift_h": 3}]},
    )

    area: _Code | None = None
    beats: Annotated[int, Field(ge=1, le=100_000)] | None = None
    shift_h: Annotated[float, Field(gt=0, le=24)] = 4
    road_classes: _RoadClasses = []
    tolerance: Annotated[float, Field(gt=0, le=10)] = 0.1
    speeds: Speeds = "walking"
    seed: _Seed = 0
    time_limit_s: _Seconds = 5

    def question(self, area: Area | None) -> BeatQuestion:
        """Give the question for an asker."""
        given = self.model_dump(exclude={"area"}) | {"road_classes": tuple(self.road_classes)}
        return BeatQuestion(self.area, **given, area=area)
