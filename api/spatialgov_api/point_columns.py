"""Many points in one body and their grids in one answer: JSON columns, lines of JSON (NDJSON), or Arrow streams."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from fastapi import HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from spatialgov.errors import InputError, MissingColumnError
from spatialgov.language import t
from spatialgov_api.arrow_messages import refuse_compressed
from spatialgov_api.schemas import MOST_POINTS, LocateManyRequest

__all__ = ["ARROW", "JSON", "NDJSON", "REQUEST_BODY", "PointColumns", "encoded_codes", "point_columns"]

JSON, NDJSON, ARROW = "application/json", "application/x-ndjson", "application/vnd.apache.arrow.stream"

REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        JSON: {"schema": {"$ref": "#/components/schemas/LocateManyRequest"}},
        NDJSON: {
            "schema": {"type": "string"},
            "example": '{"lon": 116.61, "lat": 33.915}\n{"lon": 116.62, "lat": 33.91}\n',
        },
        ARROW: {"schema": {"type": "string", "format": "binary"}},
    },
}
"""What the route takes, for the API's document."""

Floats = npt.NDArray[np.float64]


class _Columns(msgspec.Struct, forbid_unknown_fields=True):
    datum: str
    lon: list[float]
    lat: list[float]


class _Point(msgspec.Struct):
    lon: float
    lat: float


_read_columns = msgspec.json.Decoder(_Columns).decode
_read_lines = msgspec.json.Decoder(_Point)


@dataclass(frozen=True, eq=False, slots=True)
class PointColumns:
    """Points as they were sent: degrees in `datum`, float64 (n,), and the media type of body and answer."""

    lon: Floats
    lat: Floats
    datum: str
    media_type: str


async def point_columns(
    request: Request,
    datum: Annotated[str | None, Query(description="Of the points in NDJSON and Arrow; JSON names its own.")] = None,
) -> PointColumns:
    """Read the body by its media type; JSON when it names none.

    Raises
    ------
    RequestValidationError, HTTPException
        As FastAPI would, when JSON can't be read or does not have the columns.
    InputError
        When lines or Arrow data can't be read, there are too many points, or columns of different length.
    """
    media_type = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    body = await request.body()
    if media_type == NDJSON:
        columns = PointColumns(*_of_lines(body), _required(datum), NDJSON)
    elif media_type == ARROW:
        columns = PointColumns(*_of_arrow(body), _required(datum), ARROW)
    else:
        columns = _of_json(body)
    _check_count(len(columns.lon))
    if len(columns.lon) != len(columns.lat):
        raise InputError(
            t(
                "There are {lon} longitudes and {lat} latitudes.",
                "经度有 {lon} 个，纬度有 {lat} 个。",
                lon=len(columns.lon),
                lat=len(columns.lat),
            ),
            remedy=t("Give as many of the one as of the other.", "两者的数量必须相同。"),
        )
    return columns


def _check_count(n: int) -> None:
    if n > MOST_POINTS:
        raise InputError(
            t("The request has {n:,} points.", "请求包含 {n:,} 个点。", n=n),
            remedy=t("Send up to {most:,} at once.", "每次最多发送 {most:,} 个点。", most=MOST_POINTS),
        )


def _required(datum: str | None) -> str:
    if datum is None:
        raise RequestValidationError([{"type": "missing", "loc": ("query", "datum"), "msg": "Field required"}])
    return datum


