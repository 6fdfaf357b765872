"""Results kept in files for the next one who asks, in whichever process, until what they came from changes.

A result is found only under the state of the store that it was made from, as a whole: one that was made while the store
changed is given and not kept. It is found only by the code that made it: an upgrade makes all anew.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

import geopandas as gpd
import pyproj
import shapely

import spatialgov
from spatialgov.errors import StoreError

__all__ = ["KeptFiles", "KeptFrames"]

T = TypeVar("T")

_MOST_FILES = 100
_MOST_BYTES = 500_000_000
"""So many results of so many bytes together are kept; then those that were asked longest ago go."""


class KeptFiles(Generic[T]):
    """Results by the state of the store that they were made from, and by what was asked for.

    Parameters
    ----------
    folder
        Where the files lie; made when it is needed. Whatever else is in it is removed.
    write, read
        Write a result to a file, and read it; both raise `OSError` or `StoreError` where that can't be done, `read`
        also `ValueError` for a damaged file.
    """

    def __init__(self, folder: Path, write: Callable[[Path, T], object], read: Callable[[Path], T]) -> None:
        self._folder = folder
        self._write, self._read = write, read
        self._making = Lock()

    def get(self, state: Callable[[], Hashable], asked: Hashable, make: Callable[[], T]) -> T:
        """Give a result from the file of an earlier call, or make it and keep it.

        Parameters
        ----------
        state
            Gives what results are made from now, written so that it differs when anything differs and never comes
            again but with all that it stands for: results of other states are removed.
        asked
            Which result of that state.
        make
            Makes it.
        """
        with self._making:  # requests that need the same result wait for the first instead of computing it again
            before = state()
            path = self._path(before, asked)
            here = path.parent
            found = self._found(path)
            if found is not None:
                return found
            made = make()
            if state() != before:
                return made
            try:
                here.mkdir(parents=True, exist_ok=True)
                beside = path.with_suffix(f".{os.getpid()}.tmp")
                self._write(beside, made)
                os.replace(beside, path)
                self._tidy(here)
                return self._read(path)
            except (OSError, StoreError):  # a full disk, or a process that holds a newer state has tidied up
                return made

    def peek(self, state: Callable[[], Hashable], asked: Hashable) -> T | None:
        """Give a result from the file of an earlier call of `get`; None where there is none."""
        return self._found(self._path(state(), asked))

    def _path(self, state: Hashable, asked: Hashable) -> Path:
        return self._folder / _name((_code(), state)) / _name(asked)

    def _found(self, path: Path) -> T | None:
        try:
            found = self._read(path)
            os.utime(path)
        except (OSError, ValueError, StoreError):  # not there yet, or damaged
            return None
        return found

    def _tidy(self, here: Path) -> None:
        for other in self._folder.iterdir():
            if other != here:
                shutil.rmtree(other, ignore_errors=True)
        newest_first = sorted(((file.stat(), file) for file in here.iterdir()), key=lambda one: -one[0].st_mtime)
        held = 0
        for number, (about, file) in enumerate(newest_first):
            held += about.st_size
            if number >= _MOST_FILES or (number and held > _MOST_BYTES):
                file.unlink(missing_ok=True)


class KeptFrames(KeptFiles[gpd.GeoDataFrame]):
    """Frames that are kept as Parquet."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, lambda path, frame: frame.to_parquet(path), gpd.read_parquet)


@cache
def _code() -> str:
    """Give what tells this code from every other: its text, and the libraries that compute shapes."""
    digest = hashlib.sha256(f"{shapely.geos_version_string} {pyproj.proj_version_str}".encode())
    for file in sorted(Path(spatialgov.__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _name(key: Hashable) -> str:
    return hashlib.sha256(repr(key).encode()).hexdigest()[:16]
