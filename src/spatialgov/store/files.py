"""SQLite files as files: what can be said before SQLite touches one, and a copy of one that is in use."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from spatialgov.errors import StoreError
from spatialgov.language import t

__all__ = ["check_sqlite_file", "snapshot"]

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_WAIT_S = 30


def check_sqlite_file(path: Path) -> None:
    """Refuse a file that is no SQLite database, or that has lost its end; a missing or empty one is a new store.

    SQLite itself would notice a lost end only when a query comes to it. File format: sqlite.org/fileformat2.html §1.3
    (page size at byte 16, number of pages at byte 28, big-endian).

    Raises
    ------
    StoreError
        With the path and what is wrong.
    """
    if not path.parent.is_dir():
        raise StoreError(
            t("The folder of the store {path} does not exist.", "数据库 {path} 所在的文件夹不存在。", path=path),
            remedy=t("Create it, or name another path.", "请先创建该文件夹，或换一个路径。"),
        )
    try:
        size = path.stat().st_size if path.exists() else 0
        if not size:
            return
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise StoreError(
            t(
                "The store {path} can't be read: {detail}",
                "无法读取数据库 {path}：{detail}",
                path=path,
                detail=error.strerror,
            ),
            remedy=t("Check the path and its rights.", "请检查路径和权限。"),
        ) from error
    if not header.startswith(_MAGIC):
        raise StoreError(
            t("The file {path} is not a store.", "文件 {path} 不是本系统的数据库。", path=path),
            remedy=t("Name another file; a new one is created.", "请换一个文件名，系统会新建数据库。"),
        )
    if size < _promised_size(header) and not _has_log(path):
        raise StoreError(
            t("The store {path} is damaged: its end is missing.", "数据库 {path} 已损坏：文件不完整。", path=path),
            remedy=t("Restore it from a backup.", "请从备份恢复。"),
        )


def _promised_size(header: bytes) -> int:
    if len(header) < _HEADER_BYTES:
        return _HEADER_BYTES
    page_size = int.from_bytes(header[16:18], "big")
    return (65536 if page_size == 1 else page_size) * int.from_bytes(header[28:32], "big")


def _has_log(path: Path) -> bool:
    # A checkpoint that was cut short may leave the file too short; SQLite completes it from the log.
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def snapshot(source: Path, target: Path) -> Path:
    """Copy a store as it was last committed, while others read and write it; give `target`.

    The copy is one file without a log, written beside `target`, brought to the disk and renamed: whoever sees
    `target` sees all of it.

    Raises
    ------
    StoreError
        When the source is damaged or the copy can't be written.
    """
    check_sqlite_file(source)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        beside.unlink(missing_ok=True)
        with closing(sqlite3.connect(source, timeout=_WAIT_S)) as connection:
            connection.execute("VACUUM INTO ?", (str(beside),)).close()
        _to_disk(beside)
        beside.replace(target)
        _to_disk(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            t(
                "The store {source} can't be copied to {target}: {detail}.",
                "无法将数据库 {source} 复制到 {target}：{detail}。",
                source=source,
                target=target,
                detail=error,
            ),
            remedy=t(
                "Check the folder, its rights and its free space; a damaged store is restored from a backup.",
                "请检查文件夹、权限和剩余空间；数据库损坏时请从备份恢复。",
            ),
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return target


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
