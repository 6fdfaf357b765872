"""Isovists: cameras a CPU second, ours and the peers', and areas against an exact oracle."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.coverage import isovists
from tests.bench.coverage.city import City, View, hard_views, made_up_city
from tests.bench.goals import Figures, Goal, of, ratio
from tests.coverage.conftest import seen_by_shadows

__all__ = ["ABOUT", "GOALS", "cpu_s", "measure"]

ABOUT = """10,000 cameras (70 % fixed with 40–110° and 30–120 m, 20 % domes all round with 25–60 m, 10 % PTZ all round
  with 100–200 m) among 50,000 buildings, 1,250 a km², a tenth with a courtyard, a twentieth pairs with an alley of
  0.1 m between them. Ours: the median of seven runs; dissolving the buildings and their index, which serve many runs,
  beside it. VisiLibity and pyvispoly (CGAL, exact arithmetic) get, for the first cameras of the same, the free ground
  within their range cut out by shapely for nothing (the disc drawn with 32 chords), and are timed from its rings to
  their answer, all round, as they know no field of view. GDAL's viewshed (Debian's, which is quicker than the 3.12 in
  pyogrio's wheel) works on a raster of 1 m, and for comparison of 2 m, all round as well. Their ratios: to ours on the
  same cameras with their fields of view; for all-round views of ours see its own line. The oracle takes from the sector
  every building and the shadow of every wall (shapely), 600 of the cameras and 400 on walls, at corners, in courtyards
  and in alleys; the largest relative difference of areas, those under 1 m² left out (their absolute one is beside)."""

GOALS = (
    Goal("ours: ≥ 20,000 cameras a CPU second", of("ours: cameras a CPU second"), at_least=20_000),
    Goal("≥ 40 × VisiLibity", ratio("ours: cameras a CPU second", "VisiLibity: cameras a CPU second"), at_least=40),
    Goal("≥ 40 × pyvispoly", ratio("ours: cameras a CPU second", "pyvispoly: cameras a CPU second"), at_least=40),
    Goal(
        "≥ 8 × GDAL's viewshed, 1 m",
        ratio("ours: cameras a CPU second", "GDAL viewshed, 1 m: cameras a CPU second"),
        at_least=8,
    ),
    Goal("areas of 1,000 within 1e-5 of the oracle's", of("oracle: largest relative difference"), at_most=1e-5),
    Goal("areas under 1 m² within 1e-5 m²", of("oracle: largest difference of small ones, m²"), at_most=1e-5),
)

_OPEN, _HARD = 600, 100
_PEERS, _RASTERS = 300, 1000
_CHORDS_A_QUADRANT = 8

Floats = npt.NDArray[np.float64]


def measure(data: Path) -> Figures:
    """Measure all of it."""
    city = made_up_city()
    figures = _ours(city) | _oracle(city)
    with tempfile.TemporaryDirectory() as folder:
        figures |= _polygon_peers(city, Path(folder))
        figures |= _raster_peer(city, Path(folder))
    return figures


def cpu_s(work: Callable[[], Any], repeats: int = 7) -> float:
    """Give the median CPU seconds of all threads, after a run that does not count."""
    work()
    spent = []
    for _ in range(repeats):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return median(spent)


def _ours(city: City) -> dict[str, float]:
    n = len(city.cameras.x_m)
    round_ones = city.cameras.first(n, fov_deg=360.0)
    begun = time.process_time()
    type(city.obstacles).build(city.footprints).index  # noqa: B018  (a property that works)
    built = time.process_time() - begun
    return {
        "cameras": n,
        "buildings": len(city.footprints),
        "walls": len(city.obstacles.edges),
        "ours: dissolving and index, CPU s": built,
        "ours: cameras a CPU second": n / cpu_s(lambda: isovists(*city.cameras.arguments(), city.obstacles)),
        "ours, all round: cameras a CPU second": n / cpu_s(lambda: isovists(*round_ones.arguments(), city.obstacles)),
    }


def _oracle(city: City) -> dict[str, float]:
    open_views, hard = city.cameras.first(_OPEN), hard_views(city, _HARD)
    columns = zip(open_views.arguments(), hard.arguments(), strict=True)
    views = View(*(np.concatenate(pair) for pair in columns))
    ours = shapely.area(isovists(*views.arguments(), city.obstacles))
    oracle = np.empty(len(ours))
    tree = shapely.STRtree(city.footprints)
    for i, (x, y, reach, azimuth, fov) in enumerate(np.column_stack(views.arguments()).tolist()):
        near = city.footprints[tree.query(shapely.Point(x, y), predicate="dwithin", distance=reach)]
        oracle[i] = seen_by_shadows(x, y, reach, 0.0 if fov == 360.0 else azimuth, fov, near).area
    large = oracle >= 1.0
    return {
        "oracle: views": len(ours),
        "oracle: largest relative difference": float((np.abs(ours - oracle)[large] / oracle[large]).max()),
        "oracle: views under 1 m²": float((~large).sum()),
        "oracle: largest difference of small ones, m²": float(np.abs(ours - oracle)[~large].max(initial=0.0)),
    }


def _polygon_peers(city: City, folder: Path) -> dict[str, float]:
    """Ask the two that answer with polygons, each in a process of its own: one of them ends it where it can't go on."""
    views = city.cameras.first(_PEERS, fov_deg=360.0)
    scenes = [_free_ground(city, *view) for view in zip(views.x_m, views.y_m, views.range_m, strict=True)]
    file = folder / "scenes.wkb"
    file.write_text("\n".join(shapely.to_wkb(scenes, hex=True)))
    truth = shapely.area(isovists(*views.arguments(), city.obstacles))
    figures = {}
    for name, module in (("VisiLibity", "visilibity"), ("pyvispoly", "pyvispoly")):
        answer = _asked([sys.executable, "-m", "tests.bench.coverage.peers", module, str(file)])
        if answer is not None:
            error = np.abs(np.array(answer["areas"]) / truth[: len(answer["areas"])] - 1.0)
            figures[f"{name}: cameras a CPU second"] = len(error) / answer["cpu_s"]
            figures[f"{name}: areas off by more than 1 %"] = float((error > 0.01).sum())
    return figures


