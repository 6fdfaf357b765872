"""Periods, indicators and the comparison with peers: what counts, what does not, and who is tied with whom."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.allocation import DEDICATED, RURAL, URBAN
from spatialgov.allocation.assessment import (
    INDICATORS,
    PERIODS,
    Facts,
    PeriodKind,
    assess,
    facts_of,
    is_label,
    judged_satisfaction,
    peers_of,
    read_satisfaction,
    whole_periods,
)
from spatialgov.errors import InputError, MissingColumnError

ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2026, 10, 1, tzinfo=ZONE)
HOUR = timedelta(hours=1)


# periods


@pytest.mark.parametrize(
    ("kind", "labels", "first"),
    [
        ("week", ["2026-W42", "2026-W43"], datetime(2026, 10, 12, tzinfo=ZONE)),
        ("month", ["2026-09", "2026-10"], datetime(2026, 9, 1, tzinfo=ZONE)),
        ("quarter", ["2026-Q2", "2026-Q3"], datetime(2026, 4, 1, tzinfo=ZONE)),
        ("year", ["2025"], datetime(2025, 1, 1, tzinfo=ZONE)),
    ],
)
def test_the_last_whole_periods(kind: PeriodKind, labels: list[str], first: datetime) -> None:
    known = datetime(2025, 5, 1, tzinfo=ZONE), datetime(2026, 11, 1, tzinfo=ZONE)  # a Sunday
    found = whole_periods(kind, *known, count=2, zone=ZONE)
    assert [one.label for one in found] == labels
    assert found[0].since == first
    assert found[0].known_since == max(first, known[0])


def test_a_year_that_is_known_in_part_counts_its_known_days() -> None:
    found = whole_periods("year", datetime(2025, 5, 1, tzinfo=ZONE), datetime(2026, 11, 1, tzinfo=ZONE), zone=ZONE)
    assert found[0].days == 245


def test_no_period_has_ended() -> None:
    with pytest.raises(InputError, match="No month has ended between 2026-10-01 and 2026-10-20"):
        whole_periods("month", BEGIN, BEGIN + 19 * 24 * HOUR, zone=ZONE)
    with pytest.raises(InputError, match="0 periods"):
        whole_periods("month", BEGIN, BEGIN + 50 * 24 * HOUR, count=0, zone=ZONE)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(PERIODS), st.integers(0, 4000), st.integers(400, 2000), st.integers(1, 9))
def test_periods_follow_each_other_up_to_the_end(kind: PeriodKind, start: int, length: int, count: int) -> None:
    since = datetime(2015, 1, 1, tzinfo=ZONE) + timedelta(days=start)
    until = since + timedelta(days=length)
    found = whole_periods(kind, since, until, count=count, zone=ZONE)
    assert 1 <= len(found) <= count
    assert all(is_label(one.label) and one.until > since for one in found)
    assert all(a.until == b.since for a, b in pairwise(found))
    assert found[-1].until <= until < found[-1].until + timedelta(days=367)
    assert len({one.label for one in found}) == len(found)


# indicators


def incidents(*rows: dict[str, Any]) -> pd.DataFrame:
    """Give incidents; what a row does not say: exact, at the beginning, never reported, open."""
    usual = {
        "category": "0101",
        "occurred_at": BEGIN,
        "time_precision": "exact",
        "reported_at": pd.NaT,
        "status": "open",
        "closed_at": pd.NaT,
        "closed_level": "",
    }
    frame = pd.DataFrame([usual | row for row in rows], columns=list(usual))
    for name in ("occurred_at", "reported_at", "closed_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.tz_convert(ZONE)
    return frame


def closed(hours: float, **more: object) -> dict[str, Any]:
    return {"status": "closed", "closed_at": BEGIN + hours * HOUR, "closed_level": "grid", **more}


def facts(frame: pd.DataFrame, grid: list[int], n: int = 1, **options: object) -> Facts:
    asked = {"limit_hours": 24.0, "limits_by_category": {}, "as_of": pd.Timestamp(BEGIN + 720 * HOUR)} | options
    return facts_of(frame, grid, [URBAN] * n, 30.0, **asked)  # type: ignore[arg-type]


def shares(key: str, known: Facts) -> tuple[list[float], list[float]]:
    found = INDICATORS[key].compute(known)
    return found.totals.tolist(), found.sizes.tolist()  # type: ignore[union-attr]


def test_what_counts_as_closed_in_time() -> None:
    frame = incidents(
        closed(20),
        closed(30),
        {},  # open, and its limit has passed
        closed(30, reported_at=BEGIN + 10 * HOUR),  # the time runs from the report
        closed(20, time_precision="day"),  # nobody knows how long it took
        {"occurred_at": BEGIN + 710 * HOUR},  # its limit has not passed yet
        {"status": "handled"},
        closed(-1),  # closed before it was reported: an error of the data
    )
    known = facts(frame, [0] * 8)
    assert shares("in_time", known) == ([2.0], [5.0])
    assert shares("closure", known) == ([5.0], [8.0])


def test_limits_by_category() -> None:
    frame = incidents(closed(3, category="0401"), closed(3, category="0402"), closed(30, category="0101"))
    known = facts(frame, [0] * 3, limits_by_category={"04": 2.0, "0402": 4.0, "01": 48.0})
    assert shares("in_time", known) == ([2.0], [3.0])


def test_incidents_outside_and_levels() -> None:
    frame = incidents(closed(2), closed(2, closed_level="community"), closed(2, closed_level=""), closed(2), {})
    known = facts(frame, [0, 0, 1, -1, 1], 2)
    assert shares("incidents", known) == ([2.0, 2.0], [30.0, 30.0])
    assert shares("grid_level", known) == ([1.0, 0.0], [2.0, 0.0])


def test_work_is_weighed_by_the_profile_of_the_grid() -> None:
    frame = incidents({"category": "0401"}, {"category": "0101"}, {"category": "0401"}, {"category": "0401"})
    options = {"limit_hours": 24.0, "limits_by_category": {}, "as_of": pd.Timestamp(BEGIN)}
    known = facts_of(frame, [0, 0, 1, 2], [URBAN, RURAL, DEDICATED], 30.0, **options)  # type: ignore[arg-type]
    expected = [60 + 2 * 12, 20 + 12, 75 + 2 * 30, 60 + 2 * 8]
    assert known.incidents["work_minutes"].tolist() == expected
    tally = INDICATORS["workload"].compute(known)
    held = tally.totals / tally.sizes  # type: ignore[union-attr]
    assert held.tolist() == pytest.approx([sum(expected[:2]) / 30, expected[2] / 30, expected[3] / 30])


def test_time_to_close_takes_the_categories_out() -> None:
    """Two grids that are equally quick with each category: only their mix differs."""
    slow, quick = {"category": "0401"}, {"category": "0101"}
    rows = [closed(h, **slow) for h in (40, 40, 40, 40)] + [closed(h, **quick) for h in (1, 1, 1, 1)]
    known = facts(incidents(*rows), [0, 0, 0, 1, 0, 1, 1, 1], 2)
    tally = INDICATORS["closing_time"].compute(known)
    means = tally.totals / tally.sizes  # type: ignore[union-attr]
    assert means[0] == pytest.approx(means[1])
    assert np.exp(means[0]) == pytest.approx(60 * 40**0.5)


def test_nothing_is_told_of_nothing() -> None:
    known = facts(incidents(), [], 3)
    assert shares("incidents", known) == ([0.0] * 3, [30.0] * 3)
    assert INDICATORS["closing_time"].compute(known) is None
    assert INDICATORS["satisfaction"].compute(known) is None
    assert INDICATORS["coverage"].compute(known) is None
    one_each = facts(incidents(closed(2), closed(3)), [0, 1], 2)
    assert INDICATORS["closing_time"].compute(one_each) is None  # how they scatter in a grid can't be told


def test_every_indicator_says_what_it_is() -> None:
    for one in INDICATORS.values():
        assert one.version >= 1
        assert len(one.formula) > 30
        assert any("一" <= letter <= "鿿" for letter in one.formula_chinese + one.chinese)


# peers


def test_peers_are_of_one_kind() -> None:
    grids = pd.DataFrame(
        {
            "kind": ["general", "general", "dedicated", "unit", "general"],
            "parent_code": ["990101001001", "990101100201", "990101100201", "990101001001", "P"],
        }
    )
    assert peers_of(grids).tolist() == ["general-urban", "general-rural", "dedicated", "unit-urban", "general-urban"]


def town(rng: np.random.Generator, n: int, share: np.ndarray, size: int = 60) -> Facts:
    """Give a month in which each grid has so many incidents, a share of them closed."""
    grid = np.repeat(np.arange(n), size)
    rows = incidents(*[{} for _ in grid])
    done = rng.random(len(grid)) < share[grid]
    rows["status"] = np.where(done, "closed", "open")
    rows.loc[done, "closed_at"] = pd.Timestamp(BEGIN + 5 * HOUR)
    rows["closed_level"] = np.where(done, "grid", "")
    return facts(rows, grid.tolist(), n)


def test_ties_are_ties_and_outliers_are_told() -> None:
    rng = np.random.default_rng(1)
    share = np.full(20, 0.85)
    share[3] = 0.3
    codes, peers = [f"g{i}" for i in range(20)], np.array(["general-urban"] * 20, dtype=object)
    grids, kinds = assess(codes, peers, town(rng, 20, share))
    closure = grids[grids["indicator"] == "closure"].set_index("code")
    assert closure.loc["g3", "verdict"] == "below"
    assert (closure.drop("g3")["verdict"] == "as_peers").mean() > 0.8
    assert closure["group"].tolist() == [2 if code == "g3" else 1 for code in codes]
    assert (closure["low"] <= closure["estimate"]).all()
    assert (closure["estimate"] <= closure["high"]).all()
    counts = grids[grids["indicator"] == "incidents"]
    assert counts["verdict"].eq("as_peers").all()
    assert counts["group"].eq(1).all()
    about: Any = kinds.set_index("indicator").to_dict("index")
    assert (about["closure"]["grids"], about["closure"]["groups"]) == (20, 2)
    assert 0 < about["closure"]["shrinkage"] < 0.5 < about["incidents"]["shrinkage"] <= 1


def test_one_far_off_makes_no_noise_around_it() -> None:
    """Most are alike: that one is not lets none of the others be called out."""
    rng = np.random.default_rng(3)
    called = 0
    for _ in range(8):
        share = np.full(24, 0.9)
        share[0] = 0.2
        found, _ = assess([str(i) for i in range(24)], np.full(24, "unit-urban", object), town(rng, 24, share))
        verdict = found[found["indicator"] == "closure"]["verdict"].tolist()
        assert verdict[0] == "below"
        called += sum(one != "as_peers" for one in verdict[1:])
    assert called <= 2  # of 184


def test_a_few_grids_of_a_kind_are_not_compared() -> None:
    rng = np.random.default_rng(2)
    peers = np.array(["dedicated"] * 3 + ["general-urban"] * 6, dtype=object)
    known = town(rng, 9, np.full(9, 0.5), 10)
    few = known.incidents[known.incidents["grid"] != 8]
    known = Facts(9, 30.0, few, np.array([4.0] * 8 + [0.0]), np.array([3.0] * 8 + [0.0]))
    grids, kinds = assess([f"g{i}" for i in range(9)], peers, known)
    table: Any = grids.set_index(["indicator", "code"]).to_dict("index")
    assert table["closure", "g0"]["verdict"] == "no_peers"
    assert pd.isna(table["closure", "g0"]["group"])
    assert table["closure", "g8"]["verdict"] == "no_data"
    assert (table["satisfaction", "g4"]["observations"], table["satisfaction", "g4"]["raw"]) == (4, 0.75)
    assert kinds[kinds["peers"] == "dedicated"]["mean"].isna().all()


def test_coverage_is_measured_and_has_bounds() -> None:
    seen = np.array([[100.0, 50.0, 0.0]] * 6 + [[100.0, 90.0, 5.0], [100.0, 10.0, 80.0], [0.0, 0.0, 0.0]])
    known = Facts(9, 30.0, facts(incidents(), [], 9).incidents, seen=seen)
    grids, _ = assess([f"g{i}" for i in range(9)], np.array(["general-urban"] * 9, dtype=object), known)
    table = grids[grids["indicator"] == "coverage"].set_index("code")
    assert table["observations"].isna().all()
    assert table["verdict"].tolist()[6:] == ["above", "as_peers", "no_data"]  # of g7 nobody knows
    rows: Any = table.to_dict("index")
    assert [rows["g6"][name] for name in ("estimate", "low", "high")] == [0.9, 0.9, 0.95]
    assert table["group"].tolist()[:7] == [2] * 6 + [1]


def test_no_grids_are_no_failure() -> None:
    grids, kinds = assess([], np.array([], dtype=object), facts(incidents(), [], 0))
    assert grids.empty
    assert kinds.empty


# satisfaction


def test_counts_of_answers_are_judged_row_by_row(tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    lines = [
        "code,period,answers,satisfied,name",
        "g1,2026-10,20,18,x",
        "g1,2026-10,20,18,x",
        "g9,2026-10,20,18,x",
        "g1,Oct-26,20,18,x",
        "g2,2026-W43,20,21,x",
        "g2,,20,18,x",
        "g2,2026-Q3,,18,x",
        "g2,2026,1.5,1,x",
        "g2,2026-10,0,0,x",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    read = read_satisfaction(file, ["g1", "g2"])
    assert read.frame[["code", "period"]].to_numpy().tolist() == [["g1", "2026-10"], ["g2", "2026-10"]]
    assert [(fault.row, fault.column) for fault in read.faults] == [
        (2, "period"), (3, "code"), (4, "period"), (5, "satisfied"), (6, "period"), (7, "answers"), (8, "answers"),
    ]  # fmt: skip
    assert all(fault.remedy for fault in read.faults)
    assert read.dropped_columns == ("name",)
    file.write_text("code,period,answers\ng1,2026-10,3\n", encoding="utf-8")
    with pytest.raises(MissingColumnError, match="satisfied"):
        read_satisfaction(file, [])


CELLS = st.none() | st.text(max_size=8) | st.integers(-5, 100) | st.floats() | st.sampled_from(["2026-10", "g1"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(("code", "period", "answers", "satisfied"), CELLS)), max_size=5))
def test_whatever_the_rows_hold_each_is_sound_or_told(rows: list[dict[str, Any]]) -> None:
    read = judged_satisfaction(rows, ["g1"])
    assert len(read.frame) == len(rows) - len({fault.row for fault in read.faults})
    assert (read.frame["satisfied"] <= read.frame["answers"]).all()
