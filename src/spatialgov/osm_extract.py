"""Extracts of OpenStreetMap (``.osm.pbf``): only the tags that are asked for are read of them, by GDAL.

GDAL gives what it could read of a damaged extract and says nothing, so the file is gone through first.
"""

import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely

from spatialgov.errors import UnreadableFileError
from spatialgov.language import t
from spatialgov.vector_io.files import local_path, unreadable
from spatialgov.vector_io.row_files import readable

__all__ = ["MOST_FEATURES", "Features", "is_extract", "read_features"]

Layer = Literal["points", "lines", "multipolygons"]

MOST_FEATURES = 5_000_000
"""Of one layer; a large city has a tenth of it."""

_BATCH = 50_000
_MOST_HEADER, _MOST_BLOB = 2**16, 2**25
"""Bytes, as the format limits them (the latter also unpacked): wiki.openstreetmap.org/wiki/PBF_Format."""
_PREFIX = 4
_VARINT, _BYTES = 0, 2
_MORE = 0x80

Features = tuple[pd.DataFrame, npt.NDArray[np.object_]]
"""A column of text a tag, None where there is none, and the geometries, degrees on WGS 84, object (n,)."""


def is_extract(head: bytes) -> bool:
    """Whether a file that begins so is an extract."""
    return b"OSMHeader" in head[:64]


def read_features(
    path: Path,
    layer: Layer,
    key: str,
    tags: Sequence[str],
    tell: Callable[[int], None] = lambda _: None,
) -> Features:
    """Read what has a tag.

    Parameters
    ----------
    path
        The extract. It is not unpacked into memory.
    layer
        ``points``: nodes; ``lines``: ways; ``multipolygons``: closed ways and relations.
    key
        The tag that counts, whatever its value.
    tags
        Those to read, `key` among them. The columns ``osm_id`` and, of multipolygons, ``osm_way_id`` come with them.
    tell
        Is told now and then how many there are so far.

    Raises
    ------
    UnreadableFileError
        When the file is damaged, or holds more than `MOST_FEATURES`.
    """
    _check(path)
    tables: list[pd.DataFrame] = []
    shapes: list[npt.NDArray[np.object_]] = []
    ids = ["osm_id", "osm_way_id"] if layer == "multipolygons" else ["osm_id"]
    with _configured(layer, key, tags) as config, _understood(path):
        opened = pyogrio.open_arrow(
            local_path(path), layer=layer, where=f'"{key}" IS NOT NULL', columns=[*ids, *tags], batch_size=_BATCH,
            use_pyarrow=True, CONFIG_FILE=config,
        )  # fmt: skip
        count = 0
        with opened as (_, batches):
            for batch in batches:
                count += batch.num_rows
                if count > MOST_FEATURES:
                    reason = t("it has more than {n:,} of {key}", "其中 {key} 超过 {n:,} 个", n=MOST_FEATURES, key=key)
                    raise unreadable(path, reason, t("Cut out the part that is needed.", "请截取所需范围。"))
                table = batch.drop_columns(["wkb_geometry"]).to_pandas()
                tables.append(table.astype(object).where(table.notna(), None))
                shapes.append(shapely.from_wkb(batch["wkb_geometry"].to_numpy(zero_copy_only=False)))
                tell(count)
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in [*ids, *tags]}), np.empty(0, dtype=object)
    return pd.concat(tables, ignore_index=True), np.concatenate(shapes)


@contextmanager
def _configured(layer: Layer, key: str, tags: Sequence[str]) -> Iterator[str]:
    """Write down for GDAL's driver which tags become columns: names of people and firms never do."""
    # without the latter a roundabout would be no line
    closed = key if layer == "multipolygons" else ""
    lines = ["attribute_name_laundering=no", f"closed_ways_are_polygons={closed}"]
    for name in ("points", "lines", "multipolygons", "multilinestrings", "other_relations"):
        attributes = ",".join(tags) if name == layer else key
        lines += [f"[{name}]", "osm_id=yes", f"attributes={attributes}", "other_tags=no"]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "osmconf.ini"
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        yield str(config)


@contextmanager
def _understood(path: Path) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnreadableFileError:
        raise
    except (RuntimeError, ValueError, OSError, shapely.errors.ShapelyError) as error:
        raise unreadable(path, t("it is truncated or damaged", "文件被截断或已损坏")) from error


def _check(path: Path) -> None:
    """Go through the blocks of an extract: each must be whole, and of the size that it says."""
    damaged = unreadable(path, t("it is truncated or damaged", "文件被截断或已损坏"))
    with readable(path), path.open("rb") as file:
        while prefix := file.read(_PREFIX):
            size = int.from_bytes(prefix, "big")
            if len(prefix) < _PREFIX or size > _MOST_HEADER:
                raise damaged
            try:
                data = _fields(_exactly(file, size)).get(3)
                blob = _fields(_exactly(file, data if isinstance(data, int) and data <= _MOST_BLOB else -1))
                _unpack(blob)
            except (ValueError, zlib.error) as error:
                raise damaged from error


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size) if size >= 0 else b""
    if len(data) != size:
        raise ValueError(size)
    return data


def _unpack(blob: dict[int, int | bytes]) -> None:
    """Unpack what zlib has packed, whose checksum tells whether it is whole; the size is that which the blob says."""
    packed, size = blob.get(3), blob.get(2)
    if isinstance(packed, bytes):
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(packed, _MOST_BLOB)
        if not unpacker.eof or len(plain) != size:
            raise ValueError(size)


def _fields(message: bytes) -> dict[int, int | bytes]:
    """Give the fields of a protocol-buffer message by number; numbers and texts are all that these have."""
    found: dict[int, int | bytes] = {}
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            found[key >> 3], at = _varint(message, at)
        elif kind == _BYTES:
            size, at = _varint(message, at)
            if at + size > len(message):
                raise ValueError(size)
            found[key >> 3] = message[at : at + size]
            at += size
        else:
            raise ValueError(kind)
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value: int = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & ~_MORE) << shift
        if byte < _MORE:
            return value, at
    raise ValueError(at)
