"""CQL2 text and JSON: read to one form, or refused with a reason; never more than that, whatever is sent."""

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spatialgov.errors import ParameterError
from spatialgov.filters import Filter, parse_json, parse_text
from spatialgov.filters.conditions import Kind

KINDS: dict[str, Kind] = {
    "code": "text", "households": "integer", "area_m2": "number", "at": "time", "sliver": "boolean",
    "geometry": "geometry",
}  # fmt: skip


def test_text_is_read_as_json() -> None:
    assert parse_text("households >= 300 AND code LIKE '99%'") == {
        "op": "and",
        "args": [
            {"op": ">=", "args": [{"property": "households"}, 300]},
            {"op": "like", "args": [{"property": "code"}, "99%"]},
        ],
    }
    assert parse_json('{"op": "=", "args": [{"property": "code"}, "a"]}') == parse_text("code = 'a'")


def test_what_gdal_writes_is_read() -> None:
    assert parse_text("(households <> 3) OR (code IS NULL)")["op"] == "or"
    found = parse_text("code ILIKE 'A''b%' AND NOT (code = 'x ILIKE ''y''')")
    assert found["args"][0] == {
        "op": "like",
        "args": [{"op": "casei", "args": [{"property": "code"}]}, {"op": "casei", "args": ["A'b%"]}],
    }
    assert found["args"][1]["args"][0]["args"][1] == "x ILIKE 'y'"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "code =",
        "code = 'a",
        "= 3",
        "1;DROP TABLE grid",
        "(" * 5000,
        "NOT " * 2000 + "TRUE",
        "-" * 3000 + "1",
        "a" * 20_000,
    ],
)
def test_what_is_no_cql2_is_refused(text: str) -> None:
    with pytest.raises(ParameterError) as raised:
        parse_text(text)
    assert raised.value.remedy


@pytest.mark.parametrize("text", ["", "{", "[" * 5000, '{"op":' * 60 + "1" + "}" * 60])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ParameterError):
        parse_json(text)


WORDS = st.sampled_from(
    ["code", "households", "at", "geometry", "=", "<>", "AND", "OR", "NOT", "(", ")", "'a'", "3", "-1.5", "LIKE", "IN",
     "BETWEEN", "IS NULL", "CASEI(", "S_INTERSECTS(", "POINT(1 2)", "BBOX(0,0,1,1)", ",",
     "TIMESTAMP('2026-01-01T00:00:00Z')",
     "DATE('2026-13-01')", "TRUE", "sliver", "''", "ILIKE"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=12).map(" ".join)))
@example("code = '\x00'")
@example("code = '\ud800'")
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    with suppress(ParameterError):
        Filter(parse_text(text), KINDS).conditions()


OPERATORS = ["and", "or", "not", "=", "<", "in", "like", "between", "isNull", "casei", "s_within"]
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
        st.sampled_from([{"property": "code"}, {"property": "at"}, {"property": "geometry"}]),
        st.sampled_from([{"timestamp": "x"}, {"bbox": [1]}]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.fixed_dictionaries(
            {
                "op": st.sampled_from(OPERATORS),
                "args": st.lists(inner, max_size=3),
            }
        ),
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(JSON)
@example({"op": "=", "args": [{"property": "area_m2"}, 10**400]})
@example({"op": "s_within", "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": [[[0, 0]]]}]})
def test_any_json_is_a_filter_or_refused(node: object) -> None:
    with suppress(ParameterError):
        Filter(node, KINDS).conditions()
