"""What the store answers with besides frames: small records that never change."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "ENTRY_KINDS",
    "JOB_STATES",
    "PLAN_STATES",
    "ROLES",
    "AccountRecord",
    "ApiKeyRecord",
    "AuditRecord",
    "Basis",
    "Edit",
    "Edition",
    "EntryKind",
    "IncidentColumns",
    "JobRecord",
    "JobState",
    "JournalEntry",
    "LoadCounts",
    "PlanRecord",
    "PlanState",
    "Role",
    "ScenarioRecord",
    "UnitMove",
    "UnitSetRecord",
]

Role = Literal["viewer", "field", "analyst", "planner", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "field", "analyst", "planner", "admin")
"""What an account may do, from least to most; `spatialgov.workspace.rights` says what each may."""

EntryKind = Literal["move", "undo", "redo"]
ENTRY_KINDS: tuple[EntryKind, ...] = ("move", "undo", "redo")
PlanState = Literal["draft", "checked", "published", "retired"]
PLAN_STATES: tuple[PlanState, ...] = ("draft", "checked", "published", "retired")
JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
JOB_STATES: tuple[JobState, ...] = ("waiting", "running", "done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """What a load did: rows that are new, rows that were there with the same values, rows that replaced others.

    `assigned` says whether they were stored with the grid codes that came with them.
    """

    accepted: int
    unchanged: int
    updated: int
    assigned: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class IncidentColumns:
    """When, what and where of incidents, in any order.

    Attributes
    ----------
    revisions
        See `Store.incident_revisions`, of the same moment.
    ids
        int64 (n,), which a row keeps; one that is added later has a higher one.
    time_us
        int64 (n,), microseconds since 1970, UTC.
    until_us
        int64 (n,), before when it had happened where that is known roughly, else `time_us`.
    category
        int32 (n,), position in `categories`.
    lon, lat
        float64 (n,), degrees, WGS 84.
    categories
        Codes.
    """

    revisions: tuple[str, ...]
    ids: npt.NDArray[np.int64]
    time_us: npt.NDArray[np.int64]
    until_us: npt.NDArray[np.int64]
    category: npt.NDArray[np.int32]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    categories: tuple[str, ...]


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
class UnitMove:
    """A unit that went from one grid to another; None where it has no grid."""

    unit_id: str
    from_code: str | None
    to_code: str | None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One change of a draft.

    Attributes
    ----------
    number
        Its place in the journal of the plan, from 1.
    kind, of_number
        ``move``, or ``undo`` or ``redo`` of the move with that number.
    who
        The account of the post that made it.
    made_at
        UTC.
    why
        The reason that was given, or "".
    moves
        Which units went from where to where, in the order of the units; an undo lists them as it moved them back.
    made
        Codes of the grids that came with it.
    kinds
        Grids that became of another kind: code → the kinds before and after.
    """

    number: int
    kind: EntryKind
    of_number: int | None
    who: str
    made_at: datetime
    why: str
    moves: tuple[UnitMove, ...]
    made: tuple[str, ...] = ()
    kinds: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Give the entry as a plain mapping, for JSON."""
        return asdict(self) | {"made_at": self.made_at.isoformat()}


@dataclass(frozen=True, slots=True)
class Edit:
    """What a change did.

    Attributes
    ----------
    plan_id
        The plan that changed: the one that was asked for, or the draft child of one that can't change.
    sequence
        Number of its newest journal entry, 0 while there is none.
    entry
        The entry that was written; None when every unit was already where it was to go.
    units
        The units, after it, of every grid that gained or lost some, or became of another kind.
    """

    plan_id: int
    sequence: int
    entry: JournalEntry | None
    units: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Basis:
    """What a publication was checked against.

    Attributes
    ----------
    sequence
        Number of the plan's newest journal entry.
    edition_id
        The newest edition, None before the first one.
    """

    sequence: int
    edition_id: int | None


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


@dataclass(frozen=True, slots=True)
class ScenarioRecord:
    """A scenario that was worked out.

    Attributes
    ----------
    id, name
        Number in the store, and name for people.
    created_at
        UTC.
    who
        The account that asked for it: that of a post, never of a person.
    base_id, plan_id
        The plan that it starts from, and the draft that came of it, which may have been edited since.
    description
        What was asked (`spatialgov.allocation.Scenario.as_dict`).
    outcome
        The figures when it was worked out (`spatialgov.allocation.Outcome.as_dict`).
    basis
        What they stand on: plan, journal entry, edition, versions of formulas, profile of the workload.
    """

    id: int
    name: str
    created_at: datetime
    who: str
    base_id: int
    plan_id: int
    description: Mapping[str, Any]
    outcome: Mapping[str, Any]
    basis: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Give the scenario as a plain mapping, for JSON."""
        return asdict(self) | {"created_at": self.created_at.isoformat()}


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account: that of a post, never of a person.

    Attributes
    ----------
    id, name
        Number in the store, and name ("planner-east").
    role
        One of `ROLES`.
    jurisdictions
        Division codes that it is limited to; none means no ground at all, ``*`` means all.
    password_hash
        As argon2 writes it; "" for an account that only uses API keys.
    token_version
        Rises with each password and each time it is disabled: tokens of an earlier version don't hold.
    created_at, disabled_at
        UTC; `disabled_at` is None for an account that may be used.
    """

    id: int
    name: str
    role: Role
    jurisdictions: tuple[str, ...]
    password_hash: str = field(repr=False)
    token_version: int
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApiKeyRecord:
    """An API key without its secret, which only its holder has.

    Attributes
    ----------
    id, account
        Number in the store, and name of the account whose rights it has.
    label
        What it is for.
    prefix
        The beginning of the key, to tell it from others.
    secret_hash
        SHA-256 of the whole key.
    created_at, revoked_at
        UTC; `revoked_at` is None for a key that holds.
    """

    id: int
    account: str
    label: str
    prefix: str
    secret_hash: str = field(repr=False)
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One line of the audit log; see `spatialgov.acts.Act` for who and what.

    Attributes
    ----------
    id, at
        Rising number, and time (UTC).
    outcome
        ``done`` where it was written with the change itself, else the HTTP status, or ``failed``.
    """

    id: int
    at: datetime
    who: str
    action: str
    kind: str
    outcome: str
    address: str
    details: Mapping[str, Any]
