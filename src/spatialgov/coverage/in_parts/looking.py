"""What cameras see, in parts: a part is some cameras that stand near each other, with the buildings in their reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from spatialgov.array_file import FileKind, open_arrays, save_arrays
from spatialgov.bulk import DataJob, Done, Hands, Part, open_data, save_data
from spatialgov.coverage.cameras.views import Views
from spatialgov.coverage.in_parts.pieces import cut, in_space, meeting
from spatialgov.coverage.sight.isovists import Obstacles
from spatialgov.coverage.sight.seeing import FIGURES, Looks, Sight, look, places_of, surroundings
from spatialgov.coverage.sight.shape_files import as_wkb, shapes_in
from spatialgov.language import t

__all__ = ["LookInParts", "see_in_parts"]

_CAMERAS = 4096
"""Of a part: seconds of work."""
_WIDER, _WIDER_M = 1.01, 2.0
"""Buildings are taken from a little more than the reach of a camera."""
_BYTES_PER_CAMERA = 60_000
"""Of what it sees, as shapes and as they are written."""
_BYTES_PER_CORNER = 200
"""Of a building: its footprint, the solid that it is part of, its walls and their index."""
_BYTES_ANYHOW = 50_000_000

_LOOKS = FileKind(
    b"SGLOOKS\0",
    1,
    lambda: t("file of what cameras see", "可视域文件"),
    lambda: t("Run the same command again.", "请重新运行同一命令。"),
)
_SHAPES = ("certain", "usual", "possible", "low_class", "turning")
_NUMBERS = ("x_m", "y_m", "snapped_m", "rooftop")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def see_in_parts(
    hands: Hands, views: Views, buildings: gpd.GeoDataFrame | None, *, crs: pyproj.CRS | None = None
) -> Sight:
    """Give what `spatialgov.coverage.see` gives.

    Parameters
    ----------
    hands
        Who does it.
    views, buildings, crs
        As for `see`.
    """
    plane, obstacles = surroundings(views, buildings, crs)
    reach = _reach(views.table, plane, obstacles)
    solids, footprints = obstacles.solids, obstacles.footprints
    data = save_data(
        hands.folder,
        "cameras",
        {"crs": plane.to_wkt()},
        {
            **{name: views.table[name].to_numpy(dtype=np.float64) for name in FIGURES},
            "ptz": (views.table["kind"] == "ptz").to_numpy(dtype=np.bool_),
            "order": in_space(reach),
            "reach": reach,
            **as_wkb({"solids": solids, "footprints": footprints}),
            "solid_boxes": shapely.bounds(solids).reshape(-1, 4),
            "footprint_boxes": shapely.bounds(footprints).reshape(-1, 4),
            "corners": shapely.get_num_coordinates(solids).astype(np.int64),
            "roof_m": np.ascontiguousarray(obstacles.height_m),
        },
    )
    looks: Looks = hands.do(LookInParts(data))
    return Sight(views, plane, obstacles, **looks._asdict())


def _reach(table: pd.DataFrame, crs: pyproj.CRS, obstacles: Obstacles) -> Floats:
    """Give a box around each camera, where it is written down and where it is taken to be, that holds all it sees."""
    stated, taken, _ = places_of(table, crs, obstacles)
    far_m = table[["range_most_m", "sight_m"]].to_numpy(dtype=np.float64)
    far_m = np.where(np.isfinite(far_m), far_m, 0.0).max(axis=1, initial=0.0) * _WIDER + _WIDER_M
    return np.column_stack(
        [
            *(np.minimum(a, b) - far_m for a, b in zip(stated, taken, strict=True)),
            *(np.maximum(a, b) + far_m for a, b in zip(stated, taken, strict=True)),
        ]
    )


@dataclass(frozen=True)
class LookInParts(DataJob):
    """Look from cameras, see `spatialgov.coverage.sight.seeing.look`.

    Attributes
    ----------
    data
        File with the cameras and the buildings.
    """

    name: ClassVar[str] = "sight"

    def parts(self, memory: int) -> list[Part]:
        """Give cameras that follow each other along Hilbert's curve."""
        arrays = open_data(self.data).arrays
        order, reach, corners = arrays["order"], arrays["reach"], arrays["corners"]

        def bytes_of(begin: int, end: int) -> int:
            near = meeting(arrays["solid_boxes"], reach[order[begin:end]])
            return _BYTES_ANYHOW + _BYTES_PER_CAMERA * (end - begin) + _BYTES_PER_CORNER * int(corners[near].sum())

        return [
            Part(number, {"cameras": [begin, end]}, size)
            for number, (begin, end, size) in enumerate(cut(len(order), _CAMERAS, bytes_of, memory))
        ]

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        """Look from some cameras."""
        file = open_data(self.data)
        rows = file.arrays["order"][slice(*part.about["cameras"])]
        table = pd.DataFrame({name: file.arrays[name][rows] for name in FIGURES})
        table["kind"] = np.where(file.arrays["ptz"][rows], "ptz", "fixed")
        reach = file.arrays["reach"][rows]
        near = meeting(file.arrays["footprint_boxes"], reach)
        footprints = shapes_in(file, "footprints", near)
        obstacles = Obstacles(
            shapes_in(file, "solids", meeting(file.arrays["solid_boxes"], reach)),
            footprints,
            file.arrays["roof_m"][near],
            np.full(len(footprints), "", dtype=object),
            np.zeros(len(footprints), dtype=np.bool_),
        )
        found = look(table, pyproj.CRS.from_wkt(file.scalars["crs"]), obstacles)._asdict()
        numbers = {name: found[name] for name in _NUMBERS}
        save_arrays(result, _LOOKS, {}, {**numbers, **as_wkb({name: found[name] for name in _SHAPES})})
        return {}

    def finish(self, done: Sequence[Done]) -> Looks:
        """Put what was seen in the order of the cameras."""
        order = open_data(self.data).arrays["order"]
        found: dict[str, npt.NDArray[Any]] = {name: np.empty(len(order)) for name in _NUMBERS}
        found["rooftop"] = np.empty(len(order), dtype=np.bool_)
        found |= {name: np.empty(len(order), dtype=object) for name in _SHAPES}
        begin = 0
        for one in done:
            file = open_arrays(one.file, _LOOKS)
            file.check()
            rows = order[begin : begin + len(file.arrays["x_m"])]
            begin += len(rows)
            for name in _NUMBERS:
                found[name][rows] = file.arrays[name]
            for name in _SHAPES:
                found[name][rows] = shapes_in(file, name)
        return Looks(**found)
