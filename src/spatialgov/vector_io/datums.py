"""From the coordinates of a file to degrees on WGS 84: what its CRS and its datum say together, and the way there.

Nothing is guessed. The file's CRS counts, or the one that the caller names instead; a file without one needs a datum
or a CRS from the caller; where datum and CRS contradict each other the file is refused.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.transformer import AreaOfInterest, TransformerGroup

from spatialgov.datum import Datum, check_coordinates, parse_datum, to_wgs84
from spatialgov.errors import CoordinateError, DatumError
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.projection import WGS84

__all__ = ["Source", "resolve", "to_degrees"]

Floats = npt.NDArray[np.float64]

_WGS84_NAMES = ("worldgeodeticsystem1984", "wgs1984", "wgs84", "dwgs1984", "dwgs84")
_CGCS2000_NAMES = ("china2000", "dchina2000", "cgcs2000", "chinageodeticcoordinatesystem2000")
_WORST_ACCURACY_M = 5.0
"""The worst transformation that is taken: NAD 83 says 4 m, Beijing 1954 up to 15 m, Xian 1980 nothing."""
_BEYOND_AREA_DEG = 6.0
"""A CRS whose area of use is farther from the data than this can't be the right one (zones are used a neighbour on)."""


@dataclass(frozen=True)
class Source:
    """What the coordinates of a file are.

    Attributes
    ----------
    datum
        One of the four named datums. For a CRS on any other datum ``wgs84``, which the coordinates are on once PROJ
        has converted them.
    crs
        The CRS to convert from, 2-D, or None when the coordinates are degrees on `datum`.
    """

    datum: Datum
    crs: pyproj.CRS | None


def resolve(file: str, label: pyproj.CRS | None, datum: str | None, crs: Any, *, is_geojson: bool) -> Source:
    """Decide what the coordinates of a file are.

    Parameters
    ----------
    file
        Name of the file, for the messages.
    label
        The CRS that the file says.
    datum
        What the caller says: one of the four named datums, or None.
    crs
        What the caller says: anything that `pyproj.CRS` takes, or None. It takes the place of the file's label.
    is_geojson
        Whether no label means WGS 84.

    Raises
    ------
    DatumError
        When nobody says what the coordinates are, when CRS and datum contradict each other, or for an unknown name.
    """
    named = None if datum is None else parse_datum(datum)
    label = _flat(label if crs is None else _parse_crs(crs))
    if label is None and named is None:
        if is_geojson:
            return Source("wgs84", None)
        raise DatumError(
            t("{file} doesn't say which coordinates it has.", "{file} 没有说明所用坐标系。", file=file),
            remedy=t(
                "Name its datum (wgs84, cgcs2000, gcj02, bd09) or its CRS (for example EPSG:4547).",
                "请指明坐标基准（wgs84、cgcs2000、gcj02、bd09）或坐标系（如 EPSG:4547）。",
            ),
        )
    own = _datum_of(label)
    if label is None or (named in ("gcj02", "bd09") and label.is_geographic and own is not None):
        return Source(named or "wgs84", None)
    # GeoJSON and many tools write “4326” whatever the datum is; CGCS2000 equals it for us.
    if named in (None, own) or (named == "cgcs2000" and own == "wgs84" and label.is_geographic):
        return Source(named or own or "wgs84", label)
    raise DatumError(
        t(
            "{file} is in “{crs}”, which is not {datum}.",
            "{file} 的坐标系为“{crs}”，与 {datum} 不符。",
            file=file,
            crs=label.name,
            datum=named,
        ),
        remedy=t(
            "Leave the datum out, or name the CRS that the coordinates really have.",
            "请不要指定坐标基准，或指明坐标的真实坐标系。",
        ),
    )


