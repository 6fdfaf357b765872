"""Assessment and standards on the sample city: whole chains, areas, what a report cites."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pytest

from spatialgov.allocation.assessment import INDICATORS
from spatialgov.errors import InputError, NotFoundError, NothingPublishedError
from spatialgov.workspace import AssessmentQuestion, CoverageQuestion, Workspace
from spatialgov.workspace.kept_files import KeptFrames

EAST = "990101001000"


def test_a_month_of_the_city(sample_workspace: Workspace) -> None:
    grids = sample_workspace.analysis.grids_in_force()
    code = grids["code"].iloc[0]
    answers = [{"code": code, "period": "2026-10", "answers": 20, "satisfied": 19}, {"code": "x", "period": "2026-10"}]
    found = sample_workspace.assessments.assess(AssessmentQuestion(), satisfaction=answers)
    assert [one.label for one in found.periods] == ["2026-10"]
    table = found.grids
    assert set(INDICATORS) - {"coverage"} <= set(table["indicator"])
    for _, rows in table.groupby("indicator"):
        assert sorted(rows["code"]) == sorted(grids["code"])
    counts = table[table["indicator"] == "incidents"].set_index("code")
    located = sample_workspace.store.incidents(since=found.periods[0].since, until=found.periods[0].until)
    expected = located["grid_code"].value_counts()
    assert counts["observations"].to_dict() == expected.reindex(counts.index, fill_value=0).to_dict()
    estimated = table[table["verdict"].isin(["above", "below", "as_peers"]) & (table["indicator"] != "coverage")]
    assert (estimated["low"] < estimated["high"]).all()
    apart = estimated[estimated["verdict"] != "as_peers"]
    assert 0 < len(apart) < len(estimated) / 3
    assert [fault.kind for fault in found.faults] == ["unknown_grid", "missing_value", "missing_value"]

    told = json.loads(json.dumps(found.about(), allow_nan=False))
    cited = told["basis"]
    edition = sample_workspace.store.edition()
    assert (cited["edition"], cited["plan"]) == (edition.id, edition.plan_id)
    assert cited["indicators"]["closure"] == INDICATORS["closure"].version
    assert cited["satisfaction_rows"] == 1
    assert {one["name"] for one in cited["profiles"]} <= {"urban", "rural", "dedicated"}
    assert {one["key"] for one in told["indicators"]} == set(cited["indicators"])


def test_several_periods_and_an_area(sample_workspace: Workspace) -> None:
    area = sample_workspace.areas.of([EAST])
    question = AssessmentQuestion("quarter", 2, until=datetime(2026, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai")))
    found = sample_workspace.assessments.assess(question, area=area)
    assert [one.label for one in found.periods] == ["2026-Q1", "2026-Q2"]
    assert found.grids["code"].str.startswith(EAST[:9]).all()
    whole = sample_workspace.analysis.grids_in_force(area=area)
    assert set(found.grids["code"]) == set(whole["code"])


def test_coverage_is_there_when_it_was_measured(
    sample_workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coverage = sample_workspace.coverage_analysis
    monkeypatch.setattr(coverage, "_kept", KeptFrames(tmp_path / "coverage"))
    assert coverage.kept_by_grid(CoverageQuestion()) is None
    grids = sample_workspace.analysis.grids_in_force()
    whole = np.full(len(grids), 1000.0)
    measured = gpd.GeoDataFrame(
        {"level": "grid", "code": grids["code"], "ground_m2": whole, "ground_covered_m2": whole / 4,
         "ground_uncertain_m2": whole / 8},
        geometry=grids.geometry,
    )  # fmt: skip
    asked = ("by_area", None, CoverageQuestion().key)
    coverage._kept.get(coverage._scenes.state, asked, lambda: measured)
    found = sample_workspace.assessments.assess(AssessmentQuestion("week", 2)).grids
    table = found[found["indicator"] == "coverage"]
    assert set(table["period"]) == {"2026-W43"}  # of now: with the newest period only
    assert table["low"].eq(0.25).all()
    assert table["high"].eq(0.375).all()


@pytest.mark.parametrize(
    "options",
    [{"limit_hours": 0.0}, {"limit_hours": float("nan")}, {"limits_by_category": {"04": -1.0}}, {"level": 0.3}],
)
def test_a_question_that_makes_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        AssessmentQuestion(**options)


def test_an_empty_store_says_what_is_missing(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace:
        with pytest.raises(NothingPublishedError):
            workspace.assessments.assess(AssessmentQuestion())
        with pytest.raises(NotFoundError, match="jurisdictions"):
            workspace.assessments.standards([])


def test_before_the_first_incident_there_is_nothing(sample_workspace: Workspace) -> None:
    until = datetime(2020, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    with pytest.raises(NotFoundError, match="no incidents"):
        sample_workspace.assessments.assess(AssessmentQuestion(until=until))


def test_standards_of_the_city_and_of_an_area(sample_workspace: Workspace) -> None:
    rows = [
        {"code": EAST, "posts": 5, "floor_area_m2": 250.0},
        {"code": "990101002000", "posts": 9, "floor_area_m2": 1.0},
    ]
    found = sample_workspace.assessments.standards(rows)
    table = found.table.set_index("code")
    assert len(table) == 15  # 3 subdistricts, 12 communities
    units = sample_workspace.store.unit_set()
    assert table.loc[EAST, "population"] == units.loc[units["subdistrict_code"] == EAST, "population"].sum()
    assert table.loc[EAST, "posts_short"] == 3
    told = json.loads(json.dumps(found.about(), allow_nan=False))
    assert told["basis"]["standard"]["version"] == "1"
    assert told["states"] == {"short": 2, "missing": 13}

    east = sample_workspace.areas.of([EAST])
    inside = sample_workspace.assessments.standards(rows, area=east)
    assert [fault.kind for fault in inside.centres.faults] == ["unknown_jurisdiction"]
    assert inside.table["code"].str.startswith(EAST[:9]).all()
