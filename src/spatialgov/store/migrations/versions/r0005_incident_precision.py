"""How well the time and the place of an incident are known; versions of the list of categories.

Revision ID: 0005
Revises: 0004
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from spatialgov.store.column_types import UtcDateTime

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""From when the list holds that was there before lists had versions."""


def upgrade() -> None:
    """Take the incidents' times and places for exact and given, the list of categories for its first version."""
    for name in ("occurred_until", "reported_at"):
        op.add_column("incident", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("incident", sa.Column("accuracy_m", sa.Double(), nullable=True))
    for name, before in (("time_precision", "exact"), ("location_source", "given")):
        op.add_column("incident", sa.Column(name, sa.Text(), nullable=False, server_default=before))
    _give_categories_versions()


def _give_categories_versions() -> None:
    """Make the table anew: SQLite can't take the constraint away that a code stands once in all of it."""
    before = op.get_bind().execute(sa.text("SELECT id, code, name, name_en FROM incident_category")).mappings().all()
    op.drop_table("incident_category")
    table = op.create_table(
        "incident_category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident_category"),
        sa.UniqueConstraint("version", "code", name="uq_incident_category_version_code"),
    )
    table.c.valid_from.type = UtcDateTime()
    if before:
        op.bulk_insert(table, [dict(row) | {"version": 1, "valid_from": _ALWAYS} for row in before])
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                "SELECT setval(pg_get_serial_sequence('incident_category', 'id'), max(id)) FROM incident_category"
            )
