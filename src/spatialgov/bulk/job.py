"""What work in parts is made of."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from spatialgov.places import Place, here

__all__ = ["Done", "Job", "Part"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the work.

    Attributes
    ----------
    number
        From 0, in the order of the results.
    about
        Which part it is, in what JSON can hold; whoever does it gets it as JSON gives it back.
    bytes
        About how much memory it takes.
    """

    number: int
    about: Mapping[str, Any]
    bytes: int


@dataclass(frozen=True, slots=True)
class Done:
    """A part that is done: where the file with its result is, and what was said of it."""

    place: Place
    outcome: Mapping[str, Any]

    @property
    def file(self) -> Path:
        """The file, or a copy of it here, to be opened before those of the next parts are asked for."""
        return here(self.place)


class Job(ABC):
    """Work that is done in parts, whoever does them.

    It goes to every worker with every part, so it holds paths and options and no data. All places are such that
    all workers see them, under the same name.
    """

    name: ClassVar[str]
    suffix: ClassVar[str]
    """Of the files of results."""

    @abstractmethod
    def basis(self) -> Mapping[str, Any]:
        """Give all that the results depend on, in what JSON can hold: what was done for another one is not used."""

    @abstractmethod
    def parts(self, memory: int) -> list[Part]:
        """Give the parts, none of which takes more than `memory` bytes where the work can be cut so small.

        A run that goes on with an earlier one's work keeps the parts of that one. What comes out of all of them
        together must not depend on how the work is cut.
        """

    @abstractmethod
    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        """Do a part: write its result to a file; give what is to be said of it, in what JSON can hold.

        It may use as many threads as `spatialgov.threads.cores` says.
        """

    @abstractmethod
    def finish(self, done: Sequence[Done]) -> Any:
        """Make of all results, in the order of the parts, what was asked for; they are removed afterwards."""

    def belongings(self) -> Sequence[Place]:
        """Give files that were made for this job alone (`save_data`), to be removed with the results."""
        return ()
