"""The maps of cameras in a browser: they open, fit, and tell what lies under the pointer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from spatialgov.language import using_language
from spatialgov.workspace import CoverageQuestion, RemedyWish, Workspace
from spatialgov_maps.base import Map, save_html
from spatialgov_maps.coverage_maps import map_of_coverage, map_of_gaps, map_of_sites
from tests.browser.accessibility import check
from tests.coverage_town import found_camera_town

MAPS: dict[str, Callable[[Workspace], Map]] = {
    "coverage": lambda town: map_of_coverage(town, CoverageQuestion()),
    "gaps": lambda town: map_of_gaps(town, CoverageQuestion()),
    "sites": lambda town: map_of_sites(town, CoverageQuestion(), RemedyWish(p=2)),
}


@pytest.fixture(scope="module")
def camera_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_camera_town(tmp_path_factory.mktemp("town")) as workspace:
        yield workspace


def show(page: Page, m: Map, folder: Path) -> None:
    page.goto(save_html(m, folder / "map.html").as_uri())


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("zh", 390)])
@pytest.mark.parametrize("name", MAPS)
def test_pages_open_and_fit(
    page: Page, camera_town: Workspace, tmp_path: Path, name: str, language: Any, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    with using_language(language):
        show(page, MAPS[name](camera_town), tmp_path)
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_selector("canvas.picture[data-frame='0']", state="attached")
    check(page)


def test_the_legend_leaves_the_list_of_layers_free(page: Page, camera_town: Workspace, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 640})
    with using_language("en"):
        show(page, MAPS["sites"](camera_town), tmp_path)
    legend, layers = page.locator("details.legend"), page.locator(".leaflet-control-layers")
    expect(legend).to_be_visible()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")  # it is laid out
    lower, upper = legend.bounding_box(), layers.bounding_box()
    assert lower is not None
    assert upper is not None
    assert lower["y"] >= upper["y"] + upper["height"]


def test_a_camera_tells_its_figures_and_ground_its_state(page: Page, camera_town: Workspace, tmp_path: Path) -> None:
    with using_language("en"):
        show(page, MAPS["coverage"](camera_town), tmp_path)
    page.locator(".leaflet-points-pane path.leaflet-interactive").first.hover()
    expect(page.locator(".leaflet-tooltip.card")).to_contain_text("Direction")
    page.get_by_label("Sectors").check()
    expect(page.get_by_text("as if there were no buildings")).to_be_visible()


def test_the_curve_is_drawn(page: Page, camera_town: Workspace, tmp_path: Path) -> None:
    with using_language("en"):
        show(page, MAPS["sites"](camera_town), tmp_path)
    chart = page.get_by_role("img", name="Covered for certain with more new cameras")
    expect(chart).to_be_visible()
    expect(chart.locator("circle")).to_have_count(3)
    page.get_by_label("After", exact=True).check()
    expect(page.locator(".legend section:visible").filter(has_text="seen for certain")).to_have_count(1)
