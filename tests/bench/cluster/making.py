"""What the tasks make: a folder to work in, a city's locator, tables of points; and what they say meanwhile."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from spatialgov.locate import Locator
from spatialgov.nation import Counts, SyntheticNation

__all__ = ["CITY", "Sizes", "make_locator", "make_points", "say", "working_folder"]

CITY = Counts(1, 1, 10, 150, 2_000, 20_000)
_PIECE = 2**20
_BYTES_A_POINT = 60
"""On the disk, with the answers, and with those of the run before that are removed when the next are there."""
_begun = time.monotonic()


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: see the options of the command."""

    points: int
    many: int
    incidents: int


def say(what: str) -> None:
    """Tell whoever waits what is being done."""
    print(f"[{time.monotonic() - _begun:5.0f} s] {what}", file=sys.stderr, flush=True)


@contextmanager
def working_folder(parent: Path, task: str) -> Iterator[Path]:
    """Give a new folder, removed afterwards with all that was put there."""
    place = Path(tempfile.mkdtemp(dir=parent, prefix=f"bench-cluster-{task}-"))
    try:
        yield place
    finally:
        shutil.rmtree(place)


def make_locator(place: Path) -> Path:
    """Write the locator of a made-up city of 20,000 grids."""
    nation = SyntheticNation.build(CITY)
    path = place / "city.locator"
    Locator.build(nation.grids(nation.cities[0])).save(path)
    return path


def make_points(path: Path, n: int) -> None:
    """Write places all over the city, made piece by piece: ``id``, ``lon``, ``lat`` (7 decimals); CSV or Parquet."""
    if (free := shutil.disk_usage(path.parent).free) < n * _BYTES_A_POINT:
        raise SystemExit(f"{path.parent} has {free:,} bytes free; {n:,} points take {n * _BYTES_A_POINT:,}")
    say(f"making {n:,} points ({path.suffix[1:]})")
    nation = SyntheticNation.build(Counts(1, 1, 1, 1, 1, 1))  # the bounds are the same
    schema = pa.schema({"id": pa.int64(), "lon": pa.float64(), "lat": pa.float64()})
    rng = np.random.default_rng(7)
    writer = (
        pa.csv.CSVWriter(path, schema)
        if path.suffix == ".csv"
        else pq.ParquetWriter(path, schema, use_dictionary=False, write_statistics=False)
    )
    with writer:
        for begin in range(0, n, _PIECE):
            size = min(_PIECE, n - begin)
            lon, lat = nation.points(size, rng)
            ids = np.arange(begin, begin + size)
            writer.write_batch(pa.record_batch([ids, lon.round(7), lat.round(7)], schema=schema))
