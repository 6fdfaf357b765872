"""Bulk work on an S3 server: read by ranges, kept there, written there, with nothing else in common."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result

from spatialgov import places
from spatialgov.bulk import Hands, here, save_data
from spatialgov.bulk import run as run_job
from spatialgov.errors import InputError, UnreadableFileError
from spatialgov.language import using_language
from spatialgov.locate import point_tables
from spatialgov.locate.point_tables import open_points
from spatialgov.object_store import Remote
from spatialgov.threads import on_cores
from spatialgov.workspace import Workspace
from tests.bulk.numbers_job import GivenNumbers
from tests.incident_town import found_incident_town
from tests.object_store import BUCKET, ObjectStore, object_store
from tests.soak.town import SIDE, SOUTH, UNITS, WEST, found_town

Run = Callable[..., Result]
N, PIECE = 1500, 500
S3 = f"s3://{BUCKET}"


@pytest.fixture(scope="module")
def served() -> Iterator[ObjectStore]:
    with object_store() as store:
        yield store


@pytest.fixture
def objects(served: ObjectStore) -> ObjectStore:
    served.empty()
    return served


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    with Workspace.open(folder / "data") as workspace:
        found_town(workspace, folder)
    return folder / "data"


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(point_tables, "_PARQUET_PIECE", PIECE)


def points(n: int = N) -> pa.Table:
    rng = np.random.default_rng(0)
    wide = SIDE * UNITS
    return pa.table(
        {
            "id": [f"{i:06d}" for i in range(n)],
            "lon": WEST - wide / 8 + 1.2 * wide * rng.random(n),
            "lat": SOUTH + wide * rng.random(n),
            "noise": [rng.bytes(50).hex() for _ in range(n)],
        }
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("points") / "points.parquet"
    pq.write_table(points(), path, row_group_size=250)
    return path


def located(run: Run, founded: Path, *arguments: object) -> Result:
    result = run("locate", *arguments, "--datum", "wgs84", "--data-dir", founded, "--json")
    assert result.exit_code == 0, result.stderr
    return result


@pytest.fixture(scope="module")
def expected(run: Run, founded: Path, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with what comes of the points on this machine: as a file, and as the files of three parts."""
    folder = tmp_path_factory.mktemp("expected")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(point_tables, "_PARQUET_PIECE", PIECE)
        located(run, founded, source, "-o", folder / "whole.parquet")
        located(run, founded, source, "-o", folder / "parts.parquet", "--parts", folder / "kept")
    assert len(list((folder / "parts.parquet").iterdir())) == N // PIECE
    return folder


def same_as(objects: ObjectStore, name: str, folder: Path) -> None:
    """Compare the objects of a folder with the files of another, byte by byte."""
    there = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert objects.names(f"{name}/") == [f"{name}/{one}" for one in ["_SUCCESS", *sorted(there)]]
    assert {one: objects.read(f"{name}/{one}") for one in there} == there


def test_a_file_without_parts(run: Run, founded: Path, source: Path, expected: Path, objects: ObjectStore) -> None:
    url = objects.write("in/points.parquet", source.read_bytes())
    said = located(run, founded, url, "-o", f"{S3}/out/located.parquet")
    assert f"Written: {S3}/out/located.parquet" in said.stderr
    assert objects.names() == ["in/points.parquet", "out/located.parquet"]
    assert objects.read("out/located.parquet") == (expected / "whole.parquet").read_bytes()


def test_parts_of_a_run_that_was_broken_off(
    run: Run, founded: Path, source: Path, expected: Path, objects: ObjectStore
) -> None:
    url = objects.write("in/points.parquet", source.read_bytes())
    asked = (url, "-o", f"{S3}/out.parquet", "--parts", f"{S3}/work")
    objects.refuse = lambda method, path: method == "PUT" and path.endswith("part-000001.parquet")
    broken = run("locate", *asked, "--datum", "wgs84", "--data-dir", founded)
    assert broken.exit_code == 1
    assert "access is denied" in broken.stderr
    assert objects.names("out") == []
    objects.refuse = lambda _method, _path: False
    ahead = located(run, founded, *asked, "--dry-run")
    assert "3 parts, 1 of them done" in ahead.stderr
    objects.asked.clear()
    located(run, founded, *asked)
    made = sorted(one.path.rpartition("/")[2] for one in objects.asked if one.method == "PUT" and "work/" in one.path)
    assert made == [f"part-00000{i}{end}" for i in (1, 2) for end in (".outcome.json", ".parquet")]
    same_as(objects, "out.parquet", expected / "parts.parquet")
    assert objects.names("work") == []


