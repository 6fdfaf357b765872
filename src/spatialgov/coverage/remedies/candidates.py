"""Places where a camera could hang, and the directions that it could look in: posts, junctions, roadsides, facades.

None lies inside a building, on a carriageway or in a zone where nothing may be installed; those in a zone that asks
for a consent are flagged. A device on a post that is there already needs no new foundation, mains or line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from scipy.spatial import KDTree

from spatialgov.coverage.cameras.reading import KINDS, Kind
from spatialgov.coverage.cameras.views import views_of
from spatialgov.coverage.sight.isovists import Obstacles, polygonal
from spatialgov.coverage.sight.seeing import Sight
from spatialgov.coverage.zones import zone_shapes
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.projection import WGS84, unproject
from spatialgov.row_groups import row_groups

__all__ = ["AZIMUTHS", "KERB_M", "MOUNT_M", "SUPPORTS", "Candidates", "Device", "Support", "candidates"]

Support = Literal["post", "junction", "pole", "facade"]
SUPPORTS: tuple[Support, ...] = get_args(Support)
"""An existing post, a new pole at a junction, a new pole along a road, a facade. Of two that stand nearer than
`ONE_PLACE_M` the earlier kind stays."""

AZIMUTHS = 8
"""Directions that are tried at a place, the first along the road, across the junction or square to the facade."""

KERB_M: Mapping[str, float] = {
    "trunk": 12.0,
    "primary": 10.0,
    "secondary": 8.0,
    "residential": 4.0,
    "alley": 1.5,
    "track": 2.5,
}
"""Assumptions of ours: from the middle of a road to where a pole can stand; 4 m for other classes."""

MOUNT_M: Mapping[Support, float] = {"junction": 6.0, "pole": 6.0, "facade": 4.0}
"""Assumptions of ours: height of a new device; on a post it hangs where the first one does."""

ONE_PLACE_M = 10.0
BRACKET_M = 0.3
"""A device on a facade hangs so far before it."""
_OTHER_KERB_M = 4.0
_FARTHEST_CORNER = 2.5
"""A junction's pole stands at most so many kerbs from its middle, where roads meet at a sharp angle."""

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
GeometryArray = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Device:
    """The camera that is to be installed, with the columns of a camera.

    The defaults are a usual one: 1,920 pixels over 70° fall to the 25 a metre of detection at 55 m.

    Attributes
    ----------
    kind
        As for cameras.
    fov_deg, range_m, width_px, tilt_deg
        Its field of view, range, pixels across the picture and tilt; None where it does not matter or is not known.
    """

    kind: Kind = "fixed"
    fov_deg: float = 70.0
    range_m: float | None = 50.0
    width_px: float | None = 1920.0
    tilt_deg: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(
                t("There is no kind of camera {kind!r}.", "没有名为 {kind!r} 的摄像机类型。", kind=self.kind),
                remedy=t("Kinds are: {kinds}.", "可用类型：{kinds}。", kinds=", ".join(KINDS)),
            )
        if not 0.0 < self.fov_deg <= 360.0:
            raise InputError(
                t("A field of view of {fov:g}° is none.", "视场角 {fov:g}° 无效。", fov=self.fov_deg),
                remedy=t("Give one above 0° and up to 360°.", "请给出大于 0° 且不超过 360° 的值。"),
            )
        if not any(value is not None and value > 0.0 for value in (self.range_m, self.width_px)):
            raise InputError(
                t("The new device has neither a range nor a resolution.", "新设备既无有效距离，也无分辨率。"),
                remedy=t("Give its range in metres, or its pixels across.", "请给出有效距离（米）或水平像素数。"),
            )

    def figures(self) -> dict[str, str | float]:
        """Give what is known of it, by the columns of cameras."""
        figures = {name: getattr(self, name) for name in ("kind", "fov_deg", "tilt_deg", "range_m", "width_px")}
        return {name: value for name, value in figures.items() if value is not None}

    def frame(self, lon: npt.ArrayLike, lat: npt.ArrayLike, height_m: npt.ArrayLike) -> gpd.GeoDataFrame:
        """Give devices of this make at (n,) locations (degrees, WGS 84) as cameras without a direction."""
        points = gpd.points_from_xy(np.atleast_1d(lon), np.atleast_1d(lat), crs=WGS84)
        figures = {"camera_id": "", **self.figures(), "height_m": height_m}
        return gpd.GeoDataFrame(figures, geometry=points, crs=WGS84, index=range(len(points)))


