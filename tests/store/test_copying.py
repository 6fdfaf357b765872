"""A store copied to the other backend and back is equal, row for row, and goes on being used."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from spatialgov.errors import ConflictError, StoreError
from spatialgov.store import Store, checking, copying, upkeep
from spatialgov.store.database import Database
from spatialgov.store.schema import newest_revision
from tests.postgres_cluster import Cluster
from tests.store.released import make_released, rows_by_table


def fill(url: str) -> None:
    with Database.open(url, migrate=False) as empty:
        make_released(empty, newest_revision())


@pytest.fixture(scope="module")
def full_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("full") / "store.db"
    fill(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="module")
def full_database(cluster: Cluster) -> str:
    name = cluster.new_database()
    fill(cluster.url(name))
    return name


@pytest.fixture(params=["sqlite", "postgis"])
def full(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a copy of a store of this version with rows in every table."""
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(request.getfixturevalue('full_file'), tmp_path)}"
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        url = cluster.url(cluster.copy_of(request.getfixturevalue("full_database")))
    with Database.open(url) as database:
        yield database


@pytest.fixture
def other_url(full: Database, cluster: Cluster, tmp_path: Path) -> str:
    """Give the URL of an empty database of the other backend."""
    return cluster.url(cluster.new_database()) if full.file is not None else f"sqlite:///{tmp_path / 'other.db'}"


def test_there_and_back_is_equal(full: Database, other_url: str, tmp_path: Path, cluster: Cluster) -> None:
    before = rows_by_table(full)
    back_url = f"sqlite:///{tmp_path / 'back.db'}" if full.file is not None else cluster.url(cluster.new_database())
    told: list[tuple[str, int, int]] = []
    with Database.open(other_url) as other, Database.open(back_url) as back:
        counts = copying.copy(full, other, progress=lambda *step: told.append(step))
        assert counts == {name: len(rows) for name, rows in before.items()}
        assert rows_by_table(other) == before
        copying.copy(other, back)
        assert rows_by_table(back) == before
    assert {(name, total) for name, _, total in told} == set(counts.items())
    assert checking.check(other_url) == checking.check(back_url) == []


def test_rows_can_be_added_after_copying(full: Database, other_url: str, frames: Any) -> None:
    with Database.open(other_url) as other:
        copying.copy(full, other)
    with Store.open(other_url) as store:
        assert store.add_unit_set(frames.units, name="new", datum="wgs84", source="x") == 3
        assert store.upsert_incidents(frames.incidents).accepted == 1
        assert store.upsert_cameras(frames.cameras).accepted == 2


def test_nothing_is_overwritten_unasked(full: Database, other_url: str, frames: Any) -> None:
    with Store.open(other_url) as store:
        store.upsert_cameras(frames.cameras)
    before = rows_by_table(full)
    with Database.open(other_url) as other:
        held = rows_by_table(other)
        with pytest.raises(ConflictError, match=r"holds \d+ rows.*--replace"):
            copying.copy(full, other)
        assert rows_by_table(other) == held
        copying.copy(full, other, replace=True)
        assert rows_by_table(other) == before


def test_a_copy_that_fails_leaves_what_was_there(full: Database, other_url: str, frames: Any) -> None:
    with Store.open(other_url) as store:
        store.upsert_cameras(frames.cameras)

    def stop(table: str, _done: int, _total: int) -> None:
        if table == "plan_unit":
            raise KeyboardInterrupt

    with Database.open(other_url) as other:
        held = rows_by_table(other)
        with pytest.raises(KeyboardInterrupt):
            copying.copy(full, other, replace=True, progress=stop)
        assert rows_by_table(other) == held
    assert checking.check(other_url) == []
    with Store.open(other_url) as store:
        assert store.upsert_cameras(frames.cameras.assign(camera_id=["k8", "k9"])).accepted == 2


def test_rows_that_may_only_be_added_are_replaced_too(full: Database, other_url: str) -> None:
    refuse = {
        "sqlite": ["CREATE TRIGGER fixed BEFORE DELETE ON note BEGIN SELECT RAISE(ABORT, 'fixed'); END"],
        "postgresql": [
            "CREATE FUNCTION fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fixed'; END $$",
            "CREATE TRIGGER fixed BEFORE DELETE ON note FOR EACH ROW EXECUTE FUNCTION fixed()",
        ],
    }
    with Database.open(other_url) as other:
        with other.write() as connection:
            for statement in refuse[connection.dialect.name]:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql("INSERT INTO note VALUES ('old', '1')")
        copying.copy(full, other, replace=True)
        assert rows_by_table(other) == rows_by_table(full)
        with pytest.raises((StoreError, ConflictError), match="fixed"), other.write() as connection:
            connection.exec_driver_sql("DELETE FROM note")


def test_a_backup_is_the_same_file_for_both_and_restores_everywhere(
    full: Database, other_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "town.backup"
    before = rows_by_table(full)
    done = upkeep.backup(full, file)
    assert (done.file, done.size_bytes) == (file, file.stat().st_size)
    assert done.rows == {name: len(rows) for name, rows in before.items()}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("town.backup", ".town"))] == [file.name]
    content = file.read_bytes()
    with Database.open(other_url) as other:
        assert upkeep.restore(file, other) == done.rows
        assert rows_by_table(other) == before
        with pytest.raises(ConflictError, match="--replace"):
            upkeep.restore(file, other)
        upkeep.restore(file, other, replace=True)
        assert rows_by_table(other) == before
    assert file.read_bytes() == content, "a backup is not touched"


def test_a_backup_is_not_overwritten_unasked(full: Database, tmp_path: Path) -> None:
    file = tmp_path / "town.backup"
    upkeep.backup(full, file)
    with pytest.raises(ConflictError, match="already"):
        upkeep.backup(full, file)
    upkeep.backup(full, file, replace=True)
    if full.file is not None:
        with pytest.raises(ConflictError, match="the store itself"):
            upkeep.backup(full, full.file, replace=True)


def test_a_backup_of_a_store_that_others_write_to(full: Database, tmp_path: Path) -> None:
    """What is not committed is not in it, and the writer is not in the way."""
    with full.write() as connection:
        connection.execute(sa.text("INSERT INTO note VALUES ('later', '1')"))
        rows = upkeep.backup(full, tmp_path / "town.backup").rows
    assert rows["note"] == 1
    assert upkeep.backup(full, tmp_path / "second.backup").rows["note"] == 2


@pytest.mark.parametrize("damage", [b"", b"no store", None])
def test_what_is_no_backup_changes_nothing(full: Database, tmp_path: Path, damage: bytes | None) -> None:
    file = tmp_path / "town.backup"
    upkeep.backup(full, file)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2] if damage is None else damage)
    before = rows_by_table(full)
    with pytest.raises(StoreError) as caught:
        upkeep.restore(file, full, replace=True)
    assert caught.value.remedy
    assert rows_by_table(full) == before


def test_an_older_backup_is_brought_up_to_date(tmp_path: Path, open_store: Callable[[], Store], url: str) -> None:
    file = tmp_path / "old.backup"
    with Database.open(f"sqlite:///{file}", migrate=False) as old:
        make_released(old, "0001")
    content = file.read_bytes()
    open_store()
    with Database.open(url) as database:
        upkeep.restore(file, database)
    assert open_store().edition().plan_id == 4
    assert file.read_bytes() == content
