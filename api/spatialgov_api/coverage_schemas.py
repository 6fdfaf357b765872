"""The shapes of coverage: what can be asked for, and what is answered."""

from typing import Annotated, Any, Literal, Self

from annotated_types import Len
from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from spatialgov.workspace import CoverageQuestion
from spatialgov_api.dependencies import ChosenArea, PeriodQuery, ZoneHere
from spatialgov_api.schemas import FaultAnswer

__all__ = [
    "ChangeRequest",
    "ClassName",
    "DemandKind",
    "DeviceRequest",
    "Level",
    "LevelQuery",
    "MeasureAnswer",
    "MeasuresAnswer",
    "QuestionHere",
    "Reason",
    "Simplify",
    "State",
    "SurroundingsOfCamerasAnswer",
    "SurveyAnswer",
    "Weights",
    "WhatIfAnswer",
    "WhatIfRequest",
    "weights_of",
]

ClassName = Literal["monitor", "detect", "observe", "recognise", "identify"]
Level = Literal["grid", "community", "subdistrict", "district", "study_area", "all"]
DemandKind = Literal["ground", "road", "place", "population", "incident"]
State = Literal["gap", "uncertain"]
Reason = Literal[
    "data_missing", "out_of_service", "turned_away", "class_too_low", "below_camera", "hidden", "no_camera"
]
Simplify = Annotated[
    float, Query(alias="simplify_m", ge=0, le=50, description="Outlines may differ by so many metres: for maps.")
]
LevelQuery = Annotated[
    Level | None, Query(alias="by", description="What it is summed up by; the finest there is by default.")
]
Weights = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^(ground|road|place|population|incident)=\d{1,6}(\.\d{1,6})?$")]]
    | None,
    Query(
        alias="weight",
        max_length=5,
        description="How much a kind matters, such as road=2; may be repeated, what is not named counts nothing.",
    ),
]


def weights_of(texts: list[str] | None) -> dict[str, float] | None:
    """Give kind → part for what a query says."""
    return {text.split("=")[0]: float(text.split("=")[1]) for text in texts} if texts else None


def _question(
    area: ChosenArea,
    zone: ZoneHere,
    period: PeriodQuery,
    needed: Annotated[ClassName, Query(alias="class", description="Class of picture (EN 62676-4).")] = "detect",
) -> CoverageQuestion:
    return CoverageQuestion(needed, period, zone, area)


QuestionHere = Annotated[CoverageQuestion, Depends(_question)]
"""What a query about coverage asks; its period is that of the incidents that should have been seen."""


class MeasureAnswer(BaseModel):
    """How much of a kind in an area is covered, uncertain or a gap; shares are null where there is nothing."""

    model_config = ConfigDict(populate_by_name=True)

    level: str
    code: str
    name: str
    kind: str
    class_: str = Field(alias="class")
    hour: int
    unit: str
    should_be_seen: float
    covered: float
    uncertain: float
    gap: float
    lower_share: float | None
    upper_share: float | None


class MeasuresAnswer(BaseModel):
    """Coverage in numbers: a row an area and kind, with what was assumed."""

    needed: str
    level: str
    edition: int | None
    cameras: int
    working: int
    assumptions: dict[str, int]
    missing: dict[str, int]
    left_out: dict[str, int]
    measures: list[MeasureAnswer]


class FigureAnswer(BaseModel):
    """What finding out a figure of a camera would settle; `weight` in thousandths of all that should be seen."""

    camera_id: str
    attribute: str
    size_m2: float
    size_m: float
    places: float
    people: float
    incidents: float
    weight: float
    covered: float


class SurveyAnswer(BaseModel):
    """Missing figures, those first that would settle most."""

    figures: list[FigureAnswer]


_Short = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ChangeRequest(BaseModel):
    """A change of a camera: what is not given stays as it is. `lon` and `lat` are in the datum of the request."""

    model_config = ConfigDict(extra="forbid", strict=True)

    action: Literal["add", "move", "turn", "remove", "repair", "set"]
    camera_id: _Short
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    kind: Literal["fixed", "dome", "ptz", "panoramic"] | None = None
    status: Literal["in_service", "broken", "planned"] | None = None
    height_m: Annotated[float, Field(ge=0, le=1000)] | None = None
    azimuth_deg: Annotated[float, Field(ge=0, le=360)] | None = None
    fov_deg: Annotated[float, Field(gt=0, le=360)] | None = None
    tilt_deg: Annotated[float, Field(ge=-90, le=90)] | None = None
    range_m: Annotated[float, Field(gt=0, le=10_000)] | None = None
    width_px: Annotated[float, Field(ge=1, le=1e6)] | None = None

    def row(self) -> dict[str, Any]:
        """Give what was given."""
        return self.model_dump(exclude_none=True)


class WhatIfRequest(BaseModel):
    """Changes, made one after another; nothing is changed in truth."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"changes": [{"action": "turn", "camera_id": "C001", "azimuth_deg": 135}]}]},
    )

    changes: Annotated[list[ChangeRequest], Len(1, 1000)]
    datum: Literal["wgs84", "cgcs2000", "gcj02", "bd09"] | None = None


class ChangedMeasureAnswer(BaseModel):
    """A kind in an area before and after."""

    level: str
    code: str
    name: str
    kind: str
    unit: str
    should_be_seen: float
    covered_before: float
    covered_after: float
    covered_change: float
    uncertain_before: float
    uncertain_after: float
    uncertain_change: float
    gap_before: float
    gap_after: float
    gap_change: float
    lower_share_before: float | None
    lower_share_after: float | None
    upper_share_before: float | None
    upper_share_after: float | None


class SeenAnswer(BaseModel):
    """What changed cameras would see, as GeoJSON: `certain`, and what they `perhaps` see more."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[dict[str, Any]]


class WhatIfAnswer(BaseModel):
    """What changes would do to every measure.

    `no_view_…_m2` is how much of the ground that nobody may look at the changed cameras may see; `remarks` are of
    places that need a consent, and of figures that are odd.
    """

    measures: list[ChangedMeasureAnswer]
    seen: SeenAnswer
    no_view_before_m2: float
    no_view_after_m2: float
    remarks: list[FaultAnswer]


class SurroundingsOfCamerasAnswer(BaseModel):
    """What stands around cameras, each as a GeoJSON FeatureCollection."""

    buildings: dict[str, Any]
    exclusion_zones: dict[str, Any]
    places: dict[str, Any]


class DeviceRequest(BaseModel):
    """What is to be installed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["fixed", "dome", "ptz", "panoramic"] = "fixed"
    fov_deg: Annotated[float, Field(gt=0, le=360)] = 70
    range_m: Annotated[float, Field(gt=0, le=10_000)] | None = 50
    width_px: Annotated[float, Field(ge=1, le=1e6)] | None = 1920

    @model_validator(mode="after")
    def _sees_something(self) -> Self:
        if self.range_m is None and self.width_px is None:
            raise ValueError("give range_m or width_px")
        return self
