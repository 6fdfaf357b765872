"""Work in parts on a Dask cluster of two worker processes."""

import os
from collections.abc import Iterator
from pathlib import Path

import dask
import geopandas as gpd
import pytest
import shapely
from distributed import LocalCluster

from spatialgov.bulk import outlook, run
from spatialgov.errors import ClusterError, InputError
from spatialgov.locate import Locator, locate_file
from spatialgov.locate.in_parts import LocateFile
from tests.bulk.numbers_job import Numbers


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    # each worker that is killed takes a second to be replaced
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, memory_limit="1GB", host="127.0.0.1", dashboard_address=":0"
        ) as started,
    ):
        yield started.scheduler_address


def test_workers_do_it(cluster: str, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    job = Numbers(tmp_path)
    numbers, pids = run(job, tmp_path / "kept", cluster=cluster, progress=lambda i, n: told.append((i, n)))
    assert numbers == list(range(6))
    assert os.getpid() not in pids
    assert (told[0], told[-1]) == ((0, 6), (6, 6))
    ahead = outlook(job, tmp_path / "kept", cluster=cluster)
    assert (len(ahead.parts), ahead.at_once, ahead.memory) == (6, 2, 600_000_000)


def test_a_worker_that_is_killed_loses_nothing(cluster: str, tmp_path: Path) -> None:
    assert run(Numbers(tmp_path, "once"), tmp_path / "kept", cluster=cluster)[0] == list(range(6))


def test_a_part_that_kills_every_worker_is_named(cluster: str, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="Part 3"):
        run(Numbers(tmp_path, "always"), tmp_path / "kept", cluster=cluster)


def test_what_a_part_says_comes_through(cluster: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        run(Numbers(tmp_path, "refused"), tmp_path / "kept", cluster=cluster)
    assert refused.value.remedy == "do not"


def test_no_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialgov.bulk.on_dask._WAIT_S", 0.5)
    with pytest.raises(ClusterError, match="can't be reached"):
        run(Numbers(tmp_path), tmp_path / "kept", cluster="tcp://127.0.0.1:9")


def test_a_table_is_located_as_by_one_machine(cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialgov.locate.point_tables._CSV_PIECE", 500)
    grids = gpd.GeoDataFrame(
        {"code": ["110101001001001", "110101001001002"], "parent_code": "110101001001"},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)],
        crs=4326,
    )
    locator, source = tmp_path / "two.locator", tmp_path / "points.csv"
    Locator.build(grids).save(locator)
    source.write_text("id,lon,lat\n" + "".join(f"{i},{i / 100},0.5\n" for i in range(250)))
    whole = locate_file(Locator.open(locator), source, tmp_path / "whole.csv", datum="wgs84")
    job = LocateFile(locator, source, tmp_path / "parts.csv", "wgs84")
    report = run(job, tmp_path / "kept", cluster=cluster)
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert report.counts() == whole.counts()
