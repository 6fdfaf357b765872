"""What QGIS makes of the service: ``python3 read_service.py URL`` in an environment with QGIS prints it as JSON.

Run by Debian's Python, which has QGIS's bindings; it knows nothing of ours.
"""

import json
import sys
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsFeatureRequest,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize


def _layer(service: str, name: str, more: str = "") -> Any:
    layer = QgsVectorLayer(f"url='{service}' typename='{name}' {more}", name, "OAPIF")
    assert layer.isValid(), layer.error().message()
    return layer


def _read(service: str) -> dict[str, Any]:
    units = _layer(service, "units", "pageSize='5'")
    found = {
        "crs": units.crs().authid(),
        "fields": {field.name(): field.typeName() for field in units.fields()},
        "units": sorted([feature["unit_id"], feature["households"]] for feature in units.getFeatures()),
        "areas": [feature.geometry().area() for feature in units.getFeatures()],
    }
    near = _layer(service, "units", "restrictToRequestBBOX='1'")
    box = QgsRectangle(118.30025, 35.10025, 118.3005, 35.1005)
    found["box"] = [feature["unit_id"] for feature in near.getFeatures(QgsFeatureRequest(box))]
    chosen = _layer(service, "units")
    assert chosen.setSubsetString("unit_id = 'U03'"), "the filter was refused"
    found["subset"] = [feature["unit_id"] for feature in chosen.getFeatures()]
    when = _layer(service, "incidents")
    found["times"] = sorted(feature["occurred_at"].toString("yyyy-MM-ddTHH:mm") for feature in when.getFeatures())
    return found


def _show(service: str, z: int, x: int, y: int) -> dict[str, int]:
    """Load the tiles as QGIS's dialog does, and draw the map."""
    template = f"{service}/collections/grids/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    layer = QgsVectorTileLayer(f"type=xyz&url={template}&zmin=0&zmax=16", "grids")
    assert layer.isValid(), layer.error().message()
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    half = 20037508.342789244
    side = 2 * half / 2**z
    settings.setExtent(QgsRectangle(x * side - half, half - (y + 1) * side, (x + 1) * side - half, half - y * side))
    settings.setOutputSize(QSize(256, 256))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    shades = {image.pixel(i, j) for i in range(0, 256, 4) for j in range(0, 256, 4)}
    return {"shades": len(shades)}


def main() -> None:
    """Read, draw, print."""
    application = QgsApplication([], False)
    application.initQgis()
    service, z, x, y = sys.argv[1], *map(int, sys.argv[2:])
    print(json.dumps({**_read(service), **_show(service, z, x, y)}))
    sys.stdout.flush()
    application.exitQgis()


if __name__ == "__main__":
    main()
