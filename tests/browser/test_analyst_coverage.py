"""The analyst's tab “Coverage” on a small town: one opened page tells the whole story; and the report that it gives."""

import re
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
from playwright.sync_api import Locator, Page, expect

from spatialgov.projection import WGS84
from spatialgov.workspace import CoverageQuestion, Workspace
from tests.browser.chromium import COARSE, NewPage, until
from tests.browser.served import serving
from tests.coverage_town import STEP, found_camera_town, place

FORBIDDEN = (2.9, 1.6)
"""A square where nothing may be installed, in units from the south-western corner."""


@pytest.fixture(scope="module")
def town(database_url: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_camera_town(tmp_path_factory.mktemp("town"), database_url) as workspace:
        zones = [place(1.2, 3.5).buffer(STEP / 4), place(*FORBIDDEN).buffer(STEP / 3, cap_style="square")]
        frame = gpd.GeoDataFrame(
            {"zone_id": ["z1", "z2"], "kind": ["no_view", "no_install"], "name": "", "name_en": ""},
            geometry=zones,
            crs=WGS84,
        )
        workspace.store.replace_layer("exclusion_zones", frame)
        yield workspace


@pytest.fixture(scope="module")
def site(town: Workspace) -> Iterator[str]:
    with serving(town) as address:
        yield address


def section(page: Page, name: str) -> Locator:
    return page.locator(f"#panel section.{name}")


def change_of(page: Page, kind: str) -> Locator:
    return section(page, "covered").locator(f'tr[data-kind="{kind}"] .change')


def changed(page: Page, kind: str = "ground") -> float:
    """Give how much more is covered."""
    text = change_of(page, kind).inner_text()
    return float(re.sub(r"[^\d.]", "", text)) * (-1 if text.startswith("−") else 1)


def grown(page: Page, kind: str, than: float = 0.0) -> float:
    """Wait until so much more is covered, and give how much."""

    def look() -> float | None:
        found = changed(page, kind) if change_of(page, kind).count() else 0.0
        return found if found > than else None

    return until(page, look)


def choose(page: Page, camera: str) -> None:
    section(page, "shown").locator('[data-key="table"]').select_option("cameras")
    page.locator("#listed").get_by_role("button", name=camera, exact=True).click()
    expect(section(page, "what-if").get_by_role("heading", name=f"Camera {camera}")).to_be_visible()


def drag(page: Page, handle: str, to: tuple[float, float]) -> None:
    """Drag a handle to a place of the town."""
    box = page.locator(f".cv-handle.{handle}").bounding_box()
    assert box is not None
    point = place(*to)
    x, y = page.evaluate(
        "([lon, lat]) => { const { x, y } = analyst.map.project([lon, lat]);"
        " const box = analyst.map.getCanvas().getBoundingClientRect(); return [x + box.left, y + box.top] }",
        [point.x, point.y],
    )
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(x, y, steps=6)
    page.mouse.up()


def at_rest(page: Page) -> None:
    """Wait until the map stands still."""
    page.evaluate("() => { analyst.map.stop(); analyst.map.jumpTo({ center: [118.302, 35.102], zoom: 16 }) }")


def test_from_gaps_to_a_plan_that_is_thought_through(
    new_page: NewPage, site: str, town: Workspace, tmp_path: Path
) -> None:
    page = new_page(reduced_motion="reduce", device_scale_factor=COARSE)
    page.goto(f"{site}analyst#tab=coverage")
    gaps_and_why(page)
    a_camera_is_turned_and_another_repaired(page)
    undo_redo_and_reload(page)
    a_new_camera_keeps_out_of_zones(page)
    what_to_do_is_tried(page)
    saved_changes_are_read_again(page, town, tmp_path / "plan.csv")
    in_chinese_at_once(page)
    the_report_opens_alone(page, tmp_path / "report.html")


def gaps_and_why(page: Page) -> None:
    covered = section(page, "covered")
    expect(covered).to_contain_text("Cameras that work: 3 of 4.")
    expect(covered.locator('tr[data-kind="road"]')).to_contain_text("km")
    expect(change_of(page, "ground")).to_have_count(0)

    gaps = section(page, "gaps")
    expect(gaps).to_contain_text("camera out of service")
    listed = page.locator("#listed tbody tr")
    expect(listed.filter(has_text="camera out of service").first).to_be_visible()
    gaps.get_by_role("checkbox", name=re.compile("camera out of service")).uncheck()
    expect(listed.filter(has_text="camera out of service")).to_have_count(0)


def a_camera_is_turned_and_another_repaired(page: Page) -> None:
    choose(page, "west")
    at_rest(page)
    drag(page, "turn", (1.6, 0.5))
    expect(section(page, "what-if")).to_contain_text(re.compile("turned to (89|90|91)°"))
    expect(change_of(page, "ground")).to_be_visible()
    expect(page.get_by_label("Direction (°)")).to_have_value(re.compile(r"^(89|90|91)(\.\d)?$"))
    turned = grown(page, "road")
    page.get_by_label("Range (m)").fill("90")
    page.keyboard.press("Tab")
    expect(section(page, "what-if")).to_contain_text("Range (m) 90")
    choose(page, "broken")
    page.get_by_role("button", name="Repair", exact=True).click()
    expect(section(page, "what-if")).to_contain_text("Changes: 2")
    expect(page.locator('tr[data-kind="road"] .more')).to_be_visible()
    grown(page, "road", turned)


def undo_redo_and_reload(page: Page) -> None:
    page.get_by_role("button", name="Undo").click()
    expect(section(page, "what-if")).to_contain_text("Changes: 1")
    page.get_by_role("button", name="Redo").click()
    expect(section(page, "what-if")).to_contain_text("Changes: 2")
    page.reload()
    expect(section(page, "what-if")).to_contain_text("Changes: 2")
    expect(change_of(page, "road")).to_be_visible()


def a_new_camera_keeps_out_of_zones(page: Page) -> None:
    at_rest(page)
    page.get_by_role("button", name="Add a camera").click()
    expect(section(page, "what-if")).to_contain_text("Camera NEW-1")
    at_rest(page)
    page.locator(".cv-handle.move").press("Shift+ArrowRight")
    expect(page.locator(".cv-handle.move")).to_have_attribute("aria-label", re.compile("NEW-1: drag"))
    before = page.locator(".cv-handle.move").bounding_box()
    drag(page, "move", FORBIDDEN)
    expect(page.locator("#notices")).to_contain_text("No camera may be installed in zone z2.")
    assert page.locator(".cv-handle.move").bounding_box() == before
    drag(page, "move", (1.2, 3.2))
    expect(section(page, "what-if")).to_contain_text("More of what nobody may look at comes into view.")
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(section(page, "what-if")).to_contain_text("Changes: 2")


def what_to_do_is_tried(page: Page) -> None:
    remedies = section(page, "remedies")
    remedies.get_by_label("New cameras at most").fill("2")
    remedies.get_by_role("button", name="Plan").click()
    expect(remedies).to_contain_text("Covered for certain:", timeout=20_000)
    expect(remedies.locator("h3").last).to_contain_text("New cameras: 2")
    expect(
        remedies.get_by_role("img", name="Covered for certain with more new cameras").locator("circle")
    ).to_have_count(3)
    expect(page.locator("#listed thead")).to_contain_text("Remedy")
    remedies.get_by_role("button", name="Try all: New cameras").click()
    expect(section(page, "what-if")).to_contain_text("Changes: 4")


def saved_changes_are_read_again(page: Page, town: Workspace, file: Path) -> None:
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as table").click()
    saved.value.save_as(file)
    changes = town.coverage_analysis.judged(CoverageQuestion(), file, datum="wgs84").sound()
    assert sorted(change.action for change in changes) == ["add", "add", "repair", "set"]


def in_chinese_at_once(page: Page) -> None:
    page.locator("#language").click()
    expect(section(page, "what-if").get_by_role("heading", name="假设调整")).to_be_visible()
    remedies = section(page, "remedies")
    expect(remedies).to_contain_text("新增摄像机")
    expect(remedies.locator("ol.steps").first).to_contain_text("。")
    page.get_by_role("button", name="恢复现状", exact=True).click()
    expect(change_of(page, "ground")).to_have_count(0)


def the_report_opens_alone(page: Page, file: Path) -> None:
    page.get_by_text("导出", exact=True).click()
    with page.expect_download() as report:
        page.get_by_role("link", name="报告（HTML，离线可用）").click()
    report.value.save_as(file)
    page.goto(file.as_uri())
    expect(page.locator("h1")).to_have_text("视频监控覆盖报告")
    expect(page.locator("canvas.picture[data-frame='0']").first).to_be_attached()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    widths = page.evaluate("[...document.querySelectorAll('.folium-map')].map((box) => box.clientWidth)")
    assert set(widths) <= {694, 695, 696}, "184 mm"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
