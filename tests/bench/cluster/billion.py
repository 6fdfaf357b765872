"""Whether memory grows with the number of points."""

import os
import shutil
import time
from pathlib import Path

from spatialgov.bulk import run
from spatialgov.locate.in_parts import LocateFile
from tests.bench.cluster.crews import dask, forget_peak, peak_mb_of
from tests.bench.cluster.making import Sizes, make_locator, make_points, say
from tests.bench.goals import Figures, Goal, of, ratio

__all__ = ["ABOUT", "GOALS", "measure"]

ABOUT = (
    "Points made piece by piece as Parquet on the disk, located by two Dask workers of one thread and 2 GB each: a "
    "quarter of the points, and all of them (200 million; `--many 1000000000` makes it the billion, which takes 60 GB "
    "of disk). The most memory that the worker which took most had at once, mapped files included, and the most of the "
    "process that sends the parts. If the larger table takes no more than the smaller, nothing that is kept grows with "
    "the points: `billion_s` is the time of the larger one times what is missing to a billion, and was not run."
)

GOALS = (
    Goal("rows that were lost", of("rows_lost"), at_most=0),
    Goal("memory of a worker: four times the points ≤ 1.1 ×", ratio("worker_mb", "quarter_worker_mb"), at_most=1.1),
    Goal("memory of the sender: four times the points ≤ 1.1 ×", ratio("sender_mb", "quarter_sender_mb"), at_most=1.1),
    Goal("memory of a worker ≤ 2,000 MB", of("worker_mb"), at_most=2_000),
)


def measure(place: Path, sizes: Sizes) -> Figures:
    """Locate two tables, one four times as long as the other."""
    say("building a city's locator")
    locator = make_locator(place)
    figures: dict[str, float] = {"points": float(sizes.many), "rows_lost": 0.0}
    for part, name in ((4, "quarter_"), (1, "")):
        n = sizes.many // part
        source, target = place / "points.parquet", place / "located.parquet"
        make_points(source, n)
        with dask(2, place, locator, memory="2GB") as cluster:
            for process in (os.getpid(), *cluster.workers):
                forget_peak(process)
            say("locating them")
            begun = time.perf_counter()
            report = run(LocateFile(locator, source, target, "wgs84"), place / "kept", cluster=cluster.address)
            figures[f"{name}s"] = time.perf_counter() - begun
            figures[f"{name}worker_mb"] = max(map(peak_mb_of, cluster.workers))
            figures[f"{name}sender_mb"] = peak_mb_of(os.getpid())
        figures["rows_lost"] += n - report.located - report.outside
        source.unlink()
        shutil.rmtree(target)
    figures["billion_s"] = figures["s"] * 1e9 / sizes.many
    return figures
