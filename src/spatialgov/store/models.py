"""The tables, once for both backends. Places and counts only: no column holds a person.

Every table that a frame is stored in has a surrogate `id`: rows are read back in the order in which they came, which
a seeded partition depends on. The columns of its frame are those that are neither primary nor foreign keys
(`frame_columns`); a column with a default may be missing from a frame.
"""

from datetime import datetime
from typing import Any, ClassVar, cast

from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from spatialgov.store.column_types import PlainJson, PlainText, UtcDateTime
from spatialgov.store.geometry_type import ShapelyGeometry
from spatialgov.store.records import ENTRY_KINDS, JOB_STATES, PLAN_STATES, ROLES

__all__ = [
    "LAYERS",
    "LINEAGE_RELATIONS",
    "Account",
    "AccountJurisdiction",
    "Address",
    "ApiKey",
    "AuditEntry",
    "Barrier",
    "Base",
    "Building",
    "Camera",
    "EditionGrid",
    "EditionLineage",
    "EditionRow",
    "ExclusionZone",
    "Incident",
    "IncidentCategory",
    "JobRow",
    "Jurisdiction",
    "Note",
    "Place",
    "PlanEntry",
    "PlanGrid",
    "PlanMove",
    "PlanRow",
    "PlanUnit",
    "ResponsiblePost",
    "Road",
    "Row",
    "ScenarioRow",
    "Unit",
    "UnitSet",
    "frame_columns",
    "table_of",
]

LINEAGE_RELATIONS = ("split_from", "merged_into", "kept")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


class Base(DeclarativeBase):
    """Root of all tables."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: PlainText(),
        int: BigInteger(),
        float: Double(),
        datetime: UtcDateTime(),
        dict[str, Any]: PlainJson(),
        BaseGeometry: ShapelyGeometry(),
    }


class Row(Base):
    """A table with a surrogate key."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(Integer, primary_key=True, sort_order=-1)


class Placed(Row):
    """A table with a geometry of any kind."""

    __abstract__ = True

    geometry: Mapped[BaseGeometry] = mapped_column(sort_order=99)


class PlacedPoint(Placed):
    """A table with a location."""

    __abstract__ = True

    geometry: Mapped[BaseGeometry] = mapped_column(ShapelyGeometry("POINT"), sort_order=99)


class Note(Base):
    """A fact about the store itself, e.g. the checksum of the sample city that it holds."""

    __tablename__ = "note"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Jurisdiction(Placed):
    """A district, subdistrict or community."""

    __tablename__ = "jurisdiction"

    code: Mapped[str] = mapped_column(unique=True)
    level: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    parent_code: Mapped[str] = mapped_column(default="")


class UnitSet(Row):
    """One import of basic units."""

    __tablename__ = "unit_set"

    name: Mapped[str]
    datum: Mapped[str]
    source: Mapped[str]
    imported_at: Mapped[datetime]


class Unit(Placed):
    """A basic unit; `parents` holds the columns beyond these, by name: areas it lies in, its workload."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("unit_set_id", "unit_id"),)

    unit_set_id: Mapped[int] = mapped_column(Integer, ForeignKey("unit_set.id"))
    unit_id: Mapped[str]
    kind: Mapped[str] = mapped_column(default="")
    households: Mapped[int]
    population: Mapped[int]
    area_m2: Mapped[float]
    parents: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Building(Placed):
    """A building's footprint."""

    __tablename__ = "building"

    building_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(default="")
    height_m: Mapped[float | None]
    storeys: Mapped[int | None]


class Road(Placed):
    """A road's centre line."""

    __tablename__ = "road"

    road_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    name_en: Mapped[str] = mapped_column(default="")
    road_class: Mapped[str]


class Barrier(Placed):
    """A line that grids should not cross."""

    __tablename__ = "barrier"

    barrier_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    name_en: Mapped[str] = mapped_column(default="")
    effect: Mapped[str]


class Place(PlacedPoint):
    """A key place: a school, a market, a station, a hospital."""

    __tablename__ = "place"

    place_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    name_en: Mapped[str] = mapped_column(default="")


class ExclusionZone(Placed):
    """An area where no camera may be recommended, or may look."""

    __tablename__ = "exclusion_zone"

    zone_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    name_en: Mapped[str] = mapped_column(default="")


class Address(PlacedPoint):
    """Street, number and building of a place: never who lives there."""

    __tablename__ = "address"

    address_id: Mapped[str] = mapped_column(unique=True)
    street: Mapped[str]
    number: Mapped[str] = mapped_column(default="")
    building: Mapped[str] = mapped_column(default="")


class IncidentCategory(Row):
    """A category of one version of the list: two digits for the big class, two for the small one."""

    __tablename__ = "incident_category"
    __table_args__ = (UniqueConstraint("version", "code"),)

    version: Mapped[int]
    valid_from: Mapped[datetime]
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")


