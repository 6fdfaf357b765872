"""`Store`: every question and every change, a method each; the work is done by the modules beside it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.filters import Condition
from spatialgov.store import editions, events, incident_columns, incident_pages, layers, notes, plans
from spatialgov.store.accounts import AccountTables
from spatialgov.store.audit import AuditLog
from spatialgov.store.database import Database
from spatialgov.store.events import Locate
from spatialgov.store.jobs import JobTable
from spatialgov.store.journal import Journal
from spatialgov.store.models import Camera, Incident
from spatialgov.store.records import Basis, Edition, IncidentColumns, LoadCounts, PlanRecord, PlanState, UnitSetRecord
from spatialgov.store.replica import MOST_LAG_S, ReplicaState
from spatialgov.store.scenarios import ScenarioTable

__all__ = ["Store"]


class Store:
    """A store that is open. Usable from several threads; close it, or use it in a ``with`` block.

    Methods that write are one transaction each: all of it is there afterwards, or nothing. One writer works at a
    time, others wait; readers never wait and see what was committed when they began.

    All methods raise `StoreError` when the store is damaged, locked for too long or out of reach. Frames must be in
    EPSG:4326; a missing column raises `MissingColumnError`, a value that does not fit its column `InputError` with
    the row. Columns that a table doesn't have are left out, except for units, which keep theirs.

    Attributes
    ----------
    journal
        How drafts change.
    jobs
        Long work that runs beside the requests.
    scenarios
        What was asked of plans, and what came of it.
    accounts, audit
        Accounts with their API keys, and the log of changes and exports.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.journal = Journal(database)
        self.jobs = JobTable(database)
        self.scenarios = ScenarioTable(database)
        self.accounts = AccountTables(database)
        self.audit = AuditLog(database)

    @classmethod
    def open(
        cls, url: str, *, create: bool = True, replica_url: str | None = None, most_lag_s: float = MOST_LAG_S
    ) -> Self:
        """Open a store; an empty one gets its tables, one of an older version is brought up to date.

        A change of the schema is one transaction. A SQLite file is copied beside first, as it was.

        Parameters
        ----------
        url
            ``sqlite:///city.db``, ``sqlite:////absolute/city.db`` or ``postgresql+psycopg://user@host/database``.
        create
            Whether an empty database, or a file that is not there, becomes a store.
        replica_url
            A read replica of a PostgreSQL store. What may lag (`spatialgov.store.reading`) is read from it, as long as
            it answers and is not too far behind.
        most_lag_s
            Seconds that it may be behind.

        Raises
        ------
        StoreError
            When the URL can't be read, the database can't be reached, lacks PostGIS or forbids what is needed, the
            file is damaged or belongs to another program, the store was written by a newer version, or there is none
            and `create` is not set.
        """
        return cls(Database.open(url, create=create, replica_url=replica_url, most_lag_s=most_lag_s))

    @property
    def url(self) -> str:
        """The URL that it was opened with, password included: not for messages."""
        return self._database.url

    @property
    def shown_url(self) -> str:
        """The URL without its password."""
        return self._database.shown_url

    def replica_state(self) -> ReplicaState | None:
        """Tell how the replica is; None where there is none."""
        replica = self._database.replica
        return None if replica is None else replica.state

    def as_one_change(self) -> AbstractContextManager[None]:
        """Make one transaction of all that this thread writes in a ``with`` block: all of it is there, or nothing.

        The transaction begins with the first write and shuts other writers out from then on: compute first, then
        write. A write that fails takes itself back; the block takes back the others unless the failure is caught.
        """
        return self._database.as_one()

    def is_current(self) -> bool:
        """Whether the store can be reached and has the newest schema; raises `StoreError` when it can't be read."""
        return self._database.is_current()

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self.shown_url!r})"

    # Notes

    def set_note(self, key: str, value: str) -> None:
        """Remember a fact about the store itself, in place of what `key` meant before."""
        notes.set_note(self._database, key, value)

    def note(self, key: str) -> str | None:
        """Give the fact, or None."""
        return notes.note(self._database, key)

    def revision(self, kind: str) -> str | None:
        """Give what every change of a kind of data renews, in the same transaction; None before the first.

        Kinds are ``jurisdictions``, ``categories``, ``incidents``, ``cameras``, ``responsible_posts``, and the names of
        `LAYERS`.
        """
        return notes.note(self._database, notes.revision_key(kind))

    def record_file(self, name: str, checksum: str) -> None:
        """Remember the SHA-256 of a file that is handed out to other hosts under a name that is never used again."""
        notes.record_file(self._database, name, checksum)

    def file_checksum(self, name: str) -> str | None:
        """Give the SHA-256 of a file that was handed out, or None."""
        return notes.note(self._database, notes.file_key(name))

    # Jurisdictions, units and layers

    def replace_jurisdictions(self, frame: gpd.GeoDataFrame) -> int:
        """Put these jurisdictions in place of all: `code`, `level`, `name`, `name_en`, `parent_code`, `geometry`.

        Gives their number.
        """
        return layers.replace_jurisdictions(self._database, frame)

    def jurisdictions(self, level: str | None = None) -> gpd.GeoDataFrame:
        """Give the jurisdictions, of one level (``district``, ``subdistrict``, ``community``) or all."""
        return layers.jurisdictions(self._database, level)

    def add_unit_set(self, frame: gpd.GeoDataFrame, *, name: str, datum: str, source: str) -> int:
        """Add an import of basic units; earlier ones stay, because plans refer to them.

        Parameters
        ----------
        frame
            `unit_id`, `kind`, `households`, `population`, `area_m2`, `geometry`. Every other column is kept as a
            parent column: text, whole numbers or None; `workload` may be any number.
        name
            For people.
        datum, source
            Datum of the source and name of its file, for the record.

        Returns
        -------
        int
            Number of the unit set.
        """
        return layers.add_unit_set(self._database, frame, name=name, datum=datum, source=source)

    def unit_sets(self) -> list[UnitSetRecord]:
        """Give all imports of units, oldest first."""
        return layers.unit_sets(self._database)

    def unit_set(self, unit_set_id: int | None = None) -> gpd.GeoDataFrame:
        """Give the units of an import (by default the latest) in their original order, with their parent columns.

        Raises
        ------
        NotFoundError
            When there is no such import.
        """
        return layers.unit_set(self._database, unit_set_id)

    def replace_layer(self, kind: str, frame: gpd.GeoDataFrame) -> int:
        """Put these rows in place of a layer; `kind` is one of `LAYERS`. Gives their number."""
        return layers.replace_layer(self._database, kind, frame)

    def layer(self, kind: str) -> gpd.GeoDataFrame:
        """Give a layer; `kind` is one of `LAYERS`. Unknown heights are NaN."""
        return layers.layer(self._database, kind)

    def replace_responsible_posts(self, frame: pd.DataFrame) -> int:
        """Put these responsible posts in place of all: `POST_COLUMNS`. Gives their number."""
        return layers.replace_responsible_posts(self._database, frame)

    def responsible_posts(self) -> pd.DataFrame:
        """Give the responsible posts of grids and jurisdictions, in the order of their import."""
        return layers.responsible_posts(self._database)

    def counts(self) -> dict[str, int]:
        """Give how many rows each of `LAYERS` has, and how many incidents and cameras there are."""
        return layers.counts(self._database)

    # Incidents and cameras

    def add_categories(self, frame: pd.DataFrame, *, valid_from: datetime | None = None) -> tuple[int, bool]:
        """Add a version of the list of incident categories; the earlier ones stay.

        Parameters
        ----------
        frame
            `code`, `name`, `name_en`.
        valid_from
            Aware; from when it is in force, now when not given.

        Returns
        -------
        tuple
            The newest version's number, from 1, and whether it was added: a list that equals it adds nothing.
        """
        return events.add_categories(self._database, frame, valid_from)

    def categories(self, *, as_of: datetime | None = None) -> pd.DataFrame:
        """Give the list of incident categories that is in force now, or was then; empty when none is.

        `version`, `valid_from`, `code`, `name`, `name_en`.
        """
        return events.categories(self._database, as_of)

    def category_codes(self) -> list[str]:
        """Give the codes of all versions of the list of incident categories."""
        return events.category_codes(self._database)

    def upsert_incidents(
        self,
        frames: gpd.GeoDataFrame | Iterable[gpd.GeoDataFrame],
        *,
        edition_id: int | None = None,
        dry_run: bool = False,
    ) -> LoadCounts:
        """Load incidents, known by their `source_id`: the same frame a second time changes nothing.

        Parameters
        ----------
        frames
            `source_id`, `category`, `occurred_at` (aware), `status`, Point geometry, and, where it is known,
            `occurred_until`, `time_precision`, `reported_at`, `closed_at`, `closed_level`, `channel`, `accuracy_m`,
            `location_source`; one frame or, for more than memory holds, one after the other. They are asked for before
            the transaction begins: no other writer waits for them.
        edition_id
            The edition that a column `grid_code` belongs to. Without one, or when another one is in force by now, an
            incident that is new or changes has none until it is assigned.
        dry_run
            Whether only to say what would become of the rows.
        """
        parts = _frames(frames)
        return events.upsert(
            self._database, "incidents", Incident, "source_id", parts, edition_id=edition_id, dry_run=dry_run
        )

    def incidents(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        categories: Sequence[str] | None = None,
        bbox: tuple[float, float, float, float] | None = None,
    ) -> gpd.GeoDataFrame:
        """Give incidents with `grid_code` (None until assigned), in the order of their first loading.

        Parameters
        ----------
        since, until
            Aware; incidents that occurred at or after `since` and before `until`.
        categories
            Category codes; an empty sequence asks for none.
        bbox
            West, south, east, north in degrees, WGS 84, borders included.
        """
        return events.incidents(self._database, since, until, categories, bbox)

    def incident_page(self, ids: npt.NDArray[np.int64]) -> gpd.GeoDataFrame:
        """Give some incidents by their `IncidentColumns.ids`, in the order of their first loading."""
        return incident_columns.incident_page(self._database, ids)

    def incidents_after(
        self,
        after: int = 0,
        *,
        conditions: Sequence[Condition] = (),
        ids: npt.NDArray[np.int64] | None = None,
        limit: int,
    ) -> tuple[npt.NDArray[np.int64], gpd.GeoDataFrame]:
        """Give the ids of incidents and the incidents, in the order of their first loading.

        Parameters
        ----------
        after
            Only those with a larger id.
        conditions
            Only those that meet all of them.
        ids
            Only these.
        limit
            At most so many.
        """
        return incident_pages.incidents_after(self._database, after, conditions, ids, limit)

    def incident_revisions(self) -> tuple[str, ...]:
        """Give the revisions of incidents, oldest first, since one that was there changed its category, time or place.

        After each of them but the last, rows were added.
        """
        return incident_columns.incident_revisions(self._database)

    def incident_columns(self, *, after: int = 0) -> IncidentColumns:
        """Give when, what and where of all incidents, or of those that were added after the one with an id.

        They are read part by part, as one snapshot: 40 bytes an incident stay in memory.
        """
        return incident_columns.incident_columns(self._database, after)

    def incident_count(self, since: datetime, until: datetime) -> int:
        """Give how many incidents occurred at or after `since` and before `until`, both aware."""
        return events.incident_count(self._database, since, until)

    def incident_batches(self, since: datetime, until: datetime, columns: Sequence[str]) -> Iterator[gpd.GeoDataFrame]:
        """Give some columns, `geometry` among them, of the incidents of a period, a batch of rows at a time."""
        return events.incident_batches(self._database, since, until, columns)

    def assign_incidents(self, codes: "Mapping[str, str | None] | pd.Series[Any]", *, edition_id: int) -> int:
        """Set the grid codes of incidents; the others keep theirs. Publishing takes all of them away.

        Parameters
        ----------
        codes
            `source_id` → grid code, None for a place outside all grids.
        edition_id
            The edition that the codes belong to.

        Returns
        -------
        int
            Number of incidents set.

        Raises
        ------
        ConflictError
            When another edition has been published meanwhile.
        """
        return events.assign_incidents(self._database, codes, edition_id)

    def locate_incidents(self, locate: Locate, *, edition_id: int) -> tuple[int, int]:
        """Set the grid code of every incident; memory does not grow with their number.

        Parameters
        ----------
        locate
            Longitudes and latitudes (WGS 84) → the grid code of each place, None outside all grids.
        edition_id
            The edition that the codes belong to.

        Returns
        -------
        tuple of int
            Incidents in grids and outside.

        Raises
        ------
        ConflictError
            When another edition has been published meanwhile.
        """
        return events.locate_incidents(self._database, locate, edition_id)

    def upsert_cameras(
        self, frames: gpd.GeoDataFrame | Iterable[gpd.GeoDataFrame], *, dry_run: bool = False
    ) -> LoadCounts:
        """Load cameras, known by their `camera_id`: the same frame a second time changes nothing.

        The columns of `spatialgov.coverage.cameras.reading.COLUMNS` (NaN and "" = unknown), Point geometry.
        """
        return events.upsert(self._database, "cameras", Camera, "camera_id", _frames(frames), dry_run=dry_run)

    def cameras(self) -> gpd.GeoDataFrame:
        """Give the cameras; unknown measures are NaN, unknown words empty."""
        return events.cameras(self._database)

    # Plans

    def add_plan(
        self,
        *,
        name: str,
        unit_set_id: int,
        assignment: "Mapping[str, str | None] | pd.Series[Any]",
        grids: pd.DataFrame,
        parent_id: int | None = None,
        settings: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Any] | None = None,
    ) -> int:
        """Add a draft plan.

        Parameters
        ----------
        name
            For people.
        unit_set_id
            The units that it assigns.
        assignment
            `unit_id` → grid code, None for a unit that is not assigned yet.
        grids
            `code`, `name`, `kind`, `parent_code`.
        parent_id
            The plan that it was made from.
        settings, metrics
            What JSON can hold; numpy numbers become plain ones, NaN and infinity become None.

        Returns
        -------
        int
            Number of the plan.

        Raises
        ------
        NotFoundError
            When the unit set or the parent is not there.
        InputError
            When the assignment names a unit or a grid that is not there.
        """
        return plans.add_plan(
            self._database,
            name=name,
            unit_set_id=unit_set_id,
            assignment=assignment,
            grids=grids,
            parent_id=parent_id,
            settings=settings or {},
            metrics=metrics or {},
        )

    def plans(self) -> list[PlanRecord]:
        """Give all plans, oldest first."""
        return plans.plans(self._database)

    def plan(self, plan_id: int) -> PlanRecord:
        """Give a plan, or raise `NotFoundError`."""
        return plans.plan(self._database, plan_id)

    def plan_assignment(self, plan_id: int) -> "pd.Series[Any]":
        """Give `unit_id` → grid code (None = unassigned), in the order of the units."""
        return plans.plan_assignment(self._database, plan_id)

    def plan_grids(self, plan_id: int) -> pd.DataFrame:
        """Give the grids of a plan: `code`, `name`, `kind`, `parent_code`."""
        return plans.plan_grids(self._database, plan_id)

    def set_plan_state(self, plan_id: int, state: PlanState) -> None:
        """Move a plan between ``draft``, ``checked`` and ``retired``; only `publish` makes one ``published``.

        Raises
        ------
        ConflictError
            When the plan is published, or ``published`` is asked for.
        """
        plans.set_plan_state(self._database, plan_id, state)

    def delete_plan(self, plan_id: int) -> None:
        """Delete a plan that nothing needs, with its journal; its number is never given again.

        Raises
        ------
        NotFoundError
            When there is no such plan.
        ConflictError
            When an edition, a scenario or another plan that was made from it needs it; the message names them.
        """
        plans.delete_plan(self._database, plan_id)

    # Editions

    def publish(
        self,
        plan_id: int,
        grids: gpd.GeoDataFrame,
        *,
        lineage: pd.DataFrame,
        valid_from: datetime,
        basis: Basis | None = None,
        build_locator: Callable[[int], str] | None = None,
    ) -> Edition:
        """Put a plan in force as a new edition, in one transaction.

        The edition before ends at `valid_from` and its plan is retired; the grid codes of all incidents are taken
        away. A retired plan may be published again.

        Parameters
        ----------
        plan_id
            The plan; its checks are the caller's.
        grids
            `code`, `name`, `kind`, `parent_code`, `households`, `population`, `area_m2`, `n_units`, `geometry`.
        lineage
            `code`, `from_code` (a grid of the edition before), `relation`: ``split_from``, ``merged_into``, ``kept``.
        valid_from
            Aware; later than the newest edition's.
        basis
            What the checks and the lineage were made from; when it has changed since, nothing is published.
        build_locator
            Called with the number of the new edition before the commit; it writes the locator file (beside, then
            renamed) and gives its name. Whatever it raises takes everything back and goes on to the caller.

        Raises
        ------
        ConflictError
            When the plan is in force already, `valid_from` is not later than the newest edition's, or the plan or
            the newest edition is no longer that of `basis`.
        NotFoundError
            When there is no such plan.
        """
        return editions.publish(
            self._database, plan_id, grids, lineage=lineage, valid_from=valid_from, basis=basis,
            build_locator=build_locator,
        )  # fmt: skip

    def editions(self) -> list[Edition]:
        """Give all editions, oldest first."""
        return editions.editions(self._database)

    def edition(self, *, edition_id: int | None = None, as_of: datetime | None = None) -> Edition:
        """Give an edition by its number, or the one in force at a moment (aware), or the newest.

        Raises
        ------
        NothingPublishedError
            When nothing is published, or nothing was in force then.
        NotFoundError
            When there is no edition of this number.
        """
        return editions.edition(self._database, edition_id, as_of)

    def edition_grids(self, edition_id: int) -> gpd.GeoDataFrame:
        """Give the grids of an edition, with the columns that `publish` takes."""
        return editions.edition_grids(self._database, edition_id)

    def lineage(self, edition_id: int) -> pd.DataFrame:
        """Give `code`, `from_code`, `relation` of an edition."""
        return editions.lineage(self._database, edition_id)

    def codes_ever_used(self) -> set[str]:
        """Give the grid codes of all editions, retired ones included: none may get another meaning."""
        return editions.codes_ever_used(self._database)

    def grids_ever(self, codes: Collection[str]) -> gpd.GeoDataFrame:
        """Give every grid that was ever published under one of these codes, oldest first; columns as for `publish`."""
        return editions.grids_ever(self._database, codes)


def _frames(frames: gpd.GeoDataFrame | Iterable[gpd.GeoDataFrame]) -> Iterable[gpd.GeoDataFrame]:
    return [frames] if isinstance(frames, gpd.GeoDataFrame) else frames
