"""Every page that the service shows, in one place: what tests look at, what is measured, and what the pictures show.

A new page is a line of `PAGES`; a test compares it with the routes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, ViewportSize

from spatialgov.allocation import Scenario
from spatialgov.workspace import Workspace
from tests.browser.chromium import until

__all__ = ["DESKTOP", "PAGES", "PHONE", "ServedPage", "open_page", "prepared"]

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class ServedPage:
    """A page of the service.

    Attributes
    ----------
    path
        Below the service's address, on the sample city as `prepared` leaves it.
    about
        What it is for, English and Chinese, for the gallery.
    ready
        Selector of what is visible when the page has come.
    marks
        Performance marks by which it says so itself: ``first-view``, and ``ready`` where that is a picture of what can
        be worked with soon.
    left
        Selectors of parts that are not ours.
    costly
        Whether the service works seconds at it on the sample city: tests look at it on a small town.
    refusals
        Statuses that it is answered with.
    act
        What is done before a picture is taken, so that it shows the page at work.
    """

    path: str
    about: tuple[str, str]
    ready: str = "canvas.picture[data-frame], .leaflet-pane path, .leaflet-pane canvas"
    marks: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    costly: bool = False
    refusals: tuple[int, ...] = ()
    act: Callable[[Page], None] | None = None


def _brush(page: Page) -> None:
    page.locator(".grid .choose").nth(2).click()
    at_rest = "!!workbench.surroundings && !workbench.view.map.isMoving() && workbench.view.map.areTilesLoaded()"
    until(page, lambda: page.evaluate(at_rest))


def _camera(page: Page) -> None:
    page.locator('.shown [data-key="table"]').select_option("cameras")
    page.locator("#listed .to").first.click()
    page.locator(".cv-handle.move").wait_for()
    until(page, lambda: page.evaluate("!analyst.map.isMoving() && analyst.map.areTilesLoaded()"))


PAGES: dict[str, ServedPage] = {
    "start": ServedPage("", ("Start page", "首页"), "#numbers dd", marks=("first-view",)),
    "workbench": ServedPage(
        "workbench", ("Workbench", "规划工作台"), "#state strong", marks=("first-view", "ready"), act=_brush
    ),
    "analyst": ServedPage("analyst", ("Analysis", "研判分析"), "#panel > *", marks=("first-view",)),
    "analyst-coverage": ServedPage(
        "analyst#tab=coverage",
        ("Analysis: coverage", "研判分析：视频覆盖"),
        "#panel .gaps tbody tr",
        costly=True,
        act=_camera,
    ),
    "field": ServedPage("field", ("In the field", "外业查询"), "#ask", marks=("first-view",)),
    "plan": ServedPage("maps/plan", ("Grid plan", "网格划分方案")),
    "recommendations": ServedPage("maps/recommendations", ("Recommendations", "调整建议")),
    "scenario": ServedPage("maps/scenario/1", ("Report of a scenario", "情景报告")),
    "assessment": ServedPage("maps/assessment", ("Grids beside their peers", "网格考核")),
    "heatmap": ServedPage("maps/heatmap", ("Incident heat map", "事件热力图")),
    "times": ServedPage("maps/times", ("Incidents by hour of the day", "事件时段分布")),
    "clock": ServedPage("maps/clock", ("Clock of the week", "一周时钟图"), "svg"),
    "hotspots": ServedPage("maps/hotspots?resolution=9", ("Hot spots", "热点")),
    "change": ServedPage("maps/change", ("Before and after", "前后对比")),
    "forecast": ServedPage("maps/forecast?cell_m=250", ("Forecast of incidents", "事件预测")),
    "coverage": ServedPage("maps/coverage", ("Camera coverage", "视频监控覆盖"), costly=True),
    "gaps": ServedPage("maps/gaps", ("Gaps of coverage, and why", "覆盖盲区及原因"), costly=True),
    "sites": ServedPage("maps/sites", ("What to repair, turn and build", "维修、调向与新增"), costly=True),
    "service-points": ServedPage("maps/service-points?new=2", ("Who serves which grid", "服务中心归属"), costly=True),
    "checkpoints": ServedPage("maps/checkpoints", ("Checkpoints on the roads out", "出口卡点")),
    "beats": ServedPage("maps/beats", ("Patrol beats", "巡逻段"), costly=True),
    "docs": ServedPage("docs", ("API reference", "接口文档"), ".opblock", left=(".swagger-ui",)),
    "sign-in": ServedPage("sign-in", ("Sign in", "登录"), "form"),
    "problem": ServedPage(
        "maps/plan?plan=999", ("A problem, and what to do", "问题与处理办法"), "main a", refusals=(404,)
    ),
}
"""Name → page, in the order in which the gallery shows them."""


def prepared(workspace: Workspace, *, target: int = 600) -> None:
    """Make what the pages of `PAGES` show beyond what ``spatialgov demo`` leaves, if it is not there: a scenario."""
    if not workspace.scenarios.records():
        workspace.scenarios.make(Scenario(target=target))


def open_page(page: Page, site: str, served: ServedPage) -> None:
    """Go to a page and wait until it is there."""
    page.goto(site + served.path)
    page.locator(served.ready).locator("visible=true").first.wait_for()
    said = " && ".join(f"performance.getEntriesByName('{mark}').length" for mark in served.marks)
    if said:
        until(page, lambda: page.evaluate(said))
