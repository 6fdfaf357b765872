"""What the page says before its tables."""

__all__ = ["HEAD", "PACKAGES"]

PACKAGES = ("fastapi", "uvicorn", "shapely", "tipg", "asyncpg", "pygeoapi", "SQLAlchemy")
HEAD = """# OGC API benchmark

Written by `make bench-ogc`: tipg and pygeoapi on PostGIS and ours on the same {grids} grids of about 40 vertices, in
one run, each in a server process of its own, asked one request after the other by a client in a third process.
{date}; {versions}. Milliseconds are CPU time of the server a request, PostgreSQL's backends included.

* **items_1000**: a thousand features as GeoJSON, at different places of the collection.
* **items_bbox**: boxes with about 25 grids, a different one for every request.
* **tile_z12**, **tile_z10**: gzip-compressed vector tiles of grids with their attributes, each asked for again and
  again, as browsers of a town do. `…_first_ms` is the first time, when ours are encoded; the peers encode them always.
"""
