"""Headers that keep browsers from doing more with an answer than show it."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["PLAIN_HEADERS", "SecurityHeadersMiddleware"]

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_PAGE_POLICY = "frame-ancestors 'none'; object-src 'none'; base-uri 'none'"
"""What pages can't say of themselves; each page's own policy stands in its head, and a browser obeys both."""
_DATA_POLICY = b"default-src 'none'; frame-ancestors 'none'"
_STATIC_POLICY = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
"""Of scripts: a worker obeys that of its own file, and MapLibre's fetch tiles."""

PLAIN_HEADERS = (*_ALWAYS, (b"content-security-policy", _DATA_POLICY), (b"cache-control", b"private, no-cache"))
"""For an answer of data, as ASGI has headers: for whoever answers before the middleware."""


class SecurityHeadersMiddleware:
    """Add the headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, with_headers)


def _add(headers: MutableHeaders, scope: Scope) -> None:
    page = headers.get("content-type", "").startswith("text/html")
    if scope["path"].startswith("/static/"):
        headers.setdefault("cache-control", "no-cache")
        headers["content-security-policy"] = _STATIC_POLICY
    for name, value in PLAIN_HEADERS:
        headers.setdefault(name.decode(), value.decode())
    if page:
        headers["content-security-policy"] = _PAGE_POLICY
    if scope["scheme"] == "https":
        headers["strict-transport-security"] = "max-age=31536000"
