"""The cube of the incidents in the store: kept in files that all workers share, brought up to date when it is asked.

The files are derived from the store, so what is missing or damaged is made anew. They are named by the revision of the
incidents that they hold; where rows were only added since the newest of them, only those are read. One worker makes a
file while the others wait for it.
"""

import fcntl
import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import Protocol, Self, TypeVar
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from spatialgov.array_file import remove_halves
from spatialgov.bulk import Hands
from spatialgov.errors import StoreError, TimeLimitError
from spatialgov.incidents.cube import Cube, Groups, LocalHours, Slice, h3_groups, located_groups
from spatialgov.incidents.in_parts import CubeSlice
from spatialgov.language import current_language, t, using_language
from spatialgov.locate import Locator
from spatialgov.store import Edition, Store, asking, current_reading
from spatialgov.time_limit import seconds_left
from spatialgov.workspace.areas import Area
from spatialgov.workspace.kept import Kept
from spatialgov.workspace.locations import Locations

__all__ = ["Cubes", "StoredCube"]

_MOST_BYTES = 100_000_000
"""So much memory of a worker goes into which incidents lie in which account's area, a byte each."""
_MOST_COLUMNS = 32

_log = logging.getLogger("spatialgov.workspace")


class _Saved(Protocol):
    """What has a file: `Cube`, `Groups`."""

    @classmethod
    def open(cls, path: Path) -> Self: ...

    def save(self, path: Path) -> None: ...


S = TypeVar("S", bound=_Saved)


class Cubes:
    """The newest cube of a workspace's incidents stays open."""

    def __init__(self, store: Store, data_dir: Path, locations: Locations) -> None:
        self._store = store
        self._folder = data_dir / "cubes"
        self._locations = locations
        self._newest: StoredCube | None = None
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="cube")

    def newest(self) -> "StoredCube":
        """Give the cube of all incidents that are in the store now.

        Raises
        ------
        TimeLimitError
            When it takes longer to make than the request has; it goes on being made for the next one.
        """
        revisions = self._store.incident_revisions()
        newest = self._newest
        if newest is not None and newest.is_of(revisions):
            return newest
        language, this = current_language(), current_reading()

        def make() -> StoredCube:
            with using_language(language), asking(this):
                return self._renewed()

        making = self._maker.submit(make)
        try:
            return making.result(seconds_left())
        except TimeoutError:
            making.cancel()
            raise TimeLimitError(
                t(
                    "The incidents have changed and are still being made ready to be counted.",
                    "事件数据已变更，统计数据仍在准备中。",
                ),
                remedy=t("Ask again in a minute.", "请一分钟后重试。"),
            ) from None

    def close(self) -> None:
        """Wait for a cube that is being made."""
        self._maker.shutdown(cancel_futures=True)

    def _renewed(self) -> "StoredCube":
        with _alone(self._folder / "cube.lock"):
            remove_halves(self._folder)
            revisions = self._store.incident_revisions()
            before = self._before(revisions)
            if before is None or not before.is_of(revisions):
                before = self._brought_up_to_date(before)
            self._newest = before
            return before

    def _before(self, revisions: Sequence[str]) -> "StoredCube | None":
        """Give the newest cube there is of one of these revisions."""
        for revision in reversed(revisions):
            if self._newest is not None and self._newest.revision == revision:
                return self._newest
            with suppress(StoreError):  # not there, or damaged
                return self._stored(revision, Cube.open(_path(self._folder, revision)))
        return None

    def _brought_up_to_date(self, before: "StoredCube | None") -> "StoredCube":
        last = int(before.cube.ids.max(initial=0)) if before is not None else 0
        found = self._store.incident_columns(after=last)
        if before is not None and before.revision not in found.revisions:  # one that was there has changed meanwhile
            before, found = None, self._store.incident_columns()
        revision = found.revisions[-1] if found.revisions else ""
        if before is not None and len(found.ids) == 0:
            return before.as_of(revision)
        cube = Cube.build(
            found.ids, found.time_us, found.until_us, found.category, found.lon, found.lat, found.categories
        )
        if before is not None:
            cube = before.cube.with_more(cube)
        if not revision:  # nothing tells this state from that of another store that was never changed
            return self._stored(revision, cube)
        cube = _saved(cube, _path(self._folder, revision))
        _remove_others(self._folder.glob("*.cube"), revision)
        return self._stored(revision, cube)

    def _stored(self, revision: str, cube: Cube) -> "StoredCube":
        return StoredCube(revision, cube, self._folder, self._store, self._locations)


