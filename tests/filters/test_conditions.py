"""Which rows a filter holds for: each operator, and what is missing."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.errors import ParameterError
from spatialgov.filters import Condition, Filter, Kind, parse_text

KINDS: dict[str, Kind] = {
    "name": "text", "n": "integer", "x": "number", "at": "time", "thin": "boolean", "geometry": "geometry",
}  # fmt: skip
FRAME = gpd.GeoDataFrame(
    {
        "name": ["Ada", "ada", "Ébène", None, "50%"],
        "n": [1, 2, 3, 4, 5],
        "x": [0.5, np.nan, 2.5, 3.5, -1.0],
        "at": pd.to_datetime(
            ["2026-01-01T00:00Z", "2026-01-02T00:00Z", "NaT", "2026-01-03T08:00+08:00", "2027-01-01T00:00Z"], utc=True
        ),
        "thin": [True, False, True, False, False],
    },
    geometry=[shapely.Point(k, k) for k in range(5)],
    crs=4326,
)  # fmt: skip


def rows(text: str, frame: gpd.GeoDataFrame = FRAME) -> list[int]:
    return (np.flatnonzero(Filter(parse_text(text), KINDS).holds(frame)) + 1).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n = 3", [3]),
        ("n <> 3", [1, 2, 4, 5]),
        ("3 < n", [4, 5]),
        ("n BETWEEN 2 AND 4", [2, 3, 4]),
        ("n NOT BETWEEN 2 AND 4", [1, 5]),
        ("n IN (1, 5)", [1, 5]),
        ("n NOT IN (1, 5)", [2, 3, 4]),
        ("name IN ('Ada', '50%')", [1, 5]),
        ("x > 0", [1, 3, 4]),
        ("NOT x > 0", [5]),
        ("x IS NULL", [2]),
        ("x IS NOT NULL AND x < 1", [1, 5]),
        ("x > 0 OR x IS NULL", [1, 2, 3, 4]),
        ("NOT (x > 0 AND n > 2)", [1, 2, 5]),
        ("name = 'Ada'", [1]),
        ("name <> 'Ada'", [2, 3, 5]),
        ("name > 'a'", [2, 3]),
        ("CASEI(name) = CASEI('ADA')", [1, 2]),
        ("name LIKE '%d_'", [1, 2]),
        ("name LIKE 'A%'", [1]),
        ("name ILIKE 'A%'", [1, 2]),
        ("name NOT LIKE 'A%'", [2, 3, 5]),
        (r"name LIKE '%\%'", [5]),
        ("at >= TIMESTAMP('2026-01-02T00:00:00Z')", [2, 4, 5]),
        ("at >= '2026-01-02T00:00:00Z'", [2, 4, 5]),
        ("at = '2026-01-03T00:00:00Z'", [4]),
        ("at < DATE('2026-01-02')", [1]),
        ("at BETWEEN TIMESTAMP('2026-01-02T00:00:00Z') AND TIMESTAMP('2026-06-01T00:00:00Z')", [2, 4]),
        ("thin = TRUE", [1, 3]),
        ("S_INTERSECTS(geometry, POLYGON((0.5 0.5, 3 0.5, 3 3, 0.5 3, 0.5 0.5)))", [2, 3, 4]),
        ("S_WITHIN(geometry, POLYGON((0.5 0.5, 3 0.5, 3 3, 0.5 3, 0.5 0.5)))", [2, 3]),
        ("S_DISJOINT(geometry, BBOX(0, 0, 2, 2))", [4, 5]),
        ("S_INTERSECTS(POINT(1 1), geometry)", [2]),
    ],
)
def test_operators(text: str, expected: list[int]) -> None:
    assert rows(text) == expected


@pytest.mark.parametrize(
    "text",
    ["nobody = 3", "n = 'three'", "name = 3", "geometry = 3", "at > 'yesterday'", "thin > TRUE", "n LIKE '3%'",
     "n + 1 = 2",
         "S_INTERSECTS(name, POINT(1 1))", "T_AFTER(at, DATE('2026-01-01'))", "at = TIMESTAMP('2026-02-30T00:00:00Z')"],
)  # fmt: skip
def test_what_can_not_be_judged_is_refused(text: str) -> None:
    with pytest.raises(ParameterError):
        rows(text)


def test_geometries_of_another_system_are_moved_first() -> None:
    node = parse_text("S_INTERSECTS(geometry, POINT(10 10))")
    moved = Filter(node, KINDS, lambda shape: shapely.transform(shape, lambda xy: xy / 10))
    assert np.flatnonzero(moved.holds(FRAME)).tolist() == [1]


def test_conditions_for_a_database_are_met_by_all_that_the_filter_holds_for() -> None:
    text = "name = 'Ada' AND (at > '2025-01-01T00:00:00Z' AND n > 0) AND (name = 'x' OR n = 1) AND name IN ('Ada', 'b')"
    found = Filter(parse_text(text), KINDS).conditions()
    assert {(one.column, one.op) for one in found} == {("name", "="), ("name", "in"), ("at", ">")}
    assert Condition("name", "=", "Ada") in found
    assert Filter(parse_text("NOT name = 'Ada'"), KINDS).conditions() == []
    assert Filter(parse_text("name = name"), KINDS).conditions() == []
    (mirrored,) = Filter(parse_text("'2026-01-01T00:00:00Z' < at"), KINDS).conditions()
    assert mirrored.op == ">"


TEXTS = st.text(alphabet="ab%_\\", max_size=8)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_like_is_what_the_plain_search_says(pattern: str, value: str) -> None:
    def met(p: int, v: int) -> bool:
        if p == len(pattern):
            return v == len(value)
        if pattern[p] == "%":
            return met(p + 1, v) or (v < len(value) and met(p, v + 1))
        if pattern[p] == "\\":
            if p + 1 == len(pattern):
                return v == len(value)
            return v < len(value) and value[v] == pattern[p + 1] and met(p + 2, v + 1)
        return v < len(value) and pattern[p] in ("_", value[v]) and met(p + 1, v + 1)

    frame: Any = FRAME.iloc[:1].assign(name=[value])
    node = {"op": "like", "args": [{"property": "name"}, pattern]}
    assert Filter(node, KINDS).holds(frame).tolist() == [met(0, 0)]
