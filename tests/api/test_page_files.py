"""The files of the pages: compressed where the browser can read it, kept as long as they stay as they are."""

import gzip
import os
import re
from pathlib import Path

import pytest
from fastapi import FastAPI

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from spatialgov_api.page_files import PageFiles
from tests.local_client import TestClient, local_client

SCRIPT = "export const answer = 42;\n" * 50


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "main.mjs").write_text(SCRIPT)
    (tmp_path / "js" / "first.mjs").write_text(
        'import { a } from "./second.mjs";\nimport * as b from "../shared.mjs";\n'
    )
    (tmp_path / "js" / "second.mjs").write_text(
        'export { a } from "../shared.mjs";\nimport { c } from "./first.mjs";\n'
    )
    (tmp_path / "shared.mjs").write_text("export const a = 1;\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG" * 100)
    (tmp_path / "page.html").write_text('<script type="module" src="static/js/main.mjs"></script>')
    return tmp_path


@pytest.fixture
def files(folder: Path) -> PageFiles:
    return PageFiles(folder)


@pytest.fixture
def client(files: PageFiles) -> TestClient:
    app = FastAPI()
    app.mount("/static", files)
    return local_client(app)


def test_texts_are_sent_compressed_and_told_apart(client: TestClient) -> None:
    packed = client.get("/static/js/main.mjs", headers={"accept-encoding": "br, gzip"})
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", SCRIPT)
    assert int(packed.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), mtime=0)) < 100
    plain = client.get("/static/js/main.mjs", headers={"accept-encoding": "identity"})
    assert ("content-encoding" in plain.headers, plain.text) == (False, SCRIPT)
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.headers["content-type"] == plain.headers["content-type"]
    again = client.get("/static/js/main.mjs", headers={"if-none-match": packed.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = client.get("/static/js/main.mjs", headers={"accept-encoding": "gzip", "range": "bytes=0-5"})
    assert (part.status_code, part.text) == (206, "export")
    assert "content-encoding" not in client.get("/static/picture.png").headers


def test_a_page_names_a_version_that_browsers_keep(files: PageFiles, client: TestClient, folder: Path) -> None:
    def named() -> str:
        found = re.search(r'src="(static/v-\w+/js/main\.mjs)"', bytes(files.page("page.html").body).decode())
        assert found is not None
        return f"/{found[1]}"

    first = named()
    assert client.get(first).headers["cache-control"].endswith("immutable")
    assert "cache-control" not in client.get("/static/js/main.mjs").headers
    assert named() == first
    script = folder / "js" / "main.mjs"
    script.write_text("export const answer = 43;\n")
    os.utime(script, ns=(1, 1))
    second = named()
    assert second != first
    assert client.get(second).text == client.get(first).text == "export const answer = 43;\n"
    assert "cache-control" not in client.get(first).headers
    assert client.get("/static/v-0123456789abcdef/js/none.mjs").status_code == 404


def test_a_page_tells_of_all_modules_at_once(files: PageFiles, folder: Path) -> None:
    (folder / "page.html").write_text('<head><script type="module" src="static/js/first.mjs"></script></head>')
    text = bytes(files.page("page.html").body).decode()
    assert re.findall(r'modulepreload" href="static/v-\w+/([^"]+)"', text) == ["js/second.mjs", "shared.mjs"]


def test_a_new_process_knows_the_version_of_a_page_that_another_gave(folder: Path, files: PageFiles) -> None:
    app = FastAPI()
    app.mount("/static", PageFiles(folder))
    kept = local_client(app).get(f"/static/{files.version()}/js/main.mjs")
    assert kept.headers["cache-control"].endswith("immutable")


@pytest.mark.parametrize("page", ["/", "/workbench", "/docs"])
def test_all_that_a_page_names_is_there_and_kept(tmp_path: Path, page: str) -> None:
    with Workspace.open(tmp_path) as workspace:
        client = local_client(create_app(Settings(data_dir=tmp_path), workspace.store))
        named = re.findall(r'(?:href|src)="(static/[^"]+)"', client.get(page).text)
        assert named
        for file in named:
            answer = client.get(f"/{file}")
            assert (answer.status_code, answer.headers["cache-control"][-9:]) == (200, "immutable"), file