def test_processes_of_this_machine(objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here, "_ALONE_S", 0.0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    work = Remote(f"{S3}/work")
    job = GivenNumbers(save_data(work, "numbers", {}, {"numbers": np.arange(6) ** 2}))
    with on_cores(2):
        numbers, pids = run_job(job, work)
    assert numbers == [0, 1, 4, 9, 16, 25]
    assert os.getpid() not in pids
    assert objects.names() == []
    places._copied.cache_clear()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_workers_with_nothing_else_in_common(
    run: Run, founded: Path, source: Path, expected: Path, objects: ObjectStore, tmp_path: Path
) -> None:
    from distributed import LocalCluster

    url = objects.write("in/points.parquet", source.read_bytes())
    path = os.pathsep.join(str(Path(one).absolute()) for one in os.environ.get("PYTHONPATH", "").split(os.pathsep))
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=":0") as cluster,
        ExitStack() as workers,
    ):
        for name in ("one", "other"):
            (tmp_path / name / "tmp").mkdir(parents=True)
            command = [sys.executable, "-m", "dask", "worker", cluster.scheduler_address, "--nthreads", "1"]
            process = subprocess.Popen(
                [*command, "--no-nanny", "--no-dashboard", "--memory-limit", "1GB", "--name", name],
                cwd=tmp_path / name,
                env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(tmp_path / name / "tmp")},
                stderr=subprocess.DEVNULL,
            )
            workers.callback(process.wait)
            workers.callback(process.terminate)
        located(
            run,
            founded,
            url,
            "-o",
            f"{S3}/out.parquet",
            "--parts",
            f"{S3}/work",
            "--cluster",
            cluster.scheduler_address,
        )
    same_as(objects, "out.parquet", expected / "parts.parquet")
    assert objects.names("work") == []
    fetched = [one for one in objects.asked if one.method == "GET" and one.path.endswith(".locator")]
    assert 1 <= len(fetched) <= 2  # once by each worker that had a part


def test_a_folder_of_files_is_one_table(
    run: Run, founded: Path, expected: Path, objects: ObjectStore, tmp_path: Path
) -> None:
    folder = tmp_path / "points.parquet"
    folder.mkdir()
    table = points()
    for i, begin in enumerate(range(0, N, 500)):
        pq.write_table(table.slice(begin, 500), folder / f"part-{i}.parquet", row_group_size=250)
        objects.write(f"in/points.parquet/part-{i}.parquet", (folder / f"part-{i}.parquet").read_bytes())
    objects.write("in/points.parquet/_SUCCESS", b"")
    located(run, founded, f"{S3}/in/points.parquet", "-o", tmp_path / "whole.parquet")
    assert pq.read_table(tmp_path / "whole.parquet").equals(pq.read_table(expected / "whole.parquet"))
    located(run, founded, folder, "-o", f"{S3}/out.parquet", "--parts", f"{S3}/work")
    same_as(objects, "out.parquet", expected / "parts.parquet")
    located(run, founded, f"{S3}/in/points.parquet", "-o", tmp_path / "parts.parquet", "--parts", tmp_path / "kept")
    same_as(objects, "out.parquet", tmp_path / "parts.parquet")


def test_a_part_reads_its_rows_and_no_more(objects: ObjectStore, tmp_path: Path) -> None:
    pq.write_table(points(5000), tmp_path / "points.parquet", row_group_size=100)
    n_bytes = (tmp_path / "points.parquet").stat().st_size
    url = objects.write("points.parquet", (tmp_path / "points.parquet").read_bytes())
    objects.asked.clear()
    table = open_points(Remote(url).pinned(), "wgs84", "lon", "lat")
    assert table.pieces()[3] == (15, 20)
    rows = pa.Table.from_batches(table.batches((15, 20)), table.schema)
    assert rows.equals(points(5000).slice(1500, 500))
    asked = [one for one in objects.asked if one.method == "GET"]
    assert sum(one.n_bytes for one in asked) < n_bytes / 10 + 2**16  # the end of the file, read in one go


