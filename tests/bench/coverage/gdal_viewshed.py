"""``python3 gdal_viewshed.py FOLDER CELL SIDE``: time GDAL's viewshed; run by a Python that has ``osgeo``.

FOLDER holds ``buildings.wkb`` (a hexadecimal WKB a line) and ``cameras.csv`` (x, y, range in metres). Prints CPU
seconds and the areas of ground that the cameras see.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from osgeo import gdal, ogr

_WALL_M, _EYE_M = 100.0, 4.0


def off_the_wall(band: gdal.Band, x: float, y: float, cell_m: float, n: int) -> tuple[float, float]:
    """Give the middle of the nearest cell that is no building: from a building's cell one sees over all others."""
    column, row = int(x / cell_m), int((n * cell_m - y) / cell_m)
    left, top = max(column - 3, 0), max(row - 3, 0)
    around = band.ReadAsArray(left, top, min(7, n - left), min(7, n - top))
    free_y, free_x = np.nonzero(around == 0.0)
    away = np.hypot((left + free_x + 0.5) * cell_m - x, n * cell_m - (top + free_y + 0.5) * cell_m - y)
    k = int(np.argmin(away)) if len(away) else 0
    return (left + free_x[k] + 0.5) * cell_m, n * cell_m - (top + free_y[k] + 0.5) * cell_m


if __name__ == "__main__":
    gdal.UseExceptions()
    folder, cell_m, side_m = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    n = int(side_m / cell_m) + 1
    city = gdal.GetDriverByName("MEM").Create("", n, n, 1, gdal.GDT_Float32)
    city.SetGeoTransform((0.0, cell_m, 0.0, n * cell_m, 0.0, -cell_m))
    source = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = source.CreateLayer("buildings")
    for line in (folder / "buildings.wkb").read_text().split():
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkb(bytes.fromhex(line)))
        layer.CreateFeature(feature)
    gdal.RasterizeLayer(city, [1], layer, burn_values=[_WALL_M])
    band = city.GetRasterBand(1)
    cpu_s, areas = 0.0, []
    for camera_x, camera_y, range_m in np.loadtxt(folder / "cameras.csv", delimiter=","):
        x, y = off_the_wall(band, camera_x, camera_y, cell_m, n)
        begun = time.process_time()
        found = gdal.ViewshedGenerate(
            band, "MEM", "", [], x, y, _EYE_M, 0.0, 255.0, 0.0, 0.0, -1.0, 0.0, gdal.GVM_Edge, range_m
        )
        cpu_s += time.process_time() - begun
        west, _, _, north, _, _ = found.GetGeoTransform()
        seen = found.ReadAsArray() == 255
        left, top = round(west / cell_m), round((n * cell_m - north) / cell_m)
        ground = band.ReadAsArray(left, top, seen.shape[1], seen.shape[0]) == 0.0
        areas.append(float((seen & ground).sum()) * cell_m**2)
    print(json.dumps({"cpu_s": cpu_s, "areas": areas}))
