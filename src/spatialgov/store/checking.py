"""What is wrong with a store: the file, the schema, every value, and what must hold between the rows."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice, pairwise
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Connection

from spatialgov.errors import StoreError
from spatialgov.faults import Severity, errors_only
from spatialgov.language import t
from spatialgov.store.column_types import PlainJson, PlainText, UtcDateTime
from spatialgov.store.database import Database
from spatialgov.store.frames import as_read, read_frame
from spatialgov.store.geometry_type import ShapelyGeometry
from spatialgov.store.models import (
    Base,
    EditionGrid,
    EditionLineage,
    EditionRow,
    Incident,
    PlanRow,
    PlanUnit,
    Unit,
    table_of,
)
from spatialgov.store.schema import differences, newest_revision, revision_of
from spatialgov.topology import check_coverage

__all__ = ["StoreFault", "check"]

_BATCH = 5000
_MOST = 20
"""Faults of one kind that are told of one table."""


@dataclass(frozen=True, slots=True)
class StoreFault:
    """One thing that is wrong with a store.

    Attributes
    ----------
    kind
        Stable identifier.
    message, remedy
        For the one who keeps the store.
    severity
        ``error``, or ``warning`` for what puts itself right.
    table, id
        The place: a table and the key of a row, where there is one.
    """

    kind: str
    message: str
    remedy: str
    severity: Severity = "error"
    table: str | None = None
    id: str | None = None

    def __str__(self) -> str:
        place = " ".join(text for text in (self.table, self.id) if text)
        return f"{place}{': ' if place else ''}{self.message} {self.remedy}".strip()

    def as_dict(self) -> dict[str, Any]:
        """Give the fault as a plain mapping, for JSON."""
        return asdict(self)


def check(url: str) -> list[StoreFault]:
    """List what is wrong with a store; it is not changed, not even brought up to date.

    A store that can't be opened is a fault too. What is found first may hide what a later look would find: a damaged
    file or another schema is told alone.
    """
    try:
        with Database.open(url, create=False, migrate=False) as database, database.read() as connection:
            return _faults(connection)
    except StoreError as error:
        return [StoreFault(error.code, error.message, error.remedy)]


def _faults(connection: Connection) -> list[StoreFault]:
    for look in (_file, _schema, _values):
        if faults := list(look(connection)):
            return faults
    return [
        fault for look in (_sequences, _editions, _grids, _lineage, _plans, _incidents) for fault in look(connection)
    ]


def _restore() -> str:
    return t("Restore a backup: spatialgov db restore.", "请从备份恢复：spatialgov db restore。")


def _report() -> str:
    return t(
        "Restore a backup made before (spatialgov db restore), and tell those who look after spatialgov.",
        "请从此前的备份恢复（spatialgov db restore），并告知 spatialgov 的维护者。",
    )


def _file(connection: Connection) -> Iterator[StoreFault]:
    """Let SQLite look through its file; PostgreSQL looks after its own (every page is read by `_values`)."""
    if connection.dialect.name != "sqlite":
        return
    for (text,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST})"):
        if text != "ok":
            message = t("The file is damaged: {detail}.", "文件已损坏：{detail}。", detail=text)
            yield StoreFault("damaged_file", message, _restore())
    for table, row, parent, _ in islice(connection.exec_driver_sql("PRAGMA foreign_key_check"), _MOST):
        message = t("It refers to a row of {parent} that is not there.", "所引用的 {parent} 行不存在。", parent=parent)
        yield StoreFault("broken_reference", message, _restore(), table=table, id=str(row))


def _schema(connection: Connection) -> Iterator[StoreFault]:
    revision = revision_of(connection)
    if revision != newest_revision():
        message = t(
            "The schema is {revision}, this version's is {newest}.",
            "数据库结构版本为 {revision}，本程序为 {newest}。",
            revision=revision,
            newest=newest_revision(),
        )
        yield StoreFault("old_schema", message, t("Run: spatialgov db upgrade.", "请运行 spatialgov db upgrade。"))
        return
    for text in differences(connection):
        message = t("The schema is not what it should be: {detail}", "数据库结构与预期不符：{detail}", detail=text)
        remedy = t("Undo the change that was made by hand, or restore a backup into a new store.",
                   "请撤销手工所做的更改，或将备份恢复到新的数据库。")  # fmt: skip
        yield StoreFault("wrong_schema", message, remedy)


def _values(connection: Connection) -> Iterator[StoreFault]:
    for table in Base.metadata.sorted_tables:
        try:
            with closing(_bad_rows(connection, table)) as bad:
                yield from islice(bad, _MOST)
        except (ValueError, TypeError, exc.SQLAlchemyError) as error:  # a value that its type can't even be read from
            message = t("A row can't be read: {detail}.", "有一行无法读取：{detail}。", detail=error)
            yield StoreFault("unreadable_row", message, _restore(), table=table.name)


def _bad_rows(connection: Connection, table: sa.Table) -> Generator[StoreFault]:
    key = list(table.primary_key.columns)
    columns = list(table.columns)
    query = sa.select(*key, *(as_read(column, connection.dialect) for column in columns)).order_by(*key)
    with connection.execute(query.execution_options(yield_per=_BATCH)) as result:
        for part in result.partitions():
            by_column = list(zip(*part, strict=True))
            for column, values in zip(columns, by_column[len(key) :], strict=True):
                for row in np.flatnonzero(~_sound(column, values)).tolist():
                    message = t("{column} holds no {kind}: {value!r}.", "{column} 的值 {value!r} 不是有效的 {kind}。",
                                column=column.name, kind=column.type, value=str(values[row])[:60])  # fmt: skip
                    place = "/".join(str(part[row][i]) for i in range(len(key)))
                    yield StoreFault("bad_value", message, _restore(), table=table.name, id=place)


_KINDS: list[tuple[type[Any], tuple[type, ...]]] = [
    (PlainText, (str,)),
    (UtcDateTime, (datetime,)),
    (PlainJson, (dict, list)),
    (sa.Integer, (int,)),
    (sa.Double, (float, int)),
]
"""Column type → what Python reads from it; SQLite itself lets anything into a column."""


def _sound(column: sa.Column[Any], values: Iterable[Any]) -> Any:
    cells = np.empty(len(list(values)), dtype=object)
    cells[:] = list(values)
    if isinstance(column.type, ShapelyGeometry):
        return _sound_geometries(column.type, cells)
    kinds = next((kinds for kind, kinds in _KINDS if isinstance(column.type, kind)), (object,))
    if column.nullable:
        kinds = (*kinds, type(None))
    return np.fromiter((isinstance(value, kinds) for value in cells), dtype=bool, count=len(cells))


def _sound_geometries(kind: ShapelyGeometry, cells: Any) -> Any:
    binary = np.fromiter((isinstance(cell, bytes) for cell in cells), dtype=bool, count=len(cells))
    shapes = shapely.from_wkb(np.where(binary, cells, None), on_invalid="ignore")
    sound = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    if kind.geometry_type == "POINT":
        sound &= shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    return sound


def _sequences(connection: Connection) -> Iterator[StoreFault]:
    """Find sequences that would give a number which is taken."""
    if connection.dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        key = table.primary_key.columns[0]
        name = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, key.name)))
        highest = connection.scalar(sa.select(sa.func.max(key))) if name is not None else None
        if highest is None:
            continue
        last, called = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {name}").one()
        if last + called <= highest:
            message = t("The next row would get a number that is taken.", "下一行将得到已被占用的编号。")
            remedy = f"SELECT setval('{name}', {highest});"
            yield StoreFault("sequence_behind", message, remedy, table=table.name, id=str(highest))


def _editions(connection: Connection) -> Iterator[StoreFault]:
    """Editions follow one another without a gap or an overlap, and the last one has no end."""
    table = table_of(EditionRow)
    rows = connection.execute(sa.select(table).order_by(table.c.valid_from, table.c.id)).all()
    for one, following in pairwise(rows):
        if one.valid_to != following.valid_from:
            message = t(
                "It ends at {end}, the next one begins at {begin}.",
                "该版结束于 {end}，而下一版开始于 {begin}。",
                end=one.valid_to and one.valid_to.isoformat(),
                begin=following.valid_from.isoformat(),
            )
            yield StoreFault("edition_interval", message, _report(), table="edition", id=str(one.id))
    if rows and rows[-1].valid_to is not None:
        message = t("No edition is in force.", "没有生效中的版本。")
        yield StoreFault("no_open_edition", message, _report(), table="edition", id=str(rows[-1].id))
    in_force = {rows[-1].plan_id} if rows else set()
    published = set(connection.scalars(sa.select(PlanRow.id).where(PlanRow.state == "published")))
    for plan in sorted(in_force ^ published):
        message = (
            t("The plan is published, but no edition of it is in force.", "方案标为已发布，但其版本未生效。")
            if plan in published
            else t("Its edition is in force, but the plan is not said to be published.",
                   "其版本正在生效，但方案未标为已发布。")
        )  # fmt: skip
        yield StoreFault("plan_state", message, _report(), table="plan", id=str(plan))


def _grids(connection: Connection) -> Iterator[StoreFault]:
    """The grids of each edition are those of its plan, and cover the ground once."""
    table = table_of(EditionRow)
    for edition, plan in connection.execute(sa.select(table.c.id, table.c.plan_id).order_by(table.c.id)).all():
        frame: Any = read_frame(connection, EditionGrid, EditionGrid.edition_id == edition)
        used = sa.select(PlanUnit.grid_code).where(PlanUnit.plan_id == plan, PlanUnit.grid_code.is_not(None))
        planned: set[Any] = set(connection.scalars(used.distinct()))
        for code in sorted(planned ^ set(frame["code"])):
            message = t("Grid {code} is in plan {plan} or in the edition, but not in both.",
                        "网格 {code} 未同时存在于方案 {plan} 与该版本中。", code=code, plan=plan)  # fmt: skip
            yield StoreFault("edition_grids", message, _report(), table="edition", id=str(edition))
        for fault in islice(errors_only(check_coverage(frame, "code")), _MOST) if len(frame) else ():
            place = f"{edition}/{fault.item}" if fault.item else str(edition)
            yield StoreFault(fault.kind, fault.message, _report(), table="edition_grid", id=place)


def _lineage(connection: Connection) -> Iterator[StoreFault]:
    """Lineage joins grids of an edition with grids of the one before."""
    table, row, grid = table_of(EditionRow), table_of(EditionLineage), table_of(EditionGrid)
    order = connection.scalars(sa.select(table.c.id).order_by(table.c.valid_from, table.c.id)).all()
    codes: dict[int, set[str]] = {}
    for before, edition in zip([None, *order], order, strict=False):
        codes[edition] = set(connection.scalars(sa.select(grid.c.code).where(grid.c.edition_id == edition)))
        earlier = codes.pop(before) if before is not None else set()
        for one in connection.execute(sa.select(row).where(row.c.edition_id == edition)):
            if one.code not in codes[edition] or one.from_code not in earlier:
                message = t("{code} from {origin} joins grids that are not there.",
                            "沿革 {code} 来自 {origin}，网格不存在。",
                            code=one.code, origin=one.from_code)  # fmt: skip
                yield StoreFault("lineage", message, _report(), table="edition_lineage", id=str(one.id))


def _plans(connection: Connection) -> Iterator[StoreFault]:
    """A plan gives grids to units of its own unit set."""
    query = (
        sa.select(PlanUnit.id, PlanUnit.plan_id)
        .join(PlanRow, PlanRow.id == PlanUnit.plan_id)
        .join(Unit, Unit.id == PlanUnit.unit_row)
        .where(Unit.unit_set_id != PlanRow.unit_set_id)
        .order_by(PlanUnit.id)
        .limit(_MOST)
    )
    for key, plan in connection.execute(query):
        message = t(
            "Plan {plan} assigns a unit of another unit set.", "方案 {plan} 划分了不属于其单元集的单元。", plan=plan
        )
        yield StoreFault("foreign_unit", message, _report(), table="plan_unit", id=str(key))


def _incidents(connection: Connection) -> Iterator[StoreFault]:
    """Incidents carry codes of the edition in force."""
    in_force = (
        sa.select(EditionGrid.code)
        .join(EditionRow, EditionRow.id == EditionGrid.edition_id)
        .where(EditionRow.valid_to.is_(None))
    )
    query = (
        sa.select(Incident.id, Incident.grid_code)
        .where(Incident.grid_code.is_not(None), Incident.grid_code.not_in(in_force))
        .order_by(Incident.id)
        .limit(_MOST)
    )
    for key, code in connection.execute(query):
        message = t("It carries grid {code}, which is not in force.", "所标网格 {code} 不在现行版本中。", code=code)
        remedy = t("Assign the incidents anew: spatialgov assign.", "请重新归属事件：spatialgov assign。")
        yield StoreFault("incident_grid", message, remedy, table="incident", id=str(key))
