"""Where files are: on the file systems of this machine, or in an object store."""

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import RawIOBase
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, TypeAlias

from spatialgov.object_store import Remote

__all__ = [
    "Place",
    "absolute",
    "as_place",
    "here",
    "opened",
    "pinned",
    "place_named",
    "same_place",
    "state",
    "still_there",
    "written_whole",
]

Place: TypeAlias = Path | Remote
"""A file or a folder. Both sides have `name`, `suffix`, `parent`, `with_name`, `/` and `exists`."""

_FETCHING = Lock()
_COPIES = 4
"""So many of the latest copies stay."""


def place_named(text: str) -> Place:
    """Give the place that an operator names, by path or URL; text of anyone else is a path, and does not come here."""
    if "://" in text and not text.startswith("file://"):
        return Remote(text)
    return Path(text.removeprefix("file://"))


def as_place(place: "str | os.PathLike[str] | Remote") -> Place:
    """Give a place; text is a path, whatever it says."""
    return place if isinstance(place, Remote) else Path(place)


def absolute(place: Place) -> Place:
    """Give a place that means the same wherever it is taken."""
    return place.absolute() if isinstance(place, Path) else place


def pinned(place: Place) -> Place:
    """Give a place to be read, wherever that is asked for; of a file in a store no other version is read then."""
    return place.absolute() if isinstance(place, Path) else place.pinned()


def same_place(one: Place, other: Place) -> bool:
    """Whether two places are one."""
    if isinstance(one, Path) and isinstance(other, Path):
        return one.resolve() == other.resolve()
    return str(one) == str(other)


def state(place: Place) -> list[Any]:
    """Give what tells a file from one that has other content, in what JSON can hold."""
    if isinstance(place, Remote):
        return [str(place), place.version]
    about = place.stat()
    return [os.fspath(place.resolve()), about.st_size, about.st_mtime_ns]


def opened(place: Place) -> BinaryIO | RawIOBase:
    """Open a file to read some of it: in a store, each read is a request for a range."""
    return place.open("rb") if isinstance(place, Path) else place.open()


def still_there(place: Place) -> None:
    """Refuse a file of a store that has become another one while it was read."""
    if isinstance(place, Remote):
        place.check()


def here(place: Place) -> Path:
    """Give a file of this machine: the one, or a copy of what is in a store, which is fetched once in a process.

    The copies in use lie in the folder for temporary files. They are removed as others take their place, and in the
    end; what maps them keeps its map.
    """
    if isinstance(place, Path):
        return place
    with _FETCHING:  # of two copies of one file, the one that is not remembered would be removed at once
        return _copied(place).path


@contextmanager
def written_whole(target: Place) -> Iterator[Path]:
    """Give a file to write, which becomes the target in the end: as a whole, or not at all."""
    if isinstance(target, Remote):
        target.check_file()
        with tempfile.TemporaryDirectory(prefix="spatialgov-") as folder:
            beside = Path(folder) / target.name
            yield beside
            target.put(beside)
        return
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        beside = Path(folder) / target.name
        yield beside
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(target)


class _Copy:
    """A file of a store, here for as long as this is."""

    def __init__(self, place: Remote) -> None:
        folder = tempfile.mkdtemp(prefix="spatialgov-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.path = Path(folder) / place.name
        place.fetch(self.path)


@lru_cache(maxsize=_COPIES)
def _copied(place: Remote) -> _Copy:
    return _Copy(place)
