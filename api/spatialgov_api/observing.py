"""What is noted of every request on the long way: an id, a figure, and a line of the log where that is wanted."""

import logging
import re
import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spatialgov.logs import request_id
from spatialgov_api.metrics import Metrics

__all__ = ["Observation"]

_SOUND_ID = re.compile(rb"[0-9A-Za-z._-]{1,64}", re.ASCII)
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_log = logging.getLogger("spatialgov.access")


class Observation:
    """Around the whole application: its answers to what went wrong pass through here too.

    The id is the caller's ``X-Request-ID`` where that is letters, digits, ``.``, ``_`` and ``-``, at most 64 of them,
    else a new one. It stands in the answer, in ``scope["request_id"]`` and in every line of the log.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = _id_of(scope)
        scope["request_id"] = name
        token = request_id.set(name)
        begun, status, ended = time.perf_counter(), 500, False

        async def noting(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", name.encode())]
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception:
            if not ended:
                raise  # the server ends the connection
            # it was logged and answered (`spatialgov_api.errors`): nothing is left to be said
        finally:
            self._note(scope, status, time.perf_counter() - begun)
            request_id.reset(token)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = _route_of(scope)
        self._metrics.answered(method, route, status, seconds)
        if _log.isEnabledFor(logging.INFO):
            about = {
                "method": method,
                "route": route,
                "path": scope["path"],
                "status": status,
                "ms": round(1e3 * seconds, 3),
                "who": scope.get("principal_name", "local"),
            }
            _log.info("request", extra=about)


def _id_of(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SOUND_ID.fullmatch(value):
            return str(value, "ascii")
    return secrets.token_hex(8)


def _route_of(scope: Scope) -> str:
    """Give the template of the route that answered: there are few of them, whatever is asked for."""
    path: str = scope["path"]
    template = getattr(scope.get("route"), "path_format", None)
    if template is not None:
        # FastAPI names the route without the prefix of the router that it is in: that is what the path has before it
        return path.rsplit("/", template.count("/"))[0] + str(template)
    return "/static" if path.startswith("/static/") else "none"
