"""Coverage of a small town: adds up, is kept until its input changes, and tells nothing from beyond an area."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from spatialgov.errors import FaultyDataError, InputError, NotFoundError
from spatialgov.workspace import CoverageQuestion, Period, RemedyWish, Workspace, coverage_scenes
from tests.coverage_town import EAST, WEST, cameras, fill_with_cameras, found_camera_town
from tests.publishing_cases import moved

ALL = CoverageQuestion()
BEYOND_EAST = {"west", "edge"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Give the town; only to be read."""
    with found_camera_town(tmp_path_factory.mktemp("town")) as workspace:
        yield workspace


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Workspace]:
    """Give a town that a test may change."""
    with found_camera_town(tmp_path) as workspace:
        yield workspace


def amounts(workspace: Workspace, question: CoverageQuestion = ALL) -> Any:
    table = workspace.coverage_analysis.measure(question, level="all")
    return table.set_index("kind")


def test_states_add_up_kind_by_kind_and_area_by_area(town: Workspace) -> None:
    grids = town.coverage_analysis.measure(ALL)
    assert set(grids["level"]) == {"grid"}
    parts = grids["covered"] + grids["uncertain"] + grids["gap"]
    assert parts.to_numpy() == pytest.approx(grids["should_be_seen"].to_numpy(), rel=1e-9, abs=1e-6)
    columns = ["should_be_seen", "covered", "uncertain", "gap"]
    for level in ("grid", "community", "subdistrict", "district"):
        sums = town.coverage_analysis.measure(ALL, level=level).groupby("kind")[columns].sum()
        pd.testing.assert_frame_equal(sums, amounts(town)[columns].sort_index(), check_exact=False, rtol=1e-9)
    whole = amounts(town)
    assert (whole["should_be_seen"] > 0).all()
    assert 0 < whole.loc["ground", "lower_share"] < whole.loc["ground", "upper_share"] < 1
    assert whole.loc["incident", "should_be_seen"] == 3


def test_a_row_an_area_says_the_same_with_the_area(town: Workspace) -> None:
    table = town.coverage_analysis.measure(ALL, level="community").set_index(["code", "kind"])
    wide = town.coverage_analysis.by_area(ALL, level="community")
    assert set(wide["code"]) == {WEST, EAST}
    assert set(wide["name"]) == {"西社区", "东社区"}
    row: Any
    for row in wide.itertuples():
        assert row.ground_covered_m2 == pytest.approx(table.loc[(row.code, "ground"), "covered"])
        assert row.road_upper_share == pytest.approx(table.loc[(row.code, "road"), "upper_share"])
    whole = town.coverage_analysis.by_area(ALL, level="all").geometry.iloc[0]
    assert whole.symmetric_difference(wide.geometry.union_all()).area < 1e-12


def test_another_class_or_time_is_another_question(town: Workspace) -> None:
    assert amounts(town, CoverageQuestion("identify")).loc["ground", "covered"] < amounts(town).loc["ground", "covered"]
    may = Period.parse("2026-05-01T00:00+08:00", "2026-06-01T00:00+08:00", [])
    assert amounts(town, CoverageQuestion(period=may)).loc["incident", "should_be_seen"] == 2
    by_hour = town.coverage_analysis.measure(CoverageQuestion(zone="Asia/Shanghai"), level="all", split="hour")
    assert set(by_hour.loc[by_hour["should_be_seen"] > 0, "hour"]) == {8, 20, 9}
    with pytest.raises(InputError, match="blurred"):
        town.coverage_analysis.measure(CoverageQuestion("blurred"))
    with pytest.raises(InputError, match="'street'"):
        town.coverage_analysis.measure(ALL, level="street")


def test_gaps_weigh_what_is_not_covered(town: Workspace) -> None:
    found = town.coverage_analysis.gaps(ALL)
    whole = amounts(town)
    assert found["size_m2"].sum() == pytest.approx(whole.loc["ground", ["uncertain", "gap"]].sum(), rel=1e-6)
    assert found["weight"].is_monotonic_decreasing
    broken = town.coverage_analysis.gaps(ALL, reasons=["out_of_service"])
    assert set(broken["camera_id"]) <= {"broken", ""}
    assert broken["size_m2"].sum() > 100
    unsure = town.coverage_analysis.gaps(ALL, states=["uncertain"])
    assert set(unsure["reason"]) == {"data_missing"}
    only_roads = town.coverage_analysis.gaps(ALL, weights={"road": 1.0})
    assert set(only_roads.loc[only_roads["weight"] > 0, "form"]) == {"road"}
    sites = town.coverage_analysis.visits(ALL, found)
    assert sites["weight"].sum() == pytest.approx(found.loc[~found["sliver"], "weight"].sum())
    figures = town.coverage_analysis.survey(ALL)
    assert set(figures["camera_id"]) == {"turning"}


