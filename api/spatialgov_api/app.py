"""Assemble the application: everything is passed in, nothing is made at import."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

import spatialgov
from spatialgov.store import Store
from spatialgov.workspace import Workspace
from spatialgov_api.access import Access, AccessMiddleware
from spatialgov_api.dependencies import check_plans, refuse_foreign_pages
from spatialgov_api.document import with_problems
from spatialgov_api.errors import install_error_handlers
from spatialgov_api.middleware import BodyLimitMiddleware, LanguageMiddleware
from spatialgov_api.routers import accounts, analysis, locate, pages, plans, sign_in
from spatialgov_api.security_headers import SecurityHeadersMiddleware
from spatialgov_api.settings import Settings
from spatialgov_api.short_locate import SHORT_PATH, ShortLocate
from spatialgov_maps import static_dir

__all__ = ["create_app"]


class _Service(FastAPI):
    """FastAPI with a short path before all of its middleware."""

    def __init__(self, short_locate: ShortLocate, access: Access, **options: Any) -> None:
        super().__init__(**options)
        self._short_locate = short_locate
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == SHORT_PATH:
            right = self._access.allows_locate(scope["headers"], scope.get("client"))
            # whoever is limited to some jurisdictions takes the long way
            if right is not None and right.granted is None and await self._short_locate.answer(scope, send):
                return
        await super().__call__(scope, receive, send)


def create_app(settings: Settings | None = None, store: Store | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings
        Read from the environment when not given.
    store
        An open store, which the caller closes; otherwise the one in ``settings.data_dir`` is opened, and closed when
        the application ends.
    """
    settings = settings or Settings()
    workspace = Workspace(store, settings.data_dir) if store is not None else Workspace.open(settings.data_dir)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        if store is None:
            workspace.close()

    access = Access(workspace, settings)
    app = _Service(
        ShortLocate(workspace),
        access,
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
    app.state.access = access
    app.state.sign_in_limits = sign_in.SignInLimits()
    v1 = APIRouter(prefix="/api/v1", dependencies=[Depends(refuse_foreign_pages), Depends(check_plans)])
    for family in (locate.router, plans.router, analysis.router, sign_in.router, accounts.router):
        v1.include_router(family)
    app.include_router(v1)
    app.include_router(pages.router)
    app.include_router(sign_in.pages)

    @app.get("/healthz", tags=["service"], summary="Is the service alive?")
    def healthz() -> dict[str, str]:
        return {"status": "ok", "version": spatialgov.__version__}

    app.mount("/static", StaticFiles(directory=static_dir()), name="static")
    # Each one stands around those before it.
    app.add_middleware(BodyLimitMiddleware)
    app.add_middleware(AccessMiddleware, access=access, log=workspace.store.audit)
    app.add_middleware(LanguageMiddleware)  # the answers of those inside are in the right language too
    app.add_middleware(SecurityHeadersMiddleware)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type", "If-None-Match"],
            expose_headers=["ETag", "Retry-After"],
        )
    install_error_handlers(app)
    app.openapi_schema = with_problems(app.openapi())
    return app
