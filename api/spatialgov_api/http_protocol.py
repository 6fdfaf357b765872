"""uvicorn's HTTP protocol, with a short path for the one question that field apps ask all day.

An answer by way of ASGI costs uvicorn a task, an event and a dozen objects: four times what a lookup does (measured,
docs/benchmarks/locate_http.md). So a lookup that `ShortLocate` can answer is answered as soon as its headers have been
read; all else goes the way that it would have gone, and so does a lookup whenever the connection is not idle.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from spatialgov_api.short_locate import ShortLocate

__all__ = ["LookupProtocol"]


class LookupProtocol(HttpToolsProtocol):
    """A connection; the application hands its `ShortLocate` over as the lifespan state of this name."""

    state_key = "short_locate"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._short: ShortLocate | None = self.app_state.get(self.state_key)
        if self.root_path or self.limit_concurrency is not None or self.config.access_log:
            self._short = None  # only the long way knows of these
        self._answered = False

    def on_headers_complete(self) -> None:
        """Answer a lookup at once, or go the long way."""
        short = self._short
        if short is not None and self.url.startswith(short.path) and self._is_idle() and self._is_plain_get():
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
