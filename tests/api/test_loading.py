"""Loading over HTTP: counts that add up, reasons row by row, and never a failure of ours."""

import json
from collections.abc import Iterator

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from tests.local_client import local_client

SOUND = '{"source_id": "A", "category": "0101", "occurred_at": "2026-05-01T08:30:00Z", "lon": 118.3, "lat": 35.1}\n'
CSV, LINES, GEOJSON = "text/csv", "application/x-ndjson", "application/geo+json"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with Workspace.open(tmp_path_factory.mktemp("town")) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def poster(town: Workspace) -> TestClient:
    app = create_app(Settings(data_dir=town.data_dir), town.store)
    return local_client(app)


def post(
    client: TestClient, content: str | bytes, media_type: str, kind: str = "incidents", **query: str
) -> httpx.Response:
    answer: httpx.Response = client.post(
        f"/api/v1/{kind}", content=content, headers={"content-type": media_type}, params=query
    )
    return answer


def test_lines_once_and_again(poster: TestClient, town: Workspace) -> None:
    body = SOUND + SOUND.replace('"A"', '"B"').replace("2026-05-01T08:30:00Z", "never") + "{half"
    planned = post(poster, body, LINES, datum="wgs84", dry_run="true").json()
    assert (planned["accepted"], planned["refused"], planned["dry_run"]) == (1, 2, True)
    assert len(town.store.incidents()) == 0
    first = post(poster, body, f"{LINES}; charset=utf-8", datum="wgs84").json()
    assert (first["accepted"], first["unchanged"], first["refused"]) == (1, 0, 2)
    assert [(fault["row"], fault["column"]) for fault in first["faults"]] == [(2, "occurred_at"), (3, None)]
    again = post(poster, body, LINES, datum="wgs84").json()
    assert (again["accepted"], again["unchanged"], again["refused"]) == (0, 1, 2)


def test_what_is_said_of_the_rows(poster: TestClient) -> None:
    rows = [f"Q{i},88,2026-05-01T{i:02}:00:00Z,119.3,35.1,12,day" for i in range(12)]
    body = "\n".join(["source_id,category,occurred_at,lon,lat,accuracy_m,time_precision", *rows])
    for language, begin in (("en", "12 rows (100.0%) have a category"), ("zh", "12 行（100.0%）的类别不在现行")):
        answer = poster.post(
            "/api/v1/incidents", content=body, params={"datum": "wgs84", "dry_run": "true"},
            headers={"content-type": CSV, "accept-language": language},
        ).json()  # fmt: skip
        found = answer["quality"]
        assert (found["rows"], found["piled"], found["by_precision"]["day"]) == (12, 12, 12)
        assert found["worst_points"] == [{"lon": 119.3, "lat": 35.1, "rows": 12}]
        assert found["unknown_categories"] == {"88": 12}
        assert found["remarks"][0].startswith(begin)
    assert poster.get("/api/v1/categories").json()["version"] == 0


def test_cameras_as_csv_and_geojson(poster: TestClient, town: Workspace) -> None:
    answer = post(poster, "camera_id,lon,lat,guard\nC1,118.3,35.1,x\n", CSV, "cameras", datum="gcj02")
    assert answer.json()["accepted"] == 1
    assert answer.json()["dropped_columns"] == ["guard"]
    assert answer.json()["quality"] is None
    place = {"type": "Point", "coordinates": [118.3, 35.1]}
    feature = {"type": "Feature", "properties": {"camera_id": "C2"}, "geometry": place}
    collection = json.dumps({"type": "FeatureCollection", "features": [feature]})
    assert post(poster, collection, GEOJSON, "cameras").json()["accepted"] == 1
    assert sorted(town.store.cameras()["camera_id"]) == ["C1", "C2"]
    assert answer.json()["unknown"]["azimuth_deg"] == 1


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml", "Application/MANSCDP+xml"])
def test_a_catalogue_of_gb28181(poster: TestClient, media_type: str) -> None:
    items = (
        "<Item><DeviceID>34020000001320000001</DeviceID><Name>门口</Name><Password>geheim</Password><Status>ON</Status>"
        "<Longitude>118.3</Longitude><Latitude>35.1</Latitude><Info><DirectionType>4</DirectionType></Info></Item>"
        "<Item><DeviceID>34020000002150000001</DeviceID></Item>"
    )
    body = f"<?xml version='1.0' encoding='GB2312'?><Response><DeviceList>{items}</DeviceList></Response>"
    answer = post(poster, body.encode("gb18030"), media_type, "cameras", datum="wgs84", dry_run="true").json()
    assert (answer["accepted"], answer["refused"]) == (1, 0)
    assert sum(answer["left_out"].values()) == 1
    assert answer["dropped_columns"] == ["Name", "Password"]
    for wrong in (body[:-30], "<!DOCTYPE a><Response/>", "<html></html>"):
        assert post(poster, wrong, media_type, "cameras", datum="wgs84").status_code == 422
    assert post(poster, body, media_type, "incidents", datum="wgs84").status_code == 422


@pytest.mark.parametrize(
    ("content", "media_type", "detail"),
    [
        (SOUND, "application/zip", "application/zip"),
        (SOUND, "", "type"),
        (b"\x1f\x8b\x08\x00", LINES, "no text"),
        ("", LINES, "empty"),
        ("source_id,category,occurred_at,lon,lat\n", CSV, "no rows"),
        ("source_id,lon,lat\nA,1,2\n", CSV, "no column category"),
        (SOUND, GEOJSON, None),
    ],
)
def test_bodies_that_can_not_be_loaded(
    poster: TestClient, content: str | bytes, media_type: str, detail: str | None
) -> None:
    answer = post(poster, content, media_type, datum="wgs84", dry_run="true")
    if detail is None:  # a line that is sent as GeoJSON is still a line
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    assert detail in answer.json()["detail"]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(["incidents", "cameras"]),
    content=st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode("utf-8", "replace")),
    sound=st.booleans(),
    media_type=st.sampled_from([CSV, LINES, GEOJSON, "application/json", "application/xml", "text/plain"]),
    datum=st.sampled_from(["wgs84", "gcj02", "bd09", "nad27", ""]),
)
def test_odd_bodies(poster: TestClient, kind: str, content: bytes, sound: bool, media_type: str, datum: str) -> None:
    body = SOUND.encode() + content if sound else content
    answer = post(poster, body, media_type, kind, datum=datum, dry_run="true")
    assert answer.status_code in (200, 422)
