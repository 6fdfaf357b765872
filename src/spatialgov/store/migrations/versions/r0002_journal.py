"""The journal of a draft's moves.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the journal; what plans hold by now is what their journals begin with."""
    op.add_column("plan_grid", sa.Column("made_by", sa.BigInteger(), nullable=True))
    op.add_column("plan_unit", sa.Column("base_code", sa.Text(), nullable=True))
    op.execute("UPDATE plan_unit SET base_code = grid_code")
    op.create_index("ix_plan_unit_plan_id_grid_code", "plan_unit", ["plan_id", "grid_code"])
    op.create_table(
        "plan_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("of_number", sa.BigInteger(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('move', 'undo', 'redo')", name="ck_plan_entry_kind"),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_plan_entry_plan_id"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_entry"),
        sa.UniqueConstraint("plan_id", "number", name="uq_plan_entry_plan_id_number"),
    )
    op.create_table(
        "plan_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("unit_row", sa.Integer(), nullable=False),
        sa.Column("from_code", sa.Text(), nullable=True),
        sa.Column("to_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["plan_entry.id"], name="fk_plan_move_entry_id"),
        sa.ForeignKeyConstraint(["unit_row"], ["unit.id"], name="fk_plan_move_unit_row"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_move"),
        sa.UniqueConstraint("entry_id", "unit_row", name="uq_plan_move_entry_id_unit_row"),
    )
