"""Our own folium map: one self-contained page with a header, layers with legends and tooltips, and no foreign host.

Nothing is drawn from outside: no tiles, no scripts, no fonts. The page's content security policy forbids every request,
so that a layer of somebody else's that names a content network stays empty instead of asking it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import folium
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from branca.element import Element, Figure, MacroElement
from folium.map import Layer
from folium.template import Template

from spatialgov.language import current_language, t
from spatialgov_maps.assets import inline_script, inline_style, json_in_script

__all__ = [
    "FONT_STACK",
    "HEADER",
    "FeatureLayer",
    "InnerMap",
    "Legend",
    "LegendItem",
    "LegendLayer",
    "Map",
    "Page",
    "Pane",
    "Style",
    "Tooltips",
    "WebPage",
    "header_texts",
    "html",
    "packed",
    "save_html",
    "script_json",
]

FONT_STACK = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", '
    '"Noto Sans CJK SC", "Source Han Sans SC", sans-serif'
)

Style = Mapping[str, str | float | bool]
"""Leaflet path options: ``color``, ``weight``, ``fillColor``, ``fillOpacity``, ``dashArray``, ``radius``, …"""

Pane = Literal["areas", "lines", "points"]
"""Where a layer lies, from the bottom up."""


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One line of a legend: how a thing is drawn, as what, and what it is."""

    label: str
    style: Style
    shape: Literal["area", "line", "point"] = "area"


@dataclass(frozen=True, slots=True)
class Legend:
    """What the colours of a layer mean; shown as long as the layer is.

    Attributes
    ----------
    title
        What is shown, with its unit; empty where the items speak for themselves.
    items
        From top to bottom.
    note
        What a reader must know to read the layer rightly, or nothing.
    """

    title: str
    items: Sequence[LegendItem]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tooltips:
    """What appears beside the pointer: a heading, a note and a table for each feature.

    Attributes
    ----------
    headings
        One per feature.
    rows
        Name of the row → one formatted value per feature; empty values are left out.
    notes
        One per feature: a sentence or two between heading and table.
    """

    headings: Sequence[str]
    rows: Mapping[str, Sequence[str]]
    notes: Sequence[str] | None = None


class LegendLayer(Layer):
    """What may lie on a map: a layer with a legend, or with None."""

    legend: Legend | None


class FeatureLayer(LegendLayer):
    """Geometries of one frame with a style each, and optionally tooltips, labels and a legend.

    Parameters
    ----------
    geometry
        (n,) geometries, EPSG:4326, written to the millionth of a degree (0.1 m); empty ones are left out.
    styles
        The styles that occur.
    style_of
        (n,) positions into `styles`; the first style for all when it is not given.
    name
        As it stands in the layer switch; without a name the layer is always on.
    base
        Whether it is one of several pictures to choose from, instead of one to add.
    show
        Whether it is on when the map opens.
    pane
        Where it lies.
    tooltips, labels, legend
        Labels are (n,) short texts that appear where there is room for them.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = spatialgov.layer({{ this.spec }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        geometry: gpd.GeoSeries,
        styles: Sequence[Style],
        style_of: Sequence[int] | npt.NDArray[Any] | None = None,
        *,
        name: str = "",
        base: bool = False,
        show: bool = True,
        pane: Pane = "areas",
        tooltips: Tooltips | None = None,
        labels: Sequence[str] | None = None,
        label_class: Literal["grid", "area"] = "grid",
        legend: Legend | None = None,
    ) -> None:
        super().__init__(name=name or None, overlay=not base, control=bool(name), show=show)
        self._name = "FeatureLayer"
        self.legend = legend
        shapes = geometry.to_numpy()
        spec = {
            "styles": [dict(style) for style in styles],
            "pane": pane,
            "rows": list(tooltips.rows) if tooltips else [],
            "labelClass": label_class,
            "features": _features(shapes, _properties(style_of, tooltips, labels, shapes)),
        }
        self.spec = script_json(spec)


def _properties(
    style_of: Sequence[int] | npt.NDArray[Any] | None,
    tooltips: Tooltips | None,
    labels: Sequence[str] | None,
    shapes: npt.NDArray[Any],
) -> list[dict[str, Any]]:
    """Give what each feature carries: style, heading, values, note, label and the place of the label."""
    properties: list[dict[str, Any]] = [
        {"s": int(style_of[i]) if style_of is not None else 0} for i in range(len(shapes))
    ]
    if tooltips:
        columns = list(tooltips.rows.values())
        for i, item in enumerate(properties):
            item["h"] = str(tooltips.headings[i])
            item["v"] = [str(column[i]) for column in columns]
            if tooltips.notes:
                item["n"] = str(tooltips.notes[i])
    if labels is not None:
        # Empty shapes have no such point.
        places, owners = shapely.get_coordinates(shapely.point_on_surface(shapes), return_index=True)
        for i, place in zip(owners.tolist(), places.round(6).tolist(), strict=True):
            properties[i] |= {"l": labels[i], "p": place}
    return properties


def _features(shapes: npt.NDArray[Any], properties: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the features as GeoJSON has them, but for their packed coordinates (`packed`)."""
    features = []
    for text, item, empty in zip(shapely.to_geojson(shapes), properties, shapely.is_empty(shapes), strict=True):
        if not empty:
            shape = json.loads(text)
            geometry = {"type": shape["type"], "coordinates": packed(shape["coordinates"])}
            features.append({"type": "Feature", "geometry": geometry, "properties": item})
    return features


