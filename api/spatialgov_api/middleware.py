"""What every request passes: the language that it asks for, and a limit on its body."""

from fastapi import HTTPException
from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spatialgov.language import Language, language_of, using_language

__all__ = ["MOST_BYTES", "BodyLimitMiddleware", "LanguageMiddleware", "language_asked"]

MOST_BYTES = 16 * 2**20
"""Largest body of a request: 100,000 locations or moves take about a quarter of it."""


def language_asked(scope: Scope) -> Language:
    """Give the language that a request asks for: ``?lang=``, else ``Accept-Language``."""
    return language_of(QueryParams(scope["query_string"]).get("lang") or Headers(scope=scope).get("accept-language"))


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


class BodyLimitMiddleware:
    """Stop reading a body beyond `MOST_BYTES`, whatever its length is said to be: the answer is 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received."""
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MOST_BYTES:
                raise HTTPException(413)
            return message

        await self._app(scope, limited if scope["type"] == "http" else receive, send)
