"""Faults: what is wrong with data, each with its row, its column and its place, and what to do about it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from spatialgov.language import t

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Fault", "Severity", "errors_only", "faults_frame"]

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a row, a value, or the ground between rows.

    Attributes
    ----------
    kind
        Stable identifier: ``missing_value``, ``negative_count``, ``duplicate_id``, ``invalid_geometry``,
        ``overlap``, ``gap``, ``island``, ``not_contiguous``, …
    message, remedy
        For a planner, in the language in force when the fault was found.
    severity
        ``error`` stops the work unless the caller asks to go on with what is sound; ``warning`` never does.
    row
        Row of the input, counted from 1 (the header of a table is not counted); None when it concerns no single row.
    column
        Column of the input, or None.
    item
        Identifier of the unit, grid, incident or camera, when it has one.
    lon, lat
        A place to look at, degrees, WGS 84; None when there is no place.
    """

    kind: str
    message: str
    remedy: str = ""
    severity: Severity = "error"
    row: int | None = None
    column: str | None = None
    item: str | None = None
    lon: float | None = None
    lat: float | None = None

    def __str__(self) -> str:
        where = [t("row {n}", "第 {n} 行", n=self.row)] if self.row is not None else []
        where += [self.column] if self.column else []
        where += [self.item] if self.item else []
        place = f" ({self.lon:.6f}, {self.lat:.6f})" if self.lon is not None and self.lat is not None else ""
        about = ", ".join(where)
        return f"{about}{': ' if about else ''}{self.message}{place} {self.remedy}".strip()

    def as_dict(self) -> dict[str, Any]:
        """Give the fault as a plain mapping, for JSON and tables."""
        return asdict(self)


def errors_only(faults: Iterable[Fault]) -> list[Fault]:
    """Give the faults that stop the work."""
    return [fault for fault in faults if fault.severity == "error"]


def faults_frame(faults: Sequence[Fault]) -> "pd.DataFrame":
    """Give the faults as a table, a row each, with the columns of `Fault` in order."""
    import pandas as pd

    return pd.DataFrame([fault.as_dict() for fault in faults], columns=list(Fault.__dataclass_fields__))
