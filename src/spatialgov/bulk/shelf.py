"""Folders for what is kept of jobs: on a file system that all workers see, or in an object store."""

import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from spatialgov.errors import StoreError
from spatialgov.language import t
from spatialgov.object_store import Remote
from spatialgov.places import Place

__all__ = ["Shelf"]

_MAKING = ".making-"


class Shelf(ABC):
    """A folder whose files are whole whenever they are seen; it goes to workers as it is.

    Attributes
    ----------
    place
        Where it is.
    """

    place: Place

    @staticmethod
    def at(place: Place) -> "Shelf":
        """Give the shelf of a folder that need not be there."""
        return _Folder(place) if isinstance(place, Path) else _InStore(place)

    @abstractmethod
    def shelves(self) -> list[str]:
        """List the shelves on it, by name."""

    @abstractmethod
    def names(self) -> list[str]:
        """List its files, by name; a network file system is made to look again."""

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether a file is there."""

    @abstractmethod
    def read(self, names: Sequence[str]) -> list[bytes]:
        """Read files that are there."""

    @abstractmethod
    def making(self) -> "tempfile.TemporaryDirectory[str]":
        """Give a folder of this machine for files that are to be put here."""

    @abstractmethod
    def put(self, file: Path, name: str) -> Place:
        """Take a file out of such a folder, in the place of one of its name; gives where it is."""

    @abstractmethod
    def lend(self, file: Path) -> Place:
        """Put a file of this machine here too, for the workers: as a link where it takes no room so, else as a copy.

        Raises
        ------
        FileNotFoundError
            When it is not there any more.
        StoreError, InputError
            When it can't be put here.
        """

    @abstractmethod
    def remove(self) -> None:
        """Remove it with all that is on it."""

    @abstractmethod
    def clear(self, names: Iterable[str]) -> None:
        """Remove files, and then the shelf if it is empty, unless there is one of another job on it, which may run."""


class _Folder(Shelf):
    def __init__(self, path: Path) -> None:
        self.place: Path = path.absolute()

    def shelves(self) -> list[str]:
        return sorted(path.name for path in self._there() if path.is_dir())

    def names(self) -> list[str]:
        return sorted(path.name for path in self._there() if not path.is_dir())

    def has(self, name: str) -> bool:
        return (self.place / name).exists()

    def read(self, names: Sequence[str]) -> list[bytes]:
        return [(self.place / name).read_bytes() for name in names]

    def making(self) -> "tempfile.TemporaryDirectory[str]":
        self.place.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=self.place, prefix=_MAKING)

    def put(self, file: Path, name: str) -> Path:
        with file.open("rb") as made:
            os.fsync(made.fileno())
        return file.replace(self.place / name)

    def lend(self, file: Path) -> Path:
        target = self.place / file.name
        if target.exists():
            return target
        try:
            with self.making() as beside:
                made = Path(beside) / file.name
                try:
                    os.link(file, made)
                except FileNotFoundError:
                    raise
                except OSError:  # another file system, or one without links
                    shutil.copy2(file, made)  # with its time, which tells it from others
                return self.put(made, file.name)
        except FileNotFoundError:
            raise
        except OSError as error:
            message = t(
                "{file} can't be written ({error}).", "无法写入 {file}（{error}）。", file=target, error=error.strerror
            )
            remedy = t("Check the folder and its free space.", "请检查文件夹及其剩余空间。")
            raise StoreError(message, remedy=remedy) from error

    def remove(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)

    def clear(self, names: Iterable[str]) -> None:
        if not self.place.is_dir() or self.shelves():
            return
        for name in names:
            (self.place / name).unlink(missing_ok=True)
        if not any(self.place.iterdir()):
            self.place.rmdir()

    def _there(self) -> Iterator[Path]:
        return self.place.iterdir() if self.place.is_dir() else iter(())


class _InStore(Shelf):
    """There are no folders in a store, only names with slashes: nothing has to be made, and an empty one is none."""

    def __init__(self, place: Remote) -> None:
        self.place: Remote = place

    def shelves(self) -> list[str]:
        return [entry.name for entry in self.place.entries() if entry.is_folder]

    def names(self) -> list[str]:
        return [entry.name for entry in self.place.entries() if not entry.is_folder]

    def has(self, name: str) -> bool:
        return (self.place / name).exists()

    def read(self, names: Sequence[str]) -> list[bytes]:
        return self.place.contents(names)

    def making(self) -> "tempfile.TemporaryDirectory[str]":
        return tempfile.TemporaryDirectory(prefix="spatialgov-")

    def put(self, file: Path, name: str) -> Remote:
        target = self.place / name
        target.put(file)
        return target

    def lend(self, file: Path) -> Remote:
        about = file.stat()
        name = f"{file.stem}-{about.st_size:x}-{about.st_mtime_ns:x}{file.suffix}"
        return self.place / name if self.has(name) else self.put(file, name)

    def remove(self) -> None:
        for name in self.shelves():
            _InStore(self.place / name).remove()
        self.place.remove(self.names())

    def clear(self, names: Iterable[str]) -> None:
        if not self.shelves():
            self.place.remove(sorted(set(names) & set(self.names())))
