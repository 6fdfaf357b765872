"""``python -m tests.bench.coverage.peers PEER SCENES``: time a peer on free ground around a camera at 0, 0.

Prints CPU seconds and the areas of what it finds visible.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shapely

Rings = list[list[tuple[float, float]]]


def visilibity(rings: Rings) -> tuple[float, float]:
    """Give CPU seconds and area; the outer ring runs anticlockwise, the holes clockwise."""
    import visilibity as vis

    begun = time.process_time()
    walls = [vis.Polygon([vis.Point(x, y) for x, y in ring]) for ring in rings]
    found = vis.Visibility_Polygon(vis.Point(0.0, 0.0), vis.Environment(walls), 1e-9)
    spent = time.process_time() - begun
    return spent, abs(found.area())


def pyvispoly(rings: Rings) -> tuple[float, float]:
    """Give CPU seconds and area."""
    import pyvispoly as vis

    begun = time.process_time()
    outer, *holes = ([vis.Point(x, y) for x, y in ring] for ring in rings)
    calculator = vis.VisibilityPolygonCalculator(vis.PolygonWithHoles(outer, holes))
    found = calculator.compute_visibility_polygon(vis.Point(0.0, 0.0))
    spent = time.process_time() - begun
    return spent, abs(float(found.area()))


def _rings(scene: Any) -> Rings:
    sides = shapely.get_rings(shapely.orient_polygons(shapely.remove_repeated_points(scene, 1e-6)))
    return [[(float(x), float(y)) for x, y in ring.coords[:-1]] for ring in sides]


if __name__ == "__main__":
    peers: dict[str, Callable[[Rings], tuple[float, float]]] = {"visilibity": visilibity, "pyvispoly": pyvispoly}
    scenes = shapely.from_wkb(Path(sys.argv[2]).read_text().split())
    times, areas = zip(*(peers[sys.argv[1]](_rings(scene)) for scene in scenes), strict=True)
    print(json.dumps({"cpu_s": sum(times), "areas": areas}))
