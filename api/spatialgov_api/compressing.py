"""Answers of the API as gzip, for browsers far away."""

import gzip

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["LEAST_BYTES", "CompressionMiddleware"]

LEAST_BYTES = 2048
"""Smaller answers take one packet or two either way."""
_LEVEL = 1
"""GeoJSON becomes a sixth of what it was, at 100 MB a second; level 6 makes it a seventh, four times slower."""
_KINDS = ("application/json", "application/geo+json", "text/csv")


class CompressionMiddleware:
    """Compress what GET requests below a path are answered with in one piece, as JSON or CSV.

    Answers to POST are read by software, mostly beside the service, which asks for many a second.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != "GET" or not self._is_ours(scope):
            await self._app(scope, receive, send)
            return
        reads_gzip = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        start: Message = {}

        async def compressed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _may_shrink(message):
                start = message  # its length is another when the body has shrunk
                return
            if start:
                body = message.get("body", b"")
                if not message.get("more_body", False) and len(body) >= LEAST_BYTES:
                    headers = MutableHeaders(raw=start["headers"])
                    headers.add_vary_header("Accept-Encoding")
                    if reads_gzip:
                        body = await to_thread.run_sync(lambda: gzip.compress(body, _LEVEL, mtime=0))
                        message = {**message, "body": body}
                        _write(headers, len(body))
                await send(start)
                start = {}
            await send(message)

        await self._app(scope, receive, compressed)

    def _is_ours(self, scope: Scope) -> bool:
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        return path.startswith(self._path)


def _may_shrink(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    return kind in _KINDS and "content-encoding" not in headers


def _write(headers: MutableHeaders, length: int) -> None:
    headers["content-encoding"] = "gzip"
    headers["content-length"] = str(length)
    tag = headers.get("etag", "W/")
    if not tag.startswith("W/"):
        headers["etag"] = f"W/{tag}"  # the same answer in another form
