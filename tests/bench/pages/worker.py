"""Opens a page again and again: ``python -m tests.bench.pages.worker PAGE FOLDER RUNS``."""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, CDPSession, Page

from tests.browser.chromium import launched, new_context
from tests.browser.served_pages import DESKTOP, PAGES, ServedPage, open_page
from tests.service_apart import ServiceApart, service_apart

_SILENCE_MS = 1000
_SENT_BYTES = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .reduce((sum, { transferSize }) => sum + transferSize, 0)"""
_WATCH = """() => {
  const note = () => (window.told = [...(window.told ?? []), performance.now()]);
  new MutationObserver(note).observe(document.querySelector("#panel .covered"), { childList: true });
  addEventListener("pointerup", () => (window.dropped = performance.now()), { capture: true });
}"""


def measured(served: ServedPage, folder: Path, runs: int) -> dict[str, float]:
    """Give the medians of several new browsers."""
    found: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as scratch, service_apart(folder, Path(scratch, "asked.log")) as service:
        for run in range(runs + 1):
            with launched() as browser:
                figures = _opened(browser, service, served)
            if run:  # the first finds the service as it has just started
                found.append(figures)
    slowest = max(figures["first_view_ms"] for figures in found)
    return {name: median(figures[name] for figures in found) for name in found[0]} | {"slowest_ms": slowest}


def _opened(browser: Browser, service: ServiceApart, served: ServedPage) -> dict[str, float]:
    page = new_context(browser, viewport=DESKTOP, locale="en-GB").new_page()
    processes = browser.new_browser_cdp_session()
    before = _cpu_s(processes)
    service.log.write_text("", encoding="utf-8")
    open_page(page, f"{service.url}/", served)
    spent = _cpu_s(processes)
    spent.subtract(before)
    first = _settled(page, service, served)
    page.goto("about:blank")
    open_page(page, f"{service.url}/", served)
    again = _settled(page, service, served)
    more = {"what_if_ms": _what_if(page, f"{service.url}/")} if served is PAGES["analyst"] else {}
    return more | {
        "first_view_ms": first["seen_ms"],
        "ready_ms": first["ready_ms"],
        "again_ms": again["seen_ms"],
        "renderer_cpu_ms": 1000 * spent["renderer"],
        "gpu_cpu_ms": 1000 * spent["GPU"],
        "browser_cpu_ms": 1000 * spent["browser"],
        "requests": first["requests"],
        "wire_kb": first["kb"],
        "again_requests": again["requests"],
        "again_kb": again["kb"],
    }


def _what_if(page: Page, site: str) -> float:
    """Drag a camera of the whole city; give how long after it was let go the numbers are others."""
    served = PAGES["analyst-coverage"]
    open_page(page, site, served)
    assert served.act is not None
    served.act(page)
    page.wait_for_timeout(_SILENCE_MS)
    page.evaluate(_WATCH)
    handle = page.locator(".cv-handle.move").bounding_box()
    assert handle is not None
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 30, steps=10)
    page.mouse.up()
    page.locator("#panel .covered .change").first.wait_for()
    page.wait_for_timeout(_SILENCE_MS)
    told: float = page.evaluate("told.at(-1) - dropped")
    return told


def _settled(page: Page, service: ServiceApart, served: ServedPage) -> dict[str, float]:
    """Wait until nothing more comes; give what it took, and forget it."""
    seen = -1
    while len(service.asked()) > seen:  # "networkidle" comes once, and a page may have been busy with itself then
        seen = len(service.asked())
        page.wait_for_timeout(_SILENCE_MS)
    times = [page.evaluate(f"performance.getEntriesByName('{mark}')[0].startTime") for mark in served.marks]
    figures = {
        "seen_ms": times[0],
        "ready_ms": times[-1],
        "requests": len(service.asked()),
        "kb": page.evaluate(_SENT_BYTES) / 1024,
    }
    service.log.write_text("", encoding="utf-8")
    return figures


def _cpu_s(session: CDPSession) -> Counter[str]:
    """Give the CPU seconds of Chromium's processes by their kind."""
    total: Counter[str] = Counter()
    for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
        total[process["type"]] += process["cpuTime"]
    return total


if __name__ == "__main__":
    print(json.dumps(measured(PAGES[sys.argv[1]], Path(sys.argv[2]), int(sys.argv[3]))))
