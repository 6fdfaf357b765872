"""The national table: a locator file for each jurisdiction in a folder that many hosts share, and a router over them.

::

    nation.json          which file stands for which jurisdiction, and which is the router
    1101-3f….locator     the grids of a jurisdiction; the name tells what it holds
    1101-9a….wkb         its outline
    router-07….locator   the outlines of all jurisdictions

A jurisdiction here is a city or a district. Its files never change: what it publishes gets files of its own, and
`nation.json` is renamed into place. So a host that reads the folder sees its old edition or the new one, and never half
of one. A publication builds the jurisdiction's own file; the router is built anew only when its outline is another one.
"""

import fcntl
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.codes import level_of, parent_of
from spatialgov.datum import to_wgs84
from spatialgov.errors import CodeError, StoreError
from spatialgov.language import t
from spatialgov.locate import Locator, Match
from spatialgov.projection import WGS84

__all__ = ["Entry", "Found", "NationalTable", "Places"]

_INDEX = "nation.json"
_VERSION = 1
_DIGITS: Mapping[str, int] = {"city": 4, "district": 6}
"""Levels at which a table may be shared out, and the digits that tell their jurisdictions apart."""
_PREFIX = 6
_PREFIXES = 10**_PREFIX
_NONE = -1
_OLD_S = 3600

Positions = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a jurisdiction has published last.

    Attributes
    ----------
    file, outline
        Names of its files in the folder.
    grids
        How many it has.
    edition
        Its own number of the edition.
    published_at
        ISO 8601, UTC.
    """

    file: str
    outline: str
    grids: int
    edition: int
    published_at: str


class Found(NamedTuple):
    """Where a location lies, whose grid that is, and what they had published; None outside all grids."""

    match: Match
    jurisdiction: str | None = None
    entry: Entry | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Where locations lie.

    Attributes
    ----------
    jurisdiction
        int32 (n,): position in `jurisdictions`, -1 outside.
    grid
        int32 (n,): position in the codes of the jurisdiction's locator, -1 outside.
    jurisdictions
        Their codes.
    locators
        Locators of those that were asked; the editions that the answers come from.
    entries
        What each jurisdiction had published.
    """

    jurisdiction: Positions
    grid: Positions
    jurisdictions: tuple[str, ...]
    locators: Mapping[int, Locator]
    entries: Mapping[str, Entry]

    def distinct(self) -> tuple[Positions, list[tuple[int, int]]]:
        """Give the grids that occur, each by jurisdiction and grid, and the position among them of each location's.

        Returns
        -------
        positions
            int32 (n,), -1 outside.
        grids
            Sorted.
        """
        inside = self.grid >= 0
        numbers = (self.jurisdiction[inside].astype(np.int64) << 32) | self.grid[inside]
        used, place = np.unique(numbers, return_inverse=True)
        positions = np.full(len(self.grid), _NONE, dtype=np.int32)
        positions[inside] = place
        return positions, list(zip((used >> 32).tolist(), (used & 0xFFFFFFFF).tolist(), strict=True))

    def codes(self) -> npt.NDArray[np.object_]:
        """Give the codes of the grids, "" outside: (n,) text."""
        positions, grids = self.distinct()
        codes = [self.locators[jurisdiction].codes[grid] for jurisdiction, grid in grids]
        return np.array([*codes, ""], dtype=object)[positions]


@dataclass(frozen=True)
class _State:
    """The folder as it was read last."""

    read: tuple[int, int, int] | None
    entries: Mapping[str, Entry]
    router: str
    jurisdictions: tuple[str, ...]
    by_prefix: Positions
    locators: dict[str, Locator]

    def locator(self, folder: Path, name: str) -> Locator:
        """Give a file's locator, mapped when it is first asked for."""
        found = self.locators.get(name)
        if found is None:
            found = self.locators[name] = Locator.open(folder / name)
        return found

    def routing(self, folder: Path) -> Locator:
        """Give the router's locator: its grids are the jurisdictions, in their order."""
        if self.router not in self.locators:
            opened = Locator.open(folder / self.router)
            if tuple(opened.codes) != self.jurisdictions:
                raise _unreadable(folder / _INDEX)
            self.locators[self.router] = opened
        return self.locators[self.router]