@dataclass(frozen=True, eq=False)
class Candidates:
    """Places for new devices, and the directions at each.

    Attributes
    ----------
    places
        A row a place: ``place_id``; ``support`` (one of `SUPPORTS`); ``x_m``, ``y_m`` (metres, `crs`); ``lon``,
        ``lat`` (degrees, WGS 84); ``height_m``; ``near_m`` and ``range_m``, between which the class that was asked
        for holds; ``on`` (what it stands at: the camera whose post it is, the road, or ""); ``post`` (of `Views`, -1
        for a new one); ``consent`` (the zone that asks for one, or "").
    place
        (n,) int64: position in `places` of each oriented candidate; sorted.
    azimuth_deg
        (n,) degrees clockwise from north in [0, 360).
    device, needed, crs
        What is to be installed, for which class of picture, and the metric plane.
    left_out
        Places that were not offered, by reason: ``building``, ``carriageway``, ``no_install``, ``outside``,
        ``near_another``.
    """

    places: pd.DataFrame
    place: IntArray
    azimuth_deg: FloatArray
    device: Device
    needed: str
    crs: pyproj.CRS
    left_out: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.place)


@dataclass(frozen=True, eq=False)
class _Places:
    """Places of one kind of support: where, what at, the direction to begin with, the widest turn from it."""

    support: Support
    xy_m: FloatArray
    on: npt.NDArray[np.object_]
    axis_deg: FloatArray
    post: IntArray
    height_m: FloatArray
    most_turn_deg: float = 180.0

    def __len__(self) -> int:
        return len(self.xy_m)

    @classmethod
    def new(
        cls,
        support: Support,
        xy_m: FloatArray,
        on: npt.NDArray[np.object_],
        axis_deg: FloatArray,
        *,
        most_turn_deg: float = 180.0,
    ) -> "_Places":
        """Give places where nothing stands yet."""
        n = len(xy_m)
        return cls(support, xy_m, on, axis_deg, np.full(n, -1), np.full(n, MOUNT_M[support]), most_turn_deg)

    def __getitem__(self, chosen: Mask) -> "_Places":
        return replace(
            self,
            xy_m=self.xy_m[chosen],
            on=self.on[chosen],
            axis_deg=self.axis_deg[chosen],
            post=self.post[chosen],
            height_m=self.height_m[chosen],
        )


def candidates(
    sight: Sight,
    roads: gpd.GeoDataFrame | None,
    zones: gpd.GeoDataFrame | None = None,
    *,
    device: Device | None = None,
    pole_spacing_m: float = 50.0,
    facade_spacing_m: float = 40.0,
    facade_reach_m: float = 15.0,
    area: gpd.GeoDataFrame | None = None,
) -> Candidates:
    """Offer places for new devices, and directions at each.

    Parameters
    ----------
    sight
        What the cameras see now: its posts are offered too, its buildings are in the way, its class is asked for.
    roads
        ``road_id``, ``road_class`` and lines, any CRS that is named: poles stand beside them and where three of them
        meet. None offers posts and facades.
    zones
        Exclusion zones: ``zone_id``, ``kind`` and polygons. ``no_install`` takes places away, ``consent`` flags them.
    device
        What is to be installed; None for the defaults of `Device`.
    pole_spacing_m, facade_spacing_m
        From one place to the next along a road, and along the outer wall of a building; every building has one.
    facade_reach_m
        Facades farther from the middle of any road are not offered.
    area
        Polygons, such as the grids that are planned for: places outside are not offered.

    Raises
    ------
    InputError
        When a spacing is not above 0, or the device is none.
    """
    for spacing_m in (pole_spacing_m, facade_spacing_m):
        if not (np.isfinite(spacing_m) and spacing_m > 0.0):
            raise InputError(
                t("A spacing of {m:g} m is none.", "间距 {m:g} 米无效。", m=spacing_m),
                remedy=t("Give metres above 0.", "请给出大于 0 的米数。"),
            )
    ways = _Ways.of(roads, sight.crs)
    offered = [
        _posts(sight),
        _junctions(ways),
        _poles(ways, sight.obstacles, pole_spacing_m),
        _facades(sight.obstacles, ways, facade_spacing_m, facade_reach_m),
    ]
    sieve = _Sieve(sight, ways, zones, area)
    kept = [sieve.kept(places) for places in offered]
    device = device or Device()
    table = _table(kept, sight, sieve, device)
    return Candidates(table, *_directions(kept, device), device, sight.views.needed, sight.crs, sieve.left_out)


