"""What the store answers with besides frames: small records that never change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

__all__ = [
    "PLAN_STATES",
    "ROLES",
    "AccountRecord",
    "ApiKeyRecord",
    "AuditRecord",
    "Edition",
    "LoadCounts",
    "PlanRecord",
    "PlanState",
    "Role",
    "UnitSetRecord",
]

Role = Literal["viewer", "field", "analyst", "planner", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "field", "analyst", "planner", "admin")
"""What an account may do, from least to most; `spatialgov.workspace.rights` says what each may."""

PlanState = Literal["draft", "checked", "published", "retired"]
PLAN_STATES: tuple[PlanState, ...] = ("draft", "checked", "published", "retired")


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
