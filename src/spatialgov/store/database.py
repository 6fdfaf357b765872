"""The connection to either backend: transactions that mean the same on both, and a schema that is ours."""

import logging
import random
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, cast

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import URL, Connection, Engine

from spatialgov.errors import InputError, StoreError
from spatialgov.language import t
from spatialgov.store.audit import record_current_act
from spatialgov.store.failures import no_store_error, our_error
from spatialgov.store.files import check_sqlite_file, snapshot
from spatialgov.store.postgis import ensure_postgis
from spatialgov.store.reading import current_reading
from spatialgov.store.replica import MOST_LAG_S, Replica
from spatialgov.store.schema import bring_up_to_date, newest_revision, revision_of
from spatialgov.store.urls import parse_url, shown_url
from spatialgov.time_limit import check_time, seconds_left

__all__ = ["Database", "Migration"]

_WAIT_S = 30
"""How long a writer waits for its turn, and a connection for its server."""

_STEPS = 100_000
"""Of SQLite's machine, a millisecond or so: after these it looks at the clock."""
_WRITER_LOCK = 0x5347_5754
"""The advisory lock that PostgreSQL's writers share; any number that other programs don't use will do."""

_CONNECTION: dict[str, Any] = {
    "application_name": "spatialgov",
    "connect_timeout": _WAIT_S,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""What libpq is told unless the URL says otherwise; a server whose machine is gone is noticed in a minute."""

_IMPATIENT = {"connect_timeout": 3, "tcp_user_timeout": 3_000}
"""What it is told where there are a primary and a replica: there is somebody else to be asked."""
_LOOKING = {"connect_timeout": 2, "tcp_user_timeout": 2_000}

_log = logging.getLogger("spatialgov.store")


@dataclass(frozen=True, slots=True)
class Migration:
    """What opening a store of an older version did to it.

    Attributes
    ----------
    before, after
        Revisions of the schema; `before` is None when the store was made.
    backup
        Copy of the file as it was before, of SQLite stores that held something.
    """

    before: str | None
    after: str
    backup: Path | None


class Database:
    """An engine with two kinds of transactions.

    `read` sees one snapshot. `write` has the store to itself among writers from its first statement on (SQLite:
    ``BEGIN IMMEDIATE``; PostgreSQL: an advisory lock), so that what it reads stays true until it commits.

    Attributes
    ----------
    url, shown_url
        As it was given, and as it may be shown.
    migration
        What opening did to the schema; None when it was up to date.
    replica
        What is read from where the current reading (`spatialgov.store.reading`) may lag, if there is one.
    """

    def __init__(self, url: str, engine: Engine, replica: Replica | None = None) -> None:
        self.url = url
        self.shown_url = shown_url(engine.url)
        self.migration: Migration | None = None
        self.replica = replica
        self._joined = _Joined()
        self._engine = engine
        if engine.dialect.name == "sqlite":
            self._reader: Engine = engine
        else:
            self._reader = _only_reading(engine)

    @property
    def dialect(self) -> sa.Dialect:
        """What the backend speaks."""
        return self._engine.dialect

    @classmethod
    def open(
        cls,
        url: str,
        *,
        create: bool = True,
        migrate: bool = True,
        replica_url: str | None = None,
        most_lag_s: float = MOST_LAG_S,
    ) -> Self:
        """Connect, and create or migrate the schema; see `Store.open`.

        Parameters
        ----------
        migrate
            Whether an older schema is brought up to date; `db check` looks at it as it is.
        replica_url, most_lag_s
            See `Store.open`.
        """
        parsed = parse_url(url)
        if parsed.drivername == "sqlite":
            file = Path(parsed.database or "")
            check_sqlite_file(file)
            if not create and not file.exists():
                raise no_store_error(shown_url(parsed))
        replica = None if replica_url is None else _replica(parsed, parse_url(replica_url), most_lag_s)
        database = cls(url, _engine(parsed, {} if replica is None else _IMPATIENT), replica)
        try:
            database._prepare(create=create, migrate=migrate)
            if replica is not None:
                replica.start()
        except BaseException:
            database.close()
            raise
        return database

    @property
    def file(self) -> Path | None:
        """The file of a SQLite store."""
        return Path(self._engine.url.database or "") if self._engine.dialect.name == "sqlite" else None

    def is_current(self) -> bool:
        """Whether the newest schema is in place; see `revision_of`."""
        with self.read(as_spare=True) as connection:
            return revision_of(connection) == newest_revision()

    def _prepare(self, *, create: bool, migrate: bool) -> None:
        with self.read() as connection:
            revision = revision_of(connection)
        if revision is None and not create:
            raise no_store_error(self.shown_url)
        if not migrate:
            return
        if self.file is not None:
            self._switch_to_wal()
        if revision == newest_revision():
            return
        with self.connect() as connection, self.write_on(connection, logged=False):
            before = revision_of(connection)  # another process may have migrated while this one waited to write
            if before == newest_revision():
                return
            backup = self._copy_before(before)
            ensure_postgis(connection)
            bring_up_to_date(connection)
        self.migration = Migration(before, newest_revision(), backup)
        if before is not None:
            _log.warning(
                "the schema of %s was brought from %s to %s; the file as it was: %s",
                self.shown_url, before, newest_revision(), backup,
            )  # fmt: skip

    def _copy_before(self, revision: str | None) -> Path | None:
        """Copy a SQLite file that holds something; called while no one else can write. PostgreSQL's DDL is undone."""
        if self.file is None or revision is None:
            return None
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        return snapshot(self.file, self.file.with_name(f"{self.file.stem}.before-{newest_revision()}-{moment}.db"))

    def _switch_to_wal(self) -> None:
        # Once: the file remembers it. Not inside a transaction, where SQLite ignores it.
        with self._translated():
            connection = self._engine.raw_connection()
            end = time.monotonic() + _WAIT_S
            try:
                while not _in_wal(cast("sqlite3.Cursor", connection.cursor())) and time.monotonic() < end:
                    time.sleep(0.02)
            finally:
                connection.close()

    def close(self) -> None:
        """Close all connections."""
        if self.replica is not None:
            self.replica.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def as_one(self) -> Iterator[None]:
        """Make one transaction of all that this thread writes in the block: see `Store.as_one_change`."""
        if self._joined.open is not None:
            yield
            return
        with ExitStack() as stack:
            self._joined.open = stack
            try:
                yield
            finally:
                self._joined.open = self._joined.connection = None

    @contextmanager
    def read(self, *, as_spare: bool = False) -> Iterator[Connection]:
        """Give a connection inside a transaction that reads one snapshot, no longer than `time_limit` allows.

        Parameters
        ----------
        as_spare
            Whether the replica is asked when the primary does not answer, even where the current reading may not lag.
        """
        if self._joined.connection is not None:  # sees what the block has written so far
            with self._translated():
                yield self._joined.connection
            return
        with ExitStack() as stack:
            yield self._begin_on_replica(stack, as_spare=False) or self._begin_on_primary(stack, as_spare=as_spare)

    def _begin_on_replica(self, stack: ExitStack, *, as_spare: bool) -> Connection | None:
        if self.replica is None:
            return None
        stack.enter_context(self._replica_translated(self.replica))
        connection = self.replica.begin(stack, as_spare=as_spare)
        if connection is not None:
            stack.enter_context(_limited(connection))
        return connection

    def _begin_on_primary(self, stack: ExitStack, *, as_spare: bool) -> Connection:
        if as_spare and (connection := self._begin_on_replica(stack, as_spare=True)) is not None:
            return connection
        _not_older_from_now_on()
        try:
            connection = stack.enter_context(self._begun_on_primary())
        except StoreError:
            if not as_spare or self.replica is None:
                raise
            self.replica.primary_lost()
            connection = self._begin_on_replica(stack, as_spare=True)
            if connection is None:
                raise
        return connection

    @contextmanager
    def _begun_on_primary(self) -> Iterator[Connection]:
        with self._translated(), self._reader.begin() as connection, _limited(connection):
            yield connection

    @contextmanager
    def write(self, *, logged: bool = True) -> Iterator[Connection]:
        """Give a connection inside the only writing transaction; commits at the end, or takes everything back.

        What is not `logged` leaves the current act out of the audit log; inside `as_one` the whole block decides.
        """
        joined = self._joined
        if joined.open is None:
            with self._begin_writing(logged=logged) as connection:
                yield connection
            return
        if joined.connection is None:
            joined.connection = joined.open.enter_context(self._begin_writing())
        with self._translated(), joined.connection.begin_nested():
            yield joined.connection

    @contextmanager
    def _begin_writing(self, *, logged: bool = True) -> Iterator[Connection]:
        with self.connect() as connection, self.write_on(connection, logged=logged):
            yield connection

    @contextmanager
    def append(self) -> Iterator[Connection]:
        """Give a connection inside a transaction that only adds to a log: on PostgreSQL it waits for no writer."""
        if self._engine.dialect.name == "sqlite":  # which has one writer, whatever is written
            with self.connect() as connection, self.write_on(connection, logged=False):
                yield connection
        else:
            with self._translated(), self._engine.begin() as connection:
                yield connection

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Give a connection whose transactions the caller begins, to fill temporary tables before `write_on`."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write_on(self, connection: Connection, *, logged: bool = True) -> Iterator[None]:
        """Begin the only writing transaction on a connection; commits at the end, or takes everything back.

        The first of them that an act (`spatialgov.acts`) commits writes it to the audit log too, where it is `logged`.
        """
        connection.execution_options(begin="BEGIN IMMEDIATE")
        act = None
        with connection.begin():
            _not_older_from_now_on()
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_WAIT_S}s'")
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER_LOCK)))
            yield
            if logged:
                act = record_current_act(connection)
        if act is not None:
            act.recorded = True

    @contextmanager
    def _replica_translated(self, replica: Replica) -> Iterator[None]:
        try:
            yield
        except (exc.SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error) as error:
            replica.broken_off(error)
            raise our_error(error, replica.engine.url) from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (exc.SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error) as error:
            raise our_error(error, self._engine.url) from error
        except (OverflowError, UnicodeEncodeError) as error:  # from the driver; SQLAlchemy lets these pass
            raise InputError(t("A value can't be stored: {detail}", "数值无法存储：{detail}", detail=error)) from error


