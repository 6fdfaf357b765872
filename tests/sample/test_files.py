"""The files as such: same bytes for the same seed, the manifest tells the truth, no column could hold a person."""

import csv
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import spatialgov.sample
from spatialgov.errors import NotFoundError
from spatialgov.language import using_language
from spatialgov.sample import boundaries_dir

COLUMNS = {
    "jurisdictions.geojson": ["code", "level", "name", "name_en", "parent_code"],
    "units.geojson": [
        "unit_id",
        "kind",
        "households",
        "population",
        "area_m2",
        "community_code",
        "subdistrict_code",
        "district_code",
    ],
    "grids_today.geojson": ["code", "name", "kind", "parent_code", "households", "population", "area_m2", "n_units"],
    "buildings.geojson": ["building_id", "kind", "height_m", "storeys"],
    "roads.geojson": ["road_id", "name", "name_en", "road_class"],
    "barriers.geojson": ["barrier_id", "kind", "name", "name_en", "effect"],
    "places.geojson": ["place_id", "kind", "name", "name_en"],
    "exclusion_zones.geojson": ["zone_id", "kind", "name", "name_en"],
    "grids_today_units.csv": ["unit_id", "grid_code"],
    "addresses.csv": ["address_id", "street", "number", "building", "lon", "lat"],
    "incidents.csv": [
        "source_id",
        "category",
        "occurred_at",
        "lon",
        "lat",
        "status",
        "closed_at",
        "closed_level",
        "channel",
    ],
    "incident_categories.csv": ["code", "name", "name_en"],
    "cameras.csv": [
        "camera_id",
        "post_id",
        "gb_code",
        "kind",
        "lon",
        "lat",
        "height_m",
        "azimuth_deg",
        "azimuth_error_deg",
        "fov_deg",
        "tilt_deg",
        "range_m",
        "width_px",
        "status",
        "owner",
    ],
}
"""Every column of every file: places and counts, nothing else. A new column is a decision that is taken here."""


def _columns(path: Path) -> set[tuple[str, ...]]:
    """Give the column lists that occur in a file: one, unless its rows differ."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return {tuple(next(csv.reader(file)))}
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return {tuple(feature["properties"]) for feature in features}


def test_the_committed_city_is_what_the_generator_writes(committed: Path, fresh: Path) -> None:
    names = sorted(path.name for path in committed.iterdir())
    assert names == sorted(path.name for path in fresh.iterdir())
    differing = [name for name in names if (committed / name).read_bytes() != (fresh / name).read_bytes()]
    assert differing == []


def test_another_seed_gives_another_city(committed: Path, other: Path) -> None:
    same = {path.name for path in committed.iterdir() if path.read_bytes() == (other / path.name).read_bytes()}
    assert same == {"incident_categories.csv"}


def test_every_file_has_its_columns_and_no_other(committed: Path) -> None:
    assert {path.name for path in committed.iterdir()} == {*COLUMNS, "manifest.json"}
    for name, columns in COLUMNS.items():
        assert _columns(committed / name) == {tuple(columns)}, name


def test_the_manifest_counts_and_sums_are_those_of_the_files(committed: Path, manifest: Mapping[str, Any]) -> None:
    assert {file["path"] for file in manifest["files"]} == set(COLUMNS)
    for file in manifest["files"]:
        data = (committed / file["path"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        rows = data.count(b"\n") - 1 if file["path"].endswith(".csv") else data.count(b'"type":"Feature",')
        assert file["rows"] == rows, file["path"]
        assert file["what"]
    assert (manifest["datum"], manifest["licence"]) == ("wgs84", "CC0-1.0")
    assert manifest["source"]


def test_the_city_stays_small_enough_for_a_wheel(manifest: Mapping[str, Any]) -> None:
    assert sum(file["bytes"] for file in manifest["files"]) < 12.5e6


def test_lines_end_alike_on_every_platform(committed: Path) -> None:
    for path in committed.iterdir():
        data = path.read_bytes()
        assert b"\r" not in data
        assert data.endswith(b"\n")


def test_an_installation_without_the_city_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spatialgov.sample, "__file__", str(tmp_path / "a" / "b" / "c" / "sample" / "__init__.py"))
    with using_language("en"), pytest.raises(NotFoundError, match=r"python -m spatialgov\.sample"):
        boundaries_dir()


def test_a_wheel_carries_the_city_beside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "spatialgov"
    (package / "_boundaries" / "sample").mkdir(parents=True)
    (package / "_boundaries" / "sample" / "manifest.json").write_text("{}")
    monkeypatch.setattr(spatialgov.sample, "__file__", str(package / "sample" / "__init__.py"))
    assert boundaries_dir() == (package / "_boundaries").resolve()
