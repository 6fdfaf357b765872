"""What a loader did."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from spatialgov.faults import Fault
from spatialgov.incidents.quality import Quality

__all__ = ["ImportReport"]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a loader did, or would do.

    Attributes
    ----------
    what
        ``units``, ``incidents``, ``cameras``, … .
    accepted
        Rows that the store has because of this file: new ones and `updated` ones.
    unchanged
        Rows that were there already.
    updated
        Those accepted rows that took the place of an older version.
    refused
        What was left out: faults with row, column, reason and remedy; of a long list the first ones.
    warnings
        What was taken but deserves a look; of a long list the first ones.
    dropped_columns
        Columns that nobody asked for; they were not stored.
    left_out
        Reason → how many rows are sound, but nothing to be stored: a recorder in a list of cameras, a tunnel.
    unknown
        Column → how many of the sound rows don't say, of cameras.
    refused_rows
        How many rows were left out, where `refused` does not list all.
    refused_file
        Where these rows are, to be mended and sent again.
    edition
        The edition in force, by whose grids the rows were assigned; None without one.
    located, outside
        How many sound rows of the file lie in its grids, and outside.
    dry_run
        Whether nothing was stored.
    quality
        How good the sound rows are, of incidents.
    version
        Number of the list, of categories.
    """

    what: str
    accepted: int
    unchanged: int = 0
    updated: int = 0
    refused: Sequence[Fault] = ()
    warnings: Sequence[Fault] = ()
    dropped_columns: Sequence[str] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    refused_rows: int | None = None
    refused_file: Path | None = None
    edition: int | None = None
    located: int = 0
    outside: int = 0
    dry_run: bool = False
    quality: Quality | None = None
    version: int | None = None

    @property
    def refused_count(self) -> int:
        """How many rows were left out."""
        return len({fault.row for fault in self.refused}) if self.refused_rows is None else self.refused_rows

    def as_dict(self) -> dict[str, Any]:
        """Give the report as a plain mapping, for JSON; `refused` is the number of rows, `faults` lists them."""
        report = asdict(self) | {
            "refused": self.refused_count,
            "refused_file": None if self.refused_file is None else str(self.refused_file),
            "faults": [f.as_dict() for f in self.refused],
            "warnings": [f.as_dict() for f in self.warnings],
        }
        del report["refused_rows"]
        return report
