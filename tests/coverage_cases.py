"""A small town in metres around a point of the plane, and cameras that see what a test says."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatialgov.coverage import Demands, Obstacles, Sight, StudyAreas, Views, demands, study_areas
from spatialgov.projection import WGS84, metric_crs, unproject

PLANE = metric_crs(117.0, 40.0)
MIDDLE = np.array([500_000.0, 4_430_000.0])
NOTHING = shapely.Polygon()

_CAMERA = {
    "kind": "fixed", "status": "in_service", "working": True, "height_m": 4.0, "azimuth_deg": 0.0, "near_m": 0.0,
    "range_least_m": 50.0, "range_m": 50.0, "range_most_m": 50.0, "sight_m": 50.0, "fov_least_deg": 90.0,
    "fov_deg": 90.0, "fov_most_deg": 90.0, "missing": (),
}  # fmt: skip


def there(shapes: Any) -> Any:
    """Shapes of the town in the plane."""
    return shapely.transform(np.asarray(shapes, dtype=object), lambda points: points + MIDDLE)


def here(shapes: gpd.GeoDataFrame | gpd.GeoSeries) -> Any:
    """Shapes in degrees as they are in the town."""
    return shapely.transform(shapes.geometry.to_crs(PLANE).to_numpy(), lambda points: points - MIDDLE)


def frame_of(shapes: Sequence[Any], **columns: Any) -> gpd.GeoDataFrame:
    """A frame in degrees."""
    return gpd.GeoDataFrame(columns, index=range(len(shapes)), geometry=there(shapes), crs=PLANE).to_crs(WGS84)


def place_of(x: float, y: float) -> dict[str, float]:
    """Where a place of the town is, as a row has it."""
    lon, lat = unproject(MIDDLE[0] + x, MIDDLE[1] + y, PLANE)
    return {"lon": float(lon), "lat": float(lat)}


def areas_of(*shapes: Any) -> StudyAreas:
    """Grids a, b, c…, the first two of one community, the others of another."""
    codes = [chr(ord("a") + i) for i in range(len(shapes))]
    parents = ["990101001001" if i < 2 else "990101001002" for i in range(len(shapes))]
    return study_areas(frame_of(shapes, code=codes, name=[f"grid {code}" for code in codes], parent_code=parents))


def demands_of(areas: StudyAreas, **layers: Any) -> Demands:
    """What should be seen, in the plane of the town."""
    return demands(areas, crs=PLANE, **layers)


def sight_of(*cameras: dict[str, Any], buildings: Sequence[Any] = (), ids: Sequence[str] = ()) -> Sight:
    """Cameras that see what is said: ``at``, ``certain``, ``possible`` (…) and columns of `Views.table`."""
    rows: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    for number, given in enumerate(cameras):
        camera = dict(given)
        at = camera.pop("at", (0.0, 0.0))
        certain = camera.pop("certain", NOTHING)
        looks = {
            "certain": certain,
            "usual": camera.pop("usual", certain),
            "possible": camera.pop("possible", certain),
            "low_class": camera.pop("low_class", NOTHING),
            "turning": camera.pop("turning", NOTHING),
        }
        rows.append({"camera_id": f"c{number}", "post": number, **_CAMERA, **camera, "x": at[0], "y": at[1]})
        shapes.append(looks)
    table = pd.DataFrame(rows)
    place = table[["x", "y"]].to_numpy(dtype=np.float64) + MIDDLE
    seen: dict[str, Any] = {name: there([looks[name] for looks in shapes]) for name in shapes[0]}
    names = np.array(ids or [f"h{i}" for i in range(len(buildings))], dtype=object)
    obstacles = Obstacles.build(there(buildings), np.nan, names) if len(buildings) else Obstacles.build([])
    return Sight(
        views=Views(table.drop(columns=["x", "y"]), "detect", {}),
        crs=PLANE,
        obstacles=obstacles,
        x_m=place[:, 0].copy(),
        y_m=place[:, 1].copy(),
        snapped_m=np.zeros(len(table)),
        rooftop=np.zeros(len(table), dtype=bool),
        certain=seen["certain"],
        usual=seen["usual"],
        possible=seen["possible"],
        low_class=seen["low_class"],
        turning=seen["turning"],
    )


def cameras_of(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """Cameras as they are read, at ``at`` in the town, that lack nothing but what a test says."""
    usual = {
        "post_id": "", "gb_code": "", "kind": "fixed", "height_m": 4.0, "azimuth_deg": 0.0, "azimuth_error_deg": np.nan,
        "fov_deg": 90.0, "tilt_deg": np.nan, "range_m": 50.0, "width_px": np.nan, "status": "in_service", "owner": "",
    }  # fmt: skip
    given = [{"camera_id": f"c{i}", **usual, **row} for i, row in enumerate(rows)]
    points = [shapely.Point(row.pop("at", (0.0, 0.0))) for row in given]
    columns = ["camera_id", *usual]
    table = pd.DataFrame(given, columns=columns)
    return frame_of(points, **{name: table[name] for name in columns})
