"""The journal of a draft: what it holds, undo and redo without end, and several planners on one plan."""

from collections.abc import Callable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from spatialgov.errors import ConflictError, EditConflictError, NotFoundError
from spatialgov.store import Edit, Store
from spatialgov.store.models import PlanUnit

N = 12
A, B, C, NEW = "A1", "B1", "C1", "D1"


def no_new_grids(_founders: Mapping[str, str]) -> pd.DataFrame:
    raise AssertionError("no grid is new")


def named(founders: Mapping[str, str]) -> pd.DataFrame:
    names = [f"founded by {unit}" for unit in founders.values()]
    return pd.DataFrame({"code": list(founders), "name": names, "kind": "general", "parent_code": "P"})


class Planner:
    """Someone at work on a plan: sees the newest entry and changes units."""

    def __init__(self, store: Store, plan_id: int, who: str = "east") -> None:
        self.store, self.plan_id, self.who = store, plan_id, who
        self.seen = store.journal.sequence(plan_id)

    def move(self, why: str = "", /, **moves: str | None) -> Edit:
        return self._did(
            self.store.journal.move(
                self.plan_id, moves, who=self.who, why=why, expects=self.seen, new_grids=named
            )
        )  # fmt: skip

    def mark(self, **kinds: str) -> Edit:
        move = self.store.journal.move
        return self._did(
            move(self.plan_id, {}, who=self.who, why="", expects=self.seen, new_grids=no_new_grids, kinds=kinds)
        )

    def undo(self) -> Edit:
        return self._did(self.store.journal.undo(self.plan_id, who=self.who, expects=self.seen))

    def redo(self) -> Edit:
        return self._did(self.store.journal.redo(self.plan_id, who=self.who, expects=self.seen))

    def look(self) -> None:
        self.seen = self.store.journal.sequence(self.plan_id)

    def _did(self, edit: Edit) -> Edit:
        self.seen = edit.sequence
        return edit


def codes(store: Store, plan_id: int) -> str:
    """Give the first letters of all units' grids, "-" for none."""
    return "".join(code[0] if code else "-" for code in store.plan_assignment(plan_id))


@pytest.fixture
def plan_id(store: Store) -> int:
    """Give a draft of twelve units: four in each of three grids."""
    ids = [f"u{i:02d}" for i in range(N)]
    units = gpd.GeoDataFrame(
        {"unit_id": ids, "kind": "", "households": 1, "population": 2, "area_m2": 1.0},
        geometry=[shapely.box(i / 100, 30, (i + 1) / 100, 31) for i in range(N)],
        crs=4326,
    )
    unit_set_id = store.add_unit_set(units, name="", datum="wgs84", source="")
    grids = pd.DataFrame({"code": [A, B, C], "name": "", "kind": "general", "parent_code": "P"})
    assignment = dict(zip(ids, [A] * 4 + [B] * 4 + [C] * 4, strict=True))
    return store.add_plan(
        name="draft", unit_set_id=unit_set_id, assignment=assignment, grids=grids, metrics={"grids": 3}
    )


def test_a_move_is_an_entry_with_who_when_and_why(store: Store, plan_id: int) -> None:
    edit = Planner(store, plan_id).move("the market's side", u03=B, u04=NEW, u05=None, u06=B)
    (entry,) = store.journal.entries(plan_id)
    assert entry == edit.entry
    assert (entry.number, entry.kind, entry.who, entry.why, entry.of_number) == (1, "move", "east", "the market's side", None)  # fmt: skip # noqa: E501
    moved = {move.unit_id: (move.from_code, move.to_code) for move in entry.moves}
    assert moved == {"u03": (A, B), "u04": (B, NEW), "u05": (B, None)}, "u06 was in B already"
    assert entry.made == (NEW,)
    assert edit.units == {A: ("u00", "u01", "u02"), B: ("u03", "u06", "u07"), NEW: ("u04",)}
    assert codes(store, plan_id) == "AAABD-BBCCCC"
    assert store.plan(plan_id).metrics == {}, "what was measured holds no longer"
    made = store.plan_grids(plan_id).set_index("code").loc[NEW]
    assert (made["name"], made["parent_code"]) == ("founded by u04", "P")


def test_what_changes_nothing_leaves_no_entry(store: Store, plan_id: int) -> None:
    edit = Planner(store, plan_id).move(u00=A, u04=B)
    assert (edit.sequence, edit.entry) == (0, None)
    assert store.plan(plan_id).metrics == {"grids": 3}


