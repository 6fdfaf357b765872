"""The short path of ``GET /api/v1/locate``: sound questions are answered before the framework unpacks them.

What the short path can't answer in full (a parameter more or less, a bad number, a location outside, an edition that
may be out of date) goes the long way, through the route of the same address: so there is one set of rules and one set
of error messages, and this file holds none of them.
"""

import json
import re
from dataclasses import asdict

from starlette.types import Message, Scope, Send

from spatialgov.datum import DATUMS
from spatialgov.workspace import Location, Workspace

__all__ = ["ShortLocate", "edition_tag"]

_PATH = "/api/v1/locate"
_DEGREES = re.compile(rb"-?[0-9]{1,3}(?:\.[0-9]{1,17})?", re.ASCII)
_DATUMS = {name.encode(): name for name in DATUMS}
_PARAMETERS = {b"lon", b"lat", b"datum"}
_MOST_KEPT = 300_000
"""Grids whose answers are kept encoded: a town has hundreds, the largest city under 200,000."""


def edition_tag(edition: int) -> str:
    """Give the entity tag of answers that hold for an edition: for one address they change with it, and only then."""
    return f'"edition-{edition}"'


class ShortLocate:
    """Answers sound lookups of the edition in force."""

    def __init__(self, workspace: Workspace) -> None:
        self._locations = workspace.locations
        self._edition = 0
        self._tag = b""
        self._encoded: dict[tuple[str, str, bool], tuple[Message, Message]] = {}

    async def answer(self, scope: Scope, send: Send) -> bool:
        """Answer a request if it is a sound lookup; gives whether it was."""
        if scope["type"] != "http" or scope["path"] != _PATH or scope["method"] != "GET":
            return False
        found = self._found(scope["query_string"])
        if found is None:
            return False
        start, body = self._messages(found)
        for name, value in scope["headers"]:
            if name == b"if-none-match" and value == self._tag:
                start = {"type": "http.response.start", "status": 304, "headers": [(b"etag", self._tag)]}
                body = {"type": "http.response.body", "body": b""}
        await send(start)
        await send(body)
        return True

    def _found(self, query: bytes) -> Location | None:
        """Give the location that a plain query asks for, None for whatever takes the long way."""
        parts = query.split(b"&")
        if len(parts) != 3:
            return None
        given = dict(part.partition(b"=")[::2] for part in parts)
        if given.keys() != _PARAMETERS:
            return None
        lon, lat, datum = given[b"lon"], given[b"lat"], _DATUMS.get(given[b"datum"])
        if datum is None or _DEGREES.fullmatch(lon) is None or _DEGREES.fullmatch(lat) is None:
            return None
        return self._locations.find_at_once(float(lon), float(lat), datum)

    def _messages(self, found: Location) -> tuple[Message, Message]:
        """Give the answer's messages; grids have few different answers, so they are encoded once."""
        if found.edition != self._edition or len(self._encoded) > _MOST_KEPT:
            self._edition, self._tag, self._encoded = found.edition, edition_tag(found.edition).encode(), {}
        key = found.code, found.datum, found.on_border
        if key not in self._encoded:
            body = json.dumps(asdict(found), ensure_ascii=False, separators=(",", ":")).encode()
            headers = [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                (b"etag", self._tag),
                (b"cache-control", b"no-cache"),
            ]
            self._encoded[key] = (
                {"type": "http.response.start", "status": 200, "headers": headers},
                {"type": "http.response.body", "body": body},
            )
        return self._encoded[key]
