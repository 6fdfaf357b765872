"""Rates on a metric raster: incidents per household or km of road, and how the density changed between two periods."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.errors import InputError
from spatialgov.incidents.exposure import floored
from spatialgov.incidents.kernel_density import DEFAULT_BANDWIDTH_M, density, smoothed
from spatialgov.incidents.raster import Raster, checked_points
from spatialgov.incidents.risk import rate_ratio, risk_interval
from spatialgov.incidents.significance import discoveries
from spatialgov.language import t

__all__ = ["DensityChange", "RateSurface", "density_change", "rate_surface"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Points = tuple[npt.ArrayLike, npt.ArrayLike]


@dataclass(frozen=True, slots=True, eq=False)
class RateSurface:
    """Incidents over what is exposed; arrays of (ny, nx), row 0 the southernmost, NaN outside the boundary.

    Attributes
    ----------
    rate
        Incidents per unit of exposure (household, km of road), over the time that was counted.
    low, high
        95 % interval of the rate at each place.
    exposure_per_km2
        The smoothed exposure that it was divided by.
    floored
        Where the exposure was less than the floor and the floor took its place: the rate is too low there.
    """

    rate: Floats
    low: Floats
    high: Floats
    exposure_per_km2: Floats
    floored: Bools


@dataclass(frozen=True, slots=True, eq=False)
class DensityChange:
    """Density of incidents in two periods; arrays of (ny, nx), row 0 the southernmost, NaN outside the boundary.

    Attributes
    ----------
    before, after
        Incidents per km² and day.
    difference, difference_se
        After less before, and its standard error.
    ratio
        After over before, drawn towards 1 where few incidents are near: one incident more is shared out between the
        periods by their lengths. 1 where there are none, never infinite.
    low, high
        95 % interval of the ratio at each place, not drawn anywhere.
    p
        Two-sided, at each place by itself; 1 where less than one incident lies within reach.
    more, fewer
        What is left at ``alpha`` after Benjamini-Hochberg over all places.
    """

    before: Floats
    after: Floats
    difference: Floats
    difference_se: Floats
    ratio: Floats
    low: Floats
    high: Floats
    p: Floats
    more: Bools
    fewer: Bools


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Sums over incidents of the kernel (per km²), of its square (per km⁴), and the kernel's mass inside."""

    kernel: Floats
    square: Floats
    mass: Floats


def rate_surface(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    exposure: npt.ArrayLike,
    bounds: Sequence[float],
    cell_m: float = 100.0,
    bandwidth_m: float = DEFAULT_BANDWIDTH_M,
    *,
    boundary: BaseGeometry | None = None,
) -> RateSurface:
    """Give the rate of incidents at the middle of each cell of a raster.

    Parameters
    ----------
    x_m, y_m
        (n,) incidents, metres.
    exposure
        (ny, nx) or (ny · nx,) amount in each cell ≥ 0, as `households_in` and `road_km_in` give it for
        `Raster.polygons`.
    bounds, cell_m
        As for `density`.
    bandwidth_m
        Standard deviation of the Gaussian kernel that smooths both; at least three quarters of a cell.
    boundary
        Polygon in metres: only incidents and exposure within it count.

    Raises
    ------
    InputError
        As `density`, or when the exposure does not fit the raster or there is none.

    Notes
    -----
    Densities of incidents and of exposure are smoothed alike and divided (Kelsall and Diggle 1995), the latter with a
    floor of `FLOOR_SHARE` of its mean, so that no rate is endless on empty ground. The interval takes a place for a
    count of as many incidents as the kernel's weights are worth, (Σ K)² / Σ K² (Fay and Feuer 1997).
    """
    raster, inside = _raster(bounds, cell_m, bandwidth_m, boundary)
    amounts = np.asarray(exposure, dtype=np.float64)
    if amounts.size != raster.nx * raster.ny or not (amounts >= 0).all() or not amounts.any():
        raise InputError(
            t(
                "The exposure must be numbers ≥ 0, one for each of {ny} × {nx} cells, not all 0.",
                "暴露量须为非负数，{ny} × {nx} 个单元各一个，且不全为 0。",
                ny=raster.ny,
                nx=raster.nx,
            ),
            remedy=t("Share it out over Raster.polygons.", "请按 Raster.polygons 分配。"),
        )
    sums = _sums(x_m, y_m, bounds, cell_m, bandwidth_m, boundary, inside)
    amounts = np.where(inside, amounts.reshape(raster.shape), 0.0)
    raw = smoothed(amounts, bandwidth_m / cell_m) / raster.cell_km2
    per_km2 = np.full(raster.shape, np.nan)
    per_km2[inside] = floored((raw / sums.mass)[inside])
    n = _worth(sums, bandwidth_m)
    rate = sums.kernel / sums.mass / per_km2
    low, high = risk_interval(n, 1.0)
    # what one incident more would give: without any within reach, one of an even density
    one = np.where(n > 0, sums.kernel / np.where(n > 0, n, 1.0), 1 / _kernel_km2(bandwidth_m)) / sums.mass / per_km2
    return RateSurface(rate, low * one, high * one, per_km2, per_km2 > raw / sums.mass)


