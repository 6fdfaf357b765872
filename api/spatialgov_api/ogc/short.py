"""The short path of features and tiles that are at hand: answered before the framework looks for a route.

Looking through all routes and unpacking a request takes FastAPI several times as long as such an answer (measured).
What the short path can't answer in full (a parameter more, a state of the data that may be out of date, an asker who is
limited to some jurisdictions, whatever is wrong) goes the long way, through the route of the same address; so there is
one set of rules and one set of error messages.

It is taken as soon as a request's headers are read, by `spatialgov_api.http_protocol` (`ShortReadings`), where that is
the server's protocol and the request plain; else inside the control of access (`ShortFeatures`).
"""

import re
import secrets
import time
from functools import cache
from http import HTTPStatus
from itertools import count
from types import SimpleNamespace
from typing import Any

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from spatialgov.acts import Act
from spatialgov.errors import SpatialGovError
from spatialgov.workspace import Features, Locations
from spatialgov.workspace.feature_tables import FeatureTable
from spatialgov_api.access import RULES, Access
from spatialgov_api.metrics import Metrics
from spatialgov_api.ogc.features import item_answer, items_answer, no_systems
from spatialgov_api.ogc.parameters import Wanted, read
from spatialgov_api.ogc.tiles import tile_answer, tile_place
from spatialgov_api.ogc.viewing import is_everywhere
from spatialgov_api.reading import EDITION_HEADER
from spatialgov_api.security_headers import PLAIN_HEADERS

__all__ = ["ShortFeatures", "ShortReadings"]

_ADDRESS = re.compile(
    r"/ogc/collections/(?P<name>jurisdictions|grids|units|cameras)/"
    r"(?:items(?:/(?P<id>[^/]+))?|tiles/WebMercatorQuad/(?P<z>\d{1,2})/(?P<y>\d{1,8})/(?P<x>\d{1,8}))",
    re.ASCII,
)
_SOUND = re.compile(rb"([A-Za-z0-9_.:/-]+)(?:\?([A-Za-z0-9_.:/,&=-]*))?")
"""A target without anything in want of decoding."""
_UNSEEN = frozenset((
    b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"x-request-id", b"origin", b"forwarded",
    b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip",
))  # fmt: skip
"""Headers of requests that hold, or want, more than the server's protocol knows of."""
_EDITION = EDITION_HEADER.encode()
_ALWAYS = b"".join(b"%b: %b\r\n" % header for header in PLAIN_HEADERS)
_LINES = {status: b"HTTP/1.1 %d %b\r\n" % (status, HTTPStatus(status).phrase.encode()) for status in (200, 204, 304)}


class ShortFeatures:
    """Stands around the routes, inside the control of access."""

    def __init__(self, app: ASGIApp, features: Features) -> None:
        self._app = app
        self._features = features

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once, or pass the request on."""
        found = None
        if scope["type"] == "http" and scope["method"] == "GET":
            match = _ADDRESS.fullmatch(scope["path"].removeprefix(scope.get("root_path", "")))
            found = None if match is None else _answer(self._features, scope, match)
        if found is None:
            await self._app(scope, receive, send)
            return
        route, answer = found
        scope["route"] = SimpleNamespace(path_format=route)  # for the metrics
        await answer(scope, receive, send)


class ShortReadings:
    """Answers before a request becomes one of the application's: what the audit log need not have again."""

    path = b"/ogc/collections/"

    def __init__(self, features: Features, access: Access, metrics: Metrics, locations: Locations) -> None:
        self._features = features
        self._locations = locations
        self._access = access
        self._metrics = metrics
        self._series, self._numbers = secrets.token_hex(6).encode(), count()

    def answer(
        self, rest: bytes, headers: list[tuple[bytes, bytes]], client: tuple[str, int] | None
    ) -> tuple[bytes, bytes] | None:
        """Give the answer to a GET request, or None if it must go the long way.

        Parameters
        ----------
        rest
            What follows `path` in the request's target.
        headers
            Of the request, names in lower case.
        client
            Address and port of whoever asks.

        Returns
        -------
        What comes before the server's own headers, and all that comes after them.
        """
        begun = time.perf_counter()
        sound = _SOUND.fullmatch(rest)
        match = None if sound is None else _ADDRESS.fullmatch((self.path + sound[1]).decode())
        if sound is None or match is None or any(name in _UNSEEN for name, _ in headers):
            return None
        rule = RULES["GET", f"/ogc/collections/{match['name']}/items"]
        principal = self._access.principal_at_once(headers, client)
        if rule.kind != "reading" or principal is None or rule.permission not in principal.permissions:
            return None
        scope = {
            "type": "http", "method": "GET", "scheme": "http", "path": match[0], "query_string": sound[2] or b"",
            "root_path": "", "headers": headers, "client": client, "principal": principal,
        }  # fmt: skip
        found = _answer(self._features, scope, match)
        if found is None:
            return None
        route, answer = found
        if not self._access.readings.has(Act(principal.name, f"GET {route}", (client or ("",))[0])):
            return None
        self._metrics.answered("GET", route, answer.status_code, time.perf_counter() - begun)
        head = b"%b%bx-request-id: %b%x\r\n" % (_LINES[answer.status_code], _ALWAYS, self._series, next(self._numbers))
        about = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
        if _EDITION not in about and (edition := self._locations.open_edition) is not None:
            about += b"%b: %d\r\n" % (_EDITION, edition)
        return head, about + b"\r\n" + bytes(answer.body)


def _answer(features: Features, scope: dict[str, Any] | Scope, match: re.Match[str]) -> tuple[str, Response] | None:
    """Give the path of the route and the answer; None for what must go the long way."""
    request = Request(scope)
    if not is_everywhere(request):
        return None
    name = match["name"]
    try:
        asked = request.query_params.multi_items() if scope["query_string"] else ()
        wanted = read(name, asked, None, no_systems) if asked else _without_parameters(name)
        if wanted is None or (table := features.table_at_once(name, wanted.edition)) is None:
            return None
        end, answer = _answered(request, table, wanted, match)
    except SpatialGovError:
        return None
    if answer is None:
        return None
    if table.edition is not None:
        answer.raw_headers.append((_EDITION, b"%d" % table.edition))
    return f"/ogc/collections/{name}/{end}", answer


@cache
def _without_parameters(name: str) -> Wanted | None:
    """Give what is wanted by whoever names no parameter."""
    return read(name, (), None, no_systems)


def _answered(
    request: Request, table: FeatureTable, wanted: Wanted, match: re.Match[str]
) -> tuple[str, Response | None]:
    """Give the end of the route's path, and the answer; None for what is not at hand."""
    if match["z"] is not None:
        tile = table.tile(*tile_place(match["z"], match["x"], match["y"]), at_once=True)
        return "tiles/WebMercatorQuad/{z}/{y}/{x}", None if tile is None else tile_answer(request, tile)
    if match["id"] is not None:
        feature = table.feature(match["id"], wanted.asked.crs, at_once=True)
        answer = None if feature is None else item_answer(request, table.name, wanted, feature)
        return "items/{feature_id}", answer
    page = table.page(wanted.asked, at_once=True)
    return "items", None if page is None else items_answer(request, table.name, wanted, page)
