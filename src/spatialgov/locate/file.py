"""The locator's file: one flat file, mapped read-only and shared by every process that opens it.

::

    0   8   magic ``SGLOCATE``
    8   4   version of the format, uint32
    12  4   CRC-32 of everything from byte 24 to the end
    16  8   length of the header
    24  …   header, JSON: ``scalars``, ``arrays`` (name → dtype, length or shape, offset), ``codes``, ``faults``
    …       the arrays, each starting at a multiple of 64 bytes

All numbers are little-endian; offsets count from the start of the arrays, which is the first multiple of 64 after the
header.
"""

import json
import mmap
import os
import struct
import tempfile
import zlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.errors import StoreError
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.locate.cells import Cells

__all__ = ["open_file", "save_file"]

_MAGIC = b"SGLOCATE"
_VERSION = 1
_HEAD = struct.Struct("<8sIIQ")
_ALIGN = 64


def save_file(path: Path, cells: Cells, codes: list[str], faults: list[Fault]) -> None:
    """Write the file beside `path` and rename it into place, so that no reader ever sees half of it."""
    scalars: dict[str, float] = {}
    arrays: dict[str, npt.NDArray[Any]] = {}
    for field in fields(cells):
        value = getattr(cells, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = value
        else:
            scalars[field.name] = value
    directory: dict[str, Any] = {}
    offset = 0
    for name, array in arrays.items():
        directory[name] = {"dtype": array.dtype.str, "shape": array.shape, "offset": offset}
        offset += _padded(array.nbytes)
    header = json.dumps(
        {
            "scalars": scalars,
            "arrays": directory,
            "codes": codes,
            "faults": [fault.as_dict() for fault in faults],
        },
        ensure_ascii=False,
    ).encode()
    header += b" " * (_padded(_HEAD.size + len(header)) - _HEAD.size - len(header))
    parts: list[bytes | memoryview] = [header]
    for array in arrays.values():
        parts += [np.ascontiguousarray(array).data.cast("B"), bytes(_padded(array.nbytes) - array.nbytes)]
    crc = 0
    for part in parts:
        crc = zlib.crc32(part, crc)
    _write_beside(path, [_HEAD.pack(_MAGIC, _VERSION, crc, len(header)), *parts])


def open_file(path: Path) -> tuple[Cells, list[str], list[Fault]]:
    """Map a file and check all of it.

    Raises
    ------
    StoreError
        When it can't be read, is no locator file, is of another version, or is truncated or damaged.
    """
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: an empty file can't be mapped
        raise _unusable(path, t("it can't be read ({why})", "无法读取({why})", why=error)) from error
    if len(content) < _HEAD.size or content[: len(_MAGIC)] != _MAGIC:
        raise _unusable(path, t("it is not a locator file", "不是定位索引文件"))
    _, version, crc, header_length = _HEAD.unpack_from(content)
    if version != _VERSION:
        raise _unusable(path, t("it has version {v} of the format", "格式版本为 {v}", v=version))
    view = memoryview(content)
    if zlib.crc32(view[_HEAD.size :]) != crc:
        raise _unusable(path, t("it is truncated or damaged", "文件不完整或已损坏"))
    start = _HEAD.size + header_length
    header = json.loads(bytes(view[_HEAD.size : start]))
    arrays: dict[str, Any] = {
        name: np.ndarray(entry["shape"], dtype=entry["dtype"], buffer=view, offset=start + entry["offset"])
        for name, entry in header["arrays"].items()
    }
    cells = Cells(**header["scalars"], **arrays)
    return cells, header["codes"], [Fault(**fault) for fault in header["faults"]]


def _padded(length: int) -> int:
    return -(-length // _ALIGN) * _ALIGN


def _write_beside(path: Path, parts: list[bytes | memoryview]) -> None:
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            beside = Path(file.name)
            try:
                for part in parts:
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
                beside.chmod(0o644)
                beside.replace(path)
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StoreError(
            t(
                "The locator file {path} can't be written ({why}).",
                "无法写入定位索引文件 {path}({why})。",
                path=path,
                why=error,
            ),
            remedy=t("Check the folder and its free space.", "请检查该文件夹及其剩余空间。"),
        ) from error


def _unusable(path: Path, why: str) -> StoreError:
    return StoreError(
        t("The locator file {path} can't be used: {why}.", "定位索引文件 {path} 不可用:{why}。", path=path, why=why),
        remedy=t("Build it again from the published grids.", "请用已发布的网格重新生成。"),
    )
