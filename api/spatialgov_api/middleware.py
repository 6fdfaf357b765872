"""What every request passes: the language that it asks for, and limits on its body and on its time."""

import asyncio

from fastapi import HTTPException
from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spatialgov.language import Language, language_of, using_language
from spatialgov.time_limit import time_limit

__all__ = [
    "MOST_BYTES",
    "MOST_SECONDS_TO_SEND",
    "BodyLimitMiddleware",
    "LanguageMiddleware",
    "TimeLimitMiddleware",
    "language_asked",
]

MOST_BYTES = 16 * 2**20
"""Largest body of a request: 100,000 locations or moves take about a quarter of it."""


def language_asked(scope: Scope) -> Language:
    """Give the language that a request asks for: ``?lang=``, else ``Accept-Language``."""
    return language_of(QueryParams(scope["query_string"]).get("lang") or Headers(scope=scope).get("accept-language"))


MOST_SECONDS_TO_SEND = 60
"""Within these a body must have come: a client that sends a byte now and then would hold a connection for ever."""


class LanguageMiddleware:
    """Answer in the language that the request asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the language for as long as the request lasts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with using_language(language_asked(scope)):
            await self._app(scope, receive, send)


class TimeLimitMiddleware:
    """Give each request a deadline, which queries and costly loops keep: see `spatialgov.time_limit`."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the deadline for as long as the request lasts."""
        with time_limit(self._seconds):
            await self._app(scope, receive, send)


class BodyLimitMiddleware:
    """Read a body only as far as it is small, quick and plain.

    Beyond `MOST_BYTES`, whatever its length is said to be, the answer is 413; after `MOST_SECONDS_TO_SEND` it is 408.
    Compressed ones are not read (415): what they unfold into has no limit.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received, and how long it takes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received, complete, deadline = 0, False, 0.0
        encoding = Headers(scope=scope).get("content-encoding", "identity").strip().lower()

        async def limited() -> Message:
            nonlocal received, complete, deadline
            if complete:  # what comes now is that the client has gone
                return await receive()
            if encoding not in ("", "identity"):
                raise HTTPException(415)
            deadline = deadline or asyncio.get_running_loop().time() + MOST_SECONDS_TO_SEND
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(408, headers={"connection": "close"}) from error
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > MOST_BYTES:
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)