class Incident(PlacedPoint):
    """A category, a time, a place and a status; `grid_code` is its grid in the newest edition, once assigned.

    It happened at `occurred_at`, or from then until before `occurred_until`; `spatialgov.incidents.times` says more.
    """

    __tablename__ = "incident"

    source_id: Mapped[str] = mapped_column(unique=True)
    category: Mapped[str]
    occurred_at: Mapped[datetime] = mapped_column(index=True)
    occurred_until: Mapped[datetime | None]
    time_precision: Mapped[str] = mapped_column(default="exact")
    reported_at: Mapped[datetime | None]
    status: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_level: Mapped[str] = mapped_column(default="")
    channel: Mapped[str] = mapped_column(default="")
    accuracy_m: Mapped[float | None]
    location_source: Mapped[str] = mapped_column(default="given")
    grid_code: Mapped[str | None] = mapped_column(index=True)


class Camera(PlacedPoint):
    """A device, or one direction of it: where it stands and what it can look at; NULL and "" are unknown."""

    __tablename__ = "camera"

    camera_id: Mapped[str] = mapped_column(unique=True)
    post_id: Mapped[str] = mapped_column(default="")
    gb_code: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    height_m: Mapped[float | None]
    azimuth_deg: Mapped[float | None]
    azimuth_error_deg: Mapped[float | None]
    fov_deg: Mapped[float | None]
    tilt_deg: Mapped[float | None]
    range_m: Mapped[float | None]
    width_px: Mapped[float | None]
    status: Mapped[str]
    owner: Mapped[str] = mapped_column(default="")


class PlanRow(Row):
    """An assignment of a unit set to grids; a draft changes by its journal, all others only in their state."""

    __tablename__ = "plan"
    __table_args__ = (_one_of("state", PLAN_STATES),)

    name: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]
    parent_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("plan.id"))
    unit_set_id: Mapped[int] = mapped_column(Integer, ForeignKey("unit_set.id"))
    settings: Mapped[dict[str, Any]]
    metrics: Mapped[dict[str, Any]]


class PlanGrid(Row):
    """A grid of a plan; `made_by` is the number of the journal entry that it came with, None for the first ones.

    It stays when it loses its last unit, so that undo finds it again; a grid without units is none for readers.
    """

    __tablename__ = "plan_grid"
    __table_args__ = (UniqueConstraint("plan_id", "code"),)

    plan_id: Mapped[int] = mapped_column(Integer, ForeignKey("plan.id"))
    code: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    parent_code: Mapped[str] = mapped_column(default="")
    made_by: Mapped[int | None]


class PlanUnit(Row):
    """A unit of a plan with its grid now, and the one before the first journal entry; None while unassigned."""

    __tablename__ = "plan_unit"
    __table_args__ = (
        UniqueConstraint("plan_id", "unit_row"),
        ForeignKeyConstraint(["plan_id", "grid_code"], ["plan_grid.plan_id", "plan_grid.code"]),
        Index(None, "plan_id", "grid_code"),
    )

    plan_id: Mapped[int] = mapped_column(Integer, ForeignKey("plan.id"))
    unit_row: Mapped[int] = mapped_column(Integer, ForeignKey("unit.id"))
    grid_code: Mapped[str | None]
    base_code: Mapped[str | None]


class EditionRow(Row):
    """A publication of a plan."""

    __tablename__ = "edition"

    plan_id: Mapped[int] = mapped_column(Integer, ForeignKey("plan.id"))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    locator_file: Mapped[str | None]


class EditionGrid(Placed):
    """A grid as it was published."""

    __tablename__ = "edition_grid"
    __table_args__ = (UniqueConstraint("edition_id", "code"),)

    edition_id: Mapped[int] = mapped_column(Integer, ForeignKey("edition.id"))
    code: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    parent_code: Mapped[str] = mapped_column(default="")
    households: Mapped[int]
    population: Mapped[int]
    area_m2: Mapped[float]
    n_units: Mapped[int]


class EditionLineage(Row):
    """Where a grid of an edition comes from in the edition before."""

    __tablename__ = "edition_lineage"
    __table_args__ = (UniqueConstraint("edition_id", "code", "from_code"), _one_of("relation", LINEAGE_RELATIONS))

    edition_id: Mapped[int] = mapped_column(Integer, ForeignKey("edition.id"))
    code: Mapped[str]
    from_code: Mapped[str]
    relation: Mapped[str]


class PlanEntry(Row):
    """An entry in the journal of a draft: a move, or the undo or redo of the move with the number `of_number`.

    `kinds` are the grids that became of another kind: code → the kinds before and after.
    """

    __tablename__ = "plan_entry"
    __table_args__ = (UniqueConstraint("plan_id", "number"), _one_of("kind", ENTRY_KINDS))

    plan_id: Mapped[int] = mapped_column(Integer, ForeignKey("plan.id"))
    number: Mapped[int]
    kind: Mapped[str]
    of_number: Mapped[int | None]
    who: Mapped[str]
    made_at: Mapped[datetime]
    why: Mapped[str] = mapped_column(default="")
    kinds: Mapped[dict[str, Any]] = mapped_column(default=dict)