def packed(coordinates: list[Any]) -> list[Any]:
    """Give GeoJSON coordinates with each line or ring as one flat list: a third of the size, unpacked by `map.js`.

    In it x and y take turns, in millionths of a degree (0.1 m), each as the difference from the one before.
    """
    if not isinstance(coordinates[0], list):  # a point
        return [round(value, 6) for value in coordinates[:2]]
    if isinstance(coordinates[0][0], list):
        return [packed(part) for part in coordinates]
    places = np.rint(np.asarray(coordinates)[:, :2] * 1e6).astype(np.int64)
    flat: list[Any] = np.diff(places, axis=0, prepend=0).ravel().tolist()
    return flat


class Page(Figure):
    """The HTML page around a map or a chart, with all scripts and styles inside."""

    _template = Template(
        """<!DOCTYPE html>
<html lang="{{ this.tag }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<title>{{ this.title|e }}</title>
<link rel="icon" href="data:,">
<style>{{ this.leaflet_css }}</style>
<style>:root { --font: {{ this.fonts }}; }
{{ this.map_css }}</style>
<script>{{ this.leaflet_js }}</script>
<script>{{ this.map_js }}</script>
{{ this.header.render(**kwargs) }}
</head>
<body>
{{ this.html.render(**kwargs) }}
<script>
{{ this.script.render(**kwargs) }}
</script>
</body>
</html>
"""
    )

    def __init__(self, title: str) -> None:
        super().__init__(title=title)
        self.tag = _TAGS[current_language()]
        self.fonts = FONT_STACK
        self.leaflet_js = inline_script("vendor/leaflet/leaflet.js")
        self.leaflet_css = inline_style("vendor/leaflet/leaflet.css")
        self.map_js = inline_script("js/map.js") + inline_script("js/report.js")
        self.map_css = inline_style("css/map.css")
        self.header._children.clear()  # folium's own meta tags: ours stand in the template


HEADER = """
            <header class="page-head">
              {%- if this.home_url %}<a class="home" href="{{ this.home_url|e }}">{{ this.texts.home|e }}</a>{% endif %}
              <div class="names"><h1>{{ this.title|e }}</h1>
              {%- if this.subtitle %}<p>{{ this.subtitle|e }}</p>{% endif %}</div>
              {%- if this.facts %}
              <dl class="facts">{% for value, name in this.facts %}
                <div><dt>{{ name|e }}</dt><dd>{{ value|e }}</dd></div>{% endfor %}
              </dl>{% endif %}
              {%- if this.home_url %}
              <a class="language" href="?lang={{ this.texts.other_tag }}" lang="{{ this.texts.other_tag }}">
                {{- this.texts.other }}</a>{% endif %}
            </header>
"""
"""The head of every page, for the template of a `WebPage` with the attributes that it names."""


_LEGEND_PX = 280
"""What legends take on the right of a map."""
_WORLD = np.array([-180.0, -60.0, 180.0, 75.0])
_TAGS = {"en": "en", "zh": "zh-CN"}


class WebPage(Protocol):
    """What `html` and `save_html` take: a map or a chart whose root is a `Page`."""

    home_url: str

    def get_root(self) -> Element:
        """Give the page."""


def header_texts() -> dict[str, str]:
    """Give the words of `HEADER` in the current language."""
    chinese = current_language() == "zh"
    return {
        "home": t("Start page", "首页"),
        "other": "English" if chinese else "中文",
        "other_tag": "en" if chinese else "zh",
    }


