"""The journal of a draft: who moved which units when and why; undo, redo, and what two planners may do at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.errors import ConflictError, EditConflictError, NotFoundError
from spatialgov.language import t
from spatialgov.store.database import Database
from spatialgov.store.frames import insert_rows, rows_of
from spatialgov.store.journal_reading import (
    batches,
    earlier_codes,
    earlier_kinds,
    entries_of,
    kinds_of,
    own_entries,
    sequence_of,
    to_redo,
    to_undo,
    unit_ids,
)
from spatialgov.store.models import PlanEntry, PlanGrid, PlanMove, PlanRow, PlanUnit, Unit, table_of
from spatialgov.store.plans import assignment_of, existing_plan, insert_plan
from spatialgov.store.records import Edit, EntryKind, JournalEntry, PlanRecord, UnitMove

__all__ = ["Journal", "NewGrids"]

NewGrids = Callable[[Mapping[str, str]], pd.DataFrame]
"""Code of each grid that a move makes → its first unit; gives `code`, `name`, `kind`, `parent_code`."""

_PLAN, _GRID, _UNIT = table_of(PlanRow), table_of(PlanGrid), table_of(PlanUnit)
_ENTRY, _MOVE = table_of(PlanEntry), table_of(PlanMove)
_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Step:
    """A unit that is to go from `here` to `there`; `stored` says whether the plan has a row for it."""

    unit_row: int
    unit_id: str
    here: str | None
    there: str | None
    stored: bool = True


class Journal:
    """The journals of all plans, `Store.journal`. Every change is one transaction.

    A draft's assignment is what it began with and every entry since, in the order of their numbers. Undo and redo are
    entries too: nothing is ever taken out. A draft that was checked becomes a draft again by a change; a plan that is
    or was in force never changes: moving its units makes a draft child.

    Changes name the newest entry that the caller has seen (`expects`). One that concerns units which were moved since
    is refused with `EditConflictError`, which says by whom and where to; others are applied.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def sequence(self, plan_id: int) -> int:
        """Give the number of the plan's newest entry, 0 while there is none."""
        with self._database.read() as connection:
            existing_plan(connection, plan_id)
            return sequence_of(connection, plan_id)

    def assignment(self, plan_id: int, *, at: int | None = None) -> tuple[int, "pd.Series[Any]"]:
        """Give the number of an entry (the newest when `at` is not given) and unit → grid code as it was after it.

        Raises
        ------
        NotFoundError
            When there is no such plan, or no such entry.
        """
        with self._database.read() as connection:
            existing_plan(connection, plan_id)
            number, earlier = earlier_codes(connection, plan_id, at)
            assignment = assignment_of(connection, plan_id)
            units = unit_ids(connection, earlier)
        return number, _changed(assignment, {units[row]: code for row, code in earlier.items()})

    def replayed(self, plan_id: int) -> "pd.Series[Any]":
        """Give what the plan began with and every entry applied to it: the same as its assignment, or it is damaged."""
        with self._database.read() as connection:
            existing_plan(connection, plan_id)
            assignment = assignment_of(connection, plan_id, _UNIT.c.base_code)
            moved = sa.select(Unit.unit_id, _MOVE.c.to_code).join(Unit, Unit.id == _MOVE.c.unit_row)
            of_plan = moved.join(_ENTRY, _ENTRY.c.id == _MOVE.c.entry_id).where(_ENTRY.c.plan_id == plan_id)
            moves = {unit: code for unit, code in connection.execute(of_plan.order_by(_ENTRY.c.number))}  # noqa: C416
        return _changed(assignment, moves)

    def base(self, plan_id: int) -> "pd.Series[Any]":
        """Give unit → grid code before the first entry."""
        with self._database.read() as connection:
            existing_plan(connection, plan_id)
            return assignment_of(connection, plan_id, _UNIT.c.base_code)

    def entries(self, plan_id: int, *, since: int = 0, limit: int | None = None) -> list[JournalEntry]:
        """Give the entries after the number `since`, oldest first, `limit` at most."""
        with self._database.read() as connection:
            existing_plan(connection, plan_id)
            query = sa.select(_ENTRY).where(_ENTRY.c.plan_id == plan_id, _ENTRY.c.number > since)
            return entries_of(connection, plan_id, query.order_by(_ENTRY.c.number).limit(limit))

    def earlier_kinds(self, plan_id: int, at: int) -> dict[str, str]:
        """Give the kinds that grids had after the entry `at`, of those that have become of another kind since."""
        with self._database.read() as connection:
            existing_plan(connection, plan_id)
            return earlier_kinds(connection, plan_id, at)

    def move(
        self,
        plan_id: int,
        moves: Mapping[str, str | None],
        *,
        who: str,
        why: str,
        expects: int,
        new_grids: NewGrids,
        kinds: Mapping[str, str] | None = None,
    ) -> Edit:
        """Give units other grids, and grids another kind.

        Parameters
        ----------
        moves
            Unit → code, None to leave it without a grid. A code that is not there yet makes a new grid.
        who, why
            The account of the post, and the reason or "".
        expects
            Number of the newest entry that the caller has seen.
        new_grids
            Called inside the transaction for codes that are not there yet.
        kinds
            Code → kind of grids that are there.

        Raises
        ------
        NotFoundError
            When the plan, a unit, or a grid of `kinds` is not there, nor made by the moves.
        EditConflictError
            When entries after `expects` moved one of these units, made one of these grids, or changed its kind.
        ConflictError
            When the journal has not come to `expects` yet.
        """
        with self._database.write() as connection:
            plan = existing_plan(connection, plan_id)
            steps = _wanted(connection, plan, moves)
            number = sequence_of(connection, plan_id)
            codes = {step.there for step in steps if step.there is not None}
            marks = _marks(connection, plan_id, kinds or {}, made=codes)
            rows = {step.unit_row for step in steps}
            _refuse_overtaken(connection, plan_id, number, expects, rows, codes, marks)
            steps = [step for step in steps if step.here != step.there]
            if not steps and not marks:
                return Edit(plan_id, number, None, {})
            if _is_frozen(plan):
                plan_id, number = _copied(connection, plan, plan.name, None), 0
            made = _make_grids(connection, plan_id, number + 1, steps, new_grids)
            return _write(connection, plan_id, number + 1, "move", steps, marks, who=who, why=why, made=made)

    def undo(self, plan_id: int, *, who: str, why: str = "", expects: int) -> Edit:
        """Take back the last move of `who` that stands; `expects` as for `move`.

        Raises
        ------
        EditConflictError
            When others have moved its units since.
        ConflictError
            When there is nothing to undo, or the plan can't change.
        """
        return self._step_back("undo", plan_id, who, why, expects)

    def redo(self, plan_id: int, *, who: str, why: str = "", expects: int) -> Edit:
        """Make the move of `who` again that was undone last, unless `who` has moved units since; see `undo`."""
        return self._step_back("redo", plan_id, who, why, expects)

    def _step_back(self, kind: EntryKind, plan_id: int, who: str, why: str, expects: int) -> Edit:
        with self._database.write() as connection:
            _refuse_frozen(existing_plan(connection, plan_id))
            number = sequence_of(connection, plan_id)
            of_number, last = (to_undo if kind == "undo" else to_redo)(own_entries(connection, plan_id, who))
            steps, strayed = _way_back(connection, plan_id, of_number, kind)
            marks, changed = _marks_back(connection, plan_id, of_number, kind)
            _refuse_overtaken(connection, plan_id, number, expects, {step.unit_row for step in steps}, set(), marks)
            if strayed or changed:
                _refuse_overtaken(connection, plan_id, number, last, strayed, set(), changed)
            return _write(connection, plan_id, number + 1, kind, steps, marks, who=who, why=why, of_number=of_number)

    def copy(self, plan_id: int, *, name: str, at: int | None = None) -> int:
        """Add a draft with the same grids, as they were after the entry `at` (now when not given); give its number.

        Raises
        ------
        NotFoundError
            When there is no such plan, or no such entry.
        """
        with self._database.write() as connection:
            return _copied(connection, existing_plan(connection, plan_id), name, at)

    def set_measured(self, plan_id: int, sequence: int, metrics: Mapping[str, Any], *, checked: bool) -> None:
        """Keep what was measured on a plan after an entry, and that it is sound; nothing when it has changed since."""
        with self._database.write() as connection:
            plan = existing_plan(connection, plan_id)
            if sequence_of(connection, plan_id) == sequence:
                state = "checked" if checked and plan.state == "draft" else plan.state
                _set(connection, plan_id, state=state, metrics=dict(metrics))


