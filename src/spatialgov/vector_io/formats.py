"""The file formats: what a file is by its first bytes, and its rows as they stand, nothing converted yet."""

import json
import lzma
import re
import shutil
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely
from shapely.geometry import shape

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.vector_io.files import local_path, regular_file, unreadable
from spatialgov.vector_io.geopackage import check_geopackage, query_refused
from spatialgov.vector_io.limits import (
    MOST_COLUMNS,
    MOST_PACK_RATIO,
    MOST_ROWS,
    MOST_UNPACKED_BYTES,
    check_bytes,
    check_table,
    check_vertices,
)
from spatialgov.vector_io.text import decode, parse_csv
from spatialgov.vector_io.well_known import SAFE_BYTES, nested_too_deep

__all__ = ["CHECKED_ROWS", "RawRows", "check_names", "crs_member", "kind_of", "read_rows", "shapes_of"]

FORMATS = "GeoPackage, GeoJSON, Shapefile (.shp, .zip), GeoParquet, FlatGeobuf, CSV"

_MAGIC = (
    (b"SQLite format 3\0", "geopackage"),
    (b"fgb\x03", "flatgeobuf"),
    (b"\x00\x00\x27\x0a", "shapefile"),
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "zip"),
)
_GDAL = ("geopackage", "flatgeobuf", "shapefile")
"""The formats that GDAL is given to read; it knows dozens more, some of which are addresses or programs."""
_TEXT_SUFFIXES = (".csv", ".txt")
_DATA_SUFFIXES = (".shp", ".gpkg", ".geojson", ".json", ".parquet", ".fgb", ".csv")
_SMALL_BYTES = 100 * 2**20
"""An archive that unfolds into less may be packed as tightly as it likes."""
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Of a character beyond 16 bits; mostly the other half stands beside it."""
CHECKED_ROWS = 512
"""Of a Parquet file are unfolded at once, to see how large they are."""
_DBF_CODE_PAGE_UNKNOWN = (0x00, 0x57)
"""Language driver bytes of a .dbf that name no code page: none, and "ANSI", which Chinese tools write into GBK."""
_SHAPE_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    shapely.errors.ShapelyError,
)


@dataclass(frozen=True)
class RawRows:
    """The rows of one layer, as the file has them.

    Attributes
    ----------
    frame
        Attributes, with a RangeIndex.
    geometry
        object, shape (n,): shapely geometries or None, in the file's own coordinates; None for a plain table.
    crs
        What the file says, or None when it says nothing.
    layer
        Name of the layer, for formats that have layers.
    damaged
        Position → reason, for rows whose geometry can't be parsed.
    is_geojson
        Whether RFC 7946 makes WGS 84 the CRS of a file that names none.
    """

    frame: pd.DataFrame
    geometry: npt.NDArray[np.object_] | None
    crs: pyproj.CRS | None = None
    layer: str | None = None
    damaged: dict[int, str] = field(default_factory=dict)
    is_geojson: bool = False


def read_rows(path: Path, layer: str | None, *, spatial: bool) -> RawRows:
    """Read the rows of a file of any known format.

    Parameters
    ----------
    path
        The file.
    layer
        Layer to read, needed only where there are several.
    spatial
        Whether layers with geometry are meant, or any layer.

    Raises
    ------
    UnreadableFileError
        When the file is missing, empty, truncated, or of no known format.
    InputError
        When the layer has to be named, or isn't there.
    """
    kind = _kind(path)
    if kind == "zip":
        return _read_zip(path, layer, spatial)
    if layer is not None and kind not in _GDAL:
        raise _no_layer(path, layer, [])
    if kind in _GDAL:
        encoding = _check_shapefile(path) if kind == "shapefile" else None
        computed = check_geopackage(path) if kind == "geopackage" else frozenset()
        if layer is not None and layer.lower() in computed:
            raise query_refused(path, layer)
        rows = _guarded(path, lambda: _read_gdal(path, layer, encoding, spatial, computed))
    elif kind == "parquet":
        rows = _guarded(path, lambda: _read_parquet(path))
    elif kind == "geojson":
        rows = _read_geojson(path)
    else:
        rows = RawRows(parse_csv(path), None)
    names = [str(name) for name in rows.frame.columns]
    check_names(path, names)
    rows.frame.columns = pd.Index(names)
    if not len(rows.frame):
        raise unreadable(path, t("it has no rows", "文件中没有数据行"))
    return rows


def check_names(path: Path, names: list[str]) -> None:
    """Refuse a table with two columns of one name."""
    if len(set(names)) == len(names):
        return
    raise InputError(
        t(
            "{file}: more than one column is named {names}.",
            "{file}：有多列同名：{names}。",
            file=path.name,
            names=", ".join(sorted({name for name in names if names.count(name) > 1})),
        ),
        remedy=t("Give every column a name of its own.", "请使各列名称互不相同。"),
    )


def _kind(path: Path) -> str:
    """Name the format by the content; the suffix decides only that plain text is a table."""
    regular_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise unreadable(path, str(error.strerror), t("Check the path.", "请检查路径。")) from error
    return kind_of(path, head, path.suffix)


def kind_of(path: Path, head: bytes, suffix: str) -> str:
    """Name the format of a file that begins with `head`."""
    if not head:
        raise unreadable(path, t("it is empty (0 bytes)", "文件为空（0 字节）"))
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return "geojson"
    if suffix.lower() in _TEXT_SUFFIXES:
        return "csv"
    raise unreadable(
        path,
        t("its content is of no format that is known here", "文件内容不是已知格式"),
        t("Known formats: {formats}.", "支持的格式：{formats}。", formats=FORMATS),
    )


def _guarded(path: Path, read: Callable[[], RawRows]) -> RawRows:
    """Run a reader of a library; what it raises becomes words about the file."""
    try:
        with warnings.catch_warnings():  # GDAL's remarks, for example on a file's suffix
            warnings.simplefilter("ignore")
            return read()
    except InputError:
        raise
    except (RuntimeError, ValueError, TypeError, KeyError, OSError, MemoryError, pa.ArrowException) as error:
        raise unreadable(path, t("it is truncated or damaged", "文件被截断或已损坏")) from error


def _read_gdal(path: Path, layer: str | None, encoding: str | None, spatial: bool, computed: frozenset[str]) -> RawRows:
    file = local_path(path)
    listed = {str(name): kind for name, kind in pyogrio.list_layers(file)}
    there = {name: kind for name, kind in listed.items() if name.lower() not in computed}
    if listed and not there:
        raise query_refused(path, next(iter(listed)))
    name = _choose_layer(path, there, layer, spatial)
    has_geometry = there[name] is not None
    info = pyogrio.read_info(file, layer=name, encoding=encoding)
    columns = len(info["fields"])
    check_table(path, 0, columns)
    most_rows = MOST_ROWS + 1
    if info["driver"] == "FlatGeobuf":  # room is made for as many rows as it says; four bytes tell the size of each
        most_rows = min(most_rows, path.stat().st_size // 4)
    frame = pyogrio.read_dataframe(
        file, layer=name, encoding=encoding, read_geometry=has_geometry, on_invalid="ignore", max_features=most_rows
    )
    check_table(path, len(frame), columns)
    if not has_geometry:
        return RawRows(frame, None, layer=name)
    return _split(frame, layer=name)


def _choose_layer(path: Path, there: dict[str, str | None], layer: str | None, spatial: bool) -> str:
    # Tables without geometry (QGIS keeps its styles in one) are no choice where places are wanted.
    choice = [name for name, kind in there.items() if kind is not None] if spatial else list(there)
    if layer is not None and layer in there:
        return layer
    if layer is None and len(choice) == 1:
        return choice[0]
    if layer is not None:
        raise _no_layer(path, layer, choice)
    if not choice:
        raise InputError(t("{file} has no layer with geometry.", "{file} 中没有带几何的图层。", file=path.name))
    raise InputError(t("{file} has several layers.", "{file} 中有多个图层。", file=path.name), remedy=_name_one(choice))


def _no_layer(path: Path, layer: str, choice: list[str]) -> InputError:
    return InputError(
        t("{file} has no layer “{layer}”.", "{file} 中没有图层“{layer}”。", file=path.name, layer=layer),
        remedy=_name_one(choice) if choice else t("Leave the layer out.", "请不要指定图层。"),
    )


def _name_one(choice: list[str]) -> str:
    return t("Name one of: {names}.", "请指定其中之一：{names}。", names=", ".join(choice))


def _split(frame: gpd.GeoDataFrame, layer: str | None = None) -> RawRows:
    if frame.index.name is not None:  # a table saved with its identifiers as index
        frame = frame.reset_index()
    geometry = np.asarray(frame.geometry.to_numpy(), dtype=object)
    attributes = pd.DataFrame(frame.drop(columns=frame.geometry.name)).reset_index(drop=True)
    return RawRows(attributes, geometry, crs=frame.crs, layer=layer)


def _check_shapefile(path: Path) -> str | None:
    """Check that a Shapefile is whole (GDAL reads a cut one without a word), and give its encoding when it hides it."""
    if path.suffix.lower() != ".shp":
        raise unreadable(
            path,
            t("it is a part of a Shapefile", "它是 Shapefile 的一部分"),
            t("Name the .shp file.", "请指定 .shp 文件。"),
        )
    beside = {p.suffix.lower(): p for p in path.parent.iterdir() if p.stem == path.stem}
    if missing := [suffix for suffix in (".shx", ".dbf") if suffix not in beside]:
        raise unreadable(
            path,
            t("its {suffix} file is missing", "缺少 {suffix} 文件", suffix=missing[0]),
            t(
                "Put .shp, .shx, .dbf and .prj side by side, or send them as one .zip.",
                "请将 .shp、.shx、.dbf、.prj 放在一起，或打包成一个 .zip。",
            ),
        )
    with path.open("rb") as file:
        header = file.read(100)
    if 2 * int.from_bytes(header[24:28], "big") > path.stat().st_size:
        raise unreadable(path, t("it is truncated", "文件被截断"))
    return None if ".cpg" in beside else _dbf_encoding(beside[".dbf"])


def _dbf_encoding(path: Path) -> str | None:
    """Tell UTF-8 from GB18030 in a .dbf that names no code page; None when it names one."""
    data = path.read_bytes()
    if len(data) < 32 or data[29] not in _DBF_CODE_PAGE_UNKNOWN:
        return None
    start = int.from_bytes(data[8:10], "little")
    field_names = b"".join(data[at : at + 11] for at in range(32, start - 31, 32))
    try:
        (field_names + data[start:]).decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


def _read_parquet(path: Path) -> RawRows:
    _check_parquet(path)
    if b"geo" in (pq.read_schema(path).metadata or {}):
        return _split(gpd.read_parquet(path))
    frame = pd.read_parquet(path)
    return RawRows(frame.reset_index(drop=frame.index.name is None), None)


def _check_parquet(path: Path) -> None:
    """Refuse a Parquet file that unfolds into too much: a value that repeats takes no room in it."""
    with pq.ParquetFile(path) as file:
        check_table(path, file.metadata.num_rows, file.metadata.num_columns)
        unfolded = rows = 0
        for batch in file.iter_batches(CHECKED_ROWS):
            unfolded += batch.nbytes
            check_bytes(path, unfolded, MOST_UNPACKED_BYTES)
            for column in batch.columns:
                if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
                    _check_nesting(path, column, rows)
            rows += len(batch)


def _check_nesting(path: Path, column: pa.Array, first: int) -> None:
    """Refuse shapes that GEOS could not read without ending the process; `first` is the row of the first one."""
    if (pc.max(pc.binary_length(column)).as_py() or 0) < SAFE_BYTES:
        return
    for row, cell in enumerate(column.to_pylist(), first + 1):
        if cell is not None and nested_too_deep(cell):
            raise unreadable(
                path, t("the shape of row {row} is nested too deeply", "第 {row} 行的图形嵌套过深", row=row)
            )


def _read_geojson(path: Path) -> RawRows:
    text = decode(path)
    check_vertices(path, text.count("["))  # each has a bracket of its own
    try:
        root = json.loads(text)
        if _ESCAPED_HALF.search(text):
            _check_characters(path, root)
    except json.JSONDecodeError as error:
        reason = t(
            "it is truncated or no JSON, from line {line}, column {column}",
            "文件被截断或不是 JSON，自第 {line} 行第 {column} 列起",
            line=error.lineno,
            column=error.colno,
        )
        raise unreadable(path, reason) from error
    except (RecursionError, ValueError) as error:  # brackets without end, a number of thousands of digits
        raise unreadable(path, t("it is no usable JSON", "它不是可用的 JSON")) from error
    kind = root.get("type") if isinstance(root, dict) else None
    features = root.get("features") if kind == "FeatureCollection" else [root] if kind == "Feature" else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise unreadable(
            path, t("it is JSON, but no GeoJSON FeatureCollection", "它是 JSON，但不是 GeoJSON FeatureCollection")
        )
    properties = [f.get("properties") if isinstance(f.get("properties"), dict) else {} for f in features]
    check_table(path, len(features), _count_names(properties))
    for row, feature in enumerate(features, start=1):
        check_vertices(path, _count_places(feature.get("geometry")), row=row)
    geometry, damaged = shapes_of([feature.get("geometry") for feature in features])
    return RawRows(
        pd.DataFrame(properties, index=range(len(features))),
        geometry,
        crs=crs_member(path, root.get("crs")),
        damaged=damaged,
        is_geojson=True,
    )


def shapes_of(members: Sequence[Any]) -> tuple[npt.NDArray[np.object_], dict[int, str]]:
    """Give the geometries of GeoJSON's ``geometry`` members, and position → reason of those that can't be parsed."""
    geometry = np.full(len(members), None, dtype=object)
    damaged: dict[int, str] = {}
    points, xy = [], []
    for position, member in enumerate(members):
        if not member:
            continue
        if type(member) is dict and member.get("type") == "Point":
            place = member.get("coordinates")
            if type(place) is list and len(place) == 2 and type(place[0]) is float and type(place[1]) is float:
                points.append(position)  # the usual case, all at once
                xy.append(place)
                continue
        try:
            with np.errstate(invalid="ignore"):  # NaN is found later, with its row
                geometry[position] = shape(member)
        except _SHAPE_ERRORS as error:
            damaged[position] = str(error) or type(error).__name__
    if points:
        geometry[points] = shapely.points(np.array(xy))
    return geometry, damaged


def _check_characters(path: Path, root: Any) -> None:
    """Refuse half a character: no other format, and no database, could hold it."""
    try:
        json.dumps(root, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        reason = t(
            "it holds half a character, {half}", "其中含有半个字符 {half}", half=ascii(error.object[error.start])
        )
        raise unreadable(path, reason, t("Correct the text.", "请更正文字。")) from error


def _count_names(properties: list[dict[str, Any]]) -> int:
    """Give how many columns the properties make: features that share none of them would fill a table with gaps."""
    names: set[str] = set()
    for one in properties:
        names.update(one)
        if len(names) > MOST_COLUMNS:
            break
    return len(names)


def _count_places(geometry: Any) -> int:
    """Give how many places a GeoJSON geometry has, from the lengths of its lists."""
    return _places_of(geometry.get("coordinates")) if isinstance(geometry, dict) else 0


def _places_of(coordinates: Any) -> int:
    if not isinstance(coordinates, list) or not coordinates:
        return 0
    first = coordinates[0]
    if isinstance(first, list) and not (first and isinstance(first[0], list)):
        return len(coordinates)
    return sum(map(_places_of, coordinates)) if isinstance(first, list) else 1


def crs_member(path: Path, member: Any) -> pyproj.CRS | None:
    """Give the CRS of the older GeoJSON's ``crs`` member, which GDAL and QGIS still write; None without one."""
    if member is None:
        return None
    try:
        return pyproj.CRS.from_user_input(member["properties"]["name"])
    except (pyproj.exceptions.CRSError, KeyError, TypeError) as error:
        reason = t("its “crs” member names no known CRS", "其 crs 成员不是已知坐标系")
        raise unreadable(path, reason, t("Correct it, or leave it out.", "请更正，或将其删除。")) from error


