"""What surrounds the subject of a map, so that a reader knows where they are: jurisdictions, roads, river, railway."""

from dataclasses import dataclass, replace

import geopandas as gpd
import shapely

from spatialgov.language import current_language, t
from spatialgov_maps.base import FeatureLayer, Legend, LegendItem, Style

__all__ = ["Context", "context_layers", "grid_headings", "light_context_layers", "names_of"]

_ROOM = 200_000
"""Bytes of a report's page that its surroundings may take."""
_PIXELS = 1500
"""How wide a whole map is, about."""


@dataclass(frozen=True, slots=True)
class Context:
    """Frames in EPSG:4326 with the columns of the sample city; each may be left out.

    Attributes
    ----------
    jurisdictions
        ``code``, ``level``, ``name``, ``name_en``, polygons. Only communities are drawn where there are any.
    roads
        ``road_class``, lines.
    barriers
        ``kind`` (river, railway, trunk_road), lines.
    source
        Where the data come from and of which time: a line for the map's corner.
    """

    jurisdictions: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    barriers: gpd.GeoDataFrame | None = None
    source: str = ""


_MAIN_ROADS = {"trunk": 3.2, "primary": 2.6, "secondary": 1.8}
_MINOR_ROADS = {"residential": 1.0, "alley": 0.7, "track": 0.7}
_RIVER: Style = {"color": "#7fb2d9", "weight": 7, "opacity": 0.95, "lineCap": "round"}
_RAILS: Style = {"color": "#4b5563", "weight": 3.6, "opacity": 1, "dashArray": "9 5", "lineCap": "butt"}
_SLEEPERS: Style = {"color": "#ffffff", "weight": 3.6, "opacity": 1}
_BARRIERS: dict[str, tuple[Style, ...]] = {"river": (_RIVER,), "railway": (_SLEEPERS, _RAILS)}


def names_of(jurisdictions: gpd.GeoDataFrame) -> list[str]:
    """Give the names in the current language: in English ``name_en`` wherever there is one."""
    names = jurisdictions["name"].astype(str).tolist()
    if current_language() == "zh" or "name_en" not in jurisdictions:
        return names
    return [str(english or name) for english, name in zip(jurisdictions["name_en"], names, strict=True)]


def grid_headings(grids: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame | None) -> list[str]:
    """Give what to call each grid: its name, or in English its community's English name and its number."""
    names = [str(name or code) for name, code in zip(grids["name"], grids["code"], strict=True)]
    if current_language() == "zh" or jurisdictions is None:
        return names
    english = dict(zip(jurisdictions["code"], names_of(jurisdictions), strict=True))
    return [
        f"{english[parent]}, {code[len(parent) :]}" if english.get(parent) and code.startswith(parent) else name
        for name, parent, code in zip(names, grids["parent_code"], grids["code"].astype(str), strict=True)
    ]


def context_layers(context: Context) -> list[FeatureLayer]:
    """Give all that surrounds the subject, from the bottom up: it lies over the areas and under points."""
    return [
        *_road_layers(context.roads),
        *_jurisdiction_layer(context.jurisdictions),
        *_barrier_layers(context.barriers),
    ]


def light_context_layers(context: Context, room: int = _ROOM) -> list[FeatureLayer]:
    """Give what `context_layers` gives, as far as a page has room for it beside a report's own numbers, in bytes.

    Where it is too much, minor roads are left out first, then main roads; then borders, river and railway are drawn
    with fewer corners, by about a pixel of the whole map.
    """
    layers = context_layers(context)
    for name in (_minor_roads(), _main_roads()):
        if _size(layers) > room:
            layers = [layer for layer in layers if layer.layer_name != name]
    if _size(layers) > room:
        lighter = replace(context, jurisdictions=_simpler(context.jurisdictions), barriers=_simpler(context.barriers))
        layers = context_layers(replace(lighter, roads=None))
    return layers


def _size(layers: list[FeatureLayer]) -> int:
    return sum(len(layer.spec.encode()) for layer in layers)


def _simpler(frame: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    if frame is None or frame.empty:
        return frame
    west, south, east, north = frame.total_bounds
    step = max(east - west, north - south) / _PIXELS
    areas = frame.geom_type.isin(["Polygon", "MultiPolygon"]).all()  # whose common borders must stay common
    simplify = shapely.coverage_simplify if areas else shapely.simplify
    return frame.set_geometry(
        gpd.GeoSeries(simplify(frame.geometry.to_numpy(), step), index=frame.index, crs=frame.crs)
    )


def _main_roads() -> str:
    return t("Main roads", "主要道路")


def _minor_roads() -> str:
    return t("Minor roads", "次要道路")


def _road_layers(roads: gpd.GeoDataFrame | None) -> list[FeatureLayer]:
    """Give main and minor roads, one feature a class; the minor ones are off at first."""
    layers: list[FeatureLayer] = []
    choices = [(_main_roads(), _MAIN_ROADS, True), (_minor_roads(), _MINOR_ROADS, False)]
    for name, weights, show in choices:
        chosen = roads[roads["road_class"].isin(list(weights))] if roads is not None else None
        if chosen is None or chosen.empty:
            continue
        merged = chosen.geometry.groupby(chosen["road_class"]).agg(lambda lines: lines.union_all())
        lines = gpd.GeoSeries(merged, crs=chosen.crs).line_merge()
        styles: list[Style] = [{"color": "#ffffff", "weight": weights[kind], "opacity": 0.8} for kind in lines.index]
        layers.append(FeatureLayer(lines, styles, range(len(styles)), name=name, show=show, pane="lines"))
    return layers


def _barrier_layers(barriers: gpd.GeoDataFrame | None) -> list[FeatureLayer]:
    """Give river and railway, each drawn as maps draw it, with a legend; trunk roads are among the roads."""
    if barriers is None:
        return []
    names = {"river": t("River", "河流"), "railway": t("Railway", "铁路")}
    present = [kind for kind in names if (barriers["kind"] == kind).any()]
    items = [LegendItem(names[kind], _BARRIERS[kind][-1], "line") for kind in present]
    legend = Legend("", items) if items else None
    layers = []
    for kind in present:
        shapes = barriers[barriers["kind"] == kind].geometry
        for style in _BARRIERS[kind]:
            layers.append(FeatureLayer(shapes, [style], pane="lines", legend=legend))
            legend = None
    return layers


def _jurisdiction_layer(frame: gpd.GeoDataFrame | None) -> list[FeatureLayer]:
    """Give the outlines and names of the communities, or nothing."""
    if frame is None or frame.empty:
        return []
    if (frame["level"] == "community").any():
        frame = frame[frame["level"] == "community"]
    style: Style = {"color": "#1f2937", "weight": 2.2, "fill": False, "opacity": 0.85}
    return [
        FeatureLayer(
            frame.geometry,
            [style],
            name=t("Communities", "社区"),
            pane="lines",
            labels=names_of(frame),
            label_class="area",
            legend=Legend("", [LegendItem(t("Community border", "社区边界"), style, "line")]),
        )
    ]
