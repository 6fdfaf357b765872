"""`check` finds nothing in a sound store, and names the place of what is wrong in a damaged one."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from spatialgov.store import Store
from spatialgov.store.checking import StoreFault, check
from spatialgov.store.database import Database
from tests.postgres_cluster import Cluster
from tests.store.released import make_released

SHIFTED = "SELECT geometry FROM edition_grid WHERE id = 1"


def made_sound(url: str) -> str:
    with Database.open(url, migrate=False) as empty:
        make_released(empty, "0001")
    Store.open(url).close()
    assert check(url) == []
    return url


@pytest.fixture(scope="module")
def sound_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sound") / "store.db"
    made_sound(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="module")
def sound_database(cluster: Cluster) -> str:
    name = cluster.new_database()
    made_sound(cluster.url(name))
    return name


@pytest.fixture(params=["sqlite", "postgis"])
def town_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a copy of a sound store with rows in every table."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('sound_file'), tmp_path)}"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.url(cluster.copy_of(request.getfixturevalue("sound_database")))


def spoil(url: str, *statements: str) -> list[StoreFault]:
    """Change a store behind its back and check it."""
    engine = sa.create_engine(url)  # SQLite without foreign keys, as another program would open it
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
    return check(url)


@pytest.mark.parametrize(
    ("statement", "places"),
    [
        ("UPDATE edition SET valid_to = '2026-02-01T00:00:00+00:00' WHERE id = 1",
         {("edition_interval", "edition", "1")}),
        ("UPDATE edition SET valid_to = '2026-04-01T00:00:00+00:00' WHERE id = 2",
         {("no_open_edition", "edition", "2"), ("incident_grid", "incident", "9")}),
        ("UPDATE edition SET valid_to = NULL WHERE id = 1", {("edition_interval", "edition", "1")}),
        ("UPDATE plan SET state = 'draft' WHERE id = 4", {("plan_state", "plan", "4")}),
        ("UPDATE plan SET state = 'published' WHERE id = 1", {("plan_state", "plan", "1")}),
        ("UPDATE incident SET grid_code = 'x' WHERE id = 10", {("incident_grid", "incident", "10")}),
        ("UPDATE edition_lineage SET from_code = 'x' WHERE id = 1", {("lineage", "edition_lineage", "1")}),
        ("DELETE FROM edition_grid WHERE id = 1",
         {("edition_grids", "edition", "1"), ("lineage", "edition_lineage", "1")}),
        (f"UPDATE edition_grid SET geometry = ({SHIFTED}) WHERE id = 2",
         {("overlap", "edition_grid", "1/999901001001002")}),
        ("UPDATE plan SET unit_set_id = (SELECT MAX(id) FROM unit_set) WHERE id = 1",
         {("foreign_unit", "plan_unit", "1"), ("foreign_unit", "plan_unit", "2")}),
    ],
)  # fmt: skip
def test_what_must_hold_between_rows(town_url: str, statement: str, places: set[tuple[str, str, str]]) -> None:
    faults = spoil(
        town_url,
        "INSERT INTO unit_set VALUES (99, 'other', 'wgs84', 'x', '2026-01-01 00:00:00.000000')",
        statement,
    )
    found = {(fault.kind, fault.table, fault.id) for fault in faults if fault.kind != "sequence_behind"}
    assert found == places
    assert all(fault.message and fault.remedy for fault in faults)


def test_a_sequence_that_was_left_behind(town_url: str) -> None:
    faults = spoil(town_url, "INSERT INTO unit_set VALUES (99, 'other', 'wgs84', 'x', '2026-01-01 00:00:00.000000')")
    if town_url.startswith("sqlite"):
        assert faults == []
    else:
        assert [(fault.kind, fault.table, fault.id) for fault in faults] == [("sequence_behind", "unit_set", "99")]
        assert spoil(town_url, faults[0].remedy) == []


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE road SET geometry = x'0102' WHERE id = 1", ("road", "1")),
        ("UPDATE camera SET geometry = (SELECT geometry FROM road) WHERE id = 1", ("camera", "1")),
        ("UPDATE unit SET households = 'many' WHERE id = 7", ("unit", "7")),
        ("UPDATE incident SET occurred_at = 'yesterday' WHERE id = 9", ("incident", None)),
        ("UPDATE plan SET settings = '{' WHERE id = 4", ("plan", None)),
    ],
)
def test_values_that_only_sqlite_lets_in(
    sound_file: Path, tmp_path: Path, statement: str, place: tuple[str, str | None]
) -> None:
    url = f"sqlite:///{shutil.copy(sound_file, tmp_path)}"
    faults = spoil(url, statement)
    assert [(fault.table, fault.id) for fault in faults] == [place]


def test_a_broken_reference(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    Store.open(url).close()
    faults = spoil(url, "INSERT INTO edition VALUES (1, 77, '2026-01-01 00:00:00.000000', NULL, NULL)")
    assert [(fault.kind, fault.table, fault.id) for fault in faults] == [("broken_reference", "edition", "1")]


def test_another_schema(town_url: str) -> None:
    assert [fault.kind for fault in spoil(town_url, "ALTER TABLE road ADD COLUMN surface TEXT")] == ["wrong_schema"]
    faults = spoil(town_url, "UPDATE schema_revision SET version_num = '9999'")
    assert [fault.kind for fault in faults] == ["store_unavailable"]


def test_an_older_schema_is_told_and_left_as_it_is(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Database.open(empty_url, migrate=False) as empty:
        make_released(empty, "0001")
    monkeypatch.setattr("spatialgov.store.checking.newest_revision", lambda: "9999")
    faults = check(empty_url)
    assert [(fault.kind, "db upgrade" in fault.remedy) for fault in faults] == [("old_schema", True)]


def test_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    url = f"sqlite:///{path}"
    with Database.open(url, migrate=False) as empty:
        make_released(empty, "0001")
    with closing(sa.create_engine(url).raw_connection()) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xa5" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    faults = check(url)
    assert faults
    assert {fault.kind for fault in faults} <= {"damaged_file", "store_unavailable"}
    assert all("backup" in fault.remedy for fault in faults)


def test_no_store_at_all(empty_url: str) -> None:
    assert [fault.kind for fault in check(empty_url)] == ["store_unavailable"]
    if empty_url.startswith("sqlite"):
        assert not Path(empty_url.removeprefix("sqlite:///")).exists(), "looking makes nothing"