def to_degrees(
    file: str, geometry: npt.NDArray[np.object_], source: Source, *, batch: int | None = None
) -> tuple[npt.NDArray[np.object_], list[Fault]]:
    """Convert geometries to degrees on WGS 84.

    Parameters
    ----------
    geometry
        object, shape (n,): 2-D shapely geometries or None.
    batch
        Number (from 0) of the batch that they are of a file: the first one tells whether the CRS lies elsewhere, and
        none condemns the file because most of its own rows are no place.

    Returns
    -------
    geometry
        A new array of the same shape; None also where the coordinates are no place on Earth.
    faults
        ``invalid_coordinate`` for each row of the latter, when they are the fewer.

    Raises
    ------
    CoordinateError
        When most rows have no place on Earth, or the CRS lies elsewhere: a wrong CRS, swapped axes, metres as degrees.
    DatumError
        When PROJ knows no transformation that is good enough.
    """
    xy, row = shapely.get_coordinates(geometry, return_index=True)
    if not len(xy):
        return geometry.copy(), []
    lon, lat = _geographic(file, xy[:, 0], xy[:, 1], source, check=not batch)
    off = ~((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0))  # true for NaN too
    rows, first = np.unique(row[off], return_index=True)
    bad_lon, bad_lat = lon[off][first], lat[off][first]
    if batch is None and 2 * len(rows) > len(np.unique(row)):
        raise _file_error(file, int(rows[0]), _problem(bad_lon[0], bad_lat[0]))
    sound = geometry.copy()
    sound[rows] = None
    faults = [_fault(int(r), _problem(x, y)) for r, x, y in zip(rows, bad_lon, bad_lat, strict=True)]
    keep = ~np.isin(row, rows)
    try:
        degrees = to_wgs84(lon[keep], lat[keep], source.datum)
    except CoordinateError as error:
        if batch is not None:
            return _row_by_row(sound, lon[keep], lat[keep], row[keep], source.datum, faults)
        message = t(
            "{file}: {datum} has no meaning so near a pole.",
            "{file}：如此靠近极点，{datum} 没有意义。",
            file=file,
            datum=source.datum,
        )
        raise CoordinateError(message, remedy=error.remedy) from error
    return shapely.set_coordinates(sound, np.column_stack(degrees)), faults


def _row_by_row(
    geometry: npt.NDArray[np.object_],
    lon: Floats,
    lat: Floats,
    row: npt.NDArray[np.int64],
    datum: Datum,
    faults: list[Fault],
) -> tuple[npt.NDArray[np.object_], list[Fault]]:
    """Convert where a datum's formula has no inverse for some rows, so near a pole: these become faults."""
    sound, degrees = np.ones(len(lon), dtype=bool), np.column_stack([lon, lat])
    for i in range(len(lon)):
        try:
            to_wgs84(lon[i], lat[i], datum)
        except CoordinateError as error:
            if geometry[row[i]] is not None:
                faults.append(_fault(int(row[i]), error))
            geometry[row[i]] = None
            sound[row == row[i]] = False
    degrees[sound] = np.column_stack(to_wgs84(lon[sound], lat[sound], datum))
    return shapely.set_coordinates(geometry, degrees[sound]), faults


def _parse_crs(crs: Any) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise DatumError(
            t("Unknown CRS “{crs}”.", "未知的坐标系“{crs}”。", crs=crs),
            remedy=t("Name it by its EPSG code, for example EPSG:4547.", "请使用 EPSG 代码，如 EPSG:4547。"),
        ) from error


def _flat(crs: pyproj.CRS | None) -> pyproj.CRS | None:
    """Give the 2-D CRS of one with heights or with a transformation bound to it."""
    if crs is None:
        return None
    if crs.is_compound:
        return _flat(crs.sub_crs_list[0])
    if crs.is_bound and crs.source_crs is not None:
        return _flat(crs.source_crs)
    return crs.to_2d() if len(crs.axis_info) > 2 else crs


def _datum_of(crs: pyproj.CRS | None) -> Datum | None:
    """Give the named datum that a CRS is on, or None."""
    geodetic = None if crs is None else crs.geodetic_crs
    if geodetic is None or geodetic.datum is None:
        return None
    name = "".join(c for c in geodetic.datum.name.lower() if c.isalnum()).removesuffix("ensemble")
    if name in _WGS84_NAMES:
        return "wgs84"
    return "cgcs2000" if name in _CGCS2000_NAMES else None


def _geographic(file: str, x: Floats, y: Floats, source: Source, *, check: bool) -> tuple[Floats, Floats]:
    """Give degrees on the source's datum (on WGS 84 when that is none of the named ones)."""
    crs = source.crs
    if crs is None:
        return x, y
    if _datum_of(crs) is None:
        transformer = _transformation(file, crs, x, y)
    elif crs.is_geographic and crs.axis_info[0].unit_name == "degree":
        return x, y
    else:
        assert crs.geodetic_crs is not None  # it has a known datum
        transformer = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    lon, lat = transformer.transform(x, y)
    if check and crs.is_projected:
        _check_area(file, crs, transformer, (x, y), (lon, lat))
    return np.asarray(lon), np.asarray(lat)


