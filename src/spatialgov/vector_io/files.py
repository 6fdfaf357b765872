"""What is a file, before anything is read from it: no folder, no pipe, no device, and for GDAL a plain local path."""

import os
import stat
from pathlib import Path

from spatialgov.errors import UnreadableFileError
from spatialgov.language import t

__all__ = ["local_path", "regular_file", "unreadable"]

_SPECIAL = "!;"
"""Before these, pyogrio takes a path apart: what follows “!” is a name in an archive, or a database. Line breaks and
other control characters it leaves out, which names another file."""


def unreadable(path: Path, reason: str, remedy: str = "") -> UnreadableFileError:
    """Give the error for a file that can't be read."""
    return UnreadableFileError(
        t(
            "{file} can't be read: {reason}.",
            "无法读取 {file}：{reason}。",
            file=path.name,
            reason=reason.rstrip(".。"),
        ),
        remedy=remedy or t("Check the file, or export it again.", "请检查文件，或重新导出。"),
    )


def regular_file(path: Path) -> int:
    """Give the size of a file; links are followed. To open a pipe would wait for its writer for ever.

    Raises
    ------
    UnreadableFileError
        When there is none, it may not be looked at, or it is a folder, a pipe or a device.
    """
    check = t("Check the path.", "请检查路径。")
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise unreadable(path, t("there is no such file", "文件不存在"), check) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise unreadable(path, getattr(error, "strerror", None) or str(error), check) from error
    one = t("Name one file.", "请指定一个文件。")
    if stat.S_ISDIR(found.st_mode):
        raise unreadable(path, t("it is a folder", "它是一个文件夹"), one)
    if not stat.S_ISREG(found.st_mode):
        raise unreadable(path, t("it is a pipe or a device", "它是管道或设备"), one)
    return found.st_size


def local_path(path: Path) -> str:
    """Give the path of a file as GDAL is told it: absolute, so that no name can mean a database or another host.

    GDAL would open a file named ``PG:dbname=x`` as a PostgreSQL server, and ``/vsicurl/…`` as an address in the web.

    Raises
    ------
    UnreadableFileError
        When the path still has a meaning of its own.
    """
    absolute = os.path.abspath(path)
    if absolute.startswith("/vsi") or any(sign in _SPECIAL or sign < " " for sign in absolute):
        raise unreadable(
            path,
            t(
                "its path has a character with a meaning of its own (!, ; or a line break)",
                "路径含有特殊字符（!、; 或换行）",
            ),
            t("Rename the file or its folder.", "请重命名文件或文件夹。"),
        )
    return absolute
