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
from spatialgov.locate import Match
from spatialgov.workspace import OpenEdition, Workspace

__all__ = ["SHORT_PATH", "ShortLocate", "edition_tag"]

SHORT_PATH = "/api/v1/locate"
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
        self._edition: OpenEdition | None = None
        self._tag = b""
        self._encoded: dict[tuple[str, bool, str], tuple[Message, Message]] = {}

    async def answer(self, scope: Scope, send: Send) -> bool:
        """Answer a request if it is a sound lookup; gives whether it was."""
        if scope["type"] != "http" or scope["path"] != SHORT_PATH or scope["method"] != "GET":
            return False
        found = self._answer(scope["query_string"])
        if found is None:
            return False
        start, body = found
        for name, value in scope["headers"]:
            if name == b"if-none-match" and value == self._tag:
                start = {"type": "http.response.start", "status": 304, "headers": [(b"etag", self._tag)]}
                body = {"type": "http.response.body", "body": b""}
        await send(start)
        await send(body)
        return True

    def _answer(self, query: bytes) -> tuple[Message, Message] | None:
        """Give the messages of the answer to a plain query, None for whatever takes the long way."""
        parts = query.split(b"&")
        if len(parts) != 3:
            return None
        given = dict(part.partition(b"=")[::2] for part in parts)
        if given.keys() != _PARAMETERS:
            return None
        lon, lat, datum = given[b"lon"], given[b"lat"], _DATUMS.get(given[b"datum"])
        if datum is None or _DEGREES.fullmatch(lon) is None or _DEGREES.fullmatch(lat) is None:
            return None
        found = self._locations.find_at_once(float(lon), float(lat), datum)
        return None if found is None else self._messages(*found, datum)

    def _messages(self, match: Match, edition: OpenEdition, datum: str) -> tuple[Message, Message]:
        """Give the answer's messages; grids have few different answers, so they are encoded once."""
        if edition is not self._edition or len(self._encoded) > _MOST_KEPT:
            self._edition, self._tag, self._encoded = edition, edition_tag(edition.edition.id).encode(), {}
        assert match.code is not None
        key = match.code, match.on_border, datum
        if key not in self._encoded:
            found = edition.location(match, datum)
            body = json.dumps(asdict(found), ensure_ascii=False, separators=(",", ":")).encode()
            headers = [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                (b"etag", self._tag),
            ]
            self._encoded[key] = (
                {"type": "http.response.start", "status": 200, "headers": headers},
                {"type": "http.response.body", "body": body},
            )
        return self._encoded[key]
