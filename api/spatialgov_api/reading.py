"""What every request reads from, the primary or a replica that may lag, and which edition its answer comes from."""

import math

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spatialgov.store import Reading, asking
from spatialgov.workspace import Workspace
from spatialgov_api.access.rules import Rule

__all__ = ["EDITION_HEADER", "ReadingMiddleware"]

EDITION_HEADER = "spatialgov-edition"
"""The edition that an answer was computed from; where it needs none, that which is in force as far as this host knows.
"""

_WROTE = "spatialgov_wrote"
"""Name of the cookie of a browser that has just changed something: it is to see that, whichever host answers."""


class ReadingMiddleware:
    """Stands inside the control of access, which gives the request's rule in ``scope["rule"]``.

    A question that the replica did not answer to its end is asked again, of the primary, before anything is answered.
    """

    def __init__(self, app: ASGIApp, workspace: Workspace, most_lag_s: float) -> None:
        self._app = app
        self._workspace = workspace
        self._most_lag_s = most_lag_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and again if need be."""
        rule: Rule | None = scope.get("rule")
        if rule is None or rule.permission is None:  # it gives nothing of what the store holds
            await self._app(scope, receive, send)
            return
        replicated = self._workspace.store.replica_state() is not None
        this = Reading(may_lag=replicated and rule.may_lag and _WROTE not in _cookies(scope))
        again = this.may_lag and scope["method"] in ("GET", "HEAD")
        broken_off = False

        async def passing(message: Message) -> None:
            nonlocal broken_off
            if message["type"] == "http.response.start":
                broken_off = again and this.broken_off and message["status"] == 503
                headers = MutableHeaders(scope=message)
                edition = this.edition or self._workspace.locations.open_edition
                if edition is not None:
                    headers.setdefault(EDITION_HEADER, str(edition))
                if replicated and rule.kind == "change" and message["status"] < 400:
                    headers.append("set-cookie", self._cookie(scope))
            if not broken_off:
                await send(message)

        with asking(this):
            await self._app(scope, receive, passing)
        if broken_off:
            again, this = False, Reading(may_lag=False)
            with asking(this):
                await self._app(scope, receive, passing)

    def _cookie(self, scope: Scope) -> str:
        path = scope.get("root_path") or "/"
        return f"{_WROTE}=1; Max-Age={math.ceil(self._most_lag_s)}; Path={path}; HttpOnly; SameSite=Strict"


def _cookies(scope: Scope) -> dict[str, str]:
    return cookie_parser(Headers(scope=scope).get("cookie", ""))