def test_a_csv_is_written_and_not_read(
    run: Run, founded: Path, source: Path, objects: ObjectStore, tmp_path: Path
) -> None:
    located(run, founded, source, "-o", tmp_path / "out.csv")
    for options in ((), ("--parts", f"{S3}/work")):
        located(run, founded, source, "-o", f"{S3}/out.csv", *options)
        assert objects.names() == ["out.csv"]
        assert objects.read("out.csv") == (tmp_path / "out.csv").read_bytes()
    refused = run("locate", f"{S3}/out.csv", "-o", tmp_path / "o.csv", "--datum", "wgs84", "--data-dir", founded)
    assert refused.exit_code == 1
    assert f"{S3}/out.csv is not Parquet" in refused.stderr


def test_what_was_there_is_replaced_or_left_alone(
    run: Run, founded: Path, source: Path, objects: ObjectStore, tmp_path: Path
) -> None:
    pq.write_table(points(700), tmp_path / "few.parquet", row_group_size=100)
    located(run, founded, source, "-o", f"{S3}/out.parquet")
    located(run, founded, source, "-o", f"{S3}/out.parquet", "--parts", f"{S3}/work")
    assert len(objects.names()) == 1 + N // PIECE
    located(run, founded, tmp_path / "few.parquet", "-o", f"{S3}/out.parquet", "--parts", tmp_path / "kept")
    assert objects.names() == [
        f"out.parquet/{name}" for name in ("_SUCCESS", "part-000000.parquet", "part-000001.parquet")
    ]
    asked = ("locate", source, "-o", f"{S3}/out.parquet", "--datum", "wgs84", "--data-dir", founded)
    in_the_way = run(*asked)
    assert (in_the_way.exit_code, "a folder of this name" in in_the_way.stderr) == (1, True)
    objects.write("out.parquet/mine.txt", b"mine")
    for options in ((), ("--parts", f"{S3}/work")):
        assert run(*asked, *options).exit_code == 1
    assert len(objects.names("out.parquet/")) == 4


def test_incidents_of_files_in_a_store(run: Run, objects: ObjectStore, tmp_path: Path) -> None:
    with found_incident_town(tmp_path) as workspace:
        frame = workspace.store.incidents()
    table = pd.DataFrame(frame[["source_id", "category", "occurred_at"]])
    table = table.assign(lon=frame.geometry.x, lat=frame.geometry.y)
    table.to_parquet(tmp_path / "archive.parquet", index=False, row_group_size=200)
    url = objects.write("archive.parquet", (tmp_path / "archive.parquet").read_bytes())
    options = ("--data-dir", tmp_path / "town", "--json")
    spots = ("hotspots", "--resolution", "9", "--datum", "wgs84", *options)
    here_found = run(*spots, "--incidents", tmp_path / "archive.parquet")
    found = run(*spots, "--incidents", url, "--parts", f"{S3}/work")
    assert (found.exit_code, found.stdout) == (0, here_found.stdout), found.stderr
    density = ("density", "--cell", "50", "--bandwidth", "120", *options)
    assert run(*density, "--parts", f"{S3}/work").stdout == run(*density).stdout
    lent = [one.path for one in objects.asked if one.method == "PUT" and one.path.endswith(".cube")]
    assert len(lent) == 2
    assert objects.names() == ["archive.parquet"]


@pytest.mark.parametrize("parts", [False, True])
def test_incidents_are_imported_from_a_store(run: Run, founded: Path, objects: ObjectStore, parts: bool) -> None:
    line = f"E{parts}{{0}},0101,2026-05-01T08:30:00+08:00,{WEST + SIDE / 2},{SOUTH + SIDE / 2}\n"
    text = "source_id,category,occurred_at,lon,lat\n" + "".join(line.format(i) for i in range(9))
    url = objects.write("events.csv", text.encode())
    options = ("--parts", f"{S3}/work") if parts else ()
    said = run("import", "incidents", url, "--datum", "wgs84", "--data-dir", founded, "--json", *options)
    assert said.exit_code == 0, said.stderr
    assert json.loads(said.stdout)["located"] == 9
    assert objects.names() == ["events.csv"]


def test_a_partition_keeps_its_parts_in_a_store(
    run: Run, units_file: Path, objects: ObjectStore, tmp_path: Path
) -> None:
    asked = ("partition", units_file, "--within", "community_code")
    for name, options in (("whole", ()), ("parts", ("--parts", f"{S3}/work"))):
        assert run(*asked, "-o", tmp_path / f"{name}.gpkg", *options).exit_code == 0
    whole, parts = (gpd.read_file(tmp_path / f"{name}.gpkg", layer="grids") for name in ("whole", "parts"))
    pd.testing.assert_frame_equal(whole, parts)
    assert any(one.method == "PUT" and "work/grounds-" in one.path for one in objects.asked)
    assert objects.names() == []


