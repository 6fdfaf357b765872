"""What the capacity guide needs and no other benchmark measures: bytes of a row, writes a second, CPU of a request."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from spatialgov.acts import Act
from spatialgov.nation import Counts, NationalTable, SyntheticNation
from spatialgov.sample import boundaries_dir
from spatialgov.store import Store
from spatialgov.workspace import Period, Workspace
from tests.bench.cluster.making import Sizes, say
from tests.bench.cluster.serving import served
from tests.bench.goals import Figures, Goal, of
from tests.bench.loading.__main__ import make_file, run_apart, town
from tests.postgres_cluster import NotInstalledError, running_cluster

__all__ = ["ABOUT", "GOALS", "measure"]

ABOUT = (
    "`sqlite_…`, `postgis_…`: incidents loaded from CSV and assigned to grids; CPU of ours alone, and the longest time "
    "that the lock of the store was held, in which nobody else can write to a SQLite file. Writes: small ones (an "
    "entry of the audit log each) by one thread and by eight, each answered when it is on the disk. `cube_…`: the "
    "columns that heat maps and counts come from. Requests: CPU of a server of one process (`spatialgov serve`), on "
    "one connection, one after the other, so that it wakes up for each (a fifth of that where many ask at once: locate "
    "over HTTP); the national table has 20 cities and 20,000 grids. Bulk requests have 100,000 points each, as "
    "Arrow."
)

GOALS = (
    Goal("one lookup takes the server ≤ 100 µs", of("locate_us"), at_most=100),
    Goal("one lookup in the national table takes it ≤ 1.5 ms", of("nation_locate_us"), at_most=1500),
    Goal("a server of one process has ≤ 600 MB", of("server_mb"), at_most=600),
)

_NATION = Counts(4, 20, 100, 300, 4_000, 20_000)
_WRITING_S = 3.0
_POINTS = 100_000
_ARROW = "application/vnd.apache.arrow.stream"


def measure(place: Path, sizes: Sizes) -> Figures:
    """Measure the stores, then a server."""
    figures: dict[str, float] = {"incidents": float(sizes.incidents)}
    file = place / "incidents.csv"
    say(f"making {sizes.incidents:,} incidents")
    make_file(file, sizes.incidents, seed=1)
    with ExitStack() as stack:
        for backend in ("sqlite", "postgis"):
            data_dir = place / backend
            data_dir.mkdir()
            url = f"sqlite:///{data_dir / 'spatialgov.db'}"
            if backend == "postgis":
                try:
                    cluster = stack.enter_context(running_cluster(fsync=True))
                except NotInstalledError as missing:
                    say(str(missing))
                    continue
                url = cluster.url(cluster.new_database())
            say(f"loading them: {backend}")
            town(url, data_dir)
            figures |= {f"{backend}_{name}": value for name, value in _store(url, data_dir, file).items()}
    figures |= _units(place / "units")
    figures |= _cube(place / "sqlite", sizes.incidents)
    figures |= _requests(place)
    return figures


def _store(url: str, data_dir: Path, file: Path) -> dict[str, float]:
    before = _store_bytes(data_dir)
    said = run_apart("load", url, data_dir, {"file": str(file)})
    figures = {
        "incidents_a_cpu_s": said["accepted"] / said["cpu_s"],
        "load_s": said["wall_s"],
        "lock_s": said["lock_s"],
        "load_peak_mb": said["peak_mib"] * 2**20 / 1e6,
    }
    if (grown := _store_bytes(data_dir) - before) > 0:
        figures["bytes_an_incident"] = grown / said["accepted"]
    with Store.open(url) as store:
        for writers in (1, 8):
            figures[f"writes_a_s_by_{writers}"] = _writes(store, writers)
    return figures


def _writes(store: Store, writers: int) -> float:
    """Give how many small writes a second so many threads have answered."""
    end = time.monotonic() + _WRITING_S

    def write(_writer: int) -> int:
        done = 0
        while time.monotonic() < end:
            store.audit.add(Act("capacity", "benchmark"), "done")
            done += 1
        return done

    with ThreadPoolExecutor(writers) as threads:
        return sum(threads.map(write, range(writers))) / _WRITING_S


def _units(data_dir: Path) -> Figures:
    with Workspace.open(data_dir) as workspace:
        before = _store_bytes(data_dir)
        workspace.imports.units(boundaries_dir() / "sample" / "units.geojson", keep=["community_code"])
        n = len(workspace.store.unit_set(1))
    return {"units": float(n), "bytes_a_unit": (_store_bytes(data_dir) - before) / n}


def _cube(data_dir: Path, n: int) -> Figures:
    say("making the cube")
    with Workspace.open(data_dir) as workspace:
        begun = time.process_time()
        workspace.analysis.cell_counts(9, Period())
        figures = {"cube_first_answer_cpu_s": time.process_time() - begun}
        begun = time.process_time()
        workspace.analysis.cell_counts(9, Period())
        figures["cube_answer_cpu_ms"] = 1e3 * (time.process_time() - begun)
    size = sum(path.stat().st_size for path in (data_dir / "cubes").rglob("*") if path.is_file())
    return {**figures, "cube_bytes_an_incident": size / n}


def _requests(place: Path) -> Figures:
    say("publishing a national table of 20 cities")
    nation = SyntheticNation.build(_NATION)
    NationalTable(place / "nation").publish(nation.each_city())
    rng = np.random.default_rng(5)
    near = rng.uniform(116.605, 116.635, 1_000), rng.uniform(33.9, 33.93, 1_000)
    far = rng.uniform(75.0, 134.0, 1_000), rng.uniform(19.0, 53.0, 1_000)
    with served(place / "sqlite", "--nation", str(place / "nation")) as server:
        figures = {"server_idle_mb": server.peak_mb()}
        for path, (lon, lat), n in (("locate", near, 20_000), ("nation/locate", far, 3_000)):
            say(f"asking /api/v1/{path}")
            name = path.replace("/", "_")
            targets = [f"/api/v1/{path}?lon={x:.7f}&lat={y:.7f}&datum=wgs84" for x, y in zip(lon, lat, strict=True)]
            figures[f"{name}_us"] = 1e6 * server.cpu_s(targets, n)
            body = _arrow(rng.choice(lon, _POINTS), rng.choice(lat, _POINTS))
            cpu_s = server.cpu_s([f"/api/v1/{path}?datum=wgs84"], 30, body, _ARROW)
            figures[f"{name}_points_a_cpu_s"] = _POINTS / cpu_s
        figures["heatmap_ms"] = 1e3 * server.cpu_s(["/api/v1/heatmap?resolution=9"], 20)
        return {**figures, "server_mb": server.peak_mb()}


def _arrow(lon: Any, lat: Any) -> bytes:
    sink = pa.BufferOutputStream()
    table = pa.table({"lon": lon, "lat": lat})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def _store_bytes(data_dir: Path) -> int:
    return sum(path.stat().st_size for path in data_dir.glob("spatialgov.db*"))
