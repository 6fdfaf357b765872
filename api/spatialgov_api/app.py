"""Assemble the application: everything is passed in, nothing is made at import."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

import spatialgov
from spatialgov.errors import InputError, SpatialGovError
from spatialgov.language import t
from spatialgov.store import Reading, Store, asking
from spatialgov.workspace import Workspace
from spatialgov.workspace.job_runner import JobRunner
from spatialgov.workspace.nation import NationalLookup
from spatialgov_api import ogc
from spatialgov_api.access import Access, AccessMiddleware
from spatialgov_api.compressing import CompressionMiddleware
from spatialgov_api.dependencies import check_plans, refuse_foreign_pages
from spatialgov_api.document import with_problems
from spatialgov_api.errors import install_error_handlers
from spatialgov_api.http_protocol import LookupProtocol, ShortPath
from spatialgov_api.metrics import Metrics
from spatialgov_api.middleware import BodyLimitMiddleware, LanguageMiddleware, TimeLimitMiddleware
from spatialgov_api.observing import Observation
from spatialgov_api.page_files import PageFiles
from spatialgov_api.reading import ReadingMiddleware
from spatialgov_api.routers import (
    accounts,
    advice,
    analysis,
    analyst,
    assessment,
    coverage,
    editions,
    field_packs,
    incident_analysis,
    jobs,
    journal,
    loading,
    locate,
    nation,
    operation,
    pages,
    plans,
    reports,
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


_API = "/api/v1"
_SETTLE_S = 0.5
"""So often the counts of the short path are handed on, and it is asked whether there is a newer edition."""
_SWITCH_S = 0.0005
"""So long, instead of Python's 5 ms, the loop that reads and writes waits for its turn beside a thread that computes:
it waits so at every event, and half a second of computing would hold up hundreds of lookups."""

_log = logging.getLogger("spatialgov.service")


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


def _take_up(workspace: Workspace) -> None:
    """Make ready for lookups in the edition in force, so that a new one is answered from before it is asked for."""
    try:
        with asking(Reading(may_lag=True)):
            workspace.locations.open_in_force()
    except (SpatialGovError, OSError) as error:  # those who ask are told, and so is `readyz`
        _log.debug("%s", error)


def _refuse_secrets_of_their_own(settings: Settings) -> None:
    """Refuse hosts that share a folder and no secret: who signs in on one would be a stranger to the others."""
    if settings.shared_url is not None and settings.secret is None:
        raise InputError(
            t(
                "Several hosts serve this store, and each would sign tokens of its own.",
                "多台服务器共同提供服务，但各自使用不同的令牌密钥。",
            ),
            remedy=t(
                "Give all of them the same SPATIALGOV_SECRET: openssl rand -base64 48",
                "请为所有服务器设置相同的 SPATIALGOV_SECRET：openssl rand -base64 48",
            ),
        )


def _workspace(settings: Settings, store: Store | None) -> Workspace:
    if store is not None:
        return Workspace(store, settings.data_dir, settings.shared_url)
    return Workspace.open(
        settings.data_dir,
        settings.database_url,
        replica_url=settings.read_database_url,
        most_lag_s=settings.most_lag_seconds,
        shared_url=settings.shared_url,
    )


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
    _refuse_secrets_of_their_own(settings)
    workspace = _workspace(settings, store)
    access = Access(workspace, settings)
    metrics = Metrics(workspace)

    async def settle(stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _SETTLE_S)
            metrics.settle()
            await asyncio.to_thread(_take_up, workspace)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, tuple[ShortPath, ...]]]:
        sys.setswitchinterval(_SWITCH_S)
        app.openapi()  # with all that routes are made of: it would hold up whoever asks first
        if (server := parent_process()) is not None:  # one worker of several
            gc.freeze()  # all of it stays: to look through it for garbage holds up everybody for a fifth of a second
            Thread(target=_stop_with, args=(server.sentinel,), name="server", daemon=True).start()
        stopping = asyncio.Event()
        settling = asyncio.create_task(settle(stopping))
        runner = JobRunner(workspace.store, workspace.data_dir, workspace.jobs, processes=settings.job_processes)
        runner.start()
        short = (
            ShortLocate(workspace, access, metrics),
            ogc.ShortReadings(workspace.features, access, metrics, workspace.locations),
        )
        yield {LookupProtocol.state_key: short}
        stopping.set()
        await settling
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
    app.state.nation = None if settings.nation_dir is None else NationalLookup(settings.nation_dir)
    app.state.sign_in_limits = sign_in.SignInLimits()
    families = (
        locate.router,
        nation.router,
        field_packs.router,
        plans.router,
        journal.router,
        scenarios.router,
        workbench.router,
        editions.router,
        analysis.router,
        assessment.router,
        incident_analysis.router,
        analyst.router,
        reports.router,
        coverage.router,
        advice.router,
        service.router,
        staffing.router,
        jobs.router,
        loading.router,
        sign_in.router,
        accounts.router,
    )
    checks = [Depends(refuse_foreign_pages), Depends(check_plans)]
    for family in families:  # one by one: FastAPI works out a router's routes anew for each router around it
        app.include_router(family, prefix=_API, dependencies=checks)
    app.include_router(pages.router)
    app.include_router(ogc.features)
    app.include_router(ogc.tiles)
    app.include_router(sign_in.pages)
    app.include_router(operation.router)
    app.state.page_files = PageFiles(static_dir())
    app.mount("/static", app.state.page_files, name="static")
    _surround(app, workspace, access, settings)
    install_error_handlers(app)
    return app


def _surround(app: FastAPI, workspace: Workspace, access: Access, settings: Settings) -> None:
    """Put around the routes what every request passes; each one stands around those before it."""
    app.add_middleware(ogc.ShortFeatures, features=workspace.features)
    app.add_middleware(CompressionMiddleware, path=_API + "/")
    app.add_middleware(BodyLimitMiddleware)
    app.add_middleware(TimeLimitMiddleware, seconds=settings.most_seconds)
    app.add_middleware(ReadingMiddleware, workspace=workspace, most_lag_s=settings.most_lag_seconds)
    app.add_middleware(AccessMiddleware, access=access, log=workspace.store.audit)
    app.add_middleware(LanguageMiddleware)  # the answers of those inside are in the right language too
    app.add_middleware(SecurityHeadersMiddleware)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type", "If-None-Match"],
            expose_headers=["ETag", "Retry-After", "SpatialGov-Edition", "X-Request-ID"],
        )
