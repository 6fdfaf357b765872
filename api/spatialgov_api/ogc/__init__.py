"""What other software reads: OGC API - Features and - Tiles, under ``/ogc``."""

from spatialgov_api.ogc.features import router as features
from spatialgov_api.ogc.short import ShortFeatures, ShortReadings
from spatialgov_api.ogc.tiles import router as tiles

__all__ = ["ShortFeatures", "ShortReadings", "features", "tiles"]
