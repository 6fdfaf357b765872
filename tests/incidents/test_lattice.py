"""H3 cells by plane arithmetic: h3's for every location, at corners, sides and middles of the icosahedron too."""

import h3.api.numpy_int as h3
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.incidents import h3_cells, h3_counts, lattice

Floats = npt.NDArray[np.float64]


def asked(lon: Floats, lat: Floats, resolution: int) -> npt.NDArray[np.uint64]:
    each = [h3.latlng_to_cell(y, x, resolution) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    return np.array(each, dtype=np.uint64)


def everywhere(n: int, seed: int = 0) -> tuple[Floats, Floats]:
    v = np.random.default_rng(seed).normal(size=(n, 3))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    return degrees(v)


def degrees(v: Floats) -> tuple[Floats, Floats]:
    return np.degrees(np.arctan2(v[:, 1], v[:, 0])), np.degrees(np.arcsin(np.clip(v[:, 2], -1, 1)))


@pytest.mark.parametrize("resolution", range(16))
def test_cells_are_h3_s_all_over_the_earth(resolution: int) -> None:
    lon, lat = everywhere(20_000, resolution)
    np.testing.assert_array_equal(h3_cells(lon, lat, resolution), asked(lon, lat, resolution))


@pytest.mark.parametrize("resolution", [0, 1, 4, 9, 12, 15])
def test_cells_are_h3_s_where_it_is_hard(resolution: int) -> None:
    """Around corners, along sides and about middles of faces, on vertices of cells, at poles and the antimeridian."""
    rng = np.random.default_rng(resolution)
    middles, sides, first, _ = lattice._icosahedron()
    corners = middles + 0.763932022500210 * first
    across = middles[:, None] - sides
    along = (middles[:, None] + across).reshape(-1, 3)
    tangent = np.cross(middles[:, None], across).reshape(-1, 3)
    along = along[:, None] + rng.uniform(-0.6, 0.6, (60, 20, 1)) * tangent[:, None]
    nodes = np.concatenate([middles, corners, along.reshape(-1, 3)])
    size = 0.4 / 7 ** (resolution / 2)
    scatter = [nodes + rng.normal(0, scale, nodes.shape) for scale in (0, 1e-16, 1e-12, 1e-9, size, 0.01)]
    v = np.concatenate(scatter)
    lon, lat = degrees(v / np.linalg.norm(v, axis=1, keepdims=True))
    some = np.unique(asked(*everywhere(150, 1), resolution))
    vertices = np.array([vertex for cell in some for vertex in h3.cell_to_boundary(cell)])
    lon = np.concatenate([lon, vertices[:, 1], [-180, 180, 0, 0, 180, -180, 10]])
    lat = np.concatenate([lat, vertices[:, 0], [0, 0, 90, -90, 5, 5, 90]])
    np.testing.assert_array_equal(h3_cells(lon, lat, resolution), asked(lon, lat, resolution))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=20), st.integers(0, 15))
def test_cells_of_any_places(places: list[tuple[float, float]], resolution: int) -> None:
    lon, lat = np.array([p[0] for p in places]), np.array([p[1] for p in places])
    np.testing.assert_array_equal(h3_cells(lon, lat, resolution), asked(lon, lat, resolution))


@pytest.mark.parametrize("dense", [0, 1 << 30])
def test_both_tables_count_the_same(dense: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data on two faces and at a corner of five."""
    monkeypatch.setattr(lattice, "_DENSE", dense)
    rng = np.random.default_rng(3)
    corner = h3.cell_to_latlng(h3.get_pentagons(0)[4])
    lon = np.concatenate([rng.normal(corner[1], 0.5, 5000), rng.normal(116.4, 0.2, 5000)])
    lat = np.concatenate([rng.normal(corner[0], 0.5, 5000), rng.normal(39.9, 0.2, 5000)])
    for resolution in (5, 6):
        cells, counts = np.unique(asked(lon, lat, resolution), return_counts=True)
        found = h3_counts(lon, lat, resolution)
        np.testing.assert_array_equal(found[0], cells)
        np.testing.assert_array_equal(found[1], counts)


def test_few_locations_ask_h3_only_once_a_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    lon, lat = rng.normal(118.3, 0.01, 100_000), rng.normal(35.1, 0.01, 100_000)
    calls, ask = [], h3.latlng_to_cell

    def counting(y: float, x: float, resolution: int) -> int:
        calls.append(1)
        return int(ask(y, x, resolution))

    monkeypatch.setattr(h3, "latlng_to_cell", counting)
    cells, counts = h3_counts(lon, lat, 9)
    assert counts.sum() == 100_000
    assert len(calls) <= len(cells) + 10
