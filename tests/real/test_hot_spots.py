"""Hot spots on real robberies (Memphis, 2019): z against esda, and no discoveries where there is nothing to find."""

import warnings
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import scipy.sparse as sp
import shapely

from spatialgov.incidents import (
    METHODS,
    Method,
    StudyArea,
    getis_ord,
    h3_cells,
    hot_spots_of,
    scan_irregular,
    study_area,
)

RESOLUTION = 9


@pytest.fixture(scope="module")
def robberies(real_data: Path) -> gpd.GeoDataFrame:
    table = pd.read_parquet(real_data / "memphis_robberies_2019.parquet", columns=["lon", "lat"])
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)


@pytest.fixture(scope="module")
def area(robberies: gpd.GeoDataFrame, real_data: Path) -> StudyArea:
    """Every H3 cell over the robberies' convex hull, with the people of its census blocks for households."""
    found = study_area(shapely.MultiPoint(robberies.geometry.to_numpy()).convex_hull, RESOLUTION)
    blocks = pd.read_parquet(real_data / "memphis_population_points.parquet")
    held = h3_cells(blocks["lon"], blocks["lat"], RESOLUTION)
    cells = np.minimum(np.searchsorted(found.cells, held), len(found.cells) - 1)
    people = blocks["population"].to_numpy(dtype=np.float64) * (found.cells[cells] == held)
    return replace(found, households=np.bincount(cells, people, minlength=len(found.cells)).astype(np.float64))


@pytest.fixture(scope="module")
def counted(robberies: gpd.GeoDataFrame, area: StudyArea) -> tuple[npt.NDArray[np.int64], sp.csr_array]:
    counts, outside = area.counts(robberies.geometry.x, robberies.geometry.y)
    assert outside == 0
    return counts, area.neighbours


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


@pytest.mark.parametrize("method", METHODS)
def test_robberies_gather(counted: tuple[npt.NDArray[np.int64], sp.csr_array], area: StudyArea, method: Method) -> None:
    counts, _ = counted
    for against in ("even", "households"):
        found = hot_spots_of(counts, area, method=method, against=against, simulations=99)
        assert found.cells["count"].sum() == round(found.cells["expected"].sum()) == counts.sum()
        assert len(found.spots) >= 3
        assert found.spots["n_hot_cells"].sum() == found.cells["hot"].sum()
        if method != "gi_star" or against == "even":
            assert (found.spots["risk_low"] > 1).mean() > 0.9
        assert (found.spots["risk_low"] < found.spots["relative_risk"]).all()


def test_robberies_dealt_out_by_population_make_no_zone(
    counted: tuple[npt.NDArray[np.int64], sp.csr_array], area: StudyArea
) -> None:
    """At the 5 % level; 4 of 24 or fewer in 99 of 100 runs."""
    counts, neighbours = counted
    people = area.exposure("households")
    rng = np.random.default_rng(1)
    dealt = [rng.multinomial(counts.sum(), people / people.sum()) for _ in range(24)]
    found = [scan_irregular(one, people, neighbours, simulations=59, seed=k) for k, one in enumerate(dealt)]
    assert sum(bool(one) for one in found) <= 4


def test_irregular_zones_say_more_than_circles(
    counted: tuple[npt.NDArray[np.int64], sp.csr_array], area: StudyArea
) -> None:
    """The best zone of real robberies follows the streets: unlikelier by far than the best circle."""
    counts, _ = counted
    circle, zone = (
        hot_spots_of(counts, area, method=method, simulations=99).spots.iloc[0] for method in ("scan", "irregular_scan")
    )
    assert zone["n_incidents"] - zone["expected"] > circle["n_incidents"] - circle["expected"]
