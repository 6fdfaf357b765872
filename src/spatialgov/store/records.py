"""What the store answers with besides frames: small records that never change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

__all__ = ["PLAN_STATES", "Edition", "LoadCounts", "PlanRecord", "PlanState", "UnitSetRecord"]

PlanState = Literal["draft", "checked", "published", "retired"]
PLAN_STATES: tuple[PlanState, ...] = ("draft", "checked", "published", "retired")


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """What a load did: rows that are new, rows that were there with the same values, rows that replaced others.

    `assigned` says whether they were stored with the grid codes that came with them.
    """

    accepted: int
    unchanged: int
    updated: int
    assigned: bool = False


@dataclass(frozen=True, slots=True)
class UnitSetRecord:
    """One import of basic units.

    Attributes
    ----------
    id
        Number in the store.
    name
        For people.
    datum
        Datum of the source, before the conversion to WGS 84.
    source
        Name of the file that the units came from.
    imported_at
        UTC.
    n_units
        How many units it has.
    """

    id: int
    name: str
    datum: str
    source: str
    imported_at: datetime
    n_units: int


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan without its units: what lists and tables show.

    Attributes
    ----------
    id, name
        Number in the store, and the name for people.
    state
        ``draft`` → ``checked`` → ``published`` → ``retired``.
    created_at
        UTC.
    parent_id
        The plan that it was made from, or None.
    unit_set_id
        The units that it assigns.
    settings
        How it was made. Numbers that are not finite were stored as None.
    metrics
        What was measured. Numbers that are not finite were stored as None.
    """

    id: int
    name: str
    state: PlanState
    created_at: datetime
    parent_id: int | None
    unit_set_id: int
    settings: Mapping[str, Any]
    metrics: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Edition:
    """A published plan: the grids in force from `valid_from` until before `valid_to`.

    Attributes
    ----------
    id
        Number in the store, rising with each publication.
    plan_id
        The plan that was published.
    valid_from, valid_to
        UTC; `valid_to` is None for the newest edition.
    locator_file
        Name of the locator file that was built for it, or None.
    """

    id: int
    plan_id: int
    valid_from: datetime
    valid_to: datetime | None
    locator_file: str | None
