"""Tell which grid a location or an address lies in, with the chain of jurisdictions above it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.datum import Datum, parse_datum
from spatialgov.errors import (
    CoordinateError,
    NotFoundError,
)
from spatialgov.language import t
from spatialgov.locate import Locator, Match, Progress, Report, locate_file
from spatialgov.locate.address import AddressBook, AddressMatch
from spatialgov.store import Edition, Store
from spatialgov.workspace.locator_files import open_locator

__all__ = ["FoundAddress", "Link", "Location", "Locations", "OpenEdition"]

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


@dataclass(frozen=True, eq=False, slots=True)
class OpenEdition:
    """An edition that is ready to be asked."""

    edition: Edition
    locator: Locator
    about: dict[str, tuple[str, tuple[Link, ...]]]
    """Grid code → name and the jurisdictions above."""

    def location(self, match: Match, datum: str) -> Location:
        """Give all about a location that lies in a grid."""
        assert match.code is not None
        name, chain = self.about[match.code]
        return Location(match.code, name, match.on_border, datum, self.edition.id, chain)


class Locations:
    """The lookup of a workspace. The latest editions asked for stay open; a new one is taken up at once."""

    def __init__(self, store: Store, data_dir: Path) -> None:
        self._store = store
        self._data_dir = data_dir
        self._open: dict[tuple[int, datetime], OpenEdition] = {}
        self._opening = Lock()
        self._in_force: OpenEdition | None = None
        self._taking_up = Lock()
        self._begun = self._asked = 0.0
        self._book: tuple[tuple[str | None, ...], AddressBook] | None = None

    def find(self, lon: float, lat: float, datum: str, *, as_of: datetime | None = None) -> Location:
        """Give the grid of one location.

        Parameters
        ----------
        lon, lat
            Degrees in `datum`.
        datum
            ``wgs84``, ``cgcs2000``, ``gcj02`` or ``bd09``.
        as_of
            Aware; the edition in force then, the newest when not given.

        Raises
        ------
        DatumError, CoordinateError
            When the datum is unknown or the coordinate is no place.
        NotFoundError
            When the location lies outside all grids.
        NothingPublishedError
            When no edition is in force.
        """
        name = str(parse_datum(datum))
        opened = self._edition(as_of)
        match = opened.locator.find(lon, lat, datum)
        if match.code is None:
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

    def find_address(self, text: str) -> FoundAddress:
        """Give the address that a text means, and its grid in the newest edition when the match is certain.

        Raises
        ------
        InputError
            When no addresses were imported.
        NothingPublishedError
            When no edition is in force.
        """
        match = self._address_book().match(text)
        if not match.certain:
            return FoundAddress(match, None)
        address = match.candidates[0].address
        try:
            return FoundAddress(match, self.find(address.lon, address.lat, "wgs84"))
        except NotFoundError:
            return FoundAddress(match, None)

    def _address_book(self) -> AddressBook:
        """Give the book of the addresses as last imported."""
        revision = tuple(self._store.note(f"revision:{kind}") for kind in ("addresses", "jurisdictions"))
        if self._book is None or self._book[0] != revision:
            book = AddressBook.build(self._store.layer("addresses"), self._store.jurisdictions())
            self._book = revision, book
        return self._book[1]

    def positions(
        self, lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str, *, as_of: datetime | None = None
    ) -> tuple[npt.NDArray[np.int32], list[str], Edition]:
        """Give the position of each location's grid (-1 outside all grids), the codes by position, and the edition.

        Parameters
        ----------
        lon, lat
            Degrees in `datum`, shape (n,).
        """
        opened = self._edition(as_of)
        return opened.locator.locate_many(lon, lat, datum), opened.locator.codes, opened.edition

    def find_many(
        self, lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str, *, as_of: datetime | None = None
    ) -> tuple[npt.NDArray[np.object_], Edition]:
        """Give the grid code of each location (None outside all grids), and the edition that was asked."""
        positions, codes, edition = self.positions(lon, lat, datum, as_of=as_of)
        return np.array([*codes, None], dtype=object)[positions], edition

    def locate_file(
        self,
        source: str | Path,
        target: str | Path,
        *,
        datum: str,
        lon: str = "lon",
        lat: str = "lat",
        border_m: bool = False,
        progress: Progress | None = None,
    ) -> Report:
        """Add the grid of the newest edition to every row of a table of points; see `spatialgov.locate.locate_file`."""
        locator = self._edition(None).locator
        return locate_file(locator, source, target, datum=datum, lon=lon, lat=lat, border_m=border_m, progress=progress)

    def assign_incidents(self) -> dict[str, int]:
        """Give every incident the code of its grid in the newest edition; gives `located` and `outside`."""
        frame = self._store.incidents()
        codes, edition = self.find_many(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy(), "wgs84")
        self._store.assign_incidents(pd.Series(codes, index=frame["source_id"]), edition_id=edition.id)
        located = int(pd.notna(codes).sum())
        return {"located": located, "outside": len(codes) - located}

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
        locator = open_locator(self._data_dir, edition.id, grids)
        links = self._links()
        about = {
            code: (name, _chain(parent, links))
            for code, name, parent in zip(grids["code"], grids["name"], grids["parent_code"], strict=True)
        }
        return OpenEdition(edition, locator, about)

    def _links(self) -> dict[str, tuple[Link, str]]:
        frame: Any = self._store.jurisdictions()
        return {row.code: (Link(row.level, row.code, row.name, row.name_en), row.parent_code) for row in _rows(frame)}


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
