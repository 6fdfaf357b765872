"""The planner's page on a small town, story by story, on the real service."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from spatialgov.workspace import Workspace
from tests.browser.served import serving
from tests.publishing_cases import EAST, LAT, LON, SIDE, STEP, WEST, found_town, moved

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Give a town of 16 units of 100 households and four grids of four, in force as plan 1."""
    folder = tmp_path_factory.mktemp("town")
    with Workspace.open(folder / "data") as workspace:
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
def open_plan(browser: Browser, site: str, keys: dict[str, str]) -> Iterator[Open]:
    """Give a function that opens a plan as a planner; what goes wrong on any of the pages fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(plan: int, who: str = "west") -> Page:
        context = browser.new_context(
            viewport={"width": 920, "height": 560},
            locale="en-GB",
            extra_http_headers={"x-api-key": keys[who]},
            reduced_motion="reduce",  # maps jump instead of flying
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("request", lambda asked: None if asked.url.startswith((site, "blob:")) else wrong.append(asked.url))
        page.goto(f"{site}workbench#plan={plan}")
        expect(page.locator("#state strong")).to_be_visible()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


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
    page.evaluate("() => workbench.view.map.stop() && workbench.view.map.jumpTo({center: [118.302, 35.102], zoom: 16})")


def held(page: Page, code: str) -> str:
    return page.locator(f'.grid[data-code="{code}"] .value').inner_text()


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text("All saved")


def grid_of(town: Workspace, plan: int, unit: int) -> str | None:
    code: str | None = town.plans.assignment(plan)[1][f"U{unit:02d}"]
    return code


def test_strokes_reach_the_journal_and_undo_brings_all_back(open_plan: Open, town: Workspace, draft: int) -> None:
    page = open_plan(draft)
    expect(page.locator("#state")).to_contain_text("No problems")
    assert [held(page, f"{WEST}00{i}") for i in (1, 2)] == ["400", "400"]
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


def test_two_planners_never_lose_a_stroke_silently(open_plan: Open, town: Workspace, draft: int) -> None:
    west = open_plan(draft)
    town.plans.move(draft, {"U15": None}, who="east", expects=0)
    expect(west.locator("#notices")).to_contain_text("east changed the plan", timeout=8000)
    expect(west.locator("#state")).to_contain_text("Incomplete")
    choose(west, f"{WEST}001")

    def both_move(unit: int, choice: str) -> None:
        west.mouse.move(*at(west, unit))
        west.mouse.down()
        town.plans.move(draft, {f"U{unit:02d}": None}, who="east", expects=town.plans.sequence(draft))
        west.mouse.up()
        expect(west.get_by_role("heading", name="Others were quicker")).to_be_visible()
        expect(west.locator("dialog")).to_contain_text("east moved some of the same units (1) to: no grid")
        west.keyboard.press("Escape")  # decides nothing
        west.get_by_role("button", name=f"{choice}:").click()
        saved(west)

    both_move(8, "Mine")
    assert grid_of(town, draft, 8) == f"{WEST}001"
    both_move(9, "Theirs")
    assert grid_of(town, draft, 9) is None
    expect(west.locator(f'.grid[data-code="{WEST}001"] .value')).to_have_text("500")
    both_move(12, "Copy")
    copy = int(re.search(r"plan=(\d+)", west.url)[1])  # type: ignore[index]
    assert (copy != draft, grid_of(town, draft, 12), grid_of(town, copy, 12)) == (True, None, f"{WEST}001")


def answer(route: Route, body: Any) -> None:
    route.fulfill(status=200, content_type="application/json", body=json.dumps(body))


def test_a_proposal_is_looked_at_before_it_is_taken(open_plan: Open, town: Workspace, draft: int) -> None:
    child = moved(town, {"U08": f"{WEST}001"}, town.plans.copy(draft).id)
    asked: list[Any] = []
    job = {"id": 1, "state": "running", "fraction": 0.5, "step": "1 of 2 parts done", "plans": [], "error": None}

    def jobs(route: Route) -> None:
        if route.request.method == "POST":
            asked.append(json.loads(route.request.post_data or "{}"))
            return answer(route, job)
        answer(route, job | {"state": "done", "plans": [child]})

    page = open_plan(draft)
    page.route("**/api/v1/jobs**", jobs)
    page.route("**/api/v1/jobs/1", jobs)
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Improve").click()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#proposal")).to_contain_text("Units that move: 1, with 100 households")
    assert asked[0]["kind"] == "rebalance"
    assert held(page, f"{WEST}001") == "500"
    page.get_by_role("button", name="Show before").click()
    expect(page.locator(f'.grid[data-code="{WEST}001"] .value')).to_have_text("400")
    assert town.plans.sequence(draft) == 0
    page.get_by_role("button", name="Accept").click()
    saved(page)
    assert grid_of(town, draft, 8) == f"{WEST}001"
    assert [entry.why for entry in town.plans.journal(draft)[1]] == ["balanced with few moves"]


def test_a_file_is_tried_first_and_what_is_exported_imports_again(
    open_plan: Open, town: Workspace, draft: int, tmp_path: Path
) -> None:
    page = open_plan(draft)
    file = tmp_path / "mine.csv"
    file.write_text(f"unit_id,grid_code\nU08,{WEST}001\nU77,{WEST}001\n")
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Import").click()
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#proposal")).to_contain_text("Rows: 2. Units that would move: 1. Rows that can’t be used: 1.")
    expect(page.locator("#proposal")).to_contain_text("Row 3: there is no unit U77")
    page.get_by_role("button", name="Accept").click()
    saved(page)
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Units and grids").click()
    adopted = town.plans.adopt(_kept(download.value, tmp_path / "out.csv"))
    assert grid_of(town, adopted.id, 8) == f"{WEST}001"


def _kept(download: Any, path: Path) -> Path:
    download.save_as(path)
    return path


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
    page.locator("#menu summary").click()
    page.get_by_role("button", name="Print").click()
    page.get_by_role("button", name="All 4 grids").click()
    assert page.evaluate("window.printed")
    expect(page.locator(".sheet")).to_have_count(4)
    page.emulate_media(media="print")
    expect(page.locator(".sheet").first).to_contain_text(f"{WEST}001")
    expect(page.locator(".sheet").first).to_contain_text("400")
    assert page.locator(".bar").is_hidden()


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
    expect(other.locator("#notices")).to_contain_text("Edition 2 has been published", timeout=15_000)


def test_the_first_view_is_small(page: Page, site: str, keys: dict[str, str], draft: int) -> None:
    sizes: dict[str, int] = {}
    page.set_extra_http_headers({"x-api-key": keys["west"]})
    page.on("response", lambda got: sizes.__setitem__(got.url, len(gzip.compress(got.body()))) if got.ok else None)
    page.goto(f"{site}workbench#plan={draft}")
    expect(page.locator("#state strong")).to_be_visible()
    assert sum(sizes.values()) < 2**20
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
