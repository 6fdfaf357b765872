"""Facts about the store itself, by name; among them the revision of each kind of data, which every change renews."""

from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.store.database import Database
from spatialgov.store.models import Note

__all__ = [
    "append_revision",
    "file_key",
    "new_revision",
    "note",
    "read_note",
    "record_file",
    "revision_key",
    "set_note",
    "write_note",
]

_MOST_REVISIONS = 100
"""So many changes a derived result may be behind and still catch up."""


def set_note(database: Database, key: str, value: str) -> None:
    """See `Store.set_note`."""
    with database.write() as connection:
        write_note(connection, key, value)


def record_file(database: Database, name: str, checksum: str) -> None:
    """See `Store.record_file`. It is no change of what the store holds, and not in the audit log."""
    with database.write(logged=False) as connection:
        write_note(connection, file_key(name), checksum)


def file_key(name: str) -> str:
    """Give the key of the note that holds the checksum of a file."""
    return f"sha256:{name}"


def note(database: Database, key: str) -> str | None:
    """See `Store.note`."""
    with database.read() as connection:
        return read_note(connection, key)


def read_note(connection: Connection, key: str) -> str | None:
    """Give the fact, or None."""
    return connection.scalar(sa.select(Note.value).where(Note.key == key))


def write_note(connection: Connection, key: str, value: str) -> None:
    """Remember a fact, in place of what `key` meant before."""
    connection.execute(sa.delete(Note).where(Note.key == key))
    connection.execute(sa.insert(Note), {"key": key, "value": value})


def revision_key(kind: str) -> str:
    """Give the key of the note that holds the revision of a kind of data."""
    return f"revision:{kind}"


def new_revision(connection: Connection, kind: str) -> None:
    """Mark a kind of data as changed, in the transaction that changes it: nothing derived from before is used again.

    The mark is like no other: a count could come to the same number again when a backup is restored.
    """
    write_note(connection, revision_key(kind), uuid4().hex)


def append_revision(connection: Connection, kind: str) -> None:
    """Mark a kind of data as having more rows, while those that were there are as they were.

    The note lists the revisions since the last `new_revision`, the newest last: what was derived from one of them may
    be brought up to date with the rows that came since.
    """
    revisions = (read_note(connection, revision_key(kind)) or "").split()[1 - _MOST_REVISIONS :]
    write_note(connection, revision_key(kind), " ".join([*revisions, uuid4().hex]))
