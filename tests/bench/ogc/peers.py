"""The servers that are compared, each at its best settings: ``python peers.py NAME PORT FOLDER URL`` is one of them.

It runs in an environment of its own (requirements/ogc-peers.txt, which `make bench-ogc` installs) and knows nothing of
ours. One worker each; no logs, no compression of GeoJSON, no indented JSON.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

__all__: list[str] = []


def _tipg(port: int, _folder: Path, url: str) -> None:
    import uvicorn

    os.environ |= {"DATABASE_URL": url, "DB_MAX_CONN_SIZE": "1", "TIPG_CATALOG_TTL": "0", "TIPG_CORS_ORIGINS": ""}
    uvicorn.run("tipg.main:app", port=port, log_level="warning", access_log=False)


def _pygeoapi(port: int, folder: Path, url: str) -> None:
    """Serve ``grids``, whose tiles PostGIS makes, and ``kept``, whose tiles are files (in `folder`)."""
    config, description = folder / "pygeoapi.yml", folder / "pygeoapi-openapi.json"
    config.write_text(json.dumps(_pygeoapi_config(port, folder, url)), encoding="utf-8")
    os.environ |= {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(description)}
    from pygeoapi.openapi import generate_openapi_document

    description.write_text(generate_openapi_document(config, "json"), encoding="utf-8")
    arguments = ["--workers=1", "--threads=1", "--worker-class=gthread", "--keep-alive=600", "--timeout=600"]
    bound = [f"--bind=127.0.0.1:{port}", "--log-level=warning", "pygeoapi.flask_app:APP"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments, *bound])


def _pygeoapi_config(port: int, folder: Path, url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    table = {
        "data": {
            "host": parts.hostname,
            "port": parts.port,
            "dbname": parts.path.lstrip("/"),
            "user": parts.username,
            "password": "",
            "search_path": ["public"],
        },
        "id_field": "id",
        "table": "grids",
        "geom_field": "geom",
    }
    zooms = {"options": {"zoom": {"min": 0, "max": 16}}}
    format_ = {"format": {"name": "pbf", "mimetype": "application/vnd.mapbox-vector-tile"}}
    providers = {
        "grids": [
            {"type": "feature", "name": "PostgreSQL", **table},
            {"type": "tile", "name": "MVT-postgresql", **table, **zooms, **format_},
        ],
        "kept": [{"type": "tile", "name": "MVT-tippecanoe", "data": str(folder / "kept"), **zooms, **format_}],
    }
    text = {"en": "grids"}
    common = {
        "type": "collection",
        "title": text,
        "description": text,
        "keywords": {"en": ["grids"]},
        "links": [],
        "extents": {"spatial": {"bbox": [113, 22, 115, 24], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
    }
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": False,
            "pretty_print": False,
            "languages": ["en"],
            "limits": {"default_items": 10, "max_items": 10_000, "on_exceed": "throttle"},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": text, "description": text, "keywords": {"en": ["grids"]}, "keywords_type": "theme",
                "terms_of_service": "", "url": "http://127.0.0.1",
            },
            "license": {"name": "", "url": "http://127.0.0.1"},
            "provider": {"name": "", "url": "http://127.0.0.1"},
            "contact": {"name": "", "position": "", "email": "grids@example.com"},
        },
        "resources": {name: {**common, "providers": found} for name, found in providers.items()},
    }  # fmt: skip


def main() -> None:
    """Serve until killed."""
    name, port, folder, url = sys.argv[1:]
    {"tipg": _tipg, "pygeoapi": _pygeoapi}[name](int(port), Path(folder), url)


if __name__ == "__main__":
    main()
