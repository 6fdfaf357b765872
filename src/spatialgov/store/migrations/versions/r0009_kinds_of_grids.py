"""Entries of a plan's journal say which grids became of another kind.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: no earlier entry changed a kind."""
    op.add_column("plan_entry", sa.Column("kinds", sa.JSON(), nullable=False, server_default="{}"))