_SCRIPT = """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = spatialgov.map({{ this.get_name()|tojson }}, {{ this.settings }});
        {% endmacro %}
"""


class InnerMap(folium.Map):
    """A folium map without tiles, with a scale, for a page that has a place for it: an element with its name as id.

    Layers are added with `add_child` (or ``layer.add_to(map)``); any of folium's own elements that need no file from
    outside can be added as well.

    Parameters
    ----------
    bounds
        (4,) west, south, east, north, degrees, WGS 84: what the map shows first; NaN (of an empty frame) for the world.
    source
        Where the data come from and of which time, for the corner.
    right
        Pixels on the right that the bounds leave free.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 (folium reads it so)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    _template = Template(_SCRIPT)

    def __init__(self, bounds: npt.ArrayLike, *, source: str = "", right: int = 16) -> None:
        super().__init__(tiles=None)
        places = np.asarray(bounds, dtype=np.float64)
        west, south, east, north = (places if np.isfinite(places).all() else _WORLD).tolist()
        settings = {
            "bounds": [[south, west], [north, east]],
            "right": right,
            "zoomIn": t("Zoom in", "放大"),
            "zoomOut": t("Zoom out", "缩小"),
            "legend": t("Legend", "图例"),
            "layers": t("Layers", "图层"),
            "keys": t("Arrow keys: move the map and read its middle", "方向键：移动地图并读取中心处的内容"),
            "source": source,
        }
        self.settings = script_json(settings)


class Map(InnerMap):
    """A map that is a page of its own, with a header, a layer switch and legends that follow it.

    Parameters
    ----------
    bounds, source
        See `InnerMap`.
    title, subtitle
        The header's text, any characters.
    facts
        (value, name) of the few numbers that say it all, for the header.
    """

    _template = Template(
        """
        {% macro html(this, kwargs) %}"""
        + HEADER
        + """
            <main class="folium-map" id={{ this.get_name()|tojson }} aria-label="{{ this.title|e }}"></main>
        {% endmacro %}"""
        + _SCRIPT
    )

    def __init__(
        self,
        bounds: npt.ArrayLike,
        title: str,
        *,
        subtitle: str = "",
        facts: Sequence[tuple[str, str]] = (),
        source: str = "",
    ) -> None:
        super().__init__(bounds, source=source, right=_LEGEND_PX)
        self.title, self.subtitle, self.facts, self.home_url = title, subtitle, list(facts), ""
        self.texts = header_texts()
        Page(title).add_child(self)

    def add_layers(self, layers: Sequence[LegendLayer]) -> None:
        """Add layers from the bottom up, then the layer switch and the legends over all of them."""
        for layer in layers:
            self.add_child(layer)
        if any(layer.control for layer in layers):
            folium.LayerControl(collapsed=False).add_to(self)
        _Controls(layers).add_to(self)


class _Controls(MacroElement):
    """The legends of a map's layers, each shown as long as its layer is."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            spatialgov.legends({{ this._parent.get_name() }}, [
            {%- for name, legend in this.legends %}
                [{{ name }}, {{ legend }}],
            {%- endfor %}
            ]);
        {% endmacro %}
        """
    )

    def __init__(self, layers: Sequence[LegendLayer]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Controls"
        self.legends = [(layer.get_name(), script_json(_legend(layer.legend))) for layer in layers if layer.legend]


def script_json(value: Any) -> str:
    """Give a value as JSON that can stand inside a ``<script>``."""
    return json_in_script(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _legend(legend: Legend) -> dict[str, Any]:
    items = [{"label": item.label, "style": dict(item.style), "shape": item.shape} for item in legend.items]
    return {"title": legend.title, "items": items, "note": legend.note}


def html(m: WebPage, *, home_url: str = "") -> str:
    """Give the map or chart as one HTML page that needs no other file and asks no host for anything.

    Parameters
    ----------
    m
        The map or chart.
    home_url
        Where the start page lies, for a page that a service shows: adds the way back and a link to the other language
        (``?lang=…``). Nothing for a file.
    """
    m.home_url = home_url
    root: Element = m.get_root()
    text: str = root.render()
    return text


def save_html(m: WebPage, path: Path | str) -> Path:
    """Write the map as one HTML file that opens anywhere, without a network, and give its path."""
    path = Path(path)
    path.write_bytes(html(m).encode("utf-8"))
    return path
