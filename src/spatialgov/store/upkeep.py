"""The upkeep of a whole store: copies to other stores, backups and what they give back."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from spatialgov.errors import ConflictError
from spatialgov.language import t
from spatialgov.store.copying import CopyProgress, copy, row_counts
from spatialgov.store.database import Database
from spatialgov.store.files import snapshot

__all__ = ["Backup", "backup", "restore"]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written.

    Attributes
    ----------
    file
        A SQLite store, whatever the backend of its source.
    size_bytes
        Its size.
    rows
        Table → number of rows.
    """

    file: Path
    size_bytes: int
    rows: dict[str, int]


def backup(source: Database, file: Path, *, replace: bool = False, progress: CopyProgress | None = None) -> Backup:
    """Write all of a store into one file, while others read and write it.

    The file is written beside its name, brought to the disk and renamed: there is no half backup. Passwords are in it
    only as hashes, but it holds everything else: keep it where the store itself might be kept.

    Raises
    ------
    ConflictError
        When the file is there and `replace` is not set, or it is the store itself.
    StoreError
        When the store is damaged, or the file can't be written.
    """
    if file.exists():
        if source.file is not None and source.file.exists() and file.samefile(source.file):
            raise ConflictError(
                t("{file} is the store itself.", "{file} 就是该数据库本身。", file=file),
                remedy=t("Name another file.", "请换一个文件名。"),
            )
        if not replace:
            raise ConflictError(
                t("There is a file {file} already.", "文件 {file} 已存在。", file=file),
                remedy=t("Name another, or let it be replaced: --replace.", "请换一个文件名，或用 --replace 替换。"),
            )
    if source.file is not None:
        snapshot(source.file, file)
    else:
        with tempfile.TemporaryDirectory(prefix="spatialgov-backup-") as folder:
            passing = Path(folder) / "store.db"
            with Database.open(f"sqlite:///{passing}") as copied:
                copy(source, copied, progress=progress)
            snapshot(passing, file)
    with Database.open(f"sqlite:///{file}", migrate=False) as written, written.read() as connection:
        return Backup(file, file.stat().st_size, row_counts(connection))


def restore(
    file: Path, target: Database, *, replace: bool = False, progress: CopyProgress | None = None
) -> dict[str, int]:
    """Put a backup into a store, in one transaction; give the number of rows by table.

    The backup is not touched. One of an older version is brought up to date on the way. Servers may go on reading
    the store: they see what it held before, then what the backup held.

    Raises
    ------
    ConflictError
        When the store holds something and `replace` is not set.
    StoreError
        When the file is no backup, is damaged, or was written by a newer version.
    """
    with tempfile.TemporaryDirectory(prefix="spatialgov-restore-") as folder:
        passing = snapshot(file, Path(folder) / "store.db")
        with Database.open(f"sqlite:///{passing}", create=False) as source:
            return copy(source, target, replace=replace, progress=progress)