def _is_frozen(plan: PlanRecord) -> bool:
    return plan.state in ("published", "retired")


def _refuse_frozen(plan: PlanRecord) -> None:
    if _is_frozen(plan):
        raise ConflictError(
            t("Plan {id} is or was in force: it can't change.", "方案 {id} 已经或曾经生效，不能更改。", id=plan.id),
            remedy=t("Move units or copy it: that makes a draft.", "请移动单元或复制方案，系统会生成草稿。"),
        )


def _set(connection: Connection, plan_id: int, **values: Any) -> None:
    connection.execute(sa.update(_PLAN).where(_PLAN.c.id == plan_id).values(**values))


def _wanted(connection: Connection, plan: PlanRecord, moves: Mapping[str, str | None]) -> list[_Step]:
    """Find the units that are to move, in their order; `NotFoundError` names those that are not there."""
    found = []
    for ids in batches(moves):
        here = sa.and_(_UNIT.c.unit_row == Unit.id, _UNIT.c.plan_id == plan.id)
        query = sa.select(Unit.id, Unit.unit_id, _UNIT.c.grid_code, _UNIT.c.id).outerjoin(_UNIT, here)
        wanted = query.where(Unit.unit_set_id == plan.unit_set_id, Unit.unit_id.in_(ids))
        found += [
            _Step(row, unit, code, moves[unit], stored is not None)
            for row, unit, code, stored in connection.execute(wanted)
        ]
    if len(found) < len(moves):
        known = {step.unit_id for step in found}
        unknown = [unit for unit in moves if unit not in known]
        raise NotFoundError(
            t(
                "{n} units are unknown: {names}.",
                "有 {n} 个未知的基本单元：{names}。",
                n=len(unknown),
                names=", ".join(unknown[:_NAMED]),
            ),
            remedy=t("Check the identifiers.", "请检查编号。"),
        )
    return sorted(found, key=lambda step: step.unit_row)


