"""The committed city, a fresh one of the same seed, and one of another seed: each made or read once."""

import json
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from spatialgov.sample import boundaries_dir, write_city


@pytest.fixture(scope="session")
def committed() -> Path:
    return boundaries_dir() / "sample"


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh") / "made" / "on the way"
    write_city(folder)
    return folder


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a city of another seed, written through the command line."""
    folder = tmp_path_factory.mktemp("other")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["spatialgov.sample", str(folder), "--seed", "7"])
        runpy.run_module("spatialgov.sample", run_name="__main__")
    return folder


@pytest.fixture(scope="session")
def manifest(committed: Path) -> Mapping[str, Any]:
    result: Mapping[str, Any] = json.loads((committed / "manifest.json").read_text(encoding="utf-8"))
    return result


@pytest.fixture(scope="session")
def units(committed: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(committed / "units.geojson")


@pytest.fixture(scope="session")
def jurisdictions(committed: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(committed / "jurisdictions.geojson")


@pytest.fixture(scope="session")
def grids(committed: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(committed / "grids_today.geojson")


@pytest.fixture(scope="session")
def buildings(committed: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(committed / "buildings.geojson")


@pytest.fixture(scope="session")
def incidents(committed: Path) -> pd.DataFrame:
    frame = pd.read_csv(committed / "incidents.csv", dtype={"category": str}, keep_default_na=False)
    for column in ("occurred_at", "closed_at"):
        frame[column] = pd.to_datetime(frame[column].replace("", None), utc=True).dt.tz_convert("Asia/Shanghai")
    return frame
