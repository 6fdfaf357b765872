"""The command line, called as a function, and a small town of sixteen square units to call it on."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import CliRunner, Result

from spatialgov.cli import command_group
from spatialgov.language import Language, using_language

WEST, SOUTH, SIDE = 118.3, 35.1, 0.001

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def run() -> Run:
    """Give a function that runs a command line in this process and gives exit code, stdout and stderr."""

    def call(*arguments: object, lang: Language = "en") -> Result:
        with using_language(lang):
            result = CliRunner().invoke(command_group(), [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture(scope="session")
def analysed(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the sample city's store that these tests share, none of them changing it."""
    return Path(shutil.copytree(sample_dir, tmp_path_factory.mktemp("analysed") / "store"))


def town_of_sixteen() -> gpd.GeoDataFrame:
    """Give sixteen units in a square, eight in each of two communities, 100 households each."""
    row, column = np.divmod(np.arange(16), 4)
    x, y = WEST + SIDE * np.arange(5), SOUTH + SIDE * np.arange(5)
    return gpd.GeoDataFrame(
        {
            "unit_id": [f"U{i:02d}" for i in range(16)],
            "households": 100,
            "population": 250,
            "community_code": np.where(column < 2, "990101001001", "990101001002"),
        },
        geometry=shapely.box(x[column], y[row], x[column + 1], y[row + 1]),
        crs=4326,
    )


@pytest.fixture
def town() -> gpd.GeoDataFrame:
    """Give the town of sixteen units."""
    return town_of_sixteen()


@pytest.fixture
def units_file(town: gpd.GeoDataFrame, tmp_path: Path) -> Path:
    """Give the town as a GeoPackage."""
    file = tmp_path / "units.gpkg"
    town.to_file(file)
    return file


@pytest.fixture(scope="session")
def _founded(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a store and the files that it was made from, for tests to copy."""
    home = tmp_path_factory.mktemp("founded")
    units, plan, folder = home / "units.gpkg", home / "first.gpkg", home / "store"
    town_of_sixteen().to_file(units)
    assert run("partition", units, "-o", plan, "--within", "community_code").exit_code == 0
    assert run("import", "units", units, "--data-dir", folder).exit_code == 0
    assert run("publish", plan, "--within", "community_code", "--data-dir", folder).exit_code == 0
    return home


@pytest.fixture
def store(_founded: Path, units_file: Path, tmp_path: Path) -> Path:
    """Give the data folder of a store with the town and one edition of four grids."""
    shutil.copy(_founded / "first.gpkg", tmp_path)
    return Path(shutil.copytree(_founded / "store", units_file.with_name("store")))


@pytest.fixture(scope="session")
def content_of() -> Callable[[Path], object]:
    """Give a function that gives all that a store holds but its log, rows and files, to compare before and after."""

    def content(folder: Path) -> object:
        connection = sqlite3.connect(folder / "spatialgov.db")
        rows = [row for row in connection.iterdump() if not row.startswith('INSERT INTO "audit_entry"')]
        connection.close()
        journal = ("-wal", "-shm")
        return rows, sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if not f.name.endswith(journal))

    return content