class _Joined(threading.local):
    """What a thread is doing inside `Database.as_one`: the block, and its transaction once it has written."""

    open: ExitStack | None = None
    connection: Connection | None = None


@contextmanager
def _limited(connection: Connection) -> Iterator[None]:
    """Stop queries at the deadline of the request that asks, if it has one (`spatialgov.time_limit`)."""
    left = seconds_left()
    if left is None:
        yield
        return
    check_time()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(int(left * 1000), 1)}")
        yield
        return
    driver: Any = connection.connection.driver_connection
    deadline = time.monotonic() + left
    driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def _only_reading(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _replica(primary: URL, url: URL, most_lag_s: float) -> Replica:
    if "sqlite" in (primary.drivername, url.drivername):
        raise StoreError(
            t("Only a PostgreSQL store can have a replica.", "只有 PostgreSQL 数据库可以设置只读副本。"),
            remedy=t("Leave SPATIALGOV_READ_DATABASE_URL empty.", "请不要设置 SPATIALGOV_READ_DATABASE_URL。"),
        )
    return Replica(
        _only_reading(_engine(url, _IMPATIENT)),
        _engine(primary, _LOOKING, pool_size=1),
        _engine(url, _LOOKING, pool_size=1),
        most_lag_s,
    )


def _not_older_from_now_on() -> None:
    """Read what belongs to the same question from the primary too: it must not be older than what was read of it."""
    if (this := current_reading()) is not None:
        this.may_lag = False


def _engine(url: URL, connect: Mapping[str, Any] | None = None, **pool: int) -> Engine:
    if url.drivername == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": _WAIT_S})
        sa.event.listen(engine, "connect", _on_sqlite_connect)
        sa.event.listen(engine, "begin", _on_sqlite_begin)
        return engine
    try:
        engine = sa.create_engine(
            url,
            connect_args={
                name: value for name, value in {**_CONNECTION, **(connect or {})}.items() if name not in url.query
            },
            pool_pre_ping=True,
            **pool,
        )
    except ImportError as error:
        raise StoreError(
            t("The driver for PostgreSQL is not installed.", "没有安装 PostgreSQL 驱动。"),
            remedy='pip install "spatialgov[postgis]"',
        ) from error
    sa.event.listen(engine, "connect", _on_postgresql_connect)
    return engine


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # else the module begins transactions of its own, deferred ones
    connection.execute("PRAGMA foreign_keys = ON").close()
    connection.execute("PRAGMA synchronous = FULL").close()  # a commit that was answered outlives a power cut


def _on_sqlite_begin(connection: Connection) -> None:
    # A deferred transaction that turns to writing fails at once when another has written since it began.
    begin = connection.get_execution_options().get("begin", "BEGIN")
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    if begin == "BEGIN":
        driver.execute(begin).close()
    else:
        _wait_for_turn(driver, begin)


def _in_wal(cursor: sqlite3.Cursor) -> bool:
    """Switch a file to WAL; False when somebody else has it at this moment, for which SQLite does not wait here."""
    try:
        if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    finally:
        cursor.close()
    return True


def _wait_for_turn(driver: sqlite3.Connection, begin: str) -> None:
    """Begin to write as soon as no other does.

    SQLite's own waiting sleeps longer the longer it waits, so that those who came last go first: measured, one of
    eight planners who keep writing was turned away after 30 seconds. Here everyone asks equally often.
    """
    driver.execute("PRAGMA busy_timeout = 0").close()
    deadline = time.monotonic() + _WAIT_S
    try:
        while True:
            try:
                driver.execute(begin).close()
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                    raise
            time.sleep(random.uniform(0.001, 0.01))
    finally:
        driver.execute(f"PRAGMA busy_timeout = {round(_WAIT_S * 1000)}").close()


def _on_postgresql_connect(connection: Any, _record: object) -> None:
    # A client whose machine is gone must not keep the writers' lock for the two hours that Linux would wait.
    connection.autocommit = True
    for name in ("keepalives_idle", "keepalives_interval", "keepalives_count"):
        connection.execute(f"SET tcp_{name} = {_CONNECTION[name]}").close()
    connection.autocommit = False
