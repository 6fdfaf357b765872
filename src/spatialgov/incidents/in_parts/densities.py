"""Density of the incidents of a cube, in parts: a part is a block of the raster, with the incidents in its reach."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.array_file import FileKind, open_arrays, save_arrays
from spatialgov.bulk import DataJob, Done, Hands, Part, open_data, save_data
from spatialgov.incidents.in_parts.cube_slices import BYTES_AT_ONCE, CubeSlice
from spatialgov.incidents.kernel_density import Block, block_density, block_reach, blocks_of, check_bandwidth
from spatialgov.incidents.raster import Raster
from spatialgov.language import t
from spatialgov.places import Place
from spatialgov.projection import project, unproject

__all__ = ["DensityOfCube", "density_of_cube"]

_SIDE_POINTS = 33
"""Of a side of a block with its reach, to find the degrees that it lies between."""
_WIDER_DEG = 0.001
"""The degrees are taken this much wider: between two such points a side is straight to some metres."""
_BYTES_PER_NODE = 60
"""Of a transform: the raster, its spectrum, and what the two are multiplied with."""

_DENSITY = FileKind(
    b"SGDENSIT",
    1,
    lambda: t("file of densities", "密度文件"),
    lambda: t("Run the same command again.", "请重新运行同一命令。"),
)

Floats = npt.NDArray[np.float64]


def density_of_cube(
    hands: Hands, incidents: CubeSlice, raster: Raster, crs: pyproj.CRS, bandwidth_m: float, boundary: BaseGeometry
) -> Floats:
    """Give what `spatialgov.incidents.density` gives for incidents of a cube.

    Parameters
    ----------
    hands
        Who does it.
    incidents
        Which.
    raster, crs
        The raster, and the metric plane that it and the boundary are in.
    bandwidth_m, boundary
        As for `density`.

    Raises
    ------
    InputError
        When the bandwidth is less than half a cell.
    """
    check_bandwidth(bandwidth_m, raster.cell_m)
    data = save_data(
        hands.folder,
        "boundary",
        {"crs": crs.to_wkt(), "raster": [raster.x0_m, raster.y0_m, raster.cell_m, raster.nx, raster.ny]},
        {"boundary": np.frombuffer(shapely.to_wkb(boundary), dtype=np.uint8)},
    )
    found: Floats = hands.do(DensityOfCube(data, incidents, bandwidth_m))
    return found


@dataclass(frozen=True)
class DensityOfCube(DataJob):
    """Compute the density of incidents.

    Attributes
    ----------
    data
        File with the boundary, its plane and the raster.
    incidents
        Which.
    bandwidth_m
        As for `spatialgov.incidents.density`.
    """

    name: ClassVar[str] = "density"
    incidents: CubeSlice
    bandwidth_m: float

    def basis(self) -> Mapping[str, Any]:
        """Give the incidents, the boundary with its raster, and the bandwidth."""
        return {**super().basis(), **self.incidents.basis(), "bandwidth": self.bandwidth_m}

    def belongings(self) -> Sequence[Place]:
        """Give the file with the boundary, and that of the incidents where it is there for this alone."""
        return [*super().belongings(), *self.incidents.belongings()]

    def parts(self, memory: int) -> list[Part]:
        """Give the blocks of the raster, which are not cut: their sums would be others."""
        raster = self._scene().raster
        return [
            Part(
                number,
                {"rows": [block.rows.start, block.rows.stop], "columns": [block.columns.start, block.columns.stop]},
                BYTES_AT_ONCE + _BYTES_PER_NODE * block_reach(raster, block, self.bandwidth_m)[-1],
            )
            for number, block in enumerate(blocks_of(raster, self.bandwidth_m))
        ]

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        """Compute a block."""
        scene = self._scene()
        block = Block(slice(*part.about["rows"]), slice(*part.about["columns"]))
        found = block_density(self._points(scene, block), scene.raster, block, self.bandwidth_m, scene.boundary)
        save_arrays(result, _DENSITY, {}, {"density": found})
        return {}

    def finish(self, done: Sequence[Done]) -> Floats:
        """Put the blocks together."""
        raster = self._scene().raster
        found = np.empty(raster.shape)
        for block, one in zip(blocks_of(raster, self.bandwidth_m), done, strict=True):
            file = open_arrays(one.file, _DENSITY)
            file.check()
            found[block.rows, block.columns] = file.arrays["density"]
        return found

    def _scene(self) -> "_Scene":
        file = open_data(self.data)
        x0_m, y0_m, cell_m, nx, ny = file.scalars["raster"]
        boundary = shapely.from_wkb(file.arrays["boundary"].tobytes())
        shapely.prepare(boundary)
        return _Scene(Raster(x0_m, y0_m, cell_m, nx, ny), pyproj.CRS.from_wkt(file.scalars["crs"]), boundary)

    def _points(self, scene: "_Scene", block: Block) -> Iterator[tuple[Floats, Floats, Floats]]:
        """Give the incidents within the boundary that may be in reach of a block, in their order."""
        west, south, east, north = _degrees(scene, block, self.bandwidth_m)
        for lon, lat in self.incidents.places(self.incidents.first, self.incidents.last):
            near = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
            x_m, y_m = project(lon[near], lat[near], scene.crs)
            within = np.asarray(shapely.intersects_xy(scene.boundary, x_m, y_m), dtype=np.bool_)
            yield x_m[within], y_m[within], np.empty(0)


@dataclass(frozen=True, slots=True)
class _Scene:
    raster: Raster
    crs: pyproj.CRS
    boundary: BaseGeometry


def _degrees(scene: _Scene, block: Block, bandwidth_m: float) -> tuple[float, float, float, float]:
    """Give west, south, east and north, degrees, of a rectangle that holds all that a block looks at."""
    x0_m, y0_m, x1_m, y1_m, _ = block_reach(scene.raster, block, bandwidth_m)
    sides = np.linspace(x0_m, x1_m, _SIDE_POINTS), np.linspace(y0_m, y1_m, _SIDE_POINTS)
    x_m, y_m = np.meshgrid(*sides)
    lon, lat = unproject(x_m, y_m, scene.crs)
    low, high = (lon.min() - _WIDER_DEG, lat.min() - _WIDER_DEG), (lon.max() + _WIDER_DEG, lat.max() + _WIDER_DEG)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
