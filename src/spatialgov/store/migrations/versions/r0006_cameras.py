"""More of what a camera says: its post, its code, tilt and pixels, and how well its direction is known.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, all unknown: what an earlier version filled in by the kind can't be told from what was given."""
    for name in ("post_id", "gb_code"):
        op.add_column("camera", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for name in ("azimuth_error_deg", "tilt_deg", "width_px"):
        op.add_column("camera", sa.Column(name, sa.Double(), nullable=True))
