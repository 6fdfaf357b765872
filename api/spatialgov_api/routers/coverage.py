"""What the cameras cover, what they don't and why, and what changes would do."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import shapely
from fastapi import APIRouter, Body, Query, Response

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.workspace import RemedyWish
from spatialgov.workspace.coverage_results import plan_about
from spatialgov.workspace.plain import feature_collection_of, rows
from spatialgov_api.coverage_schemas import (
    LevelQuery,
    MeasuresAnswer,
    QuestionHere,
    Reason,
    SeenAnswer,
    Simplify,
    State,
    SurroundingsOfCamerasAnswer,
    SurveyAnswer,
    Weights,
    WhatIfAnswer,
    WhatIfRequest,
    weights_of,
)
from spatialgov_api.dependencies import ChosenArea, Limit, Offset, WorkspaceHere
from spatialgov_api.feature_files import FEATURES, FileWanted, feature_file
from spatialgov_api.geojson import GEOJSON, feature_collection, features_of, lighter
from spatialgov_api.schemas import FaultAnswer

__all__ = ["router"]

router = APIRouter(tags=["coverage"])

_NUMBER = r"-?\d{1,3}(\.\d{1,9})?"
_BOX = rf"^{_NUMBER}(,{_NUMBER}){{3}}$"
MOST_DEGREES = 0.1
"""Of the box of surroundings: about 10 km, some thousand buildings."""

States = Annotated[list[State] | None, Query(alias="state", max_length=2, description="Only those in these states.")]
Reasons = Annotated[
    list[Reason] | None, Query(alias="reason", max_length=7, description="Only those for these reasons.")
]


@router.get("/cameras", summary="Cameras", response_class=Response, responses=GEOJSON)
def cameras(workspace: WorkspaceHere, area: ChosenArea) -> Response:
    """Give the device positions as GeoJSON; null is unknown."""
    return feature_collection(workspace.analysis.cameras(area=area))


@router.get("/coverage", summary="What is covered, by area", response_class=Response, responses=GEOJSON)
def coverage(workspace: WorkspaceHere, question: QuestionHere, level: LevelQuery = None) -> Response:
    """Give each area with how much of its ground, roads, key places, people and incidents is covered, as GeoJSON.

    `covered` is seen for certain by a camera that works, in the class that is needed; `uncertain` depends on figures
    that are missing (`missing` counts them); shares are null where there is nothing to be seen.
    """
    found = workspace.coverage_analysis.by_area(question, level=level)
    return feature_collection(found, **workspace.coverage_analysis.about(question))


@router.get("/coverage/measures", summary="What is covered, by kind, class and hour")
def measures(
    workspace: WorkspaceHere,
    question: QuestionHere,
    level: LevelQuery = None,
    split: Annotated[
        str | None,
        Query(pattern="^(class|hour)$", description="A row for each class (of road, place, category) or each hour."),
    ] = None,
) -> MeasuresAnswer:
    """Give the numbers without shapes: a row an area and kind."""
    table = workspace.coverage_analysis.measure(question, level=level, split=split or "")  # type: ignore[arg-type]
    about = workspace.coverage_analysis.about(question)
    return MeasuresAnswer.model_validate({**about, "measures": rows(table)})


@router.get("/coverage/gaps", summary="Gaps as objects", response_class=Response, responses=FEATURES)
def gaps(
    workspace: WorkspaceHere,
    question: QuestionHere,
    states: States = None,
    reasons: Reasons = None,
    weights: Weights = None,
    limit: Limit = 1000,
    offset: Offset = 0,
    simplify_m: Simplify = 0,
    file: FileWanted = None,
) -> Response:
    """Give what is not covered, the weightiest first, each with its reason, as GeoJSON, a page at a time.

    `lon` and `lat` are a place in it. With `simplify_m` properties that are "", 0 or null are left out.
    """
    found = workspace.coverage_analysis.gaps(
        question, weights=weights_of(weights), states=states or (), reasons=reasons or ()
    )
    page = _with_places(found.iloc[offset : offset + limit])
    if file:
        return feature_file(page, file, "gaps")
    crs = workspace.coverage_analysis.scene(question).sight.crs
    light = simplify_m > 0
    return feature_collection(lighter(page, crs, simplify_m), matched=len(found), lean=light, needed=question.needed)


def _with_places(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each row a place in its shape, degrees; null where a sliver has none that is left."""
    found, rows_of = shapely.get_coordinates(shapely.point_on_surface(frame.geometry.to_numpy()), return_index=True)
    places = np.full((len(frame), 2), np.nan)
    places[rows_of] = found.round(6)
    return frame.assign(lon=places[:, 0], lat=places[:, 1])


@router.get("/coverage/seen", summary="What each camera sees", response_class=Response, responses=GEOJSON)
def seen(workspace: WorkspaceHere, question: QuestionHere, simplify_m: Simplify = 0) -> Response:
    """Give what each camera sees for `certain`, and what it `perhaps` sees more, with its figures, as GeoJSON.

    `fov_deg`, `range_m` and `near_m` are what is taken where nobody has written it down (`missing`); `lon` and `lat`,
    where the camera is taken to hang. Cameras that don't work have no shape.
    """
    analysis = workspace.coverage_analysis
    found = lighter(analysis.seen_ground(question), analysis.scene(question).sight.crs, simplify_m)
    return feature_collection(found, **analysis.about(question))


