"""H3 cells by plane arithmetic, for every point of every file of real data."""

from pathlib import Path

import geopandas as gpd
import h3.api.numpy_int as h3
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from spatialgov.incidents import h3_cells

FILES = {
    "memphis_robberies_2019.parquet": ("lon", "lat"),
    "memphis_population_points.parquet": ("lon", "lat"),
    "nyc_vehicle_thefts_2014_2017.parquet": ("longitude", "latitude"),
    "portland_nij_burglary.parquet": ("x_ft", "y_ft"),
    "portland_nij_vehicle_theft.parquet": ("x_ft", "y_ft"),
}


def locations(folder: Path, file: str) -> npt.NDArray[np.float64]:
    columns = FILES[file]
    table = pd.read_parquet(folder / file, columns=list(columns)).dropna().astype(float)
    crs = "EPSG:2913" if columns[0] == "x_ft" else "EPSG:4326"
    points = gpd.GeoSeries.from_xy(table[columns[0]], table[columns[1]], crs=crs).to_crs(4326)
    return np.column_stack([points.x, points.y])


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("resolution", [8, 9, 10, 13])
def test_cells_are_h3_s(real_data: Path, file: str, resolution: int) -> None:
    lon, lat = locations(real_data, file).T
    each = [h3.latlng_to_cell(y, x, resolution) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    assert len(each) > 2000
    np.testing.assert_array_equal(h3_cells(lon, lat, resolution), np.array(each, dtype=np.uint64))
