"""A read replica: what is read from it, and what from the primary, while it is there, behind or gone.

Two databases of one server stand for primary and replica; the second is a copy that is never brought up to date.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from spatialgov.errors import StoreError
from spatialgov.store import Reading, Store, asking, note_edition
from spatialgov.store import replica as replica_module
from spatialgov.store.replica import Replica
from tests.conftest import empty_all_tables
from tests.postgres_cluster import Cluster

SAID = "what was said"


@dataclass
class Pair:
    """A store with a replica, on which nobody looks but the tests."""

    store: Store
    cluster: Cluster
    primary: str
    copy: str

    @property
    def replica(self) -> Replica:
        found = self.store._database.replica
        assert found is not None
        return found

    def lagging(self) -> str | None:
        """Give the note as a question finds it that may lag."""
        with asking(Reading(may_lag=True)):
            return self.store.note(SAID)

    def look(self) -> str:
        self.replica._look()
        return self.replica.state.state

    def shut(self, name: str) -> None:
        """Make a database one that does not answer."""
        self.cluster.execute("postgres", f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        self.cluster.execute(
            "postgres", f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
        )

    def open(self, name: str) -> None:
        self.cluster.execute("postgres", f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@pytest.fixture
def pair(cluster: Cluster, postgis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setattr(replica_module, "_LOOK_S", 3600)
    monkeypatch.setattr(replica_module, "_WRITTEN", "SELECT 7")
    monkeypatch.setattr(replica_module, "_REPLAYED", "SELECT 7, version_num FROM schema_revision")
    empty_all_tables(postgis_url)
    with Store.open(postgis_url) as store:
        store.set_note(SAID, "before")
    primary = str(sa.make_url(postgis_url).database)
    copy = f"{primary}_copy"
    cluster.execute("postgres", f"CREATE DATABASE {copy} TEMPLATE {primary}")
    try:
        with Store.open(postgis_url, replica_url=cluster.url(copy)) as store:
            store.set_note(SAID, "after")
            yield Pair(store, cluster, primary, copy)
    finally:
        cluster.execute("postgres", f"ALTER DATABASE {primary} ALLOW_CONNECTIONS true")
        cluster.execute("postgres", f"DROP DATABASE {copy} WITH (FORCE)")


def test_only_what_may_lag_is_read_from_it(pair: Pair) -> None:
    assert pair.lagging() == "before"
    assert pair.store.note(SAID) == "after"
    with asking(Reading(may_lag=False)):
        assert pair.store.note(SAID) == "after"


def test_nothing_is_read_from_it_after_something_newer(pair: Pair) -> None:
    """A question that wrote, or has read from the primary, sees nothing older than that."""
    with asking(Reading(may_lag=True)):
        assert pair.store.note(SAID) == "before"
        pair.store.set_note("another", "note")
        assert pair.store.note(SAID) == "after"
    pair.shut(pair.copy)
    with asking(Reading(may_lag=True)):
        assert pair.store.note(SAID) == "after"
        pair.open(pair.copy)
        assert pair.look() == "in_use"
        assert pair.store.note(SAID) == "after"
    assert pair.lagging() == "before"


def test_one_that_is_gone_is_said_once_and_taken_again(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    pair.shut(pair.copy)
    with caplog.at_level(logging.WARNING, "spatialgov.store"):
        for _ in range(3):
            assert pair.lagging() == "after"
            assert pair.look() == "gone"
        pair.open(pair.copy)
        assert pair.look() == "in_use"
    said = [record.getMessage() for record in caplog.records if record.name == "spatialgov.store"]
    assert [message.split(" is ")[1].split(",")[0] for message in said] == ["gone", "asked"]
    assert pair.lagging() == "before"


def test_one_that_breaks_off_leaves_word(pair: Pair) -> None:
    def read() -> None:
        with pair.store._database.read() as connection:
            pair.shut(pair.copy)
            connection.exec_driver_sql("SELECT 1")

    with asking(this := Reading(may_lag=True)), pytest.raises(StoreError):
        read()
    assert this.broken_off
    assert pair.replica.state.state == "gone"


def test_one_that_is_too_far_behind_is_not_asked(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("spatialgov.store.replica.time.monotonic", lambda: now)
    monkeypatch.setattr(replica_module, "_WRITTEN", "SELECT 9")
    assert pair.look() == "in_use", "what is written now was not there a moment ago"
    now += 9.5
    assert (pair.look(), pair.replica.state.lag_s) == ("in_use", 9.5)
    now += 1
    assert (pair.look(), pair.replica.state.lag_s) == ("behind", 10.5)
    assert pair.lagging() == "after"
    monkeypatch.setattr(replica_module, "_WRITTEN", "SELECT 11")
    monkeypatch.setattr(replica_module, "_REPLAYED", "SELECT 10, version_num FROM schema_revision")
    assert (pair.look(), pair.replica.state.lag_s) == ("in_use", 0.0), "the 9 is there, the 11 was written just now"


def test_one_with_another_schema_or_that_is_the_primary_is_not_asked(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_module, "_REPLAYED", "SELECT 7, '0001'")
    assert pair.look() == "behind"
    monkeypatch.setattr(replica_module, "_REPLAYED", "SELECT NULL, version_num FROM schema_revision")
    assert pair.look() == "gone"
    assert pair.lagging() == "after"


def test_how_far_it_is_behind_is_not_known_before_it_was_level_once(pair: Pair) -> None:
    replica = Replica(pair.replica.engine, pair.replica.engine, pair.replica.engine, 10)
    replica._mark(7)
    assert replica._lag(6) is None
    assert replica._lag(7) == 0.0


def test_marks_are_few_and_never_make_the_lag_shorter(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_module, "_MOST_MARKS", 3)
    now = 0.0
    monkeypatch.setattr("spatialgov.store.replica.time.monotonic", lambda: now)
    replica = Replica(pair.replica.engine, pair.replica.engine, pair.replica.engine, 10)
    for written in range(1, 8):
        now += 1
        replica._mark(written)
    assert list(replica._marks) == [(1.0, 1), (2.0, 2), (3.0, 7)]
    assert replica._lag(6) == 4.0


def test_without_the_primary_accounts_are_read_from_it_and_nothing_is_written(pair: Pair) -> None:
    pair.shut(pair.primary)
    assert pair.store.accounts.revision() == ""
    assert not pair.replica.state.primary_answers
    assert pair.store.is_current()
    assert pair.look() == "in_use"
    assert pair.lagging() == "before"
    with pytest.raises(StoreError):
        pair.store.set_note(SAID, "never")
    with pytest.raises(StoreError):
        pair.store.note(SAID)
    pair.open(pair.primary)
    assert pair.look() == "in_use"
    assert pair.replica.state.primary_answers
    assert pair.store.note(SAID) == "after"


def test_a_file_has_no_replica(tmp_path: object) -> None:
    with pytest.raises(StoreError, match="Only a PostgreSQL store"):
        Store.open(f"sqlite:///{tmp_path}/a.db", replica_url=f"sqlite:///{tmp_path}/b.db")


def test_the_newest_edition_that_was_asked_for_is_noted() -> None:
    note_edition(3)  # nobody asks
    with asking(this := Reading(may_lag=True)):
        for number in (4, None, 2):
            note_edition(number)
    assert this.edition == 4
