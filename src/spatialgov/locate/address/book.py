"""Which address of the table a text means: certain, or a list of candidates, never a silent guess."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import geopandas as gpd
import pyproj
from scipy.spatial import cKDTree

from spatialgov.datum import to_wgs84
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.locate.address.areas import Areas
from spatialgov.locate.address.parsing import DIVISION_WORDS, ParsedAddress, building_key, number_key, parse_address
from spatialgov.locate.address.streets import StreetNames
from spatialgov.locate.address.text import name_key
from spatialgov.projection import geocentric

__all__ = ["Address", "AddressBook", "AddressMatch", "Candidate", "Level"]

Level = Literal["exact", "building", "number", "street", "none"]

MOST_CANDIDATES = 5
MARGIN = 0.05
"""Candidates that are closer than this are equally good."""

_SLIP = 0.8
"""What is left of a score for each slip in the street's name."""
_NOT_STATED = 0.7
"""What is left of a score when the text does not say a part that the address has."""
_OTHER = 0.4
"""What is left of a score when a part, or a division, is another one."""
_UNKNOWN = 0.9
"""What is left of a score for a piece of the text that was not understood, or a division that nothing is known of."""

_ELLIPSOID = pyproj.Geod(ellps="WGS84")

_TELLING = 3
"""Shorter names are too often another place's but for one character (上塘, 下塘)."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address of the table.

    Attributes
    ----------
    address_id, street, number, building
        As the table has them.
    divisions
        Names of the areas it lies in, from the top down; empty when none are known.
    lon, lat
        Degrees, WGS 84.
    """

    address_id: str
    street: str
    number: str
    building: str
    divisions: tuple[str, ...]
    lon: float
    lat: float

    @property
    def text(self) -> str:
        """The whole address in one line."""
        return "".join((*self.divisions, self.street, self.number, self.building))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that a text may mean.

    Attributes
    ----------
    address
        The address.
    level
        How far the two agree: ``exact`` (every part of the table's address is in the text as the table writes it, or
        it is the only address of that number), ``building`` or ``number`` (so far, the street's name corrected or a
        part missing or another), ``street``.
    score
        0 to 1.
    """

    address: Address
    level: Level
    score: float


@dataclass(frozen=True, slots=True)
class AddressMatch:
    """What a text may mean.

    Attributes
    ----------
    parsed
        The parts of the text as they were understood.
    level, score
        Those of the best candidate; ``none`` and 0 when there is none.
    margin
        How far the runner-up's score is behind, the score itself when there is none.
    certain
        Whether the best candidate is the one that is meant.
    candidates
        The best first, at most `MOST_CANDIDATES`.
    """

    parsed: ParsedAddress
    level: Level
    score: float
    margin: float
    certain: bool
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    """A row of the table held against a text."""

    row: int
    level: Level
    score: float
    sound: bool
    """Whether nothing speaks against it, so that it is certain when it is the only good one."""


class AddressBook:
    """The standard addresses of a jurisdiction, to be asked by text and by place. Make one with `build`."""

    def __init__(self, frame: gpd.GeoDataFrame, areas: Areas) -> None:
        lon, lat = frame.geometry.x.to_list(), frame.geometry.y.to_list()
        self._areas, self._area = areas, areas.finest(frame.geometry.to_numpy()).tolist()
        ids, streets, numbers, buildings = (frame[name] for name in ("address_id", "street", "number", "building"))
        self.addresses = [
            Address(item, street, number, building, areas.chain(area), x, y)
            for item, street, number, building, area, x, y in zip(
                ids, streets, numbers, buildings, self._area, lon, lat, strict=True
            )
        ]
        self._building = [building_key(text) for text in buildings]
        self._by_street: dict[str, list[int]] = defaultdict(list)
        self._by_number: dict[tuple[str, str], list[int]] = defaultdict(list)
        for row, address in enumerate(self.addresses):
            street = name_key(address.street)
            self._by_street[street].append(row)
            self._by_number[street, number_key(address.number)].append(row)
        self._streets = StreetNames(self._by_street)
        self._tree = cKDTree(geocentric(lon, lat))

    @classmethod
    def build(cls, frame: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame | None = None) -> "AddressBook":
        """Make the book of a table.

        Parameters
        ----------
        frame
            `address_id`, `street`, `number`, `building` (str, "" where there is none), Point geometry, EPSG:4326:
            what `read_addresses` gives.
        jurisdictions
            `code`, `level`, `name`, `parent_code`, geometry, EPSG:4326. They tell apart streets that have one name,
            and an address of another city. Without them no text that names a division is certain.

        Raises
        ------
        InputError
            When the table is empty.
        """
        if frame.empty:
            raise InputError(
                t("There are no addresses.", "没有地址数据。"),
                remedy=t("Import a table of standard addresses.", "请先导入标准地址表。"),
            )
        return cls(frame, Areas(jurisdictions))

    def match(self, text: str) -> AddressMatch:
        """Give the address that a text means, or the candidates.

        A match is certain when street and number, and the building where the number has several, lead to one address
        alone, every piece of the text was understood, and every division that the text names is one the address lies
        in. A street's name that had to be corrected may be that of a street the table does not have: it is certain
        only where the text names the street but for its last word, or a community or subdistrict speaks for it (and
        the name is not a short one).
        """
        parsed = self._with_named_building(parse_address(text, self._by_street))
        found = self._named(parsed, parsed.street, 1.0)
        if max((judged.score for judged in found), default=0.0) <= _OTHER:
            found += self._corrected(parsed)
        found.sort(key=lambda judged: -judged.score)  # stable: nearest numbers stay first
        if not found:
            return AddressMatch(parsed, "none", 0.0, 0.0, False, ())
        best = found[0]
        margin = best.score - (found[1].score if len(found) > 1 else 0.0)
        certain = best.sound and margin >= MARGIN and not parsed.rest
        candidates = tuple(
            Candidate(self.addresses[judged.row], judged.level, round(judged.score, 4))
            for judged in found[:MOST_CANDIDATES]
        )
        return AddressMatch(parsed, best.level, round(best.score, 4), round(margin, 4), certain, candidates)

    def nearest(self, lon: float, lat: float, datum: str = "wgs84") -> tuple[Address, float]:
        """Give the address nearest to a location, however far, and the distance: metres on the ellipsoid.

        Raises
        ------
        DatumError, CoordinateError
            When the datum is unknown or the coordinate is no place.
        """
        x, y = (float(value) for value in to_wgs84(lon, lat, datum))
        _, row = self._tree.query(geocentric(x, y)[0])
        nearest = self.addresses[int(row)]
        _, _, distance_m = _ELLIPSOID.inv(x, y, nearest.lon, nearest.lat)
        return nearest, float(distance_m)

    def _with_named_building(self, parsed: ParsedAddress) -> ParsedAddress:
        """Take what was not understood for the building's name (综合楼) where the number has such a building."""
        rows = self._by_number.get((parsed.street, parsed.number), [])
        if (
            parsed.building
            or len(parsed.rest) != 1
            or building_key(parsed.rest[0]) not in {self._building[row] for row in rows}
        ):
            return parsed
        return replace(parsed, building=building_key(parsed.rest[0]), rest=())

    def _named(self, parsed: ParsedAddress, street: str, similarity: float) -> list[_Judged]:
        """Hold the addresses of a street against the text: those of the number, or all when there is none."""
        if parsed.number:
            rows = self._by_number.get((street, parsed.number), [])
            if rows or similarity < 1:
                return self._of_number(parsed, rows, similarity)
            rows = sorted(self._by_street.get(street, []), key=lambda row: self._numbers_away(parsed, row))
            return [self._judged(parsed, row, "street", _OTHER**2, sound=False) for row in rows[:MOST_CANDIDATES]]
        rows = self._by_street.get(street, [])
        own = [row for row in rows if parsed.building and self._building[row] == parsed.building]
        if own:
            return [self._judged(parsed, row, "building", similarity * _NOT_STATED, sound=False) for row in own]
        return [self._judged(parsed, row, "street", similarity * _NOT_STATED**2, sound=False) for row in rows]

    def _numbers_away(self, parsed: ParsedAddress, row: int) -> int:
        here, there = (re.match(r"\d{1,9}", text) for text in (parsed.number, number_key(self.addresses[row].number)))
        return abs(int(here[0]) - int(there[0])) if here and there else 10**9

    def _of_number(self, parsed: ParsedAddress, rows: Sequence[int], similarity: float) -> list[_Judged]:
        """Hold the addresses of one house number against the building that the text names, if it does."""
        alone = sum(not self._contradicted(parsed, row) for row in rows) == 1
        # without a building, those of a number are equally good, unless the number has a place of its own
        share = _NOT_STATED if any(self._building[row] in ("", parsed.building) for row in rows) else 1.0
        if parsed.building and not parsed.maybe_floor:
            share = _OTHER
        judged = []
        for row in rows:
            own = self._building[row]
            if parsed.building == own:
                written = name_key(self.addresses[row].building)
                sound = not parsed.maybe_floor or written == f"{own.casefold()}楼"
                judged.append(self._judged(parsed, row, "exact", similarity, sound=sound))
            elif alone and (not parsed.building or (parsed.maybe_floor and not own)):
                judged.append(self._judged(parsed, row, "exact", similarity, sound=True))
            else:
                judged.append(self._judged(parsed, row, "number", similarity * share, sound=False))
        return judged

    def _corrected(self, parsed: ParsedAddress) -> list[_Judged]:
        """Hold the addresses of streets whose names are alike against the text."""
        whole = self._streets.whole(parsed.street)
        slips = self._streets.near(parsed.street) | dict.fromkeys(whole, 1)
        slips.pop(parsed.street, None)
        found = []
        for street, n in slips.items():
            for judged in self._named(parsed, street, _SLIP**n):
                spoken_for = street in whole or (len(street) >= _TELLING and self._near_by(parsed, judged.row))
                sound = judged.sound and spoken_for and parsed.street not in self._by_street
                level = judged.level
                if level == "exact":
                    level = "building" if parsed.building and self._building[judged.row] else "number"
                found.append(_Judged(judged.row, level, judged.score, sound))
        return found

    def _judged(self, parsed: ParsedAddress, row: int, level: Level, score: float, *, sound: bool) -> _Judged:
        verdicts = {self._areas.verdict(division, self._area[row]) for division in parsed.divisions}
        if "contradicts" in verdicts:
            score *= _OTHER
        elif "unknown" in verdicts:
            score *= _UNKNOWN
        if parsed.rest:
            score *= _UNKNOWN
        return _Judged(row, level, score, sound and verdicts <= {"agrees"})

    def _contradicted(self, parsed: ParsedAddress, row: int) -> bool:
        area = self._area[row]
        return any(self._areas.verdict(division, area) == "contradicts" for division in parsed.divisions)

    def _near_by(self, parsed: ParsedAddress, row: int) -> bool:
        """Whether the text names the community or the subdistrict of an address."""
        area = self._area[row]
        words = (*DIVISION_WORDS["community"], *DIVISION_WORDS["subdistrict"])
        return any(
            division.endswith(words) and self._areas.verdict(division, area) == "agrees"
            for division in parsed.divisions
        )