class StoredCube:
    """A cube with what its incidents are counted by; what was asked once stays open.

    Attributes
    ----------
    revision
        Of the incidents; "" when they were never changed.
    cube
        The incidents.
    """

    def __init__(self, revision: str, cube: Cube, folder: Path, store: Store, locations: Locations) -> None:
        self.revision = revision
        self.cube = cube
        self._name = revision
        self._folder = folder
        self._store = store
        self._locations = locations
        self._columns = Kept(_MOST_COLUMNS)
        self._areas = Kept(_MOST_BYTES, len)

    def is_of(self, revisions: Sequence[str]) -> bool:
        """Whether the newest of these revisions is that of the cube."""
        return self.revision == (revisions[-1] if revisions else "")

    def as_of(self, revision: str) -> "StoredCube":
        """Give the same cube for a later revision that changed none of its columns."""
        same = copy(self)
        same.revision = revision
        return same

    def in_file(self, found: Slice, hands: Hands) -> CubeSlice | None:
        """Give a slice as those who do parts read it: from the file of the cube, in the folder of the parts.

        None where there is no file, or the slice is of an area or of hours of the week.
        """
        path = _path(self._folder, self._name).absolute()
        if not (self._name and path.exists()) or found.inside is not None or found.open_hours is not None:
            return None
        wanted = None
        if found.wanted is not None:
            wanted = tuple(np.array(self.cube.categories, dtype=object)[found.wanted].tolist())
        incidents = CubeSlice(path, found.first, found.last, wanted)
        return incidents if hands.dry_run else incidents.lent(hands.folder)

    def cells(self, resolution: int) -> Groups:
        """Give the H3 cell of each incident."""
        cube = self.cube
        return self._groups(f"h3_{resolution}", (), lambda: h3_groups(cube.lon, cube.lat, resolution))

    def grids(self, edition: Edition) -> Groups:
        """Give the grid of each incident in an edition, whenever it occurred; the keys are those of its locator."""
        return self._groups("grids", (edition.id, edition.valid_from), lambda: self._located([(edition, slice(None))]))

    def grids_of_their_day(self, editions: Sequence[Edition]) -> Groups:
        """Give the grid that was in force when each incident occurred; the keys of one edition follow another's."""
        known = tuple((edition.id, edition.valid_from, edition.valid_to) for edition in editions)

        def make() -> Groups:
            periods = [self.cube.slice(since=e.valid_from, until=e.valid_to) for e in editions]
            return self._located([(e, slice(p.first, p.last)) for e, p in zip(editions, periods, strict=True)])

        return self._groups("grids_of_their_day", known, make)

    def _located(self, parts: Sequence[tuple[Edition, slice]]) -> Groups:
        of = np.full(len(self.cube), -1, dtype=np.int32)
        keys: list[str] = []
        for edition, rows in parts:
            lon, lat = self.cube.lon[rows], self.cube.lat[rows]
            found, codes, _ = self._locations.positions(lon, lat, "wgs84", as_of=edition.valid_from)
            of[rows] = np.where(found < 0, -1, found + len(keys))
            keys += codes
        return Groups(of, np.array(keys, dtype=np.str_))

    def jurisdictions(self, level: str) -> Groups:
        """Give the jurisdiction of a level (``district``, ``subdistrict``, ``community``) that each incident lies in.

        Raises
        ------
        FaultyDataError
            When jurisdictions of the level overlap.
        """
        revision = self._store.revision("jurisdictions")
        return self._groups(level, (revision,), lambda: self._in_areas(self._store.jurisdictions(level), "code"))

    def units(self, unit_set_id: int) -> Groups:
        """Give the basic unit of an import that each incident lies in; see `jurisdictions` for what it raises."""
        (imported,) = (one for one in self._store.unit_sets() if one.id == unit_set_id)
        known = (unit_set_id, imported.imported_at)
        return self._groups("units", known, lambda: self._in_areas(self._store.unit_set(unit_set_id), "unit_id"))

    def _in_areas(self, frame: gpd.GeoDataFrame, code: str) -> Groups:
        if frame.empty:
            return Groups(np.full(len(self.cube), -1, dtype=np.int32), np.array([], dtype=np.str_))
        areas = gpd.GeoDataFrame({"code": frame[code]}, geometry=frame.geometry)
        return located_groups(self.cube.lon, self.cube.lat, Locator.build(areas))

    def hours(self, zone: ZoneInfo) -> LocalHours:
        """Give the hour on the clock of a time zone at which each incident occurred."""
        cube = self.cube
        return self._columns.get(("hours", zone.key), lambda: LocalHours.of(cube.time_us, cube.until_us, zone))

    def inside(self, area: Area | None) -> npt.NDArray[np.bool_] | None:
        """Give whether each incident lies in an area; None without one."""
        return None if area is None else self._areas.get(area, lambda: area.holds_at(self.cube.lon, self.cube.lat))

    def _groups(self, kind: str, known: tuple[object, ...], make: Callable[[], Groups]) -> Groups:
        """Give groups that are known by these things, from their file where there is one."""
        digest = hashlib.sha256(repr(known).encode()).hexdigest()[:16]
        return self._columns.get((kind, digest), lambda: self._kept_groups(kind, digest, make))

    def _kept_groups(self, kind: str, digest: str, make: Callable[[], Groups]) -> Groups:
        if not self._name:
            return make()
        prefix = f"{self._name}-{kind}-"
        path = _path(self._folder, prefix + digest)
        with _alone(self._folder / "groups.lock"):
            with suppress(StoreError):  # not there, or damaged
                return Groups.open(path)
            groups = _saved(make(), path)
            _remove_others(self._folder.glob(f"{prefix}*.cube"), prefix + digest)
            return groups


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Keep all other threads and processes out that ask for the same lock; one that is killed lets go of it.

    Where its folder can't be written to nothing can be shared, and each works for itself.
    """
    with ExitStack() as stack:
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(lock.open("ab"))
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            _log.warning("%s: %s", lock, error)
        yield


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.cube"


def _saved(made: S, path: Path) -> S:
    """Give what the file holds once it is written; without room for it, what was made serves this process."""
    try:
        made.save(path)
        return type(made).open(path)
    except StoreError as error:
        _log.warning("%s", error)
        return made


def _remove_others(files: Iterator[Path], prefix: str) -> None:
    for file in files:
        if not file.name.startswith(prefix):
            file.unlink(missing_ok=True)
