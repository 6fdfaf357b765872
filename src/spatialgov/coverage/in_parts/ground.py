"""The states of what should be seen, and gaps, in parts: a part is a tile of ground with all cameras that reach it.

A tile holds areas, straight edges of roads and points; each of them is in one tile, the one that its middle lies in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from spatialgov.array_file import ArrayFile, FileKind, open_arrays, save_arrays
from spatialgov.bulk import DataJob, Done, Hands, Part, open_data, save_data
from spatialgov.coverage.cameras.views import Views
from spatialgov.coverage.demand.demands import Demands
from spatialgov.coverage.demand.stretches import Axis, Stretches
from spatialgov.coverage.gaps.causes import Causes
from spatialgov.coverage.gaps.listing import GapParts, Pieces, in_order, lines_of, patches_of
from spatialgov.coverage.gaps.states import Seen, States, check_planes, ground_states, with_lines_and_points
from spatialgov.coverage.in_parts.pieces import cut, in_space, meeting
from spatialgov.coverage.sight.isovists import Obstacles
from spatialgov.coverage.sight.seeing import Sight
from spatialgov.coverage.sight.shape_files import as_wkb, shapes_in
from spatialgov.coverage.sight.shapes import no_shapes, point_shapes
from spatialgov.language import t
from spatialgov.places import Place

__all__ = ["GapsInParts", "StatesInParts", "gap_parts", "states_in_parts"]

_PART_BYTES = 400_000_000
"""About what a part takes where memory is plenty: some seconds of work."""
_BYTES_PER_CAMERA = 100_000
"""Of one that reaches a tile: its shapes, and what comes of them."""
_BYTES_PER_CORNER = 400
"""Of ground: the area, and what is left of it."""
_BYTES_PER_ITEM = 600
_BYTES_ANYHOW = 50_000_000
_WIDER, _WIDER_M = 1.01, 2.0

_TILE = FileKind(
    b"SGTILES\0",
    1,
    lambda: t("file of a tile of ground", "地块覆盖文件"),
    lambda: t("Run the same command again.", "请重新运行同一命令。"),
)
_FIGURES = ("azimuth_deg", "fov_most_deg", "near_m", "range_most_m", "sight_m")
_SHAPES = ("certain", "possible", "low_class", "turning")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]
Arrays = dict[str, npt.NDArray[Any]]


def states_in_parts(hands: Hands, sight: Sight, demands: Demands) -> States:
    """Give what `spatialgov.coverage.states_of` gives, and raise what it raises."""
    check_planes(sight, demands)
    data = _saved(hands.folder, sight, demands, {"ground": demands.ground})
    found: _Found = hands.do(StatesInParts(data))
    return with_lines_and_points(sight, demands, *found)


def gap_parts(hands: Hands, states: States) -> GapParts:
    """Give what `spatialgov.coverage.gaps` takes as `parts`."""
    shapes = {"ground": states.demands.ground, "uncertain": states.uncertain, "gap": states.gap}
    data = _saved(hands.folder, states.sight, states.demands, shapes)
    found: GapParts = hands.do(GapsInParts(data))
    return found


_Found = tuple[Seen, Seen, Shapes, Shapes]
"""What `with_lines_and_points` takes: seen for certain and perhaps, uncertain ground and gaps."""


def _saved(folder: Place, sight: Sight, demands: Demands, areas: Mapping[str, Shapes]) -> Place:
    table, axis = sight.views.table, demands.roads.axis
    points = demands.points[["x_m", "y_m"]].to_numpy(dtype=np.float64)
    edges = axis.edges
    boxes = np.vstack(
        [
            shapely.bounds(demands.ground).reshape(-1, 4),
            np.column_stack([np.minimum(edges[:, :2], edges[:, 2:]), np.maximum(edges[:, :2], edges[:, 2:])]),
            np.column_stack([points, points]),
        ]
    )
    corners = sum(shapely.get_num_coordinates(shapes) for shapes in areas.values())
    items = np.full(len(boxes), _BYTES_PER_ITEM, dtype=np.int64)
    items[: len(demands.ground)] += _BYTES_PER_CORNER * np.asarray(corners, dtype=np.int64)
    figures = {name: table[name].to_numpy(dtype=np.float64) for name in _FIGURES}
    far_m = np.max(
        [np.where(np.isfinite(figures[name]), figures[name], 0.0) for name in ("range_most_m", "sight_m")], 0
    )
    far_m = far_m * _WIDER + _WIDER_M
    reach = np.column_stack([sight.x_m - far_m, sight.y_m - far_m, sight.x_m + far_m, sight.y_m + far_m])
    return save_data(
        folder,
        "ground",
        {"crs": sight.crs.to_wkt(), "needed": sight.views.needed},
        {
            **figures,
            "working": table["working"].to_numpy(dtype=np.bool_),
            "broken": (table["status"] == "broken").to_numpy(dtype=np.bool_),
            "ptz": (table["kind"] == "ptz").to_numpy(dtype=np.bool_),
            "x_m": sight.x_m,
            "y_m": sight.y_m,
            "reach": reach,
            **as_wkb({name: getattr(sight, name) for name in _SHAPES}),
            **as_wkb(areas),
            "edges": edges,
            "line": axis.line,
            "start": axis.start,
            "points": points,
            "boxes": boxes,
            "bytes": items,
            "order": in_space(boxes),
        },
    )


@dataclass(frozen=True)
class _OnGround(DataJob):
    """Work on tiles of ground.

    Attributes
    ----------
    data
        File with the cameras, what they see, and what should be seen.
    """

    def parts(self, memory: int) -> list[Part]:
        """Give tiles: areas, edges of roads and points that follow each other along Hilbert's curve."""
        arrays = open_data(self.data).arrays
        order, boxes, reach = arrays["order"], arrays["boxes"], arrays["reach"]
        held = np.concatenate([[0], np.cumsum(arrays["bytes"][order])])
        most = min(_PART_BYTES, memory)

        def bytes_of(begin: int, end: int) -> int:
            cameras = len(meeting(reach, boxes[order[begin:end]]))
            return _BYTES_ANYHOW + int(held[end] - held[begin]) + _BYTES_PER_CAMERA * cameras

        return [
            Part(number, {"items": [begin, end]}, size)
            for number, (begin, end, size) in enumerate(cut(len(order), max(len(order), 1), bytes_of, most))
        ]

    def _tile(self, part: Part) -> "_Tile":
        file = open_data(self.data)
        items = np.sort(file.arrays["order"][slice(*part.about["items"])])
        n_areas, n_edges = len(file.arrays["ground.ends"]) - 1, len(file.arrays["edges"])
        areas, edges, points = np.split(items, np.searchsorted(items, [n_areas, n_areas + n_edges]))
        cameras = meeting(file.arrays["reach"], file.arrays["boxes"][items])
        return _Tile(file, areas, edges - n_areas, points - n_areas - n_edges, cameras)


