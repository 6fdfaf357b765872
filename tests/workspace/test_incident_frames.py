"""Frames and comparisons of a workspace, against the incidents themselves."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from spatialgov.incidents import FRAME_KINDS, compare_periods, h3_counts, time_frames
from spatialgov.workspace import Period, Workspace

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
