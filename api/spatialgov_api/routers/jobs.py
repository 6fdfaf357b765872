"""Jobs: ask for long work, see how far it is, end it, fetch what came of it."""

import json
from typing import Annotated, Any

import geopandas as gpd
from fastapi import APIRouter, Body, Depends, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel

from spatialgov.store import JobRecord, JobState
from spatialgov.workspace import ANALYSES, EVERYWHERE, Permission, Workspace
from spatialgov_api.dependencies import (
    AreaHere,
    CountMinimum,
    Identifier,
    Limit,
    Offset,
    PrincipalHere,
    Who,
    WorkspaceHere,
    ZoneHere,
)
from spatialgov_api.document import PROBLEM
from spatialgov_api.geojson import feature_collection
from spatialgov_api.job_schemas import JobAnswer, JobRequest, JobsAnswer
from spatialgov_api.scenario_schemas import ScenarioAnswer
from spatialgov_api.schemas import CheckAnswer, PlanAnswer, PlansAnswer, RebalanceAnswer

__all__ = ["router"]

router = APIRouter(tags=["jobs"])


def _owner(principal: PrincipalHere) -> str | None:
    """Give whose jobs may be seen: one's own; None, all, for whoever is limited to no jurisdictions."""
    return None if EVERYWHERE in principal.jurisdictions else principal.name


JobOwner = Annotated[str | None, Depends(_owner)]

_MEDIA_TYPES = {
    ".gpkg": "application/geopackage+sqlite3",
    ".geojson": "application/geo+json",
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
    ".zip": "application/zip",
}
_BY_THE_CLOCK = ("forecast", "coverage", "sites")
"""Kinds whose days and hours are those of the service's time zone."""
_BODY = Body(openapi_examples={"sample": {"value": {"kind": "partition", "options": {"households_per_grid": 400}}}})
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_RESULT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "As the route of the same work answers; a file for an export.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/geo+json": {"schema": {"type": "object"}},
            **{media_type: _BINARY for suffix, media_type in _MEDIA_TYPES.items() if suffix != ".geojson"},
        },
    },
    409: {"description": "The job is not done yet, has failed, or was cancelled.", "content": PROBLEM},
}


@router.post("/jobs", status_code=202, summary="Ask for long work")
def submit_job(
    workspace: WorkspaceHere,
    area: AreaHere,
    principal: PrincipalHere,
    minimum: CountMinimum,
    zone: ZoneHere,
    who: Who,
    request: Request,
    response: Response,
    wanted: Annotated[JobRequest, _BODY],
) -> JobAnswer:
    """Have work done beside the requests; the answer's `Location` tells how far it is.

    Analyses of incidents and cameras are for whoever may see single incidents; all else needs the permission to edit.
    """
    if wanted.kind not in ANALYSES:
        principal.require(Permission.EDIT)
    options = wanted.options.model_dump(mode="json") | ({"zone": zone} if wanted.kind in _BY_THE_CLOCK else {})
    job = workspace.jobs.submit(wanted.kind, options, who=who, area=area, minimum=minimum)
    response.headers["location"] = f"{request.scope.get('root_path', '')}/api/v1/jobs/{job.id}"
    return JobAnswer.of(job)


@router.get("/jobs", summary="Jobs")
def list_jobs(
    workspace: WorkspaceHere,
    owner: JobOwner,
    state: Annotated[JobState | None, Query(description="Only those in this state.")] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> JobsAnswer:
    """Give jobs, the newest first."""
    found = workspace.jobs.records(state=state, who=owner, limit=limit, offset=offset)
    return JobsAnswer(jobs=[JobAnswer.of(job) for job in found], counts=workspace.store.jobs.counts(who=owner))


@router.get("/jobs/{job_id}", summary="One job")
def one_job(workspace: WorkspaceHere, owner: JobOwner, job_id: Identifier) -> JobAnswer:
    """Tell how far a job is."""
    return JobAnswer.of(workspace.jobs.record(job_id, who=owner))


@router.post("/jobs/{job_id}/cancel", status_code=202, summary="End a job")
def cancel_job(workspace: WorkspaceHere, owner: JobOwner, principal: PrincipalHere, job_id: Identifier) -> JobAnswer:
    """End a job: at once where it waits, within a second or two where it runs. It leaves nothing.

    Jobs of other accounts need the permission to edit.
    """
    if workspace.jobs.record(job_id, who=owner).who != principal.name:
        principal.require(Permission.EDIT)
    return JobAnswer.of(workspace.jobs.cancel(job_id))


@router.get("/jobs/{job_id}/result", summary="What came of a job", response_class=Response, responses=_RESULT)
def job_result(workspace: WorkspaceHere, owner: JobOwner, job_id: Identifier) -> Response:
    """Answer as the route of the same work does; 409 while the job is not done, and where it failed."""
    workspace.jobs.record(job_id, who=owner)
    job = workspace.jobs.done(job_id)
    if job.kind == "export":
        path = workspace.jobs.file(job)
        return FileResponse(path, media_type=_MEDIA_TYPES[path.suffix], filename=path.name)
    if job.kind == "hot_spots":
        about = {name: value for name, value in job.result.items() if name != "file"}
        return feature_collection(gpd.read_parquet(workspace.jobs.file(job)), **about)
    if job.kind in ("forecast", "coverage", "sites"):
        return feature_collection(gpd.read_parquet(workspace.jobs.file(job)), **job.result["about"])
    if job.kind == "near_repeat":
        return JSONResponse(job.result["about"])
    answer = {
        "partition": _plan,
        "alternatives": _plans,
        "rebalance": _rebalanced,
        "check": _checked,
        "scenario": _scenario,
    }[job.kind]
    return Response(answer(workspace, job).model_dump_json(), media_type="application/json")


def _plan(workspace: Workspace, job: JobRecord) -> BaseModel:
    return PlanAnswer.of(workspace.plans.record(job.result["plans"][0]))


def _plans(workspace: Workspace, job: JobRecord) -> BaseModel:
    return PlansAnswer(plans=[PlanAnswer.of(workspace.plans.record(plan)) for plan in job.result["plans"]])


def _rebalanced(workspace: Workspace, job: JobRecord) -> BaseModel:
    plan = _plan(workspace, job)
    return RebalanceAnswer.model_validate({"plan": plan, "chosen": job.result["chosen"], "steps": job.result["steps"]})


def _scenario(workspace: Workspace, job: JobRecord) -> BaseModel:
    return ScenarioAnswer.model_validate(workspace.scenarios.record(job.result["scenario"]).as_dict())


def _checked(workspace: Workspace, job: JobRecord) -> BaseModel:
    plan_id = job.result["plan"]
    faults = json.loads(workspace.jobs.file(job).read_text(encoding="utf-8"))
    state = workspace.plans.record(plan_id).state
    return CheckAnswer.model_validate({"plan": plan_id, "state": state, "faults": faults})
