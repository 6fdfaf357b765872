"""The moment of inertia of a division: how far its people live from the middle of their part."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["EARTH_RADIUS_KM", "moment_of_inertia"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""

_ROWS = 1 << 22
"""Distances worked out at a time."""


def moment_of_inertia(
    places: npt.ArrayLike, weight: npt.ArrayLike, labels: npt.ArrayLike, *, geographic: bool = False
) -> float:
    """Give the moment of inertia of a division: ``Σ weight · distance²`` to the best centre unit of each part.

    The centre of a part is the one of its own units that makes its sum least, whatever that unit weighs itself.

    Parameters
    ----------
    places
        Shape (n, 2): east and north in metres; with `geographic` longitude and latitude in degrees, WGS 84.
    weight
        Shape (n,), not negative: people, households.
    labels
        Integers, shape (n,): the part of each unit; units with a negative label belong to none and don't count.
    geographic
        Whether distances are great-circle distances (haversine, R = 6371.0088 km) instead of those of the plane.

    Returns
    -------
    float
        Weight × km², divided by 10⁶. Smaller is more compact.

    Notes
    -----
    The objective of Hess et al., *Nonpartisan political redistricting by computer* (1965). In the plane the best
    centre is the unit nearest to the centre of mass (Steiner's theorem).
    """
    place = np.asarray(places, dtype=np.float64)
    mass = np.asarray(weight, dtype=np.float64)
    part = np.asarray(labels)
    rows = np.flatnonzero(part >= 0)
    order = rows[np.argsort(part[rows], kind="stable")]
    ends = np.flatnonzero(np.diff(part[order])) + 1
    least: Callable[[Floats, Floats], float] = _least_on_earth if geographic else _least_in_plane
    return sum(least(place[units], mass[units]) for units in np.split(order, ends) if len(units)) / 1e6


def _least_in_plane(xy_m: Floats, mass: Floats) -> float:
    """Give the least sum about one of the points, weight × km²."""
    total = float(mass.sum())
    if total == 0:
        return 0.0
    xy = (xy_m - xy_m.mean(axis=0)) / 1000.0
    to_middle = ((xy - mass @ xy / total) ** 2).sum(axis=1)
    centre = xy[int(np.argmin(to_middle))]
    return float(mass @ ((xy - centre) ** 2).sum(axis=1))


def _least_on_earth(lonlat: Floats, mass: Floats) -> float:
    """Give the least sum about one of the points along great circles, weight × km²."""
    lon, lat = np.radians(lonlat).T
    least = np.inf
    step = max(_ROWS // len(lon), 1)
    for first in range(0, len(lon), step):
        of = slice(first, first + step)
        half = np.sin((lat[of, None] - lat) / 2) ** 2
        half += np.cos(lat[of, None]) * np.cos(lat) * np.sin((lon[of, None] - lon) / 2) ** 2
        distance_km = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
        least = min(least, float((distance_km**2 @ mass).min()))
    return least
