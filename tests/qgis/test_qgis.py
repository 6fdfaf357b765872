"""QGIS reads the service: only ``make test-qgis`` runs this, which installs it (almost a gigabyte)."""

import json
import math
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.coverage_town import found_camera_town
from tests.publishing_cases import LAT, LON, STEP
from tests.service_apart import ServiceApart, service_apart

PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).with_name("read_service.py")
Z = 14
X = int((LON + 2 * STEP + 180) / 360 * 2**Z)
Y = int((1 - math.asinh(math.tan(math.radians(LAT + 2 * STEP))) / math.pi) / 2 * 2**Z)
"""The tile with the town."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceApart]:
    folder = tmp_path_factory.mktemp("qgis")
    with found_camera_town(folder) as town, service_apart(town.data_dir, folder / "log.txt") as running:
        yield running


@pytest.fixture(scope="module")
def found(service: ServiceApart, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    for ours in ("PYTHONPATH", "VIRTUAL_ENV", "PROJ_LIB", "PROJ_DATA", "GDAL_DATA"):
        environment.pop(ours, None)
    command = [PYTHON, str(SCRIPT), f"{service.url}/ogc", str(Z), str(X), str(Y)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return read


def test_qgis_reads_the_features_page_by_page(found: dict[str, Any], service: ServiceApart) -> None:
    assert found["units"] == [[f"U{i:02d}", 100] for i in range(16)]
    assert found["areas"] == pytest.approx([STEP**2] * 16)
    assert found["box"] == ["U00"]
    assert found["times"][-1].startswith("2026-06-01T")
    assert any("limit=5" in one for one in service.asked())
    assert any("bbox=" in one for one in service.asked())


def test_qgis_filters(found: dict[str, Any]) -> None:
    """By itself, in Debian 12 (3.22): only later versions hand conditions on."""
    assert found["subset"] == ["U03"]


def test_qgis_draws_the_tiles(found: dict[str, Any], service: ServiceApart) -> None:
    assert found["shades"] > 2
    # it takes the tiles of the zoom before, and enlarges them
    wanted = {f"{Z - k}/{Y >> k}/{X >> k}" for k in (0, 1)}
    asked = {one.partition("/WebMercatorQuad/")[2].rstrip("?") for one in service.asked() if "/tiles/" in one}
    assert asked & wanted
