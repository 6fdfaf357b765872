"""OGC API - Features and - Tiles: documents, parameters, errors, access."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spatialgov.workspace import COLLECTIONS, Workspace
from spatialgov_api import Settings, create_app
from spatialgov_api.ogc.parameters import PARAMETERS
from tests.coverage_town import EAST, found_camera_town
from tests.local_client import TestClient, local_client
from tests.plain_tiles import archived_tiles, decoded_layer
from tests.publishing_cases import LAT, LON, STEP


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_camera_town(tmp_path_factory.mktemp("ogc")) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def client(town: Workspace) -> TestClient:
    return local_client(create_app(Settings(data_dir=town.data_dir), town.store))


def get(client: TestClient, path: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(f"/ogc{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def href(document: dict[str, Any], rel: str) -> str:
    (found,) = [one["href"] for one in document["links"] if one["rel"] == rel]
    return str(urlsplit(found)._replace(scheme="", netloc="").geturl())


def test_links_lead_from_the_landing_page_to_every_feature(client: TestClient) -> None:
    start = get(client, "/")
    assert start == get(client, "")
    assert "core" in " ".join(client.get(href(start, "conformance")).json()["conformsTo"])
    listed = client.get(href(start, "data")).json()["collections"]
    assert [one["id"] for one in listed] == list(COLLECTIONS)
    for one in listed:
        described = client.get(href(one, "self")).json()
        assert described == one
        page = client.get(href(one, "items"))
        assert page.headers["content-type"] == "application/geo+json"
        assert page.headers["content-crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
        schema = client.get(href(one, "describedby")).json()
        assert client.get(href(one, "http://www.opengis.net/def/rel/ogc/1.0/queryables")).status_code == 200
        west, south, east, north = one["extent"]["spatial"]["bbox"][0]
        for feature in page.json()["features"]:
            assert set(feature["properties"]) == set(schema["properties"]) - {"geometry"}
            alone = client.get(f"/ogc/collections/{one['id']}/items/{feature['id']}").json()
            assert {name: alone[name] for name in feature} == feature
        assert west < east
        assert south < north


def test_a_person_gets_a_page(client: TestClient) -> None:
    answer = client.get("/ogc?lang=zh", headers={"accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html")
    assert "覆盖盲区" in answer.text
    assert "QGIS" in answer.text


def test_the_description_lists_what_gdal_looks_for(client: TestClient) -> None:
    found = get(client, "/api")
    assert found["openapi"].startswith("3.0")
    assert found["servers"] == [{"url": "http://127.0.0.1/ogc"}]
    for name in COLLECTIONS:
        given = found["paths"][f"/collections/{name}/items"]["get"]["parameters"]
        shared = [one["$ref"].rpartition("/")[2] for one in given if "$ref" in one]
        assert "cql-text" in found["components"]["parameters"]["filter-lang"]["schema"]["enum"]
        assert "filter-lang" in shared
        queryables = get(client, f"/collections/{name}/queryables")["properties"]
        assert {one["name"] for one in given if "name" in one} >= set(queryables) - {"geometry"}
    assert found["paths"]["/collections/grids/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}"]


def test_next_links_walk_to_the_end(client: TestClient) -> None:
    for name in ("units", "incidents"):
        found: list[str] = []
        path = f"/ogc/collections/{name}/items?limit=3"
        while path:
            page = client.get(path).json()
            assert page["numberReturned"] == len(page["features"])
            found += [feature["id"] for feature in page["features"]]
            path = href(page, "next") if any(one["rel"] == "next" for one in page["links"]) else ""
        assert len(found) == len(set(found)) == page["numberMatched"]


def test_the_next_page_is_of_the_same_edition(client: TestClient) -> None:
    page = get(client, "/collections/grids/items", limit=1, as_of="2100-01-01T00:00:00Z")
    assert "edition=1" in href(page, "next")
    assert "as_of" not in href(page, "next")


LIKE_7 = '{"op": "like", "args": [{"property": "unit_id"}, "%7"]}'


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("units", {"bbox": f"{LON},{LAT},{LON + STEP / 2},{LAT + STEP / 2}"}, ["U00"]),
        ("units", {"filter": "unit_id IN ('U03', 'U09')"}, ["U03", "U09"]),
        ("units", {"filter": LIKE_7, "filter-lang": "cql2-json"}, ["U07"]),
        ("units", {"unit_id": "U05"}, ["U05"]),
        ("units", {"households": "100", "unit_id": "U06"}, ["U06"]),
        ("units", {"households": "101"}, []),
        ("cameras", {"status": "broken"}, ["broken"]),
        ("cameras", {"filter": "azimuth_deg IS NULL"}, ["turning"]),
        ("incidents", {"datetime": "2026-05-02T12:00:00Z"}, ["i2"]),
        ("incidents", {"datetime": "../2026-05-31"}, ["i1", "i2"]),
        ("incidents", {"datetime": "2026-05-02/", "category": "0101"}, ["i2", "i3"]),
        ("incidents", {"category": "0102"}, []),
        ("grids", {"filter": f"parent_code = '{EAST}'", "limit": "1"}, [f"{EAST}001"]),
    ],
)  # fmt: skip
def test_what_is_asked_for(client: TestClient, name: str, parameters: dict[str, str], expected: list[str]) -> None:
    found = get(client, f"/collections/{name}/items", **parameters)
    assert [feature["id"] for feature in found["features"]] == expected


def test_coordinates_in_the_system_that_is_asked_for(client: TestClient) -> None:
    systems = get(client, "/collections")["crs"]
    assert systems == get(client, "/collections/units")["crs"]
    for uri in systems:
        answer = client.get("/ogc/collections/cameras/items", params={"crs": uri, "camera_id": "west"})
        assert answer.headers["content-crs"] == f"<{uri}>"
        x, y = answer.json()["features"][0]["geometry"]["coordinates"]
        box = f"{x - 1e-9},{y - 1e-9},{x + 1e-9},{y + 1e-9}"
        back = get(client, "/collections/cameras/items", bbox=box, **{"bbox-crs": uri})
        assert [one["id"] for one in back["features"]] == ["west"]
        near = f"S_INTERSECTS(geometry, BBOX({box}))"
        back = get(client, "/collections/cameras/items", filter=near, **{"filter-crs": uri})
        assert [one["id"] for one in back["features"]] == ["west"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=x", "limit=-1", "limit=1e3", "offset=-1", "bbox=1,2,3", "bbox=a,b,c,d", "bbox=nan,0,1,1",
        "bbox=3,4,1,2&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857", "bbox=0,5,1,4", "bbox-crs=EPSG:9", "crs=x",
        "filter=households", "filter=x%20%3D%201", "filter-lang=sql&filter=1", "filter=((((", "filter-crs=x",
        "colour=red",
        "datetime=x", "datetime=2026-05-02/2026-05-01", "datetime=..", "datetime=", "limit=1&limit=2", "f=html",
        "filter=S_INTERSECTS(geometry,POINT(1))", "households=many", "as_of=x", "edition=0", "edition=1e400",
        "datetime=0001-01-01T00:00:00%2B14:00", "bbox=1e999,0,1,1", "households=%EF%BC%91%00x",
    ],
)  # fmt: skip
def test_what_can_not_be_used_is_a_bad_request(client: TestClient, query: str) -> None:
    answer = client.get(f"/ogc/collections/grids/items?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["remedy"]


def test_what_is_not_there(client: TestClient) -> None:
    for path in [
        "collections/grids/items/9", "collections/nothing", "collections/nothing/items",
        "collections/units/items?edition=1",
        "collections/grids/items?edition=7", "collections/grids/items?as_of=1999-01-01T00:00:00Z",
        "collections/grids/tiles/WebMercatorQuad/23/0/0", "collections/grids/tiles/WebMercatorQuad/1/2/0",
        "collections/grids/tiles/WebMercatorQuad/x/0/0", "collections/incidents/tiles/WebMercatorQuad/0/0/0",
        "collections/incidents/items?after=x",
    ]:  # fmt: skip
        answer = client.get(f"/ogc/{path}")
        assert answer.status_code == (400 if "units/items?edition" in path or "after=x" in path else 404), path
        assert answer.json()["detail"]


NAMES = st.sampled_from([*PARAMETERS, "code", "households", "geometry", "x"])
VALUES = st.one_of(st.text(max_size=20), st.sampled_from(["1", "..", "2026-01-01", "0,0,1,1", "code = 'a'", "-1"]))


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(list(COLLECTIONS)), st.dictionaries(NAMES, VALUES, max_size=3))
@example("incidents", {"after": "9" * 18})
@example("incidents", {"filter": "source_id = '\x00'"})
@example("incidents", {"source_id": "\x00"})
@example("grids", {"after": "\x00"})
def test_whatever_is_asked_is_answered_or_refused(client: TestClient, name: str, parameters: dict[str, str]) -> None:
    asked = {key: value.encode("utf-8", "replace") for key, value in parameters.items()}
    answer = client.get(f"/ogc/collections/{name}/items", params=asked)
    assert answer.status_code in (200, 400, 404, 422), (answer.status_code, answer.text)


# tiles --------------------------------------------------------------------------------------------------------------


def test_tiles_and_what_leads_to_them(client: TestClient) -> None:
    for name in ("jurisdictions", "grids", "units"):
        told = get(client, f"/collections/{name}/tilejson")
        assert told["vector_layers"][0]["id"] == name
        west, south, east, north = told["bounds"]
        assert west < told["center"][0] < east
        assert south < told["center"][1] < north
        tileset = get(client, f"/collections/{name}/tiles")["tilesets"][0]
        assert client.get(href(tileset, "self")).json() == tileset
        assert client.get(href(tileset, "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme")).json()["tileMatrices"]
        assert ("edition=1" in told["tiles"][0]) == (name == "grids")
    assert get(client, "/tileMatrixSets")["tileMatrixSets"][0]["id"] == "WebMercatorQuad"


def test_a_tile_is_compressed_and_known_by_its_tag(client: TestClient) -> None:
    path = "/ogc/collections/grids/tiles/WebMercatorQuad/10/405/848"
    first = client.get(path)
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert first.headers["content-encoding"] == "gzip"
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == first.content
    assert b"grids" in plain.content
    empty = client.get("/ogc/collections/grids/tiles/WebMercatorQuad/10/0/0")
    assert (empty.status_code, empty.content) == (204, b"")


# archives of tiles ----------------------------------------------------------------------------------------------------


def test_an_archive_is_read_in_pieces(client: TestClient) -> None:
    (path,) = [
        urlsplit(one["href"]).path
        for one in get(client, "/collections/grids")["links"]
        if one["type"] == "application/vnd.pmtiles"
    ]
    whole = client.get(path)
    assert whole.status_code == 200
    assert whole.headers["content-type"] == "application/vnd.pmtiles"
    assert whole.headers["content-disposition"] == 'attachment; filename="grids-edition-1.pmtiles"'
    assert archived_tiles(whole.content)
    piece = client.get(path, headers={"range": "bytes=0-126", "if-range": whole.headers["etag"]})
    assert (piece.status_code, piece.content) == (206, whole.content[:127])
    assert piece.headers["content-range"] == f"bytes 0-126/{len(whole.content)}"
    assert client.get(path, headers={"if-none-match": whole.headers["etag"]}).status_code == 304
    assert client.get(path, headers={"range": f"bytes={len(whole.content)}-"}).status_code == 416
    asked = client.head(path)
    assert (asked.status_code, asked.headers["content-length"]) == (200, str(len(whole.content)))
    assert client.get(f"{path}?edition=7").status_code == 404
    assert client.get("/ogc/collections/cameras/cameras.pmtiles").status_code == 404


# access -------------------------------------------------------------------------------------------------------------


def test_roles_and_jurisdictions(tmp_path_factory: pytest.TempPathFactory) -> None:
    with found_camera_town(tmp_path_factory.mktemp("ogc_access")) as workspace:
        app = create_app(Settings(data_dir=workspace.data_dir), workspace.store)
        for role in ("field", "viewer", "analyst"):
            workspace.accounts.add(f"{role}-east", role=role, jurisdictions=[EAST], password=None)
        client = local_client(app)

        def ask(name: str, path: str) -> Any:
            token = app.state.access.tokens.issue(workspace.store.accounts.get(name), 5)
            return client.get(f"/ogc{path}", headers={"authorization": f"Bearer {token}"})

        assert client.get("/ogc/collections").status_code == 401
        listed = {
            role: [one["id"] for one in ask(f"{role}-east", "/collections").json()["collections"]]
            for role in ("field", "viewer", "analyst")
        }
        assert listed == {
            "field": ["jurisdictions", "grids"],
            "viewer": ["jurisdictions", "grids", "hot_spots"],
            "analyst": list(COLLECTIONS),
        }
        assert "/collections/cameras/items" not in ask("field-east", "/api").json()["paths"]
        for path in ("items", "schema", "items/i1"):
            assert ask("viewer-east", f"/collections/incidents/{path}").status_code == 403
        assert ask("field-east", "/collections/units/tiles/WebMercatorQuad/0/0/0").status_code == 403
        found = ask("analyst-east", "/collections/incidents/items").json()
        assert [one["id"] for one in found["features"]] == ["i2", "i3"]
        assert found["numberMatched"] == 2
        assert ask("analyst-east", "/collections/incidents/items/i1").status_code == 404
        tile = "/collections/units/tiles/WebMercatorQuad/10/405/848"
        assert b"U02" in ask("analyst-east", tile).content
        assert b"U00" not in ask("analyst-east", tile).content
        archive = ask("analyst-east", "/collections/units/units.pmtiles").content
        units = {row["unit_id"] for tile in archived_tiles(archive).values() for row, _ in decoded_layer(tile)[1]}
        assert units == {f"U{i:02d}" for i in range(16) if i % 4 > 1}
        said = [entry.action for entry in workspace.store.audit.entries() if entry.kind == "export"]
        assert said.count("GET /ogc/collections/units/tiles/WebMercatorQuad/{z}/{y}/{x}") == 1  # not one for each tile
        assert said.count("GET /ogc/collections/incidents/items") == 1
