"""How many posts grids need, which post stands where, and who covers."""

from fastapi import APIRouter

from spatialgov_api.dependencies import AreaHere, WorkspaceHere, ZoneHere
from spatialgov_api.staffing_schemas import StaffingAnswer, StaffingRequest

__all__ = ["router"]

router = APIRouter(tags=["analysis"])


@router.post("/staffing", summary="How many posts each grid needs")
def staffing(workspace: WorkspaceHere, area: AreaHere, zone: ZoneHere, asked: StaffingRequest) -> StaffingAnswer:
    """Give the posts that each grid needs and gets, who covers when one is away, and which post stands where.

    Work and incidents are those in the store, ways are along its roads. Waiting is that of the busiest hour of duty.
    Nothing is changed.
    """
    found = workspace.staffing.staff(asked.question(), zone=zone, area=area)
    return StaffingAnswer.model_validate(found.as_dict())
