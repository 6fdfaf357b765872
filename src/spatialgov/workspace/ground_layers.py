"""What the analyst's page draws under its layers, encoded once for all who may see the same."""

from collections.abc import Callable, Hashable
from typing import Any

import geopandas as gpd
import pandas as pd

from spatialgov.errors import NothingPublishedError
from spatialgov.projection import WGS84
from spatialgov.store import Edition, Store
from spatialgov.workspace.areas import Area
from spatialgov.workspace.encoded import EncodedJson, encoded_size
from spatialgov.workspace.kept import Kept
from spatialgov.workspace.plain import feature_collection_of

__all__ = ["GroundLayers"]

_MOST_BYTES = 32 * 2**20
_NAMES = ["code", "level", "parent_code", "name", "name_en"]
_LINES = {"roads": ["road_class"], "barriers": ["kind", "effect"]}


class GroundLayers:
    """Jurisdictions, grids in force, roads and barriers of a workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._encoded = Kept(_MOST_BYTES, encoded_size)

    def encoded(self, area: Area | None, zone: str) -> EncodedJson:
        """Give the ground that an account is limited to as JSON.

        `timezone`, that of the pages; `edition` in force or null; `jurisdictions` (`code`, `level`, `parent_code`,
        `name`, `name_en`, and the `place` for the name) by code; `boxes`, by code, "" for all: west, south, east,
        north; `layers`, a GeoJSON FeatureCollection each: `jurisdictions`, `grids`. Degrees, WGS 84.
        """
        edition = self._edition()
        known = None if edition is None else (edition.id, edition.valid_from)
        key = "ground", zone, area, known, self._store.revision("jurisdictions")
        return self._kept(key, lambda: {"timezone": zone} | self._ground(edition, area))

    def surroundings(self) -> EncodedJson:
        """Give roads and barriers as JSON, a GeoJSON FeatureCollection each. Degrees, WGS 84."""
        key = "surroundings", *(self._store.revision(name) for name in _LINES)
        return self._kept(
            key, lambda: {name: feature_collection_of(self._store.layer(name), of) for name, of in _LINES.items()}
        )

    def _kept(self, key: Hashable, make: Callable[[], dict[str, Any]]) -> EncodedJson:
        return self._encoded.get(key, lambda: EncodedJson.of(make()))

    def _edition(self) -> Edition | None:
        try:
            return self._store.edition()
        except NothingPublishedError:
            return None

    def _ground(self, edition: Edition | None, area: Area | None) -> dict[str, Any]:
        jurisdictions = self._store.jurisdictions()
        grids = gpd.GeoDataFrame({"code": [], "name": [], "parent_code": []}, geometry=[], crs=WGS84)
        if edition is not None:
            grids = self._store.edition_grids(edition.id)
        if area is not None:
            jurisdictions, grids = area.jurisdictions(jurisdictions), area.grids(grids)
        jurisdictions = jurisdictions.sort_values("code", ignore_index=True)
        shapes = jurisdictions.geometry
        boxes = dict(zip(jurisdictions["code"], shapes.bounds.to_numpy().tolist(), strict=True))
        if len(jurisdictions) or len(grids):
            boxes[""] = gpd.GeoSeries(pd.concat([shapes, grids.geometry])).total_bounds.tolist()
        names = jurisdictions[_NAMES].fillna("").to_dict("records")
        places = shapes.representative_point()
        return {
            "edition": None if edition is None else {"id": edition.id, "valid_from": edition.valid_from.isoformat()},
            "jurisdictions": [
                row | {"place": [round(x, 6), round(y, 6)]} for row, x, y in zip(names, places.x, places.y, strict=True)
            ],
            "boxes": boxes,
            "layers": {
                "jurisdictions": feature_collection_of(jurisdictions, ["code", "level"]),
                "grids": feature_collection_of(grids, ["code", "name"]),
            },
        }