def test_undo_and_redo_go_all_the_way(store: Store, plan_id: int) -> None:
    planner = Planner(store, plan_id)
    states = [codes(store, plan_id)]
    for moves in ({"u00": B}, {"u00": C, "u01": C}, {"u01": None}, {"u02": NEW}, {"u02": A}):
        planner.move(**moves)
        states.append(codes(store, plan_id))
    for expected in reversed(states[:-1]):
        planner.undo()
        assert codes(store, plan_id) == expected
    with pytest.raises(ConflictError, match="nothing to undo"):
        planner.undo()
    for expected in states[1:]:
        planner.redo()
        assert codes(store, plan_id) == expected
    with pytest.raises(ConflictError, match="nothing to redo"):
        planner.redo()
    planner.undo()
    planner.undo()
    planner.move(u11=A)  # what was undone before stays undone
    with pytest.raises(ConflictError, match="nothing to redo"):
        planner.redo()
    planner.undo()
    planner.redo()
    planner.undo()
    planner.undo()
    assert codes(store, plan_id) == states[2]
    assert store.journal.replayed(plan_id).equals(store.plan_assignment(plan_id))
    kinds = [entry.kind for entry in store.journal.entries(plan_id)]
    assert kinds == ["move"] * 5 + ["undo"] * 5 + ["redo"] * 5 + [
        "undo",
        "undo",
        "move",
        "undo",
        "redo",
        "undo",
        "undo",
    ]


def test_undo_takes_back_ones_own(store: Store, plan_id: int) -> None:
    east, west = Planner(store, plan_id, "east"), Planner(store, plan_id, "west")
    east.move(u00=B)
    west.look()
    west.move(u08=A)
    east.look()
    east.undo()
    assert codes(store, plan_id) == "AAAABBBBACCC"
    with pytest.raises(ConflictError, match="nothing to undo"):
        east.undo()
    west.look()
    west.undo()
    assert codes(store, plan_id) == "AAAABBBBCCCC"


def test_changes_of_other_units_meet(store: Store, plan_id: int) -> None:
    east, west = Planner(store, plan_id, "east"), Planner(store, plan_id, "west")
    east.move(u00=B)
    edit = west.move(u08=A)  # has not seen the other's entry
    assert edit.sequence == 2
    assert codes(store, plan_id) == "BAAABBBBACCC"


def test_a_change_of_the_same_unit_is_refused_and_says_what_changed(store: Store, plan_id: int) -> None:
    east, west = Planner(store, plan_id, "east"), Planner(store, plan_id, "west")
    east.move("first", u00=B, u01=B)
    east.move(u05=C)
    with pytest.raises(EditConflictError, match="east changed 1 of") as refused:
        west.move(u00=C, u08=A)
    assert refused.value.sequence == 2
    assert refused.value.plan_id == plan_id
    (change,) = refused.value.changes
    assert (change["number"], change["who"], change["kind"], change["why"]) == (1, "east", "move", "first")
    assert change["moves"] == [{"unit_id": "u00", "from_code": A, "to_code": B}]
    assert codes(store, plan_id) == "BBAABCBBCCCC", "nothing of it was done"
    west.look()
    west.move(u00=C, u08=A)  # mine, after having seen theirs
    assert codes(store, plan_id) == "CBAABCBBACCC"


def test_a_grid_that_two_planners_make_is_no_common_one(store: Store, plan_id: int) -> None:
    east, west = Planner(store, plan_id, "east"), Planner(store, plan_id, "west")
    east.move(u00=NEW)
    with pytest.raises(EditConflictError) as refused:
        west.move(u11=NEW)
    (change,) = refused.value.changes
    assert change["made"] == (NEW,)
    assert [move["unit_id"] for move in change["moves"]] == ["u00"]


def test_undo_never_undoes_others(store: Store, plan_id: int) -> None:
    east, west = Planner(store, plan_id, "east"), Planner(store, plan_id, "west")
    east.move(u00=B)
    west.look()
    west.move(u00=C)
    with pytest.raises(EditConflictError):
        east.undo()  # has not seen it
    east.look()
    with pytest.raises(EditConflictError, match="west") as refused:
        east.undo()  # has seen it: the unit is not where it was put
    assert [change["number"] for change in refused.value.changes] == [2]
    west.undo()
    east.look()
    east.undo()
    assert codes(store, plan_id) == "AAAABBBBCCCC"
    west.look()
    west.move(u00=C)
    east.look()
    with pytest.raises(EditConflictError, match="west"):
        east.redo()


def test_a_client_from_another_time_is_refused(store: Store, plan_id: int) -> None:
    planner = Planner(store, plan_id)
    planner.seen = 7
    with pytest.raises(ConflictError, match="ends with entry 0, not 7"):
        planner.move(u00=B)
    assert store.journal.entries(plan_id) == []


