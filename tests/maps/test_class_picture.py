"""Shapes by class as one picture: the first class lies on top, and no picture is larger than its room."""

from typing import Any

import numpy as np
import pytest
import shapely

from spatialgov_maps import class_picture as module
from spatialgov_maps.base import LegendItem
from spatialgov_maps.class_picture import class_picture
from spatialgov_maps.mercator import PixelGrid

BOUNDS = (116.0, 34.0, 116.01, 34.01)
ITEMS = [LegendItem("on top", {"fillColor": "#0d9488"}), LegendItem("below", {"fillColor": "#e0a526"})]
LEFT, WHOLE = shapely.box(116.0, 34.0, 116.005, 34.01), shapely.box(*BOUNDS)


def shapes(*given: Any) -> Any:
    return np.array(given, dtype=object)


def test_the_first_class_lies_on_top(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []

    def layer(pictures: Any, *_: object, **__: object) -> _Layer:
        drawn.append(pictures[0])
        return _Layer("")

    monkeypatch.setattr(module, "RasterLayer", layer)
    half = shapes(shapely.box(116.0, 34.0, 116.01, 34.005))
    assert class_picture([shapes(LEFT), shapes(WHOLE)], ITEMS, BOUNDS, "", within=half) is not None
    picture = drawn[-1]
    height, width = picture.shape
    assert (picture[-2, 2], picture[-2, width - 3]) == (1, 2)
    assert (picture[1] == 0).all()
    assert height == PixelGrid.over(BOUNDS, 1.0).height


class _Layer:
    def __init__(self, spec: str) -> None:
        self.spec = spec


def test_a_picture_keeps_to_its_room() -> None:
    random = np.random.default_rng(0)
    dots: Any = shapely.buffer(shapely.points(random.uniform([116.0, 34.0], [116.01, 34.01], (3000, 2))), 4e-5)
    sizes = []
    for room in (100_000, 20_000):
        layer = class_picture([dots, shapes(WHOLE)], ITEMS, BOUNDS, "", room=room)
        assert layer is not None
        sizes.append(len(layer.spec))
        assert room * 0.2 < sizes[-1] <= room
    assert sizes[0] > sizes[1]
    assert class_picture([dots], ITEMS[:1], BOUNDS, "", room=100) is None
    assert class_picture([dots], ITEMS[:1], [np.nan] * 4, "") is None
    assert class_picture([dots], ITEMS[:1], [-170.0, -60.0, 170.0, 60.0], "") is None
