"""The lines that recommendations draw and take away, on small lattices."""

from collections.abc import Callable

import shapely

from spatialgov.allocation import Recommendation, changed_ground, proposed_borders, recommend
from spatialgov.plan import Plan
from tests.conftest import NORTH, SIDE_DEG, WEST

Lattice = Callable[..., Plan]


def line(*places: tuple[float, float]) -> shapely.LineString:
    """Give a line through corners of the lattice: columns from the west, rows from the north."""
    return shapely.LineString([(WEST + SIDE_DEG * x, NORTH - SIDE_DEG * y) for x, y in places])


def test_a_split_draws_a_line_between_its_parts(lattice: Lattice) -> None:
    plan = lattice([[100] * 4, [100] * 4], ["AAAA", "AAAA"])
    found = recommend(plan)
    (shape,) = (lines := proposed_borders(plan, found)).geometry
    assert lines.iloc[0][["number", "kind", "change"]].tolist() == [1, "split", "new"]
    assert shape.equals_exact(line((2, 0), (2, 1), (2, 2)), 1e-12, normalize=True)


def test_a_merge_takes_the_border_away(lattice: Lattice) -> None:
    plan = lattice([[100, 100, 100, 50]], ["AAAB"])
    (shape,) = (lines := proposed_borders(plan, recommend(plan))).geometry
    assert lines.iloc[0][["kind", "change"]].tolist() == ["merge", "gone"]
    assert shape.equals_exact(line((3, 0), (3, 1)), 1e-12, normalize=True)


def test_a_move_does_both(lattice: Lattice) -> None:
    plan = lattice([[200, 200, 130, 130, 130]], ["AAABB"])
    lines = proposed_borders(plan, recommend(plan))
    found = dict(zip(lines["change"], lines.geometry, strict=True))
    assert found["new"].equals_exact(line((2, 0), (2, 1)), 1e-12, normalize=True)
    assert found["gone"].equals_exact(line((3, 0), (3, 1)), 1e-12, normalize=True)


def test_posts_and_nothing_draw_no_line(lattice: Lattice) -> None:
    plan = lattice([[700]], ["A"])
    assert proposed_borders(plan, recommend(plan, posts={})).empty
    assert list(proposed_borders(plan, []).columns) == ["number", "kind", "change", "geometry"]
    assert proposed_borders(plan, []).crs == 4326


def test_the_ground_is_what_gets_another_grid_or_the_grid_that_gets_posts(lattice: Lattice) -> None:
    plan = lattice([[200, 200, 130, 130, 130]], ["AAABB"])
    (moved,) = changed_ground(plan, recommend(plan))
    assert moved.equals(plan.units.frame.geometry.iloc[2])
    alone = lattice([[700]], ["A"])
    (staffed,) = changed_ground(alone, recommend(alone, posts={}))
    assert staffed.equals(alone.units.frame.geometry.iloc[0])
    assert changed_ground(plan, []).empty


def test_of_a_chain_each_finds_the_grids_as_those_before_it_leave_them(lattice: Lattice) -> None:
    plan = lattice([[100] * 8], ["A" * 8])
    (split,) = recommend(plan)
    new = split.grids[0] + "-2"
    posts = Recommendation("staff", (new,), 0, {new: 400}, {new: 400}, {}, 1, 0, "", posts={new: 2}, needs=(1,))
    first, second = changed_ground(plan, [split, posts])
    assert second.equals(first)