def _free_ground(city: City, x_m: float, y_m: float, range_m: float) -> Any:
    """Give the free ground around a camera as far as it sees, relative to it."""
    camera = shapely.Point(x_m, y_m)
    disc = camera.buffer(range_m, quad_segs=_CHORDS_A_QUADRANT)
    near = city.obstacles.solids[city.obstacles.tree.query(disc, predicate="intersects")]
    parts = shapely.get_parts(shapely.difference(disc, shapely.multipolygons(near)))
    own = parts[np.argmin(shapely.distance(parts, camera))]
    return shapely.transform(own, lambda points: points - (x_m, y_m))


def _raster_peer(city: City, folder: Path) -> dict[str, float]:
    python = next((one for one in (sys.executable, "/usr/bin/python3") if _has_gdal(one)), None)
    if python is None:
        return {}
    views = city.cameras.first(_RASTERS, fov_deg=360.0)
    (folder / "buildings.wkb").write_text("\n".join(shapely.to_wkb(city.obstacles.solids, hex=True)))
    np.savetxt(folder / "cameras.csv", np.column_stack([views.x_m, views.y_m, views.range_m]), delimiter=",")
    figures = {}
    for cell_m in (1, 2):
        script = str(Path(__file__).with_name("gdal_viewshed.py"))
        answer = _asked([python, script, str(folder), str(cell_m), str(city.side_m)])
        if answer is not None:
            figures[f"GDAL viewshed, {cell_m} m: cameras a CPU second"] = len(views.x_m) / answer["cpu_s"]
    return figures


def _has_gdal(python: str) -> bool:
    found = subprocess.run([python, "-c", "from osgeo import gdal"], env=_plain(), capture_output=True, check=False)
    return found.returncode == 0


def _asked(command: list[str]) -> dict[str, Any] | None:
    """Give the answer of a peer, None when it is not there or fails."""
    theirs = command[0] != sys.executable
    done = subprocess.run(command, env=_plain() if theirs else None, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr[-500:], file=sys.stderr)
        return None
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _plain() -> dict[str, str]:
    """Give the environment of another Python: without our packages."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
