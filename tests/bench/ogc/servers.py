"""The servers: ``python -m tests.bench.ogc.servers NAME PORT FOLDER DATABASE`` is one of them."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import psycopg
import shapely
import uvicorn

from spatialgov.workspace import Workspace
from tests.bench.locate.tilings import make_tiling

__all__ = ["fill_database", "fill_workspace", "grids"]


def grids(n: int) -> gpd.GeoDataFrame:
    """Give grids with all their columns."""
    frame = make_tiling(n, 40).frame()
    return frame.assign(
        name="", kind="general", households=400, population=range(1000, 1000 + n), area_m2=1e4, n_units=1
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


def _ours(folder: Path, _url: str) -> Any:
    from spatialgov_api import Settings, create_app

    return create_app(Settings(data_dir=folder))


def _tipg(_folder: Path, url: str) -> Any:
    os.environ["DATABASE_URL"] = url
    from tipg.main import app

    return app


def _pygeoapi(folder: Path, url: str) -> Any:
    with psycopg.connect(url) as connection:
        data = {
            "host": connection.info.host,
            "port": connection.info.port,
            "dbname": connection.info.dbname,
            "user": connection.info.user,
            "password": "",
            "search_path": ["public"],
        }
    common = {"data": data, "id_field": "id", "table": "grids", "geom_field": "geom"}
    features = {"type": "feature", "name": "PostgreSQL", **common}
    tiles = {
        "type": "tile",
        "name": "MVT-postgresql",
        **common,
        "options": {"zoom": {"min": 0, "max": 15}},
        "format": {"name": "pbf", "mimetype": "application/vnd.mapbox-vector-tile"},
    }
    text = {"en": "grids"}
    config = {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 1},
            "url": "http://127.0.0.1:1",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": True,
            "languages": ["en"],
            "limits": {"default_items": 10, "max_items": 10_000, "on_exceed": "throttle"},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": text, "description": text, "keywords": {"en": ["x"]}, "keywords_type": "theme",
                "terms_of_service": "", "url": "http://127.0.0.1",
            },
            "license": {"name": "", "url": "http://127.0.0.1"},
            "provider": {"name": "", "url": "http://127.0.0.1"},
            "contact": {"name": "", "position": "", "email": "a@b.c"},
        },
        "resources": {
            "grids": {
                "type": "collection",
                "title": text,
                "description": text,
                "keywords": {"en": ["x"]},
                "links": [],
                "extents": {"spatial": {"bbox": [113, 22, 115, 24], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
                "providers": [features, tiles],
            }
        },
    }  # fmt: skip
    path, description = folder / "pygeoapi.yml", folder / "pygeoapi-openapi.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    os.environ |= {"PYGEOAPI_CONFIG": str(path), "PYGEOAPI_OPENAPI": str(description)}
    from pygeoapi.openapi import generate_openapi_document

    description.write_text(generate_openapi_document(path, "json"), encoding="utf-8")
    from pygeoapi.starlette_app import APP

    return APP


def main() -> None:
    """Serve until killed."""
    name, port, folder, url = sys.argv[1:]
    app = {"ours": _ours, "tipg": _tipg, "pygeoapi": _pygeoapi}[name](Path(folder), url)
    uvicorn.run(app, port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
