"""A CSV cut where records begin: the pieces hold whole records, and know how many came before."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.vector_io.records import record_pieces


@settings(deadline=None)  # the first one may compile
@given(
    st.lists(st.lists(st.text(st.sampled_from('ab",\n\r'), max_size=6), min_size=1, max_size=3), max_size=30),
    st.integers(1, 60),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_pieces_hold_whole_records(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], n_bytes: int, end: str, encoding: str
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([["a", "b"], *rows])
    path = tmp_path_factory.mktemp("records") / "table.csv"
    path.write_text(text.getvalue(), encoding=encoding, newline="")
    content = path.read_bytes()
    found: list[list[str]] = []
    pieces = record_pieces(path, n_bytes, "utf-8-sig")
    assert [(pieces[0].begin, pieces[0].records), pieces[-1].end] == [(0, 0), len(content)]
    for piece in pieces:
        assert piece.records == len(found)
        lines = io.StringIO(content[piece.begin : piece.end].decode("utf-8-sig"), newline="")
        found += [row for row in csv.reader(lines, strict=True) if row]
    assert found == [row for row in csv.reader(io.StringIO(text.getvalue(), newline=""), strict=True) if row]


def test_a_quote_inside_a_cell_is_no_quotation(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('a,b\n5" pipe,1\n"x\ny",2\nz,3\n', encoding="utf-8")
    assert [tuple(piece) for piece in record_pieces(path, 11, "gb18030")] == [
        (0, 14, 0, "gb18030"),
        (14, 22, 2, "gb18030"),
        (22, 26, 3, "gb18030"),
    ]
