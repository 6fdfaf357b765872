"""The maps of cameras, on a small town: what they say in both languages, what they leave out, how large they are."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from spatialgov.language import using_language
from spatialgov.workspace import CoverageQuestion, RemedyWish, Workspace
from spatialgov_maps.base import html
from spatialgov_maps.controls import Curve
from spatialgov_maps.coverage_maps import map_of_coverage, map_of_gaps, map_of_sites
from tests.coverage_town import EAST, found_camera_town


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_camera_town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


@pytest.fixture(params=["en", "zh"])
def chinese(request: pytest.FixtureRequest) -> Iterator[bool]:
    with using_language(request.param):
        yield request.param == "zh"


def specs(text: str, kind: str) -> list[dict[str, Any]]:
    return [json.loads(found) for found in re.findall(rf"spatialgov\.{kind}\((?:\w+, )?(\{{.*\}})\);", text)]


def test_the_map_of_coverage_says_what_the_numbers_say(workspace: Workspace, chinese: bool) -> None:
    question = CoverageQuestion()
    text = html(map_of_coverage(workspace, question))
    areas = workspace.coverage_analysis.by_area(question)
    share = specs(text, "layer")[0]
    assert [f["properties"]["l"] for f in share["features"]] == [
        f"{100 * s:.0f} %" for s in areas["ground_lower_share"]
    ]
    assert share["rows"][:2] == (["编码", "公共地面"] if chinese else ["Code", "public ground"])
    assert ("第1网格" if chinese else "West, 001") in share["features"][0]["properties"]["h"]
    seen = specs(text, "raster")[-1]
    names = [name for *_, name in seen["classes"]]
    assert names[0] == ("确定可见" if chinese else "seen for certain")
    cameras = specs(text, "layer")[-1]
    told = {
        f["properties"]["h"]: dict(zip(cameras["rows"], f["properties"]["v"], strict=True)) for f in cameras["features"]
    }
    assert told["turning"]["方位角" if chinese else "Direction"] == ("未知" if chinese else "unknown")
    assert told["broken"]["状态" if chinese else "Status"] == ("故障" if chinese else "broken")
    assert ("缺少参数的摄像机" if chinese else "Cameras whose record lacks: direction 1") in text
    assert len(text.encode()) < 1_000_000


def test_an_account_sees_its_own_cameras_only(workspace: Workspace) -> None:
    question = CoverageQuestion(area=workspace.areas.of([EAST]))
    for page in (map_of_coverage(workspace, question), map_of_gaps(workspace, question)):
        text = html(page)
        assert '"turning"' in text or "G00001" in text
        assert '"edge"' not in text
        assert '"west"' not in text


def test_the_map_of_gaps_has_them_by_reason_weight_and_state(workspace: Workspace, chinese: bool) -> None:
    question = CoverageQuestion()
    text = html(map_of_gaps(workspace, question))
    found = workspace.coverage_analysis.gaps(question)
    by_reason, by_weight, by_state = specs(text, "raster")
    assert len(by_reason["classes"]) == found.loc[found["form"] == "patch", "reason"].nunique()
    assert [name for *_, name in by_state["classes"]] == (["不确定", "盲区"] if chinese else ["uncertain", "gap"])
    assert by_weight["heading"].startswith("每公顷" if chinese else "Weight a hectare")
    (outlines,) = [layer for layer in specs(text, "layer") if ("权重" if chinese else "Weight") in layer["rows"] and "n" in layer["features"][0]["properties"]]  # fmt: skip # noqa: E501
    assert outlines["features"][0]["properties"]["h"].startswith("G00001: ")
    whole = dict(found.groupby("reason")["weight"].sum())
    assert f"{whole['no_camera']:.0f}" in text


def test_the_map_of_sites_has_steps_before_after_and_the_curve(workspace: Workspace, chinese: bool) -> None:
    wish = RemedyWish(p=3)
    text = html(map_of_sites(workspace, CoverageQuestion(), wish))
    plan = workspace.coverage_analysis.remedies(CoverageQuestion(), wish)
    (panel,) = specs(text, "panel")
    assert len(panel["curve"]["points"]) == 4
    assert panel["curve"]["points"][0][:2] == [0, 0]
    assert panel["curve"]["points"][-1][:2] == [1, 1]
    assert panel["rows"][0][0] == ("维修" if chinese else "repair")
    built = specs(text, "layer")[-1]
    assert len(built["features"]) == (plan.steps["remedy"] == "build").sum() == 3
    assert len(specs(text, "raster")) == 4


def test_nothing_gained_has_no_curve(workspace: Workspace) -> None:
    (panel,) = specs(html(map_of_sites(workspace, CoverageQuestion(), RemedyWish(p=0))), "panel")
    assert panel["curve"] is None


def test_a_curve_lies_in_the_unit_square() -> None:
    made = Curve("y", "x", [(0, 20.0), (1, 30.0), (2, 35.0)], ["a", "b", "c"], [(20.0, "20"), (40.0, "40")]).spec()
    assert made["points"] == [[0.0, 0.0, "a"], [0.5, 0.5, "b"], [1.0, 0.75, "c"]]
    assert made["xTicks"] == [[0.0, "0"], [0.5, "1"], [1.0, "2"]]
    assert made["yTicks"] == [[0.0, "20"], [1.0, "40"]]
