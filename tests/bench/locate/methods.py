"""Who locates: the peers and ours, each with its grids in its own form before the clock starts.

Every call gives the position of the grid of each point, -1 outside, as int32: the peers' pairs are turned into that
inside the clock, for so does ours.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.locate import Locator
from tests.bench.locate.postgis import database
from tests.bench.locate.tilings import Tiling

__all__ = ["METHODS", "PEERS", "prepare"]

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int32]
Locate = Callable[[Floats, Floats], Positions]
Run = Callable[[Floats, Floats], tuple[Positions, float]]
"""Longitudes and latitudes in; positions and CPU seconds out."""

METHODS = {
    "ours": "ours",
    "shapely_grids": "shapely, tree of grids",
    "shapely_points": "shapely, tree of points",
    "geopandas": "geopandas.sjoin",
    "duckdb": "DuckDB spatial, 1 thread",
    "sedonadb": "SedonaDB",
    "postgis": "PostGIS, grids outer",
}
PEERS = tuple(name for name in METHODS if name != "ours")


def prepare(method: str, tiling: Tiling) -> Run:
    """Give the call that times itself."""
    if method == "postgis":
        return _postgis(tiling)
    makers: dict[str, Callable[[Tiling], Locate]] = {
        "ours": lambda tiling: Locator.build(tiling.frame()).locate_many,
        "shapely_grids": _shapely_grids,
        "shapely_points": _shapely_points,
        "geopandas": _geopandas,
        "duckdb": _duckdb,
        "sedonadb": _sedonadb,
    }
    locate = makers[method](tiling)

    def run(lon: Floats, lat: Floats) -> tuple[Positions, float]:
        begun = time.process_time()
        return locate(lon, lat), time.process_time() - begun

    return run


def _filled(n: int, point: Any, grid: Any) -> Positions:
    positions = np.full(n, -1, dtype=np.int32)
    positions[point] = grid
    return positions


def _shapely_grids(tiling: Tiling) -> Locate:
    polygons = tiling.polygons
    shapely.prepare(polygons)
    tree = shapely.STRtree(polygons)
    tree.query(shapely.Point(0, 0))  # it is built at its first use
    return lambda lon, lat: _filled(len(lon), *tree.query(shapely.points(lon, lat), predicate="within"))


def _shapely_points(tiling: Tiling) -> Locate:
    polygons = tiling.polygons
    shapely.prepare(polygons)

    def run(lon: Floats, lat: Floats) -> Positions:
        grid, point = shapely.STRtree(np.asarray(shapely.points(lon, lat))).query(polygons, predicate="contains")
        return _filled(len(lon), point, grid)

    return run


def _geopandas(tiling: Tiling) -> Locate:
    grids = gpd.GeoDataFrame({"grid": np.arange(len(tiling.starts) - 1)}, geometry=tiling.polygons, crs=4326)

    def run(lon: Floats, lat: Floats) -> Positions:
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326)
        joined = gpd.sjoin(points, grids, predicate="within")
        return _filled(len(lon), joined.index.to_numpy(), joined["grid"].to_numpy())

    return run


def _duckdb(tiling: Tiling) -> Locate:
    import duckdb
    import duckdb_extension_spatial
    import pyarrow as pa

    base = duckdb.connect(config={"threads": 1, "allow_unsigned_extensions": True})
    (extension,) = Path(duckdb_extension_spatial.__file__).parent.rglob("spatial.duckdb_extension")
    base.execute(f"LOAD '{extension}'")
    wkb = pa.table({"grid": np.arange(len(tiling.starts) - 1), "wkb": shapely.to_wkb(tiling.polygons)})
    base.register("wkb", wkb)
    base.execute("CREATE TABLE grids AS SELECT grid, ST_GeomFromWKB(wkb) AS shape FROM wkb")

    def run(lon: Floats, lat: Floats) -> Positions:
        base.register("points", pa.table({"id": np.arange(len(lon)), "lon": lon, "lat": lat}))
        found = base.execute(
            "SELECT id, grid FROM points JOIN grids ON ST_Within(ST_Point(lon, lat), shape)"
        ).fetchnumpy()
        return _filled(len(lon), found["id"], found["grid"])

    return run


def _sedonadb(tiling: Tiling) -> Locate:
    import pyarrow as pa
    import sedonadb

    base = sedonadb.connect()
    grids = pa.table({"grid": np.arange(len(tiling.starts) - 1), "wkb": shapely.to_wkb(tiling.polygons)})
    base.create_data_frame(grids).to_view("wkb", overwrite=True)
    base.sql("SELECT grid, ST_GeomFromWKB(wkb) AS shape FROM wkb").to_memtable().to_view("grids", overwrite=True)

    def run(lon: Floats, lat: Floats) -> Positions:
        points = pa.table({"id": np.arange(len(lon)), "lon": lon, "lat": lat})
        base.create_data_frame(points).to_view("points", overwrite=True)
        found = base.sql(
            "SELECT p.id, g.grid FROM (SELECT id, ST_Point(lon, lat) AS place FROM points) p "
            "JOIN grids g ON ST_Within(p.place, g.shape)"
        ).to_arrow_table()
        return _filled(len(lon), found["id"].to_numpy(), found["grid"].to_numpy())

    return run


def _postgis(tiling: Tiling) -> Run:
    base, cpu_s = database()
    base.execute("CREATE EXTENSION postgis")
    base.execute("CREATE TABLE grids (grid int, shape geometry)")
    with base.cursor().copy("COPY grids FROM STDIN") as copy:
        for row in enumerate(np.asarray(shapely.to_wkb(tiling.polygons, hex=True)).tolist()):
            copy.write_row(row)
    base.execute("CREATE INDEX ON grids USING gist (shape)")
    base.execute("ANALYZE grids")

    def run(lon: Floats, lat: Floats) -> tuple[Positions, float]:
        base.execute("DROP TABLE IF EXISTS points")
        base.execute("CREATE UNLOGGED TABLE points (id int, place geometry)")
        with base.cursor().copy("COPY points FROM STDIN") as copy:
            for row in enumerate(np.asarray(shapely.to_wkb(shapely.points(lon, lat), hex=True)).tolist()):
                copy.write_row(row)
        base.execute("CREATE INDEX ON points USING gist (place)")
        base.execute("ANALYZE points")
        begun = cpu_s()
        base.execute(
            "CREATE TEMP TABLE found AS SELECT p.id, g.grid FROM grids g JOIN points p ON ST_Contains(g.shape, p.place)"
        )
        seconds = cpu_s() - begun
        pairs = np.array(base.execute("SELECT id, grid FROM found").fetchall()).reshape(-1, 2)
        base.execute("DROP TABLE found")
        return _filled(len(lon), pairs[:, 0], pairs[:, 1]), seconds

    return run
