"""Work in parts that takes its time."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from spatialgov.bulk import Done, Job, Part

__all__ = ["SlowSums"]


@dataclass(frozen=True)
class SlowSums(Job):
    """A checksum for each number, a while for each part."""

    name: ClassVar[str] = "slow_sums"
    suffix: ClassVar[str] = ".txt"
    n_parts: int
    takes_s: float

    def basis(self) -> Mapping[str, Any]:
        return {"parts": self.n_parts}

    def parts(self, memory: int) -> list[Part]:
        return [Part(number, {"number": number}, min(memory, 1000)) for number in range(self.n_parts)]

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        time.sleep(self.takes_s)
        result.write_text(hashlib.sha256(str(part.about["number"]).encode()).hexdigest(), encoding="ascii")
        return {}

    def finish(self, done: Sequence[Done]) -> str:
        return "\n".join(one.file.read_text(encoding="ascii") for one in done)
