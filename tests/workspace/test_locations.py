from datetime import timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.datum import from_wgs84
from spatialgov.errors import (
    CoordinateError,
    DatumError,
    InputError,
    MissingColumnError,
    NotFoundError,
    NothingPublishedError,
)
from spatialgov.workspace import Workspace


def _inside(workspace: Workspace) -> tuple[str, float, float]:
    grids = workspace.store.edition_grids(workspace.store.edition().id)
    point = grids.geometry.iloc[0].representative_point()
    return str(grids["code"].iloc[0]), point.x, point.y


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_every_datum_finds_the_same_grid_and_chain(sample_workspace: Workspace, datum: str) -> None:
    code, lon, lat = _inside(sample_workspace)
    x, y = from_wgs84(lon, lat, datum)
    found = sample_workspace.locations.find(float(x), float(y), datum)
    assert (found.code, found.datum, found.on_border) == (code, datum, False)
    assert [link.level for link in found.chain] == ["district", "subdistrict", "community"]
    assert code.startswith(found.chain[-1].code)
    assert all(link.name and link.name_en for link in found.chain)


def test_bad_locations_are_refused_in_words(sample_workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="outside all grids"):
        sample_workspace.locations.find(0, 0, "wgs84")
    with pytest.raises(DatumError, match="gcj02"):
        sample_workspace.locations.find(116.6, 33.9, "beijing54")
    for lon, lat in ((float("nan"), 33.9), (33.9, 116.6), (float("inf"), 0.0)):
        with pytest.raises(CoordinateError):
            sample_workspace.locations.find(lon, lat, "wgs84")


def test_many_locations_agree_with_sjoin(sample_workspace: Workspace) -> None:
    grids = sample_workspace.store.edition_grids(sample_workspace.store.edition().id)
    west, south, east, north = grids.total_bounds
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(west, east, 20_000), rng.uniform(south, north, 20_000)
    positions, codes, edition = sample_workspace.locations.positions(lon, lat, "wgs84")
    found = np.array([*codes, None], dtype=object)[positions]
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326)
    joined = gpd.sjoin(points, grids[["code", "geometry"]], how="left", predicate="within")["code"]
    assert found.tolist() == joined.astype(object).where(joined.notna(), None).tolist()
    assert edition.id == 2


def test_as_of_asks_the_edition_of_that_time(sample_workspace: Workspace) -> None:
    first, second = sample_workspace.store.editions()
    _, lon, lat = _inside(sample_workspace)
    assert sample_workspace.locations.find(lon, lat, "wgs84", as_of=first.valid_from).edition == 1
    assert sample_workspace.locations.find(lon, lat, "wgs84", as_of=second.valid_from).edition == 2
    with pytest.raises(NothingPublishedError):
        sample_workspace.locations.find(lon, lat, "wgs84", as_of=first.valid_from - timedelta(seconds=1))


def test_a_damaged_locator_file_is_made_anew(sample_copy: Workspace) -> None:
    code, lon, lat = _inside(sample_copy)
    file = sample_copy.data_dir / "editions" / str(sample_copy.store.edition().locator_file)
    file.write_bytes(file.read_bytes()[:100])
    assert sample_copy.locations.find(lon, lat, "wgs84").code == code
    file.unlink()
    with Workspace.open(sample_copy.data_dir) as again:
        assert again.locations.find(lon, lat, "wgs84").code == code
    assert file.exists()


def test_a_table_keeps_its_rows_and_gains_the_chain(sample_workspace: Workspace, tmp_path: Path) -> None:
    code, lon, lat = _inside(sample_workspace)
    source, target = tmp_path / "points.csv", tmp_path / "out.csv"
    source.write_text(f"id,lon,lat,remark\n1,{lon},{lat},=x\n2,0,0,\n3,,33,\n4,here,there,\n", encoding="utf-8")
    report = sample_workspace.locations.locate_file(source, target, datum="wgs84")
    assert report.counts() == {"rows": 4, "located": 1, "outside": 1, "unreadable": 2}
    out = pd.read_csv(target, dtype=str)
    assert [*out.columns] == [
        "id", "lon", "lat", "remark", "grid_code", "district_code", "subdistrict_code", "community_code",
        "on_border",
    ]  # fmt: skip
    assert out["grid_code"].tolist()[0] == code
    assert out["grid_code"].isna().tolist() == [False, True, True, True]
    assert out["community_code"].tolist()[0] == code[:12]


def test_table_mistakes_are_named(sample_workspace: Workspace, tmp_path: Path) -> None:
    source = tmp_path / "points.csv"
    source.write_text("x,y\n1,2\n", encoding="utf-8")
    with pytest.raises(MissingColumnError, match="'lon'"):
        sample_workspace.locations.locate_file(source, tmp_path / "out.csv", datum="wgs84")
    with pytest.raises(InputError, match="same file"):
        sample_workspace.locations.locate_file(source, source, datum="wgs84", lon="x", lat="y")


def test_incidents_are_assigned_to_their_grids(sample_workspace: Workspace) -> None:
    frame = sample_workspace.store.incidents()
    grids = sample_workspace.store.edition_grids(sample_workspace.store.edition().id)
    shape_of = dict(zip(grids["code"], grids.geometry.to_numpy(), strict=True))
    assert frame["grid_code"].notna().all()
    some = frame.sample(500, random_state=1)
    shapes = [shape_of[code] for code in some["grid_code"]]
    assert shapely.intersects(shapes, some.geometry.to_numpy()).all()
