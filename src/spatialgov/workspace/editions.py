"""Editions in time: what was in force when, what changed in between, and what happened on whose ground."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd

from spatialgov.codes import parent_of
from spatialgov.edition_changes import EditionChanges, edition_changes
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.nation import Entry, NationalTable
from spatialgov.store import Edition, Store
from spatialgov.workspace.analysis import Analysis, Period
from spatialgov.workspace.areas import Area
from spatialgov.workspace.locations import Locations

__all__ = ["By", "Editions", "IncidentCounts"]

By = Literal["day", "today"]
"""The grids that incidents are counted by: those in force on the day of each, or those in force now."""


@dataclass(frozen=True, eq=False, slots=True)
class IncidentCounts:
    """How many incidents each grid had.

    Attributes
    ----------
    by
        ``day`` or ``today``.
    grids
        A row a grid of an edition that was asked: `edition`, `code`, `name`, `parent_code`, `incidents`.
    outside
        Incidents outside all grids of the edition that they were asked for.
    before
        Incidents from before the first edition, when they are counted by the grids of their day.
    """

    by: By
    grids: pd.DataFrame
    outside: int
    before: int


class Editions:
    """The editions of a workspace."""

    def __init__(self, store: Store, locations: Locations, analysis: Analysis) -> None:
        self._store = store
        self._locations = locations
        self._analysis = analysis

    def records(self) -> list[Edition]:
        """Give all editions, oldest first."""
        return self._store.editions()

    def record(self, edition_id: int) -> Edition:
        """Give an edition, or raise `NotFoundError`."""
        return self._store.edition(edition_id=edition_id)

    def hand_over(self, folder: Path, level: Literal["district", "city"]) -> dict[str, Entry]:
        """Put the newest edition in force in the national table of a folder; gives what it lists of it.

        Parameters
        ----------
        folder
            That of the table, see `NationalTable`; made when it is missing.
        level
            The jurisdictions that it is shared out by, the same in all the table.

        Raises
        ------
        NothingPublishedError
            When there is no edition.
        CodeError
            When the grids are not below a jurisdiction of that level.
        FaultyDataError
            When they overlap with those of another one.
        StoreError
            When the folder can't be written.
        """
        grids = self._store.edition_grids(self._store.edition().id)
        above = [parent_of(code, level) for code in grids["parent_code"]]
        table = NationalTable(folder)
        jurisdictions = np.array(above, dtype=object)
        table.publish((code, grids[jurisdictions == code].reset_index(drop=True)) for code in sorted(set(above)))
        return {code: table.entries[code] for code in sorted(set(above))}

    def lineage(self, edition_id: int, *, area: Area | None = None) -> pd.DataFrame:
        """Give where its grids (in the area) come from in the edition before: `code`, `from_code`, `relation`."""
        lineage = self._store.lineage(edition_id)
        return lineage if area is None else lineage[lineage["code"].isin(self._codes(edition_id, area))]

    def changes(self, first_id: int, second_id: int, *, area: Area | None = None) -> EditionChanges:
        """Tell what changed from one edition to another (`spatialgov.edition_changes.edition_changes`), in the area."""
        editions = (first_id, second_id)
        units = [self._units(edition_id) for edition_id in editions]
        if area is not None:
            units = [rows[rows["code"].isin(self._codes(e, area))] for e, rows in zip(editions, units, strict=True)]
        return edition_changes(*units)

    def _codes(self, edition_id: int, area: Area) -> "pd.Series[str]":
        return area.grids(self._store.edition_grids(edition_id))["code"]

    def _units(self, edition_id: int) -> pd.DataFrame:
        plan = self._store.plan(self._store.edition(edition_id=edition_id).plan_id)
        units = pd.DataFrame(self._store.unit_set(plan.unit_set_id)[["unit_id", "households", "area_m2"]])
        return units.assign(code=units["unit_id"].map(self._store.plan_assignment(plan.id)))

    def incident_counts(self, by: str, period: Period, *, area: Area | None = None) -> IncidentCounts:
        """Count the incidents of a period by grid.

        Parameters
        ----------
        by
            ``day``: each incident counts for the grid that was in force when it occurred; ``today``: for the grid
            that is in force now.
        area
            What the asker is limited to: the incidents and the grids that lie in it.

        Raises
        ------
        NothingPublishedError
            When nothing is published.
        InputError
            When `by` is something else, or a category is unknown.
        """
        if by not in get_args(By):
            raise InputError(
                t("Incidents can't be counted by {by}.", "不能按 {by} 统计事件。", by=repr(by)),
                remedy=t("Use “day” or “today”.", "请用 day 或 today。"),
            )
        newest = self._store.edition()
        asked = self._store.editions() if by == "day" else [newest]
        chosen, cube = self._analysis.chosen(period, area=area)
        groups = cube.grids_of_their_day(asked) if by == "day" else cube.grids(newest)
        counts, outside = chosen.counts(groups)
        before = chosen.before(asked[0].valid_from) if by == "day" else 0
        tables = [self._grids_of(edition) for edition in asked]
        table = pd.concat(tables, ignore_index=True).assign(incidents=counts)
        shown = table if area is None else area.grids(table).reset_index(drop=True)
        return IncidentCounts("day" if by == "day" else "today", shown, outside - before, before)

    def _grids_of(self, edition: Edition) -> pd.DataFrame:
        table = pd.DataFrame(self._store.edition_grids(edition.id)[["code", "name", "parent_code"]])
        table.insert(0, "edition", edition.id)
        return table
