"""How grids did beside their peers, and how centres stand beside their standard."""

from fastapi import APIRouter

from spatialgov_api.assessment_schemas import (
    AssessmentAnswer,
    AssessmentRequest,
    StandardsAnswer,
    StandardsRequest,
)
from spatialgov_api.dependencies import AreaHere, WorkspaceHere, ZoneHere

__all__ = ["router"]

router = APIRouter(tags=["assessment"])


@router.post("/assessment", summary="How grids did beside their peers")
def assessment(workspace: WorkspaceHere, area: AreaHere, zone: ZoneHere, asked: AssessmentRequest) -> AssessmentAnswer:
    """Assess the grids in force by week, month, quarter or year: estimates with intervals, ties called ties.

    Small numbers are drawn towards the peers of the same kind (empirical Bayes); who is not apart from their mean is
    `as_peers`. Bad rows of `satisfaction` are refused and listed in `faults`; coverage is there when it has been
    measured. Nothing is stored.
    """
    answers = [one.model_dump() for one in asked.satisfaction] or None
    return AssessmentAnswer.of(workspace.assessments.assess(asked.question(zone), satisfaction=answers, area=area))


@router.post("/standards", summary="How centres stand beside their standard")
def standards(workspace: WorkspaceHere, area: AreaHere, asked: StandardsRequest) -> StandardsAnswer:
    """Hold the centres of subdistricts and communities against a standard: who falls short, by how much, who has none.

    Bad rows are refused and listed in `faults`. Nothing is stored.
    """
    centres = [one.model_dump() for one in asked.centres]
    return StandardsAnswer.of(workspace.assessments.standards(centres, standard=asked.own_standard(), area=area))
