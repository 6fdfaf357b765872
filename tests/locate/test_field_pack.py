"""The file of a field pack: every edge once, to the last bit."""

import json
import struct
import zlib

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from spatialgov.errors import InputError
from spatialgov.locate import Locator, field_pack
from spatialgov.locate.edges import Edges
from spatialgov.locate.field_pack import encode_field_pack

Labelled = dict[tuple[float, ...], int]


def decode(content: bytes) -> tuple[object, Labelled]:
    """Read a pack in the simplest way: its header, and the label of each edge."""
    magic, version, crc, length, h, m, n = struct.unpack_from("<8sIIIIII", content)
    assert (magic, version, length) == (b"SGFIELDP", 1, len(content))
    assert crc == zlib.crc32(content[16:])
    assert h % 8 == 0
    xy = np.frombuffer(content, "<f8", 2 * n, 32 + h).reshape(-1, 2).tolist()
    labels, counts = np.frombuffer(content, "<u4", 2 * m, 32 + h + 16 * n).reshape(2, m).tolist()
    edges: Labelled = {}
    at = 0
    for label, count in zip(labels, counts, strict=True):
        for one, other in zip(xy[at : at + count - 1], xy[at + 1 : at + count], strict=True):
            edge = (*min(one, other), *max(one, other))
            assert edge not in edges
            edges[edge] = label
        at += count
    assert at == n
    return json.loads(content[32 : 32 + h]), edges


def expected(edges: Edges, positions: list[int]) -> Labelled:
    number = {position + 1: i for i, position in enumerate(positions, start=1)}
    labelled: Labelled = {}
    for (x1, y1, x2, y2), (left, right) in zip(edges.ends.tolist(), edges.sides.tolist(), strict=True):
        if label := number.get(left, 0) ^ number.get(right, 0):
            labelled[(*min((x1, y1), (x2, y2)), *max((x1, y1), (x2, y2)))] = label
    return labelled


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(4, 40), data=st.data())
def test_a_pack_has_the_very_edges_of_its_grids(seed: int, n: int, data: st.DataObject) -> None:
    points = np.random.default_rng(seed).uniform((113, 22), (113.1, 22.1), (n, 2))
    polygons = np.asarray(shapely.polygons(points[Delaunay(points).simplices]))
    codes = [f"g{i}" for i in range(len(polygons))]
    edges = Locator.build(gpd.GeoDataFrame({"code": codes}, geometry=polygons, crs=4326)).edges
    chosen = data.draw(st.lists(st.sampled_from(range(len(codes))), min_size=1, unique=True))
    header = {"names": ["青岚区"] * data.draw(st.integers(0, 9))}
    assert decode(encode_field_pack(edges, np.array(chosen), header)) == (header, expected(edges, chosen))


def test_rings_holes_and_rings_that_touch_in_a_point() -> None:
    inner = [shapely.box(1, 1, 2, 2), shapely.box(2, 2, 3, 2.5)]
    around = shapely.box(0, 0, 4, 3).difference(shapely.union_all(inner))
    shapes = [around, inner[0], shapely.MultiPolygon([shapely.box(9, 0, 10, 1), shapely.box(10, 1, 11, 2)])]
    edges = Locator.build(gpd.GeoDataFrame({"code": list("abc")}, geometry=shapes, crs=4326)).edges
    for chosen in ([0], [1], [2], [2, 0, 1]):
        assert decode(encode_field_pack(edges, np.array(chosen), {})) == ({}, expected(edges, chosen))


def test_a_pack_that_would_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    grids = gpd.GeoDataFrame({"code": ["a"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    monkeypatch.setattr(field_pack, "_MOST_BYTES", 100)
    with pytest.raises(InputError, match="too many"):
        encode_field_pack(Locator.build(grids).edges, np.array([0]), {})
