"""Sights, demands and states in files (`spatialgov.array_file`): made in seconds or minutes, read in milliseconds.

Shapes are kept as their WKB, which is exact; tables as Parquet.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj

from spatialgov.array_file import ArrayFile, FileKind, as_bytes, open_arrays, save_arrays
from spatialgov.coverage.cameras.views import views_of
from spatialgov.coverage.demand.demands import Demands, RoadDemand
from spatialgov.coverage.demand.stretches import Axis, Stretches
from spatialgov.coverage.demand.study_areas import StudyAreas
from spatialgov.coverage.gaps.states import Seen, States, with_lines_and_points
from spatialgov.coverage.sight.isovists import Obstacles
from spatialgov.coverage.sight.seeing import Sight
from spatialgov.coverage.sight.shape_files import as_wkb, shapes_in
from spatialgov.language import t

__all__ = ["open_demands", "open_sight", "open_states", "save_demands", "save_sight", "save_states"]

_FILE = FileKind(
    b"SGSTATES",
    1,
    lambda: t("file of coverage", "覆盖计算文件"),
    lambda: t("Delete it; it is made anew from the store.", "请将其删除；会由数据库重新生成。"),
)

_POSITIONS = ("x_m", "y_m", "snapped_m", "rooftop")
_SEEN = ("certain", "usual", "possible", "low_class", "turning")
"""Of `Sight`."""


def save_sight(path: Path, cameras: gpd.GeoDataFrame, sight: Sight) -> None:
    """Write what cameras see, with the cameras; raises `StoreError` when it can't be written."""
    solid = sight.obstacles
    save_arrays(
        path,
        _FILE,
        {"needed": sight.views.needed, "crs": sight.crs.to_wkt()},
        {
            "cameras": _as_parquet(cameras),
            **{name: getattr(sight, name) for name in _POSITIONS},
            **as_wkb({name: getattr(sight, name) for name in _SEEN}),
            **as_wkb({"solids": solid.solids, "footprints": solid.footprints}),
            "height_m": solid.height_m,
            "building_id": as_bytes(solid.building_id.tolist()),
            "repaired": solid.repaired,
        },
    )


def open_sight(path: Path) -> tuple[gpd.GeoDataFrame, Sight]:
    """Read what `save_sight` has written: the cameras, and what they see.

    Raises
    ------
    StoreError
        When the file is not there, or damaged.
    """
    file = _checked(path)
    cameras = _geo_table(file, "cameras")
    obstacles = Obstacles(
        shapes_in(file, "solids"),
        shapes_in(file, "footprints"),
        file.arrays["height_m"].copy(),
        np.array(file.json("building_id"), dtype=object),
        file.arrays["repaired"].copy(),
    )
    views = views_of(cameras, needed=file.scalars["needed"])
    positions: dict[str, Any] = {name: file.arrays[name].copy() for name in _POSITIONS}
    seen: dict[str, Any] = {name: shapes_in(file, name) for name in _SEEN}
    return cameras, Sight(views, pyproj.CRS.from_wkt(file.scalars["crs"]), obstacles, **positions, **seen)


def save_demands(path: Path, demands: Demands) -> None:
    """Write what should be seen; raises `StoreError` when it can't be written."""
    areas, roads = demands.areas, demands.roads
    save_arrays(
        path,
        _FILE,
        {
            "crs": demands.crs.to_wkt(),
            "level": areas.level,
            "names": dict(areas.names),
            "left_out": dict(demands.left_out),
        },
        {
            "areas": _as_parquet(areas.frame),
            **as_wkb({"outline": demands.outline, "ground": demands.ground, "lines": roads.lines}),
            "roads": _as_parquet(roads.table),
            "cuts": roads.cuts,
            "area": roads.area,
            "points": _as_parquet(demands.points),
            "compounds": _as_parquet(demands.compounds),
            "gates": _as_parquet(demands.gates),
        },
    )


def open_demands(path: Path) -> Demands:
    """Read what `save_demands` has written.

    Raises
    ------
    StoreError
        When the file is not there, or damaged.
    """
    file = _checked(path)
    lines = shapes_in(file, "lines")
    roads = RoadDemand(
        pd.read_parquet(_bytes(file, "roads")),
        lines,
        Axis.of(lines),
        file.arrays["cuts"].copy(),
        file.arrays["area"].copy(),
    )
    return Demands(
        pyproj.CRS.from_wkt(file.scalars["crs"]),
        StudyAreas(_geo_table(file, "areas"), file.scalars["level"], file.scalars["names"]),
        shapes_in(file, "outline"),
        shapes_in(file, "ground"),
        roads,
        pd.read_parquet(_bytes(file, "points")),
        _geo_table(file, "compounds"),
        pd.read_parquet(_bytes(file, "gates")),
        file.scalars["left_out"],
    )


def save_states(path: Path, states: States) -> None:
    """Write states without their sight and demands; raises `StoreError` when they can't be written."""
    seen = {
        f"{name}.{part}": values
        for name, found in (("certain", states.certain), ("possible", states.possible))
        for part, values in {
            "shape": found.stretches.shape,
            "low": found.stretches.low,
            "high": found.stretches.high,
            "camera": found.camera,
            "point": found.point,
        }.items()
    }
    save_arrays(path, _FILE, {}, {**seen, **as_wkb({"uncertain": states.uncertain, "gap": states.gap})})


def open_states(path: Path, sight: Sight, demands: Demands) -> States:
    """Read what `save_states` has written of the states of this sight and these demands.

    Raises
    ------
    StoreError
        When the file is not there, or damaged.
    """
    file = _checked(path)

    def seen(name: str) -> Seen:
        shape, low, high, camera, point = (
            file.arrays[f"{name}.{part}"].copy() for part in ("shape", "low", "high", "camera", "point")
        )
        return Seen(Stretches(shape, low, high), camera, point)

    return with_lines_and_points(
        sight, demands, seen("certain"), seen("possible"), shapes_in(file, "uncertain"), shapes_in(file, "gap")
    )


def _checked(path: Path) -> ArrayFile:
    file = open_arrays(path, _FILE)
    file.check()
    return file


def _as_parquet(table: pd.DataFrame) -> npt.NDArray[np.uint8]:
    written = BytesIO()
    table.to_parquet(written)
    return np.frombuffer(written.getvalue(), dtype=np.uint8)


def _geo_table(file: ArrayFile, name: str) -> gpd.GeoDataFrame:
    found: gpd.GeoDataFrame = gpd.read_parquet(_bytes(file, name))  # type: ignore[arg-type]  # takes any file
    return found


def _bytes(file: ArrayFile, name: str) -> BytesIO:
    return BytesIO(file.arrays[name].tobytes())