def test_redundancy_and_closure(town: Workspace) -> None:
    found = town.coverage_analysis.redundancy(ALL, level="all")
    shares = found.shares.set_index("kind")
    assert shares.loc["ground", "posts_1"] == pytest.approx(amounts(town).loc["ground", "covered"], rel=1e-6)
    assert set(found.posts["camera_ids"]) == {"west", "edge", "turning"}
    closure = town.coverage_analysis.closure(ALL)
    assert closure.roads["name"].tolist() == ["一路"]
    assert closure.roads["state"].tolist() == ["broken"]


def kept_in(folder: Path) -> dict[Path, int]:
    return {file: file.stat().st_ino for file in folder.rglob("*") if file.is_file()}


def _houses(town: Workspace) -> None:
    town.store.replace_layer("buildings", town.store.layer("buildings").iloc[:2])


CHANGES: dict[str, Callable[[Workspace], object]] = {
    "cameras": lambda town: town.store.upsert_cameras(cameras().assign(status="broken")),
    "buildings": _houses,
    "roads": lambda town: town.store.replace_layer("roads", town.store.layer("roads").iloc[:1]),
    "places": lambda town: town.store.replace_layer("places", town.store.layer("places").iloc[:1]),
    "zones": lambda town: town.store.replace_layer("exclusion_zones", town.store.layer("exclusion_zones").iloc[:0]),
    "incidents": lambda town: town.store.upsert_incidents(
        town.store.incidents().iloc[:1].drop(columns="grid_code").assign(source_id="another")
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_an_answer_is_kept_until_what_it_came_from_changes(own: Workspace, what: str) -> None:
    coverage, kept = own.coverage_analysis, own.data_dir / "results" / "coverage"
    before = coverage.by_area(ALL)
    files = kept_in(kept)
    with Workspace.open(own.data_dir) as another:  # as another process would
        pd.testing.assert_frame_equal(another.coverage_analysis.by_area(ALL), before)
    assert kept_in(kept) == files
    assert len(files) == 1
    CHANGES[what](own)
    after = coverage.by_area(ALL)
    assert not after.drop(columns="geometry").equals(before.drop(columns="geometry"))
    assert set(kept_in(kept)).isdisjoint(files)
    with Workspace.open(own.data_dir) as another:
        measured = another.coverage_analysis.measure(ALL)
    shutil.rmtree(own.data_dir / "results")
    with Workspace.open(own.data_dir) as anew:
        pd.testing.assert_frame_equal(anew.coverage_analysis.measure(ALL), measured)


def test_what_is_kept_is_answered_without_looking_again(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    coverage = town.coverage_analysis
    asked: list[Callable[[CoverageQuestion], Any]] = [coverage.by_area, coverage.about, coverage.gaps]
    before = [ask(ALL) for ask in asked]
    with Workspace.open(town.data_dir) as another:
        monkeypatch.setattr(another.coverage_analysis, "scene", None)
        asked = [another.coverage_analysis.by_area, another.coverage_analysis.about]
        after = [ask(ALL) for ask in asked]
        gaps = another.coverage_analysis.gaps(ALL)
    assert before[1] == after[1]
    pd.testing.assert_frame_equal(before[0], after[0])
    pd.testing.assert_frame_equal(before[2], gaps)


def answers(workspace: Workspace, question: CoverageQuestion) -> dict[str, pd.DataFrame]:
    coverage = workspace.coverage_analysis
    gaps, plan = coverage.gaps(question), coverage.remedies(question, RemedyWish(p=1))
    parts: dict[str, Any] = dict(coverage.layers(question))
    for found in (coverage.redundancy(question), coverage.closure(question)):
        parts |= {field.name: getattr(found, field.name) for field in fields(found)}
    return {
        **parts,
        "measure": coverage.measure(question, split="class"),
        "hours": coverage.measure(question, split="hour"),
        "gaps": gaps,
        "visits": coverage.visits(question, gaps),
        "survey": coverage.survey(question),
        "steps": plan.steps,
        "what if": coverage.what_if(question, plan.changes).measures,
        "about": pd.DataFrame([coverage.about(question)]),
        "faults": pd.DataFrame([fault.as_dict() for fault in coverage.faults(question)]),
    }


@pytest.mark.parametrize("area", [None, EAST])
def test_what_is_read_from_files_answers_as_what_was_just_made(
    own: Workspace, monkeypatch: pytest.MonkeyPatch, area: str | None
) -> None:
    question = CoverageQuestion("recognise", area=None if area is None else own.areas.of([area]))
    (own.data_dir / "results").write_text("in the place of the folder")
    made = answers(own, question)
    (own.data_dir / "results").unlink()
    with Workspace.open(own.data_dir) as first:
        first.coverage_analysis.scene(question)
    for work in ("see", "demands", "states_of"):
        monkeypatch.setattr(coverage_scenes, work, None)
    with Workspace.open(own.data_dir) as second:
        read = answers(second, question)
    for name, frame in made.items():
        pd.testing.assert_frame_equal(read[name], frame, obj=name)


def test_another_edition_is_another_state(own: Workspace) -> None:
    before = own.coverage_analysis.by_area(ALL)
    own.plans.publish(moved(own, dict.fromkeys(("U08", "U09"), f"{WEST}003")))
    after = own.coverage_analysis.by_area(ALL)
    assert len(after) == len(before) + 1
    assert own.coverage_analysis.about(ALL)["edition"] == 2


def test_without_an_edition_it_is_measured_by_what_there_is(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace:
        coverage = workspace.coverage_analysis
        with pytest.raises(NotFoundError, match="no cameras"):
            coverage.measure(ALL)
        workspace.store.upsert_cameras(cameras())
        assert coverage.about(ALL)["level"] == "study_area"
        assert coverage.by_area(ALL)["code"].tolist() == ["study_area"]
        fill_with_cameras(workspace)
        assert coverage.about(ALL)["level"] == "community"
        assert coverage.about(ALL)["edition"] is None
        with pytest.raises(NotFoundError, match="No ground"):
            coverage.measure(CoverageQuestion(area=workspace.areas.of(["990101009009"])))


def test_an_account_is_told_nothing_from_beyond_its_area(town: Workspace) -> None:
    question = CoverageQuestion(area=town.areas.of([EAST]))
    coverage = town.coverage_analysis
    assert amounts(town, question).loc["incident", "should_be_seen"] == 2
    # what a camera beyond sees of the area is seen, but nobody learns which camera that is
    edge_alone = coverage.what_if(ALL, coverage.judged(ALL, [{"action": "remove", "camera_id": "edge"}]).sound())
    lost = edge_alone.measures.query("kind == 'ground'").set_index("code")["covered_change"]
    assert lost[f"{EAST}001"] + lost[f"{EAST}002"] < -100
    assert amounts(town, question).loc["ground", "covered"] > 100
    layers = coverage.layers(question)
    assert {code[:12] for code in layers["coverage"]["code"]} == {EAST}
    assert set(layers["sectors"]["camera_id"]) == {"turning", "broken"}
    told = [
        *coverage.gaps(question)["camera_id"],
        *coverage.survey(question)["camera_id"],
        *coverage.redundancy(question).posts["camera_ids"],
        *coverage.remedies(question, RemedyWish(p=1)).steps["camera_id"],
    ]
    assert BEYOND_EAST.isdisjoint(", ".join(told).split(", "))
    assert coverage.about(question)["cameras"] == 2
    judged = coverage.judged(question, [{"action": "remove", "camera_id": "west"}])
    with pytest.raises(FaultyDataError):
        judged.sound()


def test_what_if_changes_nothing(town: Workspace) -> None:
    coverage = town.coverage_analysis
    changes = coverage.judged(ALL, [{"action": "repair", "camera_id": "broken"}]).sound()
    found: Any = coverage.what_if(ALL, changes, level="all").measures.set_index("kind")
    assert found.loc["ground", "covered_change"] > 100
    assert amounts(town).loc["ground", "covered"] == pytest.approx(found.loc["ground", "covered_before"])
    assert town.store.cameras().set_index("camera_id").loc["broken", "status"] == "broken"


def test_a_plan_repairs_and_surveys_before_it_builds(town: Workspace) -> None:
    plan = town.coverage_analysis.remedies(ALL, RemedyWish(p=2))
    order = [one for one in ("repair", "survey", "turn", "build") if one in set(plan.steps["remedy"])]
    assert list(dict.fromkeys(plan.steps["remedy"])) == order
    assert {"repair", "survey", "build"} <= set(order)
    assert (plan.steps["remedy"] == "build").sum() == 2
    assert plan.covered_after > plan.covered_before
    assert plan.verified_low <= plan.verified <= plan.verified_high
    after = town.coverage_analysis.what_if(ALL, plan.changes, level="all").measures
    assert (after["covered_after"] >= after["covered_before"] - 1e-6).all()
    assert RemedyWish.of({"p": 2, "device": {"kind": "dome", "fov_deg": 360.0}, "zone": "UTC"}).p == 2