def _of_json(body: bytes) -> PointColumns:
    try:
        sent: Any = _read_columns(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        sent = _as_fastapi_reads(body)  # more lenient; and it says what is wrong where
    return PointColumns(np.array(sent.lon, dtype=np.float64), np.array(sent.lat, dtype=np.float64), sent.datum, JSON)


def _as_fastapi_reads(body: bytes) -> LocateManyRequest:
    try:
        data = json.loads(body) if body else None
    except json.JSONDecodeError as error:
        where = ("body", error.pos)
        raise RequestValidationError([{"type": "json_invalid", "loc": where, "msg": "JSON decode error"}]) from error
    except (ValueError, RecursionError) as error:
        raise HTTPException(400) from error
    try:
        return LocateManyRequest.model_validate(data)
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
        raise RequestValidationError(found) from error


def _of_lines(body: bytes) -> tuple[Floats, Floats]:
    try:
        points = _read_lines.decode_lines(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        row = next(i for i, line in enumerate(body.splitlines(), 1) if not _is_point(line))
        raise InputError(
            t(
                "Line {row} is no point: {reason}",
                "第 {row} 行不是有效的点：{reason}",
                row=row,
                reason=error,
            ),
            remedy=t(
                'A line is an object with two numbers: {{"lon": 116.61, "lat": 33.915}}.',
                '每行为一个含两个数值的对象：{{"lon": 116.61, "lat": 33.915}}。',
            ),
        ) from error
    n = len(points)
    return (
        np.fromiter((point.lon for point in points), np.float64, n),
        np.fromiter((point.lat for point in points), np.float64, n),
    )


def _is_point(line: bytes) -> bool:
    try:
        _read_lines.decode_lines(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _of_arrow(body: bytes) -> tuple[Floats, Floats]:
    try:
        refuse_compressed(body)
        with pa.ipc.open_stream(body) as reader:
            table = reader.read_all()
        table.validate()
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise InputError(
            t("The body is no Arrow stream: {reason}", "请求内容不是 Arrow 流：{reason}", reason=error),
            remedy=t(
                "Send an uncompressed Arrow IPC stream with columns lon and lat.",
                "请发送含 lon 与 lat 列的未压缩 Arrow IPC 流。",
            ),
        ) from error
    _check_count(len(table))  # before a column is copied: one without values may claim any length
    return _arrow_column(table, "lon"), _arrow_column(table, "lat")


def _arrow_column(table: pa.Table, name: str) -> Floats:
    if table.column_names.count(name) != 1:
        raise MissingColumnError(
            t("The Arrow stream has no column {name}.", "Arrow 流没有 {name} 列。", name=name),
            remedy=t("Name the columns lon and lat.", "请将列命名为 lon 与 lat。"),
        )
    kind = table.schema.field(name).type
    try:
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)):
            raise pa.ArrowTypeError(str(kind))  # a dictionary of long texts would unfold without measure
        column = table.column(name).cast(pa.float64())
    except pa.ArrowException as error:
        raise InputError(
            t("Column {name}: {reason}", "{name} 列：{reason}", name=name, reason=error),
            remedy=t("Send numbers.", "请发送数值。"),
        ) from error
    numbers: Floats = column.to_numpy()  # missing ones are NaN, which is no place
    return numbers


def encoded_codes(
    positions: npt.NDArray[np.int32], codes: Sequence[str], about: Mapping[str, Any], media_type: str
) -> bytes:
    """Give the answer's body in the media type of the question.

    Parameters
    ----------
    positions
        int32 (n,): position in `codes` of each point's grid, -1 outside all grids.
    codes
        Of all grids.
    about
        What is to be told with them, in what JSON can hold; NDJSON has no place for it.
    """
    if media_type == ARROW:
        return _arrow_stream(positions, codes, about)
    if media_type == NDJSON:
        return _gathered(positions, [f'{{"code":{json.dumps(code)}}}' for code in (*codes, None)], b"\n")
    head = json.dumps(about, separators=(",", ":"))[:-1].encode() + b',"codes":['
    return head + _gathered(positions, [json.dumps(code) for code in (*codes, None)], b",")[:-1] + b"]}"


def _gathered(positions: npt.NDArray[np.int32], texts: list[str], end: bytes) -> bytes:
    """Give the text of each position, each with its end: blanks, which JSON permits, make all of one width."""
    encoded = [text.encode() for text in texts]
    width = max(map(len, encoded))
    table = np.array([text.ljust(width) + end for text in encoded], dtype=f"S{width + len(end)}")
    return table[positions].tobytes()


def _arrow_stream(positions: npt.NDArray[np.int32], codes: Sequence[str], about: Mapping[str, Any]) -> bytes:
    inside = pa.array(positions, mask=positions < 0)
    column = pa.DictionaryArray.from_arrays(inside, pa.array(codes, pa.string()))
    told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in about.items()}
    schema = pa.schema([pa.field("code", column.type)], metadata=told)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(pa.Table.from_arrays([column], schema=schema))
    answer: bytes = sink.getvalue().to_pybytes()
    return answer
