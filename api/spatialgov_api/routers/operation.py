"""For whoever runs the service: whether it is alive, whether it can work, and what it does."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

import spatialgov
from spatialgov.errors import SpatialGovError
from spatialgov.language import t
from spatialgov.workspace import Workspace
from spatialgov.workspace.nation import NationalLookup
from spatialgov_api.dependencies import WorkspaceHere

__all__ = ["router"]

router = APIRouter(tags=["service"])


class ReplicaAnswer(BaseModel):
    """How the read replica is, as this process saw it half a second ago."""

    state: Literal["in_use", "behind", "gone"]
    lag_seconds: float | None
    primary_answers: bool


class HealthAnswer(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str = spatialgov.__version__
    replica: ReplicaAnswer | None


class ReasonAnswer(BaseModel):
    """Why the service can't work."""

    check: Literal["store", "schema", "edition", "nation"]
    message: str
    remedy: str


class ReadyAnswer(BaseModel):
    """Whether the service can work; it can as long as there is no reason against it."""

    status: Literal["ready", "not_ready"]
    reasons: list[ReasonAnswer]


_NOT_READY: dict[int | str, dict[str, Any]] = {503: {"model": ReadyAnswer, "description": "It can't, and why."}}


@router.get("/healthz", summary="Is the service alive?")
async def healthz(workspace: WorkspaceHere) -> HealthAnswer:
    """Answer without asking anything: a service that does not is to be started anew.

    `replica` is null where there is no read replica.
    """
    state = workspace.store.replica_state()
    replica = (
        None
        if state is None
        else ReplicaAnswer(state=state.state, lag_seconds=state.lag_s, primary_answers=state.primary_answers)
    )
    return HealthAnswer(replica=replica)


@router.get("/readyz", summary="Can the service work?", response_model=ReadyAnswer, responses=_NOT_READY)
def readyz(request: Request, workspace: WorkspaceHere) -> JSONResponse:
    """Tell whether the store can be read, its schema is ours, and the edition in force can be opened (if any is).

    The national table, where one is served, must be readable too.
    """
    reasons = _reasons(workspace) + _reasons_of_nation(request.app.state.nation)
    body = ReadyAnswer(status="not_ready" if reasons else "ready", reasons=reasons)
    return JSONResponse(body.model_dump(), 503 if reasons else 200)


def _reasons(workspace: Workspace) -> list[ReasonAnswer]:
    try:
        if not workspace.store.is_current():
            message = t("The store has an older schema.", "数据库结构版本较旧。")
            remedy = t("Start the service anew: it brings the store up to date.", "请重启服务，启动时会自动升级。")
            return [ReasonAnswer(check="schema", message=message, remedy=remedy)]
    except SpatialGovError as error:
        return [ReasonAnswer(check="store", message=error.message, remedy=error.remedy)]
    try:
        workspace.locations.open_in_force()
    except SpatialGovError as error:
        return [ReasonAnswer(check="edition", message=error.message, remedy=error.remedy)]
    except OSError as error:
        remedy = t("Check the data folder, its rights and its free space.", "请检查数据文件夹、权限和剩余空间。")
        return [ReasonAnswer(check="edition", message=str(error), remedy=remedy)]
    return []


def _reasons_of_nation(nation: NationalLookup | None) -> list[ReasonAnswer]:
    try:
        if nation is not None:
            nation.check()
    except SpatialGovError as error:
        return [ReasonAnswer(check="nation", message=error.message, remedy=error.remedy)]
    return []


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(request: Request) -> Response:
    """Give the requests, their times, the jobs and the edition in force."""
    return Response(request.app.state.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
