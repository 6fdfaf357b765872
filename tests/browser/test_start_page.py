"""The start page's own logic against canned answers; the real service is tested with the API."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from spatialgov_maps import static_dir
from tests.browser.chromium import NewPage

CHAIN = [
    {"level": "district", "code": "990101000000", "name": "云河区", "name_en": "Yunhe District"},
    {"level": "subdistrict", "code": "990101001000", "name": "河东街道", "name_en": "Hedong"},
    {"level": "community", "code": "990101001001", "name": "桥头社区", "name_en": "Qiaotou"},
    {"level": "grid", "code": "990101001001003", "name": "第3网格", "name_en": ""},
]
RECOMMENDATION = {
    "kind": "split",
    "grids": ["990101001001003"],
    "households_moved": 1210,
    "before": {},
    "after": {},
    "reason": "<b>1,210</b> households",
}
ANSWERS: dict[str, Any] = {
    "account": {"name": "local", "permissions": ["counts", "cameras", "plans"]},
    "summary": {
        "jurisdiction": {"code": "990101000000", "name": "云河区", "name_en": "Yunhe District"},
        "counts": {"communities": 12, "units": 3012, "grids": 168, "incidents": 60000, "cameras": 800},
        "edition": {"id": 3, "valid_from": "2026-02-01T08:00:00+08:00"},
    },
    "recommendations": {"recommendations": [RECOMMENDATION] * 10},
    "grids": {
        "type": "FeatureCollection",
        "numberMatched": 1,
        "features": [
            {
                "type": "Feature",
                "properties": {},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[116, 34], [117, 34], [117, 35], [116, 35], [116, 34]]],
                },
            }
        ],
    },
}
OUTSIDE = {
    "type": "about:blank",
    "title": "Not found",
    "status": 404,
    "detail": "No grid there.",
    "code": "not_found",
    "remedy": "Check it.",
}


class Stub(SimpleHTTPRequestHandler):
    """The pages as the service serves them, and canned answers below /api/v1."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith("/api/v1/"):
            return self.answer(parts.path.removeprefix("/api/v1/"), parse_qs(parts.query))
        if parts.path == "/openapi.json":
            return self.reply({"openapi": "3.1.0", "info": {"title": "Stub service", "version": "1"}, "paths": {}})
        pages = {"/": "/index.html", "/docs": "/docs.html"}
        self.path = pages.get(parts.path, parts.path.removeprefix("/static"))
        super().do_GET()

    def answer(self, name: str, query: dict[str, list[str]]) -> None:
        if name != "locate":
            return self.reply(ANSWERS[name])
        if float(query["lon"][0]) > 118:
            return self.reply(OUTSIDE, 404)
        found = {"code": CHAIN[3]["code"], "name": CHAIN[3]["name"], "on_border": query["datum"] == ["bd09"]}
        self.reply(found | {"datum": query["datum"][0], "edition": 3, "chain": CHAIN})

    def reply(self, body: Any, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Stub, directory=str(static_dir())))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def ask(page: Page, lon: str, lat: str, datum: str = "wgs84") -> None:
    page.get_by_label("Longitude").fill(lon)
    page.get_by_label("Latitude").fill(lat)
    page.get_by_label("Datum").select_option(datum)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Find the grid").click()


def test_numbers_tiles_and_recommendations(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator("#jurisdiction")).to_contain_text("Yunhe District")
    expect(page.locator("#jurisdiction")).to_contain_text("1 February 2026")
    expect(page.locator("#numbers")).to_contain_text("60,000")
    addresses = page.locator(".tiles a").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    assert addresses == [
        "maps/plan?lang=en",
        "maps/heatmap?lang=en",
        "maps/coverage?lang=en",
        "#recommendations",
        "analyst",
        "workbench",
        "field",
        "docs",
    ]
    expect(page.locator("#advice li")).to_have_count(8)
    expect(page.locator("#advice li").first).to_contain_text("<b>1,210</b> households")
    expect(page.locator("#advice")).to_contain_text("and 2 more")


def test_language_switches_at_once_and_stays(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("#jurisdiction")).to_contain_text("云河区")
    expect(page.locator(".tiles a").first).to_have_attribute("href", "maps/plan?lang=zh")
    page.reload()
    expect(page.get_by_role("button", name="查询网格")).to_be_visible()


def test_chinese_browser_starts_in_chinese(new_page: NewPage, site: str) -> None:
    page = new_page(locale="zh-CN")
    page.goto(site)
    expect(page.get_by_role("heading", level=1)).to_contain_text("网格")


def test_locate_gives_the_chain(page: Page, site: str) -> None:
    page.goto(site)
    ask(page, "116.5", "３４.5°", "gcj02")  # full-width digits, as a Chinese keyboard types them
    rows = page.locator("#answer .chain li")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("Yunhe District")
    expect(rows.last).to_contain_text("990101001001003")
    expect(page.locator("#answer")).to_contain_text("GCJ-02")
    expect(page.locator("#answer .notice")).to_have_count(0)


def test_locate_says_when_a_place_lies_on_a_border(page: Page, site: str) -> None:
    page.goto(site)
    ask(page, "116.5", "34.5", "bd09")
    expect(page.locator("#answer .notice")).to_be_visible()


def test_locate_refuses_what_is_no_number(page: Page, site: str) -> None:
    page.goto(site)
    ask(page, "116,5", "")
    expect(page.locator("#answer")).to_contain_text("must be numbers")
    expect(page.get_by_label("Longitude")).to_have_attribute("aria-invalid", "true")


def test_example_fills_the_form(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("button", name="Fill in an example").click()
    expect(page.get_by_label("Longitude")).to_have_value("116.500000")
    expect(page.locator("#answer .chain li")).to_have_count(4)


def test_page_works_by_keyboard(page: Page, site: str) -> None:
    page.goto(site)
    stops = []
    for _ in range(30):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate("document.activeElement.name || document.activeElement.textContent.trim().slice(0, 14)")
        )
    assert stops[0] == "Skip to conten"
    assert stops[1] == "中文"
    first = stops.index("lon")
    assert stops[first : first + 3] == ["lon", "lat", "datum"]


def test_page_fits_a_phone(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(site)
    ask(page, "116.5", "34.5")
    expect(page.locator("#answer .chain li")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_docs_draw_the_reference(page: Page, site: str) -> None:
    page.goto(f"{site}docs")
    expect(page.get_by_role("heading", name="Stub service")).to_be_visible()


def test_locate_shows_the_problem_of_the_service(new_page: NewPage, site: str) -> None:
    page = new_page(refusals=(404,))
    page.goto(site)
    ask(page, "120", "34.5")
    expect(page.locator("#answer .problem")).to_have_text("No grid there. Check it.")
