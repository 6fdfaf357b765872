"""uvicorn's HTTP protocol, with a short path for what field apps and maps ask all day.

An answer by way of ASGI costs uvicorn a task, an event and a dozen objects: four times what a lookup does (measured,
docs/benchmarks/locate_http.md). So what `ShortLocate` or `ShortReadings` can answer is answered as soon as its headers
have been read; all else goes the way that it would have gone, and so does this whenever the connection is not idle.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["LookupProtocol", "ShortPath"]


class ShortPath(Protocol):
    """Answers plain GET requests whose target begins with `path`, or gives None; see `ShortLocate`."""

    path: bytes

    def answer(
        self, rest: bytes, headers: list[tuple[bytes, bytes]], client: tuple[str, int] | None, /
    ) -> tuple[bytes, bytes] | None:
        """Give what comes before the server's own headers, and all that comes after them."""


class LookupProtocol(HttpToolsProtocol):
    """A connection; the application hands its short paths over as the lifespan state of this name."""

    state_key = "short_paths"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._shorts: Sequence[ShortPath] = self.app_state.get(self.state_key, ())
        config = self.config
        if self.root_path or self.limit_concurrency is not None or config.access_log or config.is_ssl:
            self._shorts = ()  # only the long way knows of these
        self._answered = False

    def on_headers_complete(self) -> None:
        """Answer at once, or go the long way."""
        for short in self._shorts:
            if self.url.startswith(short.path) and self._is_idle() and self._is_plain_get():
                answer = short.answer(self.url[len(short.path) :], self.headers, self.client)
                if answer is not None:
                    head, rest = answer
                    own = [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
                    self.transport.write(b"".join((head, *own, rest)))
                    self.server_state.total_requests += 1
                    self._answered = True
                    return
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request; a connection that was answered at once waits for the next one."""
        if not self._answered:
            super().on_message_complete()
            return
        self._answered = False
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _is_idle(self) -> bool:
        """Whether every earlier request is answered and read: answers must not overtake each other."""
        done = self.cycle is None or self.cycle.response_complete
        return done and not self.flow.write_paused and not self.transport.is_closing()

    def _is_plain_get(self) -> bool:
        parser = self.parser
        return bool(parser.get_method() == b"GET" and parser.get_http_version() == "1.1" and parser.should_keep_alive())
