"""The short path of ``GET /api/v1/locate``: sound questions are answered before the framework unpacks them.

What the short path can't answer in full (a parameter more or less, a bad number, a location outside, an edition that
may be out of date, an asker who is limited to some jurisdictions) goes the long way, through the route of the same
address: so there is one set of rules and one set of error messages, and this file holds none of them.
`spatialgov_api.http_protocol` asks it.
"""

import json
import re
import secrets
from dataclasses import asdict
from itertools import count

from spatialgov.datum import DATUMS
from spatialgov.locate import Match
from spatialgov.workspace import OpenEdition, Workspace
from spatialgov_api.access import Access
from spatialgov_api.metrics import Metrics
from spatialgov_api.reading import EDITION_HEADER
from spatialgov_api.security_headers import PLAIN_HEADERS

__all__ = ["ShortLocate", "edition_tag"]

_DEGREES = rb"(-?[0-9]{1,3}(?:\.[0-9]{1,17})?)"
_DATUMS = {name.encode(): name for name in DATUMS}
_SOUND = re.compile(b"datum=(%b)&lat=%b&lon=%b" % (b"|".join(_DATUMS), _DEGREES, _DEGREES))
"""The parameters in alphabetical order, nothing beside them, no value in want of decoding."""
_UNSEEN = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"x-request-id", b"origin"))
"""Headers of requests that hold, or want, more than this file knows of."""
_MOST_KEPT = 300_000
"""Grids whose answers are kept encoded: a town has hundreds, the largest city under 200,000."""
_ALWAYS = b"".join(b"%b: %b\r\n" % header for header in PLAIN_HEADERS)

Headers = list[tuple[bytes, bytes]]


def edition_tag(edition: int) -> str:
    """Give the entity tag of answers that hold for an edition: for one address they change with it, and only then."""
    return f'"edition-{edition}"'


class ShortLocate:
    """Answers sound lookups of the edition in force."""

    path = b"/api/v1/locate?"

    def __init__(self, workspace: Workspace, access: Access, metrics: Metrics) -> None:
        self._locations = workspace.locations
        self._access = access
        self._metrics = metrics
        self._edition: OpenEdition | None = None
        self._tag = self._from = b""
        self._encoded: dict[tuple[str, bool, str], tuple[bytes, bytes]] = {}
        self._series, self._numbers = secrets.token_hex(6).encode(), count()

    def answer(self, query: bytes, headers: Headers, client: tuple[str, int] | None) -> tuple[bytes, bytes] | None:
        """Give the answer to a GET request, or None if it must go the long way.

        Parameters
        ----------
        query
            What follows `path` in the request's target.
        headers
            Of the request, names in lower case.
        client
            Address and port of whoever asks.

        Returns
        -------
        What comes before the server's own headers, and all that comes after them.
        """
        sound = _SOUND.fullmatch(b"&".join(sorted(query.split(b"&"))))
        if sound is None:
            return None
        name, lat, lon = sound.groups()
        datum = _DATUMS[name]
        found = self._locations.find_at_once(float(lon), float(lat), datum)
        if found is None:
            return None
        head, rest = self._encoded_answer(*found, datum)
        for name, value in headers:
            if name in _UNSEEN:
                return None
            if name == b"if-none-match" and value == self._tag:
                head, rest = (
                    b"HTTP/1.1 304 Not Modified\r\n" + _ALWAYS,
                    b"etag: " + self._tag + b"\r\n" + self._from + b"\r\n",
                )
        right = self._access.allows_locate(headers, client)
        if right is None or right.granted is not None:
            return None
        self._metrics.locate_answered()
        return b"%bx-request-id: %b%x\r\n" % (head, self._series, next(self._numbers)), rest

    def _encoded_answer(self, match: Match, edition: OpenEdition, datum: str) -> tuple[bytes, bytes]:
        """Give the answer; grids have few different ones, so they are encoded once."""
        if edition is not self._edition or len(self._encoded) > _MOST_KEPT:
            number = edition.edition.id
            self._edition, self._tag, self._encoded = edition, edition_tag(number).encode(), {}
            self._from = f"{EDITION_HEADER}: {number}\r\n".encode()
        assert match.code is not None
        key = match.code, match.on_border, datum
        if key not in self._encoded:
            found = edition.location(match, datum)
            body = json.dumps(asdict(found), ensure_ascii=False, separators=(",", ":")).encode()
            about = b"content-type: application/json\r\ncontent-length: %d\r\netag: %b\r\n%b\r\n" % (
                len(body), self._tag, self._from,
            )  # fmt: skip
            self._encoded[key] = b"HTTP/1.1 200 OK\r\n" + _ALWAYS, about + body
        return self._encoded[key]