class NationalTable:
    """Which grid of which jurisdiction a location or a code belongs to; make one with `open`.

    Locations have the same exact answers as in one locator over all grids of the nation, as long as neighbours have the
    same vertices on their common borders.

    Parameters
    ----------
    folder
        Where the files are; `publish` makes it.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._state = _state(None, {}, "", {})

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Self:
        """Open the table of a folder.

        Raises
        ------
        StoreError
            When there is none, or its index can't be read.
        """
        table = cls(folder)
        table.refresh()
        if not table.jurisdictions:
            raise StoreError(
                t("Nobody has published to {folder}.", "{folder} 中尚无任何发布数据。", folder=folder),
                remedy=t("Publish a city or a district to it first.", "请先向该文件夹发布一个城市或区县。"),
            )
        return table

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Division codes of the jurisdictions that have published, sorted."""
        return self._state.jurisdictions

    @property
    def entries(self) -> Mapping[str, Entry]:
        """What each jurisdiction has published last."""
        return MappingProxyType(self._state.entries)

    def refresh(self) -> bool:
        """Take up what has been published since; gives whether there was something. One look at one file if not.

        Raises
        ------
        StoreError
            When the index can't be read; the table goes on with what it has.
        """
        path = self.folder / _INDEX
        try:
            about = path.stat()
            read = about.st_ino, about.st_size, about.st_mtime_ns
            if read == self._state.read:
                return False
            entries, router = _read(path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _unreadable(path) from error
        known = self._state.locators
        files = {entry.file for entry in entries.values()}
        if entries.keys() == self._state.entries.keys():
            files.add(router)
        self._state = _state(read, entries, router, {name: known[name] for name in known.keys() & files})
        return True

    def jurisdiction_of(self, codes: npt.ArrayLike) -> Positions:
        """Give who answers for division or grid codes, by their first six digits: one look-up each.

        Parameters
        ----------
        codes
            (n,) int64 numbers of the first six digits, 0 to 999999.

        Returns
        -------
        ndarray
            int32 (n,): positions in `jurisdictions`, -1 for none.
        """
        found: Positions = self._state.by_prefix[np.asarray(codes)]
        return found

    def publisher_of(self, code: str) -> tuple[str, Entry] | None:
        """Give who answers for a division or grid code, and what they have published; None for nobody.

        Raises
        ------
        CodeError
            When it does not begin with six digits.
        """
        prefix = code[:_PREFIX]
        if len(prefix) < _PREFIX or not (prefix.isascii() and prefix.isdecimal()):
            raise CodeError(
                t("{code} does not begin with six digits.", "{code} 不以六位数字开头。", code=repr(code)),
                remedy=t("Give the code of a jurisdiction or of a grid.", "请给出行政区划代码或网格编码。"),
            )
        state = self._state
        position = int(state.by_prefix[int(prefix)])
        if position == _NONE:
            return None
        return state.jurisdictions[position], state.entries[state.jurisdictions[position]]

    def locator(self, jurisdiction: str) -> Locator:
        """Give the locator of a jurisdiction.

        Raises
        ------
        CodeError
            When it has published nothing.
        """
        state = self._state
        if jurisdiction not in state.entries:
            raise CodeError(
                t(
                    "The jurisdiction {jurisdiction} has published nothing.",
                    "辖区 {jurisdiction} 尚未发布数据。",
                    jurisdiction=jurisdiction,
                ),
                remedy=t("Give the code of one in the table.", "请给出全国表中某个辖区的代码。"),
            )
        return state.locator(self.folder, state.entries[jurisdiction].file)

    def find(self, lon: float, lat: float, datum: str = "wgs84") -> Match:
        """Give all about the place of a location; raises as `Locator.find`."""
        return self.look_up(lon, lat, datum).match

    def look_up(self, lon: float, lat: float, datum: str = "wgs84") -> Found:
        """Give what `find` gives, and whose edition it comes from."""
        state = self._state
        routed = state.routing(self.folder).find(lon, lat, datum)
        beside = [code for code in (routed.code, *routed.others) if code is not None]
        matches = [state.locator(self.folder, state.entries[code].file).find(routed.lon, routed.lat) for code in beside]
        found = routed if routed.code is None else matches[0]
        # On their common border each jurisdiction knows its own side only.
        known = {code for match in matches for code in (match.code, *match.others) if code is not None} - {found.code}
        on_border = any(match.on_border for match in matches)
        match = found._replace(on_border=on_border, others=tuple(sorted(known)))
        if routed.code is None or match.code is None:
            return Found(match)
        return Found(match, routed.code, state.entries[routed.code])

    def locate_many(self, lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str = "wgs84") -> Places:
        """Give the jurisdictions and grids of many locations; raises as `Locator.locate_many`.

        Parameters
        ----------
        lon, lat
            Degrees in `datum`, shape (n,).
        """
        state = self._state
        x, y = to_wgs84(np.atleast_1d(np.asarray(lon, float)), np.atleast_1d(np.asarray(lat, float)), datum)
        router = state.routing(self.folder)
        routed = router.locate_many(x, y)
        order = np.argsort(routed, kind="stable")
        bounds = np.searchsorted(routed[order], np.arange(len(router.codes) + 1))
        jurisdiction, grid = (np.full(len(x), _NONE, dtype=np.int32) for _ in range(2))
        asked: dict[int, Locator] = {}
        for position in np.flatnonzero(np.diff(bounds)).tolist():
            rows = order[bounds[position] : bounds[position + 1]]
            entry = state.entries[state.jurisdictions[position]]
            locator = asked[position] = state.locator(self.folder, entry.file)
            grid[rows] = locator.locate_many(x[rows], y[rows])
            jurisdiction[rows] = np.where(grid[rows] >= 0, position, _NONE)
        return Places(jurisdiction, grid, state.jurisdictions, asked, state.entries)

    def publish(self, jurisdictions: Iterable[tuple[str, gpd.GeoDataFrame]]) -> None:
        """Put the grids of jurisdictions in force, all at once; the others go on undisturbed.

        Parameters
        ----------
        jurisdictions
            The 12-digit code of each, and its grids, as for `Locator.build`; one after the other is asked for.
            The codes of the grids begin with the jurisdiction's digits.

        Raises
        ------
        CodeError
            When a code is none of a city or district, or a grid's is of another one.
        FaultyDataError
            When grids overlap, also with those of another jurisdiction: nothing is published then.
        StoreError
            When the folder can't be written.
        """
        _make(self.folder)
        made = {jurisdiction: _files_of(self.folder, jurisdiction, grids) for jurisdiction, grids in jurisdictions}
        with _locked(self.folder):
            self.refresh()
            before = self._state.entries
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            entries = dict(before)
            for jurisdiction, (file, outline, n) in made.items():
                edition = before[jurisdiction].edition + 1 if jurisdiction in before else 1
                entries[jurisdiction] = Entry(file, outline, n, edition, now)
            outlines = [
                {jurisdiction: entry.outline for jurisdiction, entry in some.items()} for some in (before, entries)
            ]
            router = self._state.router if outlines[0] == outlines[1] else self._routed(outlines[1])
            _write_index(self.folder, entries, router)
        self.refresh()

    def prune(self) -> int:
        """Remove the files of an hour ago and older that no jurisdiction needs any more; gives how many.

        Hosts that have mapped one go on with it until they take up the new one.
        """
        with _locked(self.folder):
            self.refresh()
            needed = {self._state.router}
            for entry in self._state.entries.values():
                needed |= {entry.file, entry.outline}
            files = [path for end in ("*.locator", "*.wkb") for path in self.folder.glob(end)]
            # Younger ones may be those of a publication that has not come to the index yet.
            old = [path for path in files if path.name not in needed and time.time() - path.stat().st_mtime > _OLD_S]
            for path in old:
                path.unlink()
            return len(old)

    def _routed(self, outlines: Mapping[str, str]) -> str:
        """Build the router over the outlines of jurisdictions; give the name of its file."""
        codes = sorted(outlines)
        shapes = [shapely.from_wkb((self.folder / outlines[code]).read_bytes()) for code in codes]
        frame = gpd.GeoDataFrame(
            {"code": codes, "parent_code": [parent_of(code, "province") for code in codes]}, geometry=shapes, crs=WGS84
        )
        return _kept(self.folder, "router", ".locator", Locator.build(frame).save)


def _state(
    read: tuple[int, int, int] | None, entries: Mapping[str, Entry], router: str, locators: dict[str, Locator]
) -> _State:
    jurisdictions = tuple(sorted(entries))
    by_prefix = np.full(_PREFIXES, _NONE, dtype=np.int32)
    for position, code in enumerate(jurisdictions):
        prefix = _prefix(code)
        spread = _PREFIXES // 10 ** len(prefix)
        by_prefix[int(prefix) * spread : (int(prefix) + 1) * spread] = position
    return _State(read, entries, router, jurisdictions, by_prefix, locators)


def _files_of(folder: Path, jurisdiction: str, grids: gpd.GeoDataFrame) -> tuple[str, str, int]:
    """Write the files of a jurisdiction; give their names, and the number of grids."""
    _check_codes(jurisdiction, grids)
    locator = Locator.build(grids)
    outline = shapely.to_wkb(_outline(locator))
    file = _kept(folder, _prefix(jurisdiction), ".locator", locator.save)
    return file, _kept(folder, _prefix(jurisdiction), ".wkb", lambda path: path.write_bytes(outline)), len(grids)


def _prefix(jurisdiction: str) -> str:
    """Give the digits that a jurisdiction's own grids all begin with."""
    return jurisdiction[: _DIGITS[level_of(jurisdiction)]]


def _check_codes(jurisdiction: str, grids: gpd.GeoDataFrame) -> None:
    if level_of(jurisdiction) not in _DIGITS:
        raise CodeError(
            t("{code} is not the code of a city or a district.", "{code} 不是城市或区县代码。", code=jurisdiction),
            remedy=t(
                "Give 12 digits: province 2, city 2, county 2 or zeros, then zeros.",
                "请给出 12 位代码：省 2 位、市 2 位、区县 2 位（或 0），其余为 0。",
            ),
        )
    foreign = [code for code in grids["code"] if not str(code).startswith(_prefix(jurisdiction))]
    if foreign:
        raise CodeError(
            t(
                "{n:,} grids are not of {jurisdiction}, such as {code}.",
                "有 {n:,} 个网格不属于 {jurisdiction}，例如 {code}。",
                n=len(foreign),
                jurisdiction=jurisdiction,
                code=foreign[0],
            ),
            remedy=t("Publish them with their own city or district.", "请随其所属城市或区县发布。"),
        )


def _outline(locator: Locator) -> shapely.MultiPolygon:
    """Give the ground of all grids, with the very vertices of their borders."""
    faces = shapely.get_parts(shapely.polygonize(locator.edges.outer.lines()))
    places = shapely.get_coordinates(shapely.point_on_surface(faces))
    held = locator.locate_many(places[:, 0], places[:, 1]) >= 0  # the others are gaps
    return shapely.MultiPolygon(list(faces[held]))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _kept(folder: Path, name: str, end: str, write: Callable[[Path], object]) -> str:
    """Write a file and name it by what it holds."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as beside:
        path = Path(beside) / "file"
        try:
            write(path)
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()[:16]
                os.fsync(file.fileno())
            path.replace(folder / f"{name}-{content}{end}")
        except OSError as error:
            raise _unwritable(folder, error) from error
    return f"{name}-{content}{end}"


def _unwritable(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        t(
            "The folder {folder} can't be written ({why}).",
            "无法写入文件夹 {folder}（{why}）。",
            folder=folder,
            why=error,
        ),
        remedy=t("Check the folder and its free space.", "请检查该文件夹及其剩余空间。"),
    )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one writer at a time change the index; the lock goes with its process."""
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> tuple[dict[str, Entry], str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] == _VERSION and isinstance(content["router"], str):
            return {code: _entry(code, about) for code, about in content["jurisdictions"].items()}, content["router"]
    except (ValueError, KeyError, TypeError, AttributeError, CodeError) as error:
        raise _unreadable(path) from error
    raise _unreadable(path)


def _entry(code: str, about: Mapping[str, Any]) -> Entry:
    _prefix(code)
    if any(type(about[field.name]) is not field.type for field in fields(Entry)):
        raise TypeError(code)
    return Entry(**about)


def _unreadable(path: Path) -> StoreError:
    return StoreError(
        t("The national table's index {path} can't be read.", "无法读取全国表索引 {path}。", path=path),
        remedy=t("Publish all again, to a new folder.", "请将各辖区重新发布到一个新文件夹。"),
    )


def _write_index(folder: Path, entries: Mapping[str, Entry], router: str) -> None:
    jurisdictions = {jurisdiction: asdict(entry) for jurisdiction, entry in sorted(entries.items())}
    content = json.dumps({"version": _VERSION, "router": router, "jurisdictions": jurisdictions}, indent=1).encode()

    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{_INDEX}.", delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(folder / _INDEX)
    except OSError as error:
        raise _unwritable(folder, error) from error
