"""Places here and in stores: what is shown of a URL, and shelves in a store that is no S3."""

import errno
import pickle
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from spatialgov.bulk import Shelf
from spatialgov.errors import InputError, UnreadableFileError
from spatialgov.locate.table_files import table_files
from spatialgov.object_store import Remote
from spatialgov.places import here, opened, pinned, place_named, same_place, state, still_there, written_whole

ROOT = Remote("memory://bucket/work")


@pytest.fixture(autouse=True)
def memory() -> Iterator[None]:
    yield
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


def put(name: str, content: bytes, folder: Path) -> Remote:
    (folder / "made").write_bytes(content)
    (ROOT / name).put(folder / "made")
    return ROOT / name


def test_a_path_is_a_path_and_a_url_a_url() -> None:
    assert place_named("a/b.csv") == Path("a/b.csv")
    assert place_named("file:///a/b.csv") == Path("/a/b.csv")
    assert place_named("s3://bucket/a.parquet") == Remote("s3://bucket/a.parquet")


@pytest.mark.parametrize(
    ("url", "shown", "name"),
    [
        ("s3://bucket/a@b/points.parquet", "s3://bucket/a@b/points.parquet", "points.parquet"),
        ("sftp://me:word@host/points.parquet/", "sftp://host/points.parquet", "points.parquet"),
        ("https://host/points.parquet?Signature=word", "https://host/points.parquet", "points.parquet"),
    ],
)
def test_what_is_shown(url: str, shown: str, name: str) -> None:
    place = Remote(url)
    assert (str(place), place.name, place.suffix) == (shown, name, ".parquet")
    assert "word" not in f"{place} {place!r} {state(place)}"
    assert str(place.with_name("other")) == f"{shown.rpartition('/')[0]}/other"
    assert pickle.loads(pickle.dumps(place)) == place


def test_a_shelf(tmp_path: Path) -> None:
    shelf = Shelf.at(ROOT)
    assert (shelf.shelves(), shelf.names()) == ([], [])
    with shelf.making() as beside:
        made = Path(beside) / "made"
        made.write_bytes(b"whole")
        assert here(shelf.put(made, "one")).read_bytes() == b"whole"
    put("job-1/part", b"", tmp_path)
    assert (shelf.shelves(), shelf.names(), shelf.has("one"), shelf.has("job-1")) == (["job-1"], ["one"], True, False)
    assert shelf.read(["one"]) == [b"whole"]
    shelf.clear(["one"])
    assert shelf.has("one")  # the other job may need it
    job = Shelf.at(ROOT / "job-1")
    job.clear(["part", "none"])
    assert job.names() == []


def test_what_is_lent_is_put_there_once(tmp_path: Path) -> None:
    (tmp_path / "a.cube").write_bytes(b"content")
    shelf = Shelf.at(ROOT)
    assert shelf.lend(tmp_path / "a.cube") == shelf.lend(tmp_path / "a.cube")
    assert len(shelf.names()) == 1
    assert Shelf.at(tmp_path).lend(tmp_path / "a.cube") == tmp_path / "a.cube"


def test_threads_that_want_one_file_fetch_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = put("wanted by many", b"content", tmp_path)
    fetched, usual = [], Remote.fetch

    def fetch(remote: Remote, target: Path) -> None:
        fetched.append(target)
        time.sleep(0.05)
        usual(remote, target)

    monkeypatch.setattr(Remote, "fetch", fetch)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(here, [place] * 4))
    assert {path.read_bytes() for path in found} == {b"content"}
    assert len(fetched) == 1


def test_what_is_written_is_there_as_a_whole_or_not_at_all() -> None:
    target = ROOT / "out.csv"

    def broken_off() -> None:
        with written_whole(target) as beside:
            beside.write_text("half")
            raise InputError("no")

    with pytest.raises(InputError, match="no"):
        broken_off()
    assert not target.exists()
    with written_whole(target) as beside:
        beside.write_text("whole")
    assert here(target).read_text() == "whole"
    assert [entry.name for entry in ROOT.entries()] == ["out.csv"]


def test_ranges_and_versions(tmp_path: Path) -> None:
    place = pinned(put("a", bytes(range(100)), tmp_path))
    with opened(place) as file:
        assert file.read(2) == b"\x00\x01"
        assert file.seek(-3, 2) == 97
        assert file.read() == b"abc"
        assert file.read(1) == b""
    put("a", b"x", tmp_path)
    for use in (still_there, opened, here):
        with pytest.raises(InputError, match="was changed"):
            use(place)


def test_no_room_for_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    place = put("a", b"x", tmp_path)
    monkeypatch.setattr(MemoryFileSystem, "get_file", full)
    with pytest.raises(InputError, match="no room for a copy") as told:
        here(place)
    assert "TMPDIR" in told.value.remedy


def test_folders_that_are_no_table(tmp_path: Path) -> None:
    put("table/_SUCCESS", b"", tmp_path)
    put("table/b.parquet", b"", tmp_path)
    put("table/a.parquet", b"", tmp_path)
    assert [file.name for file in table_files(ROOT / "table")] == ["a.parquet", "b.parquet"]
    put("table/year=2026/c.parquet", b"", tmp_path)
    with pytest.raises(UnreadableFileError, match="year=2026"):
        table_files(ROOT / "table")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnreadableFileError, match="it is empty"):
        table_files(tmp_path / "empty")


def test_places_are_compared(tmp_path: Path) -> None:
    assert same_place(tmp_path / "a", tmp_path / "b" / ".." / "a")
    assert same_place(Remote("s3://me:word@bucket/a"), Remote("s3://bucket/a", "1"))
    assert not same_place(Remote("s3://bucket/a"), tmp_path / "a")


def test_without_fsspec_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fsspec", "fsspec.core", "fsspec.registry"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match="not installed") as told:
        Remote("s3://bucket/a").pinned()
    assert "spatialgov[cluster]" in told.value.remedy
