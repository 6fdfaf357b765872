"""Basic units: the smallest areas, which are never split, with their counts and the borders they share."""

import difflib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from spatialgov.columns import CellChecks
from spatialgov.contiguity import ContiguityGraph
from spatialgov.datum import Datum
from spatialgov.errors import FaultyDataError, InputError, MissingColumnError, NotFoundError
from spatialgov.faults import Fault, errors_only
from spatialgov.language import t
from spatialgov.projection import WGS84, metric_crs
from spatialgov.topology import check_coverage, islands, metric_shapes, shared_borders
from spatialgov.vector_io import numbers, read_vector, texts

__all__ = ["UNIT_COLUMNS", "Units", "read_units"]

_COUNTS = ("households", "population")
_CODES = ("community_code", "subdistrict_code", "district_code", "parent_code")
_WORKLOAD = "workload"
UNIT_COLUMNS = ("unit_id", "name", "kind", *_COUNTS, _WORKLOAD, *_CODES)
"""The columns that units have a use for; others are dropped unless they are asked for."""

_MEASURED = "area_m2"
"""Measured anew whatever the input says."""
_SHOWN = 5
"""So many unknown identifiers are named."""


@dataclass(frozen=True, eq=False)
class Units:
    """Basic units and the graph of the borders they share.

    Attributes
    ----------
    frame
        A row for each unit, with a RangeIndex: ``unit_id`` (str, unique), ``kind`` (str, may be empty),
        ``households`` and ``population`` (int64), ``area_m2`` (float64); where the input has them ``workload``
        (float64, minutes a day), ``name`` and the code columns (str); the columns that were asked for (str),
        ``geometry`` (EPSG:4326).
    graph
        Shared borders by position in the frame, with ``area_m2``, ``outer_border_m`` and ``xy_m`` (centroids).
    crs
        The metric plane of the graph.
    faults
        What was found and didn't stop the work: warnings, and with ``keep_sound`` errors of rows that are left out.
    dropped_columns
        Columns of the input that are not kept.
    datum
        The datum that the input was in.
    """

    frame: gpd.GeoDataFrame
    graph: ContiguityGraph
    crs: pyproj.CRS
    faults: tuple[Fault, ...]
    dropped_columns: tuple[str, ...]
    datum: Datum

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def _index(self) -> "pd.Index[Any]":
        index: pd.Index[Any] = pd.Index(self.frame["unit_id"])
        return index

    def positions(self, unit_ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """Give the positions of units, int64, in the order asked for.

        Raises
        ------
        NotFoundError
            When one is unknown; the message names the first few.
        """
        found = self._index.get_indexer(pd.Index(list(unit_ids), dtype=object)).astype(np.int64)
        if unknown := [unit for unit, position in zip(unit_ids, found, strict=True) if position < 0]:
            raise NotFoundError(
                t(
                    "{n} units are unknown: {names}.",
                    "有 {n} 个未知的基本单元：{names}。",
                    n=len(unknown),
                    names=", ".join(map(str, unknown[:_SHOWN])),
                ),
                remedy=t("Check the identifiers.", "请检查编号。"),
            )
        return found

    def amounts(self, name: str) -> npt.NDArray[np.float64]:
        """Give a column of numbers of the units, float64, shape (n,): what grids may be balanced by.

        Raises
        ------
        MissingColumnError
            When there is no such column.
        InputError
            When a cell of it is no number of 0 or more, with the row.
        """
        if name not in self.frame:
            raise _missing_column("", name, name, _attributes(self.frame))
        values, wrong = numbers(self.frame[name])
        bad = wrong | ~(values >= 0)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise InputError(
                t(
                    "Row {row}, column {name}: {value} is no number of 0 or more.",
                    "第 {row} 行，{name} 列：{value} 不是 0 或正数。",
                    row=row + 1,
                    name=name,
                    value=repr(self.frame[name].iloc[row]),
                ),
                remedy=t("Grids are balanced by numbers only: correct the cell.", "网格只能按数字列均衡：请更正。"),
            )
        return values

    @classmethod
    def from_frame(
        cls,
        frame: gpd.GeoDataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        keep: Sequence[str] = (),
        keep_sound: bool = False,
    ) -> Self:
        """Make units of a frame in EPSG:4326; for the parameters and errors see `read_units`."""
        if frame.crs != WGS84:
            raise InputError(
                t("The frame is not in EPSG:4326.", "数据框的坐标系不是 EPSG:4326。"),
                remedy=t("Convert it with to_crs(4326).", "请用 to_crs(4326) 转换。"),
            )
        return cls._build(frame, "", "wgs84", (), columns or {}, keep, keep_sound)

    @classmethod
    def _build(
        cls,
        source: gpd.GeoDataFrame,
        file: str,
        datum: Datum,
        known: tuple[Fault, ...],
        columns: Mapping[str, str],
        keep: Sequence[str],
        keep_sound: bool,
    ) -> Self:
        theirs = _match_columns(source, file, columns, keep)
        frame, faults = _read_columns(source, theirs, keep)
        # Where the reader knows why a geometry is missing, that reason stands for it.
        explained = {fault.row for fault in known}
        geometric = [
            fault
            for fault in check_coverage(frame, "unit_id")
            if not (fault.kind == "missing_geometry" and fault.row in explained)
        ]
        faults = sorted([*known, *faults, *geometric], key=lambda fault: (fault.row is None, fault.row or 0))
        if errors_only(faults) and not keep_sound:
            raise _faulty(file, faults)
        sound = _sound_rows(len(frame), faults)
        if not sound.any():
            raise _faulty(file, faults)
        frame = frame[sound].reset_index(drop=True)
        crs, graph = _graph(frame)
        frame.insert(len(frame.columns) - 1, _MEASURED, graph.area_m2)
        rows = np.flatnonzero(sound) + 1  # of the input, not of what is left
        cut_off = islands(frame, "unit_id", graph.components())
        faults += [replace(fault, row=int(rows[(fault.row or 1) - 1])) for fault in cut_off]
        dropped = [name for name in _attributes(source) if name not in theirs.values() and name != _MEASURED]
        return cls(frame, graph, crs, tuple(faults), tuple(dropped), datum)


def read_units(
    path: str | os.PathLike[str],
    *,
    datum: str | None = None,
    crs: Any = None,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
    keep_sound: bool = False,
) -> Units:
    """Read basic units from a file of any known format (see `spatialgov.vector_io.read_vector`).

    Columns that are known (`UNIT_COLUMNS`) or asked for are kept, all others are dropped and listed. ``unit_id`` must
    be there; a missing ``households`` or ``population`` becomes 0 with a warning. A ``workload`` is optional.

    Parameters
    ----------
    path
        The file.
    datum, crs, layer
        As for `read_vector`.
    columns
        Our name → the file's, for columns with another name: ``{"households": "HH"}``.
    keep
        More columns to keep, as text: parents that grids are to stay inside of. Every row needs a value in them.
    keep_sound
        Go on without the rows that have errors (of two rows that overlap or have the same ``unit_id``, without the
        later one); the errors are then in ``Units.faults``.

    Raises
    ------
    UnreadableFileError, DatumError, CoordinateError, InputError
        As for `read_vector`.
    MissingColumnError
        When ``unit_id``, a column of `columns` or one of `keep` is not there.
    FaultyDataError
        When there are errors and `keep_sound` is false, or no sound row; ``faults`` has all of them, warnings too.
    """
    data = read_vector(path, datum=datum, crs=crs, layer=layer)
    known = list(data.faults)
    if data.dropped_z:
        known.append(
            Fault(
                "dropped_z", t("Heights (Z) are left out.", "高程（Z）已略去。"), severity="warning", column="geometry"
            )
        )
    return Units._build(data.frame, Path(path).name, data.datum, tuple(known), columns or {}, keep, keep_sound)


def _attributes(frame: gpd.GeoDataFrame) -> list[str]:
    return [str(name) for name in frame.columns if name != frame.geometry.name]


def _match_columns(
    frame: gpd.GeoDataFrame, file: str, columns: Mapping[str, str], keep: Sequence[str]
) -> dict[str, str]:
    """Give our name → the file's for every column that is kept."""
    there = _attributes(frame)
    if strange := [ours for ours in columns if ours not in UNIT_COLUMNS and ours not in keep]:
        raise InputError(
            t("Units have no column “{name}”.", "基本单元没有“{name}”列。", name=strange[0]),
            remedy=t("Known columns: {names}.", "已知的列：{names}。", names=", ".join(UNIT_COLUMNS)),
        )
    wanted = {"unit_id": columns.get("unit_id", "unit_id"), **columns, **{k: columns.get(k, k) for k in keep}}
    for ours, theirs in wanted.items():
        if theirs not in there:
            raise _missing_column(file, ours, theirs, there)
    return {ours: ours for ours in UNIT_COLUMNS if ours in there} | wanted


def _missing_column(file: str, ours: str, theirs: str, there: list[str]) -> MissingColumnError:
    folded = {name.lower(): name for name in there}
    near = [folded[name] for name in difflib.get_close_matches(theirs.lower(), folded, n=3, cutoff=0.5)]
    others = [name for name in there if name not in near]
    message = t("The column “{name}” is missing.", "缺少“{name}”列。", name=theirs)
    return MissingColumnError(
        f"{file}: {message}" if file else message,
        remedy=t(
            'If it has another name, say so: columns={{"{ours}": "…"}}. The file has: {names}.',
            '若列名不同，请指明：columns={{"{ours}": "…"}}。现有列：{names}。',
            ours=ours,
            names=", ".join([*near, *others]) or "–",
        ),
    )


def _read_columns(
    source: gpd.GeoDataFrame, theirs: Mapping[str, str], keep: Sequence[str]
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Give the kept columns under our names and in our types, and the faults of their cells."""
    identifiers = texts(source[theirs["unit_id"]])
    cells = CellChecks(source.geometry, identifiers)
    faults = cells.identifier_faults(theirs["unit_id"])
    data: dict[str, Any] = {"unit_id": _filled(identifiers)}
    if "name" in theirs:
        data["name"] = _filled(texts(source[theirs["name"]]))
    data["kind"] = _filled(texts(source[theirs["kind"]])) if "kind" in theirs else ""
    for ours in _COUNTS:
        if ours in theirs:
            data[ours], found = cells.counts(source[theirs[ours]], theirs[ours])
            faults += found
        else:
            data[ours] = np.zeros(len(source), dtype=np.int64)
            faults.append(_no_counts(ours, _attributes(source)))
    if _WORKLOAD in theirs:
        data[_WORKLOAD], found = cells.amounts(source[theirs[_WORKLOAD]], theirs[_WORKLOAD])
        faults += found
    parents = [*(code for code in _CODES if code in theirs), *keep]
    for ours in dict.fromkeys(name for name in parents if name not in data and name != _MEASURED):
        codes = texts(source[theirs[ours]])
        faults += cells.code_faults(codes, theirs[ours], required=ours in keep)
        data[ours] = _filled(codes)
    geometry = gpd.GeoSeries(source.geometry.to_numpy(), crs=WGS84)
    return gpd.GeoDataFrame(data, index=range(len(source)), geometry=geometry, crs=WGS84), faults


def _filled(cells: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    filled = cells.copy()
    filled[[cell is None for cell in cells]] = ""
    return filled


def _no_counts(ours: str, there: list[str]) -> Fault:
    return Fault(
        "missing_column",
        t("There is no column “{name}”: it is taken as 0.", "没有“{name}”列：按 0 处理。", name=ours),
        t(
            "If it has another name, say so. The file has: {names}.",
            "若列名不同，请指明。现有列：{names}。",
            names=", ".join(there),
        ),
        severity="warning",
        column=ours,
    )


def _sound_rows(n: int, faults: Sequence[Fault]) -> npt.NDArray[np.bool_]:
    """Mark the rows without an error: an overlap or a second use of an identifier is the later row's."""
    sound = np.ones(n, dtype=bool)
    for fault in errors_only(faults):
        if fault.row is not None:
            sound[fault.row - 1] = False
    return sound


def _graph(frame: gpd.GeoDataFrame) -> tuple[pyproj.CRS, ContiguityGraph]:
    west, south, east, north = frame.total_bounds
    crs = metric_crs((west + east) / 2, (south + north) / 2)
    shapes = metric_shapes(frame.geometry.to_numpy(), crs)
    borders = shared_borders(frame, crs)
    centre = shapely.centroid(shapes)
    graph = ContiguityGraph.from_edges(
        len(frame),
        borders.edges,
        borders.border_m,
        outer_border_m=borders.outer_border_m,
        area_m2=shapely.area(shapes),
        xy_m=np.column_stack([shapely.get_x(centre), shapely.get_y(centre)]),
    )
    return crs, graph


def _faulty(file: str, faults: Sequence[Fault]) -> FaultyDataError:
    errors = errors_only(faults)
    kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(fault.kind for fault in errors).most_common())
    message = t("Errors stop the work: {kinds}.", "有错误，工作无法进行：{kinds}。", kinds=kinds)
    return FaultyDataError(
        f"{file}: {message}" if file else message,
        errors + [fault for fault in faults if fault.severity != "error"],
        remedy=t("Correct the rows, or ask to go on with the sound ones.", "请更正这些行，或选择只用无误的行继续。"),
    )
