"""Vector tiles, as the Mapbox Vector Tile specification 2.1 encodes them, one by one and as an archive (PMTiles)."""

from spatialgov.vector_tiles.archive import write_archive
from spatialgov.vector_tiles.layer import EXTENT, MOST_ZOOM, TileLayer

__all__ = ["EXTENT", "MOST_ZOOM", "TileLayer", "write_archive"]
