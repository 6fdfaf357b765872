"""Stores of every released version come to the newest with all they hold, on both backends."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from spatialgov.errors import StoreError
from spatialgov.store import Store, checking
from spatialgov.store.database import Database, Migration
from spatialgov.store.schema import newest_revision, revision_of, revisions
from spatialgov.workspace import Workspace
from tests.store.released import ROWS_0001, make_released, rows_by_table


def released(url: str, revision: str) -> dict[str, list[dict[str, object]]]:
    with Database.open(url, migrate=False) as database:
        return make_released(database, revision)


@pytest.mark.parametrize("revision", revisions())
def test_everything_is_there_after_an_upgrade(empty_url: str, revision: str) -> None:
    before = released(empty_url, revision)
    assert all(before.values()), "every table of the release holds something"
    with Database.open(empty_url, create=False) as database:
        after = rows_by_table(database)
    for table, rows in before.items():
        kept = [{name: row[name] for name in old if name in row} for old, row in zip(rows, after[table], strict=True)]
        assert kept == rows, table
    assert checking.check(empty_url) == []


def test_the_released_rows_are_written_as_they_are_frozen(empty_url: str) -> None:
    rows = released(empty_url, "0001")
    assert {name: len(table) for name, table in rows.items()} == {name: len(table) for name, table in ROWS_0001.items()}
    assert rows["unit"][0]["households"] == 2**40
    assert rows["plan"][1]["parent_id"] == 1


def test_an_upgraded_store_is_used_as_ever(empty_url: str, tmp_path: Path) -> None:
    released(empty_url, "0001")
    with Workspace.open(tmp_path / "data", empty_url, create=False) as workspace:
        assert workspace.locations.find(116.05, 33.05, "wgs84").code == "999901001001002"
        assert [record.name for record in workspace.store.plans()] == ["今天", "new"]
        frame = workspace.store.unit_set()
        added = workspace.store.add_unit_set(frame, name="again", datum="wgs84", source="x")
        assert added == 3
        assert workspace.store.incidents()["grid_code"].tolist() == ["999901001001002", None]


def test_a_file_is_copied_before_it_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a version whose newest revision is still to come."""
    url = f"sqlite:///{tmp_path / 'town.db'}"
    before = released(url, revisions()[0])
    monkeypatch.setattr("spatialgov.store.database.newest_revision", lambda: "9999")
    monkeypatch.setattr("spatialgov.store.database.bring_up_to_date", lambda _: None)
    with Database.open(url) as database:
        done = database.migration
    assert done is not None
    assert done == Migration(revisions()[0], "9999", done.backup)
    assert done.backup is not None
    assert done.backup.name.startswith("town.before-9999-")
    with Database.open(f"sqlite:///{done.backup}", migrate=False) as copied:
        assert rows_by_table(copied) == before


def test_a_migration_that_fails_changes_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    released(empty_url, "0001")

    def broken(connection: sa.Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE half (a INTEGER)")
        connection.exec_driver_sql("DELETE FROM incident")
        connection.exec_driver_sql("no SQL")

    with monkeypatch.context() as patched:
        patched.setattr("spatialgov.store.database.newest_revision", lambda: "9999")
        patched.setattr("spatialgov.store.database.bring_up_to_date", broken)
        with pytest.raises(StoreError, match="syntax error"):
            Database.open(empty_url)
    with Database.open(empty_url, migrate=False) as database, database.read() as connection:
        assert revision_of(connection) == "0001"
        assert "half" not in sa.inspect(connection).get_table_names()
        assert connection.scalar(sa.text("SELECT count(*) FROM incident")) == 2


def test_a_new_store_was_no_migration_of_data(empty_url: str) -> None:
    with Database.open(empty_url) as database:
        assert database.migration == Migration(None, newest_revision(), None)
    with Database.open(empty_url) as database:
        assert database.migration is None
    Store.open(empty_url, create=False).close()
