"""The report of a scenario: its table, both maps, in both languages, alone in one file."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from spatialgov.allocation import Scenario
from spatialgov.language import using_language
from spatialgov.workspace import Workspace
from spatialgov_maps.base import html
from spatialgov_maps.scenario_report import report_of_scenario
from tests.coverage_town import found_camera_town
from tests.publishing_cases import EAST, WEST, moved


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Give four grids of 400 households in two communities, in force, with two scenarios."""
    with found_camera_town(tmp_path_factory.mktemp("report")) as workspace, using_language("en"):
        workspace.scenarios.make(Scenario(target=200, merge=((WEST, EAST),)), name="<b>Two hundred</b> & a join")
        workspace.scenarios.make(Scenario.of({"post_change": -1}))
        yield workspace


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_says_what_was_asked_and_what_comes_of_it(town: Workspace, language: Any) -> None:
    with using_language(language):
        text = html(report_of_scenario(town, 1))
    chinese = language == "zh"
    assert f'<html lang="{"zh-CN" if chinese else "en"}">' in text
    assert "&lt;b&gt;Two hundred&lt;/b&gt; &amp; a join" in text
    assert "<b>Two" not in text
    assert ("东社区并入西社区" if chinese else "East joined with West.") in text
    cells = re.findall(r'<th scope="row">(.*?)</th>\s*<td>(.*?)</td>\s*<td>(.*?)</td>\s*<td>(.*?)</td>', text)
    rows = {name: values for name, *values in cells}
    assert rows["网格数" if chinese else "grids"] == ["4", "8", "+4"]
    assert rows["户数在区间内的网格" if chinese else "grids within the band"] == ["0", "8", "+8"]
    assert text.count("spatialgov.map(") == 2
    assert text.count("spatialgov.together([map_") == 1
    assert text.index("spatialgov.together([map_") > text.rindex("spatialgov.layer(")
    for name in re.findall(r'spatialgov\.map\("(map_\w+)"', text):
        assert f'id="{name}"' in text
    assert ("更换网格" if chinese else "changes its grid") in text


def test_the_report_needs_nothing_else(town: Workspace) -> None:
    text = html(report_of_scenario(town, 1))
    assert "default-src 'none'" in text
    assert not re.findall(
        r"""(?:src|href)=["'](?!data:)[^"']""", re.sub("<script>.*?</script>", "", text, flags=re.DOTALL)
    )
    assert "@page { size: A4" in text
    assert len(text.encode()) < 400_000


def test_posts_colour_the_maps_where_borders_stay(town: Workspace) -> None:
    text = html(report_of_scenario(town, 2))
    assert "1 grids have no post of their own; 4 posts would be needed in all." in text
    assert "no post</span>" in text
    assert "Workload: profile urban, version" in text
    assert "changes its grid" not in text


def test_a_draft_that_was_edited_is_shown_as_it_was(town: Workspace) -> None:
    record = town.scenarios.record(1)
    before = html(report_of_scenario(town, 1))
    assert "has been edited since" not in before
    codes = sorted(town.plans.load(record.plan_id).codes)
    moved(town, {"U00": codes[-1]}, record.plan_id)
    after = html(report_of_scenario(town, 1))
    assert f"The draft (plan {record.plan_id}) has been edited since" in after
    specs = [re.findall(r"spatialgov\.layer\((\{.*?\})\);", text) for text in (before, after)]
    assert specs[0] == specs[1]
