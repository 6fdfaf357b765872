"""Tell which grid a location or an address lies in, with the chain of jurisdictions above it."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.bulk import Hands
from spatialgov.datum import Datum, parse_datum
from spatialgov.errors import ConflictError, CoordinateError, NotFoundError, NothingPublishedError
from spatialgov.language import t
from spatialgov.locate import Locator, Match, Progress, Report, locate_file
from spatialgov.locate.address import Address, AddressBook, AddressMatch
from spatialgov.locate.in_parts import LocateFile
from spatialgov.object_store import Remote
from spatialgov.places import Place, absolute, as_place, pinned
from spatialgov.store import Edition, Store
from spatialgov.workspace.areas import Area
from spatialgov.workspace.field_packs import FieldPack, make_field_pack, no_grids
from spatialgov.workspace.locator_files import open_locator, ship_locator
from spatialgov.workspace.shared_files import SharedFiles

__all__ = ["FoundAddress", "Link", "Location", "Locations", "NearestAddress", "OpenEdition"]

_FRESH_S = 0.5
"""So long a lookup may be answered without asking the store whether a newer edition is in force."""

_MOST_OPEN = 16
"""Editions that stay open: what is published every minute must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Link:
    """One jurisdiction above a grid."""

    level: str
    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Location:
    """Where a location lies.

    Attributes
    ----------
    code, name
        The grid.
    on_border
        Whether the location lies exactly on the grid's border; the grid is the one owner all the same.
    datum
        The datum that the location was given in.
    edition
        Number of the edition that the answer comes from.
    chain
        The jurisdictions above the grid, from the top down.
    """

    code: str
    name: str
    on_border: bool
    datum: str
    edition: int
    chain: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """What an address means.

    Attributes
    ----------
    match
        The address of the table, or the candidates.
    location
        Where the address lies, when the match is certain and it lies in a grid.
    """

    match: AddressMatch
    location: Location | None


@dataclass(frozen=True, slots=True)
class NearestAddress:
    """The address nearest to a location.

    Attributes
    ----------
    address
        The address.
    distance_m
        How far it is, metres on the ellipsoid.
    datum
        The datum that the location was given in.
    location
        Where the address lies; None when that is outside all grids.
    """

    address: Address
    distance_m: float
    datum: str
    location: Location | None


@dataclass(frozen=True, eq=False, slots=True)
class OpenEdition:
    """An edition that is ready to be asked."""

    edition: Edition
    locator: Locator
    file: Path
    """Of the locator; its name tells what it holds."""
    about: dict[str, tuple[str, tuple[Link, ...]]]
    """Grid code → name and the jurisdictions above."""

    def codes_at(self, lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str = "wgs84") -> npt.NDArray[np.object_]:
        """Give the grid code of each location, None outside all grids."""
        return np.array([*self.locator.codes, None], dtype=object)[self.locator.locate_many(lon, lat, datum)]

    def location(self, match: Match, datum: str) -> Location:
        """Give all about a location that lies in a grid."""
        assert match.code is not None
        name, chain = self.about[match.code]
        return Location(match.code, name, match.on_border, datum, self.edition.id, chain)

    def in_area(self, code: str, area: Area | None) -> bool:
        """Whether a grid lies in an area; every grid does when there is none."""
        return area is None or any(link.code in area.granted for link in self.about[code][1])


