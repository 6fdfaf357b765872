"""The folder with the results of parts: what is there is whole, and is not done again."""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import spatialgov
from spatialgov.bulk.job import Done, Job, Part

__all__ = ["Kept", "clear"]

_PARTS = "parts.json"
_SHOWN_S = 30.0
"""So long a result of another host may take to be seen here: network file systems remember what was not there."""
_LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is of a job.

    Attributes
    ----------
    place
        Folder of this job and these parts: its name tells what the results depend on.
    suffix
        Of the files of results.
    """

    place: Path
    suffix: str

    @classmethod
    def find(cls, job: Job, folder: Path, memory: int) -> tuple["Kept", list[Part]]:
        """Give the folder of a job, and its parts: those of an earlier run unless one takes more than `memory`."""
        stem, folder = _stem(job), folder.absolute()
        earlier = [(cls(place, job.suffix), _read(place / _PARTS)) for place in sorted(folder.glob(f"{stem}-*"))]
        fitting = [(kept, parts) for kept, parts in earlier if parts and max(part.bytes for part in parts) <= memory]
        if fitting:
            return max(fitting, key=lambda one: sum(map(one[0].has, one[1])))
        text = json.dumps([asdict(part) for part in job.parts(memory)])
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        return cls(folder / f"{stem}-{digest}", job.suffix), _parts(text)

    def begin(self, parts: Sequence[Part]) -> None:
        """Make the folder, and write down how the work is cut."""
        self.place.mkdir(parents=True, exist_ok=True)
        if not (self.place / _PARTS).exists():
            text = json.dumps([asdict(part) for part in parts])
            with tempfile.TemporaryDirectory(dir=self.place, prefix=".making-") as beside:
                _write_whole(Path(beside) / _PARTS, text, self.place / _PARTS)

    def has(self, part: Part) -> bool:
        """Whether a part is done."""
        return self._outcome(part).exists() and self._result(part).exists()

    def has_by_now(self, part: Part) -> bool:
        """Whether a part that another host has done is seen here, or comes to be seen within half a minute."""
        until = time.monotonic() + _SHOWN_S
        while not self.has(part):
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_S)
            os.listdir(self.place)  # has the file system look again
        return True

    def do(self, job: Job, part: Part) -> None:
        """Do a part unless it is done, and leave its result and then its outcome, both whole.

        It may be done twice, side by side too: both leave the same.
        """
        if self.has(part):
            return
        with tempfile.TemporaryDirectory(dir=self.place, prefix=".making-") as beside:
            made = Path(beside) / f"result{self.suffix}"
            outcome = job.work(part, made)
            with made.open("rb") as file:
                os.fsync(file.fileno())
            made.replace(self._result(part))
            _write_whole(Path(beside) / "outcome.json", json.dumps(outcome, ensure_ascii=False), self._outcome(part))

    def done(self, part: Part) -> Done:
        """Give a part that is done."""
        return Done(self._result(part), json.loads(self._outcome(part).read_text(encoding="utf-8")))

    def remove(self, belongings: Sequence[Path]) -> None:
        """Remove all that was kept, and what belongs to it (`clear`)."""
        shutil.rmtree(self.place, ignore_errors=True)
        clear(self.place.parent, belongings)

    def _result(self, part: Part) -> Path:
        return self.place / f"part-{part.number:06d}{self.suffix}"

    def _outcome(self, part: Part) -> Path:
        return self.place / f"part-{part.number:06d}.outcome.json"


def clear(folder: Path, belongings: Sequence[Path]) -> None:
    """Remove files that jobs need, and then their folder, unless something of another job is there, which may run."""
    if not folder.is_dir() or any(path.is_dir() for path in folder.iterdir()):
        return
    for file in belongings:
        file.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _stem(job: Job) -> str:
    """Give the beginning of the folder's name: the job, and a digest of all that its results depend on."""
    basis: Mapping[str, Any] = {"version": spatialgov.__version__, "job": job.name, **job.basis()}
    return f"{job.name}-{hashlib.sha256(json.dumps(basis, sort_keys=True).encode()).hexdigest()[:16]}"


def _read(file: Path) -> list[Part]:
    try:
        return _parts(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not begun, or not by us: it is cut anew
        return []


def _parts(text: str) -> list[Part]:
    return [Part(**part) for part in json.loads(text)]


def _write_whole(beside: Path, text: str, path: Path) -> None:
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
