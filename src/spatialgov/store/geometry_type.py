"""The column type for geometries: PostGIS's own on PostgreSQL, WKB in a BLOB on SQLite, shapely in Python."""

from typing import Any

import shapely
from geoalchemy2 import Geometry
from geoalchemy2.elements import WKBElement
from geoalchemy2.shape import to_shape
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator, TypeEngine

__all__ = ["SRID", "ShapelyGeometry"]

SRID = 4326
"""WGS 84, longitude and latitude in degrees: every geometry of the store."""


class ShapelyGeometry(TypeDecorator[Any]):
    """A shapely geometry in EPSG:4326, two-dimensional.

    `impl` must be the PostGIS type, so that GeoAlchemy2's comparators (``Grid.geometry.ST_Intersects(…)``) work;
    SQLite gets its BLOB from `load_dialect_impl`. (Measured: ``with_variant`` and ``impl = LargeBinary`` both fail.)

    Parameters
    ----------
    geometry_type
        ``POINT``, ``GEOMETRY``, … as PostGIS names them; PostGIS refuses other kinds.
    """

    impl = Geometry
    cache_ok = True

    def __init__(self, geometry_type: str = "GEOMETRY") -> None:
        # The models name their GiST indexes themselves: GeoAlchemy2 would create a second one beside Alembic's.
        super().__init__(geometry_type, srid=SRID, spatial_index=False)
        self.geometry_type = geometry_type

    def load_dialect_impl(self, dialect: Dialect | None) -> TypeEngine[Any]:
        """Give the type that the backend stores; GeoAlchemy2 asks without a backend whether the type is spatial."""
        if dialect is not None and dialect.name == "sqlite":
            return dialect.type_descriptor(LargeBinary())
        return self.impl_instance

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Give what the driver sends; WKB (bytes) and EWKB (hexadecimal text) from bulk encoding pass unchanged."""
        if value is None or isinstance(value, bytes | str):
            return value
        if dialect.name == "sqlite":
            return shapely.to_wkb(value)
        return shapely.to_wkb(shapely.set_srid(value, SRID), hex=True, include_srid=True)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Give the shapely geometry."""
        if value is None:
            return None
        return to_shape(value) if isinstance(value, WKBElement) else shapely.from_wkb(value)
