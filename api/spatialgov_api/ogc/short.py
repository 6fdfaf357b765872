"""The short path of items and tiles that are encoded already: answered before the framework looks for a route.

Looking through all routes and unpacking a request takes FastAPI several times as long as such an answer (measured).
What the short path can't answer in full (a parameter more, a state of the data that may be out of date, an asker who is
limited to some jurisdictions, whatever is wrong) goes the long way, through the route of the same address; so there is
one set of rules and one set of error messages. Who may ask has been settled before.
"""

import re
from types import SimpleNamespace

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from spatialgov.errors import SpatialGovError
from spatialgov.workspace import Features
from spatialgov_api.ogc.features import items_answer, no_systems
from spatialgov_api.ogc.parameters import read
from spatialgov_api.ogc.tiles import tile_answer, tile_place
from spatialgov_api.ogc.viewing import is_everywhere

__all__ = ["ShortFeatures"]

_ADDRESS = re.compile(
    r"/ogc/collections/(?P<name>jurisdictions|grids|units|cameras)/"
    r"(?:items|tiles/WebMercatorQuad/(?P<z>\d{1,2})/(?P<y>\d{1,8})/(?P<x>\d{1,8}))",
    re.ASCII,
)


class ShortFeatures:
    """Stands around the routes, inside the control of access."""

    def __init__(self, app: ASGIApp, features: Features) -> None:
        self._app = app
        self._features = features

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once, or pass the request on."""
        answer = self._answer(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        await (answer or self._app)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        match = _ADDRESS.fullmatch(scope["path"].removeprefix(scope.get("root_path", "")))
        if match is None:
            return None
        request = Request(scope)
        if not is_everywhere(request):
            return None
        name = match["name"]
        try:
            wanted = read(name, request.query_params.multi_items(), None, no_systems)
            if wanted is None or (table := self._features.table_at_once(name, wanted.edition)) is None:
                return None
            if match["z"] is None:
                page = table.page(wanted.asked, at_once=True)
                answer = None if page is None else items_answer(request, name, wanted, page)
            else:
                tile = table.kept_tile(*tile_place(match["z"], match["x"], match["y"]))
                answer = None if tile is None else tile_answer(request, tile)
        except SpatialGovError:
            return None
        if answer is not None:
            ends = "items" if match["z"] is None else "tiles/WebMercatorQuad/{z}/{y}/{x}"
            scope["route"] = SimpleNamespace(path_format=f"/ogc/collections/{name}/{ends}")  # for the metrics
        return answer
