"""Ours, and what all servers serve: ``python -m tests.bench.ogc.servers PORT FOLDER`` serves a workspace."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import shapely
import uvicorn

from spatialgov.workspace import Workspace
from spatialgov_api import LookupProtocol, Settings, create_app
from tests.bench.locate.tilings import make_tiling

__all__ = ["fill_database", "fill_workspace", "grids"]


def grids(n: int) -> gpd.GeoDataFrame:
    """Give grids with all their columns."""
    k = np.arange(n)
    return (
        make_tiling(n, 40)
        .frame()
        .assign(name="", kind="general", households=300 + k % 200, population=1000 + k, area_m2=1e4 + k / 8, n_units=1)
    )


def fill_workspace(folder: Path, frame: gpd.GeoDataFrame) -> None:
    """Publish them."""
    with Workspace.open(folder) as workspace:
        units = frame.assign(unit_id=frame["code"])
        unit_set = workspace.store.add_unit_set(
            units[["unit_id", "kind", "households", "population", "area_m2", "geometry"]],
            name="bench", datum="wgs84", source="bench",
        )  # fmt: skip
        plan = workspace.store.add_plan(
            name="bench",
            unit_set_id=unit_set,
            assignment=dict(zip(frame["code"], frame["code"], strict=True)),
            grids=pd.DataFrame(frame[["code", "name", "kind", "parent_code"]]),
        )
        lineage = pd.DataFrame({"code": [], "from_code": [], "relation": []}, dtype=str)
        workspace.store.publish(plan, frame, lineage=lineage, valid_from=datetime.now(UTC))


def fill_database(url: str, frame: gpd.GeoDataFrame) -> None:
    """Put them into a table of PostGIS with its indexes."""
    columns = ["code", "name", "kind", "parent_code", "households", "population", "area_m2", "n_units"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        connection.execute(
            "CREATE TABLE grids (id serial PRIMARY KEY, code text, name text, kind text, parent_code text, "
            "households bigint, population bigint, area_m2 float8, n_units bigint, geom geometry(Polygon, 4326))"
        )
        shapes = shapely.to_wkb(shapely.set_srid(frame.geometry.to_numpy(), 4326), hex=True, include_srid=True)
        with connection.cursor().copy(f"COPY grids ({', '.join(columns)}, geom) FROM STDIN") as copy:
            for row, shape in zip(frame[columns].itertuples(index=False), shapes, strict=True):
                copy.write_row([*row, shape])
        connection.execute("CREATE INDEX ON grids USING gist (geom)")
        connection.execute("VACUUM ANALYZE grids")


def main() -> None:
    """Serve until killed."""
    port, folder = sys.argv[1:]
    app = create_app(Settings(data_dir=Path(folder)))
    # as `spatialgov serve` does
    uvicorn.run(app, http=LookupProtocol, port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
