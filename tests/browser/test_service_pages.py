"""The maps of service points, checkpoints and beats in a browser: they open, fit, and tell what they show."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from spatialgov.language import Language, using_language
from spatialgov.workspace import BeatQuestion, CheckpointQuestion, ServiceQuestion, Workspace
from spatialgov_maps.base import Map, save_html
from spatialgov_maps.service_maps import map_of_beats, map_of_checkpoints, map_of_service_points
from tests.browser.accessibility import check
from tests.service_town import found_service_town

MAPS: dict[str, tuple[str, Callable[[Workspace], Map]]] = {
    "service-points": ("Served by", lambda town: map_of_service_points(town, ServiceQuestion(new=1, time_limit_s=1))),
    "checkpoints": ("From the border", lambda town: map_of_checkpoints(town, CheckpointQuestion())),
    "beats": ("Walked twice", lambda town: map_of_beats(town, BeatQuestion(beats=1, shift_h=0.1))),
}
HOVERED = {"service-points": "areas", "checkpoints": "points", "beats": "lines"}
LOOKS: list[tuple[Language, int]] = [("zh", 390), ("en", 1280)]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_service_town(tmp_path_factory.mktemp("town")) as workspace:
        yield workspace


@pytest.mark.parametrize("name", MAPS)
def test_a_page_opens_fits_and_tells(page: Page, town: Workspace, tmp_path: Path, name: str) -> None:
    row, draw = MAPS[name]
    for language, width in LOOKS:
        with using_language(language):
            file = save_html(draw(town), tmp_path / "map.html")
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(file.as_uri())
        check(page)
    expect(page.locator("h1")).to_be_visible()
    page.locator(f".leaflet-{HOVERED[name]}-pane path.leaflet-interactive").last.hover()
    expect(page.locator(".leaflet-tooltip.card")).to_contain_text(row)
