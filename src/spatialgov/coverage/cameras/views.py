"""What each camera can see by its figures: range at a class of picture, field of view, dead zone, and their bounds.

A camera that does not say something gets the least, the usual and the most of its kind (`RANGE_M`, `FOV_DEG`), and
what was taken is counted: only what it sees with the least is seen for certain. A direction is never assumed, and one
that is known to a compass point only leaves for certain what all directions of that point have in common.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from spatialgov.coverage.cameras.reading import KINDS, Kind
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.projection import geocentric

__all__ = ["CLASSES", "FOV_DEG", "HEIGHT_M", "RANGE_M", "Bounds", "Views", "views_of"]

CLASSES: Mapping[str, float] = {
    "monitor": 12.5,
    "detect": 25.0,
    "observe": 62.5,
    "recognise": 125.0,
    "identify": 250.0,
}
"""Pixels across a metre of the target that EN 62676-4 asks for, by class of picture."""


class Bounds(NamedTuple):
    """The least, the usual and the most that a figure may be where nobody has written it down."""

    least: float
    usual: float
    most: float


RANGE_M: Mapping[Kind, Bounds] = {
    "fixed": Bounds(20.0, 50.0, 100.0),
    "dome": Bounds(15.0, 30.0, 60.0),
    "ptz": Bounds(50.0, 100.0, 200.0),
    "panoramic": Bounds(15.0, 30.0, 60.0),
}
"""Assumptions of ours: the range of detection. 1,920 pixels over 70° fall to the 25 a metre of detection at 55 m."""

FOV_DEG: Mapping[Kind, Bounds] = {
    "fixed": Bounds(30.0, 70.0, 110.0),
    "dome": Bounds(80.0, 90.0, 360.0),
    "ptz": Bounds(30.0, 60.0, 70.0),
    "panoramic": Bounds(360.0, 360.0, 360.0),
}
"""Assumptions of ours: the horizontal field of view, of a PTZ camera that of its home view. Usually a dome without a
direction looks all round, one with a direction through one lens; which of them is a dome, nobody can tell for certain.
"""

HEIGHT_M: Mapping[Kind, float] = {"fixed": 4.0, "dome": 4.0, "ptz": 6.0, "panoramic": 6.0}
"""Assumptions of ours: the height of the mounting."""

ONE_POST_M = 1.0
"""Cameras that name no post hang on one when they are this near to each other."""

_WIDEST_FLAT_DEG = 120.0
"""A wider lens does not draw straight lines straight: its pixels are spread evenly over the angle."""
_PICTURE_SHAPE = 9.0 / 16.0
_COARSE_M = 0.1
"""Positions are compared in these steps when posts are told apart: 4,000 at one place are few."""

FloatArray = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Views:
    """What each camera can see by its figures, a row a camera in the order of the frame they were made from.

    Attributes
    ----------
    table
        Indexed like the cameras:

        * ``camera_id``; ``post`` (int64, the same for cameras of one post); ``kind`` (never empty); ``status``;
          ``working`` (bool: in service, or unknown); ``lon``, ``lat`` (degrees, WGS 84); ``height_m``;
        * ``azimuth_deg``: clockwise from north in [0, 360), NaN for an unknown direction;
        * ``near_m``: ground nearer than this is below the picture; 0 for fields of 180° and more, at most ``sight_m``;
        * ``range_least_m``, ``range_m``, ``range_most_m``: how far the class that was asked for holds;
        * ``sight_m``: how far it looks whatever the class, never below ``range_most_m``;
        * ``fov_least_deg``, ``fov_deg``, ``fov_most_deg``: 0 to 360. Where the direction is known to a compass point
          only, the least is what all its directions have in common (0: nothing), the most what any of them sees;
        * ``missing``: tuple of the columns for want of which least and most differ.
    needed
        The class that was asked for.
    assumptions
        What was taken for want of a figure, such as ``range_m = 50 [20–100] (fixed)``, → number of cameras.
    """

    table: pd.DataFrame
    needed: str
    assumptions: Mapping[str, int]


def views_of(cameras: gpd.GeoDataFrame, *, needed: str = "detect") -> Views:
    """Give what each camera can see by its figures.

    With the pixels across the picture and the field of view, a class holds to width / (2 tan(fov / 2) · px_per_m)
    (EN 62676-4), beyond 120°, where lenses are no longer flat, to width / (fov in radians · px_per_m); and never beyond
    the range. A range alone is taken for the range of detection and scaled with the class. A known tilt ends the view
    where the upper edge of the picture meets the ground.

    Parameters
    ----------
    cameras
        ``camera_id``, the other columns of `spatialgov.coverage.cameras.reading.COLUMNS` (NaN and "" are unknown; so
        is a column that is not there), and a Point geometry, EPSG:4326.
    needed
        The class of picture that counts, one of `CLASSES`.

    Raises
    ------
    InputError
        When there is no such class.
    """
    if needed not in CLASSES:
        raise InputError(
            t("There is no class of picture {name!r}.", "没有名为 {name!r} 的图像等级。", name=needed),
            remedy=t("Classes are: {names}.", "可用等级：{names}。", names=", ".join(CLASSES)),
        )
    return _Figures(cameras, CLASSES[needed]).views(needed)


class _Figures:
    """The figures of cameras on their way to views: what is known, what was assumed, what is missing."""

    def __init__(self, cameras: gpd.GeoDataFrame, px_per_m: float) -> None:
        self.cameras, self.px_per_m = cameras, px_per_m
        self.assumptions: dict[str, int] = {}
        self.kind = self.words("kind")
        self.count("kind = fixed", self.kind == "")
        self.kind[self.kind == ""] = "fixed"
        self.azimuth: FloatArray = np.mod(self.numbers("azimuth_deg"), 360.0)
        self.error = np.nan_to_num(self.numbers("azimuth_error_deg"))
        self.height = self.filled_height()
        self.fov = self.filled_fov()

    def words(self, column: str) -> npt.NDArray[np.object_]:
        cells = self.cameras[column] if column in self.cameras else pd.Series("", self.cameras.index, dtype=object)
        return cells.astype(object).where(cells.notna(), "").to_numpy(dtype=object, copy=True)

    def numbers(self, column: str) -> FloatArray:
        cells = self.cameras[column] if column in self.cameras else pd.Series(np.nan, self.cameras.index)
        return np.array(cells.to_numpy(dtype=np.float64, na_value=np.nan))

    def count(self, what: str, where: Mask) -> None:
        if number := int(where.sum()):
            self.assumptions[what] = self.assumptions.get(what, 0) + number

    def filled_height(self) -> FloatArray:
        height = self.numbers("height_m")
        for kind in KINDS:
            blank = np.isnan(height) & (self.kind == kind)
            height[blank] = HEIGHT_M[kind]
            self.count(f"height_m = {HEIGHT_M[kind]:g} ({kind})", blank)
        return height

    def filled_fov(self) -> FloatArray:
        """Give the least, usual and most field of view, (3, n), as if the direction were exact."""
        given = np.minimum(self.numbers("fov_deg"), 360.0)
        fov = np.tile(given, (3, 1))
        for kind in KINDS:
            bounds = FOV_DEG[kind]
            blank = np.isnan(given) & (self.kind == kind)
            fov[:, blank] = np.array(bounds)[:, None]
            if kind != "dome":
                self.count(_stated("fov_deg", bounds, kind), blank)
                continue
            turned = blank & np.isnan(self.azimuth)
            fov[1, turned] = bounds.most
            self.count(_stated("fov_deg", bounds, kind), blank & ~turned)
            self.count(_stated("fov_deg", bounds._replace(usual=bounds.most), kind), turned)
        return fov

    def detection_m(self) -> FloatArray:
        """Give the least, usual and most range of detection of what has no pixels to tell it, (3, n)."""
        given = self.numbers("range_m")
        ranges = np.tile(given, (3, 1))
        by_density = ~np.isnan(self.numbers("width_px"))
        for kind in KINDS:
            blank = np.isnan(given) & ~by_density & (self.kind == kind)
            ranges[:, blank] = np.array(RANGE_M[kind])[:, None]
            self.count(_stated("range_m", RANGE_M[kind], kind), blank)
        return ranges

    def views(self, needed: str) -> Views:
        given_m, width = self.numbers("range_m"), self.numbers("width_px")
        detection_m = self.detection_m()
        scale = CLASSES["detect"] / self.px_per_m
        if scale != 1.0:
            self.count(f"range_m × {scale:g} ({needed})", np.isnan(width))
        # The widest field has the thinnest picture, and so the least range.
        held_m, lowest_m = (width / (_spread(self.fov[::-1]) * px) for px in (self.px_per_m, CLASSES["monitor"]))
        ranges = np.where(np.isnan(width), detection_m * scale, np.fmin(held_m, given_m))
        far_m = np.where(np.isnan(width), detection_m, np.fmin(lowest_m, given_m))
        near_m, end_m = self.ground(far_m[1])
        unknown_height = np.isnan(self.numbers("height_m"))
        ends_early = unknown_height & (end_m[0] < ranges[2])
        end_m[2, unknown_height] = np.inf
        ranges = np.minimum(ranges, end_m)
        sight_m = np.maximum(np.minimum(far_m[2], end_m[2]), ranges[2])
        status = self.words("status")
        self.count("status = in_service", status == "")
        lon, lat = shapely.get_coordinates(self.cameras.geometry).T
        fov_least, fov_most = self.turned_fov()
        table = pd.DataFrame(
            {
                "camera_id": self.words("camera_id"),
                "post": _posts(self.words("post_id"), lon, lat),
                "kind": self.kind,
                "status": status,
                "working": np.isin(status.astype(str), ("in_service", "")),
                "lon": lon,
                "lat": lat,
                "height_m": self.height,
                "azimuth_deg": self.azimuth,
                "near_m": np.minimum(near_m, sight_m),
                "range_least_m": ranges[0],
                "range_m": ranges[1],
                "range_most_m": ranges[2],
                "sight_m": sight_m,
                "fov_least_deg": fov_least,
                "fov_deg": self.fov[1],
                "fov_most_deg": fov_most,
                "missing": self.missing(ends_early),
            },
            index=self.cameras.index,
        )
        return Views(table, needed, self.assumptions)

    def ground(self, far_m: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give where the picture begins on the ground, (n,), and the least, usual and most of where it ends, (3, n)."""
        tilt = np.radians(self.numbers("tilt_deg"))
        flat = self.fov < 180.0
        half = np.arctan(np.tan(np.radians(np.where(flat, self.fov, 90.0)) / 2.0) * _PICTURE_SHAPE)
        known = ~np.isnan(tilt)
        self.count("tilt_deg: the picture's upper edge at the end of the range", ~known & flat[1])
        upper = np.where(known, tilt - half, -1.0)
        lower = np.where(known, tilt + half[1], np.arctan2(self.height, far_m) + 2.0 * half[1])
        near_m = np.where(flat[1], _meets_m(self.height, lower), 0.0)
        return near_m, np.where(flat, _meets_m(self.height, upper), np.inf)

    def turned_fov(self) -> tuple[FloatArray, FloatArray]:
        """Give the least and the most field of view with what the direction leaves open."""
        least, _, most = self.fov
        narrower = np.where(least < 360.0, np.maximum(least - 2.0 * self.error, 0.0), 360.0)
        self.count("azimuth_deg: a compass point, of which the directions in common are certain", self.vague())
        return narrower, np.minimum(most + 2.0 * self.error, 360.0)

    def vague(self) -> Mask:
        vague: Mask = ~np.isnan(self.azimuth) & (self.error > 0.0) & (self.fov[0] < 360.0)
        return vague

    def missing(self, ends_early: Mask) -> list[tuple[str, ...]]:
        """Give for each camera the columns for want of which least and most differ."""
        blind = np.isnan(self.azimuth) & (self.fov[0] < 360.0)
        self.count("azimuth_deg: unknown, nothing is certain", blind)
        lacks = {
            "height_m": ends_early,
            "azimuth_deg": blind | self.vague(),
            "fov_deg": self.fov[0] != self.fov[2],
            "range_m": np.isnan(self.numbers("range_m")) & np.isnan(self.numbers("width_px")),
        }
        names = tuple(lacks)
        return [
            tuple(name for name, lack in zip(names, row, strict=True) if lack)
            for row in zip(*(lacks[name].tolist() for name in names), strict=True)
        ]


