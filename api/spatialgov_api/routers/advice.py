"""What to change: recommendations, the review of the grids, and drafts in which one is taken."""

from fastapi import APIRouter, Response

from spatialgov.allocation import proposed_borders
from spatialgov.workspace.plain import rows
from spatialgov_api.advice_schemas import (
    AdviceHere,
    ListLimit,
    RecommendationsAnswer,
    RecommendRequest,
    ReviewAnswer,
    ReviewRequest,
    TakenAnswer,
    TakeRequest,
)
from spatialgov_api.dependencies import AreaHere, Who, WorkspaceHere
from spatialgov_api.geojson import GEOJSON, feature_collection
from spatialgov_api.schemas import PlanAnswer

__all__ = ["router"]

router = APIRouter(tags=["advice"])


@router.get("/recommendations", summary="What to change")
def recommendations(workspace: WorkspaceHere, question: AdviceHere, limit: ListLimit = None) -> RecommendationsAnswer:
    """Give the grids to split, merge, change, dedicate or staff, to be taken in turn, the cheapest first."""
    return RecommendationsAnswer.of(workspace.advice.recommend(question), limit)


@router.post("/recommendations", summary="What to change, by weights of one's own")
def recommendations_by(workspace: WorkspaceHere, area: AreaHere, asked: RecommendRequest) -> RecommendationsAnswer:
    """Give what GET gives, for a question that has room for a whole profile and many posts. Nothing is changed."""
    return RecommendationsAnswer.of(workspace.advice.recommend(asked.question(area, asked.plan)), asked.limit)


@router.get("/recommendations/borders", summary="The borders that change", response_class=Response, responses=GEOJSON)
def borders(workspace: WorkspaceHere, question: AdviceHere, limit: ListLimit = None) -> Response:
    """Give the proposed lines as GeoJSON: `new` ones and those that are `gone`, by the number in the list."""
    result = workspace.advice.recommend(question)
    lines = proposed_borders(result.plan, result.recommendations[:limit])
    return feature_collection(lines, basis=result.basis, token=result.state.token)


@router.post("/recommendations/review", summary="The grids in force against their limits")
def review(workspace: WorkspaceHere, area: AreaHere, asked: ReviewRequest) -> ReviewAnswer:
    """Give every grid in force: which limits it breaks, since when, with which trend, and the cheaper cure."""
    table, result = workspace.advice.review(asked.question(area))
    found = RecommendationsAnswer.of(result, None)
    return ReviewAnswer.model_validate({**found.model_dump(), "grids": rows(table)})


@router.post("/recommendations/take", status_code=201, summary="Try a recommendation in a draft")
def take(workspace: WorkspaceHere, area: AreaHere, who: Who, asked: TakeRequest) -> TakenAnswer:
    """Keep a draft with a recommendation taken, and those that it needs: entries of its journal, to be undone.

    The same question gives the same list, as long as the plan and what was loaded stay as they are. When they don't
    and the list would be another one, nothing is changed, and the answer (409) says what has changed, with the journal
    entries since.
    """
    draft, taken = workspace.advice.take(
        asked.question(area, asked.plan), asked.number, who=who, name=asked.name, token=asked.token
    )
    sequence = workspace.plans.sequence(draft.id)
    plan = PlanAnswer.of(workspace.plans.record(draft.id))
    return TakenAnswer.model_validate({"plan": plan, "sequence": sequence, "taken": [one.as_dict() for one in taken]})
