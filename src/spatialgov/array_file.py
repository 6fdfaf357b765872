"""Arrays in one flat file, mapped read-only and shared by every process that opens it.

::

    0   8   magic of the kind of file
    8   4   version of the format, uint32
    12  4   CRC-32 of the header
    16  8   length of the header
    24  …   header, JSON: ``scalars``, ``sections`` (name → dtype, shape, offset), ``length`` of the body, ``sums``
    …       the body: the arrays, each starting at a multiple of 64 bytes

All numbers are little-endian; offsets count from the start of the body, which is the first multiple of 64 after the
header. ``sums`` are the CRC-32 of the body, piece by piece (`_PIECE` bytes).

Opening takes milliseconds whatever the size: magic, version, header and length are checked, so that a foreign, an old
and a truncated file are refused at once. The body is checked as a whole by `ArrayFile.check`, before the first answer
comes out of it: a damaged file never gives an answer at all.
"""

import json
import mmap
import os
import struct
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from spatialgov.errors import StoreError
from spatialgov.language import t

__all__ = ["ArrayFile", "FileKind", "as_bytes", "open_arrays", "read_only", "remove_halves", "save_arrays"]

T = TypeVar("T", bound=np.generic)

_HEAD = struct.Struct("<8sIIQ")
_ALIGN = 64
_PIECE = 2**22
"""Pieces of the body are checked side by side."""

_MODE = 0o644
_ABANDONED_S = 3600
"""A file that is being written is touched more often than this."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file holds.

    Attributes
    ----------
    magic, version
        What it begins with, 8 bytes, and the version of its content.
    name, remedy
        What it is called in messages, and how a new one is made, in the language of the time.
    """

    magic: bytes
    version: int
    name: Callable[[], str]
    remedy: Callable[[], str]

    def unusable(self, path: Path, why: str) -> StoreError:
        """Give the error for a file that can't be used."""
        message = t("The {name} {path} can't be used: {why}.", "{name} {path} 不可用：{why}。", name=self.name(),
                    path=path, why=why)  # fmt: skip
        return StoreError(message, remedy=self.remedy())


@dataclass(frozen=True, slots=True)
class ArrayFile:
    """A mapped file.

    Attributes
    ----------
    path
        The file.
    scalars
        What it was saved with beside the arrays.
    arrays
        Read-only; not to be read before `check`.
    """

    path: Path
    scalars: Mapping[str, Any]
    arrays: Mapping[str, npt.NDArray[Any]]
    _kind: FileKind
    _body: memoryview
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
            raise self._kind.unusable(self.path, t("it is damaged", "文件已损坏"))

    def json(self, name: str) -> Any:
        """Read what `as_bytes` made an array of."""
        return json.loads(self.arrays[name].tobytes())


def as_bytes(value: Any) -> npt.NDArray[np.uint8]:
    """Give what JSON can hold as an array, for `ArrayFile.json` to read."""
    return np.frombuffer(json.dumps(value, ensure_ascii=False).encode(), dtype=np.uint8)


def save_arrays(path: Path, kind: FileKind, scalars: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write the file beside `path` and rename it into place, so that no reader ever sees half of it.

    Parameters
    ----------
    path
        The file; its folder is there.
    kind
        What it holds.
    scalars
        What JSON can hold.
    arrays
        By name.

    Raises
    ------
    StoreError
        When it can't be written.
    """
    sections: dict[str, Any] = {}
    length = 0
    for name, array in arrays.items():
        sections[name] = {"dtype": array.dtype.str, "shape": array.shape, "offset": length}
        length += _padded(array.nbytes)
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            beside = Path(file.name)
            try:
                sums = _sums(arrays)
                header = json.dumps({"scalars": scalars, "sections": sections, "length": length, "sums": sums}).encode()
                header += b" " * (_padded(_HEAD.size + len(header)) - _HEAD.size - len(header))
                file.write(_HEAD.pack(kind.magic, kind.version, zlib.crc32(header), len(header)) + header)
                for part in _parts(arrays):
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
                beside.chmod(_MODE)
                beside.replace(path)
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StoreError(
            t(
                "The {name} {path} can't be written ({why}).",
                "无法写入{name} {path}（{why}）。",
                name=kind.name(),
                path=path,
                why=error,
            ),
            remedy=t("Check the folder and its free space.", "请检查该文件夹及其剩余空间。"),
        ) from error


def open_arrays(path: Path, kind: FileKind) -> ArrayFile:
    """Map a file and check that it is a whole one of its kind, by its header and length.

    Raises
    ------
    StoreError
        When it can't be read, is of another kind or version, or is truncated or damaged.
    """
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: an empty file can't be mapped
        raise kind.unusable(path, t("it can't be read ({why})", "无法读取（{why}）", why=error)) from error
    if len(content) < _HEAD.size or content[: len(kind.magic)] != kind.magic:
        raise kind.unusable(path, t("it is not a {name}", "不是{name}", name=kind.name()))
    _, version, crc, header_length = _HEAD.unpack_from(content)
    if version != kind.version:
        raise kind.unusable(path, t("it has version {v} of the format", "格式版本为 {v}", v=version))
    view = memoryview(content)
    start = _HEAD.size + header_length
    broken = kind.unusable(path, t("it is truncated or damaged", "文件不完整或已损坏"))
    if zlib.crc32(view[_HEAD.size : start]) != crc:
        raise broken
    header = json.loads(bytes(view[_HEAD.size : start]))
    body = view[start:]
    if len(body) != header["length"]:
        raise broken
    arrays = {
        name: np.ndarray(section["shape"], dtype=section["dtype"], buffer=body, offset=section["offset"])
        for name, section in header["sections"].items()
    }
    return ArrayFile(path, header["scalars"], arrays, kind, body, header["sums"])


def read_only(array: npt.NDArray[T]) -> npt.NDArray[T]:
    """Give a contiguous read-only view: one compiled version of a loop serves what was built and what is mapped."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def remove_halves(folder: Path) -> None:
    """Remove what writers that were killed left beside the files of a folder."""
    for left in folder.glob(".*"):
        with suppress(FileNotFoundError):  # renamed by its writer, or removed by another
            if time.time() - left.stat().st_mtime > _ABANDONED_S:
                left.unlink()


def _parts(arrays: Mapping[str, npt.NDArray[Any]]) -> Iterator[bytes | memoryview]:
    for array in arrays.values():
        yield np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        yield bytes(_padded(array.nbytes) - array.nbytes)


def _sums(arrays: Mapping[str, npt.NDArray[Any]]) -> list[int]:
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
