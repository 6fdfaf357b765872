import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.coverage.cameras.directions import MOST_DIRECTIONS, parse_directions


@pytest.mark.parametrize(
    ("text", "azimuth", "error"),
    [
        ("90", 90, None), ("90.5°", 90.5, None), ("５０", 50, None), ("90 deg", 90, None), ("360", 0, None),
        ("N", 0, 22.5), ("nnw", 337.5, 11.25), ("north-east", 45, 22.5), ("South West", 225, 22.5),
        ("正东", 90, 22.5), ("朝东北", 45, 22.5), ("西向东", 90, 22.5), ("由西北向东南", 135, 22.5),
    ],
)  # fmt: skip
def test_one_direction(text: str, azimuth: float, error: float | None) -> None:
    found = parse_directions(text)
    assert found is not None
    (one,) = found
    assert one.azimuth_deg == azimuth
    assert one.error_deg == (pytest.approx(math.nan, nan_ok=True) if error is None else error)
    assert math.isnan(one.width_deg)
    assert not one.turned


@pytest.mark.parametrize(
    ("text", "middle", "width"),
    [
        ("45-135", 90, 90), ("315 - 45", 0, 90), ("0-360", 180, 360), ("N-E", 45, 90), ("NW~NE", 0, 90),
        ("东至南", 135, 90), ("350–10", 0, 20),
    ],
)  # fmt: skip
def test_a_range_runs_clockwise(text: str, middle: float, width: float) -> None:
    found = parse_directions(text)
    assert found is not None
    assert [(one.azimuth_deg, one.width_deg) for one in found] == [(middle, width)]


@pytest.mark.parametrize("text", ["90;270", "90； 270", "E、W", "90 | W;"])
def test_several(text: str) -> None:
    found = parse_directions(text)
    assert found is not None
    assert [one.azimuth_deg for one in found] == [90, 270]


@pytest.mark.parametrize(
    "text",
    ["", ";", "uphill", "90;x", "90-90", "N-N", "1e400", "nan", "1-2-3", ";".join(["1"] * (MOST_DIRECTIONS + 1))],
)
def test_what_can_not_be_read(text: str) -> None:
    assert parse_directions(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_is_turned_into_the_circle(degrees: float) -> None:
    found = parse_directions(repr(degrees))
    assert found is not None
    (one,) = found
    assert 0 <= one.azimuth_deg < 360
    assert one.turned == (not 0 <= degrees <= 360)
    if abs(degrees) < 1e6:
        assert math.cos(math.radians(one.azimuth_deg - degrees)) == pytest.approx(1)


@given(st.text(max_size=30) | st.text("0123456789.-;NESW东至 °", max_size=12))
def test_any_text_is_read_or_not(text: str) -> None:
    for one in parse_directions(text) or []:
        assert 0 <= one.azimuth_deg < 360
        assert math.isnan(one.width_deg) or 0 < one.width_deg <= 360
        assert math.isnan(one.error_deg) or 0 < one.error_deg < 45
