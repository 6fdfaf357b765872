import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely

from spatialgov.errors import MissingAssetsError
from spatialgov.language import using_language
from spatialgov.projection import WGS84
from spatialgov_maps import assets, static_dir
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, Map, Style, Tooltips, html, save_html

BOUNDS = (116.0, 34.0, 116.1, 34.1)
HOSTILE = "</script><img src=x onerror=alert(1)><!--"


def a_layer(heading: str = "A", label: str = "B", value: str = "C", name: str = "Layer") -> FeatureLayer:
    area = shapely.box(116.01234567891, 34.0, 116.1, 34.1)
    style: Style = {"color": "#123456"}
    return FeatureLayer(
        gpd.GeoSeries([area, shapely.Polygon()], crs=WGS84),
        [style],
        name=name,
        tooltips=Tooltips([heading, ""], {"Row": [value, ""]}, [value, ""]),
        labels=[label, ""],
        legend=Legend(heading, [LegendItem(label, style)], value),
    )


def page(*layers: FeatureLayer, title: str = "Title") -> str:
    m = Map(BOUNDS, title, subtitle=title, facts=[(title, title)], source=title)
    m.add_layers(layers)
    return html(m)


def spec_of(text: str) -> dict[str, object]:
    found = re.search(r"spatialgov\.layer\((\{.*\})\);", text)
    assert found is not None
    spec: dict[str, object] = json.loads(found[1])
    return spec


def test_coordinates_have_six_decimals_and_empty_shapes_are_left_out() -> None:
    features = spec_of(page(a_layer()))["features"]
    assert isinstance(features, list)
    assert len(features) == 1
    ring = unpacked(features[0]["geometry"]["coordinates"][0])
    corners = {tuple(place) for place in ring.tolist()}
    assert corners == {(116.012346, 34.0), (116.1, 34.0), (116.1, 34.1), (116.012346, 34.1)}


def unpacked(flat: list[int]) -> npt.NDArray[np.float64]:
    places: npt.NDArray[np.float64] = np.cumsum(np.reshape(flat, (-1, 2)), axis=0) / 1e6
    return places


def test_every_kind_of_geometry_keeps_its_shape() -> None:
    hole = [(116.02, 34.02), (116.05, 34.02), (116.05, 34.05)]
    ring = shapely.Polygon([(116.0, 34.0), (116.1, 34.0), (116.1, 34.1), (116.0, 34.1)], [hole])
    line = shapely.LineString([(116, 34), (116.000001, 34), (116, 33.9)])
    shapes = [ring, shapely.MultiPolygon([ring]), line, shapely.MultiLineString([line]), shapely.Point(116.1234567, 34)]
    layer = FeatureLayer(gpd.GeoSeries(shapes, crs=WGS84), [{}])
    features = spec_of(page(layer))["features"]
    assert isinstance(features, list)
    for shape, feature in zip(shapes, features, strict=True):
        geometry = feature["geometry"]
        assert geometry["type"] == shape.geom_type
        flat = geometry["coordinates"]
        if shape.geom_type == "Point":
            assert flat == [116.123457, 34.0]
            continue
        while isinstance(flat[0][0] if isinstance(flat[0], list) else 0, list):
            flat = flat[0]
        parts = flat if isinstance(flat[0], list) else [flat]
        found = np.vstack([unpacked(part) for part in parts])
        assert np.abs(found - shapely.get_coordinates(shape)).max() <= 5e-7


def test_nothing_but_the_vendored_script_names_a_host() -> None:
    text = page(a_layer())
    for vendored in (
        assets.inline_script("vendor/leaflet/leaflet.js"),
        assets.inline_style("vendor/leaflet/leaflet.css"),
    ):
        assert vendored in text
        text = text.replace(vendored, "")
    hosts = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)))
    assert hosts == {"http://www.w3.org"}  # the namespace of SVG


def test_vendored_script_names_only_its_own_home_page() -> None:
    text = assets.inline_script("vendor/leaflet/leaflet.js")
    assert set(re.findall(r"https?://[\w.-]+", text)) == {"https://leafletjs.com", "http://www.w3.org"}


def test_the_page_forbids_every_request() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page())
    assert policy is not None
    assert policy[1].startswith("default-src 'none';")
    assert "http" not in policy[1]
    assert "connect-src" not in policy[1]


def test_folium_brings_no_files_of_its_own() -> None:
    text = page(a_layer())
    assert re.findall(r"<script[^>]*\ssrc=", text) == []
    assert re.findall(r'<link(?! rel="icon" href="data:,")', text) == []
    assert "url(images" not in text


@pytest.mark.parametrize("place", ["heading", "label", "value", "name"])
def test_hostile_text_of_data_stays_text(place: str) -> None:
    plain, hostile = page(a_layer()), page(a_layer(**{place: HOSTILE}))
    assert hostile.count("</script>") == plain.count("</script>")
    assert "<img" not in hostile
    assert "onerror=alert(1)" in hostile  # it is there, as text


def test_hostile_title_stays_text() -> None:
    plain, hostile = page(), page(title=HOSTILE)
    assert hostile.count("</script>") == plain.count("</script>")
    assert "<img" not in hostile
    assert "&lt;img" in hostile


def test_language_of_the_page() -> None:
    with using_language("zh"):
        chinese = page(a_layer())
    with using_language("en"):
        english = page(a_layer())
    assert '<html lang="zh-CN">' in chinese
    assert "放大" in chinese
    assert '<html lang="en">' in english
    assert "Zoom in" in english


def test_only_a_page_of_a_service_links_to_others() -> None:
    with using_language("en"):
        m = Map(BOUNDS, "Title")
    alone, served = html(m), html(m, home_url="../")
    assert 'class="home"' not in alone
    assert 'href="../"' in served
    assert 'href="?lang=zh"' in served


def test_save_html_writes_the_page(tmp_path: Path) -> None:
    m = Map(BOUNDS, "标题")
    path = save_html(m, tmp_path / "map.html")
    assert path.read_bytes().decode("utf-8") == html(m)


def test_missing_assets_say_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(assets, "static_dir", lambda: tmp_path)
    with using_language("en"), pytest.raises(MissingAssetsError, match=r"tools/vendor_assets\.py"):
        assets.inline_script.__wrapped__("vendor/leaflet/leaflet.js")


def test_inlined_script_can_not_end_its_element(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('x = "</SCRIPT><!--";\n//# sourceMappingURL=a.js.map\n', encoding="utf-8")
    monkeypatch.setattr(assets, "static_dir", lambda: tmp_path)
    assert assets.inline_script.__wrapped__("a.js") == 'x = "\\x3c/SCRIPT>\\x3c!--";\n\n'


def test_static_dir_holds_the_pages() -> None:
    assert {"index.html", "docs.html", "css", "js", "vendor"} <= {path.name for path in static_dir().iterdir()}


def test_a_map_of_nothing_shows_the_world() -> None:
    nothing = gpd.GeoSeries([], crs=WGS84)
    text = html(Map(nothing.total_bounds, "Title"))
    assert "NaN" not in text.partition("<body>")[2]
    assert "[[-60.0,-180.0],[75.0,180.0]]" in text
