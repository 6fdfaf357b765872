"""Lookups in a national table that others publish to while it is served."""

import logging
import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from spatialgov.codes import chain_of, is_division_code
from spatialgov.datum import parse_datum
from spatialgov.errors import NotFoundError, NothingPublishedError, StoreError
from spatialgov.language import t
from spatialgov.nation import Entry, NationalTable

__all__ = ["NationalLocation", "NationalLookup", "NationalPositions"]

T = TypeVar("T")

_FRESH_S = 0.25
"""So long answers are given without looking whether somebody has published."""
_log = logging.getLogger("spatialgov.nation")


@dataclass(frozen=True, slots=True)
class NationalLocation:
    """Where a location lies.

    Attributes
    ----------
    code
        The grid.
    jurisdiction
        The city or district that published it.
    on_border
        Whether the location lies exactly on the grid's border; the grid is the one owner all the same.
    datum
        The datum that the location was given in.
    edition
        The jurisdiction's own number of the edition that the answer comes from.
    chain
        Level → code of the jurisdictions above the grid, from the province down.
    """

    code: str
    jurisdiction: str
    on_border: bool
    datum: str
    edition: int
    chain: Mapping[str, str]


@dataclass(frozen=True, eq=False, slots=True)
class NationalPositions:
    """Where many locations lie.

    Attributes
    ----------
    positions
        int32 (n,): position in `codes` of each location's grid, -1 outside.
    codes
        Of the grids that occur.
    editions
        Jurisdiction → number of its edition, of those whose grids occur.
    """

    positions: npt.NDArray[np.int32]
    codes: list[str]
    editions: Mapping[str, int]


class NationalLookup:
    """The table of a folder as a server asks it: with what was published a moment ago, whatever happens to the folder.

    `granted` are the division codes that the asker is limited to; None for no limit. What lies outside is as if it were
    not there.

    Parameters
    ----------
    folder
        See `NationalTable`; nobody need have published to it yet.
    """

    def __init__(self, folder: Path) -> None:
        self._table = NationalTable(folder)
        self._looked = -math.inf
        self._looking = Lock()

    def check(self) -> None:
        """Make ready for lookups.

        Raises
        ------
        StoreError
            When the index or the router can't be read.
        """
        self._table.refresh()
        if self._table.jurisdictions:
            self._table.look_up(0.0, 0.0)

    def entries(self, granted: Collection[str] | None) -> dict[str, Entry]:
        """Give what each jurisdiction has published last, of those that share ground with what is granted.

        Raises
        ------
        NothingPublishedError
            When nobody has published.
        StoreError
            When the index can't be read.
        """
        return {code: entry for code, entry in self._fresh().entries.items() if _share_ground(code, granted)}

    def publisher_of(self, code: str, granted: Collection[str] | None) -> tuple[str, Entry]:
        """Give the jurisdiction that answers for a division or grid code, and what it has published last.

        Raises
        ------
        CodeError
            When the code does not begin with six digits.
        NotFoundError
            When nobody does.
        """
        found = self._fresh().publisher_of(code)
        if found is None or not _share_ground(found[0], granted):
            raise NotFoundError(
                t(
                    "Nobody has published grids for the code {code}.",
                    "编码 {code} 所属的辖区尚未发布网格。",
                    code=repr(code),
                ),
                remedy=t(
                    "Give a code below a city or district that has published: they are listed at /api/v1/nation.",
                    "请给出已发布城市或区县之下的编码，列表见 /api/v1/nation。",
                ),
            )
        return found

    def find(self, lon: float, lat: float, datum: str, granted: Collection[str] | None) -> NationalLocation:
        """Give the grid of one location.

        Raises
        ------
        DatumError, CoordinateError
            When the datum is unknown or the coordinate is no place.
        NotFoundError
            When the location lies outside all grids (`NothingPublishedError`: there are none).
        StoreError
            When the index, or a file that is needed, can't be read.
        """
        name = str(parse_datum(datum))
        match, jurisdiction, entry = self._asked(lambda table: table.look_up(lon, lat, datum))
        if match.code is not None and jurisdiction is not None and entry is not None:
            chain = _whole_chain(jurisdiction, match.chain)
            if _is_granted(chain.values(), granted):
                return NationalLocation(match.code, jurisdiction, match.on_border, name, entry.edition, chain)
        raise NotFoundError(
            t(
                "Longitude {lon}, latitude {lat} ({datum}) lies outside all grids.",
                "经度 {lon}、纬度 {lat}（{datum}）不在任何网格内。",
                lon=lon,
                lat=lat,
                datum=name,
            ),
            remedy=t("Check the datum and the order of longitude and latitude.", "请检查坐标基准以及经纬度的顺序。"),
        )

    def positions(
        self, lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str, granted: Collection[str] | None
    ) -> NationalPositions:
        """Give the grids of many locations: degrees in `datum`, shape (n,).

        Raises as `find`, but not for what lies outside.
        """
        places = self._asked(lambda table: table.locate_many(lon, lat, datum))
        positions, grids = places.distinct()
        codes: list[str] = []
        shown = np.full(len(grids) + 1, -1, dtype=np.int32)
        editions: dict[str, int] = {}
        for i, (number, grid) in enumerate(grids):
            locator, jurisdiction = places.locators[number], places.jurisdictions[number]
            if granted is not None:
                chain = _whole_chain(jurisdiction, locator.chains[locator.chain_of[grid]])
                if not _is_granted(chain.values(), granted):
                    continue
            shown[i] = len(codes)
            codes.append(locator.codes[grid])
            editions[jurisdiction] = places.entries[jurisdiction].edition
        return NationalPositions(shown[positions], codes, editions)

    def _asked(self, question: Callable[[NationalTable], T]) -> T:
        table = self._fresh()
        try:
            return question(table)
        except StoreError:
            # A file that is gone may be that of an edition that was replaced since, and pruned.
            if not table.refresh():
                raise
            return question(table)

    def _fresh(self) -> NationalTable:
        if time.monotonic() - self._looked > _FRESH_S:
            with self._looking:
                self._look()
        if not self._table.jurisdictions:
            raise NothingPublishedError(
                t("Nobody has published to the national table.", "全国表中尚无任何发布数据。"),
                remedy=t("Publish a city or a district: spatialgov nation publish FOLDER.",
                         "请先发布一个城市或区县：spatialgov nation publish 目录。"),
            )  # fmt: skip
        return self._table

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked <= _FRESH_S:  # another request was quicker
            return
        try:
            self._table.refresh()
        except StoreError as error:
            if not self._table.jurisdictions:
                raise
            _log.error("%s", error)  # it goes on with what it has
        self._looked = now


def _whole_chain(jurisdiction: str, chain: Mapping[str, str]) -> dict[str, str]:
    """Give the chain of a grid with what is above its jurisdiction, which locators leave out."""
    return {str(level): code for level, code in chain_of(jurisdiction).items()} | dict(chain)


def _is_granted(chain: Iterable[str], granted: Collection[str] | None) -> bool:
    return granted is None or any(code in granted for code in chain)


def _share_ground(jurisdiction: str, granted: Collection[str] | None) -> bool:
    """Whether a jurisdiction lies in what is granted, or some of that in it."""
    return _is_granted(chain_of(jurisdiction).values(), granted) or any(
        is_division_code(code) and jurisdiction in chain_of(code).values() for code in granted or ()
    )
