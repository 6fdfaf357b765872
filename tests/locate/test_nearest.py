"""The nearest grid from outside, against shapely in a metric plane and the ellipsoid."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from spatialgov.locate import Locator
from spatialgov.locate.nearest import nearest_face
from spatialgov.projection import metric_crs

BOUNDS = [(116.0, 33.0, 116.01, 33.01), (116.01, 33.0, 116.02, 33.01), (116.03, 33.0, 116.04, 33.02)]
GRIDS = gpd.GeoDataFrame({"code": ["a", "b", "c"]}, geometry=[shapely.box(*bounds) for bounds in BOUNDS], crs=4326)


def test_the_nearest_grid_is_that_of_a_metric_plane() -> None:
    edges = Locator.build(GRIDS).edges
    plane = GRIDS.to_crs(metric_crs(116.02, 33.01))
    rng = np.random.default_rng(1)
    for lon, lat in rng.uniform((115.98, 32.98), (116.06, 33.04), (300, 2)).tolist():
        point = gpd.GeoSeries.from_xy([lon], [lat], crs=4326).to_crs(metric_crs(116.02, 33.01)).iloc[0]
        border_m = plane.boundary.distance(point)
        found = nearest_face(edges, lon, lat, np.array([False, True, True, True]))
        assert found is not None
        face, distance_m = found
        assert border_m.iloc[face - 1] == pytest.approx(border_m.min(), abs=0.02)
        assert distance_m == pytest.approx(border_m.min(), rel=1e-3, abs=0.02)


def test_only_chosen_faces_count_and_the_distance_is_that_on_the_ellipsoid() -> None:
    edges = Locator.build(GRIDS).edges
    assert nearest_face(edges, 116.005, 33.5, np.array([False] * 4)) is None
    face, distance_m = nearest_face(edges, 116.005, 43.0, np.array([False, False, False, True])) or (0, 0.0)
    assert face == 3
    assert distance_m == pytest.approx(pyproj.Geod(ellps="WGS84").inv(116.005, 43.0, 116.03, 33.02)[2])
