"""Responsible posts: who answers for a grid or a jurisdiction, as a place of work.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "responsible_post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("post_en", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("duty_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_responsible_post"),
        sa.UniqueConstraint("code", "post", name="uq_responsible_post_code_post"),
    )
