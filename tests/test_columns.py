"""Identifiers that come again are found whatever the batches."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.columns import SeenIds

IDENTIFIERS = st.none() | st.sampled_from(["a", "b", "c", "a\0", "甲"]) | st.text(max_size=2)


@given(st.lists(st.lists(IDENTIFIERS, max_size=8), max_size=8))
def test_the_first_row_of_an_identifier(batches: list[list[str | None]]) -> None:
    seen, first, offset = SeenIds(), dict[str, int](), 0
    for batch in batches:
        found = seen.first_rows(np.array([*batch, None], dtype=object)[:-1], offset)
        expected = [0 if item is None else first.setdefault(item, offset + i + 1) for i, item in enumerate(batch)]
        assert found.tolist() == expected
        offset += len(batch)