class Locations:
    """The lookup of a workspace. The latest editions asked for stay open; a new one is taken up at once."""

    def __init__(self, store: Store, data_dir: Path, shared: SharedFiles) -> None:
        self._store = store
        self._data_dir = data_dir
        self._shared = shared
        self._open: dict[tuple[int, datetime], OpenEdition] = {}
        self._opening = Lock()
        self._in_force: OpenEdition | None = None
        self._taking_up = Lock()
        self._begun = self._asked = 0.0
        self._book: tuple[tuple[str | None, ...], AddressBook] | None = None

    def find(
        self, lon: float, lat: float, datum: str, *, as_of: datetime | None = None, area: Area | None = None
    ) -> Location:
        """Give the grid of one location.

        Parameters
        ----------
        lon, lat
            Degrees in `datum`.
        datum
            ``wgs84``, ``cgcs2000``, ``gcj02`` or ``bd09``.
        as_of
            Aware; the edition in force then, the newest when not given.
        area
            What the asker is limited to.

        Raises
        ------
        DatumError, CoordinateError
            When the datum is unknown or the coordinate is no place.
        NotFoundError
            When the location lies outside all grids, or outside those of the area: the two can't be told apart.
        NothingPublishedError
            When no edition is in force.
        """
        name = str(parse_datum(datum))
        opened = self._edition(as_of)
        match = opened.locator.find(lon, lat, datum)
        if match.code is None or not opened.in_area(match.code, area):
            raise NotFoundError(
                t(
                    "Longitude {lon}, latitude {lat} ({datum}) lies outside all grids.",
                    "经度 {lon}、纬度 {lat}（{datum}）不在任何网格内。",
                    lon=lon,
                    lat=lat,
                    datum=name,
                ),
                remedy=t(
                    "Check the datum and the order of longitude and latitude.", "请检查坐标基准以及经纬度的顺序。"
                ),
            )
        return opened.location(match, name)

    def find_at_once(self, lon: float, lat: float, datum: Datum) -> "tuple[Match, OpenEdition] | None":
        """Find the grid of one location without asking the store, so that an event loop may call it.

        Returns
        -------
        tuple or None
            None where `find` has more to say or to do: the location is no place or outside all grids, no edition is
            open yet, or it is time to ask the store whether there is a newer one. That is the case for one call in
            `_FRESH_S`; the others are answered by the edition that was in force then.
        """
        opened, now = self._in_force, time.monotonic()
        if opened is None:
            return None
        if now - self._asked > _FRESH_S:
            self._asked = now
            return None
        try:
            match = opened.locator.find(lon, lat, datum)
        except CoordinateError:
            return None
        return None if match.code is None else (match, opened)

    def find_address(self, text: str, *, as_of: datetime | None = None, area: Area | None = None) -> FoundAddress:
        """Give the address that a text means, and its grid when the match is certain; `as_of` as for `find`.

        Addresses outside the area are left out of the candidates.

        Raises
        ------
        NotFoundError
            When no addresses were imported.
        NothingPublishedError
            When no edition is in force.
        """
        match = self.address_book().match(text)
        if area is not None:
            match = _inside(match, area)
        location = self._grid_of(match.candidates[0].address, as_of, area) if match.certain else None
        return FoundAddress(match, location)

    def nearest_address(self, lon: float, lat: float, datum: str, *, area: Area | None = None) -> NearestAddress:
        """Give the address nearest to a location, and its grid in the newest edition.

        Parameters
        ----------
        area
            What the asker is limited to.

        Raises
        ------
        DatumError, CoordinateError
            When the datum is unknown or the coordinate is no place.
        NotFoundError
            When no addresses were imported, or the location or the nearest address lies outside the area.
        NothingPublishedError
            When no edition is in force.
        """
        name = str(parse_datum(datum))
        if area is not None:
            self.find(lon, lat, datum, area=area)
        address, distance_m = self.address_book().nearest(lon, lat, datum)
        location = self._grid_of(address, None, area)
        if area is not None and location is None:
            raise NotFoundError(
                t("The nearest address lies outside your jurisdictions.", "最近的地址不在您的辖区内。"),
                remedy=t("Look for it from a place further inside.", "请在辖区更靠内的位置查询。"),
            )
        return NearestAddress(address, distance_m, name, location)

    def _grid_of(self, address: Address, as_of: datetime | None, area: Area | None) -> Location | None:
        """Give where an address lies, None outside all grids, or outside those of the area."""
        opened = self._edition(as_of)
        match = opened.locator.find(address.lon, address.lat)
        if match.code is None or not opened.in_area(match.code, area):
            return None
        return opened.location(match, "wgs84")

    def address_book(self) -> AddressBook:
        """Give the book of the addresses as last imported.

        Raises
        ------
        NotFoundError
            When none were imported.
        """
        revision = tuple(self._store.revision(kind) for kind in ("addresses", "jurisdictions"))
        if self._book is None or self._book[0] != revision:
            addresses = self._store.layer("addresses")
            if addresses.empty:
                raise NotFoundError(
                    t("No table of addresses was imported.", "尚未导入标准地址表。"),
                    remedy=t(
                        "Import one: spatialgov import addresses FILE.csv --datum …",
                        "请先导入：spatialgov import addresses 文件.csv --datum …",
                    ),
                )
            self._book = revision, AddressBook.build(addresses, self._store.jurisdictions())
        return self._book[1]

    def field_pack(self, code: str | None, *, as_of: datetime | None = None, area: Area | None = None) -> FieldPack:
        """Give the file with the grids of a jurisdiction, or with all grids (None), that answers without a network.

        It has the posts that are responsible for them, too.

        Parameters
        ----------
        code
            Code of a district, a subdistrict or a community.
        as_of
            Aware; the edition in force then, the newest when not given.
        area
            What the asker is limited to.

        Raises
        ------
        NotFoundError
            When no grid lies in such a jurisdiction, or it is not one of the area.
        NothingPublishedError
            When no edition is in force.
        """
        opened = self._edition(as_of)
        if area is not None and code not in area.codes:
            raise no_grids(opened, code)
        return make_field_pack(opened, code, self._store.responsible_posts())

    def positions(
        self,
        lon: npt.ArrayLike,
        lat: npt.ArrayLike,
        datum: str,
        *,
        as_of: datetime | None = None,
        area: Area | None = None,
    ) -> tuple[npt.NDArray[np.int32], list[str], Edition]:
        """Give the position of each location's grid (-1 outside all grids), the codes by position, and the edition.

        Parameters
        ----------
        lon, lat
            Degrees in `datum`, shape (n,).
        area
            Grids outside it are as if they were not there.
        """
        opened = self._edition(as_of)
        positions = opened.locator.locate_many(lon, lat, datum)
        if area is not None:
            mine = np.array([*(opened.in_area(code, area) for code in opened.locator.codes), False])
            positions = np.where(mine[positions], positions, np.int32(-1))
        return positions, opened.locator.codes, opened.edition

    def locate_file(
        self,
        source: str | Place,
        target: str | Place,
        *,
        datum: str,
        as_of: datetime | None = None,
        lon: str = "lon",
        lat: str = "lat",
        border_m: bool = False,
        progress: Progress | None = None,
    ) -> Report:
        """Add the grid to every row of a table of points (`spatialgov.locate.locate_file`); `as_of` as for `find`."""
        locator = self._edition(as_of).locator
        return locate_file(locator, source, target, datum=datum, lon=lon, lat=lat, border_m=border_m, progress=progress)

    def locate_file_in_parts(
        self,
        source: str | Place,
        target: str | Place,
        hands: Hands,
        *,
        datum: str,
        as_of: datetime | None = None,
        **options: Any,
    ) -> Report:
        """Do what `locate_file` does, with its options, in parts (`spatialgov.locate.in_parts.LocateFile`).

        The locator is put beside the results of the parts, so that all workers see it; each maps it
        once, and fetches it before where that is in an object store.
        """
        begun = time.perf_counter()
        paths = pinned(as_place(source)), absolute(as_place(target))
        if isinstance(paths[1], Remote) and not hands.dry_run:
            paths[1].check_writable()
        locator = ship_locator(self._edition(as_of).file, hands.folder)
        report: Report = hands.do(LocateFile(locator, *paths, str(parse_datum(datum)), **options, shipped=True))
        report.seconds = time.perf_counter() - begun
        return report

    def assign_incidents(self) -> dict[str, int]:
        """Give every incident the code of its grid in the newest edition; gives `located` and `outside`.

        When another edition is published meanwhile, it is done again by that one.
        """
        opened = self._edition(None)
        while True:
            try:
                located, outside = self._store.locate_incidents(opened.codes_at, edition_id=opened.edition.id)
            except ConflictError:
                newest = self._edition(None)
                if newest.edition.id == opened.edition.id:
                    raise
                opened = newest
            else:
                return {"located": located, "outside": outside}

    def opened(self) -> OpenEdition:
        """Give the newest edition, ready to be asked.

        Raises
        ------
        NothingPublishedError
            When no edition is in force.
        """
        return self._edition(None)

    def in_force(self) -> OpenEdition | None:
        """Give the newest edition, None when nothing is published."""
        try:
            return self.opened()
        except NothingPublishedError:
            return None

    @property
    def open_edition(self) -> int | None:
        """Number of the edition that lookups were last answered from; None before the first."""
        return None if self._in_force is None else self._in_force.edition.id

    def open_in_force(self) -> None:
        """Make ready for lookups in the edition in force, if there is one; see `find` for what it raises."""
        with suppress(NothingPublishedError):
            self._edition(None)

    def _edition(self, as_of: datetime | None) -> OpenEdition:
        begun = time.monotonic()
        edition = self._store.edition(as_of=as_of)
        key = edition.id, edition.valid_from  # the number alone may mean another edition after a backup was restored
        opened = self._open.get(key)
        if opened is None:
            with self._opening:  # whoever asks for an edition that is being opened waits, instead of building it again
                opened = self._open.get(key) or self._opened(edition)
                self._open[key] = opened
                while len(self._open) > _MOST_OPEN:
                    del self._open[next(iter(self._open))]
        if as_of is None:
            self._take_up(opened, begun)
        return opened

    def _take_up(self, opened: OpenEdition, begun: float) -> None:
        """Answer from this edition from now on, unless the store has been asked again meanwhile."""
        with self._taking_up:
            if begun >= self._begun:
                self._in_force, self._begun, self._asked = opened, begun, time.monotonic()

    def _opened(self, edition: Edition) -> OpenEdition:
        grids = self._store.edition_grids(edition.id)
        locator, file = open_locator(self._data_dir, edition.id, grids, self._shared)
        links = self._links()
        about = {
            code: (name, _chain(parent, links))
            for code, name, parent in zip(grids["code"], grids["name"], grids["parent_code"], strict=True)
        }
        return OpenEdition(edition, locator, file, about)

    def _links(self) -> dict[str, tuple[Link, str]]:
        frame: Any = self._store.jurisdictions()
        return {row.code: (Link(row.level, row.code, row.name, row.name_en), row.parent_code) for row in _rows(frame)}


