"""A made-up dense city: houses, L-shapes, courtyards, pairs with an alley of 0.1 m between them; and its cameras."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.coverage import Obstacles

__all__ = ["City", "View", "hard_views", "made_up_city"]

_PLOT_M = 1000.0 / np.sqrt(1250.0)  # as many buildings a km² as in the middle of a European city
_ALLEY_M = 0.1
_BEFORE_WALL_M = 0.4

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class View:
    """Where n cameras are and look, as `spatialgov.coverage.sight.isovists` takes them."""

    x_m: Floats
    y_m: Floats
    range_m: Floats
    azimuth_deg: Floats
    fov_deg: Floats

    def first(self, n: int, *, fov_deg: float | None = None) -> "View":
        """Give the first n of them, or these with another field of view."""
        fov = self.fov_deg[:n] if fov_deg is None else np.full(len(self.x_m[:n]), fov_deg)
        return View(self.x_m[:n], self.y_m[:n], self.range_m[:n], self.azimuth_deg[:n], fov)

    def arguments(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Give them in order."""
        return self.x_m, self.y_m, self.range_m, self.azimuth_deg, self.fov_deg


@dataclass(frozen=True, eq=False)
class City:
    """Footprints, what they hide, places inside courtyards and alleys, and cameras."""

    footprints: npt.NDArray[np.object_]
    obstacles: Obstacles
    court_m: Floats
    alley_m: Floats
    cameras: View
    side_m: float


def made_up_city(n_buildings: int = 50_000, n_cameras: int = 10_000, seed: int = 7) -> City:
    """Make it; the same for every seed."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(n_buildings)))
    forms = rng.choice(["box", "ell", "court", "alley"], n_buildings, p=[0.55, 0.30, 0.10, 0.05])
    places = np.column_stack(np.divmod(np.arange(n_buildings), side)) * _PLOT_M + _PLOT_M / 2
    shapes = [_building(form, place, rng) for form, place in zip(forms.tolist(), places, strict=True)]
    footprints = np.array([shape for shape, _ in shapes], dtype=object)
    middles = np.array([middle for _, middle in shapes])
    obstacles = Obstacles.build(footprints)
    cameras = _cameras(obstacles, n_cameras, side * _PLOT_M, rng)
    return City(
        footprints, obstacles, middles[forms == "court"], middles[forms == "alley"], cameras, float(side * _PLOT_M)
    )


def hard_views(city: City, each: int, seed: int = 11) -> View:
    """Give views on walls, at corners, in courtyards and in alleys, as many of each; half of them all round."""
    rng = np.random.default_rng(seed)
    walls = rng.permutation(city.obstacles.edges)
    on_walls = walls[:each, :2] + rng.uniform(0.1, 0.9, (each, 1)) * (walls[:each, 2:] - walls[:each, :2])
    at_corners = walls[each : 2 * each, :2]
    x_m, y_m = np.vstack([on_walls, at_corners, rng.permutation(city.court_m)[:each], city.alley_m[:each]]).T
    n = len(x_m)
    fov_deg = np.where(rng.random(n) < 0.5, 360.0, rng.uniform(20.0, 300.0, n))
    return View(x_m, y_m, rng.uniform(20.0, 120.0, n), rng.uniform(0.0, 360.0, n), fov_deg)


def _building(form: str, place: Floats, rng: np.random.Generator) -> tuple[shapely.Geometry, Floats]:
    """Give a building turned at random inside its plot, and its middle."""
    half = rng.uniform(0.17, 0.40, 2) * _PLOT_M
    turn = rng.uniform(0.0, np.pi / 2)
    c, s = np.cos(turn), np.sin(turn)
    reach = np.array([half[0] * c + half[1] * s, half[0] * s + half[1] * c])
    scale = min(1.0, 0.49 * _PLOT_M / reach.max())
    middle = place + rng.uniform(-1.0, 1.0, 2) * (0.49 * _PLOT_M - scale * reach)
    a, b = scale * half
    outer = [(-a, -b), (a, -b), (a, b), (-a, b)]
    shape: shapely.Geometry
    if form == "ell":
        shape = shapely.Polygon([(-a, -b), (a, -b), (a, 0), (0, 0), (0, b), (-a, b)])
    elif form == "court":
        shape = shapely.Polygon(outer, [[(0.4 * x, 0.4 * y) for x, y in outer]])
    elif form == "alley":
        shape = shapely.union(shapely.box(-a, -b, -_ALLEY_M / 2, b), shapely.box(_ALLEY_M / 2, -b, a, b))
    else:
        shape = shapely.Polygon(outer)
    spin = np.array([[c, s], [-s, c]])
    return shapely.transform(shape, lambda points: points @ spin + middle), middle


def _cameras(obstacles: Obstacles, n: int, side_m: float, rng: np.random.Generator) -> View:
    """Three in five hang before a wall and look away from it, the others stand in the open; none in a building."""
    walls = obstacles.edges[rng.integers(len(obstacles.edges), size=3 * n)]
    along = walls[:, 2:] - walls[:, :2]
    outward = np.column_stack([along[:, 1], -along[:, 0]]) / np.linalg.norm(along, axis=1)[:, None]
    places = walls[:, :2] + rng.uniform(0.1, 0.9, (3 * n, 1)) * along + _BEFORE_WALL_M * outward
    azimuth = np.degrees(np.arctan2(*outward.T)) + rng.uniform(-45.0, 45.0, 3 * n)
    free = rng.random(3 * n) < 0.4
    places[free] = rng.uniform(0.0, side_m, (int(free.sum()), 2))
    azimuth[free] = rng.uniform(0.0, 360.0, int(free.sum()))
    outside = np.flatnonzero(obstacles.solid_at(*places.T.copy()) < 0)[:n]
    kind = rng.choice(["fixed", "dome", "ptz"], n, p=[0.7, 0.2, 0.1])
    ranges = {"fixed": (30.0, 120.0), "dome": (25.0, 60.0), "ptz": (100.0, 200.0)}
    range_m = np.select([kind == name for name in ranges], [rng.uniform(*ranges[name], n) for name in ranges])
    fov_deg = np.where(kind == "fixed", rng.uniform(40.0, 110.0, n), 360.0)
    x_m, y_m = places[outside].T.copy()
    return View(x_m, y_m, range_m, azimuth[outside] % 360.0, fov_deg)
