"""What whoever is out in the field asks beside the grid: packs to take along, responsible posts, the nearest grid."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatialgov.datum import parse_datum
from spatialgov.errors import NotFoundError
from spatialgov.language import t
from spatialgov.locate.address import Address
from spatialgov.locate.nearest import nearest_face
from spatialgov.responsible_posts import POST_COLUMNS
from spatialgov.store import Edition, Store
from spatialgov.workspace.areas import Area, no_grid_in_area
from spatialgov.workspace.field_packs import no_grids
from spatialgov.workspace.locations import Link, Location, Locations, OpenEdition

__all__ = ["FieldWork", "ListedPack", "NearestGrid", "Post", "Responsible"]


@dataclass(frozen=True, slots=True)
class ListedPack:
    """A field pack that there is: whose, and of how many grids."""

    jurisdiction: Link
    grids: int


@dataclass(frozen=True, slots=True)
class Post:
    """A post, and what it has to do; "" where not stated."""

    post: str
    post_en: str
    duty: str
    duty_en: str


@dataclass(frozen=True, slots=True)
class Responsible:
    """A grid (its level is ``grid``) or a jurisdiction, and the posts that answer for it."""

    place: Link
    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class NearestGrid:
    """The grid nearest to a location, and how far its border is: 0 m inside it."""

    location: Location
    distance_m: float


class FieldWork:
    """The questions of field staff to a workspace, all by the edition in force."""

    def __init__(self, store: Store, locations: Locations) -> None:
        self._store = store
        self._locations = locations

    def packs(self, *, area: Area | None = None) -> tuple[Edition, list[ListedPack]]:
        """Give the edition and the jurisdictions that have a field pack, by code.

        Parameters
        ----------
        area
            What the asker is limited to.

        Raises
        ------
        NothingPublishedError
            When no edition is in force.
        """
        opened = self._locations.opened()
        counts = Counter(link for _, chain in opened.about.values() for link in chain)
        own = [link for link in counts if area is None or link.code in area.codes]
        return opened.edition, [ListedPack(link, counts[link]) for link in sorted(own, key=lambda link: link.code)]

    def addresses(self, code: str | None, *, area: Area | None = None) -> bytes:
        """Give the standard addresses in the grids of a field pack, as compact JSON.

        Returns
        -------
        bytes
            ``{"edition": 2, "addresses": [[street, [[number, building, lon, lat], …]], …]}``, degrees in WGS 84, to the
            last bit as they are stored; no streets where no table was imported.

        Raises
        ------
        NotFoundError
            When no grid lies in such a jurisdiction, or it is not one of the area.
        NothingPublishedError
            When no edition is in force.
        """
        opened = self._locations.opened()
        if area is not None and code not in area.codes:
            raise no_grids(opened, code)
        chains = (opened.about[grid][1] for grid in opened.locator.codes)
        chosen = [code is None or any(link.code == code for link in chain) for chain in chains]
        if not any(chosen):
            raise no_grids(opened, code)
        streets: dict[str, list[list[str | float]]] = {}
        book = self._book()
        positions = opened.locator.locate_many([one.lon for one in book], [one.lat for one in book])
        for one, position in zip(book, positions.tolist(), strict=True):
            if position >= 0 and chosen[position]:
                streets.setdefault(one.street, []).append([one.number, one.building, one.lon, one.lat])
        told = {"edition": opened.edition.id, "addresses": list(streets.items())}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

    def _book(self) -> Sequence[Address]:
        """Give all standard addresses, none where no table was imported."""
        try:
            return self._locations.address_book().addresses
        except NotFoundError:
            return ()

    def responsible(self, code: str, *, area: Area | None = None) -> list[Responsible]:
        """Give who answers for a grid in force or a jurisdiction, and for those above it, from the bottom up.

        Raises
        ------
        NotFoundError
            When there is no such grid or jurisdiction, or it is not one of the area.
        NothingPublishedError
            When no edition is in force.
        """
        opened = self._locations.opened()
        places = _upwards(opened, code, area)
        if not places:
            raise NotFoundError(
                t("There is no grid or jurisdiction {code}.", "没有网格或行政区划 {code}。", code=repr(code)),
                remedy=t("Name the code of a grid in force or of a level above.", "请给出现行网格或其上级的代码。"),
            )
        frame = self._store.responsible_posts()
        posts: dict[str, list[Post]] = {place.code: [] for place in places}
        rows = zip(*(frame[name].tolist() for name in POST_COLUMNS), strict=True)
        for its_code, *post in rows:
            if its_code in posts:
                posts[its_code].append(Post(*post))
        return [Responsible(place, tuple(posts[place.code])) for place in places]

    def nearest(self, lon: float, lat: float, datum: str, *, area: Area | None = None) -> NearestGrid:
        """Give the grid that a location lies in, or else the nearest one, however far it is.

        Parameters
        ----------
        lon, lat, datum
            As `Locations.find` takes them.
        area
            What the asker is limited to: only grids in it are looked at.

        Raises
        ------
        DatumError, CoordinateError
            When the datum is unknown or the coordinate is no place.
        NotFoundError
            When no grid lies in the area.
        NothingPublishedError
            When no edition is in force.
        """
        name = str(parse_datum(datum))
        opened = self._locations.opened()
        match = opened.locator.find(lon, lat, datum)
        if match.code is not None and opened.in_area(match.code, area):
            return NearestGrid(opened.location(match, name), 0.0)
        codes = opened.locator.codes
        chosen = np.array([False, *(opened.in_area(code, area) for code in codes)])
        found = nearest_face(opened.locator.edges, match.lon, match.lat, chosen)
        if found is None:
            raise no_grid_in_area()
        face, distance_m = found
        there = match._replace(code=codes[face - 1], on_border=False)
        return NearestGrid(opened.location(there, name), distance_m)


def _upwards(opened: OpenEdition, code: str, area: Area | None) -> list[Link]:
    """Give a grid or a jurisdiction and all above it, as far as the area allows; nothing when there is none."""
    chain: tuple[Link, ...] = ()
    if code in opened.about:
        name, above = opened.about[code]
        chain = (*above, Link("grid", code, name, ""))
    else:
        for _, above in opened.about.values():
            codes = [link.code for link in above]
            if code in codes:
                chain = above[: codes.index(code) + 1]
                break
    if area is not None and not area.codes.intersection(link.code for link in chain):
        return []
    return list(reversed(chain))