def _read_zip(path: Path, layer: str | None, spatial: bool) -> RawRows:
    """Read the one data file of an archive, or the one that the layer names; its parts get names of ours."""
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            members = [m for m in archive.namelist() if not m.endswith("/") and "__MACOSX" not in m]
            found = [m for m in members if Path(m).suffix.lower() in _DATA_SUFFIXES]
            if layer is not None and len(found) > 1:
                named = [m for m in found if Path(m).stem == layer]
                if not named:
                    raise _no_layer(path, layer, [Path(m).stem for m in found])
                found = named
            if len(found) != 1:
                raise InputError(
                    t(
                        "{file} holds {n} data files: {names}.",
                        "{file} 中有 {n} 个数据文件：{names}。",
                        file=path.name,
                        n=len(found),
                        names=", ".join(found) or "–",
                    ),
                    remedy=t(
                        "Put one Shapefile, with its .shx, .dbf and .prj, into an archive, or name its layer.",
                        "每个压缩包请只放一个 Shapefile 及其 .shx、.dbf、.prj，或指定图层。",
                    ),
                )
            stem = str(Path(found[0]).with_suffix(""))
            parts = [m for m in archive.infolist() if m.filename in members]
            parts = [m for m in parts if str(Path(m.filename).with_suffix("")) == stem]
            _check_unpacked(path, parts)
            for part in parts:
                beside = Path(folder) / (Path(stem).name + Path(part.filename).suffix.lower())
                with archive.open(part) as packed, beside.open("wb") as file:
                    shutil.copyfileobj(packed, file)
            return read_rows(Path(folder) / (Path(stem).name + Path(found[0]).suffix.lower()), layer, spatial=spatial)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error, lzma.LZMAError) as error:
        raise unreadable(path, t("the archive is truncated or damaged", "压缩包被截断或已损坏")) from error
    except OSError as error:  # no room, or a name that the system does not take
        reason = t("it can't be unpacked: {reason}", "无法解压：{reason}", reason=error.strerror or error)
        raise unreadable(path, reason) from error


def _check_unpacked(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive that unfolds into too much. What a member says of its size is all that is read of it."""
    size = sum(part.file_size for part in parts)
    check_bytes(path, size, MOST_UNPACKED_BYTES)
    packed = sum(part.compress_size for part in parts)
    if size > _SMALL_BYTES and size > MOST_PACK_RATIO * packed:
        raise unreadable(
            path,
            t(
                "{packed:,} KiB unfold into {size:,} MiB, as no data do",
                "{packed:,} KiB 解压后达 {size:,} MiB，不是正常数据",
                packed=packed >> 10,
                size=size >> 20,
            ),
        )
