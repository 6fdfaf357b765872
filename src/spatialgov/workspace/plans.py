"""Make, adopt, edit, check and publish plans."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from spatialgov.barriers import with_barriers
from spatialgov.errors import FaultyDataError, NothingPublishedError
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.locate import Locator
from spatialgov.partition import (
    Comparison,
    Frontier,
    FrontierStep,
    Progress,
    alternatives,
    compare,
    misses,
    partition,
    rebalance,
)
from spatialgov.plan import Assignment, Plan, PlanSettings
from spatialgov.plan_codes import with_stable_codes
from spatialgov.plan_files import read_plan
from spatialgov.store import Edition, PlanRecord, Store, no_such_plan
from spatialgov.units import UNIT_COLUMNS, Units
from spatialgov.workspace.areas import Area, Areas, beyond_area

__all__ = ["Plans", "locator_path"]


def locator_path(data_dir: Path, name: str) -> Path:
    """Give the place of an edition's locator file."""
    return data_dir / "editions" / name


class Plans:
    """The plans of a workspace."""

    def __init__(self, store: Store, data_dir: Path, areas: Areas) -> None:
        self._store = store
        self._data_dir = data_dir
        self._areas = areas
        self._loaded: dict[tuple[int, str | None], Units] = {}

    def units(self, unit_set_id: int | None = None) -> Units:
        """Give the units of an import (the latest by default) with the stored barriers, ready to be partitioned."""
        wanted = unit_set_id if unit_set_id is not None else self._latest_unit_set()
        key = wanted, self._store.note("revision:barriers")
        if key not in self._loaded:
            frame = self._store.unit_set(wanted)
            parents = [c for c in frame.columns if c not in (*UNIT_COLUMNS, "area_m2", "geometry")]
            units = Units.from_frame(frame, keep=parents, keep_sound=True)
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

    def make(
        self, *, name: str | None = None, today: int | None = None, progress: Progress | None = None, **options: Any
    ) -> PlanRecord:
        """Partition the latest units and keep the plan as a draft.

        `today` is the number of the plan whose grids may be locked; `options` are those of `partition`.
        """
        unit_set_id = self._latest_unit_set()
        reference = self.load(today) if today is not None else None
        plan = partition(self.units(unit_set_id), today=reference, progress=progress, **options)
        return self._keep(plan, unit_set_id, name or t("New plan", "新方案"))

    def alternatives(
        self, n: int, *, name: str | None = None, progress: Progress | None = None, **options: Any
    ) -> list[PlanRecord]:
        """Partition the latest units in up to `n` good ways that differ and keep all of them, the best first."""
        unit_set_id = self._latest_unit_set()
        plans = alternatives(self.units(unit_set_id), n, progress=progress, **options)
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
            When it is `to_publish` and has gaps, overlaps, pieces, broken nesting or unassigned units.
        """
        unit_set_id = self._latest_unit_set()
        plan = read_plan(path, self.units(unit_set_id), settings or PlanSettings())
        if to_publish:
            _refuse_faulty(plan, Path(path).name)
        return self._keep(plan, unit_set_id, name or Path(path).stem)

    def move(self, plan_id: int, moves: Mapping[str, str], *, name: str | None = None) -> PlanRecord:
        """Keep the child of a plan in which some units have changed their grid."""
        record = self._store.plan(plan_id)
        child = self.load(plan_id).move(moves)
        return self._keep(child, record.unit_set_id, name or record.name, parent_id=plan_id, stable=False)

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
        try:
            return self._store.plan_assignment(self._store.edition().plan_id)
        except NothingPublishedError:
            return {}

    def records(self, *, area: Area | None = None) -> list[PlanRecord]:
        """Give all plans, oldest first; only those whose whole ground lies in the area, if one is given."""
        return [record for record in self._store.plans() if self._areas.holds_unit_set(record.unit_set_id, area)]

    def record(self, plan_id: int, *, area: Area | None = None) -> PlanRecord:
        """Give what is known of a plan.

        Raises
        ------
        NotFoundError
            When there is no such plan, or its ground is not wholly in the area: a plan is one thing, and its measures
            tell of all of its ground. The two cases can't be told apart.
        """
        record = self._store.plan(plan_id)
        if not self._areas.holds_unit_set(record.unit_set_id, area):
            raise no_such_plan(plan_id)
        return record

    def require_units(self, area: Area | None, *, today: int | None = None) -> None:
        """Raise `ForbiddenError` when the latest units, of which a plan would be made, reach beyond the area.

        `today` is the plan whose grids may be locked: `NotFoundError` when it is not to be seen, see `record`.
        """
        if area is not None:
            self._areas.require_unit_set(self._latest_unit_set(), area)
            if today is not None:
                self.record(today, area=area)

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

    def load(self, plan_id: int) -> Plan:
        """Give a plan with its units, or raise `NotFoundError`."""
        record = self._store.plan(plan_id)
        assignment = self._store.plan_assignment(plan_id)
        table = self._store.plan_grids(plan_id)
        settings = PlanSettings(**record.settings)
        return Plan.from_assignment(self.units(record.unit_set_id), assignment, settings, table)

    def check(self, plan_id: int) -> list[Fault]:
        """List what forbids publishing (errors) and which grids miss their target (warnings).

        A draft without errors becomes ``checked``.
        """
        plan = self.load(plan_id)
        faults = plan.faults()
        if not faults and self._store.plan(plan_id).state == "draft":
            self._store.set_plan_state(plan_id, "checked")
        return [*faults, *misses(plan)]

    def publish(self, plan_id: int, *, valid_from: datetime | None = None) -> Edition:
        """Put a plan in force: checks, edition, lineage and locator file, all or nothing.

        Parameters
        ----------
        valid_from
            Aware; now when not given.

        Raises
        ------
        FaultyDataError
            When the plan has gaps, overlaps, pieces, broken nesting or unassigned units.
        ConflictError
            When it is in force already.
        """
        plan = self.load(plan_id)
        _refuse_faulty(plan, str(plan_id))
        grids = plan.grids()

        def build_locator(edition_id: int) -> str:
            name = f"edition-{edition_id:06d}.locator"
            path = locator_path(self._data_dir, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            Locator.build(grids).save(path)
            return name

        return self._store.publish(
            plan_id,
            grids,
            lineage=_lineage(plan.assignment(), self._assignment_in_force()),
            valid_from=valid_from or datetime.now(UTC),
            build_locator=build_locator,
        )


def _refuse_faulty(plan: Plan, name: str) -> None:
    if faults := plan.faults():
        message = t(
            "Plan {name} can't be published: it has {n} faults.",
            "方案 {name} 无法发布：共有 {n} 处问题。",
            name=name,
            n=len(faults),
        )
        raise FaultyDataError(message, faults)


def _lineage(new: "pd.Series[Any]", old: Assignment) -> pd.DataFrame:
    """Tell where each grid comes from: a row for every old grid that it has units of."""
    pairs = pd.DataFrame({"code": new, "from_code": pd.Series(old, dtype=object)}).dropna().drop_duplicates()
    heirs = pairs.groupby("from_code")["code"].transform("size")
    relation = pd.Series("split_from", index=pairs.index).where(heirs > 1, "merged_into")
    pairs["relation"] = relation.where(pairs["code"] != pairs["from_code"], "kept")
    return pairs.reset_index(drop=True)
