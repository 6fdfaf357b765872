"""The planner's page on a small town, story by story, on the real service."""

import gzip
import re
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from spatialgov.plan_files import read_plan
from spatialgov.workspace import Workspace
from tests.browser.chromium import COARSE, NewPage
from tests.browser.served import serving
from tests.publishing_cases import EAST, LAT, LON, SIDE, STEP, WEST, found_town, moved

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def town(database_url: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Give a town of 16 units of 100 households and four grids of four, in force as plan 1."""
    folder = tmp_path_factory.mktemp("town")
    with Workspace.open(folder / "data", database_url) as workspace:
        found_town(workspace, folder)
        yield workspace


@pytest.fixture(scope="module")
def site(town: Workspace) -> Iterator[str]:
    with serving(town) as address:
        yield address


@pytest.fixture(scope="module")
def keys(town: Workspace) -> dict[str, str]:
    found = {}
    for name in ("west", "east"):
        town.accounts.add(name, role="planner", jurisdictions=["*"], password=None)
        found[name] = town.accounts.add_key(name, "tests")[0]
    return found


@pytest.fixture
def open_plan(new_page: NewPage, site: str, keys: dict[str, str]) -> Open:
    """Give a function that opens a plan as a planner; what goes wrong on any of the pages fails the test."""

    def opened(plan: int, who: str = "west") -> Page:
        page = new_page(
            refusals=(409,),  # somebody else was quicker: the page asks what to do
            viewport={"width": 920, "height": 560},
            extra_http_headers={"x-api-key": keys[who]},
            reduced_motion="reduce",  # maps jump instead of flying
            device_scale_factor=COARSE,
        )
        page.goto(f"{site}workbench#plan={plan}")
        expect(page.locator("#map")).not_to_have_attribute("aria-busy", "true", timeout=20_000)
        return page

    return opened


@pytest.fixture
def draft(town: Workspace) -> int:
    """Give a draft with the grids of the plan in force."""
    return town.plans.copy(1, name="Next year").id


def at(page: Page, unit: int) -> tuple[float, float]:
    """Give where the middle of a unit is on the screen."""
    row, column = divmod(unit, SIDE)
    place = [LON + (column + 0.5) * STEP, LAT + (row + 0.5) * STEP]
    x, y = page.evaluate(
        "place => { const { map } = workbench.view; const { x, y } = map.project(place);"
        " const box = map.getCanvas().getBoundingClientRect(); return [x + box.left, y + box.top] }",
        place,
    )
    return float(x), float(y)


def drag(page: Page, *units: int | tuple[int, int, int]) -> None:
    """Drag from unit to unit; beside its middle, pixels east and south, where they are given."""
    points = []
    for unit, east, south in ((one, 0, 0) if isinstance(one, int) else one for one in units):
        x, y = at(page, unit)
        points.append((x + east, y + south))
    page.mouse.move(*points[0])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(x, y, steps=3)
    page.mouse.up()


def choose(page: Page, code: str) -> None:
    page.locator(f'.grid[data-code="{code}"] .choose').click()
    # braces: what is given back comes here whole, and that would be the map with all it holds
    page.evaluate("() => { workbench.view.map.stop().jumpTo({ center: [118.302, 35.102], zoom: 16 }) }")


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text("All saved")


def grid_of(town: Workspace, plan: int, unit: int) -> str | None:
    code: str | None = town.plans.assignment(plan)[1][f"U{unit:02d}"]
    return code


def test_strokes_reach_the_journal_and_undo_brings_all_back(open_plan: Open, town: Workspace, draft: int) -> None:
    page = open_plan(draft)
    expect(page.locator("#state")).to_contain_text("No problems")
    for i in (1, 2):
        expect(page.locator(f'.grid[data-code="{WEST}00{i}"] .value')).to_have_text("400")
    choose(page, f"{WEST}001")
    drag(page, 8, 9, 10, 11)  # the brush stays in the community
    expect(page.locator(f'.grid[data-code="{WEST}001"] .value')).to_have_text("600")
    saved(page)
    assert [grid_of(town, draft, unit) for unit in (8, 9, 10)] == [f"{WEST}001"] * 2 + [f"{EAST}002"]
    page.keyboard.press("e")
    page.mouse.click(*at(page, 0))
    expect(page.locator("#state")).to_contain_text("Incomplete: 1 without a grid")
    saved(page)
    assert grid_of(town, draft, 0) is None
    page.keyboard.press("Control+z")
    expect(page.locator("#state")).to_contain_text("Problems: 2")
    page.reload()
    expect(page.locator(f'.grid[data-code="{WEST}001"] .value')).to_have_text("600")
    page.keyboard.press("Control+z")
    expect(page.locator(f'.grid[data-code="{WEST}001"] .value')).to_have_text("400")
    page.keyboard.press("Control+Shift+Z")
    expect(page.locator(f'.grid[data-code="{WEST}002"] .value')).to_have_text("200")
    saved(page)
    assert [entry.kind for entry in town.plans.journal(draft)[1]] == ["move", "move", "undo", "undo", "redo"]
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#state")).to_contain_text("问题：2")
    expect(page.get_by_role("button", name="画笔 (P)")).to_be_visible()
    expect(page.locator("#count")).to_have_text("4 个网格")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="快捷键与颜色")).to_be_visible()
    page.keyboard.press("Escape")
    stops = []
    page.locator(".skip").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("[document.activeElement.id, document.activeElement.className].join()"))
    for wanted in ("plans", "language", "next", "choose", "lock"):
        assert any(wanted in stop for stop in stops), wanted


def test_areas_lines_merges_locks_and_problems(open_plan: Open, town: Workspace, draft: int) -> None:
    page = open_plan(draft)
    choose(page, f"{WEST}001")
    page.keyboard.press("r")
    drag(page, (8, -20, 20), (13, 20, -20))
    expect(page.locator(".grid")).to_have_count(3)
    page.keyboard.press("Control+z")
    expect(page.locator(".grid")).to_have_count(4)
    page.keyboard.press("s")
    drag(page, (0, 40, 40), (4, 40, -40))
    expect(page.locator(".grid")).to_have_count(5)
    page.get_by_label(f"Select grid {WEST}001").check()
    page.get_by_label(f"Select grid {WEST}003").check()
    page.get_by_role("button", name="Merge").click()
    expect(page.locator(".grid")).to_have_count(4)
    page.keyboard.press("a")
    page.get_by_role("button", name="New grid").click()
    drag(page, (15, -20, -20), (15, 20, -20), (15, 20, 20), (15, -20, 20))
    expect(page.locator(f'.grid[data-code="{EAST}003"] .value')).to_have_text("100")
    saved(page)
    assert grid_of(town, draft, 15) == f"{EAST}003"
    page.get_by_label(f"Lock grid {WEST}002").click()
    choose(page, f"{WEST}001")
    page.keyboard.press("p")
    page.mouse.click(*at(page, 8))
    expect(page.locator("#notices")).to_contain_text("Units that stayed: 1")
    page.get_by_role("button", name="Unlock all").click()
    page.mouse.click(*at(page, 12))
    expect(page.locator("#state")).to_contain_text("Problems: ")
    page.keyboard.press("n")
    expect(page.locator("#notices")).to_contain_text("is in 2 parts of 4 + 1 units")
    page.get_by_label(f"Lock grid {WEST}002").click()
    page.keyboard.press("Control+z")
    expect(page.locator("#notices")).to_contain_text("locked grids, which are unlocked now")
    saved(page)


def both_change(first: Page, second: Page, into: str, unit: int) -> None:
    """Have one paint a unit while the other, who has no network meanwhile, erases it."""
    second.context.set_offline(True)
    second.keyboard.press("e")
    second.mouse.click(*at(second, unit))
    expect(second.locator("#saved")).to_contain_text("1 not saved")
    choose(first, into)
    first.mouse.click(*at(first, unit))
    saved(first)
    second.context.set_offline(False)
    expect(second.get_by_role("heading", name="Others were quicker")).to_be_visible()


@pytest.mark.both_backends
def test_two_planners_in_two_browsers_never_lose_a_stroke_silently(
    open_plan: Open, town: Workspace, draft: int
) -> None:
    west, east = open_plan(draft), open_plan(draft, "east")
    one, two = f"{WEST}001", f"{WEST}002"
    both_change(west, east, two, 4)
    expect(east.locator("dialog")).to_contain_text(f"west moved some of the same units (1) to: {two}")
    east.keyboard.press("Escape")  # decides nothing
    east.get_by_role("button", name="Mine:").click()
    saved(east)
    both_change(east, west, two, 5)
    west.get_by_role("button", name="Theirs:").click()
    saved(west)
    assert [grid_of(town, draft, unit) for unit in (4, 5)] == [None, two]
    west.context.set_offline(True)  # strokes wait, in their order, and come in beside the other's
    for unit in (0, 1):
        west.mouse.click(*at(west, unit))
    expect(west.locator("#saved")).to_contain_text("2 not saved")
    choose(east, f"{EAST}002")
    east.mouse.click(*at(east, 6))
    saved(east)
    west.context.set_offline(False)
    expect(west.locator("#notices")).to_contain_text("east changed the plan. Units that moved: 1.")
    saved(west)
    expect(east.locator("#state")).to_contain_text("Incomplete: 3 without a grid")
    written = [(entry.who, len(entry.moves)) for entry in town.plans.journal(draft)[1]]
    assert written == [(who, 1) for who in ("west", "east", "east", "east", "west", "west")]
    for page in (west, east):  # undo is each one's own
        page.keyboard.press("Control+z")
        saved(page)
    assert [grid_of(town, draft, unit) for unit in (0, 1, 6)] == [None, one, f"{EAST}001"]
    for page in (west, east):
        for code, households in {one: "100", f"{EAST}001": "400"}.items():
            expect(page.locator(f'.grid[data-code="{code}"] .value')).to_have_text(households)
        shown = page.evaluate("Object.fromEntries(workbench.units.ids.map((id, u) => [id, workbench.plan.codeOf(u)]))")
        assert shown == town.plans.assignment(draft)[1].to_dict()
    both_change(west, east, one, 9)
    east.get_by_role("button", name="Copy:").click()
    saved(east)
    copy = int(re.search(r"plan=(\d+)", east.url)[1])  # type: ignore[index]
    assert (copy != draft, grid_of(town, draft, 9), grid_of(town, copy, 9)) == (True, one, None)


def act(page: Page, name: str) -> None:
    page.locator("#menu summary").click()
    page.locator("#menu").get_by_role("button", name=name).click()


def test_proposals_are_tried_first_and_exports_import_again(
    open_plan: Open, town: Workspace, draft: int, tmp_path: Path
) -> None:
    moved(town, dict.fromkeys(("U08", "U09"), f"{WEST}001"), draft)
    page = open_plan(draft)
    act(page, "Improve")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#proposal")).to_contain_text("Units that move: 2, with 200 households")
    for i in (1, 2):
        expect(page.locator(f'.grid[data-code="{WEST}00{i}"] .value')).to_have_text("400")
    page.get_by_role("button", name="Show before").click()
    expect(page.locator(f'.grid[data-code="{WEST}001"] .value')).to_have_text("600")
    assert town.plans.sequence(draft) == 1
    page.get_by_role("button", name="Accept").click()
    saved(page)
    assert [entry.why for entry in town.plans.journal(draft)[1]][1:] == ["balanced with few moves"]
    assert "Proposal" not in [plan.name for plan in town.plans.records()]

    def tried(file: Path) -> None:
        act(page, "Import")
        page.get_by_label("File").set_input_files(file)
        page.get_by_role("button", name="Preview").click()

    file = tmp_path / "mine.csv"
    file.write_text(f"unit_id,grid_code\nU00,{WEST}002\nU77,{WEST}001\n")
    tried(file)
    expect(page.locator("#proposal")).to_contain_text("Rows: 2. Units that would move: 1. Rows that can’t be used: 1.")
    expect(page.locator("#proposal")).to_contain_text("Row 3: there is no unit U77")
    page.get_by_role("button", name="Accept").click()
    saved(page)
    here = town.plans.assignment(draft)[1].to_dict()
    for name, suffix in {"Units and grids": "csv", "Grids (GeoJSON)": "geojson", "Shapefiles": "zip"}.items():
        act(page, "Export")
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        download.value.save_as(tmp_path / f"out.{suffix}")
        page.keyboard.press("e")
        page.mouse.click(*at(page, 7))
        saved(page)
        tried(tmp_path / f"out.{suffix}")
        expect(page.locator("#proposal")).to_contain_text("Units that move: 1, with 100 households")
        page.get_by_role("button", name="Accept").click()
        saved(page)
        assert town.plans.assignment(draft)[1].to_dict() == here
    plan = town.plans.load(draft)
    assert read_plan(tmp_path / "out.zip", plan.units, plan.settings).assignment().to_dict() == here


def test_a_plan_is_made_with_barriers_and_dedicated_grids_and_deleted(
    open_plan: Open, town: Workspace, draft: int
) -> None:
    page = open_plan(draft)
    choose(page, f"{EAST}002")
    page.get_by_role("button", name="Make it dedicated").click()
    expect(page.locator(f'.grid[data-code="{EAST}002"] .deviation')).to_have_text("exempt")
    page.keyboard.press("b")
    drag(page, (4, -40, -57), (5, 40, -57))
    expect(page.locator("#notices")).to_contain_text("barriers in the next plan: 2 more")
    saved(page)

    def make() -> None:
        act(page, "Make a plan")
        page.get_by_label("In each grid").fill("200")
        page.get_by_label("Effort").select_option("quick")
        expect(page.get_by_label("Keep this plan’s dedicated grids (1)")).to_be_checked()
        expect(page.get_by_label("Use the borders drawn as barriers (2)")).to_be_checked()
        page.get_by_role("button", name="Start").click()

    make()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("dialog")).to_contain_text("Stopped; nothing was changed.")
    page.keyboard.press("Escape")
    known = [plan.id for plan in town.plans.records()]
    make()
    expect(page.locator(".grid")).to_have_count(7)
    (made,) = [plan for plan in town.plans.records() if plan.id not in known]
    assert made.settings["borders"] == {"hard": [["U04", "U08"], ["U05", "U09"]], "penalty": []}
    plan = town.plans.load(made.id)
    assert plan.table.set_index("code")["kind"].to_dict()[f"{EAST}002"] == "dedicated"
    assert {grid_of(town, made.id, unit) for unit in (10, 11, 14, 15)} == {f"{EAST}002"}
    assert {grid_of(town, made.id, i) for i in (0, 1, 4, 5)}.isdisjoint(
        grid_of(town, made.id, i) for i in (8, 9, 12, 13)
    )
    act(page, "Delete drafts")
    for number in (made.id, draft):
        page.locator("dialog").get_by_label(f"{number} · ").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#plan-state")).to_have_text("In force")
    assert {made.id, draft}.isdisjoint(plan.id for plan in town.plans.records())


def test_two_plans_are_compared_and_swiped_and_sheets_printed(open_plan: Open, town: Workspace, draft: int) -> None:
    other = moved(town, {"U08": f"{WEST}001"}, town.plans.copy(draft, name="Other").id)
    page = open_plan(draft)
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Compare …").click()
    page.locator("dialog select").select_option(str(other))
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("In another grid: 1 of the units, with 100 households (6.3 %).")
    expect(page.locator("dialog tbody tr").first).to_contain_text("100")
    page.get_by_role("button", name="Swipe").click()
    expect(page.locator("#swipe canvas")).to_be_visible()
    page.locator("#swipe-at").fill("30")
    page.get_by_role("button", name="Left: this plan").click()
    expect(page.locator("#swipe")).to_be_hidden()
    page.evaluate("window.print = () => { window.printed = true }")
    act(page, "Print")
    page.get_by_role("button", name="Print or PDF").click()
    assert page.evaluate("window.printed")
    expect(page.locator(".sheet")).to_have_count(4)
    page.emulate_media(media="print")
    expect(page.locator(".sheet").first).to_contain_text(f"{WEST}001")
    expect(page.locator(".sheet").first).to_contain_text("400")
    assert page.locator(".bar").is_hidden()
    page.emulate_media(media="screen")
    act(page, "Print")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as PNG").click()
    with zipfile.ZipFile(BytesIO(download.value.path().read_bytes())) as archive:
        assert archive.namelist() == [f"grid-{code}{i}.png" for code in (f"{WEST}00", f"{EAST}00") for i in (1, 2)]
        assert archive.testzip() is None
        assert {archive.read(name)[:8] for name in archive.namelist()} == {b"\x89PNG\r\n\x1a\n"}


@pytest.mark.both_backends
def test_faults_are_shown_at_their_place_and_a_sound_plan_is_published(
    open_plan: Open, town: Workspace, draft: int
) -> None:
    moved(town, {"U00": None}, draft)
    page, other = open_plan(draft), open_plan(1, "east")
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Check").click()
    expect(page.locator("dialog")).to_contain_text("Faults that forbid publishing: 1")
    page.locator("dialog .error button").first.click()
    assert page.evaluate("[...workbench.view.marked]") == [0]
    choose(page, f"{WEST}001")
    page.keyboard.press("p")
    page.mouse.click(*at(page, 0))
    page.keyboard.press("]")
    saved(page)
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#plan-state")).to_have_text("In force")
    expect(other.locator("#notices")).to_contain_text("Edition 2 has been published")
    expect(other.locator("#plan-state")).to_have_text("Retired")
    other.get_by_role("button", name="Show it").click()
    expect(other.locator("#plans")).to_have_value(str(draft))


def test_the_first_view_is_small(page: Page, site: str, keys: dict[str, str], draft: int) -> None:
    sizes: dict[str, int] = {}
    tags: set[str] = set()
    page.set_extra_http_headers({"x-api-key": keys["west"]})
    page.on("response", lambda got: sizes.__setitem__(got.url, len(gzip.compress(got.body()))) if got.ok else None)
    page.on("request", lambda asked: tags.add(asked.headers["x-browser"]) if "/api/" in asked.url else None)
    page.goto(f"{site}workbench#plan={draft}")
    expect(page.locator("#map")).not_to_have_attribute("aria-busy", "true", timeout=20_000)
    expect(page.locator(".first-picture")).to_have_count(0)
    marks = [page.evaluate(f"performance.getEntriesByName('{name}')[0].startTime") for name in ("first-view", "ready")]
    assert marks == sorted(marks)
    assert sum(sizes.values()) < 2**20
    assert tags == {page.evaluate("localStorage.getItem('spatialgov.browser')")}, "whose strokes without accounts"
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