def _stated(column: str, bounds: Bounds, kind: str) -> str:
    if bounds.least == bounds.most:
        return f"{column} = {bounds.usual:g} ({kind})"
    return f"{column} = {bounds.usual:g} [{bounds.least:g}–{bounds.most:g}] ({kind})"


def _spread(fov_deg: FloatArray) -> FloatArray:
    """Metres across the picture, a metre away."""
    angle = np.radians(fov_deg)
    flat = fov_deg <= _WIDEST_FLAT_DEG
    return np.where(flat, 2.0 * np.tan(np.where(flat, angle, 0.0) / 2.0), angle)


def _meets_m(height_m: FloatArray, below: FloatArray) -> FloatArray:
    """Distance at which a ray meets the ground, given its angle below the horizon in radians; inf for never."""
    falls = below > 0.0
    angle = np.where(falls, below, 1.0)
    return np.where(falls, np.where(angle < np.pi / 2.0, height_m / np.tan(angle), 0.0), np.inf)


def _posts(names: npt.NDArray[np.object_], lon: FloatArray, lat: FloatArray) -> npt.NDArray[np.int64]:
    """Number the posts from 0: by name, those without a name by place."""
    named = names != ""
    posts = np.empty(len(names), dtype=np.int64)
    posts[named] = np.unique(names[named].astype(str), return_inverse=True)[1]
    if named.all():
        return posts
    steps = np.round(geocentric(lon[~named], lat[~named]) / _COARSE_M)
    places, place = np.unique(steps, axis=0, return_inverse=True)
    pairs = KDTree(places * _COARSE_M).query_pairs(ONE_POST_M, output_type="ndarray")
    near = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(places), len(places)))
    group = connected_components(near, directed=False)[1]
    posts[~named] = group[place] + len(np.unique(posts[named]))
    return posts
