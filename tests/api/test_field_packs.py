"""Field packs over HTTP."""

import gzip
import json

import pytest
from fastapi.testclient import TestClient

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from tests.local_client import local_client

PACKS = "/api/v1/field-packs"


@pytest.mark.parametrize("code", ["990101000000", "990101001000", "990101001001", "all"])
def test_a_pack_is_that_of_the_workspace(client: TestClient, sample_workspace: Workspace, code: str) -> None:
    answer = client.get(f"{PACKS}/{code}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="{code}-edition-2.pack"'
    assert answer.content == sample_workspace.locations.field_pack(None if code == "all" else code).content


def test_a_pack_that_still_holds_is_not_sent_again(client: TestClient) -> None:
    tag = client.get(f"{PACKS}/990101001000").headers["etag"]
    assert tag.startswith('"edition-2-')
    for known in (tag, f"W/{tag}", f'"x", {tag}'):
        kept = client.get(f"{PACKS}/990101001000", headers={"if-none-match": known})
        assert (kept.status_code, kept.content, kept.headers["etag"]) == (304, b"", tag)
    assert client.get(f"{PACKS}/990101002000", headers={"if-none-match": tag}).status_code == 200


def test_new_names_make_another_pack(own_client: TestClient, sample_copy: Workspace) -> None:
    before = own_client.get(f"{PACKS}/990101001000")
    frame = sample_copy.store.jurisdictions()
    sample_copy.store.replace_jurisdictions(frame.assign(name_en="Renamed"))
    restarted = local_client(create_app(Settings(data_dir=sample_copy.data_dir), sample_copy.store))
    after = restarted.get(f"{PACKS}/990101001000", headers={"if-none-match": before.headers["etag"]})
    assert (after.status_code, b"Renamed" in before.content, b"Renamed" in after.content) == (200, False, True)


def test_the_pack_of_an_earlier_time(client: TestClient, sample_workspace: Workspace) -> None:
    first = sample_workspace.store.editions()[0]
    answer = client.get(f"{PACKS}/990101001000", params={"as_of": first.valid_from.isoformat()})
    assert answer.headers["etag"].startswith('"edition-1-')
    early = client.get(f"{PACKS}/all", params={"as_of": "2001-01-01T00:00:00Z"})
    assert (early.status_code, early.json()["code"]) == (404, "nothing_published")


@pytest.mark.parametrize(
    "code", ["990101009000", "990101001001003", "0", "%E9%BC%93%E6%A5%BC", "%00", "%F0%9F%98%80", "..%2f"]
)
def test_unknown_jurisdictions_are_problems(client: TestClient, empty_client: TestClient, code: str) -> None:
    answer = client.get(f"{PACKS}/{code}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert empty_client.get(f"{PACKS}/{code}").status_code == 404


def test_the_packs_that_there_are(client: TestClient, empty_client: TestClient) -> None:
    told = client.get(PACKS).json()
    assert told["edition"] == 2
    assert [pack["level"] for pack in told["packs"]].count("subdistrict") == 3
    for pack in told["packs"]:
        assert client.get(f"{PACKS}/{pack['code']}").status_code == 200
    assert empty_client.get(PACKS).json()["code"] == "nothing_published"


def test_addresses_lie_in_the_pack_and_are_not_sent_again(client: TestClient) -> None:
    answer = client.get(f"{PACKS}/990101001000/addresses")
    places = [(lon, lat) for _, rows in answer.json()["addresses"] for _, _, lon, lat in rows]
    question = {"datum": "wgs84", "lon": [lon for lon, _ in places], "lat": [lat for _, lat in places]}
    codes = client.post("/api/v1/locate", json=question).json()["codes"]
    assert len(codes) > 1000
    assert {code[:9] for code in codes} == {"990101001"}
    tag = {"if-none-match": answer.headers["etag"]}
    assert client.get(f"{PACKS}/990101001000/addresses", headers=tag).status_code == 304
    assert client.get(f"{PACKS}/990101002000/addresses", headers=tag).status_code == 200
    assert client.get(f"{PACKS}/990101009000/addresses").status_code == 404


def test_who_is_responsible(client: TestClient, place: tuple[str, float, float]) -> None:
    told = client.get(f"/api/v1/responsible-posts/{place[0]}").json()["responsible"]
    assert [one["level"] for one in told] == ["grid", "community", "subdistrict", "district"]
    assert told[0]["posts"][0]["post_en"].endswith("patrol post")
    assert told[3]["posts"] == []
    assert client.get("/api/v1/responsible-posts/%00").json()["code"] == "not_found"


def test_the_nearest_grid(client: TestClient, place: tuple[str, float, float]) -> None:
    code, lon, lat = place
    inside = client.get("/api/v1/locate/nearest", params={"lon": lon, "lat": lat, "datum": "wgs84"}).json()
    assert (inside["location"]["code"], inside["distance_m"]) == (code, 0)
    far = client.get("/api/v1/locate/nearest", params={"lon": 121.47, "lat": 31.23, "datum": "gcj02"}).json()
    assert far["distance_m"] == pytest.approx(540_000, rel=0.05)
    assert client.get("/api/v1/locate/nearest", params={"lon": lat, "lat": lon, "datum": "wgs84"}).status_code == 422


def test_the_page_and_what_it_keeps_on_a_phone(client: TestClient) -> None:
    page = client.get("/field")
    assert page.status_code == 200
    assert "worker-src 'self'" in page.text
    worker = client.get("/field-worker.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'"
    assert worker.headers["cache-control"] == "private, no-cache"
    shell = json.loads(worker.text.partition("\n")[0].removeprefix("const SHELL = ").removesuffix(";"))
    assert {"field", "static/field/main.mjs", "static/js/field_pack.mjs"} <= set(shell["files"])
    assert all(client.get(f"/{file}").status_code == 200 for file in shell["files"])
    size = sum(len(gzip.compress(client.get(f"/{file}").content)) for file in shell["files"])
    assert size < 60_000, "a first view on a slow network"
