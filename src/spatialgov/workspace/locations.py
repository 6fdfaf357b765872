"""Tell which grid a location lies in, with the chain of jurisdictions above it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.datum import Datum, parse_datum
from spatialgov.errors import (
    CoordinateError,
    InputError,
    MissingColumnError,
    NotFoundError,
    StoreError,
    UnreadableFileError,
)
from spatialgov.language import t
from spatialgov.locate import Locator
from spatialgov.store import Edition, Store
from spatialgov.vector_io import numbers, read_table, write_vector
from spatialgov.workspace.plans import locator_path

__all__ = ["Link", "Location", "Locations"]

_FRESH_S = 0.5
"""So long a lookup may be answered without asking the store whether a newer edition is in force."""


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


@dataclass(frozen=True, eq=False, slots=True)
class _Open:
    """An edition that is ready to be asked."""

    edition: Edition
    locator: Locator
    about: dict[str, tuple[str, tuple[Link, ...]]]
    """Grid code → name and the jurisdictions above."""


class Locations:
    """The lookup of a workspace. Editions stay open once they were asked for; a new one is taken up at once."""

    def __init__(self, store: Store, data_dir: Path) -> None:
        self._store = store
        self._data_dir = data_dir
        self._open: dict[int, _Open] = {}
        self._in_force: _Open | None = None
        self._asked = 0.0

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
        grid, chain = opened.about[match.code]
        return Location(match.code, grid, match.on_border, name, opened.edition.id, chain)

    def find_at_once(self, lon: float, lat: float, datum: Datum) -> Location | None:
        """Give the grid of one location without asking the store, so that an event loop may call it.

        Returns
        -------
        Location or None
            None where `find` has more to say or to do: the location is no place or outside all grids, no edition is
            open yet, or it is time to ask the store whether there is a newer one. That is the case for one call in
            `_FRESH_S`; the others are answered by the edition that was in force then.
        """
        now = time.monotonic()
        if self._in_force is None:
            return None
        if now - self._asked > _FRESH_S:
            self._asked = now
            return None
        opened = self._in_force
        try:
            match = opened.locator.find(lon, lat, datum)
        except CoordinateError:
            return None
        if match.code is None:
            return None
        grid, chain = opened.about[match.code]
        return Location(match.code, grid, match.on_border, datum, opened.edition.id, chain)

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
        self, source: str | Path, target: str | Path, *, datum: str, lon: str = "lon", lat: str = "lat"
    ) -> dict[str, int]:
        """Add `grid_code` and the chain's codes to a table of points; every column and row of it is kept.

        Parameters
        ----------
        source, target
            CSV or Parquet.
        lon, lat
            Names of the columns with the coordinates.

        Returns
        -------
        dict
            `rows`, `located`, `outside`, `unreadable` (rows whose coordinates are missing or no numbers).

        Raises
        ------
        CoordinateError
            When no row has a place; nothing is written.
        """
        if Path(source).resolve() == Path(target).resolve():
            raise InputError(
                t("Input and output are the same file.", "输入与输出是同一个文件。"),
                remedy=t("Name another output.", "请指定其他输出文件。"),
            )
        table = read_table(source)
        for name in (lon, lat):
            if name not in table:
                raise MissingColumnError(
                    t(
                        "{file} has no column {name}.",
                        "{file} 没有 {name} 列。",
                        file=Path(source).name,
                        name=repr(name),
                    ),
                    remedy=t(
                        "Name the columns with --lon and --lat; there are: {names}.",
                        "请用 --lon 和 --lat 指定坐标列；现有列：{names}。",
                        names=", ".join(map(str, table.columns)),
                    ),
                )
        x, y = (numbers(table[name])[0] for name in (lon, lat))
        sound = np.isfinite(x) & np.isfinite(y) & (np.abs(x) <= 180) & (np.abs(y) <= 90)
        if not sound.any():
            raise CoordinateError(
                t(
                    "{file}: no row has a place in the columns {lon} and {lat}.",
                    "{file}：没有一行在 {lon} 与 {lat} 列中给出有效位置。",
                    file=Path(source).name,
                    lon=lon,
                    lat=lat,
                ),
                remedy=t(
                    "Give degrees, longitude and latitude in this order.", "请以度为单位给出经度和纬度，注意顺序。"
                ),
            )
        codes = np.full(len(table), None, dtype=object)
        codes[sound], _ = self.find_many(x[sound], y[sound], datum)
        result = table.assign(grid_code=codes)
        for level, column in self._chain_columns(codes).items():
            result[f"{level}_code"] = column
        write_vector(result, target)
        located = int(pd.notna(codes).sum())
        return {
            "rows": len(table),
            "located": located,
            "outside": int(sound.sum()) - located,
            "unreadable": int((~sound).sum()),
        }

    def _chain_columns(self, codes: npt.NDArray[np.object_]) -> dict[str, list[str | None]]:
        about = self._edition(None).about
        above = {code: {link.level: link.code for link in chain} for code, (_, chain) in about.items()}
        levels = dict.fromkeys(level for links in above.values() for level in links)
        return {level: [above.get(code, {}).get(level) for code in codes] for level in levels}

    def assign_incidents(self) -> dict[str, int]:
        """Give every incident the code of its grid in the newest edition; gives `located` and `outside`."""
        frame = self._store.incidents()
        codes, edition = self.find_many(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy(), "wgs84")
        self._store.assign_incidents(pd.Series(codes, index=frame["source_id"]), edition_id=edition.id)
        located = int(pd.notna(codes).sum())
        return {"located": located, "outside": len(codes) - located}

    def _edition(self, as_of: datetime | None) -> _Open:
        edition = self._store.edition(as_of=as_of)
        if edition.id not in self._open:
            self._open[edition.id] = self._opened(edition)
        if as_of is None:
            self._in_force, self._asked = self._open[edition.id], time.monotonic()
        return self._open[edition.id]

    def _opened(self, edition: Edition) -> _Open:
        grids = self._store.edition_grids(edition.id)
        path = locator_path(self._data_dir, edition.locator_file or f"edition-{edition.id:06d}.locator")
        try:
            locator = Locator.open(path)
        except (StoreError, UnreadableFileError):
            # The file is derived from the store: what is missing or damaged is made anew.
            path.parent.mkdir(parents=True, exist_ok=True)
            Locator.build(grids).save(path)
            locator = Locator.open(path)
        links = self._links()
        about = {
            code: (name, _chain(parent, links))
            for code, name, parent in zip(grids["code"], grids["name"], grids["parent_code"], strict=True)
        }
        return _Open(edition, locator, about)

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
