"""Frames kept in files for the next one who asks, in whichever process, until what they came from changes."""

import hashlib
import os
import shutil
from collections.abc import Callable, Hashable
from pathlib import Path
from threading import Lock

import geopandas as gpd

__all__ = ["KeptFrames"]

_MOST_FILES = 100
_MOST_BYTES = 500_000_000
"""So many answers of so many bytes together are kept; then those that were asked longest ago go."""


class KeptFrames:
    """Frames by the state of the store that they were made from, and by what was asked for.

    Parameters
    ----------
    folder
        Where the files lie; made when it is needed. Whatever else is in it is removed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._making = Lock()

    def get(self, state: Hashable, asked: Hashable, make: Callable[[], gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
        """Give a frame from the file of an earlier call, or make it and keep it.

        Parameters
        ----------
        state
            What it is made from, written so that it differs when anything differs: frames of other states are removed.
        asked
            Which frame of that state.
        make
            Makes it.
        """
        path = self._path(state, asked)
        here = path.parent
        with self._making:  # requests that need the same result wait for the first instead of computing it again
            found = self.peek(state, asked)
            if found is not None:
                os.utime(path)
                return found
            made = make()
            try:
                here.mkdir(parents=True, exist_ok=True)
                beside = path.with_suffix(f".{os.getpid()}.tmp")
                made.to_parquet(beside)
                os.replace(beside, path)
                self._tidy(here)
                return gpd.read_parquet(path)
            except OSError:  # a full disk, or a process that holds a newer state has tidied up
                return made

    def peek(self, state: Hashable, asked: Hashable) -> gpd.GeoDataFrame | None:
        """Give a frame from the file of an earlier call; None where there is none. See `get`."""
        try:
            return gpd.read_parquet(self._path(state, asked))
        except (OSError, ValueError):  # not there, or damaged
            return None

    def _path(self, state: Hashable, asked: Hashable) -> Path:
        return self._folder / _name(state) / f"{_name(asked)}.parquet"

    def _tidy(self, here: Path) -> None:
        for other in self._folder.iterdir():
            if other != here:
                shutil.rmtree(other, ignore_errors=True)
        newest_first = sorted(
            ((file.stat(), file) for file in here.glob("*.parquet")), key=lambda one: -one[0].st_mtime
        )
        held = 0
        for number, (about, file) in enumerate(newest_first):
            held += about.st_size
            if number >= _MOST_FILES or (number and held > _MOST_BYTES):
                file.unlink(missing_ok=True)


def _name(key: Hashable) -> str:
    return hashlib.sha256(repr(key).encode()).hexdigest()[:16]
