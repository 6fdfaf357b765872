"""Buildings and roads of an extract of OpenStreetMap, as the layers of a store have them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.cameras.osm_tags import metres
from spatialgov.language import t
from spatialgov.osm_extract import read_features
from spatialgov.projection import WGS84

__all__ = ["ROAD_CLASSES", "OsmLayer", "read_buildings", "read_roads"]

ROAD_CLASSES: Mapping[str, str] = {
    "motorway": "trunk", "motorway_link": "trunk", "trunk": "trunk", "trunk_link": "trunk",
    "primary": "primary", "primary_link": "primary",
    "secondary": "secondary", "secondary_link": "secondary", "tertiary": "secondary", "tertiary_link": "secondary",
    "residential": "residential", "living_street": "residential", "unclassified": "residential", "road": "residential",
    "service": "alley", "pedestrian": "alley", "footway": "alley", "path": "alley", "cycleway": "alley",
    "steps": "alley",
    "track": "track", "bridleway": "track",
}  # fmt: skip
"""``highway=…`` → our class; ways of other kinds are no road that the public takes, or none yet."""

_OPEN_BELOW = ("roof", "carport", "canopy")
"""Buildings without walls: one looks through below them."""
_STOREYS = re.compile(r"[0-9]{1,3}(\.[0-9]+)?")
_MOST_HEIGHT_M = 1_000.0
_MOST_CHARACTERS = 200

Tell = Callable[[int], None]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class OsmLayer:
    """A layer of an extract.

    Attributes
    ----------
    frame
        With the columns of the store, EPSG:4326.
    left_out
        Reason → how many were left out.
    """

    frame: gpd.GeoDataFrame
    left_out: Mapping[str, int]


def read_buildings(path: Path, tell: Tell = lambda _: None) -> OsmLayer:
    """Read the buildings: ``building_id``, ``kind``, ``height_m``, ``storeys`` (NaN where there is no such tag).

    Parameters
    ----------
    path
        The extract (``.osm.pbf``).
    tell
        Is told now and then how many there are so far.

    Raises
    ------
    UnreadableFileError
        When the file is damaged.
    """
    tags = ["building", "height", "building:levels", "location"]
    table, shapes = read_features(path, "multipolygons", "building", tags, tell)
    way, relation = table["osm_way_id"], table["osm_id"]
    height = pd.Series([metres(cell) if cell else None for cell in table["height"]], dtype="float64")
    frame = gpd.GeoDataFrame(
        {
            "building_id": [f"way/{w}" if w else f"relation/{r}" for w, r in zip(way, relation, strict=True)],
            "kind": table["building"].replace("yes", "").str[:_MOST_CHARACTERS],
            "height_m": height.where(height.between(0.0, _MOST_HEIGHT_M, inclusive="right")),
            "storeys": pd.array([_storeys(cell) for cell in table["building:levels"]], dtype="Int64"),
        },
        geometry=shapes,
        crs=WGS84,
    )
    kind, place = table["building"].to_numpy(), table["location"].to_numpy()
    reasons = {
        "building=no": kind == "no",
        t("without walls (roof, carport)", "无墙体（顶棚、车棚）"): np.isin(kind.astype(str), _OPEN_BELOW),
        t("underground", "地下"): place == "underground",
    }
    return _kept(frame, reasons)


def read_roads(path: Path, tell: Tell = lambda _: None) -> OsmLayer:
    """Read the roads: ``road_id``, ``name``, ``name_en``, ``road_class`` (`ROAD_CLASSES`).

    Left out are tunnels and passages through buildings, which nothing in the street can see, pavements beside a road
    that is there itself, and ways that are no road or none yet.

    Parameters
    ----------
    path, tell
        As `read_buildings` takes them.

    Raises
    ------
    UnreadableFileError
        When the file is damaged.
    """
    tags = ["highway", "name", "name:en", "tunnel", "indoor", "footway", "area"]
    table, shapes = read_features(path, "lines", "highway", tags, tell)
    table = table.fillna("")
    frame = gpd.GeoDataFrame(
        {
            "road_id": "way/" + table["osm_id"].astype(str),
            "name": table["name"].str[:_MOST_CHARACTERS],
            "name_en": table["name:en"].str[:_MOST_CHARACTERS],
            "road_class": table["highway"].map(ROAD_CLASSES),
        },
        geometry=shapes,
        crs=WGS84,
    )
    reasons = {
        t("no road, or none yet", "非道路或未建成"): frame["road_class"].isna().to_numpy(),
        t("in a tunnel or a passage", "隧道或过街楼内"): ~np.isin(table["tunnel"].astype(str), ("", "no")),
        t("indoors", "室内"): (table["indoor"] == "yes").to_numpy(),
        t("pavement or crossing of a road", "道路的人行道或人行横道"): np.isin(
            table["footway"].astype(str), ("sidewalk", "crossing")
        ),
    }
    return _kept(frame, reasons)


def _storeys(cell: str | None) -> int | None:
    return None if cell is None or _STOREYS.fullmatch(cell.strip()) is None else max(round(float(cell)), 0)


def _kept(frame: gpd.GeoDataFrame, reasons: Mapping[str, Mask]) -> OsmLayer:
    """Leave out what there is a reason for, each row for its first one, and what has no shape or comes again."""
    shapes = frame.geometry.to_numpy()
    every = {
        **reasons,
        t("without a shape", "无几何"): shapely.is_missing(shapes) | shapely.is_empty(shapes),
        t("there twice", "重复"): frame.iloc[:, 0].duplicated().to_numpy(),
    }
    kept = np.ones(len(frame), dtype=bool)
    left_out = {}
    for reason, where in every.items():
        if count := int((kept & where).sum()):
            left_out[reason] = count
        kept &= ~where
    return OsmLayer(frame[kept].reset_index(drop=True), left_out)
