"""Arrow streams, looked at before they are read: pyarrow unpacks what is compressed, whatever it unfolds into."""

import struct

from spatialgov.language import t

__all__ = ["refuse_compressed"]

_CONTINUATION = 0xFFFF_FFFF
_MESSAGE_HEADER_TYPE, _MESSAGE_HEADER, _MESSAGE_BODY_LENGTH = 1, 2, 3
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3
_DICTIONARY_DATA = 1
_BATCH_COMPRESSION = 3
"""Fields and types by their number in Arrow's Message.fbs; tables as in flatbuffers.dev/internals."""


def refuse_compressed(stream: bytes) -> None:
    """Refuse an Arrow IPC stream with a compressed batch.

    Raises
    ------
    ValueError
        When there is one, or its frame is damaged.
    """
    at = 0
    try:
        while at + 4 <= len(stream):
            (length,) = struct.unpack_from("<I", stream, at)
            at += 4
            if length == _CONTINUATION:
                (length,) = struct.unpack_from("<I", stream, at)
                at += 4
            if length == 0:
                return
            body_length, compressed = _message(stream[at : at + length])
            if compressed:
                raise ValueError(t("it is compressed", "内容经过压缩"))
            at += length + body_length
    except struct.error as error:
        raise ValueError(t("it is truncated or damaged", "内容被截断或已损坏")) from error


def _message(data: bytes) -> tuple[int, bool]:
    """Give the length of a message's body, and whether it is a batch that is compressed."""
    root = struct.unpack_from("<I", data)[0]
    kind_at, header_at, length_at = (
        _field(data, root, field) for field in (_MESSAGE_HEADER_TYPE, _MESSAGE_HEADER, _MESSAGE_BODY_LENGTH)
    )
    body_length = struct.unpack_from("<q", data, length_at)[0] if length_at else 0
    if body_length < 0:
        raise ValueError(t("it is truncated or damaged", "内容被截断或已损坏"))
    kind = data[kind_at] if kind_at and kind_at < len(data) else 0
    if kind not in (_DICTIONARY_BATCH, _RECORD_BATCH) or not header_at:
        return body_length, False
    batch = _table(data, header_at)
    if kind == _DICTIONARY_BATCH:
        inner = _field(data, batch, _DICTIONARY_DATA)
        if not inner:
            return body_length, False
        batch = _table(data, inner)
    return body_length, bool(_field(data, batch, _BATCH_COMPRESSION))


def _table(data: bytes, at: int) -> int:
    """Give the place of the table that an offset points to."""
    return at + int(struct.unpack_from("<I", data, at)[0])


def _field(data: bytes, table: int, field: int) -> int:
    """Give the place of a table's field, 0 when the table has none."""
    directory = table - int(struct.unpack_from("<i", data, table)[0])
    if directory < 0:
        raise struct.error
    (size,) = struct.unpack_from("<H", data, directory)
    at = 4 + 2 * field
    offset = int(struct.unpack_from("<H", data, directory + at)[0]) if at + 2 <= size else 0
    return table + offset if offset else 0
