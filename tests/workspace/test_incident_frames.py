"""Frames and comparisons of a workspace, against the incidents themselves."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spatialgov.incidents import FRAME_KINDS, compare_periods, h3_counts, time_frames
from spatialgov.store import Store
from spatialgov.workspace import Period, Workspace
from tests.publishing_cases import found_town

ZONE = "Asia/Shanghai"
SINCE, UNTIL = (datetime.fromisoformat(text) for text in ("2026-02-11T00:00+08:00", "2026-04-20T12:00+08:00"))


@pytest.mark.parametrize("kind", FRAME_KINDS)
@pytest.mark.parametrize("period", [Period(), Period(SINCE, UNTIL, ["0106", "0502"])])
def test_frames_are_those_of_the_incidents(sample_workspace: Workspace, kind: Any, period: Period) -> None:
    found = sample_workspace.incident_frames.frames(period, kind, resolution=9, zone=ZONE)
    incidents = sample_workspace.analysis.incidents(period)
    expected = time_frames(incidents, 9, kind, ZONE, since=period.since, until=period.until)
    assert found.cells["cell"].tolist() == expected.cells["cell"].tolist()
    assert (found.counts == expected.counts).all()
    assert found.keys.tolist() == expected.keys.tolist()
    assert found.weeks == pytest.approx(expected.weeks)
    assert found.totals.tolist() == expected.totals.tolist()


@pytest.fixture
def days(url: str, tmp_path: Path) -> Iterator[Workspace]:
    """Give a workspace with incidents known to the second, the hour, the day, and by an interval."""
    rows = [f"e{i},0101,2026-03-{1 + i % 28:02d}T{i % 24:02d}:20+08:00,," for i in range(60)]
    rows += [f"h{i},0101,2026-03-{1 + i:02d} 13:40,,hour" for i in range(7)]
    rows += [f"d{i},0101,2026-03-{1 + i:02d},," for i in range(20)]
    rows += [f"i{i},0101,2026-03-{1 + i:02d} 22:00,2026-03-{2 + i:02d} 06:00," for i in range(9)]
    header = "source_id,category,occurred_at,occurred_until,time_precision,lon,lat\n"
    text = header + "".join(f"{row},{118.301 + 0.0001 * i},35.101\n" for i, row in enumerate(rows))
    (tmp_path / "incidents.csv").write_text(text)
    with Workspace(Store.open(url), tmp_path / "data") as workspace:
        found_town(workspace, tmp_path)
        workspace.imports.incidents(tmp_path / "incidents.csv", datum="wgs84", timezone=ZONE)
        yield workspace


@pytest.mark.parametrize(("kind", "rough"), [("hour", 29), ("weekday", 9), ("week", 0), ("month", 0)])
def test_what_is_known_to_the_day_is_not_told_at_midnight(days: Workspace, kind: Any, rough: int) -> None:
    found = days.incident_frames.frames(Period(), kind, zone=ZONE, minimum=1)
    assert found.rough == rough
    assert found.totals.sum() == 96 - rough
    straight = time_frames(days.analysis.incidents(Period()), 9, kind, ZONE, minimum=1)
    assert found.totals.tolist() == straight.totals.tolist()
    assert found.cells["cell"].tolist() == straight.cells["cell"].tolist()
    assert (found.counts == straight.counts).all()
    assert straight.rough == rough
    if kind == "hour":
        assert found.totals[[0, 13, 22]].tolist() == [3, 9, 2]


def test_a_more_exact_time_is_told_from_then_on(days: Workspace) -> None:
    assert days.incident_frames.frames(Period(), "hour", zone=ZONE, minimum=1).rough == 29
    frame = days.analysis.incidents(Period())
    exact = frame[frame["source_id"] == "d3"].drop(columns=["grid_code", "occurred_until"])
    days.store.upsert_incidents(exact.assign(time_precision="exact"))
    found = days.incident_frames.frames(Period(), "hour", zone=ZONE, minimum=1)
    assert (found.rough, found.totals[0]) == (28, 4)


def test_an_open_period_is_the_last_quarter_and_the_one_before(sample_workspace: Workspace) -> None:
    frames = sample_workspace.incident_frames
    before, after = frames.periods(Period(), zone=ZONE)
    assert after.until == datetime.fromisoformat("2026-11-01T00:00+08:00")
    assert before.until == after.since
    assert after.until - after.since == timedelta(weeks=13)  # type: ignore[operator]
    year, same = frames.periods(Period(categories=["0106"]), "year", zone=ZONE)
    assert same.since is not None
    assert year.since == same.since - timedelta(weeks=52)
    assert year.categories == ["0106"]


def test_a_comparison_is_that_of_the_incidents(sample_workspace: Workspace) -> None:
    frames, analysis = sample_workspace.incident_frames, sample_workspace.analysis
    before, after = frames.periods(Period(SINCE, UNTIL), zone=ZONE)
    found = frames.compared(before, after, resolution=8, minimum=1)
    counted = [
        h3_counts(one.geometry.x, one.geometry.y, 8) for one in (analysis.incidents(before), analysis.incidents(after))
    ]
    days = (UNTIL - SINCE) / timedelta(days=1)
    expected = compare_periods(counted[0], counted[1], (days, days), 8, minimum=1)
    assert (found.before, found.after) == (int(counted[0][1].sum()), int(counted[1][1].sum()))
    assert np.allclose(found.cells["ratio"], expected.cells["ratio"])
    assert found.cells["cell"].tolist() == expected.cells["cell"].tolist()
