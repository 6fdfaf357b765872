"""The extension that a PostgreSQL database needs."""

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Connection

from spatialgov.errors import StoreError
from spatialgov.language import t

__all__ = ["ensure_postgis"]

_EXTENSION = "postgis"


def ensure_postgis(connection: Connection) -> None:
    """Create the extension where it is missing and we may; nothing to do on SQLite.

    Raises
    ------
    StoreError
        When the server has no PostGIS, or the user may not create the extension.
    """
    if connection.dialect.name != "postgresql" or connection.scalar(_named("pg_extension", "extname")):
        return
    database = connection.engine.url.database
    message = t("The database {database} has no postgis.", "数据库 {database} 没有 postgis 扩展。", database=database)
    if not connection.scalar(_named("pg_available_extensions", "name")):
        raise StoreError(
            message,
            remedy=t(
                "Install PostGIS on the server (Debian: apt install postgresql-15-postgis-3, with the server's "
                "version), then run in that database: CREATE EXTENSION postgis;",
                "请在服务器上安装 PostGIS（Debian：apt install postgresql-15-postgis-3，版本号与服务器一致），"
                "再在该数据库中执行：CREATE EXTENSION postgis;",
            ),
        )
    try:
        connection.exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS {_EXTENSION}")
    except exc.ProgrammingError as error:
        raise StoreError(
            message,
            remedy=t(
                "Run as a superuser in that database: CREATE EXTENSION postgis;",
                "请以超级用户在该数据库中执行：CREATE EXTENSION postgis;",
            ),
        ) from error


def _named(view: str, column: str) -> sa.Select[int]:
    return sa.select(sa.literal(1)).select_from(sa.table(view)).where(sa.column(column) == _EXTENSION)
