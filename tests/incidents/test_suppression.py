"""What a reader with pencil and paper can work out of a table with hidden counts: nothing."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spatialgov.incidents import shown_counts, shown_table

Bools = npt.NDArray[np.bool_]


def with_sums(counts: npt.ArrayLike) -> npt.NDArray[np.int64]:
    table = np.pad(np.asarray(counts, dtype=np.int64), ((0, 1), (0, 1)))
    table[-1, :] = table.sum(axis=0)
    table[:, -1] = table.sum(axis=1)
    return table


def determined(hidden: Bools) -> Bools:
    """Which hidden ones the equations of rows and columns determine, by linear algebra."""
    places = np.argwhere(hidden)
    rows, columns = hidden.shape
    equations = np.zeros((rows + columns, len(places)))
    for k, (row, column) in enumerate(places):
        equations[row, k] = -1 if column == columns - 1 else 1
        equations[rows + column, k] = -1 if row == rows - 1 else 1
    found = np.zeros_like(hidden)
    rank = np.linalg.matrix_rank(equations) if len(places) else 0
    for k, (row, column) in enumerate(places):
        one = np.zeros(len(places))
        one[k] = 1
        found[row, column] = np.linalg.matrix_rank(np.vstack([equations, one])) == rank
    return found


tables = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.sampled_from([0, 0, 1, 2, 3, 4, 5, 7, 12, 30]))
)

full_tables = st.tuples(st.integers(3, 6), st.integers(3, 6)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.sampled_from([1, 2, 3, 5, 7, 12, 30, 40]))
)


@settings(deadline=None, max_examples=300)
@given(tables)
def test_small_counts_are_hidden_and_nothing_is_hidden_in_vain(counts: npt.NDArray[np.int64]) -> None:
    table, shown = with_sums(counts), shown_table(counts, 5)
    assert shown[table == 0].all()
    assert shown[-1, -1]
    assert not shown[:-1, :-1][(counts > 0) & (counts < 5)].any()
    for sums, found in ((table[:-1, -1], shown[:-1, -1]), (table[-1, :-1], shown[-1, :-1])):
        assert (found == (shown_counts(sums, 5) | (sums == 0))).all()
    # what follows from the rest all the same could not be helped: its row and column are hidden as far as that helps
    for row, column in np.argwhere(determined(~shown)[:-1, :-1]):
        assert counts[row, column] < 5


@settings(deadline=None, max_examples=200)
@given(full_tables)
def test_nothing_hidden_follows_from_what_is_shown(counts: npt.NDArray[np.int64]) -> None:
    table, hidden = with_sums(counts), ~shown_table(counts, 5)
    assert not determined(hidden).any()
    for lines, unknown in ((table, hidden), (table.T, hidden.T)):
        for line, dark in zip(lines, unknown, strict=True):
            if dark[:-1].any() and not dark[-1]:
                assert line[:-1][dark[:-1]].sum() >= 5
                assert np.ptp(line[:-1][dark[:-1]]) > 0 or not (~dark[:-1]).any()


def test_a_sum_over_the_hours_does_not_tell_the_hidden_hour() -> None:
    counts = np.array([[9, 2, 8], [7, 9, 9], [6, 8, 30]])
    shown = shown_table(counts, 5)
    assert not shown[0, 1]
    hidden = ~shown[:-1, :-1]
    assert (hidden.sum(axis=1)[hidden.any(axis=1)] >= 2).all()
    assert (hidden.sum(axis=0)[hidden.any(axis=0)] >= 2).all()
    assert not determined(~shown).any()


def test_two_circles_joined_by_one_hidden_count() -> None:
    """Each row and column has two hidden counts, and yet the one between the circles follows from the rest."""
    counts = np.full((4, 4), 50)
    counts[:2, :2] = 4
    counts[2:, 2:] = 4
    counts[1, 2] = 3
    assert determined(np.pad(counts < 5, ((0, 1), (0, 1))))[1, 2]
    shown = shown_table(counts, 5)
    assert not determined(~shown).any()
    assert not shown[1, 2]


@pytest.mark.parametrize("shape", [(0, 24), (3, 0), (0, 0)])
def test_empty_tables(shape: tuple[int, int]) -> None:
    assert shown_table(np.zeros(shape), 5).shape == (shape[0] + 1, shape[1] + 1)
    assert shown_table(np.zeros(shape), 5).all()


def test_exact_readers_see_everything() -> None:
    assert shown_table([[1, 2], [3, 4]], 1).all()


def test_a_large_table_of_mostly_small_counts() -> None:
    counts = np.random.default_rng(1).poisson(0.7, (3000, 24)) * np.random.default_rng(2).integers(1, 9, (3000, 1))
    shown = shown_table(counts, 5)
    hidden = ~shown[:-1, :-1]
    assert (counts[shown[:-1, :-1] & (counts > 0)] >= 5).all()
    row = hidden.sum(axis=1)
    assert not ((row == 1) & shown[:-1, -1]).any()
