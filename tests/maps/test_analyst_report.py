"""The analyst's report: what it says in both languages, what it leaves out, and that it needs nothing else."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from spatialgov.errors import NotFoundError
from spatialgov.incidents import WeekHours
from spatialgov.language import using_language
from spatialgov.workspace import Period, Workspace
from spatialgov_maps.analyst_report import report_of_analysis
from spatialgov_maps.base import html
from tests.coverage_town import EAST, found_camera_town
from tests.publishing_cases import found_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_camera_town(tmp_path_factory.mktemp("report")) as workspace:
        yield workspace


def written(town: Workspace, language: Any = "en", period: Period | None = None, **options: Any) -> str:
    with using_language(language):
        return html(report_of_analysis(town, period or Period(), **{"minimum": 1, **options}))


def headings(text: str) -> list[str]:
    return re.findall(r"<h[12]>(.*?)</h[12]>", text)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_has_both_parts_and_their_basis(town: Workspace, language: Any) -> None:
    text = written(town, language)
    chinese = language == "zh"
    assert f'<html lang="{"zh-CN" if chinese else "en"}">' in text
    expected = (
        ["事件与视频覆盖研判报告", "事件", "按类别", "时间分布", "视频监控覆盖", "覆盖情况", "盲区原因", "各区域覆盖率"]
        if chinese
        else ["Incidents and coverage: report", "Incidents", "By category", "When", "Camera coverage"]
    )
    found = headings(text)
    assert [one for one in expected if one not in found] == []
    assert found[-1] == ("数据依据" if chinese else "What the figures stand on")
    assert ("修复 broken" if chinese else "Repair broken") in text
    assert ("第 1 版" if chinese else "edition 1") in text
    # each map is in its place, and those of a section move together
    maps = re.findall(r'spatialgov\.map\("(map_\w+)"', text)
    assert len(maps) == 5
    assert all(f'id="{name}"' in text for name in maps)
    assert text.count("spatialgov.together([map_") == 3


def test_the_report_needs_nothing_else(town: Workspace) -> None:
    text = written(town)
    assert "default-src 'none'" in text
    without = re.sub("<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.findall(r"""(?:src|href)=["'](?!data:)[^"']""", without)
    assert "@page { size: A4" in text
    assert len(text.encode()) < 900_000


def test_a_part_alone(town: Workspace) -> None:
    assert "Camera coverage" not in headings(written(town, parts=["incidents"]))
    text = written(town, parts=["coverage"])
    assert "Camera coverage: report" in headings(text)
    assert "When" not in headings(text)


def test_small_counts_are_hidden_and_said_to_be(town: Workspace) -> None:
    text = written(town, parts=["incidents"], minimum=5)
    assert "Counts below 5 are not shown" in text
    assert "<dd>&lt; 5</dd>" in text
    assert re.search(r'<th scope="row">[^<]*</th>\s*<td class="words">0101</td>\s*<td>&lt; 5</td>', text)
    assert not re.search(r"<td>[1-4]</td>", text)


def test_a_view_is_told_in_the_head(town: Workspace) -> None:
    hours = WeekHours(tuple(day * 24 + hour for day in (5, 6) for hour in (19, 20, 21)), "Asia/Shanghai")
    text = written(town, period=Period(datetime(2026, 5, 1, tzinfo=UTC), hours=hours), parts=["incidents"])
    assert "Saturday, Sunday 19:00 – 22:00" in text
    nothing = written(town, period=Period(datetime(2030, 1, 1, tzinfo=UTC)), parts=["incidents"])
    assert "There are no incidents in this view." in nothing


def test_an_account_is_told_of_its_own_ground_only(town: Workspace) -> None:
    text = written(town, area=town.areas.of([EAST]))
    assert "Repair broken" in text
    assert "edge" not in re.sub("<style>.*?</style>|<script>.*?</script>", "", text, flags=re.DOTALL)
    assert '"West"' not in text


def test_without_cameras_there_is_no_coverage(tmp_path: Any) -> None:
    with Workspace.open(tmp_path / "data") as workspace:
        found_town(workspace, tmp_path)
        text = written(workspace)
        assert "There are no cameras yet." in text
        assert "There are no incidents in this view." in text
        with pytest.raises(NotFoundError):
            written(workspace, parts=["coverage"])


def test_of_an_empty_store_there_is_little_to_say(tmp_path: Any) -> None:
    with Workspace.open(tmp_path / "data") as workspace:
        text = written(workspace)
    assert "There are no cameras yet." in text
    assert "No grids have been published." in text