def test_unknown_units_and_plans(store: Store, plan_id: int) -> None:
    with pytest.raises(NotFoundError, match="1 units are unknown: nobody"):
        Planner(store, plan_id).move(u00=B, nobody=B)
    assert codes(store, plan_id) == "AAAABBBBCCCC"
    for ask in (store.journal.entries, store.journal.sequence, store.journal.assignment, store.journal.replayed):
        with pytest.raises(NotFoundError):
            ask(99)


def test_a_new_grid_that_cannot_be_named_takes_everything_back(store: Store, plan_id: int) -> None:
    with pytest.raises(AssertionError):
        store.journal.move(plan_id, {"u00": NEW}, who="east", why="", expects=0, new_grids=no_new_grids)
    assert store.journal.sequence(plan_id) == 0
    assert codes(store, plan_id) == "AAAABBBBCCCC"


def test_a_checked_plan_becomes_a_draft_again(store: Store, plan_id: int) -> None:
    planner = Planner(store, plan_id)
    planner.move(u00=B)
    store.journal.set_measured(plan_id, 0, {"grids": 9}, checked=True)  # of an earlier state
    assert store.plan(plan_id).state == "draft"
    store.journal.set_measured(plan_id, 1, {"grids": 3}, checked=True)
    assert (store.plan(plan_id).state, store.plan(plan_id).metrics) == ("checked", {"grids": 3})
    planner.undo()
    assert (store.plan(plan_id).state, store.plan(plan_id).metrics) == ("draft", {})


@pytest.mark.parametrize("state", ["published", "retired"])
def test_what_was_in_force_never_changes(store: Store, plan_id: int, state: str) -> None:
    with store._database.write() as connection:
        connection.exec_driver_sql(f"UPDATE plan SET state = '{state}'")
    planner = Planner(store, plan_id)
    edit = planner.move("next year", u00=B)
    child = store.plan(edit.plan_id)
    assert (child.id, child.parent_id, child.state, child.name) == (plan_id + 1, plan_id, "draft", "draft")
    assert (codes(store, plan_id), codes(store, child.id)) == ("AAAABBBBCCCC", "BAAABBBBCCCC")
    assert [entry.why for entry in store.journal.entries(child.id)] == ["next year"]
    assert store.journal.entries(plan_id) == []
    with pytest.raises(ConflictError, match="can't change"):
        planner.undo()
    planner.look()
    assert planner.move(u00=A).entry is None
    assert len(store.plans()) == 2, "what changes nothing makes no child"


def test_a_copy_as_it_was_after_an_entry(store: Store, plan_id: int) -> None:
    planner = Planner(store, plan_id)
    planner.move(u00=B)
    planner.move(u00=C, u01=NEW)
    planner.move(u01=C, u02=C)
    for at, expected in {0: "AAAABBBBCCCC", 1: "BAAABBBBCCCC", 2: "CDAABBBBCCCC", 3: "CCCABBBBCCCC"}.items():
        number, assignment = store.journal.assignment(plan_id, at=at)
        assert number == at
        assert "".join(code[0] for code in assignment) == expected
        copied = store.journal.copy(plan_id, name=f"as of {at}", at=at)
        record = store.plan(copied)
        assert (record.name, record.parent_id, record.state) == (f"as of {at}", plan_id, "draft")
        assert codes(store, copied) == expected
        assert store.journal.base(copied).equals(store.plan_assignment(copied))
        assert store.journal.sequence(copied) == 0
    with pytest.raises(NotFoundError, match="no journal entry 4"):
        store.journal.copy(plan_id, name="", at=4)
    with pytest.raises(NotFoundError):
        store.journal.assignment(plan_id, at=4)


def kinds(store: Store, plan_id: int) -> list[str]:
    return store.plan_grids(plan_id)["kind"].tolist()


def test_a_grid_becomes_a_dedicated_one_and_undo_makes_it_general_again(store: Store, plan_id: int) -> None:
    east, west = Planner(store, plan_id, "east"), Planner(store, plan_id, "west")
    edit = east.mark(B1="dedicated")
    assert edit.entry is not None
    assert (edit.entry.moves, dict(edit.entry.kinds)) == ((), {B: ("general", "dedicated")})
    assert edit.units == {B: ("u04", "u05", "u06", "u07")}
    assert store.journal.entries(plan_id) == [edit.entry]
    assert east.mark(B1="dedicated").entry is None, "it is one already"
    with pytest.raises(NotFoundError, match="no grid Z"):
        east.mark(Z="general")
    with pytest.raises(EditConflictError, match="east changed 1 of these"):
        west.mark(B1="general")
    west.move(u04=A)  # units of a marked grid: no conflict
    east.look()
    east.undo()
    assert kinds(store, plan_id) == ["general"] * 3
    east.redo()
    assert kinds(store, plan_id) == ["general", "dedicated", "general"]
    assert kinds(store, store.journal.copy(plan_id, name="before", at=0)) == ["general"] * 3
    assert kinds(store, store.journal.copy(plan_id, name="now")) == ["general", "dedicated", "general"]
    west.look()
    west.mark(B1="general")
    east.look()
    with pytest.raises(EditConflictError):
        east.undo()
    assert store.journal.replayed(plan_id).equals(store.plan_assignment(plan_id))


