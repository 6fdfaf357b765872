"""Hot spots on real robberies (Memphis, 2019): z against esda, and no discoveries where there is nothing to find."""

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import scipy.sparse as sp
import shapely

from spatialgov.incidents import cell_neighbours, getis_ord, h3_counts, hot_spots
from spatialgov.incidents.cells import cells_covering

RESOLUTION = 9


@pytest.fixture(scope="module")
def robberies(real_data: Path) -> gpd.GeoDataFrame:
    table = pd.read_parquet(real_data / "memphis_robberies_2019.parquet", columns=["lon", "lat"])
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)


@pytest.fixture(scope="module")
def counted(robberies: gpd.GeoDataFrame) -> tuple[npt.NDArray[np.int64], sp.csr_array]:
    """Counts and neighbours of every H3 cell over the robberies' convex hull."""
    cells = cells_covering(shapely.MultiPoint(robberies.geometry.to_numpy()).convex_hull, RESOLUTION)
    occupied, held = h3_counts(robberies.geometry.x, robberies.geometry.y, RESOLUTION)
    counts = np.zeros(len(cells), dtype=np.int64)
    counts[np.searchsorted(cells, occupied)] = held
    return counts, cell_neighbours(cells)


def test_z_equals_esda(counted: tuple[npt.NDArray[np.int64], sp.csr_array]) -> None:
    counts, neighbours = counted
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import esda
        import libpysal

        others = sp.csr_array(neighbours - sp.eye_array(len(counts), dtype=np.int64))
        others.eliminate_zeros()
        weights = libpysal.weights.WSP(others).to_W(silence_warnings=True)
        theirs = esda.G_Local(counts.astype(float), weights, transform="B", star=True, permutations=0).Zs
    np.testing.assert_allclose(getis_ord(counts, neighbours).z, theirs, rtol=0, atol=1e-12)


def test_shuffled_robberies_give_no_hot_cell(counted: tuple[npt.NDArray[np.int64], sp.csr_array]) -> None:
    counts, neighbours = counted
    assert (counts == 0).mean() > 0.6
    rng = np.random.default_rng(0)
    found = [getis_ord(rng.permutation(counts), neighbours) for _ in range(100)]
    assert sum(bool(one.hot.any()) for one in found) <= 10
    assert sum(bool(one.cold.any()) for one in found) <= 10


def test_robberies_gather(robberies: gpd.GeoDataFrame) -> None:
    hull = shapely.MultiPoint(robberies.geometry.to_numpy()).convex_hull
    found = hot_spots(robberies, hull, resolution=RESOLUTION)
    assert found.outside == 0
    assert found.cells["count"].sum() == len(robberies)
    assert len(found.spots) > 5
    assert (found.spots["relative_risk"] > 1).all()
    assert found.spots["n_hot_cells"].sum() == found.cells["hot"].sum()
