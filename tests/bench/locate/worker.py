"""One task in a process of its own, so that its time and memory are nobody else's.

``python -m tests.bench.locate.worker JSON`` prints a JSON object as its last line.
"""

import json
import math
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numba import njit

from spatialgov.locate import Locator, locate_file
from tests.bench.locate.adversarial import differences
from tests.bench.locate.methods import prepare
from tests.bench.locate.tilings import Tiling, make_tiling, random_points
from tests.bench.partition.worker import memory_mib

__all__: list[str] = []

_STATUS = Path("/proc/self/clear_refs")
_BATCH = 2**20


def bulk(folder: str, grids: int, method: str, points: int, repeats: int, limit_s: float) -> dict[str, float]:
    """Time one method; its positions go into a file beside the tiling."""
    run = prepare(method, _tiling(folder, grids))
    lon, lat = random_points(points)
    run(lon[:10_000], lat[:10_000])
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + limit_s), resource.RLIM_INFINITY))
    answers = [run(lon, lat) for _ in range(repeats)]
    np.save(f"{folder}/{method}-{grids}-{points}.npy", answers[0][0])
    return {"cpu_s": median(seconds for _, seconds in answers)}


def table_read(folder: str, grids: int, points: int, repeats: int) -> dict[str, float]:
    """Time what no answer can do without: read a point, find its cell, read one entry of a table as large, write."""
    cells = Locator.build(_tiling(folder, grids).frame())._cells
    lon, lat = random_points(points)
    out = np.empty(points, dtype=np.uint32)
    parts = np.arange(64 * cells.n_cols * cells.n_rows, dtype=np.uint32)
    place = (8 * cells.x_scale, 8 * cells.y_scale, 8 * cells.col0, 8 * cells.row0, 8 * cells.n_cols, parts)
    _bare(lon[:1000], lat[:1000], out, *place)
    return {"cpu_s": median(_timed(lambda: _bare(lon, lat, out, *place)) for _ in range(repeats))}


def index(folder: str, grids: int) -> dict[str, float]:
    """Build, save, open, ask one by one."""
    _warm_up()
    frame = _tiling(folder, grids).frame()
    _STATUS.write_text("5", encoding="ascii")
    before = memory_mib("VmRSS")
    begun, wall = time.process_time(), time.perf_counter()
    built = Locator.build(frame)
    figures = {
        "build_cpu_s": time.process_time() - begun,
        "build_wall_s": time.perf_counter() - wall,
        "build_mb": (memory_mib("VmHWM") - before) * 1.048576,
    }
    file = Path(folder) / f"{grids}.locator"
    built.save(file)
    figures["file_mb"] = file.stat().st_size / 1e6
    opened, first = [], []
    for _ in range(5):
        wall = time.perf_counter()
        locator = Locator.open(file)
        opened.append((time.perf_counter() - wall) * 1e3)
        locator.find(114.0, 23.0)
        first.append((time.perf_counter() - wall) * 1e3)
    places = list(zip(*(axis.tolist() for axis in random_points(100_000)), strict=True))
    figures["locate_us"] = _timed(lambda: _ask(locator.locate, places)) * 10
    figures["find_us"] = _timed(lambda: _ask(locator.find, places)) * 10
    lon, lat = random_points(200_000)
    figures["border_us"] = _timed(lambda: locator.border_m(lon, lat)) * 5
    return figures | {"open_ms": median(opened), "first_ms": median(first)}


def adversarial(points: int) -> dict[str, float]:
    """Count differences from rational arithmetic."""
    return differences(points)


def files(folder: str, grids: int, points: int, datum: str) -> dict[str, float]:
    """Copy a file batch by batch, then locate it."""
    source, target = Path(folder) / f"{points}.parquet", Path(folder) / "out.parquet"
    _make_points(source, points)
    locator = Locator.open(Path(folder) / f"{grids}.locator")
    locator.verify()
    small = Path(folder) / "small.parquet"
    _make_points(small, 10_000)
    locate_file(locator, small, target, datum=datum)
    figures = {"copy_s": _wall(lambda: _copy(source, target))}
    _STATUS.write_text("5", encoding="ascii")
    figures["locate_s"] = _wall(lambda: locate_file(locator, source, target, datum=datum))
    return figures | {"peak_mb": memory_mib("VmHWM") * 1.048576}


def _ask(one: Callable[[float, float], object], places: list[tuple[float, float]]) -> None:
    for lon, lat in places:
        one(lon, lat)


def _make_points(file: Path, n: int) -> None:
    if not file.exists():
        schema = pa.schema([("id", pa.int64()), ("lon", pa.float64()), ("lat", pa.float64())])
        with pq.ParquetWriter(file, schema) as writer:
            for first in range(0, n, _BATCH):
                m = min(_BATCH, n - first)
                lon, lat = random_points(m, seed=first)
                writer.write_table(pa.table([np.arange(first, first + m), lon, lat], schema=schema))


def _copy(source: Path, target: Path) -> None:
    # without pre-buffering: what it keeps would stay in the pool and count as ours
    with (
        pq.ParquetFile(source, buffer_size=2**22, pre_buffer=False) as file,
        pq.ParquetWriter(target, file.schema_arrow) as writer,
    ):
        for batch in file.iter_batches(_BATCH):
            writer.write_batch(batch)


def _tiling(folder: str, grids: int) -> Tiling:
    with np.load(f"{folder}/{grids}.npz") as stored:
        return Tiling(stored["xy"], stored["starts"])


def _warm_up() -> None:
    """Have the kernels compiled and loaded."""
    locator = Locator.build(make_tiling(100, 10).frame())
    locator.find(114.0, 23.0)
    locator.find(113.0, 22.0)
    locator.border_m([114.0], [23.0])


def _timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _wall(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@njit
def _bare(lon, lat, out, x_scale, y_scale, col0, row0, n_cols, table):  # type: ignore[no-untyped-def]
    for i in range(len(lon)):
        out[i] = table[(math.floor(lat[i] * y_scale) - row0) * n_cols + math.floor(lon[i] * x_scale) - col0]


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    tasks: dict[str, Callable[..., dict[str, float]]] = {
        "bulk": bulk, "table_read": table_read, "index": index, "adversarial": adversarial, "files": files,
    }  # fmt: skip
    print(json.dumps(tasks[task.pop("task")](**task)))
