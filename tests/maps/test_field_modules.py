"""The field page's modules that know no page, by Node; its borders against the locator and shapely; its dictionary."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatialgov.locate import Locator
from spatialgov.workspace import Workspace
from tests.maps.dictionaries import check_dictionary
from tests.node_command import node_command

TESTS = Path(__file__).with_name("field")
SUBDISTRICT = "990101001000"
RADIUS_M = 60.0


def test_modules() -> None:
    tests = sorted(str(file) for file in TESTS.glob("*.test.mjs"))
    done = subprocess.run([*node_command(), "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"pass [1-9]\d", done.stdout), done.stdout


def test_every_text_stands_in_both_languages_and_is_used() -> None:
    check_dictionary("field", made_up=("way",))


def test_borders_are_those_of_the_locator(sample_workspace: Workspace, tmp_path: Path) -> None:
    sample_workspace.locations.field_pack(SUBDISTRICT).save(tmp_path / "town.pack")
    edition = sample_workspace.store.edition()
    locator = Locator.open(sample_workspace.data_dir / "editions" / str(edition.locator_file))
    grids = sample_workspace.store.edition_grids(edition.id)
    own = grids[grids["parent_code"].str.startswith(SUBDISTRICT[:9])]
    west, south, east, north = own.total_bounds
    places = np.random.default_rng(1).uniform((west, south), (east, north), (2000, 2))
    inside = np.isin(np.array([*locator.codes, ""])[locator.locate_many(*places.T)], own["code"])
    points = places[inside]
    question = {"pack": str(tmp_path / "town.pack"), "points": points.tolist(), "radius_m": RADIUS_M}
    script = str(Path(__file__).with_name("ask_borders.mjs"))
    done = subprocess.run(
        [*node_command(), script], input=json.dumps(question), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)

    distance_m = np.array([one for one, _, _ in told["near"]])
    np.testing.assert_allclose(distance_m, locator.border_m(*points.T), rtol=1e-9, atol=1e-6)
    plane = own.to_crs(own.estimate_utm_crs())
    away = shapely.distance(
        np.asarray(plane.geometry)[:, None],
        np.asarray(shapely.points(*_in(plane.crs, points)))[None, :],
    )
    codes = own["code"].to_numpy()
    for i, (nearest_m, beyond, reached) in enumerate(told["near"]):
        here = codes[np.argmin(away[:, i])]
        others = {str(code) for code in codes[away[:, i] < RADIUS_M - 0.1]} - {here}
        least = {str(code) for code in codes[away[:, i] < RADIUS_M + 0.1]} - {here}
        assert others <= set(reached) - {""} <= least
        if beyond:
            assert away[codes == beyond, i][0] == pytest.approx(nearest_m, rel=2e-3, abs=0.01)
    for code, rings in told["rings"].items():
        drawn = shapely.polygonize([shapely.LineString(ring) for ring in rings])
        shape = own.geometry[own["code"] == code].iloc[0]
        assert shapely.area(shapely.symmetric_difference(shapely.union_all(list(drawn.geoms)), shape)) < 1e-15


def _in(crs: Any, points: Any) -> tuple[Any, Any]:
    moved = gpd.GeoSeries.from_xy(points[:, 0], points[:, 1], crs=4326).to_crs(crs)
    return moved.x.to_numpy(), moved.y.to_numpy()
