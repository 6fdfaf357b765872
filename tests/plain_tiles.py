"""Vector tiles and archives of them read byte by byte, as their specifications say: slowly, and by nobody's library."""

import gzip
import struct
from collections.abc import Iterator
from typing import Any

__all__ = ["archived_tiles", "decoded_layer", "rings"]

Point = tuple[int, int]


def _numbers(content: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in content:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield number
            number = shift = 0
    assert shift == 0, "a number without an end"


def _fields(content: bytes) -> Iterator[tuple[int, Any]]:
    """Give the fields of a protocol buffer's message: number, and value (an integer, or bytes)."""
    at = 0

    def number() -> int:
        nonlocal at
        begin = at
        while content[at] > 127:
            at += 1
        at += 1
        return next(_numbers(content[begin:at]))

    while at < len(content):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
        else:
            length = 8 if key & 7 == 1 else number()
            assert key & 7 in (1, 2)
            yield key >> 3, content[at : at + length]
            at += length


def _value(content: bytes) -> Any:
    ((kind, value),) = _fields(content)
    if kind == 1:
        return value.decode()
    if kind == 3:
        return struct.unpack("<d", value)[0]
    return {5: value, 6: (value >> 1) ^ -(value & 1), 7: bool(value)}[kind]


def rings(commands: bytes) -> list[list[Point]]:
    """Give the rings of a polygon's geometry; outlines run clockwise as seen, with y downward."""
    numbers = list(_numbers(commands))
    found: list[list[Point]] = []
    at = x = y = 0
    while at < len(numbers):
        command, count = numbers[at] & 7, numbers[at] >> 3
        at += 1
        if command == 7:
            assert count == 1
            assert len(found[-1]) > 2
            continue
        assert (command, count) == (1, 1) or (command == 2 and count > 0)
        if command == 1:
            found.append([])
        for _ in range(count):
            x += (numbers[at] >> 1) ^ -(numbers[at] & 1)
            y += (numbers[at + 1] >> 1) ^ -(numbers[at + 1] & 1)
            assert not found[-1] or found[-1][-1] != (x, y)
            found[-1].append((x, y))
            at += 2
    return found


def decoded_layer(content: bytes) -> tuple[str, list[tuple[dict[str, Any], list[list[Point]]]]]:
    """Give name and features (properties and rings) of the one layer of a tile."""
    ((kind, layer),) = _fields(content)
    assert kind == 3
    parts: dict[int, list[Any]] = {}
    for number, value in _fields(layer):
        parts.setdefault(number, []).append(value)
    assert parts[15] == [2]
    keys, values = [key.decode() for key in parts[3]], [_value(one) for one in parts.get(4, [])]
    assert len(set(parts.get(4, []))) == len(values), "a value stands there twice"
    features = []
    for feature in parts.get(2, []):
        fields = dict(_fields(feature))
        assert fields[3] == 3
        tags = list(_numbers(fields[2]))
        features.append(({keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}, rings(fields[4])))
    return parts[1][0].decode(), features


def archived_tiles(content: bytes) -> dict[int, bytes]:
    """Give the tiles of a PMTiles archive by their numbers, unpacked."""
    assert content[:8] == b"PMTiles\x03"
    root_at, root_size, _, _, leaves_at, _, tiles_at, *_ = struct.unpack("<11Q", content[8:96])
    assert root_at + root_size <= 16_384

    def entries(at: int, size: int) -> Iterator[tuple[int, int, int]]:
        n, *numbers = _numbers(gzip.decompress(content[at : at + size]))
        steps, runs, sizes, places = (numbers[k * n : (k + 1) * n] for k in range(4))
        number = offset = 0
        for k in range(n):
            number += steps[k]
            offset = places[k] - 1 if places[k] else offset + sizes[k - 1]
            if runs[k] == 0:
                yield from entries(leaves_at + offset, sizes[k])
            else:
                assert runs[k] == 1
                yield number, tiles_at + offset, sizes[k]

    return {number: gzip.decompress(content[at : at + size]) for number, at, size in entries(root_at, root_size)}
