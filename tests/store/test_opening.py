"""What can be wrong with a store when it is opened: always a `StoreError` with a remedy, and nothing is changed."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from spatialgov.errors import StoreError
from spatialgov.store import Store


def refused(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        Store.open(url)
    assert caught.value.remedy


def test_opening_twice_finds_what_was_written(open_store: Callable[[], Store]) -> None:
    with open_store() as first:
        first.set_note("a", "1")
    assert open_store().note("a") == "1"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "can't be read"),
        ("city.db", "can't be read"),
        ("postgresql+psycopg://host:port/x", "can't be read"),
        ("mysql://host/x", "can't be kept in mysql"),
        ("sqlite+aiosqlite:///x", "can't be kept"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////no/such/folder/city.db", "folder of the store .* does not exist"),
    ],
)
def test_a_url_that_is_none(url: str, message: str) -> None:
    refused(url, message)


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    refused(f"sqlite:///{tmp_path}", "can't be read")


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(StoreError, match="can't be reached") as caught:
        Store.open("postgresql+psycopg://tester:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"{}", b"\x00" * 5000, b"SQLite format 3\x00", b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(content)
    refused(f"sqlite:///{path}", "store")
    assert path.read_bytes() == content


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "store.db").touch()
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        assert store.plans() == []


def test_the_file_of_another_program(tmp_path: Path, frames: Any) -> None:
    path = tmp_path / "units.gpkg"
    frames.units.to_file(path)
    before = path.read_bytes()
    refused(f"sqlite:///{path}", "belongs to another program")
    assert path.read_bytes() == before


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_store(tmp_path: Path, frames: Any, kept: float) -> None:
    path = tmp_path / "store.db"
    with Store.open(f"sqlite:///{path}") as store:
        store.upsert_incidents(frames.incidents)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    refused(f"sqlite:///{path}", "end is missing")


def test_a_store_with_damage_inside(tmp_path: Path, frames: Any) -> None:
    path = tmp_path / "store.db"
    with Store.open(f"sqlite:///{path}") as store:
        store.upsert_incidents(frames.incidents)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    refused(f"sqlite:///{path}", "can't be used")


def test_a_store_of_a_newer_version(empty_url: str) -> None:
    Store.open(empty_url).close()
    execute(empty_url, "UPDATE schema_revision SET version_num = '9999'")
    refused(empty_url, "another version of spatialgov .*9999")


def test_tables_of_another_program(empty_url: str) -> None:
    execute(empty_url, "CREATE TABLE unit (somebody INTEGER)")
    refused(empty_url, "another program: it has the table unit")


def execute(url: str, statement: str) -> None:
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def test_sqlite_is_set_up_to_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store.open(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_password_is_not_shown(url: str) -> None:
    with Store.open(url.replace("tester@", "tester:secret@")) as store:
        assert "secret" not in repr(store)
        assert store.url.startswith(("sqlite", "postgresql+psycopg://tester:secret@"))
