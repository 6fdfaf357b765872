"""Files that hosts hand each other: copies are whole or are not used, and nobody needs them."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spatialgov.errors import StoreError
from spatialgov.locate import Locator
from spatialgov.store import Store
from spatialgov.workspace import Asker, Workspace, shared_files
from spatialgov.workspace.shared_files import SharedFiles
from tests.soak.town import SIDE, SOUTH, WEST, found_town

OpenHost = Callable[[str], Workspace]
PLACE = WEST + SIDE / 2, SOUTH + SIDE / 2


@pytest.fixture
def share(tmp_path: Path) -> Path:
    (tmp_path / "share").mkdir()
    return tmp_path / "share"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'files.db'}") as opened:
        yield opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "made").write_bytes(b"content" * 1000)
    return tmp_path / "made"


@pytest.fixture
def host(share: Path, tmp_path: Path) -> Iterator[OpenHost]:
    opened: list[Workspace] = []

    def open_host(name: str) -> Workspace:
        opened.append(Workspace.open(tmp_path / name, f"sqlite:///{tmp_path / 'town.db'}", shared_url=str(share)))
        return opened[-1]

    yield open_host
    for workspace in opened:
        workspace.close()


def test_a_file_that_was_handed_out_is_fetched(store: Store, share: Path, file: Path, tmp_path: Path) -> None:
    for url in (str(share), f"file://{share}", "memory://spatialgov"):
        shared = SharedFiles(store, url)
        there = tmp_path / "elsewhere" / str(len(url)) / "file"
        assert not SharedFiles(store, url).fetch(f"{len(url)}/a", there)
        shared.hand_out(file, f"{len(url)}/a")
        assert shared.fetch(f"{len(url)}/a", there)
        assert there.read_bytes() == file.read_bytes()
        assert [one.name for one in there.parent.iterdir()] == ["file"]
    assert not list(share.rglob("*.half"))


@pytest.mark.parametrize("content", [b"", b"content" * 999, b"x" * 7000])
def test_a_copy_that_is_not_whole_is_not_used(
    store: Store, share: Path, file: Path, tmp_path: Path, content: bytes
) -> None:
    shared = SharedFiles(store, str(share))
    shared.hand_out(file, "a")
    (share / "a").write_bytes(content)
    assert not shared.fetch("a", tmp_path / "there")
    assert sorted(one.name for one in tmp_path.iterdir() if "there" in one.name) == []


def test_a_file_without_a_checksum_is_not_used(store: Store, share: Path, tmp_path: Path) -> None:
    (share / "a").write_bytes(b"who knows")
    assert not SharedFiles(store, str(share)).fetch("a", tmp_path / "there")


def test_a_folder_that_is_not_there_is_not_made_and_asked_again_later(
    store: Store, share: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share.rmdir()
    shared = SharedFiles(store, str(share))
    shared.hand_out(file, "a")
    assert not share.exists()
    assert store.file_checksum("a") is None
    share.mkdir()
    shared.hand_out(file, "a")
    assert store.file_checksum("a") is None, "it is left alone for a while"
    monkeypatch.setattr(shared, "_again_at", 0.0)
    shared.hand_out(file, "a")
    assert shared.fetch("a", tmp_path / "there")


def test_nobody_waits_for_a_folder_that_hangs(
    store: Store, share: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_files, "_WAIT_S", 0.05)
    monkeypatch.setattr(shared_files, "_put", lambda *_: time.sleep(0.3))
    begun = time.monotonic()
    SharedFiles(store, str(share)).hand_out(file, "a")
    assert time.monotonic() - begun < 0.25
    assert store.file_checksum("a") is None


def test_without_a_place_nothing_is_handed_out(store: Store, file: Path, tmp_path: Path) -> None:
    alone = SharedFiles(store, None)
    alone.hand_out(file, "a")
    assert not alone.fetch("a", tmp_path / "there")


def test_a_url_that_nothing_reads_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="shared folder"):
        SharedFiles(store, "nosuch://bucket/folder")


def test_hosts_hand_each_other_editions_tiles_and_results(
    host: OpenHost, share: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = host("first"), host("second"), host("third")
    found_town(first, tmp_path / "sources")
    [edition] = (share / "editions").iterdir()
    assert first.store.edition().locator_file == edition.name
    archive = first.tile_archives.get("grids", Asker())
    job = first.jobs.submit("export", {"what": "grids", "format": "geojson"})
    claimed = first.store.jobs.claim("runner", at_most=1)
    assert claimed is not None
    with first.store.as_one_change():
        result = first.jobs.run(claimed, lambda _step: None)
        first.store.jobs.finish(job.id, "runner", result)

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("it was handed out")

    with monkeypatch.context() as patched:
        patched.setattr(Locator, "build", never)
        patched.setattr("spatialgov.workspace.tile_archives.write_archive", never)
        assert second.locations.find(*PLACE, "wgs84") == first.locations.find(*PLACE, "wgs84")
        assert second.tile_archives.get("grids", Asker()).path.read_bytes() == archive.path.read_bytes()
    done = second.jobs.done(job.id)
    assert second.jobs.file(done).read_bytes() == first.jobs.file(done).read_bytes()

    for file in share.rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert third.locations.find(*PLACE, "wgs84") == first.locations.find(*PLACE, "wgs84"), "it makes its own"
    assert third.tile_archives.get("grids", Asker()).tag == archive.tag
