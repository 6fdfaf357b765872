"""Extracts of OpenStreetMap, written by hand for tests (wiki.openstreetmap.org/wiki/PBF_Format)."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Node", "Way", "osm_pbf"]

Tags = Mapping[str, str]


@dataclass(frozen=True)
class Node:
    """A point; degrees."""

    number: int
    lon: float
    lat: float
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True)
class Way:
    """A line through nodes, by their numbers."""

    number: int
    nodes: Sequence[int]
    tags: Tags = field(default_factory=dict)


def osm_pbf(nodes: Sequence[Node], ways: Sequence[Way] = ()) -> bytes:
    """Give the bytes of an extract."""
    things: list[Node | Way] = [*nodes, *ways]
    strings = sorted({text for one in things for pair in one.tags.items() for text in pair})
    at = {text: position for position, text in enumerate(strings, start=1)}

    def tagged(one: Node | Way) -> bytes:
        keys = b"".join(_varint(at[key]) for key in one.tags)
        values = b"".join(_varint(at[value]) for value in one.tags.values())
        return _field(2, keys) + _field(3, values) if one.tags else b""

    table = _field(1, b"") + b"".join(_field(1, text.encode()) for text in strings)
    block = _field(1, table)
    for node in nodes:
        place = _field(8, _zigzag(round(node.lat * 1e7))) + _field(9, _zigzag(round(node.lon * 1e7)))
        block += _field(2, _field(1, _field(1, _zigzag(node.number)) + tagged(node) + place))
    for way in ways:
        steps = [way.nodes[0], *(b - a for a, b in zip(way.nodes, way.nodes[1:], strict=False))]
        refs = _field(8, b"".join(_varint(_zigzag(step)) for step in steps))
        block += _field(2, _field(3, _field(1, way.number) + tagged(way) + refs))
    header = _field(4, b"OsmSchema-V0.6")
    return _blob("OSMHeader", header) + _blob("OSMData", block)


def _blob(kind: str, plain: bytes) -> bytes:
    blob = _field(2, len(plain)) + _field(3, zlib.compress(plain))
    head = _field(1, kind.encode()) + _field(3, len(blob))
    return len(head).to_bytes(4, "big") + head + blob


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
