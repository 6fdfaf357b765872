"""The routes of OGC API - Features (parts 1 to 3), a set for each collection: so each has its rule of access."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from spatialgov.workspace import COLLECTIONS, Asker
from spatialgov.workspace.feature_crs import CRS84, ExchangeCrs
from spatialgov.workspace.feature_tables import FeaturePage
from spatialgov_api.access.rules import RULES
from spatialgov_api.ogc.description import description
from spatialgov_api.ogc.documents import collection, conformance, landing, landing_page, schema
from spatialgov_api.ogc.links import GEOJSON_TYPE, SCHEMA_TYPE, base_url, link
from spatialgov_api.ogc.parameters import Wanted, read
from spatialgov_api.ogc.viewing import asker_of, features_of
from spatialgov_api.problem_pages import wants_page

__all__ = ["item_answer", "items_answer", "no_systems", "router"]

router = APIRouter(prefix="/ogc", include_in_schema=False)

_OPENAPI_TYPE = "application/vnd.oai.openapi+json;version=3.0"


def no_systems() -> list[ExchangeCrs]:
    """Give no coordinate reference system but the usual one, which needs no naming."""
    return [CRS84]


@router.get("")
@router.get("/")
def landing_route(request: Request) -> Response:
    """Give where everything else is."""
    base = base_url(request)
    if wants_page(request):
        asker = asker_of(request)
        return HTMLResponse(landing_page(base, _names(request, asker), features_of(request)))
    return JSONResponse(landing(base))


@router.get("/conformance")
def conformance_route() -> Response:
    """Give what the interface keeps to."""
    return JSONResponse(conformance())


@router.get("/api")
def description_route(request: Request) -> Response:
    """Give the OpenAPI document, with the collections that the asker may read."""
    features, asker = features_of(request), asker_of(request)
    kinds = {name: features.kinds(name, asker) for name in _names(request, asker)}
    return JSONResponse(description(base_url(request), features, kinds), media_type=_OPENAPI_TYPE)


@router.get("/collections")
def collections_route(request: Request) -> Response:
    """List the collections that the asker may read and in which there is something."""
    base, asker = base_url(request), asker_of(request)
    listed = [_collection(request, name, asker) for name in _names(request, asker)]
    crs = [one.uri for one in features_of(request).systems()]
    return JSONResponse({"links": [link(f"{base}/collections", "self")], "crs": crs, "collections": listed})


def _names(request: Request, asker: Asker) -> list[str]:
    allowed = request.scope["principal"].permissions
    features = features_of(request)
    return [
        name
        for name in COLLECTIONS
        if RULES["GET", f"/ogc/collections/{name}/items"].permission in allowed and features.has(name, asker)
    ]


def _collection(request: Request, name: str, asker: Asker) -> dict[str, Any]:
    features = features_of(request)
    extent, span = features.extent(asker), features.span(name, asker)
    return collection(name, base_url(request), features, features.systems(), extent, span)


def _items(name: str) -> Callable[[Request], Response]:
    def items(request: Request) -> Response:
        features, asker = features_of(request), asker_of(request)
        parameters = request.query_params.multi_items()
        wanted = read(name, parameters, lambda: features.kinds(name, asker), features.systems)
        assert wanted is not None
        edition = features.edition_number(wanted.edition, wanted.as_of)
        return items_answer(request, name, wanted, features.page(name, wanted.asked, asker, edition=edition))

    return items


def items_answer(request: Request, name: str, wanted: Wanted, page: FeaturePage) -> Response:
    """Answer with a page; the link to the next one names the edition, so that all pages are of the same."""
    here = f"{base_url(request)}/collections/{name}"
    links = [
        link(_with(f"{here}/items", wanted.given), "self", GEOJSON_TYPE),
        link(here, "collection"),
    ]
    if page.next is not None:
        given = {key: value for key, value in wanted.given.items() if key not in ("offset", "as_of")}
        pinned = {} if page.edition is None else {"edition": str(page.edition)}
        links.append(link(_with(f"{here}/items", {**given, "after": page.next, **pinned}), "next", GEOJSON_TYPE))
    head = {
        "type": "FeatureCollection",
        **({} if page.matched is None else {"numberMatched": page.matched}),
        "numberReturned": len(page.features),
        "links": links,
    }
    body = b"".join((msgspec.json.encode(head)[:-1], b',"features":[', b",".join(page.features), b"]}"))
    return Response(body, media_type=GEOJSON_TYPE, headers={"content-crs": f"<{wanted.asked.crs.uri}>"})


def _with(address: str, given: Any) -> str:
    return f"{address}?{urlencode(given)}" if given else address


def _item(name: str) -> Callable[[Request, str], Response]:
    def item(request: Request, feature_id: str) -> Response:
        features, asker = features_of(request), asker_of(request)
        wanted = read(name, request.query_params.multi_items(), lambda: {}, features.systems)
        assert wanted is not None
        edition = features.edition_number(wanted.edition, wanted.as_of)
        return item_answer(
            request, name, wanted, features.feature(name, feature_id, wanted.asked.crs, asker, edition=edition)
        )

    return item


def item_answer(request: Request, name: str, wanted: Wanted, feature: bytes) -> Response:
    """Answer with one feature."""
    here = f"{base_url(request)}/collections/{name}"
    this = quote(request.scope["path"].rpartition("/")[2])
    links = [link(_with(f"{here}/items/{this}", wanted.given), "self", GEOJSON_TYPE), link(here, "collection")]
    body = b"".join((feature[:-1], b',"links":', msgspec.json.encode(links), b"}"))
    return Response(body, media_type=GEOJSON_TYPE, headers={"content-crs": f"<{wanted.asked.crs.uri}>"})


def _about(name: str) -> Callable[[Request], Response]:
    def about(request: Request) -> Response:
        return JSONResponse(_collection(request, name, asker_of(request)))

    return about


def _schema(name: str, kind: str) -> Callable[[Request], Response]:
    def give(request: Request) -> Response:
        features = features_of(request)
        kinds = features.kinds(name, asker_of(request))
        address = f"{base_url(request)}/collections/{name}/{kind}"
        return JSONResponse(schema(name, address, features.title(name), kinds), media_type=SCHEMA_TYPE)

    return give


for _name in COLLECTIONS:
    _here = f"/collections/{_name}"
    router.add_api_route(_here, _about(_name))
    router.add_api_route(f"{_here}/schema", _schema(_name, "schema"))
    router.add_api_route(f"{_here}/queryables", _schema(_name, "queryables"))
    router.add_api_route(f"{_here}/items", _items(_name))
    router.add_api_route(f"{_here}/items/{{feature_id}}", _item(_name))
