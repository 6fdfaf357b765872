"""Everything: areas, layers, incidents, cameras, plans and editions.

Revision ID: 0001
Revises: none
"""

import sqlalchemy as sa
from alembic import op

from spatialgov.store.geometry_type import ShapelyGeometry

__all__ = ["branch_labels", "depends_on", "down_revision", "revision", "upgrade"]

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_PLACED = (
    "address",
    "barrier",
    "building",
    "camera",
    "exclusion_zone",
    "incident",
    "jurisdiction",
    "place",
    "road",
    "unit",
    "edition_grid",
)


def upgrade() -> None:
    """Create the tables; on PostgreSQL also PostGIS, if it is not there, and the spatial indexes."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    _create_areas_and_layers()
    _create_events()
    _create_plans_and_editions()
    if postgresql:
        for table in _PLACED:
            op.create_index(f"ix_{table}_geometry", table, ["geometry"], postgresql_using="gist")


def _create_areas_and_layers() -> None:
    op.create_table(
        "note",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_note"),
    )
    op.create_table(
        "jurisdiction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=False),
        sa.Column("geometry", ShapelyGeometry("GEOMETRY"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jurisdiction"),
        sa.UniqueConstraint("code", name="uq_jurisdiction_code"),
    )
    op.create_table(
        "unit_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("datum", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unit_set"),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_set_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("households", sa.BigInteger(), nullable=False),
        sa.Column("population", sa.BigInteger(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("parents", sa.JSON(), nullable=False),
        sa.Column("geometry", ShapelyGeometry("GEOMETRY"), nullable=False),
        sa.ForeignKeyConstraint(["unit_set_id"], ["unit_set.id"], name="fk_unit_unit_set_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unit"),
        sa.UniqueConstraint("unit_set_id", "unit_id", name="uq_unit_unit_set_id_unit_id"),
    )
    op.create_table(
        "building",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("height_m", sa.Double(), nullable=True),
        sa.Column("storeys", sa.BigInteger(), nullable=True),
        sa.Column("geometry", ShapelyGeometry("GEOMETRY"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_building"),
        sa.UniqueConstraint("building_id", name="uq_building_building_id"),
    )
    op.create_table(
        "road",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("road_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("road_class", sa.Text(), nullable=False),
        sa.Column("geometry", ShapelyGeometry("GEOMETRY"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_road"),
        sa.UniqueConstraint("road_id", name="uq_road_road_id"),
    )
    op.create_table(
        "barrier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("barrier_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("geometry", ShapelyGeometry("GEOMETRY"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_barrier"),
        sa.UniqueConstraint("barrier_id", name="uq_barrier_barrier_id"),
    )
    op.create_table(
        "place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("geometry", ShapelyGeometry("POINT"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_place"),
        sa.UniqueConstraint("place_id", name="uq_place_place_id"),
    )
    op.create_table(
        "exclusion_zone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("zone_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("geometry", ShapelyGeometry("GEOMETRY"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exclusion_zone"),
        sa.UniqueConstraint("zone_id", name="uq_exclusion_zone_zone_id"),
    )
    op.create_table(
        "address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_id", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("building", sa.Text(), nullable=False),
        sa.Column("geometry", ShapelyGeometry("POINT"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_address"),
        sa.UniqueConstraint("address_id", name="uq_address_address_id"),
    )


def _create_events() -> None:
    op.create_table(
        "incident_category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident_category"),
        sa.UniqueConstraint("code", name="uq_incident_category_code"),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_level", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("grid_code", sa.Text(), nullable=True),
        sa.Column("geometry", ShapelyGeometry("POINT"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
        sa.UniqueConstraint("source_id", name="uq_incident_source_id"),
    )
    op.create_index("ix_incident_grid_code", "incident", ["grid_code"])
    op.create_index("ix_incident_occurred_at", "incident", ["occurred_at"])
    op.create_table(
        "camera",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("height_m", sa.Double(), nullable=True),
        sa.Column("azimuth_deg", sa.Double(), nullable=True),
        sa.Column("fov_deg", sa.Double(), nullable=True),
        sa.Column("range_m", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("geometry", ShapelyGeometry("POINT"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_camera"),
        sa.UniqueConstraint("camera_id", name="uq_camera_camera_id"),
    )


def _create_plans_and_editions() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("unit_set_id", sa.Integer(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'checked', 'published', 'retired')", name="ck_plan_state"),
        sa.ForeignKeyConstraint(["parent_id"], ["plan.id"], name="fk_plan_parent_id"),
        sa.ForeignKeyConstraint(["unit_set_id"], ["unit_set.id"], name="fk_plan_unit_set_id"),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
    )
    op.create_table(
        "plan_grid",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_plan_grid_plan_id"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_grid"),
        sa.UniqueConstraint("plan_id", "code", name="uq_plan_grid_plan_id_code"),
    )
    op.create_table(
        "plan_unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("unit_row", sa.Integer(), nullable=False),
        sa.Column("grid_code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_id", "grid_code"], ["plan_grid.plan_id", "plan_grid.code"], name="fk_plan_unit_plan_id_grid_code"
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_plan_unit_plan_id"),
        sa.ForeignKeyConstraint(["unit_row"], ["unit.id"], name="fk_plan_unit_unit_row"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_unit"),
        sa.UniqueConstraint("plan_id", "unit_row", name="uq_plan_unit_plan_id_unit_row"),
    )
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locator_file", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name="fk_edition_plan_id"),
        sa.PrimaryKeyConstraint("id", name="pk_edition"),
    )
    op.create_table(
        "edition_grid",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=False),
        sa.Column("households", sa.BigInteger(), nullable=False),
        sa.Column("population", sa.BigInteger(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("n_units", sa.BigInteger(), nullable=False),
        sa.Column("geometry", ShapelyGeometry("GEOMETRY"), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_edition_grid_edition_id"),
        sa.PrimaryKeyConstraint("id", name="pk_edition_grid"),
        sa.UniqueConstraint("edition_id", "code", name="uq_edition_grid_edition_id_code"),
    )
    op.create_table(
        "edition_lineage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("from_code", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.CheckConstraint("relation IN ('split_from', 'merged_into', 'kept')", name="ck_edition_lineage_relation"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_edition_lineage_edition_id"),
        sa.PrimaryKeyConstraint("id", name="pk_edition_lineage"),
        sa.UniqueConstraint("edition_id", "code", "from_code", name="uq_edition_lineage_edition_id_code_from_code"),
    )
