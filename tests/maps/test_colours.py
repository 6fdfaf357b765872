import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov_maps.colours import DIVERGING, FILLS, SEQUENTIAL, classes_of, neighbour_colours


def touching(shapes: np.ndarray) -> list[tuple[int, int]]:
    """Pairs that share a piece of border, the slow way."""
    pairs = [(i, j) for i in range(len(shapes)) for j in range(i)]
    return [(i, j) for i, j in pairs if shapes[i].boundary.intersection(shapes[j].boundary).length > 0]


@settings(max_examples=25, deadline=None)
@given(st.integers(4, 60), st.integers(0, 2**32 - 1))
def test_neighbours_differ(n: int, seed: int) -> None:
    points = np.random.default_rng(seed).uniform(0, 1, (n, 2))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points)))
    colours = neighbour_colours(cells)
    assert all(colours[i] != colours[j] for i, j in touching(cells))
    assert set(colours) <= set(range(len(FILLS)))


def test_every_colour_is_used_about_as_often() -> None:
    cells = np.array([shapely.box(x, y, x + 1, y + 1) for x in range(12) for y in range(12)])
    times = np.bincount(neighbour_colours(cells), minlength=len(FILLS))
    assert times.min() >= 0.7 * times.max()


def test_a_corner_makes_no_neighbours_and_an_overlap_does() -> None:
    squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2), shapely.box(0.5, 0.5, 0.9, 0.9)])
    colours = neighbour_colours(squares, 2)
    assert colours[0] != colours[2]
    assert len(neighbour_colours(np.array([], dtype=object))) == 0


def test_more_overlaps_than_colours_still_give_colours() -> None:
    assert set(neighbour_colours(np.array([shapely.box(0, 0, 1, 1)] * 9))) == set(range(6))


def test_a_value_on_a_limit_belongs_above_it() -> None:
    assert classes_of([-1, 0, 4.9, 5, 6], [0, 5]).tolist() == [0, 1, 1, 2, 2]


def contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", FILLS)
def test_labels_are_readable_on_every_fill(colour: str) -> None:
    assert contrast("#27323d", colour) >= 4.5


def test_scales_have_no_colour_twice() -> None:
    for scale in (FILLS, SEQUENTIAL, DIVERGING):
        assert len(set(scale)) == len(scale)
