"""The connection to either backend: transactions that mean the same on both, and errors that a planner understands."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import URL, Connection, Engine, make_url

from spatialgov.errors import ConflictError, InputError, SpatialGovError, StoreError
from spatialgov.language import t
from spatialgov.store.audit import record_current_act
from spatialgov.store.files import check_sqlite_file
from spatialgov.store.schema import bring_up_to_date, check_revision

__all__ = ["Database"]

_WAIT_S = 30
"""How long a writer waits for its turn, and a connection for its server."""

_WRITER_LOCK = 0x5347_5754
"""The advisory lock that PostgreSQL's writers share; any number that other programs don't use will do."""


class Database:
    """An engine with two kinds of transactions.

    `read` sees one snapshot. `write` has the store to itself among writers from its first statement on (SQLite:
    ``BEGIN IMMEDIATE``; PostgreSQL: an advisory lock), so that what it reads stays true until it commits.
    """

    def __init__(self, url: str, engine: Engine) -> None:
        self.url = url
        self.shown_url = engine.url.render_as_string(hide_password=True)
        self._engine = engine
        if engine.dialect.name == "sqlite":
            self._reader: Engine = engine
            self._writer: Engine = engine.execution_options(begin="BEGIN IMMEDIATE")
        else:
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._writer = engine

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect, and create or migrate the schema; see `Store.open`."""
        parsed = _parse(url)
        if parsed.drivername == "sqlite":
            check_sqlite_file(Path(parsed.database or ""))
        database = cls(url, _engine(parsed))
        try:
            database._prepare()
        except BaseException:
            database.close()
            raise
        return database

    def _prepare(self) -> None:
        with self.read() as connection:
            up_to_date = check_revision(connection)
        if not up_to_date:
            if self._engine.dialect.name == "sqlite":
                self._switch_to_wal()
            with self._writing() as connection:
                bring_up_to_date(connection)

    def _switch_to_wal(self) -> None:
        # Once: the file remembers it. Not inside a transaction, where SQLite ignores it.
        with self._translated():
            connection = self._engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA journal_mode = WAL").close()
            finally:
                connection.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection inside a transaction that reads one snapshot."""
        with self._translated(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection inside the only writing transaction; commits at the end, or takes everything back.

        The first of them that an act (`spatialgov.acts`) commits writes it to the audit log too.
        """
        with self._writing() as connection:
            yield connection
            act = record_current_act(connection)
        if act is not None:
            act.recorded = True

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._translated(), self._writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER_LOCK)))
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            raise _ours(error, self.shown_url) from error
        except (OverflowError, UnicodeEncodeError) as error:  # from the driver; SQLAlchemy lets these pass
            raise InputError(t("A value can't be stored: {detail}", "数值无法存储：{detail}", detail=error)) from error


def _parse(url: str) -> URL:
    remedy = t(
        "Use sqlite:///path/to/file.db or postgresql+psycopg://user@host/database.",
        "请使用 sqlite:///文件路径.db 或 postgresql+psycopg://用户@主机/数据库。",
    )
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError) as error:
        raise StoreError(t("The database URL can't be read.", "无法识别数据库地址。"), remedy=remedy) from error
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise StoreError(
            t("A store can't be kept in {kind}.", "不支持把数据存放在 {kind} 中。", kind=parsed.drivername),
            remedy=remedy,
        )
    if parsed.drivername == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError(t("The database URL names no file.", "数据库地址没有指明文件。"), remedy=remedy)
    return parsed


def _engine(url: URL) -> Engine:
    if url.drivername == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": _WAIT_S})
        sa.event.listen(engine, "connect", _on_sqlite_connect)
        sa.event.listen(engine, "begin", _on_sqlite_begin)
        return engine
    try:
        return sa.create_engine(
            url,
            connect_args={"connect_timeout": _WAIT_S},
            pool_pre_ping=True,
        )
    except ImportError as error:
        raise StoreError(
            t("The driver for PostgreSQL is not installed.", "没有安装 PostgreSQL 驱动。"),
            remedy='pip install "spatialgov[postgis]"',
        ) from error


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # else the module begins transactions of its own, deferred ones
    connection.execute("PRAGMA foreign_keys = ON").close()


def _on_sqlite_begin(connection: Connection) -> None:
    # A deferred transaction that turns to writing fails at once when another has written since it began.
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _ours(error: Exception, where: str) -> SpatialGovError:
    """Give our error for one of the database's."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, SpatialGovError):  # raised by a column type
        return cause
    detail = str(cause).strip().partition("\n")[0]
    if isinstance(error, exc.IntegrityError):
        return ConflictError(
            t("The change contradicts what is stored: {detail}", "更改与已存数据冲突：{detail}", detail=detail)
        )
    if isinstance(error, exc.DataError) or (
        isinstance(error, exc.StatementError) and not isinstance(error, exc.DBAPIError)
    ):
        return InputError(t("A value can't be stored: {detail}", "数值无法存储：{detail}", detail=detail))
    if "database is locked" in detail or isinstance(error, exc.TimeoutError):
        return StoreError(
            t("The store {where} is busy.", "数据库 {where} 正忙。", where=where),
            remedy=t("Try again when the other work has ended.", "请等其他任务结束后重试。"),
        )
    return StoreError(
        t("The store {where} can't be used: {detail}", "数据库 {where} 无法使用：{detail}", where=where, detail=detail),
        remedy=t(
            "Check the path or the server, its rights and its free space; if it is damaged, restore a backup.",
            "请检查路径或服务器、权限和剩余空间；如已损坏，请从备份恢复。",
        ),
    )
