"""The version of the schema: which one a store has, and how it comes to ours (Alembic, inside the package).

Alembic is imported to migrate and to compare only: opening a store that is up to date needs no more than its revision.
"""

from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.errors import StoreError
from spatialgov.language import t
from spatialgov.store.models import Base

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = [
    "VERSION_TABLE",
    "bring_up_to_date",
    "differences",
    "newest_revision",
    "revision_of",
    "revisions",
]

VERSION_TABLE = "schema_revision"
"""Not Alembic's usual name: another program may keep its tables in the same PostgreSQL database."""

_migrating = Lock()
"""Alembic hands the connection to the revisions through a global: two threads must not migrate at once."""

_versions = sa.table(VERSION_TABLE, sa.column("version_num"))


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "spatialgov.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def newest_revision() -> str:
    """Give the revision of this version's schema."""
    return revisions()[-1]


@cache
def revisions() -> tuple[str, ...]:
    """Give all released revisions, oldest first: their files are named by them."""
    files = (Path(__file__).parent / "migrations" / "versions").glob("r*.py")
    return tuple(sorted(file.stem.partition("_")[0].removeprefix("r") for file in files))


def revision_of(connection: Connection) -> str | None:
    """Give the revision of the store's schema; None for an empty database.

    Raises
    ------
    StoreError
        When it has a revision that this version doesn't know, or holds another program's tables.
    """
    has_table = sa.inspect(connection).has_table(VERSION_TABLE)
    revision: str | None = connection.scalar(sa.select(_versions.c.version_num)) if has_table else None
    if revision is None:
        _refuse_foreign_tables(connection)
        return None
    if revision not in revisions():
        raise StoreError(
            t(
                "The store was written by another version of spatialgov (schema {revision}).",
                "该数据库由其他版本的 spatialgov 写入（结构版本 {revision}）。",
                revision=revision,
            ),
            remedy=t("Update spatialgov, or name another store.", "请升级 spatialgov，或换一个数据库。"),
        )
    return revision


def _refuse_foreign_tables(connection: Connection) -> None:
    tables = set(sa.inspect(connection).get_table_names())
    if connection.dialect.name == "postgresql":  # a server's database may be shared; a file may not
        tables &= set(Base.metadata.tables)
    if tables:
        raise StoreError(
            t(
                "The database belongs to another program: it has the table {table}.",
                "该数据库属于其他程序：其中已有表 {table}。",
                table=min(tables),
            ),
            remedy=t("Name another file or database.", "请换一个文件或数据库。"),
        )


def bring_up_to_date(connection: Connection, to: str = "head") -> None:
    """Migrate to the newest schema, or to an earlier release, inside the transaction of the connection."""
    from alembic import command

    with _migrating:
        command.upgrade(_config(connection), to)


def differences(connection: Connection) -> list[str]:
    """Tell where the tables differ from the models, a text each; nothing when they are as they should be."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    sqlite = connection.dialect.name == "sqlite"

    def compared(item: sa.schema.SchemaItem, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
        if kind == "table":  # a server's database may be shared; PostGIS's own table is always there
            return name != VERSION_TABLE and (not reflected or sqlite or name in Base.metadata.tables)
        spatial = isinstance(item, sa.Index) and item.dialect_kwargs.get("postgresql_using") == "gist"
        return reflected or not (sqlite and spatial)

    options = {"include_object": compared, "compare_type": True}
    return [
        str(found) for found in compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    ]
