"""The interface as software reads it that we did not write: GDAL's drivers and OWSLib; rows are added meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import requests
import shapely
from owslib.ogcapi.features import Features

from spatialgov.workspace import COLLECTIONS, Workspace
from tests.coverage_town import EAST, found_camera_town
from tests.publishing_cases import LAT, LON, STEP
from tests.service_apart import ServiceApart, added_incidents, service_apart


@dataclass
class Site:
    """The service, and the workspace that it serves."""

    workspace: Workspace
    service: ServiceApart

    @property
    def url(self) -> str:
        return f"{self.service.url}/ogc"

    def filters(self) -> list[str]:
        """Give the filters that were sent."""
        return [text for target in self.service.asked() for text in parse_qs(urlsplit(target).query).get("filter", [])]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("clients")
    with found_camera_town(folder) as workspace, service_apart(workspace.data_dir, folder / "log.txt") as service:
        yield Site(workspace, service)


def read(site: Site, layer: str, **options: Any) -> gpd.GeoDataFrame:
    site.service.log.write_text("", encoding="utf-8")
    found: gpd.GeoDataFrame = pyogrio.read_dataframe(f"OAPIF:{site.url}", layer=layer, **options)
    return found


def test_gdal_lists_and_reads_every_collection(site: Site) -> None:
    listed = {str(name) for name, _ in pyogrio.list_layers(f"OAPIF:{site.url}")}
    assert listed == set(COLLECTIONS)
    units = read(site, "units", PAGE_SIZE=5)
    stored = site.workspace.store.unit_set().set_index("unit_id").sort_index()
    assert units["unit_id"].tolist() == stored.index.tolist()
    assert units["households"].tolist() == stored["households"].tolist()
    assert gpd.GeoSeries(units.geometry.to_numpy()).geom_equals(gpd.GeoSeries(stored.geometry.to_numpy())).all()
    assert len(read(site, "cameras")) == 4
    incidents = read(site, "incidents")
    assert incidents["occurred_at"].max() == pd.Timestamp("2026-06-01T01:00Z")


@pytest.mark.parametrize(
    ("layer", "condition", "pushed", "expected"),
    [
        ("units", "unit_id = 'U03'", "unit_id = 'U03'", ["U03"]),
        ("units", "unit_id > 'U09' AND households = 100 AND unit_id <= 'U11'", None, ["U10", "U11"]),
        ("units", f"community_code = '{EAST}' AND NOT unit_id LIKE 'U0%'", None, ["U10", "U11", "U14", "U15"]),
        ("units", "unit_id ILIKE 'u1_' AND area_m2 > 0.5", None, [f"U{i}" for i in range(10, 16)]),
        ("units", "unit_id = 'U01' OR unit_id = 'U15'", None, ["U01", "U15"]),
        ("cameras", "azimuth_deg IS NULL OR status = 'broken'", None, ["broken", "turning"]),
        ("incidents", "occurred_at >= '2026/05/02 00:00:00' AND occurred_at < '2026/05/31 00:00:00'", None, ["i2"]),
        ("grids", "name = 'it''s'", None, []),
    ],
)  # fmt: skip
def test_gdal_has_its_filters_done_here(
    site: Site, layer: str, condition: str, pushed: str | None, expected: list[str]
) -> None:
    found = read(site, layer, where=condition)
    assert found[COLLECTIONS[layer].id_column].tolist() == expected
    sent = site.filters()
    assert sent
    assert pushed is None or pushed in sent


def test_gdal_asks_for_a_box(site: Site) -> None:
    found = read(site, "units", bbox=(LON + STEP / 4, LAT + STEP / 4, LON + STEP / 2, LAT + STEP / 2))
    assert found["unit_id"].tolist() == ["U00"]
    assert any("bbox=" in target for target in site.service.asked())


def test_gdal_reads_other_systems(site: Site) -> None:
    degrees = read(site, "cameras")
    for epsg in (3857, 4548):
        found = read(site, "cameras", CRS=f"http://www.opengis.net/def/crs/EPSG/0/{epsg}")
        assert found.crs is not None
        assert found.crs.to_epsg() == epsg
        back = found.to_crs(4326).geometry.to_numpy()
        assert shapely.distance(back, degrees.geometry.to_numpy()).max() < 1e-9


def test_gdal_reads_a_tile(site: Site, tmp_path: Path) -> None:
    tile = tmp_path / "tile.pbf"
    tile.write_bytes(requests.get(f"{site.url}/collections/grids/tiles/WebMercatorQuad/10/405/848", timeout=30).content)
    found = pyogrio.read_dataframe(tile, layer="grids", X=848, Y=405, Z=10)
    assert set(found["code"]) == set(site.workspace.store.edition_grids(1)["code"])
    assert found.to_crs(4326).total_bounds == pytest.approx([LON, LAT, LON + 4 * STEP, LAT + 4 * STEP], abs=1e-4)


def test_owslib(site: Site) -> None:
    client: Any = Features(site.url)
    assert client.feature_collections() == list(COLLECTIONS)
    assert client.api()["openapi"].startswith("3.0")
    assert "unit_id" in client.collection_queryables("units")["properties"]
    assert client.collection("grids")["title"] == "Grids"
    found = client.collection_items("units", bbox=[LON, LAT, LON + STEP / 2, LAT + STEP / 2], limit=5)
    assert [one["id"] for one in found["features"]] == ["U00"]
    pages = [client.collection_items("units", limit=6, offset=offset)["features"] for offset in (0, 6, 12)]
    assert [one["id"] for page in pages for one in page] == [f"U{i:02d}" for i in range(16)]
    found = client.collection_items("units", filter="unit_id = 'U07'", **{"filter-lang": "cql2-text"})
    assert found["numberMatched"] == 1
    assert client.collection_item("cameras", "west")["properties"]["kind"] == "fixed"


def test_gdal_walks_to_the_end_while_incidents_are_added(site: Site) -> None:
    store = site.workspace.store
    store.upsert_incidents(added_incidents(0, 30))
    began = set(store.incidents()["source_id"])
    # Arrow's way does not ask how many there are before it reads
    found = read(site, "incidents", PAGE_SIZE=6, use_arrow=True)["source_id"]
    assert found.is_unique
    assert began < set(found) == set(store.incidents()["source_id"])
