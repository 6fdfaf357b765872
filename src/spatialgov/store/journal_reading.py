"""What a journal says: its entries, the one to undo or redo next, and how things were after an earlier one."""

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.errors import ConflictError, NotFoundError
from spatialgov.language import t
from spatialgov.store.models import PlanEntry, PlanGrid, PlanMove, Unit, table_of
from spatialgov.store.records import JournalEntry, UnitMove

__all__ = [
    "batches",
    "earlier_codes",
    "earlier_kinds",
    "entries_of",
    "kinds_of",
    "own_entries",
    "sequence_of",
    "to_redo",
    "to_undo",
    "unit_ids",
]

_GRID, _ENTRY, _MOVE = table_of(PlanGrid), table_of(PlanEntry), table_of(PlanMove)
_AT_ONCE = 5000
"""So many values stand in one IN list: both databases take at least 32,766."""
_PAGE = 100
"""So many entries are read at a time on the way back to the one to undo."""

_T = TypeVar("_T")


def batches(values: Iterable[_T]) -> Iterator[list[_T]]:
    """Give the values in lists that fit into a statement."""
    some = list(values)
    for start in range(0, len(some), _AT_ONCE):
        yield some[start : start + _AT_ONCE]


def sequence_of(connection: Connection, plan_id: int) -> int:
    """Give the number of a plan's newest entry, 0 while there is none."""
    newest = sa.select(sa.func.max(_ENTRY.c.number)).where(_ENTRY.c.plan_id == plan_id)
    return connection.scalar(newest) or 0


def unit_ids(connection: Connection, rows: Collection[int]) -> dict[int, str]:
    """Give the identifiers of units by their rows."""
    found: dict[int, str] = {}
    for some in batches(rows):
        query = sa.select(Unit.id, Unit.unit_id).where(Unit.id.in_(some))
        found |= {row: unit for row, unit in connection.execute(query)}  # noqa: C416
    return found


def kinds_of(connection: Connection, plan_id: int, codes: Iterable[str]) -> dict[str, str]:
    """Give the kinds of those grids of a plan that are there, whether they have units or not."""
    found: dict[str, str] = {}
    for some in batches(codes):
        query = sa.select(_GRID.c.code, _GRID.c.kind).where(_GRID.c.plan_id == plan_id, _GRID.c.code.in_(some))
        found |= {code: kind for code, kind in connection.execute(query)}  # noqa: C416
    return found


def own_entries(connection: Connection, plan_id: int, who: str) -> Iterator[tuple[int, str, int | None]]:
    """Give number, kind and `of_number` of one account's entries, newest first, as they are asked for."""
    query = sa.select(_ENTRY.c.number, _ENTRY.c.kind, _ENTRY.c.of_number).order_by(_ENTRY.c.number.desc())
    own = query.where(_ENTRY.c.plan_id == plan_id, _ENTRY.c.who == who).limit(_PAGE)
    page = connection.execute(own).all()  # pages, no open cursor: nobody reads to the end
    while page:
        for entry in page:
            yield entry.number, entry.kind, entry.of_number
        page = connection.execute(own.where(_ENTRY.c.number < page[-1].number)).all()


def to_undo(entries: Iterator[tuple[int, str, int | None]]) -> tuple[int, int]:
    """Give the number of the last move that stands, and of the entry that put it there."""
    undone = 0
    for number, kind, of_number in entries:
        if kind == "undo":
            undone += 1
        elif undone:
            undone -= 1
        else:
            return of_number or number, number
    raise ConflictError(
        t("There is nothing to undo.", "没有可撤销的操作。"),
        remedy=t("Undo takes back moves of your own, in this plan.", "撤销只针对您在本方案中的操作。"),
    )


def to_redo(entries: Iterator[tuple[int, str, int | None]]) -> tuple[int, int]:
    """Give the number of the move that was undone last, and of the entry that undid it."""
    redone = 0
    for number, kind, of_number in entries:
        if kind == "move":
            break
        if kind == "redo":
            redone += 1
        elif redone:
            redone -= 1
        else:
            return cast("int", of_number), number
    raise ConflictError(
        t("There is nothing to redo.", "没有可重做的操作。"),
        remedy=t("After a new move, what was undone before stays undone.", "新的操作之后，此前撤销的不能再重做。"),
    )


def earlier_codes(connection: Connection, plan_id: int, at: int | None) -> tuple[int, dict[int, str | None]]:
    """Give an entry's number, and the grids after it of the units that have moved since."""
    number = sequence_of(connection, plan_id)
    if at is None or at == number:
        return number, {}
    if at > number:
        raise NotFoundError(
            t("Plan {id} has no journal entry {at}.", "方案 {id} 没有第 {at} 条记录。", id=plan_id, at=at),
            remedy=t("The newest is {number}.", "最新一条为 {number}。", number=number),
        )
    query = sa.select(_MOVE.c.unit_row, _MOVE.c.from_code).join(_ENTRY, _ENTRY.c.id == _MOVE.c.entry_id)
    since = query.where(_ENTRY.c.plan_id == plan_id, _ENTRY.c.number > at).order_by(_ENTRY.c.number.desc())
    return at, {row: code for row, code in connection.execute(since)}  # noqa: C416


def earlier_kinds(connection: Connection, plan_id: int, at: int) -> dict[str, str]:
    """Give the kinds that grids had after the entry `at`, of those that have become of another kind since."""
    later = sa.select(_ENTRY.c.kinds).where(_ENTRY.c.plan_id == plan_id, _ENTRY.c.number > at)
    newest_first = connection.scalars(later.order_by(_ENTRY.c.number.desc()))
    return {code: before for kinds in newest_first for code, (before, _) in kinds.items()}


def entries_of(connection: Connection, plan_id: int, query: "sa.Select[Any]") -> list[JournalEntry]:
    """Give the entries that a query over their table selects, with their moves."""
    heads = connection.execute(query).all()
    moves: dict[int, tuple[UnitMove, ...]] = {}
    for ids in batches(head.id for head in heads):
        columns = sa.select(_MOVE.c.entry_id, Unit.unit_id, _MOVE.c.from_code, _MOVE.c.to_code)
        rows = columns.join(Unit, Unit.id == _MOVE.c.unit_row).where(_MOVE.c.entry_id.in_(ids))
        found = connection.execute(rows.order_by(_MOVE.c.entry_id, _MOVE.c.unit_row))
        for entry_id, group in groupby(found, key=lambda row: row.entry_id):
            moves[entry_id] = tuple(UnitMove(*row[1:]) for row in group)
    made: dict[int, list[str]] = {}
    of_plan = sa.select(_GRID.c.made_by, _GRID.c.code).where(_GRID.c.plan_id == plan_id, _GRID.c.made_by.is_not(None))
    for number, code in connection.execute(of_plan.order_by(_GRID.c.id)):
        made.setdefault(number, []).append(code)
    return [
        JournalEntry(
            head.number, head.kind, head.of_number, head.who, head.made_at, head.why,
            moves.get(head.id, ()), tuple(made.get(head.number, ())),
            {code: (before, after) for code, (before, after) in head.kinds.items()},
        )
        for head in heads
    ]  # fmt: skip