@router.get("/coverage/surroundings", summary="What stands around cameras")
def surroundings(
    workspace: WorkspaceHere,
    question: QuestionHere,
    box: Annotated[
        str,
        Query(alias="bbox", pattern=_BOX, description="West, south, east, north, degrees (WGS 84), with commas."),
    ],
) -> SurroundingsOfCamerasAnswer:
    """Give the buildings, exclusion zones and places in a box to draw cameras with; at most 0.1° wide and high."""
    west, south, east, north = (float(side) for side in box.split(","))
    if not (west < east <= west + MOST_DEGREES and south < north <= south + MOST_DEGREES):
        raise InputError(
            t("The box is none, or too large.", "范围无效或过大。"),
            remedy=t("Give west, south, east, north, at most 0.1° apart.", "请给出西、南、东、北，相差不超过 0.1°。"),
        )
    found = workspace.coverage_analysis.surroundings(question, (west, south, east, north))
    return SurroundingsOfCamerasAnswer.model_validate(
        {kind: feature_collection_of(frame, ["zone_id", "place_id", "kind"]) for kind, frame in found.items()}
    )


@router.get("/coverage/visits", summary="Gaps gathered into sites to visit", response_class=Response, responses=GEOJSON)
def visits(
    workspace: WorkspaceHere,
    question: QuestionHere,
    states: States = None,
    reasons: Reasons = None,
    weights: Weights = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Response:
    """Give places on roads from which a crew looks after all gaps within 75 m, the weightiest first, as GeoJSON."""
    asked = workspace.coverage_analysis
    found = asked.gaps(question, weights=weights_of(weights), states=states or (), reasons=reasons or ())
    sites = asked.visits(question, found)
    return feature_collection(sites.iloc[offset : offset + limit], matched=len(sites), needed=question.needed)


@router.get("/coverage/survey", summary="Which missing figures matter most")
def survey(workspace: WorkspaceHere, question: QuestionHere, weights: Weights = None) -> SurveyAnswer:
    """Give the figures that nobody has written down, those first that would settle most of what is uncertain."""
    found = workspace.coverage_analysis.survey(question, weights=weights_of(weights))
    return SurveyAnswer.model_validate({"figures": rows(found)})


@router.get(
    "/coverage/redundancy", summary="What goes dark when a post fails", response_class=Response, responses=GEOJSON
)
def redundancy(
    workspace: WorkspaceHere,
    question: QuestionHere,
    level: LevelQuery = None,
    weights: Weights = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Response:
    """Give the posts with what only they see, the weightiest first, as GeoJSON.

    `shares` says how much is seen from at least one, two and three different posts; the cameras of a post fail
    together.
    """
    found = workspace.coverage_analysis.redundancy(question, level=level or "all", weights=weights_of(weights))
    page = found.posts.iloc[offset : offset + limit]
    return feature_collection(page, matched=len(found.posts), needed=question.needed, shares=rows(found.shares))


@router.get(
    "/coverage/closure", summary="Compounds and main roads that are closed", response_class=Response, responses=GEOJSON
)
def closure(
    workspace: WorkspaceHere,
    question: QuestionHere,
    longest_break_m: Annotated[
        float, Query(ge=0, le=100_000, description="A road with a longer break is not joined up, metres.")
    ] = 50,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Response:
    """Give the compounds with the state of their entrances as GeoJSON; `summary` and `breaks` tell of main roads too.

    `breaks` are the longest pieces of main road that are not covered, without their shapes.
    """
    found = workspace.coverage_analysis.closure(question, longest_break_m=longest_break_m)
    page = found.compounds.iloc[offset : offset + limit]
    return feature_collection(
        page,
        matched=len(found.compounds),
        needed=question.needed,
        summary=rows(found.summary),
        breaks=rows(found.breaks.head(limit)),
    )


_CHANGES = Body(
    openapi_examples={"sample": {"value": {"changes": [{"action": "turn", "camera_id": "C001", "azimuth_deg": 135}]}}}
)


@router.post("/coverage/what-if", summary="What changes of cameras would do")
def what_if(
    workspace: WorkspaceHere,
    question: QuestionHere,
    asked: Annotated[WhatIfRequest, _CHANGES],
    level: LevelQuery = "all",
) -> WhatIfAnswer:
    """Measure what would be covered after changes of cameras, and give what these would see. Nothing is changed.

    A camera where an exclusion zone forbids one is refused.
    """
    analysis = workspace.coverage_analysis
    judged = analysis.judged(question, [one.row() for one in asked.changes], datum=asked.datum)
    found = analysis.what_if(question, judged.sound(), level=level)
    return WhatIfAnswer.model_validate(
        {
            "measures": rows(found.measures),
            "seen": SeenAnswer(features=features_of(found.seen)),
            "no_view_before_m2": found.no_view_before_m2,
            "no_view_after_m2": found.no_view_after_m2,
            "remarks": [FaultAnswer.model_validate(fault.as_dict()) for fault in judged.faults],
        }
    )


@router.get("/coverage/remedies", summary="What to do about gaps", response_class=Response, responses=GEOJSON)
def remedies(
    workspace: WorkspaceHere,
    question: QuestionHere,
    weights: Weights = None,
    p: Annotated[int, Query(ge=0, le=100, description="New cameras at most.")] = 10,
) -> Response:
    """Give a plan in the order of costs, repair, survey, turn, build, each step with its verified gain, as GeoJSON.

    `curve` is what is covered with 0, 1, 2 … new cameras, `changes` are the steps as `what-if` takes them. For other
    wishes, and for long work, ask for a job.
    """
    plan = workspace.coverage_analysis.remedies(question, RemedyWish(p=p, weights=weights_of(weights)))
    return feature_collection(plan.steps, **plan_about(plan), needed=question.needed)
