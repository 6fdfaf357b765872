"""What the store answers with besides frames: small records that never change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

__all__ = [
    "JOB_STATES",
    "PLAN_STATES",
    "Edition",
    "JobRecord",
    "JobState",
    "LoadCounts",
    "PlanRecord",
    "PlanState",
    "UnitSetRecord",
]

PlanState = Literal["draft", "checked", "published", "retired"]
PLAN_STATES: tuple[PlanState, ...] = ("draft", "checked", "published", "retired")
JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
JOB_STATES: tuple[JobState, ...] = ("waiting", "running", "done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """What a load did: rows that are new, rows that were there with the same values, rows that replaced others."""

    accepted: int
    unchanged: int
    updated: int


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


@dataclass(frozen=True, slots=True)
class JobRecord:
    """Long work that runs beside the requests: what was asked for, how far it is, and what came of it.

    Attributes
    ----------
    id, kind
        Number in the store, and what is done.
    options
        What was asked for.
    who
        The account that asked for it: that of a post, never of a person.
    language
        Language of what the work says to people.
    state
        ``waiting`` → ``running`` → ``done``, ``failed`` or ``cancelled``.
    created_at, started_at, ended_at
        UTC; `started_at` is that of the latest start.
    starts
        How often it was begun: more than once where the server was killed while it ran.
    runner, beaten_at
        What runs it, and when that last said so.
    cancel_asked
        Whether somebody wants it to end.
    step
        How far it is: ``done``, ``total`` and ``cost`` of `spatialgov.partition.Step`; empty while nothing is known.
    result
        What came of it; empty until it is done.
    error
        Why it failed: ``code``, ``message``, ``remedy`` and ``faults``; empty where it did not.
    """

    id: int
    kind: str
    options: Mapping[str, Any]
    who: str
    language: str
    state: JobState
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    starts: int
    runner: str
    beaten_at: datetime | None
    cancel_asked: bool
    step: Mapping[str, Any]
    result: Mapping[str, Any]
    error: Mapping[str, Any]