@dataclass(frozen=True, eq=False)
class _Ways:
    """Roads as single lines in the metric plane."""

    lines: GeometryArray
    road_id: npt.NDArray[np.object_]
    kerb_m: FloatArray
    tree: shapely.STRtree

    @classmethod
    def of(cls, roads: gpd.GeoDataFrame | None, crs: pyproj.CRS) -> "_Ways":
        if roads is None or not len(roads):
            return cls(np.empty(0, object), np.empty(0, object), np.empty(0), shapely.STRtree([]))
        shapes = np.asarray(roads.geometry.to_crs(crs), dtype=object)
        lines, row = shapely.get_parts(shapes, return_index=True)
        real = (shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING) & (shapely.length(lines) > 0.0)
        lines, row = shapely.force_2d(lines[real]), row[real]
        kerb_m = roads["road_class"].map(KERB_M).fillna(_OTHER_KERB_M).to_numpy(np.float64)
        return cls(lines, roads["road_id"].to_numpy(object)[row], kerb_m[row], shapely.STRtree(lines))

    def on_carriageway(self, points: GeometryArray) -> Mask:
        """Tell which points lie nearer to the middle of a road than its kerb, by half a metre or more."""
        point, line = self.tree.query(points, predicate="dwithin", distance=float(self.kerb_m.max(initial=0.0)))
        on = shapely.distance(points[point], self.lines[line]) < self.kerb_m[line] - 0.5
        found = np.zeros(len(points), dtype=bool)
        found[point[on]] = True
        return found


class _Sieve:
    """What places must pass, in the order in which they are offered; it counts those that don't."""

    def __init__(
        self, sight: Sight, ways: _Ways, zones: gpd.GeoDataFrame | None, area: gpd.GeoDataFrame | None
    ) -> None:
        self.obstacles, self.ways = sight.obstacles, ways
        self.forbidden = zone_shapes(zones, "no_install", sight.crs)[0]
        self.asking, self.asking_id = zone_shapes(zones, "consent", sight.crs)
        self.area = None if area is None else polygonal(np.asarray(area.geometry.to_crs(sight.crs), dtype=object))
        self.left_out: dict[str, int] = {}
        self.taken = np.empty((0, 2))

    def kept(self, places: _Places) -> _Places:
        """Give the places of one kind that may be offered, in their order."""
        xy_m, is_post = places.xy_m, places.support == "post"
        points: GeometryArray = np.asarray(shapely.points(xy_m), dtype=object)
        tests: list[tuple[str, Mask]] = []
        if self.area is not None:
            tests.append(("outside", ~_inside(points, self.area)))
        tests.append(("no_install", _inside(points, self.forbidden)))
        if not is_post:
            tests.append(("building", self.obstacles.solid_at(*xy_m.T) >= 0))
            if places.support != "facade":
                tests.append(("carriageway", self.ways.on_carriageway(points)))
            near = KDTree(self.taken).query(xy_m, distance_upper_bound=ONE_PLACE_M)[0] if len(self.taken) else np.inf
            tests.append(("near_another", np.broadcast_to(np.isfinite(near), len(points))))
        good = np.ones(len(points), dtype=bool)
        for reason, bad in tests:
            self.left_out[reason] = self.left_out.get(reason, 0) + int((good & bad).sum())
            good &= ~bad
        self.taken = np.vstack([self.taken, xy_m[good]])
        return places[good]

    def consent(self, xy_m: FloatArray) -> npt.NDArray[np.object_]:
        """Give the zone that asks for a consent at each place, or ""."""
        found = np.full(len(xy_m), "", dtype=object)
        point, zone = shapely.STRtree(self.asking).query(shapely.points(xy_m), predicate="intersects")
        found[point] = self.asking_id[zone]
        return found


