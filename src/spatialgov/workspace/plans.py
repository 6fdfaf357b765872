"""Make, adopt, edit, check and publish plans."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.barriers import with_barriers
from spatialgov.errors import FaultyDataError, NotFoundError, NothingPublishedError
from spatialgov.faults import Fault, errors_only
from spatialgov.language import t
from spatialgov.measures import Tally
from spatialgov.nesting import merged_units
from spatialgov.partition import (
    Comparison,
    Frontier,
    FrontierStep,
    Progress,
    Step,
    alternatives,
    compare,
    misses,
    partition,
    rebalance,
)
from spatialgov.plan import Assignment, Plan, PlanSettings, grid_name, parent_of_units
from spatialgov.plan_codes import with_stable_codes
from spatialgov.plan_files import cut_units, read_plan
from spatialgov.publishing import publishing_faults
from spatialgov.store import Basis, Edit, Edition, JournalEntry, PlanRecord, Store, no_such_plan
from spatialgov.units import UNIT_COLUMNS, Units
from spatialgov.workspace.areas import Area, Areas, beyond_area
from spatialgov.workspace.kept import Kept
from spatialgov.workspace.locator_files import publish_locator
from spatialgov.workspace.shared_files import SharedFiles

__all__ = ["EditResult", "Plans"]

_CUT_M2 = 1.0
"""A unit whose area differs by more than this from what it was imported with is not the same one."""
_MOST_UNITS_KEPT = 500_000


@dataclass(frozen=True, slots=True)
class EditResult:
    """What a change of a draft did.

    Attributes
    ----------
    edit
        The plan, its newest journal entry and what that moved.
    state
        Of the plan now.
    grids
        A row a grid that gained or lost units: `code`, `households`, `population`, `area_m2`, `n_units`, `n_parts`
        (0 for one that has none left).
    """

    edit: Edit
    state: str
    grids: pd.DataFrame


class Plans:
    """The plans of a workspace."""

    def __init__(self, store: Store, data_dir: Path, areas: Areas, shared: SharedFiles) -> None:
        self._store = store
        self._shared = shared
        self._data_dir = data_dir
        self._areas = areas
        self._loaded: dict[tuple[int, str | None], Units] = {}
        self._damaged: dict[int, list[Fault]] = {}
        self._measured: dict[tuple[int, int], Mapping[str, Any]] = {}
        self._barred = Kept(_MOST_UNITS_KEPT, len)
        """Units with barriers of a plan's own."""

    def units(self, unit_set_id: int | None = None) -> Units:
        """Give the units of an import (the latest by default) with the stored barriers, ready to be partitioned."""
        wanted = unit_set_id if unit_set_id is not None else self._latest_unit_set()
        key = wanted, self._store.revision("barriers")
        if key not in self._loaded:
            frame = self._store.unit_set(wanted)
            parents = [c for c in frame.columns if c not in (*UNIT_COLUMNS, "area_m2", "geometry")]
            units = Units.from_frame(frame, keep=parents, keep_sound=True)
            self._damaged[wanted] = _damaged(frame, units)
            self._loaded[key] = with_barriers(units, self._store.layer("barriers"))
        return self._loaded[key]

    def _latest_unit_set(self) -> int:
        sets = self._store.unit_sets()
        if not sets:
            raise NothingPublishedError(
                t("There are no units yet.", "尚无基本单元。"),
                remedy=t("Import them: spatialgov import units FILE.", "请先导入：spatialgov import units FILE。"),
            )
        return sets[-1].id

    def _units_with(self, unit_set_id: int, settings: PlanSettings) -> Units:
        """Give the units of an import with the barriers that a plan chose."""
        units = self.units(unit_set_id)
        if not settings.barriers and not settings.borders:
            return units
        chosen = json.dumps([dict(settings.barriers), dict(settings.borders)], sort_keys=True)

        def barred() -> Units:
            stored = self._store.layer("barriers")
            effect = stored["barrier_id"].map(settings.barriers)
            stored["effect"] = effect.where(effect.notna(), stored["effect"])
            return with_barriers(units, stored[stored["effect"] != "none"], borders=settings.borders)

        return self._barred.get((unit_set_id, self._store.revision("barriers"), chosen), barred)

    def _require_barriers(self, units: Units, settings: PlanSettings) -> None:
        """Raise `NotFoundError` when a barrier that a plan chooses, or a unit beside one, is not there."""
        if unknown := sorted(set(settings.barriers) - set(self._store.layer("barriers")["barrier_id"])):
            raise NotFoundError(
                t("There is no barrier {id}.", "没有阻隔 {id}。", id=repr(unknown[0])),
                remedy=t("Barriers are those that were imported.", "请使用已导入的阻隔。"),
            )
        units.positions([unit for pairs in settings.borders.values() for pair in pairs for unit in pair])

    def make(
        self,
        *,
        name: str | None = None,
        today: int | None = None,
        barriers: Mapping[str, str] | None = None,
        borders: Mapping[str, Sequence[Sequence[str]]] | None = None,
        progress: Progress | None = None,
        **options: Any,
    ) -> PlanRecord:
        """Partition the latest units and keep the plan as a draft.

        `today` is the number of the plan whose grids may be locked; `barriers` and `borders` are those of
        `spatialgov.plan.PlanSettings`, `options` those of `partition`.
        """
        unit_set_id = self._latest_unit_set()
        reference = self.load(today) if today is not None else None
        chosen = PlanSettings(barriers=barriers or {}, borders=borders or {})
        self._require_barriers(self.units(unit_set_id), chosen)
        units = self._units_with(unit_set_id, chosen)
        plan = partition(units, today=reference, progress=progress, **options)
        return self._keep(_choosing(plan, chosen), unit_set_id, name or t("New plan", "新方案"))

    def alternatives(
        self,
        n: int,
        *,
        name: str | None = None,
        today: int | None = None,
        barriers: Mapping[str, str] | None = None,
        borders: Mapping[str, Sequence[Sequence[str]]] | None = None,
        progress: Progress | None = None,
        **options: Any,
    ) -> list[PlanRecord]:
        """Partition the latest units in up to `n` good ways that differ and keep all of them, the best first.

        The rest as for `make`.
        """
        unit_set_id = self._latest_unit_set()
        reference = self.load(today) if today is not None else None
        chosen = PlanSettings(barriers=barriers or {}, borders=borders or {})
        self._require_barriers(self.units(unit_set_id), chosen)
        units = self._units_with(unit_set_id, chosen)
        found = alternatives(units, n, today=reference, progress=progress, **options)
        plans = [_choosing(plan, chosen) for plan in found]
        first = name or t("New plan", "新方案")
        names = [first, *(f"{first} {i}" for i in range(2, len(plans) + 1))]
        return [self._keep(plan, unit_set_id, one) for plan, one in zip(plans, names, strict=True)]

    def rebalance(
        self,
        plan_id: int,
        *,
        households: tuple[int, int] | None = None,
        locked: Collection[str] = (),
        most_moved: int | None = None,
        out_of_band: int | None = None,
        seed: int = 0,
        name: str | None = None,
        progress: Progress | None = None,
    ) -> tuple[PlanRecord, Frontier, FrontierStep]:
        """Keep the child of a plan in which its grids are balanced with the fewest households moved.

        Parameters
        ----------
        households, locked, seed, progress
            See `spatialgov.partition.rebalance`.
        most_moved, out_of_band
            Which step of the frontier is kept, see `Frontier.chosen`; the best balance by default.
        name
            Of the child; by default that of the plan.

        Returns
        -------
        The child, every step between the plan and the best balance, and the step that was chosen.
        """
        record = self._store.plan(plan_id)
        frontier = rebalance(
            self.load(plan_id), households=households, locked=locked, retired=self._store.codes_ever_used(), seed=seed,
            progress=progress,
        )  # fmt: skip
        step = frontier.chosen(most_moved=most_moved, out_of_band=out_of_band)
        child = self._keep(step.plan, record.unit_set_id, name or record.name, parent_id=plan_id, stable=False)
        return child, frontier, step

    def compare(self, plan_a: int, plan_b: int) -> Comparison:
        """Tell what moves where between two stored plans of the same units (`spatialgov.partition.compare`)."""
        return compare(self.load(plan_a), self.load(plan_b))

    def adopt(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        settings: PlanSettings | None = None,
        to_publish: bool = False,
    ) -> PlanRecord:
        """Keep an assignment that was made elsewhere (`spatialgov partition`, today's grids, an edited export).

        Parameters
        ----------
        path
            See `spatialgov.plan_files.read_plan`; its units are those of the latest unit set.
        settings
            What it is measured against.
        to_publish
            Refuse a plan that can't be published, instead of keeping it as a draft to be edited.

        Raises
        ------
        FaultyDataError
            When the grids drawn in the file cut a unit; when it is `to_publish` and has gaps, overlaps, pieces, broken
            nesting or unassigned units.
        """
        unit_set_id = self._latest_unit_set()
        plan = read_plan(path, self.units(unit_set_id), settings or PlanSettings())
        _refuse(cut_units(path, plan), Path(path).name)
        if to_publish:
            _refuse(plan.faults(), Path(path).name)
        return self._keep(plan, unit_set_id, name or Path(path).stem)

    def move(
        self,
        plan_id: int,
        moves: Mapping[str, str | None],
        *,
        who: str,
        expects: int,
        why: str = "",
        kinds: Mapping[str, str] | None = None,
    ) -> EditResult:
        """Change units and grids of a draft, and write it in its journal (`spatialgov.store.journal.Journal.move`).

        Parameters
        ----------
        moves
            Unit → code, None to leave it without a grid. A code that is not there yet makes a new grid.
        who, why
            The account of the post, and the reason or "".
        expects
            Number of the newest entry that the caller has seen: what others have done since is never undone silently.
        kinds
            Code → kind that a grid is to have. A ``dedicated`` one keeps its ground and is left out of the balance.
            New grids are ``general`` where it says nothing.

        Returns
        -------
        EditResult
            Of the plan; of its new draft child when the plan is or was in force.

        Raises
        ------
        NotFoundError
            When the plan, a unit, or a grid of `kinds` is not there.
        EditConflictError
            When others have moved one of the units, or made or marked one of the grids, since `expects`.
        ConflictError
            When the journal has not come to `expects` yet.
        """
        record = self._store.plan(plan_id)
        units = self.units_of(record)

        def new_grids(founders: Mapping[str, str]) -> pd.DataFrame:
            within = PlanSettings(**record.settings).within
            parents = parent_of_units(units, within)[units.positions(list(founders.values()))]
            names = [grid_name(code, parent) for code, parent in zip(founders, parents, strict=True)]
            kind = [(kinds or {}).get(code, "general") for code in founders]
            return pd.DataFrame({"code": list(founders), "name": names, "kind": kind, "parent_code": parents})

        return self._edited(
            self._store.journal.move(
                plan_id, moves, who=who, why=why, expects=expects, new_grids=new_grids, kinds=kinds
            )
        )

    def undo(self, plan_id: int, *, who: str, expects: int, why: str = "") -> EditResult:
        """Take back the last move of `who` that stands (`spatialgov.store.journal.Journal.undo`)."""
        return self._edited(self._store.journal.undo(plan_id, who=who, why=why, expects=expects))

    def redo(self, plan_id: int, *, who: str, expects: int, why: str = "") -> EditResult:
        """Make the move of `who` again that was undone last (`spatialgov.store.journal.Journal.redo`)."""
        return self._edited(self._store.journal.redo(plan_id, who=who, why=why, expects=expects))

    def _edited(self, edit: Edit) -> EditResult:
        """Sum up the grids that a change touched, and only them."""
        record = self._store.plan(edit.plan_id)
        units = self.units_of(record)
        grid_of = {unit: grid for grid, members in enumerate(edit.units.values()) for unit in members}
        labels = np.asarray(units.frame["unit_id"].map(grid_of).fillna(-1), dtype=np.int32)
        tally = Tally.of(units, labels, len(edit.units))
        columns = ("households", "population", "area_m2", "n_units", "n_parts")
        grids = pd.DataFrame({"code": list(edit.units)} | {name: getattr(tally, name) for name in columns})
        return EditResult(edit, record.state, grids)

    def journal(self, plan_id: int, *, since: int = 0, limit: int | None = None) -> tuple[int, list[JournalEntry]]:
        """Give the number of a plan's newest entry, and its entries after `since`, oldest first, `limit` at most."""
        entries = self._store.journal.entries(plan_id, since=since, limit=limit)
        return self._store.journal.sequence(plan_id), entries

    def assignment(self, plan_id: int, *, at: int | None = None) -> tuple[int, "pd.Series[Any]"]:
        """Give an entry's number (the newest by default) and unit → grid code after it, None where there is none."""
        return self._store.journal.assignment(plan_id, at=at)

    def copy(self, plan_id: int, *, name: str | None = None, at: int | None = None) -> PlanRecord:
        """Keep a draft with the same grids, as they are or as they were after an entry; the plan is its parent."""
        copied = self._store.journal.copy(plan_id, name=name or self._store.plan(plan_id).name, at=at)
        return self._store.plan(copied)

    def delete(self, plan_id: int) -> None:
        """Delete a plan that no edition, no scenario and no other plan needs (`Store.delete_plan`)."""
        self._store.delete_plan(plan_id)

    def keep(self, plan: Plan, parent_id: int, name: str) -> PlanRecord:
        """Keep a plan of the units of a stored one as its child, with the codes that it has."""
        unit_set_id = self._store.plan(parent_id).unit_set_id
        return self._keep(plan, unit_set_id, name, parent_id=parent_id, stable=False)

    def _keep(
        self, plan: Plan, unit_set_id: int, name: str, *, parent_id: int | None = None, stable: bool = True
    ) -> PlanRecord:
        if stable:
            plan = with_stable_codes(plan, self._assignment_in_force(), self._store.codes_ever_used())
        plan_id = self._store.add_plan(
            name=name,
            unit_set_id=unit_set_id,
            assignment=plan.assignment(),
            grids=plan.table,
            parent_id=parent_id,
            settings=plan.settings.as_dict(),
            metrics=plan.metrics(),
        )
        return self._store.plan(plan_id)

    def _assignment_in_force(self) -> Assignment:
        newest = self._in_force()
        return self._store.plan_assignment(newest.plan_id) if newest is not None else {}

    def records(self, *, area: Area | None = None) -> list[PlanRecord]:
        """Give all plans, oldest first; only those whose whole ground lies in the area, if one is given."""
        return [record for record in self._store.plans() if self._areas.holds_unit_set(record.unit_set_id, area)]

    def record(self, plan_id: int) -> PlanRecord:
        """Give what is known of a plan, measured anew when it has changed, or raise `NotFoundError`."""
        record = self._store.plan(plan_id)
        if record.metrics:
            return record
        key = plan_id, self._store.journal.sequence(plan_id)
        if key not in self._measured:
            plan, sequence = self._with_base(plan_id)
            self._measured = {(plan_id, sequence): plan.metrics()}
            key = plan_id, sequence
        return replace(record, metrics=self._measured[key])

    def sequence(self, plan_id: int) -> int:
        """Give the number of a plan's newest journal entry, 0 while there is none, or raise `NotFoundError`."""
        return self._store.journal.sequence(plan_id)

    def require_plan(self, plan_id: int, area: Area | None) -> None:
        """Raise `NotFoundError` when there is no such plan, or its ground is not wholly in the area.

        A plan is one thing, and its measures tell of all of its ground. The two cases can't be told apart.
        """
        if not self._areas.holds_unit_set(self._store.plan(plan_id).unit_set_id, area):
            raise no_such_plan(plan_id)

    def require_units(self, area: Area | None, *, today: int | None = None) -> None:
        """Raise `ForbiddenError` when the latest units, of which a plan would be made, reach beyond the area.

        `today` is the plan whose grids may be locked; see `require_plan`.
        """
        if area is not None:
            self._areas.require_unit_set(self._latest_unit_set(), area)
            if today is not None:
                self.require_plan(today, area)

    def require_edition(self, area: Area | None) -> None:
        """Raise `ForbiddenError` when grids in force, which a new edition would replace, lie outside the area."""
        if area is None:
            return
        try:
            grids = self._store.edition_grids(self._store.edition().id)
        except NothingPublishedError:
            return
        if len(area.grids(grids)) < len(grids):
            raise beyond_area(t("The grids in force", "现行网格"), area)

    def load(self, plan_id: int, *, at: int | None = None) -> Plan:
        """Give a plan with its units, as it is or as it was after a journal entry, or raise `NotFoundError`."""
        return self.load_with_sequence(plan_id, at=at)[0]

    def units_of(self, record: PlanRecord) -> Units:
        """Give the units of a plan, with its barriers, and with the parents that it counts as others."""
        settings = PlanSettings(**record.settings)
        units = self._units_with(record.unit_set_id, settings)
        return merged_units(units, settings.within, settings.merged)

    def load_with_sequence(self, plan_id: int, *, at: int | None = None) -> tuple[Plan, int]:
        """Give a plan and the number of the entry after which it was like that."""
        record = self._store.plan(plan_id)
        units = self.units_of(record)
        sequence, assignment = self._store.journal.assignment(plan_id, at=at)
        table = self._store.plan_grids(plan_id)
        if at is not None:
            earlier = table["code"].map(self._store.journal.earlier_kinds(plan_id, at))
            table["kind"] = earlier.where(earlier.notna(), table["kind"])
        known = assignment[assignment.index.isin(units.frame["unit_id"])]
        return Plan.from_assignment(units, known, PlanSettings(**record.settings), table), sequence

    def _with_base(self, plan_id: int) -> tuple[Plan, int]:
        """Give a plan as the child of what its journal began with, from which its measures count, and its sequence."""
        plan, sequence = self.load_with_sequence(plan_id)
        if not sequence:
            return plan, sequence
        began = self._store.journal.base(plan_id)
        known = began[began.index.isin(plan.units.frame["unit_id"])]
        return replace(plan, parent=Plan.from_assignment(plan.units, known, plan.settings)), sequence

    def check(self, plan_id: int, *, progress: Progress | None = None) -> list[Fault]:
        """List what forbids publishing (errors) and which grids miss their target (warnings).

        A draft without errors becomes ``checked``, until it is changed.
        """
        plan, sequence = self._with_base(plan_id)
        faults = self._faults(plan_id, plan)
        if progress is not None:
            progress(Step(1, 2))
        missed = misses(plan)
        record = self._store.plan(plan_id)
        sound = not faults and record.state == "draft"
        if sound or not record.metrics:
            metrics = record.metrics or plan.metrics()
            self._store.journal.set_measured(plan_id, sequence, metrics, checked=sound)
        return [*faults, *missed]

    def _faults(self, plan_id: int, plan: Plan) -> list[Fault]:
        """List what forbids publishing: damaged units, the plan's own faults, and codes that meant something else."""
        ever = self._store.grids_ever(plan.codes)
        newest = self._in_force()
        in_force = self._store.edition_grids(newest.id) if newest is not None else ever.iloc[:0]
        damaged = self._damaged[self._store.plan(plan_id).unit_set_id]
        return [*damaged, *publishing_faults(plan, in_force, ever)]

    def publish(self, plan_id: int, *, valid_from: datetime | None = None) -> Edition:
        """Put a plan in force: checks, edition, lineage and locator file, all or nothing.

        Parameters
        ----------
        valid_from
            Aware; now when not given.

        Raises
        ------
        FaultyDataError
            When something forbids it (`spatialgov.publishing.publishing_faults`); nothing is changed.
        ConflictError
            When it is in force already, or it was edited or another plan was published meanwhile.
        """
        newest = self._in_force()
        plan, sequence = self._with_base(plan_id)
        _refuse(self._faults(plan_id, plan), str(plan_id))
        if not self._store.plan(plan_id).metrics:
            self._store.journal.set_measured(plan_id, sequence, plan.metrics(), checked=True)
        return self._put_in_force(plan_id, plan.grids(), plan.assignment(), sequence, newest, valid_from)

    def republish(self, edition_id: int, *, valid_from: datetime | None = None) -> Edition:
        """Roll back: put the grids of an earlier edition in force again, with their codes, as a new edition.

        Raises
        ------
        NotFoundError
            When there is no such edition.
        ConflictError
            When its plan is in force, or another plan was published meanwhile.
        """
        newest = self._in_force()
        plan_id = self._store.edition(edition_id=edition_id).plan_id
        sequence, assignment = self._store.journal.assignment(plan_id)
        grids = self._store.edition_grids(edition_id)
        return self._put_in_force(plan_id, grids, assignment, sequence, newest, valid_from)

    def _in_force(self) -> Edition | None:
        try:
            return self._store.edition()
        except NothingPublishedError:
            return None

    def _put_in_force(
        self,
        plan_id: int,
        grids: gpd.GeoDataFrame,
        assignment: "pd.Series[Any]",
        sequence: int,
        newest: Edition | None,
        valid_from: datetime | None,
    ) -> Edition:
        before: Assignment = self._store.plan_assignment(newest.plan_id) if newest is not None else {}
        with self._store.as_one_change():  # with the checksum of the file
            return self._store.publish(
                plan_id,
                grids,
                lineage=_lineage(assignment, before),
                valid_from=valid_from or datetime.now(UTC),
                basis=Basis(sequence, newest.id if newest is not None else None),
                build_locator=lambda edition_id: publish_locator(self._data_dir, edition_id, grids, self._shared),
            )


