"""The nation: all communities' grids made, a locator for each city, look-ups at random, and one city's publication."""

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from spatialgov.nation import COUNTS, Counts, NationalTable, SyntheticNation
from spatialgov.workspace.nation import NationalLookup
from tests.bench.cluster.making import Sizes, say
from tests.bench.goals import Figures, Goal, of

__all__ = ["ABOUT", "GOALS", "measure"]

ABOUT = (
    "A made-up nation with the real numbers of provinces, cities, counties, towns and communities (2023) and 4.5 "
    "million grids. `published_…`: every city's grids become a locator file in a shared folder; the router is a "
    "locator over the cities' outlines. Look-ups are at random all over the nation, in a process that did nothing "
    "else; `look_ups_…` ten million at once, `single_…` one by one in one thread, `codes_…` from a grid's code to its "
    "city. `reader_shared_mb` are the mapped files, which all processes of a host share, after those look-ups: every "
    "city's file is mapped and checked; `reader_own_mb` what the process has for itself, `…_with_codes_mb` once it has "
    "named grids of every city. The city with most grids publishes: `same_outline_…` with a new code, `new_outline_…` "
    "without one of its grids, so that the router is built anew; until another process, which asks as `spatialgov "
    "serve` does, answers from it (`served_s`: from the command to the answer, `taken_up_s`: from the index in its "
    "place)."
)

GOALS = (
    Goal("all 620,573 communities", of("communities"), at_least=COUNTS.communities),
    Goal("look-ups whose answer is not the grid that was drawn", of("wrong"), at_most=0),
    Goal("a publication is answered from within 1 s of its index", of("same_outline_taken_up_s"), at_most=1.0),
    Goal("the same with a new router", of("new_outline_taken_up_s"), at_most=1.0),
    Goal("files written by a publication with the same outline: its own", of("same_outline_files"), at_most=1),
)

_AT_RANDOM = 10_000_000
_SINGLE = 20_000
_CHECKED = 200_000
_ASK_S = 0.01


