"""Directions as people write them: degrees, compass words, several of them, and ranges from one to another."""

import math
import re
import unicodedata
from typing import NamedTuple

__all__ = ["MOST_DIRECTIONS", "Direction", "parse_directions"]

MOST_DIRECTIONS = 16
"""Of one device."""

_EIGHT = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
_BETWEEN = ("NNE", "ENE", "ESE", "SSE", "SSW", "WSW", "WNW", "NNW")
_ENGLISH = ("NORTH", "NORTHEAST", "EAST", "SOUTHEAST", "SOUTH", "SOUTHWEST", "WEST", "NORTHWEST")
_CHINESE = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")
_POINTS = {word: (45.0 * i, 22.5) for words in (_EIGHT, _ENGLISH, _CHINESE) for i, word in enumerate(words)} | {
    word: (45.0 * i + 22.5, 11.25) for i, word in enumerate(_BETWEEN)
}
"""Word → azimuth, and how far the direction that it stands for may lie from it: half way to the next word."""

_SEPARATORS = re.compile(r"[;、|]")
_TOWARDS = re.compile(r"^(?:[由自从]?[东南西北]+)?[向朝往面正]+(?=[东南西北]+$)")
"""What stands before the word in 正东, 朝东 and 由西向东."""
_RANGE = re.compile(r"([^-~–—至到]+)[-~–—至到]([^-~–—至到]+)")
_UNIT = re.compile(r"(°|度|DEG(REES)?)$")


class Direction(NamedTuple):
    """One direction of a device.

    Attributes
    ----------
    azimuth_deg
        Clockwise from north, in [0, 360).
    error_deg
        How far the true direction may lie from it; NaN where it was written in degrees.
    width_deg
        Of a range, from its one end to the other; else NaN.
    turned
        Whether the degrees were written outside 0–360.
    """

    azimuth_deg: float
    error_deg: float
    width_deg: float
    turned: bool


def parse_directions(text: str) -> list[Direction] | None:
    """Read ``90``, ``725``, ``90°``, ``NNE``, ``north-east``, ``正东``, ``西向东``, ``90;270`` or ``45-135``.

    A range runs clockwise: ``315-45`` is the quarter around north, and ``0-360`` is all round.

    Returns
    -------
    list of Direction or None
        None where anything of it can't be read, or when there are more than `MOST_DIRECTIONS`.
    """
    pieces = [piece.strip() for piece in _SEPARATORS.split(unicodedata.normalize("NFKC", text).upper())]
    pieces = [piece for piece in pieces if piece]
    found = [_direction(piece) for piece in pieces]
    if not 0 < len(found) <= MOST_DIRECTIONS:
        return None
    directions = [one for one in found if one is not None]
    return directions if len(directions) == len(found) else None


def _direction(piece: str) -> Direction | None:
    if (one := _point(piece)) is not None:
        azimuth, error = one
        return Direction(_turn(azimuth), error, math.nan, not 0.0 <= azimuth <= 360.0)
    if (ends := _RANGE.fullmatch(piece)) is None:
        return None
    begin, end = _point(ends[1]), _point(ends[2])
    if begin is None or end is None or begin[0] == end[0]:
        return None
    width = _turn(end[0] - begin[0]) or 360.0
    turned = not (0.0 <= begin[0] <= 360.0 and 0.0 <= end[0] <= 360.0)
    return Direction(_turn(begin[0] + width / 2.0), math.nan, width, turned)


def _point(piece: str) -> tuple[float, float] | None:
    """Give the azimuth that a number or a word stands for, as it was written, and its error."""
    word = re.sub(r"[\s-]", "", _TOWARDS.sub("", piece))
    if (found := _POINTS.get(word)) is not None and (word not in _EIGHT + _CHINESE or "-" not in piece):
        return found
    try:
        azimuth = float(_UNIT.sub("", piece).strip())
    except ValueError:
        return None
    return (azimuth, math.nan) if math.isfinite(azimuth) else None


def _turn(azimuth: float) -> float:
    return azimuth % 360.0 % 360.0  # the first one gives 360 for a hair below 0
