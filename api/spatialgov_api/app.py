"""Assemble the application: everything is passed in, nothing is made at import."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

import spatialgov
from spatialgov.store import Store
from spatialgov.workspace import Workspace
from spatialgov.workspace.job_runner import JobRunner
from spatialgov_api import ogc
from spatialgov_api.access import Access, AccessMiddleware
from spatialgov_api.dependencies import check_plans, refuse_foreign_pages
from spatialgov_api.document import with_problems
from spatialgov_api.errors import install_error_handlers
from spatialgov_api.http_protocol import LookupProtocol
from spatialgov_api.metrics import Metrics
from spatialgov_api.middleware import BodyLimitMiddleware, LanguageMiddleware, TimeLimitMiddleware
from spatialgov_api.observing import Observation
from spatialgov_api.routers import (
    accounts,
    advice,
    analysis,
    assessment,
    coverage,
    editions,
    field_packs,
    incident_analysis,
    jobs,
    journal,
    loading,
    locate,
    operation,
    pages,
    plans,
    scenarios,
    service,
    sign_in,
    staffing,
    workbench,
)
from spatialgov_api.security_headers import SecurityHeadersMiddleware
from spatialgov_api.settings import Settings
from spatialgov_api.short_locate import ShortLocate
from spatialgov_maps import static_dir

__all__ = ["create_app"]


_SETTLE_S = 1.0


class _Service(FastAPI):
    """FastAPI with an observer around all of it."""

    def __init__(self, metrics: Metrics, **options: Any) -> None:
        super().__init__(**options)
        self._observed = Observation(super().__call__, metrics)

    def openapi(self) -> dict[str, Any]:
        """Give the document, made when it is first asked for, with the problems that our routes answer with."""
        if self.openapi_schema is None:
            self.openapi_schema = with_problems(super().openapi())
        return self.openapi_schema

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._observed(scope, receive, send)


def _stop_with(server: int) -> None:
    """Stop this worker in good order when the server that began it is gone: else it would hold the port."""
    wait([server])
    os.kill(os.getpid(), signal.SIGTERM)


def create_app(settings: Settings | None = None, store: Store | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings
        Read from the environment when not given.
    store
        An open store, which the caller closes; otherwise that of the settings is opened, and closed when the
        application ends.
    """
    settings = settings or Settings()
    workspace = (
        Workspace(store, settings.data_dir)
        if store is not None
        else Workspace.open(settings.data_dir, settings.database_url)
    )

    access = Access(workspace, settings)
    metrics = Metrics(workspace)

    async def settle() -> None:
        while True:
            await asyncio.sleep(_SETTLE_S)
            metrics.settle()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, ShortLocate]]:
        app.openapi()  # with all that routes are made of: it would hold up whoever asks first
        if (server := parent_process()) is not None:  # one worker of several
            Thread(target=_stop_with, args=(server.sentinel,), name="server", daemon=True).start()
        settling = asyncio.create_task(settle())
        runner = JobRunner(workspace.store, workspace.data_dir, workspace.jobs, processes=settings.job_processes)
        runner.start()
        yield {LookupProtocol.state_key: ShortLocate(workspace, access, metrics)}
        settling.cancel()
        await asyncio.to_thread(runner.stop)  # a job that runs waits for the next server
        if store is None:
            workspace.close()

    app = _Service(
        metrics,
        title="spatialgov",
        version=spatialgov.__version__,
        description="Grids of a jurisdiction: plans, lookup, incidents, cameras, recommendations. "
        "Places and counts only: never a person.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.workspace = workspace
    app.state.settings = settings
    app.state.metrics = metrics
    app.state.access = access
    app.state.sign_in_limits = sign_in.SignInLimits()
    v1 = APIRouter(prefix="/api/v1", dependencies=[Depends(refuse_foreign_pages), Depends(check_plans)])
    families = (
        locate.router,
        field_packs.router,
        plans.router,
        journal.router,
        scenarios.router,
        workbench.router,
        editions.router,
        analysis.router,
        assessment.router,
        incident_analysis.router,
        coverage.router,
        advice.router,
        service.router,
        staffing.router,
        jobs.router,
        loading.router,
        sign_in.router,
        accounts.router,
    )
    for family in families:
        v1.include_router(family)
    app.include_router(v1)
    app.include_router(pages.router)
    app.include_router(ogc.features)
    app.include_router(ogc.tiles)
    app.include_router(sign_in.pages)
    app.include_router(operation.router)
    app.mount("/static", StaticFiles(directory=static_dir()), name="static")
    # Each one stands around those before it.
    app.add_middleware(ogc.ShortFeatures, features=workspace.features)
    app.add_middleware(BodyLimitMiddleware)
    app.add_middleware(TimeLimitMiddleware, seconds=settings.most_seconds)
    app.add_middleware(AccessMiddleware, access=access, log=workspace.store.audit)
    app.add_middleware(LanguageMiddleware)  # the answers of those inside are in the right language too
    app.add_middleware(SecurityHeadersMiddleware)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type", "If-None-Match"],
            expose_headers=["ETag", "Retry-After", "X-Request-ID"],
        )
    install_error_handlers(app)
    return app
