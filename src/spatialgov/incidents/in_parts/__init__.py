"""Analyses of incidents done in parts (`spatialgov.bulk`): the same results to the last bit, whoever does them."""

from spatialgov.incidents.in_parts.backtests import walked_in_parts
from spatialgov.incidents.in_parts.cell_counts import CellCounts
from spatialgov.incidents.in_parts.cube_files import CubeOfFiles, CubeReport
from spatialgov.incidents.in_parts.cube_slices import CubeSlice
from spatialgov.incidents.in_parts.densities import DensityOfCube, density_of_cube

__all__ = [
    "CellCounts",
    "CubeOfFiles",
    "CubeReport",
    "CubeSlice",
    "DensityOfCube",
    "density_of_cube",
    "walked_in_parts",
]
