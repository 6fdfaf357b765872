"""The raster of square cells: its extent, which cell a point lies in, what lies within a boundary."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.errors import InputError
from spatialgov.incidents import Raster
from spatialgov.incidents.raster import checked_points


@given(st.integers(1, 400), st.integers(1, 400), st.floats(0.1, 500), st.floats(-1e7, 1e7))
def test_whole_cells_stay_whole(nx: int, ny: int, cell_m: float, x0: float) -> None:
    raster = Raster.over((x0, 0, x0 + nx * cell_m, ny * cell_m), cell_m)
    assert raster.ny == ny
    assert abs(raster.nx - nx) <= (x0 != 0 and abs(x0) * 1e-15 / cell_m > 1e-12)


def test_points_lie_in_the_cell_whose_middle_is_nearest() -> None:
    raster = Raster.over((1000, 2000, 1950, 2420), 100)
    assert raster.shape == (5, 10)
    x, y = np.random.default_rng(0).uniform((900, 1900), (2100, 2600), (500, 2)).T
    cx, cy = raster.centres()
    row, column = np.abs(y[:, None] - cy).argmin(axis=1), np.abs(x[:, None] - cx).argmin(axis=1)
    off = (np.abs(y - cy[row]) > 50) | (np.abs(x - cx[column]) > 50)
    np.testing.assert_array_equal(raster.cells_of(x, y), np.where(off, -1, row * 10 + column))
    assert raster.counts(x, y).sum() == (~off).sum()


def test_inside_is_where_the_middle_lies() -> None:
    raster = Raster.over((0, 0, 400, 300), 100)
    found = raster.inside(shapely.box(0, 0, 240, 160))
    np.testing.assert_array_equal(found, [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]])
    assert raster.inside(None).all()
    with pytest.raises(InputError):
        raster.inside(shapely.LineString([(0, 0), (1, 1)]))


@pytest.mark.parametrize(
    ("bounds", "cell_m"),
    [((0, 0, 0, 1), 1), ((0, 0, 1, 1), 0), ((0, 0, np.inf, 1), 1), ((0, 0, 1, 1), np.nan), ((1, 1, 0, 0), 1)],
)
def test_what_is_no_raster_is_refused(bounds: tuple[float, ...], cell_m: float) -> None:
    with pytest.raises(InputError):
        Raster.over(bounds, cell_m)


def test_the_remedy_for_too_many_cells_works() -> None:
    with pytest.raises(InputError, match="Use cells of 20 m") as refused:
        Raster.over((0, 0, 100_000, 100_000), 1)
    assert "25000000" in str(refused.value)
    Raster.over((0, 0, 100_000, 100_000), 20)


def test_bad_points_are_named() -> None:
    with pytest.raises(InputError, match="Point 3"):
        checked_points([0, 1, np.nan], [0, 1, 2])
    with pytest.raises(InputError, match="length"):
        checked_points([0, 1], [0, 1, 2])