def _inside(points: GeometryArray, shapes: GeometryArray) -> Mask:
    found = np.zeros(len(points), dtype=bool)
    found[shapely.STRtree(shapes).query(points, predicate="intersects")[0]] = True
    return found


def _posts(sight: Sight) -> _Places:
    """Give the posts that are there, each at its first camera."""
    # From a roof a camera sees over walls: what a new one would see there is not told by lines of sight on the ground.
    rows = np.flatnonzero(~sight.rooftop)
    table = sight.views.table
    first = rows[np.unique(table["post"].to_numpy(np.int64)[rows], return_index=True)[1]]
    return _Places(
        "post",
        np.column_stack([sight.x_m, sight.y_m])[first],
        table["camera_id"].to_numpy(object)[first],
        np.nan_to_num(table["azimuth_deg"].to_numpy(np.float64))[first],
        table["post"].to_numpy(np.int64)[first],
        table["height_m"].to_numpy(np.float64)[first],
    )


def _junctions(ways: _Ways) -> _Places:
    """Give a pole in the widest corner of every place where three or more branches of roads meet."""
    xy_m, line = shapely.get_coordinates(ways.lines, return_index=True)
    runs = np.flatnonzero((line[1:] == line[:-1]) & (xy_m[1:] != xy_m[:-1]).any(axis=1))
    begin, end, way = np.r_[runs, runs + 1], np.r_[runs + 1, runs], line[np.r_[runs, runs]]
    node = row_groups(*np.round(xy_m[begin] * 100.0).T)[1]
    bearing = _bearing_deg(xy_m[end] - xy_m[begin])
    order = np.lexsort([bearing, node])
    node, bearing, begin, way = node[order], bearing[order], begin[order], way[order]
    first = np.flatnonzero(np.r_[True, node[1:] != node[:-1]]) if len(node) else np.empty(0, np.int64)
    branches = np.diff(np.r_[first, len(node)])
    # The corner after each branch, clockwise; the last one's goes on to the first.
    after = np.arange(1, len(node) + 1)
    after[first + branches - 1] = first
    corner = (bearing[after] - bearing) % 360.0 if len(node) else bearing
    group = np.repeat(np.arange(len(first)), branches)
    widest = np.lexsort([-corner, group])[first][branches >= 3] if len(node) else first
    kerb_m = np.maximum.reduceat(ways.kerb_m[way], first)[branches >= 3] if len(node) else np.empty(0)
    half = np.radians(corner[widest] / 2.0)
    off_m = np.minimum(kerb_m / np.maximum(np.sin(np.minimum(half, np.pi / 2.0)), 1e-9), _FARTHEST_CORNER * kerb_m)
    to_deg = bearing[widest] + corner[widest] / 2.0
    place = xy_m[begin[widest]] + off_m[:, None] * _unit(to_deg)
    return _Places.new("junction", place, ways.road_id[way[widest]], (to_deg + 180.0) % 360.0)


def _poles(ways: _Ways, obstacles: Obstacles, spacing_m: float) -> _Places:
    """Give poles at the kerb, by turns left and right, and on the other side where a building is in the way."""
    line, at_m = _along(shapely.length(ways.lines), spacing_m, 0)
    points, direction = _stations(ways.lines, line, at_m)
    aside = np.column_stack([-direction[:, 1], direction[:, 0]]) * ways.kerb_m[line][:, None]
    aside[np.arange(len(line)) % 2 == 1] *= -1.0
    blocked = obstacles.solid_at(*(points + aside).T) >= 0
    aside[blocked] *= -1.0
    return _Places.new("pole", points + aside, ways.road_id[line], _bearing_deg(direction))