def _inside(match: AddressMatch, area: Area) -> AddressMatch:
    """Give a match without the candidates outside an area; it is certain only if its first one is left."""
    places = gpd.GeoSeries.from_xy(
        [candidate.address.lon for candidate in match.candidates],
        [candidate.address.lat for candidate in match.candidates],
        crs=4326,
    )
    kept = tuple(one for one, inside in zip(match.candidates, area.holds(places), strict=True) if inside)
    if kept == match.candidates:
        return match
    if not kept:
        return replace(match, level="none", score=0.0, margin=0.0, certain=False, candidates=())
    runner_up = kept[1].score if len(kept) > 1 else 0.0
    best = kept[0]
    return replace(
        match, level=best.level, score=best.score, margin=best.score - runner_up, candidates=kept,
        certain=match.certain and best == match.candidates[0],
    )  # fmt: skip


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    # `name` is a column here: itertuples keeps it apart from the tuple's own attributes
    return frame.drop(columns="geometry").itertuples(index=False)


def _chain(parent: str, links: dict[str, tuple[Link, str]]) -> tuple[Link, ...]:
    chain: list[Link] = []
    while parent in links and len(chain) < len(links):
        link, parent = links[parent]
        chain.append(link)
    if not chain and parent:
        chain.append(Link("parent", parent, parent, parent))
    return tuple(reversed(chain))
