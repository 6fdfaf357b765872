"""The real service on the sample city, page by page, as a visitor sees it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from spatialgov.datum import from_wgs84
from spatialgov.workspace import Workspace
from tests.browser.chromium import NewPage
from tests.browser.served import serving


@pytest.fixture(scope="module")
def site(sample_workspace: Workspace) -> Iterator[str]:
    with serving(sample_workspace) as address:
        yield address


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Workspace.open(tmp_path_factory.mktemp("empty")) as workspace, serving(workspace) as address:
        yield address


def test_start_page_tells_what_there_is(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator("#jurisdiction")).to_contain_text("Qinglan District")
    expect(page.locator("#jurisdiction")).to_contain_text("Edition 2, in force since")
    expect(page.locator("#jurisdiction")).to_contain_text("Made-up sample city")
    expect(page.locator("#numbers dd")).to_have_text(["12", "3,217", "120", "60,000", "800"])
    expect(page.locator("#advice")).to_contain_text("Nothing to change")
    expect(page.locator("#begin")).to_be_hidden()


def test_a_tile_leads_to_the_map_and_back_in_both_languages(page: Page, site: str) -> None:
    page.goto(site)
    page.locator('a[href="maps/plan?lang=en"]').click()
    expect(page.locator("h1")).to_have_text("400 households a grid")
    expect(page.locator(".page-head p")).to_contain_text("Qinglan District · ")
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("Made-up sample city")
    assert page.locator(".leaflet-overlay-pane path, .leaflet-pane path").count() > 20
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("body")).to_contain_text("网格")
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("样例城市（虚构）")
    page.get_by_role("link", name="首页").click()
    expect(page.get_by_role("heading", name="我在哪个网格？")).to_be_visible()
    assert page.url == site


def test_the_other_language_keeps_what_was_asked_for(page: Page, site: str) -> None:
    page.goto(f"{site}maps/times?by=weekday&resolution=8&lang=en")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text("事件星期分布")
    expect(page.locator(".legend")).to_contain_text("H3 第 8 级")


def test_reference_describes_this_service_and_leads_back(page: Page, site: str) -> None:
    page.goto(site)
    page.locator('a[href="docs"]').first.click()
    paths = page.request.get(f"{site}openapi.json").json()["paths"]
    expect(page.locator(".opblock")).to_have_count(sum(map(len, paths.values())))
    page.locator("#operations-locate-locate_api_v1_locate_get").get_by_role("button").first.click()
    expect(page.get_by_text("nothing is published yet").first).to_be_visible()
    page.get_by_role("link", name="Start page").click()
    expect(page.locator("#numbers dd")).to_have_count(5)


def test_where_am_i_answers_a_gcj02_coordinate(page: Page, site: str, sample_workspace: Workspace) -> None:
    grids = sample_workspace.store.edition_grids(2)
    inside = grids.geometry.iloc[50].representative_point()
    lon, lat = (float(value) for value in from_wgs84(inside.x, inside.y, "gcj02"))
    page.goto(site)
    page.get_by_label("Longitude").fill(f"{lon:.7f}")
    page.get_by_label("Latitude").fill(f"{lat:.7f}")
    page.get_by_label("Datum").select_option("gcj02")
    page.get_by_role("button", name="Find the grid").click()
    rows = page.locator("#answer .chain li")
    expect(rows).to_have_count(4, timeout=20_000)
    expect(rows.first).to_contain_text("Qinglan District")
    expect(rows.last).to_contain_text(str(grids["code"].iloc[50]))
    expect(page.locator("#answer")).to_contain_text("GCJ-02")


def test_a_field_pack_is_read_in_the_browser(page: Page, site: str, sample_workspace: Workspace) -> None:
    grids = sample_workspace.store.edition_grids(2)
    inside = grids.geometry.iloc[50].representative_point()
    lon, lat = (float(value) for value in from_wgs84(inside.x, inside.y, "bd09"))
    page.goto(site)
    told = page.evaluate(
        """async ([lon, lat]) => {
          const { readFieldPack } = await import("/static/js/field_pack.mjs");
          const pack = readFieldPack(await (await fetch("api/v1/field-packs/990101000000")).arrayBuffer());
          const asked = await fetch(`api/v1/locate?lon=${lon}&lat=${lat}&datum=bd09`);
          return [pack.locate(lon, lat, "bd09"), await asked.json(), pack.locate(0, 0, "wgs84")];
        }""",
        [lon, lat],
    )
    assert told[0] == told[1]
    assert (told[0]["code"], told[2]) == (grids["code"].iloc[50], None)


def test_example_and_switch_of_language(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("button", name="Fill in an example").click()
    expect(page.locator("#answer .chain li")).to_have_count(4)
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#answer .chain li").first).to_contain_text("青岚区")
    expect(page.locator("#jurisdiction")).to_contain_text("样例城市（虚构）")


def test_the_list_of_layers_opens_on_a_phone(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{site}maps/plan?lang=zh")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.locator(".leaflet-control-layers-list")).to_be_hidden()
    page.get_by_role("button", name="图层").press("Enter")
    expect(page.locator(".leaflet-control-layers-list")).to_be_visible()


def test_empty_store_shows_how_to_begin(page: Page, empty_site: str) -> None:
    page.goto(empty_site)
    expect(page.locator("#jurisdiction")).to_have_text("No grids have been published yet.")
    expect(page.get_by_role("heading", name="How to begin")).to_be_visible()
    expect(page.locator("#begin")).to_contain_text("spatialgov demo")
    for hidden in (".tiles", ".reports >> nth=0", ".reports >> nth=1", "#locate", "#numbers"):
        expect(page.locator(hidden)).to_be_hidden()


def test_map_of_an_empty_store_says_what_to_do(new_page: NewPage, empty_site: str) -> None:
    page = new_page(refusals=(404,), locale="zh-CN")
    page.goto(f"{empty_site}maps/plan")
    expect(page.get_by_role("heading", level=1)).to_have_text("尚未发布任何方案。")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No plan is published.")
    page.get_by_role("link", name="How to begin").click()
    expect(page.get_by_role("heading", name="How to begin")).to_be_visible()
