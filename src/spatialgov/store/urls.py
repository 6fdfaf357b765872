"""The URL of a store: which ones there are, and how one is shown without its password."""

from sqlalchemy import exc
from sqlalchemy.engine import URL, make_url

from spatialgov.errors import StoreError
from spatialgov.language import t

__all__ = ["parse_url", "shown_url", "without_password"]

_SECRET = ("password", "sslpassword")
"""What libpq also takes as parameters of a URL."""


def parse_url(url: str) -> URL:
    """Give the parts of a URL.

    Raises
    ------
    StoreError
        When it can't be read, or names neither a SQLite file nor a PostgreSQL database.
    """
    remedy = t(
        "Use sqlite:///path/to/file.db or postgresql+psycopg://user@host/database.",
        "请使用 sqlite:///文件路径.db 或 postgresql+psycopg://用户@主机/数据库。",
    )
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        # not “from error”: its text may quote a part of the URL, and that part may be the password
        raise StoreError(t("The database URL can't be read.", "无法识别数据库地址。"), remedy=remedy) from None
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


def shown_url(url: URL) -> str:
    """Give the URL as it may be shown: without passwords."""
    return url.difference_update_query(_SECRET).render_as_string(hide_password=True)


def without_password(text: str, url: URL) -> str:
    """Give a driver's text as it may be shown."""
    for secret in (url.password, *(url.query.get(name) for name in _SECRET)):
        if isinstance(secret, str) and secret:
            text = text.replace(secret, "***")
    return text