class StatesInParts(_OnGround):
    """Tell the state of all that should be seen, see `spatialgov.coverage.states_of`."""

    name: ClassVar[str] = "coverage"

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        """Tell that of a tile."""
        tile = self._tile(part)
        certain, possible = (shapes_in(tile.file, name, tile.cameras) for name in ("certain", "possible"))
        working = tile.file.arrays["working"][tile.cameras]
        ground = shapes_in(tile.file, "ground", tile.areas)
        uncertain, gap = ground_states(certain[working], possible[working], ground)
        seen = {
            f"{name}.{column}": values
            for name, shapes in (("certain", certain), ("possible", possible))
            for column, values in tile.seen_in(shapes).items()
        }
        save_arrays(result, _TILE, {}, {"areas": tile.areas, **as_wkb({"uncertain": uncertain, "gap": gap}), **seen})
        return {}

    def finish(self, done: Sequence[Done]) -> _Found:
        """Put the tiles together."""
        n_areas = len(open_data(self.data).arrays["ground.ends"]) - 1
        files = _opened(done)
        ground = {name: no_shapes(n_areas) for name in ("uncertain", "gap")}
        for file in files:
            for name, shapes in ground.items():
                shapes[file.arrays["areas"]] = shapes_in(file, name)
        return _seen(files, "certain"), _seen(files, "possible"), ground["uncertain"], ground["gap"]


