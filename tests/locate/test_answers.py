"""What an answer holds beside the grid: the chain, the distance to the border; and large inputs."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from scipy.spatial import Delaunay

from spatialgov.errors import InputError
from spatialgov.locate import Locator, _kernels
from spatialgov.locate.edges import edges_of
from spatialgov.locate.raster import _kernels as raster


def mesh(n: int, seed: int, box: tuple[float, float, float, float] = (113, 22, 114, 23)) -> gpd.GeoDataFrame:
    points = np.random.default_rng(seed).uniform(box[:2], box[2:], (n, 2))
    polygons = np.asarray(shapely.polygons(points[Delaunay(points).simplices]))
    return gpd.GeoDataFrame({"code": [f"g{i}" for i in range(len(polygons))]}, geometry=polygons, crs=4326)


def test_chain_comes_from_the_parents_code() -> None:
    squares = [shapely.box(i, 0, i + 1, 1) for i in range(5)]
    parents = ["440106001002", "440106001000", "441900003001", "estate 7", None]
    grids = gpd.GeoDataFrame({"code": list("abcde"), "parent_code": parents}, geometry=squares, crs=4326)
    locator = Locator.build(grids)
    chains = [dict(locator.find(i + 0.5, 0.5).chain) for i in range(5)]
    assert chains == [
        {"district": "440106000000", "subdistrict": "440106001000", "community": "440106001002"},
        {"district": "440106000000", "subdistrict": "440106001000"},
        {"district": "441900000000", "subdistrict": "441900003000", "community": "441900003001"},
        {"parent": "estate 7"},
        {},
    ]
    assert [locator.chains[i] for i in locator.chain_of] == chains
    assert locator.find(9, 9).chain == {}
    assert Locator.build(grids.drop(columns="parent_code")).find(0.5, 0.5).chain == {}


def test_distance_to_the_border_is_that_on_the_ellipsoid() -> None:
    geod = pyproj.Geod(ellps="WGS84")
    grids = mesh(60, 1)
    locator = Locator.build(grids)
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(112.9, 114.1, 300), rng.uniform(21.9, 23.1, 300)
    distance_m = locator.border_m(lon, lat)
    positions = locator.locate_many(lon, lat)
    assert np.isnan(distance_m[positions < 0]).all()
    assert (positions >= 0).sum() > 150
    lines = shapely.segmentize(shapely.boundary(np.asarray(grids.geometry)), 2e-4)
    for i in np.flatnonzero(positions >= 0)[:60]:
        # the nearest of vertices 20 m apart is up to 10 m aside along the border: d² + 10² at most
        x, y = shapely.get_coordinates(lines[positions[i]]).T
        _, _, to_vertices = geod.inv(np.full(len(x), lon[i]), np.full(len(x), lat[i]), x, y)
        nearest = to_vertices.min()
        assert distance_m[i] <= nearest * (1 + 1e-6)
        assert distance_m[i] >= np.sqrt(max(nearest**2 - 12.0**2, 0.0)) * (1 - 1e-6)


def test_distance_to_the_border_in_known_places() -> None:
    around = shapely.box(100, 0, 103, 3).difference(shapely.box(101, 1, 102, 2))
    grids = gpd.GeoDataFrame({"code": ["ring", "in"]}, geometry=[around, shapely.box(101, 1, 102, 2)], crs=4326)
    locator = Locator.build(grids)
    geod = pyproj.Geod(ellps="WGS84")
    for lon, lat, x, y in [
        (101.001, 1.5, 101.0, 1.5),  # east of a shared border
        (100.999, 1.5, 101.0, 1.5),  # west of it
        (101.5, 2.01, 101.5, 2.0),
        (100.99, 0.999, 101.0, 1.0),  # nearest to a corner
        (101.0, 1.25, 101.0, 1.25),  # on it
    ]:
        _, _, expected = geod.inv(lon, lat, x, y)
        assert locator.border_m([lon], [lat])[0] == pytest.approx(expected, rel=1e-5, abs=1e-9)
    assert np.isnan(locator.border_m([99.0], [0.5])[0])


def test_many_locations_are_shared_out_among_threads() -> None:
    locator = Locator.build(mesh(200, 3))
    rng = np.random.default_rng(4)
    lon, lat = rng.uniform(112.9, 114.1, 600_001), rng.uniform(21.9, 23.1, 600_001)
    whole, on_border = locator.find_many(lon, lat)
    parts = [locator.locate_many(lon[i : i + 1000], lat[i : i + 1000]) for i in range(0, len(lon), 1000)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))
    assert not on_border.any()


def test_records_are_sure_of_nearly_all_points_and_never_of_one_on_an_edge() -> None:
    grids = mesh(300, 5)
    locator = Locator.build(grids)
    rng = np.random.default_rng(6)
    ask = [
        _kernels.locate_point(x, y, *locator._quick) == _kernels.ASK_BLOCK
        for x, y in rng.uniform((113, 22), (114, 23), (5000, 2)).tolist()
    ]
    assert sum(ask) < 25
    vertices = shapely.get_coordinates(grids.geometry)
    assert all(_kernels.locate_point(x, y, *locator._quick) in (_kernels.ASK_BLOCK, -1) for x, y in vertices.tolist())


def test_an_old_town_in_a_large_county_takes_little_memory() -> None:
    """Cells are small where borders are: 1,000 grids of 10 m in a county of 500 km."""
    town = mesh(500, 7, (100.0, 30.0, 100.004, 30.004))
    county = shapely.box(97, 27, 103, 33).difference(shapely.union_all(town.geometry))
    grids = gpd.GeoDataFrame({"code": [*town["code"], "county"]}, geometry=[*town.geometry, county], crs=4326)
    locator = Locator.build(grids)
    arrays = [value for value in vars(locator._cells).values() if isinstance(value, np.ndarray)]
    assert sum(array.nbytes for array in arrays) < 8e6
    lon, lat = np.random.default_rng(8).uniform((100, 30), (100.004, 30.004), (20_000, 2)).T
    _, depths = np.array(
        [
            _kernels._block_of(int(x * 2**27 * locator._cells.x_scale), int(y * 2**27 * locator._cells.y_scale),
                               *locator._cells.arguments[2:7])
            for x, y in zip(lon[:200].tolist(), lat[:200].tolist(), strict=True)
        ]
    ).T  # fmt: skip
    assert depths.max() >= 1
    expected = np.full(len(lon), -1)
    point, grid = shapely.STRtree(np.asarray(grids.geometry)).query(shapely.points(lon, lat), predicate="within")
    expected[point] = grid
    np.testing.assert_array_equal(locator.locate_many(lon, lat), expected)


def test_too_many_grids_for_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kernels, "MAX_FACE", 10)
    with pytest.raises(InputError, match="too many"):
        Locator.build(mesh(30, 9))


def test_united_edges_equal_numpys() -> None:
    """The compiled hash of edges against sorting them all."""
    grids = mesh(80, 10)
    polygons = np.asarray(grids.geometry)
    polygons = np.where(np.arange(len(polygons)) % 2, shapely.reverse(polygons), polygons)  # any orientation
    edges, faults = edges_of(polygons, grids["code"].tolist())
    assert faults == []
    expected: dict[tuple[float, ...], list[int]] = {}
    for i, polygon in enumerate(shapely.orient_polygons(polygons)):
        xy = shapely.get_coordinates(polygon)
        for (x1, y1), (x2, y2) in zip(xy[:-1].tolist(), xy[1:].tolist(), strict=True):
            upward = (y1, x1) < (y2, x2)
            key = (x1, y1, x2, y2) if upward else (x2, y2, x1, y1)
            expected.setdefault(key, [0, 0])[0 if upward else 1] = i + 1
    found = {tuple(ends): sides for ends, sides in zip(edges.ends.tolist(), edges.sides.tolist(), strict=True)}
    assert found == expected


def test_clipped_edges_lie_on_the_edge() -> None:
    rng = np.random.default_rng(11)
    for x1, y1, x2, y2 in rng.uniform(-2 * _kernels.UNITS, 3 * _kernels.UNITS, (500, 4)).tolist():
        sure, inside, xa, ya, xb, yb = raster._clipped(x1, y1, x2, y2)
        line = shapely.LineString([(x1, y1), (x2, y2)])
        part = line.intersection(shapely.box(0, 0, _kernels.UNITS, _kernels.UNITS))
        assert sure
        assert inside == (not part.is_empty)
        if inside and part.length > 1:
            assert shapely.hausdorff_distance(part, shapely.LineString([(xa, ya), (xb, yb)])) < 1e-6
    assert raster._clipped(-1.0, 5.0, 1e6, 5.0)[0]
    assert not raster._clipped(5.0, -1e-6, 1e6, 1e-6)[0]  # where it meets the lower side, rounding decides
