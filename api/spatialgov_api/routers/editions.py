"""Editions in time: what was in force when, what changed, incidents by the grids of their day, and rolling back."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from spatialgov_api.dependencies import AreaHere, CountMinimum, Identifier, PeriodQuery, WorkspaceHere
from spatialgov_api.edition_schemas import (
    ChangesAnswer,
    EditionRecordAnswer,
    EditionsAnswer,
    IncidentCountsAnswer,
    OneEditionAnswer,
    PublishAnswer,
)
from spatialgov_api.geojson import rows

__all__ = ["router"]

router = APIRouter(tags=["editions"])


@router.get("/editions", summary="All editions")
def editions(workspace: WorkspaceHere) -> EditionsAnswer:
    """Give what was published, and when it was in force, oldest first."""
    return EditionsAnswer(editions=[EditionRecordAnswer.of(edition) for edition in workspace.editions.records()])


@router.get("/editions/{edition_id}", summary="One edition")
def edition(workspace: WorkspaceHere, area: AreaHere, edition_id: Identifier) -> OneEditionAnswer:
    """Give an edition with its lineage: where each of its grids comes from in the edition before."""
    record = EditionRecordAnswer.of(workspace.editions.record(edition_id))
    lineage = rows(workspace.editions.lineage(edition_id, area=area))
    return OneEditionAnswer.model_validate(record.model_dump() | {"lineage": lineage})


@router.get("/editions/{edition_id}/changes/{second_id}", summary="What changed between two editions")
def changes(workspace: WorkspaceHere, area: AreaHere, edition_id: Identifier, second_id: Identifier) -> ChangesAnswer:
    """Give which grids were kept, changed, split, merged, new or retired, and every unit in another grid."""
    found = workspace.editions.changes(edition_id, second_id, area=area)
    return ChangesAnswer.model_validate({"a": edition_id, "b": second_id, **found.as_dict()})


@router.post("/editions/{edition_id}/republish", status_code=201, summary="Roll back to an edition")
def republish(workspace: WorkspaceHere, area: AreaHere, edition_id: Identifier) -> PublishAnswer:
    """Put the grids of an earlier edition in force again, with their codes, as a new edition."""
    workspace.plans.require_edition(area)
    workspace.plans.require_plan(workspace.editions.record(edition_id).plan_id, area)
    published = workspace.plans.republish(edition_id)
    return PublishAnswer.of(published, workspace.locations.assign_incidents())


@router.get("/incidents/counts", summary="Incidents of every grid")
def incident_counts(
    workspace: WorkspaceHere,
    area: AreaHere,
    minimum: CountMinimum,
    period: PeriodQuery,
    by: Annotated[Literal["day", "today"], Query(description="The grids of their day, or of today.")] = "today",
) -> IncidentCountsAnswer:
    """Count incidents by the grids that were in force when they occurred, or by those in force now."""
    return IncidentCountsAnswer.of(workspace.editions.incident_counts(by, period, area=area), minimum)