def _refuse_overtaken(
    connection: Connection,
    plan_id: int,
    number: int,
    expects: int,
    rows: Collection[int],
    codes: Collection[str],
    marked: Collection[str],
) -> None:
    """Refuse a change when entries after `expects` moved one of its units, made or `marked` one of its grids."""
    if expects > number:
        raise ConflictError(
            t(
                "The journal of plan {id} ends with entry {number}, not {expects}.",
                "方案 {id} 的记录到第 {number} 条为止，没有第 {expects} 条。",
                id=plan_id,
                number=number,
                expects=expects,
            ),
            remedy=t("Load the plan again.", "请重新载入方案。"),
        )
    if expects == number:
        return
    since = sa.and_(_ENTRY.c.plan_id == plan_id, _ENTRY.c.number > expects)
    moved = sa.select(_ENTRY.c.number, _MOVE.c.unit_row).join(_MOVE, _MOVE.c.entry_id == _ENTRY.c.id).where(since)
    in_the_way = {other for other, row in connection.execute(moved) if row in rows}
    made = sa.select(_GRID.c.made_by, _GRID.c.code).where(_GRID.c.plan_id == plan_id, _GRID.c.made_by > expects)
    clashing = {code: by for by, code in connection.execute(made) if code in codes}
    if marked:
        marks = connection.execute(sa.select(_ENTRY.c.number, _ENTRY.c.kinds).where(since))
        clashing |= {code: by for by, kinds in marks for code in kinds if code in marked}
    in_the_way |= set(clashing.values())
    if not in_the_way:
        return
    units = set(unit_ids(connection, rows).values())
    changes = []
    for numbers in batches(sorted(in_the_way)):
        query = sa.select(_ENTRY).where(_ENTRY.c.plan_id == plan_id, _ENTRY.c.number.in_(numbers))
        for entry in entries_of(connection, plan_id, query.order_by(_ENTRY.c.number)):
            concerned = [m for m in entry.moves if m.unit_id in units or m.to_code in clashing]
            changes.append(entry.as_dict() | {"moves": [_plain(move) for move in concerned]})
    whose = ", ".join(sorted({change["who"] for change in changes}))
    raise EditConflictError(
        t(
            "Others were quicker: {whose} changed {n} of these units or grids since entry {expects}.",
            "他人已先行更改：自第 {expects} 条记录以来，{whose} 改动了其中 {n} 个单元或网格。",
            whose=whose,
            n=len({move["unit_id"] for change in changes for move in change["moves"]} & units) + len(clashing),
            expects=expects,
        ),
        plan_id=plan_id,
        sequence=number,
        changes=changes,
        remedy=t(
            "Keep theirs, send yours again with expects={number}, or copy the plan.",
            "可保留他人的更改，或以 expects={number} 重新提交，或复制方案。",
            number=number,
        ),
    )


