"""Field packs over HTTP."""

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