class GapsInParts(_OnGround):
    """Find the pieces of ground that are not covered, and which reasons account for what of the roads."""

    name: ClassVar[str] = "gaps"

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        """Find those of a tile."""
        tile = self._tile(part)
        causes = Causes.of(tile.sight())
        uncertain, gap = (shapes_in(tile.file, name, tile.areas) for name in ("uncertain", "gap"))
        pieces = patches_of(uncertain, gap, causes)._asdict()
        pieces["area"] = tile.areas[pieces["area"]]
        shape = pieces.pop("shape")
        lines = {
            f"lines.{reason}.{end}": getattr(stretches, end)
            for reason, stretches in lines_of(tile.axis, causes, tile.edges).items()
            for end in ("low", "high")
        }
        save_arrays(result, _TILE, {}, {**pieces, **as_wkb({"shape": shape}), **lines})
        return {}

    def finish(self, done: Sequence[Done]) -> GapParts:
        """Put the tiles together."""
        files = _opened(done)
        columns: Arrays = {
            name: np.concatenate([file.arrays[name] for file in files]) for name in Pieces._fields if name != "shape"
        }
        pieces = Pieces(**columns, shape=np.concatenate([shapes_in(file, "shape") for file in files]))
        names = dict.fromkeys(name for file in files for name in file.arrays if name.startswith("lines."))
        lines = {}
        for reason in sorted({int(name.split(".")[1]) for name in names}):
            low, high = (
                np.concatenate([file.arrays[f"lines.{reason}.{end}"] for file in files]) for end in ("low", "high")
            )
            lines[reason] = Stretches(np.zeros(len(low), dtype=np.int64), low, high).in_order()
        return GapParts(in_order(pieces), lines)


@dataclass(frozen=True, slots=True)
class _Tile:
    """What a part is about: positions of areas, edges and points, and of the cameras that reach them, ascending."""

    file: ArrayFile
    areas: Ints
    edges: Ints
    points: Ints
    cameras: Ints

    @property
    def axis(self) -> Axis:
        """All roads."""
        arrays = self.file.arrays
        return Axis(arrays["edges"], arrays["line"], arrays["start"])

    def seen_in(self, shapes: Shapes) -> Arrays:
        """Give what of the tile's roads and points lies in the shapes of its cameras, as columns of `Seen`."""
        stretches = self.axis.within(shapes, self.edges)
        points = shapely.STRtree(point_shapes(self.file.arrays["points"][self.points]))
        camera, point = points.query(shapes, predicate="intersects")
        return {
            "shape": self.cameras[stretches.shape],
            "low": stretches.low,
            "high": stretches.high,
            "camera": self.cameras[camera],
            "point": self.points[point],
        }

    def sight(self) -> Sight:
        """Give what the tile's cameras see, as far as `Causes` looks at it."""
        file, rows = self.file, self.cameras
        table = pd.DataFrame({name: file.arrays[name][rows] for name in (*_FIGURES, "working")})
        table["status"] = np.where(file.arrays["broken"][rows], "broken", "")
        table["kind"] = np.where(file.arrays["ptz"][rows], "ptz", "fixed")
        shapes = {name: shapes_in(file, name, rows) for name in _SHAPES}
        return Sight(
            Views(table, file.scalars["needed"], {}),
            pyproj.CRS.from_wkt(file.scalars["crs"]),
            Obstacles.build([]),
            file.arrays["x_m"][rows],
            file.arrays["y_m"][rows],
            np.zeros(len(rows)),
            np.zeros(len(rows), dtype=np.bool_),
            usual=shapes["certain"],
            **shapes,
        )


def _opened(done: Sequence[Done]) -> list[ArrayFile]:
    files = [open_arrays(one.file, _TILE) for one in done]
    for file in files:
        file.check()
    return files


def _seen(files: Sequence[ArrayFile], name: str) -> Seen:
    """Put together what cameras see of roads and points, in the order of `Seen.by`."""
    shape, low, high, camera, point = (
        np.concatenate([file.arrays[f"{name}.{column}"] for file in files])
        for column in ("shape", "low", "high", "camera", "point")
    )
    order = np.lexsort((point, camera))
    return Seen(Stretches(shape, low, high).in_order(), camera[order], point[order])
