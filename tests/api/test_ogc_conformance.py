"""What the test suites of the OGC look at (ets-ogcapi-features10, ets-ogcapi-tiles10), rule by rule.

The suites themselves are Java; these are their rules in our words, for all that ``/conformance`` claims.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import shapely

from spatialgov.workspace import COLLECTIONS
from spatialgov_api import Settings, create_app
from tests.coverage_town import found_camera_town
from tests.local_client import TestClient, local_client

JSON = "application/json"
GEOJSON = "application/geo+json"
REL = "http://www.opengis.net/def/rel/ogc/1.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with found_camera_town(tmp_path_factory.mktemp("conformance")) as town:
        yield local_client(create_app(Settings(data_dir=town.data_dir), town.store))


@pytest.fixture(scope="module")
def description(client: TestClient) -> dict[str, Any]:
    landing = client.get("/ogc").json()
    (link,) = [one for one in landing["links"] if one["rel"] == "service-desc"]
    answer = client.get(local(link["href"]))
    assert answer.headers["content-type"] == link["type"] == "application/vnd.oai.openapi+json;version=3.0"
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def collections(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/ogc/collections").json()["collections"]
    return found


def local(address: str) -> str:
    return urlsplit(address)._replace(scheme="", netloc="").geturl()


def linked(document: dict[str, Any], rel: str) -> str:
    (found,) = [one["href"] for one in document["links"] if one["rel"] == rel]
    return local(found)


def test_every_link_names_its_relation_and_its_type(client: TestClient, collections: list[dict[str, Any]]) -> None:
    documents = [client.get(f"/ogc{path}").json() for path in ("", "/collections")]
    documents += [*collections, *(client.get(linked(one, "items")).json() for one in collections)]
    documents += [client.get(f"{linked(one, 'self')}/tiles").json() for one in collections if one["id"] == "grids"]
    for document in documents:
        for link in document["links"]:
            assert link["rel"]
            assert link["type"]
            if not link.get("templated"):
                assert client.get(local(link["href"])).status_code == 200, link
    for document in documents[:-1]:
        assert [link["rel"] for link in document["links"]].count("self") == 1, document


def test_parameters_are_described_as_the_standard_has_them(description: dict[str, Any]) -> None:
    shapes = {"limit": "integer", "bbox": "array", "datetime": "string", "crs": "string", "bbox-crs": "string"}
    shapes |= {"filter": "string", "filter-lang": "string", "filter-crs": "string"}
    for name, kind in shapes.items():
        parameter = description["components"]["parameters"][name]
        assert parameter["name"] == name
        assert (parameter["in"], parameter["required"]) == ("query", False)
        assert (parameter["style"], parameter["explode"]) == ("form", False)
        assert parameter["schema"]["type"] == kind
    limit = description["components"]["parameters"]["limit"]["schema"]
    assert 1 <= limit["minimum"] <= limit["default"] <= limit["maximum"]
    bbox = description["components"]["parameters"]["bbox"]["schema"]
    assert (bbox["minItems"], bbox["maxItems"], bbox["items"]) == (4, 6, {"type": "number"})


def test_operations_have_names_of_their_own_that_end_as_tiles_want_it(description: dict[str, Any]) -> None:
    operations = {path: what["get"]["operationId"] for path, what in description["paths"].items()}
    assert len(set(operations.values())) == len(operations)
    ends = {
        "/tiles": ".collection.vector.getTileSetsList",
        "/tiles/WebMercatorQuad": ".collection.vector.getTileSet",
        "/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}": ".collection.vector.getTile",
        "/tileMatrixSets": "getTileMatrixSetsList",
        "/tileMatrixSets/WebMercatorQuad": "getTileMatrixSet",
    }
    for path, name in operations.items():
        for end, wanted in ends.items():
            if path.endswith(end):
                assert name.endswith(wanted), path
    for path, what in description["paths"].items():
        named = {part["name"] for part in what["get"]["parameters"] if part.get("in") == "path"}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}
        assert what["get"]["responses"]["200"]["description"]


def test_collections_tell_where_and_when(collections: list[dict[str, Any]]) -> None:
    for one in collections:
        assert one["crs"][0] == CRS84
        assert one["storageCrs"] in one["crs"]
        assert one["itemType"] == "feature"
        ((west, south, east, north),) = one["extent"]["spatial"]["bbox"]
        assert -180 <= west < east <= 180
        assert -90 <= south < north <= 90
        assert ("temporal" in one["extent"]) == (one["id"] == "incidents")
    (incidents,) = [one for one in collections if one["id"] == "incidents"]
    first, last = incidents["extent"]["temporal"]["interval"][0]
    assert datetime.fromisoformat(first) < datetime.fromisoformat(last)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_items(client: TestClient, name: str) -> None:
    here = f"/ogc/collections/{name}/items"
    whole = client.get(here, params={"limit": 10_000})
    assert whole.headers["content-type"] == GEOJSON
    found = whole.json()
    assert found["type"] == "FeatureCollection"
    assert found["numberMatched"] == found["numberReturned"] == len(found["features"])
    for limit in (1, 2):
        page = client.get(here, params={"limit": limit}).json()
        assert page["numberReturned"] == len(page["features"]) <= limit
        assert page["numberMatched"] == found["numberMatched"]
        assert any(link["rel"] == "next" for link in page["links"]) == (found["numberMatched"] > limit)
    assert client.get(here, params={"limit": 10_001}).status_code == 200
    for query in (
        "limit=0",
        "limit=x",
        "bbox=1,2,3",
        "unknown=1",
        "datetime=2018",
        "crs=urn:x",
        "bbox-crs=urn:x&bbox=1,2,3,4",
    ):
        assert client.get(f"{here}?{query}").status_code == 400, query
    # the boxes of the suite: the meridian, the equator, the date line, the poles
    for box in ("-1.5,50,1.5,53", "-80,-5,-70,5", "177,65,-177,70", "-180,85,180,90", "-180,-90,180,-85"):
        assert client.get(here, params={"bbox": box}).json()["features"] == []
    for feature in found["features"][:2]:
        answer = client.get(f"{here}/{feature['id']}")
        assert answer.headers["content-type"] == GEOJSON
        one = answer.json()
        assert one["type"] == "Feature"
        assert {link["rel"] for link in one["links"]} == {"self", "collection"}
        bounds = ",".join(map(str, shapely.geometry.shape(one["geometry"]).bounds))
        near = client.get(here, params={"bbox": bounds, "limit": 10_000}).json()
        assert one["id"] in {other["id"] for other in near["features"]}


@pytest.mark.parametrize("name", COLLECTIONS)
def test_systems_of_coordinates(client: TestClient, collections: list[dict[str, Any]], name: str) -> None:
    (about,) = [one for one in collections if one["id"] == name]
    for uri in about["crs"]:
        page = client.get(f"/ogc/collections/{name}/items", params={"crs": uri, "limit": 1})
        assert page.headers["content-crs"] == f"<{uri}>"
        for feature in page.json()["features"]:
            one = client.get(f"/ogc/collections/{name}/items/{feature['id']}", params={"crs": uri})
            assert one.headers["content-crs"] == f"<{uri}>"
            assert one.json()["geometry"] == feature["geometry"]
    assert client.get(f"/ogc/collections/{name}/items/x?crs=urn:x").status_code == 400


@pytest.mark.parametrize("name", COLLECTIONS)
def test_what_can_be_asked_for(client: TestClient, collections: list[dict[str, Any]], name: str) -> None:
    (about,) = [one for one in collections if one["id"] == name]
    address = linked(about, f"{REL}/queryables")
    answer = client.get(address)
    assert answer.headers["content-type"] == "application/schema+json"
    found = answer.json()
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert local(found["$id"]) == address
    assert found["type"] == "object"
    for column, kind in found["properties"].items():
        text = (
            f"{column} IS NULL"
            if kind.get("x-ogc-role") != "primary-geometry"
            else "S_INTERSECTS(geometry, POINT(0 0))"
        )
        for language in ("cql2-text", "cql-text"):
            parameters = {"filter": text, "filter-lang": language}
            assert client.get(f"/ogc/collections/{name}/items", params=parameters).status_code == 200, text


def test_tiles(client: TestClient, collections: list[dict[str, Any]]) -> None:
    scheme = client.get("/ogc/tileMatrixSets/WebMercatorQuad").json()
    assert [one["matrixWidth"] for one in scheme["tileMatrices"]] == [2**z for z in range(23)]
    for about in collections:
        listed = [link for link in about["links"] if link["rel"] == f"{REL}/tilesets-vector"]
        assert len(listed) == COLLECTIONS[about["id"]].has_tiles
        for link in listed:
            (tileset,) = client.get(local(link["href"])).json()["tilesets"]
            assert (tileset["dataType"], tileset["tileMatrixSetURI"]) == ("vector", scheme["uri"])
            (item,) = [one for one in tileset["links"] if one["rel"] == "item"]
            assert item["templated"]
            for place, status in {"0/0/0": 200, "22/1/1": 204, "23/0/0": 404, "1/2/0": 404, "a/0/0": 404}.items():
                z, y, x = place.split("/")
                path = local(item["href"]).replace("{tileMatrix}", z).replace("{tileRow}", y).replace("{tileCol}", x)
                answer = client.get(path)
                assert answer.status_code in (status, 204) if status == 200 else answer.status_code == status
                if answer.status_code == 200:
                    assert answer.headers["content-type"] == item["type"]