def density_change(
    before: Points,
    after: Points,
    days: tuple[float, float],
    bounds: Sequence[float],
    cell_m: float = 100.0,
    bandwidth_m: float = DEFAULT_BANDWIDTH_M,
    *,
    boundary: BaseGeometry | None = None,
    alpha: float = 0.05,
) -> DensityChange:
    """Compare the densities of two periods at the middle of each cell of a raster.

    Parameters
    ----------
    before, after
        x_m, y_m of the incidents of each period, metres.
    days
        Length of each period, > 0.
    bounds, cell_m, bandwidth_m, boundary
        As for `rate_surface`. One bandwidth for both periods, so that a place without change has a ratio of 1.
    alpha
        Share of false places tolerated among those that changed.

    Raises
    ------
    InputError
        As `density`, or when a period has no length.

    Notes
    -----
    The ratio of Kelsall and Diggle (1995). A place is judged by the incidents of both periods within the kernel's
    reach: given where they are, each falls into the later period with the share of the days that lies there. Their
    weights are worth (Σ K)² / Σ K² incidents, of which the weighted share is taken as later; these are tested as
    `rate_ratio` does. That is the exact test where the weights are equal, and close to it elsewhere. Where the
    incidents lie at the kernel's edge they are worth no more than they weigh in the kernel's area, 4 π h².
    """
    raster, inside = _raster(bounds, cell_m, bandwidth_m, boundary)
    if not (min(days) > 0 and all(map(math.isfinite, days)) and 0 < alpha < 1):
        raise InputError(
            t("Periods of {d} days, alpha {a}.", "时段 {d} 天，alpha 为 {a}。", d=days, a=alpha),
            remedy=t(
                "Give periods that end after they begin, and alpha between 0 and 1.",
                "时段的结束须晚于开始，alpha 在 0 与 1 之间。",
            ),
        )
    old, new = (_sums(*points, bounds, cell_m, bandwidth_m, boundary, inside) for points in (before, after))
    both = _Sums(old.kernel + new.kernel, old.square + new.square, old.mass)
    n = _worth(both, bandwidth_m)
    later = np.minimum(n * (new.kernel / np.where(both.kernel > 0, both.kernel, 1.0)), n)
    share = days[1] / (days[0] + days[1])
    judged = rate_ratio(n - later, later, *days)
    known = inside & (n >= 1)
    p = np.where(known, judged.p, 1.0)
    changed = np.zeros(raster.shape, dtype=np.bool_)
    changed[inside] = discoveries(p[inside], alpha)
    ratio = (later + share) / (n - later + 1 - share) * (days[0] / days[1])
    first, second = (sums.kernel / sums.mass / length for sums, length in zip((old, new), days, strict=True))
    variance = old.square / days[0] ** 2 + new.square / days[1] ** 2
    return DensityChange(
        first,
        second,
        second - first,
        np.sqrt(variance) / both.mass,
        np.where(inside, ratio, np.nan),
        np.where(inside, judged.low, np.nan),
        np.where(inside, judged.high, np.nan),
        np.where(inside, p, np.nan),
        changed & (ratio > 1),
        changed & (ratio < 1),
    )


def _raster(
    bounds: Sequence[float], cell_m: float, bandwidth_m: float, boundary: BaseGeometry | None
) -> tuple[Raster, Bools]:
    raster = Raster.over(bounds, cell_m)
    if not (math.isfinite(bandwidth_m) and bandwidth_m >= 0.75 * cell_m):
        raise InputError(
            t(
                "A bandwidth of {b} m is too small for cells of {c} m.",
                "带宽 {b} 米相对于 {c} 米的单元过小。",
                b=bandwidth_m,
                c=cell_m,
            ),
            remedy=t("Use three quarters of a cell or more.", "请使用不小于四分之三个单元的带宽。"),
        )
    return raster, raster.inside(boundary)


def _sums(
    x_m: npt.ArrayLike, y_m: npt.ArrayLike, bounds: Sequence[float], cell_m: float, bandwidth_m: float,
    boundary: BaseGeometry | None, inside: Bools,
) -> _Sums:  # fmt: skip
    x, y = checked_points(x_m, y_m)
    if boundary is not None:
        within = np.asarray(shapely.intersects_xy(boundary, x, y), dtype=np.bool_)
        x, y = x[within], y[within]
    # the square of a Gaussian is a narrower one
    square = density(x, y, bounds, cell_m, bandwidth_m / math.sqrt(2)) / _kernel_km2(bandwidth_m)
    mass = np.full(inside.shape, 1.0)
    if boundary is not None:
        mass = np.where(inside, smoothed(inside.astype(np.float64), bandwidth_m / cell_m), np.nan)
    return _Sums(density(x, y, bounds, cell_m, bandwidth_m), square, mass)


def _kernel_km2(bandwidth_m: float) -> float:
    """Give the area over which an even density has the variance of its kernel estimate: 1 / ∫ K²."""
    return 4 * math.pi * bandwidth_m**2 * 1e-6


def _worth(sums: _Sums, bandwidth_m: float) -> Floats:
    """Give how many incidents of equal weight the kernel's weights at each place are worth: (Σ K)² / Σ K².

    At least as many as if all lay at the place itself, at most as many as of an even density.
    """
    even = sums.kernel * _kernel_km2(bandwidth_m)
    equal = sums.kernel**2 / np.where(sums.square > 0, sums.square, 1.0)
    return np.clip(equal, even / 2, even)
