"""What the cameras cover, what they don't and why, and what changes would do."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response

from spatialgov.workspace.plain import rows
from spatialgov_api.coverage_schemas import (
    LevelQuery,
    MeasuresAnswer,
    QuestionHere,
    Reason,
    State,
    SurveyAnswer,
    Weights,
    WhatIfAnswer,
    WhatIfRequest,
    weights_of,
)
from spatialgov_api.dependencies import AreaHere, Limit, Offset, WorkspaceHere
from spatialgov_api.geojson import GEOJSON, feature_collection

__all__ = ["router"]

router = APIRouter(tags=["coverage"])

States = Annotated[list[State] | None, Query(alias="state", max_length=2, description="Only those in these states.")]
Reasons = Annotated[
    list[Reason] | None, Query(alias="reason", max_length=7, description="Only those for these reasons.")
]


@router.get("/cameras", summary="Cameras", response_class=Response, responses=GEOJSON)
def cameras(workspace: WorkspaceHere, area: AreaHere) -> Response:
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


@router.get("/coverage/gaps", summary="Gaps as objects", response_class=Response, responses=GEOJSON)
def gaps(
    workspace: WorkspaceHere,
    question: QuestionHere,
    states: States = None,
    reasons: Reasons = None,
    weights: Weights = None,
    limit: Limit = 1000,
    offset: Offset = 0,
) -> Response:
    """Give what is not covered, the weightiest first, each with its reason, as GeoJSON, a page at a time."""
    found = workspace.coverage_analysis.gaps(
        question, weights=weights_of(weights), states=states or (), reasons=reasons or ()
    )
    return feature_collection(found.iloc[offset : offset + limit], matched=len(found), needed=question.needed)


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
    """Measure what would be covered after changes of cameras. Nothing is changed."""
    analysis = workspace.coverage_analysis
    changes = analysis.judged(question, [one.row() for one in asked.changes], datum=asked.datum).sound()
    found = analysis.what_if(question, changes, level=level)
    return WhatIfAnswer.model_validate({"measures": rows(found.measures)})