def _choosing(plan: Plan, chosen: PlanSettings) -> Plan:
    """Give a plan that remembers the barriers that it was made with."""
    return replace(plan, settings=replace(plan.settings, barriers=chosen.barriers, borders=chosen.borders))


def _refuse(faults: list[Fault], name: str) -> None:
    if faults:
        message = t(
            "Plan {name} can't be published: it has {n} faults.",
            "方案 {name} 无法发布：共有 {n} 处问题。",
            name=name,
            n=len(faults),
        )
        raise FaultyDataError(message, faults)


def _damaged(stored: gpd.GeoDataFrame, units: Units) -> list[Fault]:
    """List the units that are not what was imported: those that are faulty by now, and those that were cut."""
    faults = [fault for fault in errors_only(units.faults) if fault.row is not None]
    imported = stored.set_index("unit_id")["area_m2"].reindex(units.frame["unit_id"]).to_numpy()
    for row in np.flatnonzero(np.abs(units.graph.area_m2 - imported) > _CUT_M2 + 1e-6 * imported).tolist():
        unit, point = units.frame["unit_id"].iloc[row], units.frame.geometry.iloc[row].representative_point()
        message = t(
            "Unit {unit} was imported with {before} m² and has {now} m² now.",
            "单元 {unit} 导入时为 {before} 平方米，现为 {now} 平方米。",
            unit=unit,
            before=f"{imported[row]:,.0f}",
            now=f"{units.graph.area_m2[row]:,.0f}",
        )
        remedy = t("Units are never cut: import the units anew.", "基本单元不得切分：请重新导入单元。")
        faults.append(Fault("unit_cut", message, remedy, item=str(unit), lon=point.x, lat=point.y))
    return faults


def _lineage(new: "pd.Series[Any]", old: Assignment) -> pd.DataFrame:
    """Tell where each grid comes from: a row for every old grid that it has units of."""
    pairs = pd.DataFrame({"code": new, "from_code": pd.Series(old, dtype=object)}).dropna().drop_duplicates()
    heirs = pairs.groupby("from_code")["code"].transform("size")
    relation = pd.Series("split_from", index=pairs.index).where(heirs > 1, "merged_into")
    pairs["relation"] = relation.where(pairs["code"] != pairs["from_code"], "kept")
    return pairs.reset_index(drop=True)
