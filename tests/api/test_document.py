"""The API's description, and the page that draws it."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from spatialgov_api.access import RULES
from spatialgov_maps import static_dir


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/openapi.json").json()
    return described


def test_every_route_documents_its_problems(document: dict[str, Any]) -> None:
    routes = [(path, method, operation) for path, o in document["paths"].items() for method, operation in o.items()]
    assert len(routes) >= 17
    for path, method, operation in routes:
        assert operation["summary"], path
        if not path.startswith("/api/"):
            continue
        always = {"401", "403", "404", "422", "429", "503"}
        expected = always | ({"400", "408", "409", "413", "415"} if method == "post" else set())
        if path == "/api/v1/jobs/{job_id}/result" or (path, method) == ("/api/v1/plans/{plan_id}", "delete"):
            expected |= {"409"}
        problems = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert set(problems) == expected, path
        for answer in problems.values():
            assert answer["description"]
            assert answer["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }
    assert "HTTPValidationError" not in str(document)


def test_every_protected_route_names_the_ways_to_sign_in(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {scheme["type"] for scheme in schemes.values()} == {"oauth2", "apiKey"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            public = RULES[method.upper(), path].permission is None
            assert operation.get("security") == (None if public else [{name: []} for name in schemes]), path


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    names = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert names <= set(document["components"]["schemas"])
    assert {"Problem", "FaultAnswer", "LocationAnswer"} <= names


def test_examples_stand_where_a_reader_needs_them(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in ["Problem", "LocationAnswer", "LocateManyRequest", "PlanRequest", "MoveRequest"]:
        assert schemas[name]["examples"], name


def test_examples_work(client: TestClient, document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    many = client.post("/api/v1/locate", json=schemas["LocateManyRequest"]["examples"][0])
    assert many.status_code == 200
    parameters = document["paths"]["/api/v1/locate"]["get"]["parameters"]
    query = {p["name"]: p["examples"]["sample"]["value"] for p in parameters if p["name"] != "as_of"}
    assert client.get("/api/v1/locate", params=query).status_code == 200


def test_reference_page_names_no_other_host() -> None:
    page = (static_dir() / "docs.html").read_text(encoding="utf-8") + (static_dir() / "js" / "docs.js").read_text()
    assert "//" not in re.sub(r"^//.*$|// .*$", "", page, flags=re.MULTILINE)
    assert "default-src 'self'" in page
    for name in re.findall(r'(?:href|src)="(static/[^"]+)"', page):
        assert (static_dir().parent / name).is_file(), name
