from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import shapely

Oracle = Callable[..., Any]


def nominal_sector(range_m: float, azimuth_deg: float, fov_deg: float) -> Any:
    """The part of a disc of 360 chords, with the area of the round one, that lies in a wedge."""
    whole = np.radians(np.arange(360))
    ends = range_m * np.sqrt(whole[1] / np.sin(whole[1]))
    disc = shapely.Polygon(ends * np.column_stack([np.cos(whole), np.sin(whole)]))
    if fov_deg == 360:
        return disc
    turn = np.radians(azimuth_deg - fov_deg / 2 + np.linspace(0, fov_deg, 10))
    return disc.intersection(shapely.Polygon([(0, 0), *(4 * range_m * np.column_stack([np.sin(turn), np.cos(turn)]))]))


def seen_by_shadows(
    x_m: float,
    y_m: float,
    range_m: float,
    azimuth_deg: float,
    fov_deg: float,
    footprints: Sequence[Any] | npt.NDArray[np.object_],
) -> Any:
    """The visible ground as the sector less every footprint and the shadow of every wall; relative to the camera."""
    sector = nominal_sector(range_m, azimuth_deg, fov_deg)
    near = np.array(footprints, dtype=object)
    near = shapely.make_valid(near[shapely.dwithin(near, shapely.Point(x_m, y_m), range_m)])
    solids = shapely.transform(near, lambda c: c - [x_m, y_m])
    dark = [shadow for ring in shapely.get_rings(shapely.get_parts(solids)) for shadow in _shadows(ring, range_m)]
    return sector.difference(shapely.union_all([*solids, *dark]))


def _shadows(ring: Any, range_m: float) -> list[Any]:
    points = shapely.get_coordinates(ring)
    shadows = []
    for a, b in pairwise(points):
        # The camera's own wall throws no shadow: behind it is its building, whose other walls throw theirs.
        if shapely.LineString([a, b]).distance(shapely.Point(0, 0)) < 1e-6:
            continue
        u, v = a / np.hypot(*a), b / np.hypot(*b)
        far = 4 * max(range_m, float(np.hypot(*a)), float(np.hypot(*b)))
        middle = (u + v) / np.hypot(*(u + v))
        shadows.append(shapely.Polygon([a, b, v * far, middle * far, u * far]))
    return [s for s in shadows if s.area > 0]


@pytest.fixture(scope="session")
def shadows() -> Oracle:
    return seen_by_shadows


def _town(n: int, seed: int) -> npt.NDArray[np.object_]:
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(n)))
    plan = {
        "box": [(-1, -1), (1, -1), (1, 1), (-1, 1)],
        "ell": [(-1, -1), (1, -1), (1, 0), (0, 0), (0, 1), (-1, 1)],
    }
    town = []
    for i in range(n):
        corners = np.array(plan["ell" if rng.random() < 0.4 else "box"]) * rng.uniform(4, 14, 2)
        turn = rng.uniform(0, np.pi)
        spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        centre = np.array([i % side, i // side]) * 30.0 + rng.uniform(-6, 6, 2)
        town.append(shapely.Polygon(corners @ spin.T + centre))
    return np.array(town, dtype=object)


@pytest.fixture(scope="session")
def town() -> npt.NDArray[np.object_]:
    """400 rotated rectangles and L-shapes, some overlapping, in the metric plane of a Gauss-Krüger zone."""
    return shapely.transform(_town(400, seed=3), lambda c: c + np.array([500_000.0, 4_400_000.0]))