def _facades(obstacles: Obstacles, ways: _Ways, spacing_m: float, reach_m: float) -> _Places:
    """Give places before the outer walls near roads; a courtyard is not public ground."""
    walls = np.asarray(shapely.get_exterior_ring(shapely.orient_polygons(obstacles.solids)), dtype=object)
    line, at_m = _along(shapely.length(walls), spacing_m, 1)
    points, direction = _stations(walls, line, at_m)
    # The ring runs anticlockwise: outside lies on the right.
    outward = np.column_stack([direction[:, 1], -direction[:, 0]])
    if len(ways.lines):
        near = np.zeros(len(points), dtype=bool)
        near[ways.tree.query(shapely.points(points), predicate="dwithin", distance=reach_m)[0]] = True
        points, outward = points[near], outward[near]
    on = np.full(len(points), "", dtype=object)
    return _Places.new("facade", points + BRACKET_M * outward, on, _bearing_deg(outward), most_turn_deg=90.0)


def _along(length_m: FloatArray, spacing_m: float, least: int) -> tuple[IntArray, FloatArray]:
    """Give evenly spread stations of lines, half a step from their ends: line, and metres along it."""
    count = np.maximum(np.round(length_m / spacing_m).astype(np.int64), least)
    line = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    return line, (number + 0.5) * length_m[line] / count[line]


def _stations(lines: GeometryArray, line: IntArray, at_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the points at metres along lines, and the unit vectors of the lines there."""
    ends = [
        shapely.get_coordinates(shapely.line_interpolate_point(lines[line], np.maximum(at_m + step_m, 0.0)))
        for step_m in (-0.01, 0.0, 0.01)
    ]
    run = ends[2] - ends[0]
    return ends[1], run / np.maximum(np.linalg.norm(run, axis=1, keepdims=True), 1e-12)


def _bearing_deg(vectors: FloatArray) -> FloatArray:
    return np.asarray(np.degrees(np.arctan2(vectors[:, 0], vectors[:, 1])) % 360.0 % 360.0)


def _unit(bearing_deg: FloatArray) -> FloatArray:
    angle = np.radians(bearing_deg)
    return np.column_stack([np.sin(angle), np.cos(angle)])


def _table(kept: list[_Places], sight: Sight, sieve: _Sieve, device: Device) -> pd.DataFrame:
    xy_m = np.vstack([places.xy_m for places in kept])
    lon, lat = unproject(xy_m[:, 0], xy_m[:, 1], sight.crs)
    # On a post that is there a new device has its place, also where that was moved out of a building.
    views = sight.views.table
    camera = pd.Index(views["camera_id"]).get_indexer(kept[0].on)
    lon[: len(camera)], lat[: len(camera)] = views["lon"].to_numpy()[camera], views["lat"].to_numpy()[camera]
    support = np.repeat([places.support for places in kept], [len(places) for places in kept]).astype(object)
    height_m = np.concatenate([places.height_m for places in kept])
    # Near and far depend on the place by its height alone.
    heights, at = np.unique(height_m, return_inverse=True)
    figures = views_of(device.frame(np.zeros(len(heights)), np.zeros(len(heights)), heights), needed=sight.views.needed)
    number = np.concatenate([np.arange(1, len(places) + 1) for places in kept])
    return pd.DataFrame(
        {
            "place_id": [f"{name}-{n}" for name, n in zip(support, number, strict=True)],
            "support": support,
            "x_m": xy_m[:, 0],
            "y_m": xy_m[:, 1],
            "lon": lon,
            "lat": lat,
            "height_m": height_m,
            "near_m": figures.table["near_m"].to_numpy(np.float64)[at],
            "range_m": figures.table["range_least_m"].to_numpy(np.float64)[at],
            "on": np.concatenate([places.on for places in kept]),
            "post": np.concatenate([places.post for places in kept]),
            "consent": sieve.consent(xy_m),
        }
    )


def _directions(kept: list[_Places], device: Device) -> tuple[IntArray, FloatArray]:
    """Give the place and the azimuth of every oriented candidate."""
    axis_deg = np.concatenate([places.axis_deg for places in kept])
    if device.fov_deg >= 360.0:
        return np.arange(len(axis_deg)), axis_deg
    turns = np.arange(AZIMUTHS) * 360.0 / AZIMUTHS
    most_turn_deg = np.repeat([places.most_turn_deg for places in kept], [len(places) for places in kept])
    place, turn = np.nonzero(np.minimum(turns, 360.0 - turns) <= most_turn_deg[:, None])
    return place, (axis_deg[place] + turns[turn]) % 360.0
