"""A job for workers that come and go: it is quick to import, as each of them must."""

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from spatialgov.bulk import DataJob, Done, Job, Part, open_data
from spatialgov.errors import InputError

__all__ = ["GivenNumbers", "Numbers"]


@dataclass(frozen=True)
class Numbers(Job):
    """Numbers; the first worker of one of them is killed, or always, or the work says no."""

    name: ClassVar[str] = "numbers"
    suffix: ClassVar[str] = ".txt"
    marks: Path
    killed: str = "never"

    def basis(self) -> Mapping[str, Any]:
        return {"killed": self.killed}

    def parts(self, memory: int) -> list[Part]:
        return [Part(i, {}, 100) for i in range(6)]

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        mark = self.marks / "killed"
        if part.number == 3 and self.killed == "refused":
            raise InputError("no", remedy="do not")
        if part.number == 3 and (self.killed == "always" or (self.killed == "once" and not mark.exists())):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        result.write_text(str(part.number))
        return {"pid": os.getpid()}

    def finish(self, done: Sequence[Done]) -> tuple[list[int], set[int]]:
        return [int(one.file.read_text()) for one in done], {one.outcome["pid"] for one in done}


@dataclass(frozen=True)
class GivenNumbers(DataJob):
    """Numbers of a file, one a part."""

    name: ClassVar[str] = "given"
    suffix: ClassVar[str] = ".txt"

    def parts(self, memory: int) -> list[Part]:
        return [Part(i, {}, 100) for i in range(len(open_data(self.data).arrays["numbers"]))]

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        result.write_text(str(open_data(self.data).arrays["numbers"][part.number]))
        return {"pid": os.getpid()}

    def finish(self, done: Sequence[Done]) -> tuple[list[int], set[int]]:
        return [int(one.file.read_text()) for one in done], {one.outcome["pid"] for one in done}
