"""Real cameras among real buildings: by how much circles and cones overstate the road that is covered."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.coverage import Obstacles, Sight, isovists, read_cameras, see, views_of
from spatialgov.coverage.sight._kernels import TOUCH_M
from spatialgov.osm_layers import read_buildings, read_roads
from tests.bench.goals import Figures, Goal, of

__all__ = ["ABOUT", "GOALS", "measure"]

ABOUT = """outdoor surveillance cameras of OpenStreetMap in the middle of München and in Monaco, roads outside buildings
  within the range of the cameras' hull. Cameras mapped inside a building hang on its facade. Circles: discs around all
  cameras; cones: 70° where a fixed camera's direction is known, discs otherwise; each drawn through the buildings, and
  as far as they are seen. Overstated: how much more road the drawn ones cover than the seen ones; and how much more the
  circles cover than the seen cones. Covered for certain, usually and possibly: by what the tags say, with stated bounds
  for what they don't; nothing is certain of a camera without a direction. A prototype of other
  code had the circles 41 % (München, 40 m) and 84 % (100 m) above the seen cones."""

GOALS = (
    Goal(
        "cameras of unknown direction that cover something for certain: 0", of("certain without direction"), at_most=0
    ),
    Goal(
        "München, 40 m: circles overstate the seen cones by 41 ± 10 %",
        of("München, 40 m: circles overstate the seen cones by, %"),
        at_least=31,
        at_most=51,
    ),
    Goal(
        "München, 100 m: circles overstate the seen cones by 84 ± 10 %",
        of("München, 100 m: circles overstate the seen cones by, %"),
        at_least=74,
        at_most=94,
    ),
)

_FIELD_DEG = 70.0
_FILES = {"München": "munchen.osm.pbf", "Monaco": "monaco_2026.osm.pbf"}

Shapes = npt.NDArray[np.object_]


def measure(data: Path) -> Figures:
    """Measure both cities."""
    figures: dict[str, float] = {"certain without direction": 0.0}
    for city, file in _FILES.items():
        path = data / "osm" / file
        read, buildings, roads = read_cameras(path, datum="wgs84"), read_buildings(path).frame, read_roads(path).frame
        sight = see(views_of(read.frame), buildings)
        table = sight.views.table
        unknown = table["azimuth_deg"].isna() & (table["fov_least_deg"] < 360.0)
        figures["certain without direction"] += int((~shapely.is_empty(sight.certain) & unknown).sum())
        network = shapely.union_all(roads.geometry.to_crs(sight.crs).to_numpy())
        network = shapely.difference(network, shapely.union_all(sight.obstacles.solids))
        figures |= {
            f"{city}: outdoor cameras": len(table),
            f"{city}: with a direction": int(table["azimuth_deg"].notna().sum()),
            f"{city}: mapped inside a building": int((sight.snapped_m > 0.0).sum()),
            f"{city}: mapped on a wall": _on_walls(sight),
            f"{city}: buildings": len(buildings),
            f"{city}: road covered for certain, km": _covered_km(network, sight.certain),
            f"{city}: usually, km": _covered_km(network, sight.usual),
            f"{city}: possibly, km": _covered_km(network, sight.possible),
        }
        for range_m in (40.0, 100.0):
            figures |= {
                f"{city}, {range_m:g} m: {name}": value for name, value in _drawn(sight, network, range_m).items()
            }
    return figures


def _drawn(sight: Sight, network: Any, range_m: float) -> dict[str, float]:
    """Give the road covered by circles and by cones, as drawn and as seen."""
    table = sight.views.table
    azimuth = table["azimuth_deg"].to_numpy()
    known = ~np.isnan(azimuth) & (table["kind"] == "fixed").to_numpy()
    cones = np.where(known, _FIELD_DEG, 360.0)
    hull = shapely.convex_hull(shapely.multipoints(np.column_stack([sight.x_m, sight.y_m])))
    network = shapely.intersection(network, shapely.buffer(hull, range_m))

    def covered(fov_deg: Any, walls: Obstacles | None) -> float:
        return _covered_km(network, isovists(sight.x_m, sight.y_m, range_m, azimuth, fov_deg, walls))

    circles, seen_round = covered(360.0, None), covered(360.0, sight.obstacles)
    drawn, seen = covered(cones, None), covered(cones, sight.obstacles)
    return {
        "road, km": shapely.length(network) / 1000.0,
        "covered by circles, km": circles,
        "covered by circles as far as seen, km": seen_round,
        "covered by cones, km": drawn,
        "covered by cones as far as seen, km": seen,
        "circles overstate by, %": (circles / seen_round - 1.0) * 100.0,
        "cones overstate by, %": (drawn / seen - 1.0) * 100.0,
        "circles overstate the seen cones by, %": (circles / seen - 1.0) * 100.0,
    }


def _on_walls(sight: Sight) -> int:
    points = shapely.points(sight.x_m, sight.y_m)
    camera, _ = sight.obstacles.tree.query(points, predicate="dwithin", distance=TOUCH_M)
    return len(np.unique(camera[sight.snapped_m[camera] == 0.0]))


def _covered_km(network: Any, shapes: Shapes) -> float:
    return float(shapely.intersection(network, shapely.disjoint_subset_union_all(shapes)).length) / 1000.0
