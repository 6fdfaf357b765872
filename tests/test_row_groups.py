"""Groups of equal rows, against numpy's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spatialgov.row_groups import row_groups


@given(
    st.integers(0, 30).flatmap(
        lambda n: st.integers(1, 4).flatmap(
            lambda k: arrays(np.float64, (n, k), elements=st.sampled_from([-1.5, -0.0, 0.0, 1e-300, 2.0]))
        )
    )
)
def test_groups_are_those_of_numpy(rows: np.ndarray) -> None:
    first, group = row_groups(*rows.T)
    values, expected_first, expected = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    assert (rows[first] == values).all()
    assert first.tolist() == expected_first.tolist()
    assert group.tolist() == expected.ravel().tolist()


@pytest.mark.parametrize("dtype", [np.uint64, np.int8])
def test_columns_of_any_type(dtype: type) -> None:
    first, group = row_groups(np.array([3, 1, 3, 1]).astype(dtype), np.array(["b", "a", "b", "c"]))
    assert first.tolist() == [1, 3, 0]
    assert group.tolist() == [2, 0, 2, 1]
