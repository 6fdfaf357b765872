"""What may be shown to the public tells no hidden count, also to whoever knows the rule and the total."""

from collections import defaultdict
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.incidents import WITHHELD, coarse_levels, shown_counts


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([], []),
        ([9, 0, 7], [True, True, True]),
        ([9, 4, 7, 20], [True, False, False, True]),  # one hidden cell is the total less the others: 7 goes with it
        ([9, 1, 1, 20], [False, False, False, True]),  # so are two that make 2 together
        ([9, 3, 3, 20], [False, False, False, True]),  # and two that are alike: half of what is hidden
        ([9, 3, 4, 20], [True, False, False, True]),
        ([9, 4, 9, 20], [False, False, False, True]),  # which of two like ones went along would tell
        ([9, 4, 0], [False, False, True]),
        ([1, 1, 1, 1, 1, 0], [False] * 6),
        ([3], [False]),
    ],
)
def test_what_is_shown(counts: list[int], shown: list[bool]) -> None:
    assert shown_counts(counts, 5).tolist() == shown


@given(st.lists(st.integers(0, 12), max_size=30), st.integers(1, 8))
def test_hidden_counts_hide_each_other(counts: list[int], minimum: int) -> None:
    shown = shown_counts(counts, minimum)
    held = np.array(counts, dtype=np.int64)
    assert not (shown & (held > 0) & (held < minimum)).any()
    hidden = held[~shown]
    if len(hidden) and shown.any():
        assert len(set(hidden.tolist())) > 1
        assert hidden.sum() >= minimum
    if minimum == 1:
        assert shown.all()
    order = np.random.default_rng(0).permutation(len(held))
    assert (shown_counts(held[order], minimum) == shown[order]).all()


def test_no_hidden_count_can_be_worked_out_by_whoever_knows_the_rule_and_the_total() -> None:
    """Try all tables of four counts: those that give one answer must differ in every count that the answer hides."""
    minimum = 3
    alike: dict[object, list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(8), repeat=4):
        shown = shown_counts(counts, minimum)
        told = tuple(count if here else None for count, here in zip(counts, shown, strict=True))
        alike[told, sum(counts) if shown.any() else None].append(counts)
    hidden = 0
    for (told, _), tables in alike.items():  # type: ignore[misc]
        for place, count in enumerate(told):
            if count is None:
                hidden += 1
                assert len({table[place] for table in tables}) > 1, (told, tables)
    assert hidden > 1000


# incidents as groups of many ---------------------------------------------------------------------------------------

Places = list[tuple[int, int]]
"""For each incident its stratum and its cell at the finest level; two levels up are cells of 2 and of 4 of them."""


def levels_of(places: Places, minimum: int) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    finest = np.array([cell for _, cell in places], dtype=np.uint64)
    cells = [finest + np.uint64(1000), finest // np.uint64(2) + np.uint64(2000), finest // np.uint64(4)]
    stratum = np.array([number for number, _ in places], dtype=np.int64)
    return cells, stratum, coarse_levels(cells, stratum, minimum)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=80), st.integers(2, 6))
def test_every_incident_is_one_of_many_that_look_the_same(places: Places, minimum: int) -> None:
    cells, stratum, level = levels_of(places, minimum)
    groups: dict[tuple[int, int, int], int] = defaultdict(int)
    for number, at in enumerate(level.tolist()):
        if at != WITHHELD:
            groups[int(stratum[number]), at, int(cells[at][number])] += 1
    assert all(size >= minimum for size in groups.values())
    for one in range(3):
        withheld = int(((level == WITHHELD) & (stratum == one)).sum())
        assert withheld == 0 or withheld >= minimum or not any(key[0] == one for key in groups)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=60))
def test_strata_that_are_left_out_change_nothing_for_the_others(places: Places) -> None:
    _, stratum, level = levels_of(places, 3)
    some = [place for place in places if place[0] != 1]
    assert (levels_of(some, 3)[2] == level[stratum != 1]).all()


def test_the_finest_level_with_enough_is_chosen() -> None:
    places = [(0, 0)] * 7 + [(0, 2)] * 3 + [(0, 3)] * 4 + [(0, 8)] * 2 + [(0, 12)] * 4
    _, _, level = levels_of(places, 5)
    assert level.tolist() == [0] * 7 + [1] * 7 + [WITHHELD] * 6
    assert levels_of([], 5)[2].tolist() == []