def test_pages_of_a_journal(store: Store, plan_id: int) -> None:
    planner = Planner(store, plan_id)
    for code in (B, C, A):
        planner.move(u00=code)
    assert [entry.number for entry in store.journal.entries(plan_id, since=1)] == [2, 3]
    assert [entry.number for entry in store.journal.entries(plan_id, limit=2)] == [1, 2]
    assert store.journal.entries(plan_id, since=3) == []


def test_a_unit_that_came_later_can_be_assigned(store: Store, plan_id: int) -> None:
    with store._database.write() as connection:
        connection.execute(sa.delete(PlanUnit).where(PlanUnit.grid_code == C))
    planner = Planner(store, plan_id)
    planner.move(u08=A)
    assert codes(store, plan_id) == "AAAABBBBA"
    planner.undo()
    assert codes(store, plan_id) == "AAAABBBB-"


def test_any_order_of_changes_equals_the_journal_replayed(store: Store, plan_id: int) -> None:
    """Three planners move, undo and redo at random, on what they have last seen; a plain model says what holds."""
    random = np.random.default_rng(5)
    planners = [Planner(store, plan_id, who) for who in ("east", "west", "north")]
    model = store.plan_assignment(plan_id).to_dict()
    began = dict(model)
    applied = refused = 0
    for _ in range(120):
        planner = planners[random.integers(3)]
        if random.random() < 0.4:
            planner.look()
        units = random.choice(N, size=random.integers(1, 4), replace=False)
        moves: dict[str, str | None] = {f"u{unit:02d}": [A, B, C, NEW, None][random.integers(5)] for unit in units}
        change: Callable[[], Edit] = [lambda: planner.move(**moves), planner.undo, planner.redo][  # noqa: B023
            random.choice(3, p=[0.5, 0.3, 0.2])
        ]
        try:
            edit = change()
        except EditConflictError as error:
            refused += bool(error.changes)
        except ConflictError:
            refused += 1
        else:
            applied += 1
            for move in edit.entry.moves if edit.entry else ():
                assert model[move.unit_id] == move.from_code
                model[move.unit_id] = move.to_code
    assert applied > 40
    assert refused > 10
    assert store.plan_assignment(plan_id).to_dict() == model
    assert store.journal.replayed(plan_id).to_dict() == model
    assert store.journal.base(plan_id).to_dict() == began


def test_a_store_of_the_first_schema_gets_its_journal(empty_url: str) -> None:
    """What a plan holds when the journal comes is what its journal begins with."""
    engine = sa.create_engine(empty_url)
    try:
        with engine.begin() as connection:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", "spatialgov.store:migrations")
            config.set_main_option("path_separator", "os")
            command.upgrade(config, "0001")
            sqlite = connection.dialect.name == "sqlite"
            shape = f"x'{shapely.Point(1, 1).wkb_hex}'" if sqlite else "'SRID=4326;POINT(1 1)'"
            for statement in (
                "INSERT INTO unit_set (id, name, datum, source, imported_at) VALUES (1, '', '', '', '2026-01-01')",
                "INSERT INTO unit (id, unit_set_id, unit_id, kind, households, population, area_m2, parents, geometry)"
                f" VALUES (1, 1, 'u', '', 1, 1, 1, '{{}}', {shape})",
                "INSERT INTO plan (id, name, state, created_at, unit_set_id, settings, metrics)"
                " VALUES (1, 'old', 'draft', '2026-01-01 00:00:00', 1, '{}', '{}')",
                "INSERT INTO plan_grid (plan_id, code, name, kind, parent_code) VALUES (1, 'A1', '', 'general', '')",
                "INSERT INTO plan_unit (plan_id, unit_row, grid_code) VALUES (1, 1, 'A1')",
            ):
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
    with Store.open(empty_url) as migrated:
        assert migrated.journal.base(1).to_dict() == {"u": "A1"}
        planner = Planner(migrated, 1)
        planner.move(u=NEW)
        planner.undo()
        assert migrated.plan_assignment(1).to_dict() == {"u": "A1"}
