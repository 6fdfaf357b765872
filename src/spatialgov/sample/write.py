"""The files of the sample city and their manifest."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from spatialgov.sample.city import City, build_city
from spatialgov.sample.layers import Feature, Row, feature_layers, planted_rows, tables
from spatialgov.sample.names import DISTRICT
from spatialgov.sample.plane import CENTRE_LAT, CENTRE_LON

__all__ = ["DEFAULT_SEED", "write_city"]

DEFAULT_SEED: Final = 20261120

_WHAT: Final[Mapping[str, str]] = {
    "jurisdictions": "District, subdistricts and communities",
    "units": "Basic units with households and population",
    "grids_today": "Today's grids, drawn by hand and unbalanced",
    "grids_today_units": "Unit to grid of today",
    "buildings": "Building footprints with heights",
    "roads": "Roads with class and names",
    "barriers": "River, railway and trunk roads that grids should not cross",
    "places": "Key places: schools, markets, stations, hospitals, offices",
    "exclusion_zones": "Areas where cameras are restricted",
    "addresses": "Street, number and building to a point",
    "incidents": "City-management incidents over 18 months",
    "incident_categories": "Categories of incidents",
    "cameras": "Cameras: place, direction, field of view, range",
}


def write_city(folder: str | Path, seed: int = DEFAULT_SEED) -> dict[str, Any]:
    """Write the sample city into a folder: the same bytes for the same seed.

    Parameters
    ----------
    folder
        Made when missing; files of the same names are replaced.
    seed
        Moves every line and draws every count anew. The committed city has the default.

    Returns
    -------
    dict
        The manifest, as written to ``manifest.json``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    city = build_city(seed)
    files = []
    for name, features in feature_layers(city).items():
        files.append(_write(folder, f"{name}.geojson", _geojson(name, features), len(features)))
    for name, rows in tables(city).items():
        files.append(_write(folder, f"{name}.csv", _csv(rows), len(rows)))
    manifest = _manifest(city, files)
    _write(folder, "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", 1)
    return manifest


def _manifest(city: City, files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "name": f"{DISTRICT[0]}（虚构）",
        "name_en": f"{DISTRICT[1]} (made up)",
        "seed": city.seed,
        "datum": "wgs84",
        "licence": "CC0-1.0",
        "source": "Made up by spatialgov.sample from the seed; no real place, no real person, no real event.",
        "centre": {"lon": CENTRE_LON, "lat": CENTRE_LAT},
        "counts": {
            "units": len(city.fabric.units),
            "households": sum(city.households),
            "population": sum(city.population),
            "area_m2": round(sum(unit.area_m2 for unit in city.fabric.units)),
            "grids_today": len(city.grids),
        },
        "planted": list(planted_rows()),
        "files": list(files),
    }


def _geojson(name: str, features: Sequence[Feature]) -> str:
    """Give a feature collection, a feature a line."""
    lines = (
        json.dumps({"type": "Feature", "properties": row, "geometry": shape}, ensure_ascii=False, separators=(",", ":"))
        for row, shape in features
    )
    return f'{{"type":"FeatureCollection","name":"{name}","features":[\n' + ",\n".join(lines) + "\n]}\n"


def _csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _write(folder: Path, path: str, text: str, rows: int) -> dict[str, Any]:
    data = text.encode()
    (folder / path).write_bytes(data)
    return {
        "path": path,
        "what": _WHAT.get(Path(path).stem, ""),
        "rows": rows,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