def _plain(move: UnitMove) -> dict[str, Any]:
    return {"unit_id": move.unit_id, "from_code": move.from_code, "to_code": move.to_code}


def _changed(assignment: "pd.Series[Any]", moves: Mapping[str, str | None]) -> "pd.Series[Any]":
    """Give the assignment with some units elsewhere."""
    codes = assignment.to_numpy(dtype=object, copy=True)
    codes[assignment.index.get_indexer(pd.Index(list(moves), dtype=object))] = np.array(
        list(moves.values()), dtype=object
    )
    return pd.Series(codes, index=assignment.index, dtype=object, name=assignment.name)


def _make_grids(
    connection: Connection, plan_id: int, number: int, steps: Sequence[_Step], new_grids: NewGrids
) -> tuple[str, ...]:
    """Add the grids that are not there yet, and give their codes."""
    founders: dict[str, str] = {}
    for step in steps:
        if step.there is not None:
            founders.setdefault(step.there, step.unit_id)
    for codes in batches(founders):
        there = sa.select(_GRID.c.code).where(_GRID.c.plan_id == plan_id, _GRID.c.code.in_(codes))
        for code in connection.scalars(there):
            del founders[code]
    if founders:
        rows = rows_of(PlanGrid, new_grids(founders), connection, unique="code")
        insert_rows(connection, PlanGrid, [row | {"plan_id": plan_id, "made_by": number} for row in rows])
    return tuple(founders)


def _marks(
    connection: Connection, plan_id: int, kinds: Mapping[str, str], *, made: Collection[str]
) -> dict[str, tuple[str, str]]:
    """Give the grids that are to become of another kind, with the kinds before and after; the moves make `made`."""
    here = kinds_of(connection, plan_id, kinds)
    if unknown := sorted(set(kinds) - set(here) - set(made)):
        raise NotFoundError(
            t("Plan {id} has no grid {code}.", "方案 {id} 中没有网格 {code}。", id=plan_id, code=unknown[0]),
            remedy=t("Load the plan again.", "请重新载入方案。"),
        )
    return {code: (kind, kinds[code]) for code, kind in here.items() if kind != kinds[code]}


def _write(
    connection: Connection,
    plan_id: int,
    number: int,
    kind: EntryKind,
    steps: Sequence[_Step],
    marks: Mapping[str, tuple[str, str]],
    *,
    who: str,
    why: str,
    of_number: int | None = None,
    made: tuple[str, ...] = (),
) -> Edit:
    """Put the units where they are to go, mark the grids, and write the entry that says so."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {"plan_id": plan_id, "number": number, "kind": kind, "of_number": of_number}
    values |= {"who": who, "made_at": now, "why": why, "kinds": {code: list(both) for code, both in marks.items()}}
    entry_id = connection.scalar(sa.insert(_ENTRY).returning(_ENTRY.c.id), values)
    rows = [
        {"entry_id": entry_id, "unit_row": step.unit_row, "from_code": step.here, "to_code": step.there}
        for step in steps
    ]
    insert_rows(connection, PlanMove, rows)
    added = [step for step in steps if not step.stored]
    insert_rows(
        connection,
        PlanUnit,
        [{"plan_id": plan_id, "unit_row": step.unit_row, "grid_code": None, "base_code": None} for step in added],
    )
    _assign(connection, plan_id, {step.unit_row: step.there for step in steps})
    _set_kinds(connection, plan_id, {code: after for code, (_, after) in marks.items()})
    _set(connection, plan_id, state="draft", metrics={})
    moves = tuple(UnitMove(step.unit_id, step.here, step.there) for step in steps)
    touched = {code: None for step in steps for code in (step.here, step.there) if code is not None}
    touched |= dict.fromkeys(marks)
    entry = JournalEntry(number, kind, of_number, who, now, why, moves, made, dict(marks))
    return Edit(plan_id, number, entry, _members(connection, plan_id, list(touched)))


def _set_kinds(connection: Connection, plan_id: int, kinds: Mapping[str, str]) -> None:
    for code, kind in kinds.items():
        this = sa.and_(_GRID.c.plan_id == plan_id, _GRID.c.code == code)
        connection.execute(sa.update(_GRID).where(this).values(kind=kind))


def _members(connection: Connection, plan_id: int, codes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Give the units of some grids."""
    found: dict[str, list[str]] = {code: [] for code in codes}
    for some in batches(codes):
        units = sa.select(_UNIT.c.grid_code, Unit.unit_id).join(Unit, Unit.id == _UNIT.c.unit_row)
        these = units.where(_UNIT.c.plan_id == plan_id, _UNIT.c.grid_code.in_(some)).order_by(Unit.id)
        for code, unit in connection.execute(these):
            found[code].append(unit)
    return {code: tuple(units) for code, units in found.items()}


