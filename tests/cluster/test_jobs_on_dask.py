"""Incidents and coverage on Dask with 1, 2 and 4 workers: as at once, to the last bit, in the memory foreseen."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from distributed import LocalCluster

from spatialgov.bulk import Done, Hands, Job, Part
from spatialgov.coverage import Demands, demands, gaps, see, states_of, study_areas, views_of
from spatialgov.coverage.in_parts import gap_parts, see_in_parts, states_in_parts
from spatialgov.incidents import Raster, density, forecast, h3_counts
from spatialgov.incidents.cube import Cube
from spatialgov.incidents.in_parts import (
    CellCounts,
    CubeOfFiles,
    CubeSlice,
    cube_files,
    density_of_cube,
    walked_in_parts,
)
from spatialgov.projection import metric_crs, project, unproject
from tests.incident_town import ZONE, found_incident_town
from tests.same import assert_same
from tests.workspace.test_jobs import ended, running, until

LON, LAT = 117.0, 39.7
CRS = metric_crs(LON, LAT)
X, Y = 500_000.0, 4_400_000.0
N_CAMERAS, SIDE_M = 3000, 4500.0
N_INCIDENTS = 400_000
SMALL = 500_000_000
"""Bytes of a part, so that there are several."""

Answer = Callable[[Hands | None], Any]
"""Gives the result of a family of jobs; without hands at once."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """Hands that do each part in a process of its own, and note the memory that it took and that was foreseen."""

    folder: Path
    memory: int = SMALL
    noted: list[tuple[str, int, int]] = field(default_factory=list)

    def do(self, job: Job) -> Any:
        place = self.folder / job.name
        place.mkdir(parents=True)
        done = []
        anyhow = _in_a_process(None, None, place)
        for part in job.parts(self.memory):
            result = place / f"{part.number}{job.suffix}"
            peak, outcome = _in_a_process(job, Part(**json.loads(json.dumps(asdict(part)))), result)
            self.noted.append((f"{job.name} {part.number}", peak - anyhow[0], part.bytes))
            done.append(Done(result, outcome))
        return job.finish(done)


def _in_a_process(job: Job | None, part: Part | None, result: Path) -> tuple[int, Mapping[str, Any]]:
    with ProcessPoolExecutor(1, get_context("spawn")) as one:
        return one.submit(_peak, job, part, result).result()


def _peak(job: Job | None, part: Part | None, result: Path) -> tuple[int, Mapping[str, Any]]:
    outcome = {} if job is None or part is None else job.work(part, result)
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    # not getrusage: its peak is that of the process which this one was forked from
    return 1024 * int(status["VmHWM"].split()[0]), outcome


def town() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, Demands]:
    """Give cameras, buildings, and 400 grids with roads and incidents."""
    rng = np.random.default_rng(0)
    steps = np.arange(X + 15, X + SIDE_M, 30.0)
    x, y = (axis.ravel() for axis in np.meshgrid(steps, steps - X + Y))
    wide, high = rng.uniform(4, 12, (2, len(x)))
    houses = gpd.GeoDataFrame(
        {"building_id": [f"b{i}" for i in range(len(x))], "kind": "house", "height_m": rng.uniform(3, 30, len(x))},
        geometry=shapely.box(x - wide, y - high, x + wide, y + high),
        crs=CRS,
    )
    lon, lat = unproject(X + rng.uniform(0, SIDE_M, N_CAMERAS), Y + rng.uniform(0, SIDE_M, N_CAMERAS), CRS)
    k = np.arange(N_CAMERAS)
    cameras = gpd.GeoDataFrame(
        {
            "camera_id": [f"c{i}" for i in k],
            "kind": np.array(["fixed", "dome", "ptz", "panoramic"])[k % 4],
            "azimuth_deg": np.where(k % 6 == 0, np.nan, rng.uniform(0, 360, N_CAMERAS)),
            "status": np.where(k % 11 == 0, "broken", "in_service"),
        },
        geometry=gpd.points_from_xy(lon, lat),
        crs=4326,
    )
    side = SIDE_M / 20
    places = [(X + side * i, Y + side * j) for i in range(20) for j in range(20)]
    grids = gpd.GeoDataFrame(
        {"code": [f"{i:015d}" for i in range(400)], "name": "", "parent_code": ""},
        geometry=[shapely.box(x0, y0, x0 + side, y0 + side) for x0, y0 in places],
        crs=CRS,
    )
    lines = [shapely.LineString([(X, Y + d), (X + SIDE_M, Y + d)]) for d in np.arange(0, SIDE_M, 60.0)]
    lines += [shapely.LineString([(X + d, Y), (X + d, Y + SIDE_M)]) for d in np.arange(0, SIDE_M, 60.0)]
    roads = {"road_id": [f"r{i}" for i in range(len(lines))], "name": "", "road_class": "residential"}
    spots = gpd.points_from_xy(X + rng.uniform(0, SIDE_M, 5000), Y + rng.uniform(0, SIDE_M, 5000))
    when = {"category": "0101", "occurred_at": pd.Timestamp("2026-05-01T08:00+08:00")}
    wanted = demands(
        study_areas(grids.to_crs(4326)),
        buildings=houses,
        roads=gpd.GeoDataFrame(roads, geometry=lines, crs=CRS),
        incidents=gpd.GeoDataFrame(when, index=range(5000), geometry=spots, crs=CRS),
        crs=CRS,
    )
    return cameras, houses, wanted


@pytest.fixture(scope="module")
def coverage() -> Answer:
    """Give how to look, tell the states and list the gaps."""
    cameras, houses, wanted = town()
    views = views_of(cameras)

    def answer(hands: Hands | None) -> Any:
        if hands is None:
            sight = see(views, houses, crs=CRS)
            states = states_of(sight, wanted)
            return sight.possible, sight.turning, states.gap, states.road_state, gaps(states)
        sight = see_in_parts(hands, views, houses, crs=CRS)
        states = states_in_parts(hands, sight, wanted)
        found = gaps(states, parts=gap_parts(hands, states))
        return sight.possible, sight.turning, states.gap, states.road_state, found

    return answer


@pytest.fixture(scope="module")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """Give how to make a cube of a file, count it, and compute its density and a forecast."""
    folder = tmp_path_factory.mktemp("incidents")
    rng = np.random.default_rng(1)
    x, y = X + rng.normal(0, 40_000, N_INCIDENTS), Y + rng.normal(0, 40_000, N_INCIDENTS)
    lon, lat = unproject(x, y, CRS)
    at = pd.Timestamp("2025-01-01T00:00+08:00") + pd.to_timedelta(rng.integers(0, 500 * 86400, N_INCIDENTS), unit="s")
    table = {
        "source_id": np.arange(N_INCIDENTS).astype(str),
        "category": rng.choice(["0101", "0502"], N_INCIDENTS),
        "occurred_at": at.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "lon": lon,
        "lat": lat,
    }
    source = folder / "incidents.csv"
    pd.DataFrame(table).to_csv(source, index=False)
    boundary = shapely.Point(X, Y).buffer(60_000)
    bounds = (X - 3000.0, Y - 3000.0, X + 3000.0, Y + 3000.0)
    day = (at - at.min()).total_seconds().to_numpy() / 86400

    def answer(hands: Hands | None) -> Any:
        cube = folder / "made.cube"
        do = Hands(folder / "one").do if hands is None else hands.do
        with pytest.MonkeyPatch.context() as patch:  # at once is in one piece
            patch.setattr(cube_files, "_MOST_BYTES", 10**12 if hands is None else 4_000_000)
            do(CubeOfFiles((source,), cube, "wgs84"))
        held = Cube.open(cube)
        if hands is None:
            x_m, y_m = project(held.lon, held.lat, CRS)
            counts = h3_counts(held.lon, held.lat, 8)
            surface = density(x_m, y_m, boundary.bounds, 80.0, 500.0, boundary=boundary)
            foreseen = forecast(x, y, day, bounds, windows=8)
        else:
            whole = CubeSlice(cube, 0, len(held))
            counts = do(CellCounts(whole, 8))
            surface = density_of_cube(hands, whole, Raster.over(boundary.bounds, 80.0), CRS, 500.0, boundary)
            foreseen = forecast(x, y, day, bounds, windows=8, walking=walked_in_parts(hands))
        content = np.frombuffer(cube.read_bytes(), dtype=np.uint8)
        return content, counts, surface, foreseen.expected, foreseen.low, foreseen.backtest

    return answer


@pytest.fixture(scope="module", params=["coverage", "incidents"])
def answer(request: pytest.FixtureRequest) -> Answer:
    found: Answer = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def expected(answer: Answer) -> Any:
    return answer(None)


@pytest.fixture(params=[1, 2, 4])
def cluster(request: pytest.FixtureRequest) -> Iterator[str]:
    with LocalCluster(
        n_workers=request.param, threads_per_worker=1, memory_limit="2GB", host="127.0.0.1", dashboard_address=":0"
    ) as started:
        yield started.scheduler_address


def test_the_same_with_any_number_of_workers(answer: Answer, expected: Any, cluster: str, tmp_path: Path) -> None:
    assert_same(answer(Hands(tmp_path / "parts", cluster, memory=SMALL)), expected)
    assert not (tmp_path / "parts").exists()


@pytest.mark.parametrize("cluster", [2], indirect=True)
def test_a_job_of_the_service_goes_there(cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[bytes] = []
    with found_incident_town(tmp_path) as town:
        for address in ("", cluster):
            monkeypatch.setenv("SPATIALGOV_CLUSTER", address)
            with running(town):
                asked = town.jobs.submit("forecast", {"horizon_days": 7, "cell_m": 20.0, "zone": ZONE})
                done = until(town, asked.id, ended)
            assert done.state == "done", done.error
            files.append(town.jobs.file(done).read_bytes())
        assert not any((town.data_dir / "jobs" / "parts").iterdir())
    assert files[0] == files[1]


def test_parts_take_no_more_memory_than_was_foreseen(answer: Answer, expected: Any, tmp_path: Path) -> None:
    measuring: Any = Measuring(tmp_path / "parts")
    assert_same(answer(measuring), expected)
    assert len(measuring.noted) > 4
    assert [one for one in measuring.noted if one[1] > one[2]] == [], measuring.noted
