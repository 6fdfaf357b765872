"""Households and roads in cells: nothing lost, nothing counted twice."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatialgov.errors import InputError
from spatialgov.incidents import Raster, StudyArea, cell_frame, cells_covering, households_in, road_km_in, study_area
from spatialgov.incidents.exposure import FLOOR_SHARE, floored
from spatialgov.projection import metric_crs

PLANE = metric_crs(118.3, 35.1)
RASTER = Raster(500_000.0, 3_880_000.0, 100.0, 10, 8)


def planar(**columns: Sequence[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, crs=PLANE)


def square(x: float, y: float, side: float) -> shapely.Polygon:
    return shapely.box(500_000 + x, 3_880_000 + y, 500_000 + x + side, 3_880_000 + y + side)


def test_households_go_by_area() -> None:
    units = planar(households=[40, 10, 7], geometry=[square(50, 50, 200), square(300, 300, 50), square(950, 0, 100)])
    found = households_in(RASTER.polygons(PLANE), units).reshape(RASTER.shape)
    assert found[0, 0] == pytest.approx(2.5)
    assert found[1, 1] == pytest.approx(10)
    assert found[3, 3] == pytest.approx(10)
    assert found[0, 9] == pytest.approx(3.5)  # the other half lies outside
    assert found.sum() == pytest.approx(53.5)


def test_roads_go_by_length() -> None:
    line = shapely.LineString([(500_000, 3_880_050), (500_250, 3_880_050), (500_250, 3_880_250)])
    found = road_km_in(RASTER.polygons(PLANE), planar(geometry=[line])).reshape(RASTER.shape)
    np.testing.assert_allclose(found[0, :3], [0.1, 0.1, 0.1])
    np.testing.assert_allclose(found[1:3, 2], [0.1, 0.05])
    assert found.sum() == pytest.approx(0.45)


def test_h3_cells_over_the_units_hold_all_households() -> None:
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 900, (60, 2))
    units = planar(households=rng.integers(0, 300, 60).tolist(), geometry=[square(x, y, 60) for x, y in corners])
    ground = gpd.GeoSeries([square(-100, -100, 1200)], crs=PLANE).to_crs(4326).iloc[0]
    cells = cells_covering(ground, 10)
    held = households_in(cell_frame(cells, np.zeros(len(cells), np.int64)), units.to_crs(4326))
    assert held.sum() == pytest.approx(units["households"].sum(), rel=1e-6)
    area = study_area(ground, 10, units=units.to_crs(4326))
    assert isinstance(area, StudyArea)
    np.testing.assert_array_equal(area.households, held)
    assert area.road_km is None
    assert (area.exposure("households") >= FLOOR_SHARE * held.mean()).all()


def test_nothing_is_nothing() -> None:
    cells = RASTER.polygons(PLANE)
    assert households_in(cells, planar(households=[], geometry=[])).tolist() == [0] * 80
    assert len(households_in(cells.iloc[:0], planar(households=[1], geometry=[square(0, 0, 10)]))) == 0


def test_counts_of_cells_are_put_in_their_places() -> None:
    ground = gpd.GeoSeries([square(0, 0, 1000)], crs=PLANE).to_crs(4326).iloc[0]
    area = study_area(ground, 9)
    other = cells_covering(shapely.affinity.translate(ground, 1.0), 9)[:1]
    held, outside = area.placed(np.sort(np.concatenate([area.cells[[0, 3]], other])), np.array([4, 5, 6]))
    assert held.sum() + outside == 15
    assert outside in (4, 5, 6)
    assert np.count_nonzero(held) == 2


def test_the_floor_is_a_share_of_the_mean() -> None:
    np.testing.assert_allclose(floored([0, 10, 20]), [0.5, 10, 20])
    assert len(floored([])) == 0


@pytest.mark.parametrize("households", [[1, -2], [1, None], [float("nan"), 1]])
def test_bad_households_are_named(households: list[float]) -> None:
    units = planar(households=households, geometry=[square(0, 0, 10), square(20, 0, 10)])
    with pytest.raises(InputError, match=r"Row [12], households"):
        households_in(RASTER.polygons(PLANE), units)


def test_missing_households_are_named() -> None:
    with pytest.raises(InputError, match="no column households"):
        households_in(RASTER.polygons(PLANE), planar(geometry=[square(0, 0, 10)]))


def test_rows_of_another_kind_are_named() -> None:
    point = shapely.Point(500_000, 3_880_000)
    with pytest.raises(InputError, match="Row 2 is a Point"):
        households_in(RASTER.polygons(PLANE), planar(households=[1, 2], geometry=[square(0, 0, 10), point]))
    with pytest.raises(InputError, match="Row 1 is a Polygon"):
        road_km_in(RASTER.polygons(PLANE), planar(geometry=[square(0, 0, 10)]))