def _assign(connection: Connection, plan_id: int, codes: Mapping[int, str | None]) -> None:
    by_code: dict[str | None, list[int]] = {}
    for row, code in codes.items():
        by_code.setdefault(code, []).append(row)
    for code, rows in by_code.items():
        for some in batches(rows):
            these = sa.and_(_UNIT.c.plan_id == plan_id, _UNIT.c.unit_row.in_(some))
            connection.execute(sa.update(_UNIT).where(these).values(grid_code=code))


def _way_back(connection: Connection, plan_id: int, number: int, kind: EntryKind) -> tuple[list[_Step], set[int]]:
    """Give the units of a move with where they go now, and the rows of those that others have moved on meanwhile."""
    here = sa.and_(_UNIT.c.unit_row == _MOVE.c.unit_row, _UNIT.c.plan_id == plan_id)
    query = sa.select(_MOVE.c.unit_row, Unit.unit_id, _UNIT.c.grid_code, _MOVE.c.from_code, _MOVE.c.to_code)
    moved = (
        query.join(_ENTRY, _ENTRY.c.id == _MOVE.c.entry_id)
        .join(_UNIT, here)
        .join(Unit, Unit.id == _MOVE.c.unit_row)
        .where(_ENTRY.c.plan_id == plan_id, _ENTRY.c.number == number)
        .order_by(_MOVE.c.unit_row)
    )
    steps, strayed = [], set()
    for row, unit, code, before, after in connection.execute(moved):
        left, there = (after, before) if kind == "undo" else (before, after)
        steps.append(_Step(row, unit, code, there))
        if code != left:
            strayed.add(row)
    return steps, strayed


def _marks_back(
    connection: Connection, plan_id: int, number: int, kind: EntryKind
) -> tuple[dict[str, tuple[str, str]], set[str]]:
    """Give the grids that a move marked with their kinds now and then, and those that others have marked meanwhile."""
    query = sa.select(_ENTRY.c.kinds).where(_ENTRY.c.plan_id == plan_id, _ENTRY.c.number == number)
    marked: dict[str, list[str]] = connection.execute(query).scalar_one()
    here = kinds_of(connection, plan_id, marked)
    back = {code: both if kind == "undo" else both[::-1] for code, both in marked.items()}
    changed = {code for code, (_, left) in back.items() if here[code] != left}
    return {code: (here[code], there) for code, (there, _) in back.items()}, changed


def _copied(connection: Connection, plan: PlanRecord, name: str, at: int | None) -> int:
    """Add a draft child with the grids of a plan as they were after an entry."""
    number, earlier = earlier_codes(connection, plan.id, at)
    kinds = earlier_kinds(connection, plan.id, number)
    values = {
        "name": name,
        "state": "draft",
        "created_at": datetime.now(UTC),
        "parent_id": plan.id,
        "unit_set_id": plan.unit_set_id,
        "settings": plan.settings,
        "metrics": {} if earlier or kinds else plan.metrics,
    }
    child_id = insert_plan(connection, values)
    child = sa.literal(child_id, sa.Integer)
    grids = [_GRID.c.code, _GRID.c.name, _GRID.c.kind, _GRID.c.parent_code]
    for table, columns, names in (
        (_GRID, grids, [column.name for column in grids]),
        (_UNIT, [_UNIT.c.unit_row, _UNIT.c.grid_code, _UNIT.c.grid_code], ["unit_row", "grid_code", "base_code"]),
    ):
        rows = sa.select(child, *columns).where(table.c.plan_id == plan.id).order_by(table.c.id)
        connection.execute(sa.insert(table).from_select(["plan_id", *names], rows))
    _assign(connection, child_id, earlier)
    _set_kinds(connection, child_id, kinds)
    if earlier:
        connection.execute(sa.update(_UNIT).where(_UNIT.c.plan_id == child_id).values(base_code=_UNIT.c.grid_code))
    return child_id