def test_an_object_that_changes_is_not_read_on(run: Run, founded: Path, source: Path, objects: ObjectStore) -> None:
    url = objects.write("in/points.parquet", source.read_bytes())

    def change(method: str, path: str) -> bool:
        if method == "PUT" and path.endswith("part-000001.parquet"):
            objects.refuse = lambda _method, _path: False
            objects.write("in/points.parquet", source.read_bytes() + b" ")
        return False

    objects.refuse = change
    asked = (
        "locate",
        url,
        "-o",
        f"{S3}/out.parquet",
        "--parts",
        f"{S3}/work",
        "--datum",
        "wgs84",
        "--data-dir",
        founded,
    )
    changed = run(*asked)
    assert changed.exit_code == 1
    assert f"{url} can't be used: it was changed while it was being read" in changed.stderr
    pq.write_table(points(), source.with_name("other.parquet"), row_group_size=50)
    objects.write("in/points.parquet", source.with_name("other.parquet").read_bytes())
    assert "3 parts, 0 of them done" in run(*asked, "--dry-run").stderr  # what is kept is of another file


@pytest.mark.parametrize(
    ("url", "why", "remedy", "zh"),
    [
        ("s3://elsewhere/points.parquet", "no such file or bucket", "Check the address", "没有该文件或存储桶"),
        (f"{S3}/none.parquet", "no such file or bucket", "Check the address", "没有该文件或存储桶"),
        (f"{S3}/secret/points.parquet", "access is denied", "AWS_ACCESS_KEY_ID", "访问被拒绝"),
        ("s3://key:word@bucket/points.parquet", "does not answer as it should", "AWS_ENDPOINT_URL", "未正常响应"),
        ("gs://bucket/points.parquet", "not installed", "pip install gcsfs", "未安装"),
        ("none://bucket/points.parquet", "not known", "s3://bucket/folder/file", "无法识别"),
    ],
)
def test_what_can_not_be_read(objects: ObjectStore, url: str, why: str, remedy: str, zh: str) -> None:
    objects.refuse = lambda _method, path: path.startswith("secret")
    with pytest.raises(InputError) as told:
        open_points(Remote(url), "wgs84", "lon", "lat")
    assert told.value.message.startswith(f"{url.replace('key:word@', '')} can't be used: ")
    assert why in told.value.message
    assert remedy in told.value.remedy
    assert "word" not in str(told.value)
    with using_language("zh"), pytest.raises(InputError, match=zh):
        Remote(url).pinned()


def test_what_can_not_be_written(run: Run, founded: Path, source: Path, objects: ObjectStore) -> None:
    objects.refuse = lambda method, path: method == "PUT" and path.startswith("shut")
    asked = ("locate", source, "--datum", "wgs84", "--data-dir", founded)
    for options in (
        ("-o", f"{S3}/shut/out.parquet"),
        ("-o", f"{S3}/shut/out.parquet", "--parts", f"{S3}/work"),
        ("-o", f"{S3}/out.parquet", "--parts", f"{S3}/shut/work"),
        ("-o", "s3://elsewhere/out.parquet"),
    ):
        said = run(*asked, *options)
        assert (said.exit_code, "can't be used" in said.stderr) == (1, True), said.stderr
    assert objects.names("out") == []


def test_a_store_out_of_reach(
    run: Run, founded: Path, objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects.system().clear_instance_cache()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("FSSPEC_S3_RETRIES", "1")
    said = run("locate", f"{S3}/p.parquet", "-o", tmp_path / "out.parquet", "--datum", "wgs84", "--data-dir", founded)
    assert said.exit_code == 1
    assert "the store does not answer as it should" in said.stderr
    assert "AWS_ENDPOINT_URL" in said.stderr
    objects.system().clear_instance_cache()


def test_text_of_anyone_else_is_a_path(founded: Path, source: Path, objects: ObjectStore, tmp_path: Path) -> None:
    url = objects.write("points.parquet", source.read_bytes())
    objects.asked.clear()
    with Workspace.open(founded) as workspace:
        hands = Hands(tmp_path / "kept")
        for work in (
            lambda: workspace.locations.locate_file(url, tmp_path / "out.parquet", datum="wgs84"),
            lambda: workspace.locations.locate_file_in_parts(url, tmp_path / "out.parquet", hands, datum="wgs84"),
            lambda: workspace.imports.incidents(url, datum="wgs84"),
        ):
            with pytest.raises(UnreadableFileError, match="no such file"):
                work()
    assert objects.asked == []
