"""The audit log: it is written and read here, and nowhere changed; triggers in the database refuse that too."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.acts import Act, current_act
from spatialgov.store.column_types import checked_time
from spatialgov.store.models import AuditEntry, table_of
from spatialgov.store.records import AuditRecord

if TYPE_CHECKING:
    from spatialgov.store.database import Database

__all__ = ["AuditLog", "record_current_act"]

_ENTRY = table_of(AuditEntry)
_MOST_TEXT = 300
"""Characters of one text of an entry: what a client sent may stand in it."""


def record_current_act(connection: Connection) -> Act | None:
    """Write the current act, if it is not in the log yet, inside the transaction of the change.

    Gives the act, which is to be marked as recorded once the transaction is committed.
    """
    act = current_act()
    if act is None or act.recorded:
        return None
    _insert(connection, act, "done")
    return act


def _insert(connection: Connection, act: Act, outcome: str) -> None:
    values = {
        "at": datetime.now(UTC),
        "who": _short(act.who),
        "action": _short(act.action),
        "kind": act.kind,
        "outcome": outcome,
        "address": _short(act.address),
        "details": _shortened(act.details),
    }
    connection.execute(sa.insert(_ENTRY), values)


def _short(text: str) -> str:
    # What can't be stored (NUL, half a character) must not keep an attempt out of the log.
    return text[:_MOST_TEXT].replace("\0", "�").encode("utf-8", "replace").decode()


def _shortened(details: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _short(value) if isinstance(value, str) else value for key, value in details.items()}


class AuditLog:
    """The audit log of a store, as `store.audit`: entries are added and read, never changed, never deleted."""

    def __init__(self, database: "Database") -> None:
        self._database = database

    def add(self, act: Act, outcome: str) -> None:
        """Write an act on its own, for what is no transaction of the store: exports, refusals, failures."""
        act.recorded = True
        with self._database.append() as connection:
            _insert(connection, act, outcome)

    def entries(self, *, since: datetime | None = None, limit: int = 1000, offset: int = 0) -> list[AuditRecord]:
        """Give entries, the newest first; `since` is aware."""
        query = sa.select(_ENTRY).order_by(_ENTRY.c.id.desc()).limit(limit).offset(offset)
        if since is not None:
            query = query.where(_ENTRY.c.at >= checked_time(since))
        with self._database.read() as connection:
            return [AuditRecord(**row._mapping) for row in connection.execute(query)]
