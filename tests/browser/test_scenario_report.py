"""The report of a scenario in a browser: it fits, its maps move together, and they are fitted to the paper."""

from pathlib import Path

from playwright.sync_api import Page, expect

from spatialgov.allocation import Scenario
from spatialgov.workspace import Workspace
from spatialgov_maps.base import save_html
from spatialgov_maps.scenario_report import report_of_scenario
from tests.coverage_town import found_camera_town
from tests.publishing_cases import EAST, WEST

MAPS = "[...document.querySelectorAll('.folium-map')].map((box) => window[box.id])"
VIEWS = f"{MAPS}.map((one) => [one.getZoom(), one.getCenter().lat.toFixed(4), one.getCenter().lng.toFixed(4)].join())"


def written(workspace: Workspace, folder: Path) -> str:
    made = workspace.scenarios.make(Scenario(merge=((WEST, EAST),), target=200))
    return save_html(report_of_scenario(workspace, made.id), folder / "report.html").as_uri()


def test_the_report_on_screen_and_on_paper(page: Page, tmp_path: Path) -> None:
    with found_camera_town(tmp_path) as workspace:
        page.goto(written(workspace, tmp_path))
    expect(page.locator("h1")).to_have_text("200 households a grid, 2 communities joined")
    expect(page.locator("figure path.leaflet-interactive").first).to_be_attached()
    first, second = page.evaluate(VIEWS)
    assert first == second
    page.evaluate(f"() => {{ {MAPS}[1].setView([35.101, 118.301], 17, {{ animate: false }}) }}")
    moved, followed = page.evaluate(VIEWS)
    assert moved == followed != first

    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    on_paper = page.evaluate(f"{MAPS}.map((one) => [one.getSize().x, one.getBounds().contains([35.1, 118.3])])")
    assert on_paper == [[695, True]] * 2, "184 mm, and all of the ground"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
