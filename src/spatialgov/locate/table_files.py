"""The files of a table: one, or a folder of Parquet files that are one table."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from spatialgov.errors import UnreadableFileError
from spatialgov.language import t
from spatialgov.locate.point_tables import Points
from spatialgov.object_store import Entry
from spatialgov.places import Place, state, still_there
from spatialgov.threads import side_by_side
from spatialgov.vector_io.files import regular_file

__all__ = ["DONE", "name_of", "named_file", "open_all", "state_of_table", "table_files"]

DONE = "_SUCCESS"
"""An empty file in a folder of an object store whose files are all there, as Spark and others leave it too."""
_HIDDEN = ("_", ".")


def table_files(table: Place) -> list[Place]:
    """Give the files of a table, in the order of their names, as all readers of Parquet take them.

    Names that begin with ``_`` or ``.`` are no part of it.

    Raises
    ------
    UnreadableFileError
        When there is none, or something else lies in the folder.
    """
    if isinstance(table, Path):
        if not table.is_dir():
            regular_file(table)
            return [table]
        entries = sorted(Entry(path.name, path.is_dir(), None) for path in table.iterdir())
    elif table.version is not None or not table.is_folder():
        still_there(table)
        return [table]
    else:
        entries = table.entries()
    entries = [entry for entry in entries if not entry.name.startswith(_HIDDEN)]
    strange = [entry.name for entry in entries if entry.is_folder or not entry.name.lower().endswith(".parquet")]
    if strange or not entries:
        found = t("“{name}” is in it", "其中有“{name}”", name=strange[0]) if strange else t("it is empty", "文件夹为空")
        raise UnreadableFileError(
            t(
                "The folder {folder} is no table of Parquet files: {found}.",
                "文件夹 {folder} 不是由 Parquet 文件组成的表：{found}。",
                folder=table,
                found=found,
            ),
            remedy=t(
                "Name a folder that holds nothing but files that end in .parquet.",
                "请指定仅含 .parquet 文件的文件夹。",
            ),
        )
    return [_in(table, entry.name, entry.version) for entry in entries]


def state_of_table(table: Place) -> list[Any]:
    """Give what tells a table from one that has other content, in what JSON can hold."""
    files = table_files(table)
    return state(table) if files == [table] else [str(table), *([file.name, *state(file)[1:]] for file in files)]


def name_of(file: Place, table: Place) -> Mapping[str, Any]:
    """Give what tells a worker which file of a table it is, in what JSON can hold; nothing where there is one only."""
    return {} if file == table else {"file": [file.name, None if isinstance(file, Path) else file.version]}


def named_file(table: Place, about: Mapping[str, Any]) -> Place:
    """Give the file that `name_of` tells of."""
    return _in(table, *about["file"]) if "file" in about else table


def open_all(files: Sequence[Place], opening: Callable[[Place], Points]) -> list[Points]:
    """Open the files of a table.

    Raises
    ------
    UnreadableFileError
        When the columns of one are not those of the first.
    """
    opened = side_by_side(opening, files)
    for points in opened:
        if not points.schema.equals(opened[0].schema):
            raise UnreadableFileError(
                t(
                    "{file} has other columns than {first}, or other kinds of them.",
                    "{file} 的列或列类型与 {first} 不同。",
                    file=points.path,
                    first=opened[0].path.name,
                ),
                remedy=t("Name a folder whose files are one table.", "请指定各文件同属一张表的文件夹。"),
            )
    return opened


def _in(table: Place, name: str, version: str | None) -> Place:
    return table / name if isinstance(table, Path) else (table / name).at(version)
