"""The field page on a phone, from the first opening through a dead zone to a new edition, on the real service."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from spatialgov.datum import from_wgs84
from spatialgov.responsible_posts import POST_COLUMNS
from spatialgov.workspace import Workspace
from tests.browser.chromium import new_context
from tests.browser.served import serving
from tests.coverage_town import fill_with_cameras, place
from tests.publishing_cases import EAST, LAT, LON, STEP, WEST, found_town, moved

PHONE = ViewportSize(width=390, height=844)
NARROW = ViewportSize(width=320, height=640)
PASSWORD = "four random words here"


@pytest.fixture
def town(new_database: Callable[[], str | None], tmp_path: Path) -> Iterator[Workspace]:
    """Give a town of four grids of four units, with posts and addresses."""
    with Workspace.open(tmp_path / "data", new_database()) as workspace:
        found_town(workspace, tmp_path)
        fill_with_cameras(workspace)
        rows = [
            (f"{WEST}001", "第1网格网格员岗", "Grid 1 patrol post", "巡查", "Patrol"),
            ("990101001000", "治理中心", "Governance centre", "", ""),
        ]
        workspace.store.replace_responsible_posts(pd.DataFrame(rows, columns=list(POST_COLUMNS)))
        addresses = tmp_path / "addresses.csv"
        head = "address_id,street,number,building,lon,lat\n"
        addresses.write_text(f"{head}a,望桥路,1号,,{LON + STEP / 2},{LAT + 3.5 * STEP}\n", encoding="utf-8")
        workspace.imports.layer("addresses", addresses, datum="wgs84")
        yield workspace


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = new_context(browser, viewport=PHONE, locale="en-GB", has_touch=True, reduced_motion="reduce")
    context.grant_permissions(["geolocation"])
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("request", lambda asked: None if "//127.0.0.1:" in asked.url else wrong.append(asked.url))
    yield context
    context.close()
    assert wrong == []


def stand(phone: BrowserContext, column: float, row: float, accuracy_m: float = 8) -> None:
    """Put the phone at a place, in units from the south-western corner of the town."""
    point = place(column, row)
    phone.set_geolocation({"longitude": point.x, "latitude": point.y, "accuracy": accuracy_m})


def ask_here(page: Page) -> None:
    page.get_by_role("button", name="Where am I?").tap()


def kept_worker(page: Page) -> None:
    """Wait until the page works without a network."""
    page.evaluate(
        "async () => { const { active } = await navigator.serviceWorker.ready; if (active.state !== 'activated')"
        " await new Promise((done) => active.addEventListener('statechange', done)) }"
    )


def type_in(page: Page, text: str, datum: str = "wgs84") -> None:
    page.get_by_role("textbox").fill(text)
    page.get_by_label("Datum").select_option(datum)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Find the grid").tap()


@pytest.mark.both_backends
def test_a_day_in_the_field(phone: BrowserContext, town: Workspace) -> None:
    with serving(town) as site:
        page = phone.new_page()
        page.goto(f"{site}field")
        expect(page.locator("#state")).to_have_text("Connected")
        in_the_network(phone, page)
        kept_worker(page)
        phone.set_offline(True)
        page.reload()
        in_a_dead_zone(phone, page)
        # meanwhile the units where the phone is are given to another grid
        town.plans.publish(moved(town, {f"U{i:02d}": f"{WEST}002" for i in (4, 5)}))
        phone.set_offline(False)
        back_in_the_network(page)
        in_chinese_on_a_narrow_phone(page)
        page.close()


def in_the_network(phone: BrowserContext, page: Page) -> None:
    stand(phone, 0.5, 1.9)
    ask_here(page)
    answer = page.locator("#answer")
    expect(answer.locator("#code")).to_have_text(f"{WEST}001")
    expect(answer).to_contain_text("Grid 1 patrol post")
    expect(answer).to_contain_text("Governance centre")
    expect(answer.locator(".border")).to_contain_text("11 m to the border with")
    expect(answer.locator(".border")).to_contain_text("north")
    expect(answer).to_contain_text("WGS 84, from the browser, ±8 m")
    expect(answer.locator(".maybe")).to_have_count(0)
    expect(page.locator("#said")).to_contain_text(f"code {WEST}001. 11 m to the border")
    expect(answer.locator(".chain li")).to_have_count(3)
    expect(answer.locator("#map svg .own")).to_have_count(1)
    stand(phone, 0.5, 1.9, accuracy_m=30)
    ask_here(page)
    expect(answer.locator(".maybe")).to_contain_text(f"{WEST}002")
    expect(page.locator("#packs")).to_contain_text("4 grids, 1 addresses")


def in_a_dead_zone(phone: BrowserContext, page: Page) -> None:
    answer = page.locator("#answer")
    expect(page.locator("#state")).to_contain_text("No network")
    point = place(3.5, 0.5)
    lon, lat = (float(value) for value in from_wgs84(point.x, point.y, "bd09"))
    type_in(page, f"{lat:.9f}N {lon:.9f}E", "bd09")
    expect(answer.locator("#code")).to_have_text(f"{EAST}001")
    expect(answer).to_contain_text("edition 1")
    expect(answer).to_contain_text("BD-09")
    page.get_by_role("textbox").fill("望桥")
    page.get_by_role("button", name="望桥路1号").tap()
    expect(answer.locator("#code")).to_have_text(f"{WEST}002")
    type_in(page, f"{LON + 5 * STEP}, {LAT + STEP / 2}")
    expect(answer).to_contain_text("Not in what this phone keeps")
    expect(answer).to_contain_text(f"({EAST}001), 91 m away")
    stand(phone, 0.5, 1.9)
    ask_here(page)
    expect(answer.locator("#code")).to_have_text(f"{WEST}001")


def back_in_the_network(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#notices")).to_contain_text("edition 2 is in force")
    expect(page.locator("#notices")).to_contain_text("This place is in another grid now")
    expect(page.locator("#answer #code")).to_have_text(f"{WEST}002")
    expect(page.locator("#answer")).to_contain_text("edition 2")


def in_chinese_on_a_narrow_phone(page: Page) -> None:
    page.get_by_role("button", name="中文").tap()
    expect(page.locator("#notices")).to_contain_text("第 2 版已生效")
    expect(page.locator("#answer")).to_contain_text("治理中心")
    assert page.title() == "这是哪个网格？ · spatialgov"
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    targets = page.locator("button:visible, a:visible:not(.skip), input:visible, select:visible")
    heights = targets.evaluate_all("all => all.map((one) => [one.textContent, one.getBoundingClientRect().height])")
    assert len(heights) > 8
    assert [name for name, height in heights if height < 48] == []
    page.get_by_role("button", name="删除").tap()
    expect(page.locator("#packs")).to_contain_text("尚未保存")


REFUSED = {
    "": "Type a coordinate or an address",
    "118.3": "a longitude and a latitude",
    "35°60′N 118°E": "Minutes and seconds",
    "35N 36N": "one latitude",
    "190, 95": "no place on Earth",
    "无名路9号": "No address like this",
}


def test_accounts_refusals_and_what_lies_outside(browser: Browser, town: Workspace) -> None:
    town.accounts.add("post-west", role="field", jurisdictions=[WEST], password=PASSWORD)
    context = new_context(browser, viewport=PHONE, locale="en-GB")  # it may not tell its position
    page = context.new_page()
    with serving(town) as site:
        page.goto(f"{site}field")
        expect(page.locator("#state")).to_contain_text("Sign in to find grids")
        page.get_by_role("link", name="Sign in").click()
        page.get_by_label("Account").fill("post-west")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{site}field")
        page.get_by_role("button", name="Where am I?").click()
        answer = page.locator("#answer")
        expect(answer).to_contain_text("may not tell your position")
        what = page.get_by_role("textbox")
        for typed, said in REFUSED.items():
            what.fill(typed)
            what.press("Enter")
            expect(page.locator("#ask-problem")).to_contain_text(said)
        what.fill(f"{LON + STEP / 2} {LAT + STEP / 2}")
        what.press("Enter")
        expect(answer.locator("#code")).to_have_text(f"{WEST}001")
        expect(page.locator("#packs")).to_contain_text("West")  # the community: the account has no more
        what.fill(f"{LON + 3.5 * STEP} {LAT + STEP / 2}")
        what.press("Enter")
        expect(answer).to_contain_text("Outside all grids")
        expect(answer).to_contain_text(f"({WEST}001), 137 m away")

        # The sign-in ends: what is on the phone goes on.
        context.clear_cookies()
        page.reload()
        expect(page.locator("#state")).to_contain_text("goes on answering")
        what.fill(f"{LON + STEP / 2} {LAT + STEP / 2}")
        what.press("Enter")
        expect(answer.locator("#code")).to_have_text(f"{WEST}001")
        expect(answer).to_contain_text("By the copy of West on this phone: edition 1")
    context.close()
