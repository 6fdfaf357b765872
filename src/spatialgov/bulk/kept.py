"""The folder with the results of parts: what is there is whole, and is not done again."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import spatialgov
from spatialgov.bulk.job import Done, Job, Part
from spatialgov.bulk.shelf import Shelf
from spatialgov.places import Place

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
    shelf
        Of this job and these parts: its name tells what the results depend on.
    suffix
        Of the files of results.
    """

    shelf: Shelf
    suffix: str

    @classmethod
    def find(cls, job: Job, folder: Place, memory: int) -> tuple["Kept", list[Part]]:
        """Give the folder of a job, and its parts: those of an earlier run unless one takes more than `memory`."""
        stem, shelf = _stem(job), Shelf.at(folder)
        names = [name for name in shelf.shelves() if name.startswith(f"{stem}-")]
        earlier = [cls(Shelf.at(shelf.place / name), job.suffix) for name in names]
        cut = [(kept, kept._parts()) for kept in earlier]
        fitting = [(kept, parts) for kept, parts in cut if parts and max(part.bytes for part in parts) <= memory]
        if fitting:
            return max(fitting, key=lambda one: len(one[0].there(one[1])))
        text = json.dumps([asdict(part) for part in job.parts(memory)])
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        return cls(Shelf.at(shelf.place / f"{stem}-{digest}"), job.suffix), _parts(text)

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.shelf.place

    def begin(self, parts: Sequence[Part]) -> None:
        """Make the folder, and write down how the work is cut."""
        if not self.shelf.has(_PARTS):
            with self.shelf.making() as beside:
                self._write(Path(beside), [asdict(part) for part in parts], _PARTS)

    def there(self, parts: Sequence[Part]) -> frozenset[int]:
        """Give the numbers of the parts that are done."""
        names = set(self.shelf.names())
        return frozenset(part.number for part in parts if {self._outcome(part), self._result(part)} <= names)

    def has(self, part: Part) -> bool:
        """Whether a part is done."""
        return self.shelf.has(self._outcome(part)) and self.shelf.has(self._result(part))

    def has_by_now(self, part: Part) -> bool:
        """Whether a part that another host has done is seen here, or comes to be seen within half a minute."""
        until = time.monotonic() + _SHOWN_S
        while not self.has(part):
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_S)
            self.shelf.names()  # has the file system look again
        return True

    def do(self, job: Job, part: Part) -> None:
        """Do a part unless it is done, and leave its result and then its outcome, both whole.

        It may be done twice, side by side too: both leave the same.
        """
        if self.has(part):
            return
        with self.shelf.making() as beside:
            made = Path(beside) / f"result{self.suffix}"
            outcome = job.work(part, made)
            self.shelf.put(made, self._result(part))
            self._write(Path(beside), outcome, self._outcome(part))

    def done(self, parts: Sequence[Part]) -> list[Done]:
        """Give parts that are done."""
        outcomes = self.shelf.read([self._outcome(part) for part in parts])
        return [
            Done(self.place / self._result(part), json.loads(outcome))
            for part, outcome in zip(parts, outcomes, strict=True)
        ]

    def remove(self, belongings: Sequence[Place]) -> None:
        """Remove all that was kept, and what belongs to it (`clear`)."""
        self.shelf.remove()
        clear(self.place.parent, belongings)

    def _parts(self) -> list[Part]:
        try:
            return _parts(self.shelf.read([_PARTS])[0].decode()) if self.shelf.has(_PARTS) else []
        except (OSError, ValueError):  # not by us: it is cut anew
            return []

    def _write(self, beside: Path, content: Any, name: str) -> None:
        file = beside / name
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        self.shelf.put(file, name)

    def _result(self, part: Part) -> str:
        return f"part-{part.number:06d}{self.suffix}"

    def _outcome(self, part: Part) -> str:
        return f"part-{part.number:06d}.outcome.json"


def clear(folder: Place, belongings: Sequence[Place]) -> None:
    """Remove files that jobs need, and then their folder, unless something of another job is there, which may run."""
    Shelf.at(folder).clear(file.name for file in belongings)


def _stem(job: Job) -> str:
    """Give the beginning of the folder's name: the job, and a digest of all that its results depend on."""
    basis: Mapping[str, Any] = {"version": spatialgov.__version__, "job": job.name, **job.basis()}
    return f"{job.name}-{hashlib.sha256(json.dumps(basis, sort_keys=True).encode()).hexdigest()[:16]}"


def _parts(text: str) -> list[Part]:
    return [Part(**part) for part in json.loads(text)]
