"""Formulas in exported cells: none runs in a spreadsheet, and what was written is what is read again."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.locate.point_tables import open_points, open_sink
from spatialgov.vector_io import numbers, read_table, write_vector
from spatialgov.vector_io.text import FORMULA_SIGNS, guard_cell, unguard_cell

HOSTILE = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CELLS = st.text(alphabet="=+-@\t\r\n＝＋－＠'\"1a,; \x00中", max_size=6) | st.sampled_from(
    ["=cmd|' /C calc'!A0", "=HYPERLINK(\"http://x\")", "+1-1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1＋1"]
)  # fmt: skip


@given(CELLS | st.text())
def test_a_guarded_cell_is_no_formula_and_comes_back(cell: str) -> None:
    guarded = guard_cell(cell)
    assert not guarded.startswith(tuple(FORMULA_SIGNS))
    assert unguard_cell(guarded) == cell


@HOSTILE
@given(cells=st.lists(CELLS, min_size=1, max_size=5))
def test_what_is_exported_is_imported(tmp_path: Path, cells: list[str]) -> None:
    path, amounts = tmp_path / "table.csv", [-1.5 * i for i in range(len(cells))]
    write_vector(pd.DataFrame({"name": pd.Series(cells, dtype=object), "amount": amounts}), path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert not any(row[0].startswith(tuple(FORMULA_SIGNS)) for row in rows)
    table = read_table(path)
    assert ["" if pd.isna(cell) else cell for cell in table["name"]] == cells
    np.testing.assert_array_equal(numbers(table["amount"])[0], amounts)


@pytest.mark.parametrize("sign", FORMULA_SIGNS)
def test_tables_of_points_are_guarded_too(tmp_path: Path, sign: str) -> None:
    cells = [f"{sign}1+1", f"'{sign}x", "plain", "'quoted'"]
    batch = pa.record_batch(
        {"name": pa.array(cells), "lon": pa.array([1.0, -2.0, 3.0, 4.0]), "lat": pa.array([0.0] * 4)}
    )
    path = tmp_path / "points.csv"
    with open_sink(path, batch.schema, []) as write:
        write(batch)
    with path.open(encoding="utf-8-sig", newline="") as file:
        written = [row[0] for row in list(csv.reader(file))[1:]]
    assert not any(cell.startswith(tuple(FORMULA_SIGNS)) for cell in written)
    read = [name for part in open_points(path, "wgs84", "lon", "lat").batches() for name in part["name"].to_pylist()]
    assert read == cells
