"""What two workers are worth against one, and what a cluster costs against none."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from spatialgov.bulk import run
from spatialgov.locate import Locator, Report, locate_file
from spatialgov.locate.in_parts import LocateFile
from tests.bench.cluster.crews import cpu_s_of, dask
from tests.bench.cluster.making import Sizes, make_locator, make_points, say
from tests.bench.goals import Figures, Goal, of, ratio

__all__ = ["ABOUT", "GOALS", "measure"]

ABOUT = (
    "Tables of points located in the 20,000 grids of a made-up city. `scaling_…`: CSV with GCJ-02 to Parquet, by one "
    "Dask worker of one thread that is held to one core, and by two on two. `overhead_…`: Parquet to Parquet, WGS 84, "
    "without a cluster (`run`: the same parts in processes on the cores at hand; `threads`: `locate_file` in one "
    "process) and by two Dask workers on the same two cores; wall seconds, from reading the first row until the whole "
    "result is on the disk, and CPU seconds of all processes. Starting processes of Dask is not counted, starting our "
    "own is."
)

GOALS = (
    Goal("rows that were lost", of("rows_lost"), at_most=0),
    Goal("two workers on two cores ≥ 1.7 × one", ratio("scaling_one_worker_s", "scaling_two_workers_s"), at_least=1.7),
    Goal(
        "overhead against the plain local run ≤ 15 %, wall",
        lambda figures: 100 * (figures["overhead_dask_s"] / figures["overhead_run_s"] - 1),
        at_most=15,
    ),
    Goal(
        "overhead against the plain local run ≤ 15 %, CPU",
        lambda figures: 100 * (figures["overhead_dask_cpu_s"] / figures["overhead_run_cpu_s"] - 1),
        at_most=15,
    ),
)


def measure(place: Path, sizes: Sizes) -> Figures:
    """Locate tables with one worker, two and none."""
    say("building a city's locator")
    locator = make_locator(place)
    return {**_scaling(place, locator, sizes.points * 4 // 5), **_overhead(place, locator, sizes.points)}


def _scaling(place: Path, locator: Path, n: int) -> Figures:
    source, target = place / "points.csv", place / "located.parquet"
    make_points(source, n)
    figures: dict[str, float] = {"scaling_points": float(n), "rows_lost": 0.0}
    for workers, name in ((1, "one_worker"), (2, "two_workers")):
        with dask(workers, place, locator) as cluster:
            say(f"locating them: {name}")
            job = LocateFile(locator, source, target, "gcj02")
            before = cpu_s_of(cluster.workers)
            begun = time.perf_counter()
            report = run(job, place / "kept", cluster=cluster.address)
            figures[f"scaling_{name}_s"] = time.perf_counter() - begun
            figures[f"scaling_{name}_cpu_s"] = cpu_s_of(cluster.workers) - before
        figures["rows_lost"] += n - report.located - report.outside
        shutil.rmtree(target)
    source.unlink()
    return figures


def _overhead(place: Path, locator: Path, n: int) -> Figures:
    source = place / "points.parquet"
    make_points(source, n)
    figures: dict[str, float] = {"overhead_points": float(n)}
    opened = Locator.open(locator)
    opened.find_many([0.0], [0.0])  # compiled before the clock starts

    def timed(name: str, processes: list[int], work: Callable[[Path], Report]) -> None:
        say(f"locating them: {name}")
        target = place / f"{name}.parquet"
        before, begun = cpu_s_of(processes), time.perf_counter()
        report = work(target)
        figures[f"overhead_{name}_s"] = time.perf_counter() - begun
        figures[f"overhead_{name}_cpu_s"] = cpu_s_of(processes) - before
        assert report.located + report.outside == n
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    me = os.getpid()
    kept = place / "kept"
    timed("threads", [me], lambda target: locate_file(opened, source, target, datum="wgs84"))
    timed("run", [me], lambda target: run(LocateFile(locator, source, target, "wgs84"), kept))
    with dask(2, place, locator) as cluster:
        timed(
            "dask",
            [me, *cluster.workers],
            lambda target: run(LocateFile(locator, source, target, "wgs84"), kept, cluster=cluster.address),
        )
    source.unlink()
    return figures
