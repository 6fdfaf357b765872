"""The journal of a draft: move units, undo, redo, look, copy."""

from typing import Annotated

from fastapi import APIRouter, Query

from spatialgov_api.dependencies import Author, Identifier, WorkspaceHere
from spatialgov_api.journal_schemas import (
    AssignmentAnswer,
    CopyRequest,
    EditAnswer,
    JournalAnswer,
    MoveRequest,
    StepRequest,
)
from spatialgov_api.schemas import PlanAnswer

__all__ = ["router"]

router = APIRouter(tags=["journal"])

Since = Annotated[int, Query(ge=0, le=2**31 - 1, description="Entries after this one.")]
Entries = Annotated[int, Query(ge=1, le=1000, description="Entries of this page.")]
At = Annotated[int | None, Query(ge=0, le=2**31 - 1, description="After this journal entry; now by default.")]


@router.get("/plans/{plan_id}/assignment", summary="The grid of every unit")
def assignment(workspace: WorkspaceHere, plan_id: Identifier, at: At = None) -> AssignmentAnswer:
    """Give unit → grid code with the number of the journal entry after which it was so: what a change expects."""
    sequence, codes = workspace.plans.assignment(plan_id, at=at)
    given = dict(zip(codes.index, codes, strict=True))
    return AssignmentAnswer(plan=plan_id, sequence=sequence, assignment=given)


@router.get("/plans/{plan_id}/journal", summary="Who changed what")
def journal(workspace: WorkspaceHere, plan_id: Identifier, since: Since = 0, limit: Entries = 100) -> JournalAnswer:
    """Give the entries after a number, oldest first."""
    sequence, entries = workspace.plans.journal(plan_id, since=since, limit=limit)
    listed = [entry.as_dict() for entry in entries]
    return JournalAnswer.model_validate({"plan": plan_id, "sequence": sequence, "entries": listed})


@router.post("/plans/{plan_id}/moves", status_code=201, summary="Move units")
def move_units(workspace: WorkspaceHere, plan_id: Identifier, who: Author, request: MoveRequest) -> EditAnswer:
    """Give units other grids and grids another kind, as an entry in the journal of the draft.

    A checked plan becomes a draft again.
    A plan that is or was in force stays as it is: a draft child gets the entry. When others have moved one of the
    units since the entry that the client expects, nothing is changed, and the answer (409) says by whom and where to;
    changes of other units are no hindrance.
    """
    moves, kinds, why, expects = request.moves, request.kinds, request.why, request.expects
    return EditAnswer.of(workspace.plans.move(plan_id, moves, who=who, why=why, expects=expects, kinds=kinds))


@router.post("/plans/{plan_id}/undo", status_code=201, summary="Undo")
def undo(workspace: WorkspaceHere, plan_id: Identifier, who: Author, request: StepRequest) -> EditAnswer:
    """Take back the last move of one's own that stands; 409 when there is none, or others have moved its units."""
    return EditAnswer.of(workspace.plans.undo(plan_id, who=who, why=request.why, expects=request.expects))


@router.post("/plans/{plan_id}/redo", status_code=201, summary="Redo")
def redo(workspace: WorkspaceHere, plan_id: Identifier, who: Author, request: StepRequest) -> EditAnswer:
    """Make the move again that was undone last; 409 when there is none, or others have moved its units."""
    return EditAnswer.of(workspace.plans.redo(plan_id, who=who, why=request.why, expects=request.expects))


@router.post("/plans/{plan_id}/copy", status_code=201, summary="Copy a plan")
def copy_plan(workspace: WorkspaceHere, plan_id: Identifier, request: CopyRequest) -> PlanAnswer:
    """Keep a draft with the same grids and a journal of its own, as the plan is or as it was after an entry."""
    return PlanAnswer.of(workspace.plans.copy(plan_id, name=request.name, at=request.sequence))
