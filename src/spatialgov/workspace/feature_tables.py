"""Features of one state of the data, ordered by their ids and encoded once: what other software reads page by page."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.filters import Filter, Kind
from spatialgov.vector_tiles import TileLayer
from spatialgov.workspace.analysis import Period
from spatialgov.workspace.feature_crs import CRS84, ExchangeCrs
from spatialgov.workspace.plain import rows

__all__ = ["FeaturePage", "FeatureQuery", "FeatureTable", "Tile", "encoded_features"]

_BLOCK = 1000
_MOST_BLOCKS = 300
"""So many blocks of features stay encoded, about half a kilobyte a feature."""
_MOST_TILE_BYTES = 20_000_000
_ENTRY_BYTES = 300
"""What a tile takes besides its content: an empty one too."""
_PACKING = 1
"""Tiles become hardly smaller at higher levels, which take two to eight times as long."""
_TABLE_SIZE = 100_000
_AT_ONCE_POINTS = 50_000
"""A tile of so many points is made in less than a millisecond: an event loop need not hand it to a thread."""


@dataclass(frozen=True, slots=True)
class FeatureQuery:
    """Which features of a collection are asked for.

    Attributes
    ----------
    limit
        At most so many.
    after
        Where the page before ended; "" for the first page.
    offset
        So many are passed over first.
    bbox
        Only those that intersect it, EPSG:4326.
    crs
        What they are given in.
    where
        Only those for which it holds.
    period
        Of incidents: those that occurred in it. Of what is made from incidents: the incidents that count.
    """

    limit: int = 100
    after: str = ""
    offset: int = 0
    bbox: BaseGeometry | None = None
    crs: ExchangeCrs = CRS84
    where: Filter | None = None
    period: Period = field(default_factory=Period)


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """A page of features.

    Attributes
    ----------
    features
        Each as GeoJSON.
    matched
        How many there are in all; None where that is not known.
    next
        What `FeatureQuery.after` must be for the next page; None when this is the last.
    edition
        Number of the edition that they are of, where they are of one.
    """

    features: list[bytes]
    matched: int | None
    next: str | None
    edition: int | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """A vector tile.

    Attributes
    ----------
    content
        Its bytes; b"" where nothing is in it.
    is_packed
        Whether they are compressed with gzip.
    tag
        What tells it from others.
    """

    content: bytes
    is_packed: bool
    tag: str


def encoded_features(frame: gpd.GeoDataFrame, ids: npt.ArrayLike, crs: ExchangeCrs) -> list[bytes]:
    """Give the rows of a frame (EPSG:4326) as GeoJSON features, a column a property."""
    shapes = shapely.to_geojson(crs.from_wgs84(frame.geometry.to_numpy()))
    return [
        f'{{"type":"Feature","id":{json.dumps(str(name), ensure_ascii=False)},"geometry":{shape},'
        f'"properties":{json.dumps(row, ensure_ascii=False, separators=(",", ":"))}}}'.encode()
        for name, shape, row in zip(np.asarray(ids).tolist(), shapes, rows(frame), strict=True)
    ]


class FeatureTable:
    """Features that stay as they are: what has changed is another table.

    Parameters
    ----------
    name
        Of the collection, and of its layer in tiles.
    frame
        EPSG:4326.
    id_column
        What a feature is known by.
    kinds
        Column → what it holds, the geometry among them.
    edition
        Number of the edition that they are of, where they are of one.

    Attributes
    ----------
    name, kinds, edition
        As given.
    size
        What it takes to keep: points of its shapes, and as many again as all else may take.

    Notes
    -----
    Pages begin after an id, so that nothing is lost or comes twice when the next page is one of a later state.
    """

    def __init__(
        self, name: str, frame: gpd.GeoDataFrame, id_column: str, kinds: Mapping[str, Kind], edition: int | None
    ) -> None:
        order = np.argsort(frame[id_column].to_numpy(dtype=np.str_), kind="stable")
        self.name = name
        self.edition = edition
        self.kinds = kinds
        self._frame = frame.iloc[order].reset_index(drop=True)
        self._ids = self._frame[id_column].to_numpy(dtype=np.str_)
        self._blocks: dict[tuple[str, int], list[bytes]] = {}
        self._tiles: dict[tuple[int, int, int], Tile] = {}
        self._tile_bytes = 0
        self._keeping = Lock()
        self.size = _TABLE_SIZE + int(shapely.get_num_coordinates(self._frame.geometry.to_numpy()).sum())

    def __len__(self) -> int:
        return len(self._ids)

    @cached_property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north; None where there is nothing."""
        if not len(self):
            return None
        west, south, east, north = (float(value) for value in self._frame.total_bounds)
        return west, south, east, north

    @cached_property
    def _tree(self) -> shapely.STRtree:
        tree = shapely.STRtree(self._frame.geometry.to_numpy())
        tree.query(shapely.Point(0, 0))  # which builds it, before threads share it
        return tree

    @cached_property
    def layer(self) -> TileLayer:
        """The same, ready to be cut into tiles."""
        return TileLayer(self.name, self._frame.geometry.to_numpy(), self._frame.drop(columns="geometry"))

    @cached_property
    def content_hash(self) -> str:
        """What tells these features from all others."""
        digest = hashlib.sha256(self._frame.drop(columns="geometry").to_csv(index=False).encode())
        for wkb in self._frame.geometry.to_wkb():
            digest.update(wkb)
        return digest.hexdigest()[:16]

    def page(self, asked: FeatureQuery, *, at_once: bool = False) -> FeaturePage | None:
        """Give a page; with `at_once` None instead, where features would have to be encoded first."""
        after = int(np.searchsorted(self._ids, asked.after, side="right")) if asked.after else 0
        if asked.bbox is None and asked.where is None:
            matched, start = len(self), min(after + asked.offset, len(self))
            found: range | list[int] = range(start, min(start + asked.limit, len(self)))
        else:
            chosen = self._chosen(asked)
            matched, start = len(chosen), int(np.searchsorted(chosen, after)) + asked.offset
            found = chosen[start : start + asked.limit].tolist()
        features = self._features(found, asked.crs, at_once=at_once)
        if features is None:
            return None
        more = len(found) and start + len(found) < matched
        return FeaturePage(features, matched, str(self._ids[found[-1]]) if more else None, self.edition)

    def feature(self, name: str, crs: ExchangeCrs, *, at_once: bool = False) -> bytes | None:
        """Give one feature by its id; None where there is none, or with `at_once` where it is not encoded yet."""
        row = int(np.searchsorted(self._ids, name))
        if row == len(self) or self._ids[row] != name:
            return None
        found = self._features([row], crs, at_once=at_once)
        return None if found is None else found[0]

    def tile(self, z: int, x: int, y: int, *, at_once: bool = False) -> Tile | None:
        """Give a tile, which is then kept; with `at_once` None instead, where it takes its time to make it.

        One that is made at once is packed when it is asked for again: that takes longer than making it.
        """
        kept = self._tiles.get((z, x, y))
        if kept is not None and (kept.is_packed or not kept.content):
            return kept
        if kept is not None:
            tile = Tile(_packed(kept.content), True, kept.tag)
        else:
            if at_once and "layer" not in self.__dict__:
                return None
            content = self.layer.encode(z, x, y, most_points=_AT_ONCE_POINTS if at_once else None)
            if content is None:
                return None
            tag = f'"{zlib.crc32(content):08x}-{len(content):x}"'
            is_packed = not at_once and content != b""
            tile = Tile(_packed(content) if is_packed else content, is_packed, tag)
        with self._keeping:
            before = self._tiles.pop((z, x, y), None)
            self._tile_bytes -= 0 if before is None else _ENTRY_BYTES + len(before.content)
            self._tiles[z, x, y] = tile
            self._tile_bytes += _ENTRY_BYTES + len(tile.content)
            while self._tile_bytes > _MOST_TILE_BYTES:
                self._tile_bytes -= _ENTRY_BYTES + len(self._tiles.pop(next(iter(self._tiles))).content)
        return tile

    def _chosen(self, asked: FeatureQuery) -> npt.NDArray[np.int64]:
        if asked.bbox is None:
            rows = np.arange(len(self))
        else:
            rows = np.sort(self._tree.query(asked.bbox, predicate="intersects"))
        if asked.where is not None:
            rows = rows[asked.where.holds(self._frame.iloc[rows])]
        return rows

    def _features(self, rows: range | list[int], crs: ExchangeCrs, *, at_once: bool = False) -> list[bytes] | None:
        blocks: dict[int, list[bytes]] = {}
        first_last = (rows[0] // _BLOCK, rows[-1] // _BLOCK) if rows else (0, -1)
        wanted = range(first_last[0], first_last[1] + 1) if isinstance(rows, range) else {row // _BLOCK for row in rows}
        for number in wanted:
            block = self._blocks.get((crs.uri, number))
            if block is None and at_once:
                return None
            blocks[number] = self._encoded(crs, number) if block is None else block
        if isinstance(rows, list):
            return [blocks[row // _BLOCK][row % _BLOCK] for row in rows]
        found: list[bytes] = []
        for number, block in blocks.items():
            found += block[max(rows.start - number * _BLOCK, 0) : rows.stop - number * _BLOCK]
        return found

    def _encoded(self, crs: ExchangeCrs, number: int) -> list[bytes]:
        part = slice(number * _BLOCK, (number + 1) * _BLOCK)
        block = encoded_features(self._frame.iloc[part], self._ids[part], crs)
        with self._keeping:
            self._blocks[crs.uri, number] = block
            while len(self._blocks) > _MOST_BLOCKS:
                del self._blocks[next(iter(self._blocks))]
        return block


def _packed(content: bytes) -> bytes:
    packer = zlib.compressobj(_PACKING, wbits=31)
    return packer.compress(content) + packer.flush()
