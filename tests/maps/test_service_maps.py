"""The maps of service points, checkpoints and beats, on a small town: what they say in both languages."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from spatialgov.language import using_language
from spatialgov.workspace import BeatQuestion, CheckpointQuestion, ServiceQuestion, Workspace
from spatialgov_maps.base import html
from spatialgov_maps.service_maps import map_of_beats, map_of_checkpoints, map_of_service_points
from tests.service_town import found_service_town


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_service_town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


@pytest.fixture(params=["en", "zh"])
def chinese(request: pytest.FixtureRequest) -> Iterator[bool]:
    with using_language(request.param):
        yield request.param == "zh"


def specs(text: str, kind: str) -> list[dict[str, Any]]:
    return [json.loads(found) for found in re.findall(rf"spatialgov\.{kind}\((?:\w+, )?(\{{.*\}})\);", text)]


def told(layer: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Give what each feature of a layer tells."""
    return {
        f["properties"]["h"]: dict(zip(layer["rows"], f["properties"]["v"], strict=True)) for f in layer["features"]
    }


def test_grids_tell_who_serves_them(workspace: Workspace, chinese: bool) -> None:
    question = ServiceQuestion(new=1, time_limit_s=1)
    text = html(map_of_service_points(workspace, question))
    layers = specs(text, "layer")
    by_centre, by_minutes, existing, new = layers[0], layers[1], layers[-2], layers[-1]
    plan = workspace.service_analysis.service_points(question)
    assert len(by_centre["features"]) == len(plan.grids) == 4
    served = [f["properties"]["v"][1] for f in by_centre["features"]]
    assert {"西中心", "东中心"} & {*served} if chinese else {"West Centre", "East Centre"} & {*served}
    assert all(f["properties"]["l"] for f in by_minutes["features"])
    assert set(told(existing)) == ({"西中心", "东中心"} if chinese else {"West Centre", "East Centre"})
    assert len(new["features"]) == 1
    (panel,) = specs(text, "panel")
    assert len(panel["rows"]) == 3
    assert ("p-中值" if chinese else "p-median") in panel["paragraphs"][1]
    assert len(text.encode()) < 1_000_000


def test_checkpoints_are_numbered_and_classed(workspace: Workspace, chinese: bool) -> None:
    text = html(map_of_checkpoints(workspace, CheckpointQuestion()))
    exits = specs(text, "layer")[-1]
    assert [f["properties"]["l"] for f in exits["features"]] == ["1", "2", "3", "4", "5", "6"]
    assert {row["等级" if chinese else "Class"] for row in told(exits).values()} == (
        {"干线道路", "居住区道路", "街巷"} if chinese else {"trunk road", "residential street", "alley"}
    )
    (panel,) = specs(text, "panel")
    assert sum(int(row[1]) for row in panel["rows"]) == 6
    assert ("截断" if chinese else "end at the border") in panel["paragraphs"][1]


def test_beats_over_the_shift_stand_out(workspace: Workspace, chinese: bool) -> None:
    question = BeatQuestion(beats=2, tolerance=1, shift_h=0.1, time_limit_s=1)
    text = html(map_of_beats(workspace, question))
    flagged, beats = specs(text, "layer")[-2:]
    assert len(flagged["features"]) == len(beats["features"]) == 2
    assert all(("超出每班" if chinese else "longer than the shift") in f["properties"]["n"] for f in beats["features"])
    assert {f["properties"]["s"] for f in beats["features"]} == {0, 1}
    (panel,) = specs(text, "panel")
    assert [row[-1][-1] for row in panel["rows"]] == ["!", "!"]
    calm = html(map_of_beats(workspace, BeatQuestion(beats=2, tolerance=1, time_limit_s=1)))
    assert len(specs(calm, "layer")) == len(specs(text, "layer")) - 1