def _transformation(file: str, crs: pyproj.CRS, x: Floats, y: Floats) -> pyproj.Transformer:
    """Give PROJ's best transformation to WGS 84 for the place of the data, when it is good enough."""
    area = None
    if crs.geodetic_crs is not None:
        lon, lat = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform(x, y)
        on_earth = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
        if on_earth.any():
            lon, lat = lon[on_earth], lat[on_earth]
            area = AreaOfInterest(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    with warnings.catch_warnings():  # better ones would need grids that are not installed
        warnings.simplefilter("ignore")
        known = TransformerGroup(crs, WGS84, always_xy=True, allow_ballpark=False, area_of_interest=area).transformers
    if known and 0.0 <= known[0].accuracy <= _WORST_ACCURACY_M:
        return known[0]
    raise DatumError(
        t(
            "{file} is in “{crs}”, and no transformation from there to WGS 84 is known to {limit} m or better.",
            "{file} 的坐标系为“{crs}”，没有精度达到 {limit} 米的转换方法可转到 WGS 84。",
            file=file,
            crs=crs.name,
            limit=f"{_WORST_ACCURACY_M:g}",
        ),
        remedy=t(
            "Convert it to CGCS2000 first, with the parameters of the surveying office.",
            "请先用测绘部门的参数将其转换为 CGCS2000。",
        ),
    )


def _check_area(
    file: str,
    crs: pyproj.CRS,
    transformer: pyproj.Transformer,
    plane: tuple[Floats, Floats],
    degrees: tuple[Floats, Floats],
) -> None:
    """Refuse a projected CRS that is used far from its area: degrees as metres, swapped axes, another city's CRS."""
    finite = np.isfinite(degrees[0]) & np.isfinite(degrees[1])
    if not np.isfinite(plane[0]).any() or _near_area(crs, degrees, finite):
        return
    swapped = transformer.transform(plane[1], plane[0])
    if np.nanmax(np.abs(plane[0])) <= 180.0 and np.nanmax(np.abs(plane[1])) <= 90.0:
        remedy = t(
            "The numbers look like degrees: name a geographic CRS, for example EPSG:4490.",
            "数值像是经纬度：请指明地理坐标系，如 EPSG:4490。",
        )
    elif _near_area(crs, swapped, np.isfinite(swapped[0]) & np.isfinite(swapped[1])):
        remedy = t("The axes look swapped: give east first, then north.", "坐标轴似乎颠倒：应先东后北。")
    else:
        remedy = t("Name the CRS that the coordinates really have.", "请指明坐标的真实坐标系。")
    where = crs.area_of_use.name if crs.area_of_use else crs.name
    raise CoordinateError(
        t(
            "{file}: the coordinates don't fit the CRS “{crs}” ({where}).",
            "{file}：坐标与坐标系“{crs}”（{where}）不符。",
            file=file,
            crs=crs.name,
            where=where,
        ),
        remedy=remedy,
    )


def _near_area(crs: pyproj.CRS, degrees: tuple[Floats, Floats], finite: npt.NDArray[np.bool_]) -> bool:
    if not finite.any():
        return False
    area = crs.area_of_use
    if area is None or area.west > area.east:  # unknown, or over the date line
        return True
    lon, lat = (float(np.median(axis[finite])) for axis in degrees)
    return (
        area.west - _BEYOND_AREA_DEG <= lon <= area.east + _BEYOND_AREA_DEG
        and area.south - _BEYOND_AREA_DEG <= lat <= area.north + _BEYOND_AREA_DEG
    )


def _problem(lon: float, lat: float) -> CoordinateError:
    try:
        check_coordinates(lon, lat)
    except CoordinateError as error:
        return error
    raise AssertionError(f"{lon}, {lat} is on Earth")


def _file_error(file: str, position: int, problem: CoordinateError) -> CoordinateError:
    return CoordinateError(
        t(
            "{file}, row {row}: {problem}",
            "{file} 第 {row} 行：{problem}",
            file=file,
            row=position + 1,
            problem=problem.message,
        ),
        remedy=problem.remedy,
    )


def _fault(position: int, problem: CoordinateError) -> Fault:
    return Fault("invalid_coordinate", problem.message, problem.remedy, row=position + 1, column="geometry")
