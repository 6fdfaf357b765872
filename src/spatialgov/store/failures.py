"""What the databases complain of, as errors that a planner understands: what is wrong, and what to do about it."""

from sqlalchemy import exc
from sqlalchemy.engine import URL

from spatialgov.errors import ConflictError, InputError, SpatialGovError, StoreError
from spatialgov.language import t
from spatialgov.store.urls import shown_url, without_password
from spatialgov.time_limit import seconds_left, time_limit_error

__all__ = ["no_store_error", "our_error"]

_BUSY = ("55P03", "40001", "40P01")
"""PostgreSQL's lock_not_available, serialization_failure, deadlock_detected."""

_STOPPED = ("interrupted", "statement timeout")
"""What SQLite and PostgreSQL say of a query that was stopped."""

_NO_RIGHT = "42501"
_STARTING_OR_STOPPING = ("57P01", "57P02", "57P03")


def our_error(error: Exception, url: URL) -> SpatialGovError:
    """Give our error for one of the database's.

    Parameters
    ----------
    error
        SQLAlchemy's, sqlite3's or psycopg's.
    url
        The store's.
    """
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, SpatialGovError):  # raised by a column type
        return cause
    detail = without_password(str(cause).strip().partition("\n")[0], url)
    if seconds_left() is not None and any(words in detail for words in _STOPPED):
        return time_limit_error()
    if _is(error, "IntegrityError"):
        return ConflictError(
            t("The change contradicts what is stored: {detail}", "更改与已存数据冲突：{detail}", detail=detail)
        )
    if _is(error, "DataError") or (isinstance(error, exc.StatementError) and not isinstance(error, exc.DBAPIError)):
        return InputError(t("A value can't be stored: {detail}", "数值无法存储：{detail}", detail=detail))
    return _unusable(error, detail, getattr(cause, "sqlstate", None), url)


def _is(error: Exception, name: str) -> bool:
    """Whether an error is of a class of PEP 249, which SQLAlchemy and the drivers name alike."""
    return any(kind.__name__ == name for kind in type(error).__mro__)


def _unusable(error: Exception, detail: str, state: str | None, url: URL) -> StoreError:
    where = shown_url(url)
    if "database is locked" in detail or state in _BUSY or isinstance(error, exc.TimeoutError):
        return StoreError(
            t("The store {where} is busy.", "数据库 {where} 正忙。", where=where),
            remedy=t("Try again when the other work has ended.", "请等其他任务结束后重试。"),
        )
    if state == _NO_RIGHT:
        return _no_right(detail, where, url)
    # libpq tells no state when a connection fails, only the server's text
    cut_off = _is(error, "OperationalError") and state in (None, *_STARTING_OR_STOPPING)
    if cut_off and url.drivername != "sqlite":
        return _no_connection(detail, where, url)
    return StoreError(
        t("The store {where} can't be used: {detail}", "数据库 {where} 无法使用：{detail}", where=where, detail=detail),
        remedy=t(
            "Check the path or the server, its rights and its free space; if it is damaged, restore a backup.",
            "请检查路径或服务器、权限和剩余空间；如已损坏，请从备份恢复。",
        ),
    )


def no_store_error(where: str) -> StoreError:
    """Give the error for a database that holds no store, where one is asked for."""
    return StoreError(
        t("There is no store in {where}.", "{where} 中没有数据。", where=where),
        remedy=t(
            "“spatialgov db upgrade” makes an empty one, “spatialgov import” and “spatialgov demo” fill it; or name "
            "another with --database-url.",
            "spatialgov db upgrade 可新建空库，spatialgov import 或 spatialgov demo 可写入数据；"
            "也可用 --database-url 指定其他数据库。",
        ),
    )


def _no_right(detail: str, where: str, url: URL) -> StoreError:
    return StoreError(
        t(
            "The user {user} may not do this in {where}: {detail}",
            "用户 {user} 在 {where} 中没有相应权限：{detail}",
            user=url.username,
            where=where,
            detail=detail,
        ),
        remedy=t(
            "Let the user own the database: ALTER DATABASE {database} OWNER TO {user}; tables that another user made "
            "need ALTER TABLE … OWNER TO {user} as well.",
            "请让该用户拥有数据库：ALTER DATABASE {database} OWNER TO {user}；其他用户建立的表还需 "
            "ALTER TABLE … OWNER TO {user}。",
            database=url.database,
            user=url.username,
        ),
    )


def _no_connection(detail: str, where: str, url: URL) -> StoreError:
    message = t("The store {where} can't be reached: {detail}", "无法连接数据库 {where}：{detail}", where=where,
                detail=detail)  # fmt: skip
    if f'database "{url.database}" does not exist' in detail:
        remedy = t(
            "Create it as a superuser: CREATE DATABASE {database} OWNER {user}; then, inside it: CREATE EXTENSION "
            "postgis;",
            "请以超级用户创建：CREATE DATABASE {database} OWNER {user}；然后在其中执行 CREATE EXTENSION postgis;",
            database=url.database,
            user=url.username,
        )
    elif any(text in detail for text in ("authentication failed", "no password supplied", "role ", "pg_hba.conf")):
        remedy = t(
            "Check the user and the password (in the URL, in PGPASSWORD or in ~/.pgpass) and what the server's "
            "pg_hba.conf allows.",
            "请检查用户名和密码（地址中、PGPASSWORD 或 ~/.pgpass），以及服务器 pg_hba.conf 的设置。",
        )
    else:
        remedy = t(
            "Check that the server runs and listens there, the host, the port and the firewall between.",
            "请检查服务器是否已启动并在该处监听，以及主机、端口和防火墙。",
        )
    return StoreError(message, remedy=remedy)