def measure(place: Path, _sizes: Sizes) -> Figures:
    """Make the nation, publish it, look locations up, publish one city."""
    say("making the nation")
    begun = time.process_time()
    nation = SyntheticNation.build()
    figures: dict[str, float] = {"made_cpu_s": time.process_time() - begun, "made_mb": _megabytes(nation)}
    first = nation.cities[0]
    NationalTable(place / "warm").publish([(first, nation.grids(first).iloc[:300])])  # compiles
    say("publishing every city's grids")
    folder = place / "nation"
    begun, cpu = time.perf_counter(), time.process_time()
    NationalTable(folder).publish(_told(nation))
    figures |= {
        "communities": float(len(np.unique(nation.code // 1000))),
        "grids": float(len(nation.code)),
        "cities": float(len(nation.cities)),
        "published_s": time.perf_counter() - begun,
        "published_cpu_s": time.process_time() - cpu,
        "files_mb": _bytes(folder.iterdir()) / 1e6,
        "router_mb": _bytes(folder.glob("router-*")) / 1e6,
    }
    with ProcessPoolExecutor(1, get_context("spawn")) as reader:
        say("looking locations up")
        figures |= reader.submit(_read, folder).result()
        figures["wrong"] = _wrong(nation, NationalTable.open(folder))
        for name in ("same_outline", "new_outline"):
            say(f"one city publishes: {name}")
            said = _publication(nation, folder, reader, name)
            figures |= {f"{name}_{key}": value for key, value in said.items()}
    return figures


def _told(nation: SyntheticNation) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    for i, (city, grids) in enumerate(nation.each_city()):
        if i % 50 == 0:
            say(f"city {i} of {len(nation.cities)}")
        yield city, grids


def _read(folder: Path) -> Figures:
    """Look locations up in a process that has published nothing."""
    somewhere = SyntheticNation.build(Counts(1, 1, 1, 1, 1, 1))  # within the same bounds
    lon, lat = somewhere.points(_AT_RANDOM, np.random.default_rng(1))
    before = _resident_mb("RssAnon")
    begun = time.perf_counter()
    table = NationalTable.open(folder)
    figures = {"opened_ms": 1e3 * (time.perf_counter() - begun)}
    begun = time.perf_counter()
    found = table.locate_many(lon, lat)
    figures["first_look_ups_s"] = time.perf_counter() - begun
    cpu = time.process_time()
    found = table.locate_many(lon, lat)
    figures["look_ups_a_cpu_s"] = _AT_RANDOM / (time.process_time() - cpu)
    figures["located_share"] = float((found.grid >= 0).mean())
    del found
    figures["reader_own_mb"] = _resident_mb("RssAnon") - before
    figures["reader_shared_mb"] = _resident_mb("RssFile")
    places = list(zip(lon[:_SINGLE].tolist(), lat[:_SINGLE].tolist(), strict=True))
    for x, y in places:
        table.find(x, y)
    figures["reader_own_with_codes_mb"] = _resident_mb("RssAnon") - before
    cpu = time.process_time()
    for x, y in places:
        table.find(x, y)
    figures["single_look_ups_a_cpu_s"] = _SINGLE / (time.process_time() - cpu)
    prefixes = np.random.default_rng(3).integers(110_000, 660_000, _AT_RANDOM)
    cpu = time.process_time()
    table.jurisdiction_of(prefixes)
    figures["codes_a_cpu_s"] = _AT_RANDOM / (time.process_time() - cpu)
    return figures


def _wrong(nation: SyntheticNation, table: NationalTable) -> float:
    """Count locations in the middle of grids, drawn from all of them, that are not found there."""
    rows = np.sort(np.random.default_rng(2).choice(len(nation.code), _CHECKED, replace=False))
    wrong = 0
    for city in nation.cities:
        prefix = int(city[:4])
        here = rows[nation.code[rows] // 10**11 == prefix]
        grids = nation.grids(city)
        first = int(np.searchsorted(nation.code, prefix * 10**11))
        chosen = grids.iloc[here - first]
        middle = chosen.geometry.representative_point()
        codes = table.locate_many(middle.x.to_numpy(), middle.y.to_numpy()).codes()
        wrong += int((codes != chosen["code"].to_numpy(dtype=object)).sum())
    return float(wrong)


def _publication(nation: SyntheticNation, folder: Path, reader: ProcessPoolExecutor, how: str) -> Figures:
    """Publish the city with most grids anew, while another process asks for one of them."""
    table = NationalTable.open(folder)
    city = max(nation.cities, key=lambda code: table.entries[code].grids)
    grids = nation.grids(city)
    middle = grids.geometry.iloc[0].representative_point()
    edition = table.entries[city].edition
    changed = grids.iloc[:-1] if how == "new_outline" else grids.assign(code=[_other(grids), *grids["code"][1:]])
    ready = folder.parent / f"{how}.ready"
    seen = reader.submit(_seen, folder, middle.x, middle.y, edition, ready)
    while not ready.exists() and not seen.done():
        time.sleep(_ASK_S)
    files = set(folder.iterdir())
    begun, cpu = time.time(), time.process_time()
    table.publish([(city, changed)])
    figures = {"grids": float(len(grids)), "s": time.time() - begun, "cpu_s": time.process_time() - cpu}
    new = set(folder.iterdir()) - files
    at = seen.result()
    return {
        **figures,
        "files": float(len(new)),
        "files_mb": _bytes(new) / 1e6,
        "taken_up_s": max(at - (folder / "nation.json").stat().st_mtime, 0.0),
        "served_s": at - begun,
    }


def _other(grids: gpd.GeoDataFrame) -> str:
    """Give the first grid another code."""
    return str(grids["code"].iloc[0])[:12] + "999"


def _seen(folder: Path, lon: float, lat: float, edition: int, ready: Path) -> float:
    """Ask as a server does; give when the answer comes from a newer edition."""
    lookup = NationalLookup(folder)
    while lookup.find(lon, lat, "wgs84", None).edition == edition:
        ready.touch()
        time.sleep(_ASK_S)
    return time.time()


def _megabytes(nation: SyntheticNation) -> float:
    arrays: tuple[npt.NDArray[np.generic], ...] = (nation.code, nation.rectangle, nation.households)
    return sum(array.nbytes for array in arrays) / 1e6


def _bytes(files: "Iterator[Path] | set[Path]") -> int:
    return sum(path.stat().st_size for path in files)


def _resident_mb(field: str) -> float:
    """Give what is in memory of this process: ``RssAnon`` its own, ``RssFile`` mapped files."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024 / 1e6
