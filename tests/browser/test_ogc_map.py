"""MapLibre reads tiles and features of /ogc as any page would: from the addresses that docs/gis-clients.md tells."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route

from spatialgov.workspace import Workspace
from tests.browser.served import serving
from tests.coverage_town import found_camera_town
from tests.publishing_cases import LAT, LON, STEP

PAGE = """<!doctype html><html lang="en"><head><link rel="icon" href="data:,"><title>Map</title></head>
<body><div id="map" style="width: 600px; height: 600px"></div><script type="module">
import * as library from "/static/vendor/maplibre-gl/maplibre-gl.mjs";
library.setWorkerUrl("/static/vendor/maplibre-gl/maplibre-gl-worker.mjs");
library.setWorkerCount(1);
const here = location.origin + "/ogc/collections";
window.map = new library.Map({
  container: "map",
  bounds: BOUNDS,
  fadeDuration: 0,
  style: {
    version: 8,
    sources: {
      grids: { type: "vector", url: `${here}/grids/tilejson`, promoteId: "code" },
      cameras: { type: "geojson", data: `${here}/cameras/items` },
    },
    layers: [
      { id: "grids", type: "fill", source: "grids", "source-layer": "grids", paint: { "fill-color": "#88aa66" } },
      { id: "cameras", type: "circle", source: "cameras" },
    ],
  },
});
window.idle = new Promise((resolve) => map.once("idle", () => resolve(true)));
map.on("error", (event) => console.error(String(event.error?.message ?? event.error)));
</script></body></html>"""


@pytest.fixture(scope="module")
def town(database_url: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_camera_town(tmp_path_factory.mktemp("ogc_map"), database_url) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def site(town: Workspace) -> Iterator[str]:
    with serving(town) as address:
        yield address


def test_maplibre_shows_what_the_store_has(page: Page, site: str, town: Workspace) -> None:
    def answer(route: Route) -> None:
        bounds = [LON, LAT, LON + 4 * STEP, LAT + 4 * STEP]
        route.fulfill(body=PAGE.replace("BOUNDS", str(bounds)), content_type="text/html")

    asked: list[str] = []
    page.on("response", lambda response: asked.append(f"{response.status} {response.url.removeprefix(site)}"))
    page.route(f"{site}map", answer)
    page.goto(f"{site}map")
    assert page.evaluate("() => idle")
    rows = page.evaluate(
        "() => map.querySourceFeatures('grids', { sourceLayer: 'grids' }).map((one) => one.properties)"
    )
    found = {row["code"]: row for row in rows}
    stored = town.store.edition_grids(1).set_index("code")
    assert set(found) == set(stored.index)
    for code, row in found.items():
        assert row["households"] == stored.at[code, "households"]
        assert row["area_m2"] == pytest.approx(stored.at[code, "area_m2"])
    # what lies under a place is what the store finds there
    for lon, lat in [(LON + 0.5 * STEP, LAT + 0.5 * STEP), (LON + 3.5 * STEP, LAT + 3.2 * STEP)]:
        under = page.evaluate(
            "place => map.queryRenderedFeatures(map.project(place), { layers: ['grids'] }).map((one) => one.id)",
            [lon, lat],
        )
        assert under == [town.locations.find(lon, lat, "wgs84").code]
    names = page.evaluate("() => map.querySourceFeatures('cameras').map((one) => one.properties.camera_id)")
    assert set(names) == {"west", "edge", "turning", "broken"}
    assert any(
        one.startswith("200 ogc/collections/grids/tiles/WebMercatorQuad/") and "edition=1" in one for one in asked
    )
