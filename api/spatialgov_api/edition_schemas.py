"""The shapes of answers about editions."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel

from spatialgov.incidents import shown_counts
from spatialgov.store import Edition
from spatialgov.workspace import IncidentCounts

__all__ = [
    "ChangesAnswer",
    "EditionMoveAnswer",
    "EditionRecordAnswer",
    "EditionsAnswer",
    "GridChangeAnswer",
    "GridCountAnswer",
    "IncidentCountsAnswer",
    "LineageAnswer",
    "OneEditionAnswer",
    "PublishAnswer",
]


class EditionRecordAnswer(BaseModel):
    """An edition: the plan that was published, and when it was in force; `valid_to` is null for the newest."""

    id: int
    plan: int
    valid_from: str
    valid_to: str | None

    @classmethod
    def of(cls, edition: Edition) -> Self:
        """Give the answer for an edition."""
        ended = None if edition.valid_to is None else edition.valid_to.isoformat()
        return cls(id=edition.id, plan=edition.plan_id, valid_from=edition.valid_from.isoformat(), valid_to=ended)


class EditionsAnswer(BaseModel):
    """All editions, oldest first."""

    editions: list[EditionRecordAnswer]


class LineageAnswer(BaseModel):
    """Where a grid comes from in the edition before."""

    code: str
    from_code: str
    relation: Literal["split_from", "merged_into", "kept"]


class OneEditionAnswer(EditionRecordAnswer):
    """An edition with its lineage."""

    lineage: list[LineageAnswer]


class GridChangeAnswer(BaseModel):
    """What became of a grid from one edition to another."""

    code: str
    change: Literal["kept", "changed", "split", "merged", "new", "retired"]
    from_codes: list[str]
    to_codes: list[str]
    units_before: int
    units_after: int
    households_before: int
    households_after: int
    area_m2_before: float
    area_m2_after: float


class EditionMoveAnswer(BaseModel):
    """A unit that is in another grid; "" where it has none."""

    unit_id: str
    from_code: str
    to_code: str
    households: int
    area_m2: float


class ChangesAnswer(BaseModel):
    """What changed between two editions: how many grids had each change, what moved, and every grid and unit."""

    a: int
    b: int
    kept: int
    changed: int
    split: int
    merged: int
    new: int
    retired: int
    units_moved: int
    households_moved: int
    area_moved_m2: float
    grids: list[GridChangeAnswer]
    moved: list[EditionMoveAnswer]


class GridCountAnswer(BaseModel):
    """A grid of an edition and its incidents; null where they are so few that they are suppressed."""

    edition: int
    code: str
    name: str
    parent_code: str
    incidents: int | None


class IncidentCountsAnswer(BaseModel):
    """Incidents by the grids of their day or of today.

    `outside` were outside all grids, `before` occurred before the first edition; `suppressed` grids have fewer than
    `minimum` incidents, but some, or would tell what another has; null where a number is too small to be shown.
    """

    by: Literal["day", "today"]
    minimum: int
    suppressed: int
    outside: int | None
    before: int | None
    grids: list[GridCountAnswer]

    @classmethod
    def of(cls, counts: IncidentCounts, minimum: int) -> Self:
        """Give the answer for counts, with small ones suppressed."""
        rows: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in counts.grids.to_dict("records")]
        shown = shown_counts(counts.grids["incidents"].to_numpy(), minimum)
        for row, is_shown in zip(rows, shown.tolist(), strict=True):
            row["incidents"] = row["incidents"] if is_shown else None
        grids = [GridCountAnswer.model_validate(row) for row in rows]
        outside, before = (n if n == 0 or n >= minimum else None for n in (counts.outside, counts.before))
        return cls(
            by=counts.by,
            minimum=minimum,
            suppressed=int((~shown).sum()),
            outside=outside,
            before=before,
            grids=grids,
        )


class PublishAnswer(BaseModel):
    """The edition that is in force now."""

    edition: int
    plan: int
    valid_from: str
    incidents_located: int
    incidents_outside: int

    @classmethod
    def of(cls, edition: Edition, incidents: Mapping[str, int]) -> Self:
        """Give the answer for an edition that was just published, and how many incidents were assigned."""
        return cls(
            edition=edition.id,
            plan=edition.plan_id,
            valid_from=edition.valid_from.isoformat(),
            incidents_located=incidents["located"],
            incidents_outside=incidents["outside"],
        )
