import json
from typing import Any

import pyarrow as pa
import pyproj
import pytest
from fastapi.testclient import TestClient

from spatialgov.datum import from_wgs84

LOCATE = "/api/v1/locate"
NEAREST = "/api/v1/addresses/nearest"
Place = tuple[str, float, float]


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_a_location_has_its_grid_and_chain(client: TestClient, place: Place, datum: str) -> None:
    code, lon, lat = place
    x, y = from_wgs84(lon, lat, datum)
    answer = client.get(LOCATE, params={"lon": float(x), "lat": float(y), "datum": datum})
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"code", "name", "on_border", "datum", "edition", "chain"}
    assert (body["code"], body["datum"], body["on_border"], body["edition"]) == (code, datum, False, 2)
    assert [link["level"] for link in body["chain"]] == ["district", "subdistrict", "community"]
    assert code.startswith(body["chain"][-1]["code"])
    assert body["chain"][0]["name_en"] == "Qinglan District"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"lon": 0, "lat": 0, "datum": "wgs84"}, 404, "not_found"),
        ({"lon": 116.6, "lat": 33.9, "datum": "beijing54"}, 422, "invalid_datum"),
        ({"lon": 116.6, "lat": 33.9, "datum": "\ud7ff\x00"}, 422, "invalid_datum"),
        ({"lon": 116.6, "lat": 33.9}, 422, "invalid_request"),
        ({"lon": 33.9, "lat": 116.6, "datum": "wgs84"}, 422, "invalid_coordinate"),
        ({"lon": "nan", "lat": 33.9, "datum": "wgs84"}, 422, "invalid_coordinate"),
        ({"lon": 116.6, "lat": "-inf", "datum": "bd09"}, 422, "invalid_coordinate"),
        ({"lon": "1e999", "lat": 33.9, "datum": "gcj02"}, 422, "invalid_coordinate"),
        ({"lon": "9" * 5000, "lat": 33.9, "datum": "wgs84"}, 422, "invalid_coordinate"),
        ({"lon": "here", "lat": 33.9, "datum": "wgs84"}, 422, "invalid_request"),
        ({"lon": 116.6, "lat": 33.9, "datum": "wgs84", "as_of": "2026-11-01T00:00:00"}, 422, "invalid_request"),
        ({"lon": 116.6, "lat": 33.9, "datum": "wgs84", "as_of": "0001-01-01T00:00:00+14:00"}, 422, "invalid_request"),
        ({"lon": 116.6, "lat": 33.9, "datum": "wgs84", "as_of": "9999-12-31T23:59:59-12:00"}, 422, "invalid_request"),
        ({"lon": 116.6, "lat": 33.9, "datum": "wgs84", "as_of": "yesterday"}, 422, "invalid_request"),
        ({"lon": 116.6, "lat": 33.9, "datum": "wgs84", "as_of": "2001-01-01T00:00:00Z"}, 404, "nothing_published"),
    ],
)
def test_bad_locations_are_problems(client: TestClient, query: dict[str, Any], status: int, code: str) -> None:
    answer = client.get(LOCATE, params=query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_swapped_axes_are_named_as_such(client: TestClient) -> None:
    answer = client.get(LOCATE, params={"lon": 33.93, "lat": 116.62, "datum": "wgs84"})
    assert "swapped" in answer.text


def test_many_locations_keep_their_order(client: TestClient, place: Place) -> None:
    code, lon, lat = place
    answer = client.post(LOCATE, json={"datum": "wgs84", "lon": [lon, 0, lon], "lat": [lat, 0, lat]})
    assert answer.status_code == 200
    assert answer.json() == {"edition": 2, "datum": "wgs84", "codes": [code, None, code]}
    assert client.post(LOCATE, json={"datum": "WGS84", "lon": [], "lat": []}).json()["codes"] == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"datum": "wgs84", "lon": [1.0], "lat": [1.0, 2.0]}, 422, "invalid_input"),
        ({"datum": "wgs84", "lon": [1.0], "lat": [None]}, 422, "invalid_request"),
        ({"datum": "wgs84", "lon": 1.0, "lat": 1.0}, 422, "invalid_request"),
        ({"datum": "\ud800", "lon": [1.0], "lat": [1.0]}, 422, "invalid_datum"),
        ({"datum": "wgs84", "lon": [float("nan")], "lat": [1.0]}, 422, "invalid_coordinate"),
        ({"datum": "wgs84", "lon": [10**400], "lat": [1.0]}, 422, None),
        ({"datum": "wgs84", "lon": [0.0] * 100_001, "lat": [0.0] * 100_001}, 422, "invalid_input"),
        ([], 422, "invalid_request"),
        (None, 422, "invalid_request"),
    ],
)
def test_bad_columns_are_problems(client: TestClient, body: Any, status: int, code: str | None) -> None:
    answer = client.post(LOCATE, content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert code is None or answer.json()["code"] == code


def test_lines_and_arrow_are_answered_in_kind(client: TestClient, place: Place) -> None:
    code, lon, lat = place
    x, y = from_wgs84([lon, 0, lon], [lat, 0, lat], "gcj02")
    lines = "".join(json.dumps({"lon": a, "lat": b}) + "\n" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    asked = {"params": {"datum": "gcj02"}}
    told = client.post(LOCATE, content=lines, headers={"content-type": "application/x-ndjson"}, **asked)
    assert told.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["code"] for line in told.text.splitlines()] == [code, None, code]

    kind = "application/vnd.apache.arrow.stream"
    table = pa.table({"id": [7, 8, 9], "lon": x, "lat": y})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    told = client.post(LOCATE, content=sink.getvalue().to_pybytes(), headers={"content-type": kind}, **asked)
    assert told.headers["content-type"] == kind
    answer = pa.ipc.open_stream(told.content).read_all()
    assert answer["code"].to_pylist() == [code, None, code]
    assert answer.schema.metadata == {b"edition": b"2", b"datum": b"gcj02"}
    for content in (b"", b"ARROW1", sink.getvalue().to_pybytes()[:-40], bytes(range(256)) * 20):
        assert client.post(LOCATE, content=content, headers={"content-type": kind}, **asked).status_code in (200, 422)
    text = pa.BufferOutputStream()
    with pa.ipc.new_stream(text, pa.schema({"lon": pa.string(), "lat": pa.float64()})) as writer:
        writer.write_table(pa.table({"lon": ["here"], "lat": [1.0]}))
    refused = client.post(LOCATE, content=text.getvalue().to_pybytes(), headers={"content-type": kind}, **asked)
    assert (refused.status_code, "lon" in refused.json()["detail"]) == (422, True)


def test_a_bad_line_is_named_and_the_datum_is_wanted(client: TestClient) -> None:
    kind = {"content-type": "application/x-ndjson"}
    bad = b'{"lon": 1, "lat": 2}\n{"lon": 1}\n'
    told = client.post(LOCATE, content=bad, headers=kind, params={"datum": "wgs84"})
    assert (told.status_code, "Line 2" in told.json()["detail"]) == (422, True)
    told = client.post(LOCATE, content=b'{"lon": 1, "lat": 2}\n', headers=kind)
    assert (told.status_code, told.json()["errors"][0]["where"]) == (422, "query.datum")


def test_an_answer_that_still_holds_is_not_sent_again(client: TestClient, place: Place) -> None:
    _, lon, lat = place
    query = {"lon": lon, "lat": lat, "datum": "wgs84"}
    tag = client.get(LOCATE, params=query).headers["etag"]
    kept = client.get(LOCATE, params=query, headers={"if-none-match": tag})
    assert (kept.status_code, kept.content, kept.headers["etag"]) == (304, b"", tag)
    assert client.get(LOCATE, params=query, headers={"if-none-match": '"edition-1"'}).status_code == 200


def test_a_bad_row_is_named(client: TestClient) -> None:
    answer = client.post(LOCATE, json={"datum": "wgs84", "lon": [116.6, 500], "lat": [33.9, 33.9]})
    assert "2" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"{", 422),
        (b"\xff\xfe\x00", 400),
        (b"[" * 100_000, 400),
        (b'{"lon": [' + b"9" * 5000 + b"]}", 400),
        (b"", 422),
    ],
)
def test_bodies_that_are_no_json_are_problems(client: TestClient, text: bytes, status: int) -> None:
    answer = client.post(LOCATE, content=text, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["status"] == status


def test_a_body_beyond_the_limit_is_not_read(client: TestClient) -> None:
    sent = 0

    def endless() -> Any:
        nonlocal sent
        for _ in range(32):
            sent += 2**20
            yield b"[" + b"1," * (2**19 - 1) + b"1"

    for content in (endless(), b" " * (17 * 2**20)):
        answer = client.post(LOCATE, content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "http_413")
        assert "16 MiB" in answer.json()["detail"]


def test_an_address_has_its_grid_or_candidates(client: TestClient, empty_client: TestClient) -> None:
    body = client.get("/api/v1/addresses", params={"q": "青岚区望桥路一号２栋"}).json()
    first = body["candidates"][0]
    assert (body["certain"], body["level"], body["score"]) == (True, "exact", 1.0)
    assert (first["street"], first["number"], first["building"]) == ("望桥路", "1号", "2号楼")
    place = {"lon": first["lon"], "lat": first["lat"], "datum": "wgs84"}
    assert body["location"] == client.get(LOCATE, params=place).json()
    body = client.get("/api/v1/addresses", params={"q": "望桥路1号"}).json()
    assert (body["certain"], body["location"], body["margin"]) == (False, None, 0.0)
    assert {c["building"] for c in body["candidates"]} == {"1号楼", "2号楼"}
    body = client.get("/api/v1/addresses", params={"q": "?"}).json()
    assert (body["certain"], body["level"], body["candidates"]) == (False, "none", [])
    for query in ({}, {"q": ""}, {"q": "路" * 201}):
        assert client.get("/api/v1/addresses", params=query).status_code == 422
    missing = empty_client.get("/api/v1/addresses", params={"q": "望桥路1号"})
    assert (missing.status_code, "import addresses" in missing.json()["remedy"]) == (404, True)


@pytest.mark.parametrize("datum", ["wgs84", "gcj02"])
def test_the_nearest_address_has_its_distance_and_grid(client: TestClient, place: Place, datum: str) -> None:
    _, lon, lat = place
    x, y = (float(value) for value in from_wgs84(lon, lat, datum))
    body = client.get(f"{NEAREST}?lon={x}&lat={y}&datum={datum}").json()
    assert set(body) == {"address", "distance_m", "datum", "location"}
    address = body["address"]
    assert set(address) == {"address_id", "street", "number", "building", "divisions", "lon", "lat"}
    assert body["datum"] == datum
    _, _, distance_m = pyproj.Geod(ellps="WGS84").inv(lon, lat, address["lon"], address["lat"])
    assert body["distance_m"] == pytest.approx(distance_m, abs=1e-3)
    at_address = {"lon": address["lon"], "lat": address["lat"], "datum": "wgs84"}
    assert body["location"] == client.get(LOCATE, params=at_address).json()
    again = client.get(NEAREST, params=at_address).json()
    assert again["distance_m"] == pytest.approx(0, abs=1e-6)


def test_nearest_addresses_from_far_and_from_nowhere(client: TestClient, empty_client: TestClient) -> None:
    for lon, lat in ((-63.4, -33.9), (0.0, 90.0), (180.0, 0.0)):
        body = client.get(NEAREST, params={"lon": lon, "lat": lat, "datum": "wgs84"}).json()
        assert body["distance_m"] > 6e6
    here = {"lon": 116.6, "lat": 33.9, "datum": "wgs84"}
    for wrong, code in (({"datum": "beijing54"}, "invalid_datum"), ({"lon": 33.9, "lat": 116.6}, "invalid_coordinate"),
                        ({"lon": "nan"}, "invalid_coordinate"), ({"lat": "here"}, "invalid_request")):  # fmt: skip
        answer = client.get(NEAREST, params=here | wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    missing = empty_client.get(NEAREST, params=here)
    assert (missing.status_code, "import addresses" in missing.json()["remedy"]) == (404, True)
