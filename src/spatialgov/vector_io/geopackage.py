"""What a GeoPackage is made of, before GDAL reads it: a view or a computed column is a program of whoever wrote it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from spatialgov.errors import UnreadableFileError
from spatialgov.language import t
from spatialgov.vector_io.files import unreadable

__all__ = ["check_geopackage", "query_refused"]

_CONTENTS = "gpkg_contents"
_OWN = ("gpkg_", "sqlite_")
"""Tables that say what the others are."""
_COMPUTED = (2, 3)
"""Columns of ``PRAGMA table_xinfo`` that are expressions: sqlite.org/gencol.html."""


def check_geopackage(path: Path) -> frozenset[str]:
    """Refuse an SQLite file that is no GeoPackage, or one that would run something of its own when it is opened.

    A view may be a query without end. Triggers run only on changes, and files are opened to be read.

    Returns
    -------
    frozenset of str
        Names, in lower case, of views, virtual tables, and tables with computed columns: they must not be read.

    Raises
    ------
    UnreadableFileError
    """
    # Without a log beside it nothing is written, not even the files by which SQLite shares memory.
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)) as connection:
            plain, computed = _tables(connection)
    except (sqlite3.Error, UnicodeError) as error:
        raise unreadable(path, t("it is truncated or damaged", "文件被截断或已损坏")) from error
    if own := sorted(name for name in computed if name.startswith(_OWN)):
        raise query_refused(path, own[0])
    if _CONTENTS not in plain:
        raise unreadable(
            path,
            t("it is a database, but no GeoPackage", "它是数据库，但不是 GeoPackage"),
            t("Export the layer as a GeoPackage.", "请将图层导出为 GeoPackage。"),
        )
    return frozenset(computed)


def query_refused(path: Path, name: str) -> UnreadableFileError:
    """Give the error for a layer that `check_geopackage` names."""
    return unreadable(
        path,
        t("its table {name} is a query, not data", "其中的 {name} 是查询而不是数据表", name=name),
        t("Export the layer anew as a plain table.", "请将该图层重新导出为普通数据表。"),
    )


def _tables(connection: sqlite3.Connection) -> tuple[set[str], set[str]]:
    """Give the names of tables that hold their data, and of all else that looks like a table."""
    plain: set[str] = set()
    computed: set[str] = set()
    # Always a real table, whatever the file says.
    for name, kind, sql in connection.execute("SELECT name, type, sql FROM sqlite_master").fetchall():
        if kind not in ("table", "view"):
            continue
        is_table = kind == "table" and not str(sql).upper().startswith("CREATE VIRTUAL")
        if is_table:
            columns = connection.execute("SELECT hidden FROM pragma_table_xinfo(?)", (name,))
            is_table = not any(hidden in _COMPUTED for (hidden,) in columns)
        (plain if is_table else computed).add(str(name).lower())
    return plain, computed
