"""The locator's file: one flat file, mapped read-only and shared by every process that opens it.

::

    0   8   magic ``SGLOCATE``
    8   4   version of the format, uint32
    12  4   CRC-32 of the header
    16  8   length of the header
    24  …   header, JSON: ``scalars``, ``sections`` (name → dtype, length or shape, offset), ``length`` of the
            body, ``sums``
    …       the body: sections, each starting at a multiple of 64 bytes: the arrays, and ``codes``, ``chains`` and
            ``faults`` as JSON

All numbers are little-endian; offsets count from the start of the body, which is the first multiple of 64 after the
header. ``sums`` are the CRC-32 of the body, piece by piece (`_PIECE` bytes).

Opening takes milliseconds whatever the size: magic, version, header and length are checked, so that a foreign, an old
and a truncated file are refused at once. The body is checked once, as a whole, before the first answer comes out of
it (`Stored.check`): a damaged file never gives an answer at all. To check each part as it is first touched would make
that one answer quicker, and every later one slower.
"""

import json
import mmap
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.errors import StoreError
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.locate.cells import Cells
from spatialgov.locate.register import Register

__all__ = ["Stored", "open_file", "save_file"]

_MAGIC = b"SGLOCATE"
_VERSION = 2
_HEAD = struct.Struct("<8sIIQ")
_ALIGN = 64
_PIECE = 2**22
"""Pieces of the body are checked side by side."""


@dataclass(frozen=True)
class Stored:
    """A mapped file.

    Attributes
    ----------
    path
        The file.
    cells
        Its arrays; not to be read before `check`.
    """

    path: Path
    cells: Cells
    _body: memoryview
    _sections: dict[str, dict[str, Any]]
    _sums: list[int]

    def check(self) -> None:
        """Check the whole body.

        Raises
        ------
        StoreError
            When it is damaged.
        """
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            sums = list(threads.map(zlib.crc32, _pieces(self._body)))
        if sums != self._sums:
            raise _unusable(self.path, t("it is damaged", "文件已损坏"))

    def register(self) -> Register:
        """Read who the grids are, after `check`."""
        faults = [Fault(**fault) for fault in self._json("faults")]
        return Register(self._json("codes"), self._json("chains"), self._array("chain_of"), faults)

    def _json(self, name: str) -> Any:
        return json.loads(self._array(name).tobytes())

    def _array(self, name: str) -> npt.NDArray[Any]:
        return _array(self._body, self._sections[name])


def save_file(path: Path, cells: Cells, register: Register) -> None:
    """Write the file beside `path` and rename it into place, so that no reader ever sees half of it."""
    scalars: dict[str, float] = {}
    arrays: dict[str, npt.NDArray[Any]] = {}
    for field in fields(cells):
        value = getattr(cells, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = value
        else:
            scalars[field.name] = value
    arrays["chain_of"] = register.chain_of
    for name, value in (
        ("codes", register.codes),
        ("chains", register.chains),
        ("faults", [fault.as_dict() for fault in register.faults]),
    ):
        arrays[name] = np.frombuffer(json.dumps(value, ensure_ascii=False).encode(), dtype=np.uint8)
    sections: dict[str, Any] = {}
    length = 0
    for name, array in arrays.items():
        sections[name] = {"dtype": array.dtype.str, "shape": array.shape, "offset": length}
        length += _padded(array.nbytes)

    path = Path(path)
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            beside = Path(file.name)
            try:
                sums = _sums(arrays)
                header = json.dumps({"scalars": scalars, "sections": sections, "length": length, "sums": sums}).encode()
                header += b" " * (_padded(_HEAD.size + len(header)) - _HEAD.size - len(header))
                file.write(_HEAD.pack(_MAGIC, _VERSION, zlib.crc32(header), len(header)) + header)
                for part in _parts(arrays):
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


def open_file(path: Path) -> Stored:
    """Map a file and check that it is a whole locator file, by its header and length.

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
    start = _HEAD.size + header_length
    broken = _unusable(path, t("it is truncated or damaged", "文件不完整或已损坏"))
    if zlib.crc32(view[_HEAD.size : start]) != crc:
        raise broken
    header = json.loads(bytes(view[_HEAD.size : start]))
    body = view[start:]
    if len(body) != header["length"]:
        raise broken
    names = {field.name for field in fields(Cells)}
    arrays: dict[str, Any] = {
        name: _array(body, section) for name, section in header["sections"].items() if name in names
    }
    return Stored(path, Cells(**header["scalars"], **arrays), body, header["sections"], header["sums"])


def _array(body: memoryview, section: dict[str, Any]) -> npt.NDArray[Any]:
    return np.ndarray(section["shape"], dtype=section["dtype"], buffer=body, offset=section["offset"])


def _parts(arrays: dict[str, npt.NDArray[Any]]) -> Iterator[bytes | memoryview]:
    for array in arrays.values():
        yield np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        yield bytes(_padded(array.nbytes) - array.nbytes)


def _sums(arrays: dict[str, npt.NDArray[Any]]) -> list[int]:
    """Give the CRC-32 of each piece of the body that the arrays will make."""
    sums: list[int] = []
    at = 0
    for part in _parts(arrays):
        rest = memoryview(part)
        while rest:
            free = _PIECE - at % _PIECE
            here, rest = rest[:free], rest[free:]
            if free == _PIECE:
                sums.append(0)
            sums[-1] = zlib.crc32(here, sums[-1])
            at += len(here)
    return sums


def _pieces(body: memoryview) -> Iterator[memoryview]:
    return (body[i : i + _PIECE] for i in range(0, len(body), _PIECE))


def _padded(length: int) -> int:
    return -(-length // _ALIGN) * _ALIGN


def _unusable(path: Path, why: str) -> StoreError:
    return StoreError(
        t("The locator file {path} can't be used: {why}.", "定位索引文件 {path} 不可用:{why}。", path=path, why=why),
        remedy=t("Build it again from the published grids.", "请用已发布的网格重新生成。"),
    )