class PlanMove(Row):
    """A unit that a journal entry moved; None where it has no grid."""

    __tablename__ = "plan_move"
    __table_args__ = (UniqueConstraint("entry_id", "unit_row"),)

    entry_id: Mapped[int] = mapped_column(Integer, ForeignKey("plan_entry.id"))
    unit_row: Mapped[int] = mapped_column(Integer, ForeignKey("unit.id"))
    from_code: Mapped[str | None]
    to_code: Mapped[str | None]


class JobRow(Row):
    """Long work that runs beside the requests, with how far it is and what came of it."""

    __tablename__ = "job"
    __table_args__ = (_one_of("state", JOB_STATES),)

    kind: Mapped[str]
    options: Mapped[dict[str, Any]]
    who: Mapped[str]
    language: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    starts: Mapped[int]
    runner: Mapped[str]
    beaten_at: Mapped[datetime | None]
    cancel_asked: Mapped[bool]
    step: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    error: Mapped[dict[str, Any]]


class ScenarioRow(Row):
    """A scenario: what was asked of a plan, and the draft and the figures that came of it."""

    __tablename__ = "scenario"

    name: Mapped[str]
    created_at: Mapped[datetime]
    who: Mapped[str]
    base_id: Mapped[int] = mapped_column(Integer, ForeignKey("plan.id"))
    plan_id: Mapped[int] = mapped_column(Integer, ForeignKey("plan.id"))
    description: Mapped[dict[str, Any]]
    outcome: Mapped[dict[str, Any]]
    basis: Mapped[dict[str, Any]]


class ResponsiblePost(Row):
    """A post that answers for a grid or a jurisdiction: a place of work, never the person who fills it."""

    __tablename__ = "responsible_post"
    __table_args__ = (UniqueConstraint("code", "post"),)

    code: Mapped[str]
    post: Mapped[str]
    post_en: Mapped[str] = mapped_column(default="")
    duty: Mapped[str] = mapped_column(default="")
    duty_en: Mapped[str] = mapped_column(default="")


class Account(Row):
    """Who may sign in: a post ("planner-east"), never a person. No e-mail, no telephone."""

    __tablename__ = "account"
    __table_args__ = (_one_of("role", ROLES),)

    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    password_hash: Mapped[str]
    token_version: Mapped[int]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class AccountJurisdiction(Row):
    """A jurisdiction that an account is limited to; an account without any may see no ground."""

    __tablename__ = "account_jurisdiction"
    __table_args__ = (UniqueConstraint("account_id", "code"),)

    account_id: Mapped[int] = mapped_column(Integer, ForeignKey("account.id"))
    code: Mapped[str]


class ApiKey(Row):
    """A key of an account: what tells it from others, and the hash of its secret."""

    __tablename__ = "api_key"

    account_id: Mapped[int] = mapped_column(Integer, ForeignKey("account.id"))
    label: Mapped[str]
    prefix: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AuditEntry(Row):
    """One change, export or refused attempt. Triggers refuse to change or to delete a row."""

    __tablename__ = "audit_entry"

    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str]
    action: Mapped[str]
    kind: Mapped[str]
    outcome: Mapped[str]
    address: Mapped[str]
    details: Mapped[dict[str, Any]]


for _table in Base.metadata.tables.values():
    if "geometry" in _table.c:
        # SQLite has no use for an index over WKB: its spatial questions are answered in the core.
        Index(f"ix_{_table.name}_geometry", _table.c.geometry, postgresql_using="gist").ddl_if(dialect="postgresql")

LAYERS: dict[str, type[Row]] = {
    "buildings": Building,
    "roads": Road,
    "barriers": Barrier,
    "places": Place,
    "exclusion_zones": ExclusionZone,
    "addresses": Address,
}
"""The layers that are replaced as a whole, by the name that callers use."""


def table_of(model: type[Base]) -> Table:
    """Give the table of a model, for statements over many rows."""
    return cast("Table", model.__table__)


def frame_columns(model: type[Row]) -> list[Column[Any]]:
    """Give the columns that a frame of this table has, in order: those that are neither primary nor foreign keys.

    Foreign keys to several columns don't count: their parts are the frame's own values.
    """
    table = table_of(model)
    single = {c.name for c in table.columns for key in c.foreign_keys if _is_single(key)}
    return [c for c in table.columns if not c.primary_key and c.name not in single]


def _is_single(key: ForeignKey) -> bool:
    return key.constraint is not None and len(key.constraint.columns) == 1
