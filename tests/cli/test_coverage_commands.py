"""The commands about cameras, on a small town."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import Result

from spatialgov.cli._coverage import CLASS_NAMES, REASONS
from spatialgov.coverage import CLASSES
from spatialgov.coverage import REASONS as ALL_REASONS
from tests.coverage_town import EAST, WEST, found_camera_town

Run = Callable[..., Result]

COMMANDS: dict[str, tuple[str, ...]] = {
    "coverage": ("--by", "community"),
    "gaps": ("--visits", "--weight", "road=2", "--weight", "ground=1"),
    "redundancy": ("--by", "all"),
    "closure": ("--longest-break", "30"),
    "sites": ("--new", "2", "--kind", "dome", "--fov", "360", "--range", "40"),
    "what-if": ("--repair", "broken", "--turn", "west=90"),
}
LAYERS = {
    "coverage": ("coverage", "visible", "sectors"),
    "gaps": ("gaps", "visits"),
    "redundancy": ("ground", "posts", "shares"),
    "closure": ("compounds", "entrances", "roads", "breaks", "summary"),
    "sites": ("steps", "curve"),
    "what-if": ("cameras", "measures"),
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the data folder of the town."""
    folder = tmp_path_factory.mktemp("town")
    found_camera_town(folder).close()
    return folder / "town"


def test_the_words_of_the_help_are_those_of_the_code() -> None:
    assert tuple(CLASSES) == CLASS_NAMES
    assert ALL_REASONS == REASONS


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("command", COMMANDS)
def test_tables_for_people(run: Run, town: Path, command: str, lang: Any) -> None:
    result = run(command, *COMMANDS[command], "--data-dir", town, lang=lang)
    assert result.exit_code == 0, result.stderr
    assert len(result.stdout.splitlines()) >= 2
    assert ("class of picture: detect" in result.stderr) == (lang == "en")
    assert ("图像等级：探测" in result.stderr) == (lang == "zh")
    assert "nan" not in result.stdout
    assert ("Next: " in result.stderr) == (lang == "en" and command != "what-if")


@pytest.mark.parametrize("command", COMMANDS)
def test_json_and_files(run: Run, town: Path, tmp_path: Path, command: str) -> None:
    file = tmp_path / "found.gpkg"
    result = run(command, *COMMANDS[command], "-o", file, "--json", "--data-dir", town)
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert (said["needed"], said["edition"], said["cameras"], said["working"]) == ("detect", 1, 4, 3)
    assert f"Written: {file}" in result.stderr
    assert set(gpd.list_layers(file)["name"]) == set(LAYERS[command])


def test_coverage_by_area_class_and_hour(run: Run, town: Path) -> None:
    lines = run("coverage", "--by", "community", "--data-dir", town).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["community", WEST, EAST, "all"]
    by_class = run("coverage", "--by", "all", "--split", "class", "--data-dir", town)
    assert {line.split()[2] for line in by_class.stdout.splitlines() if " roads " in line} == {
        "trunk", "residential", "alley",
    }  # fmt: skip
    by_hour = run("coverage", "--by", "all", "--split", "hour", "--timezone", "UTC", "--data-dir", town)
    assert {line.split()[2] for line in by_hour.stdout.splitlines()[1:]} == {"0", "12", "1"}
    wrong = run("coverage", "--by", "study_area", "--data-dir", town)
    assert (wrong.exit_code, "grid, community" in wrong.stderr) == (1, True)


def test_gaps_are_filtered_and_figures_surveyed(run: Run, town: Path) -> None:
    found = json.loads(run("gaps", "--reason", "out_of_service", "--top", "1", "--json", "--data-dir", town).stdout)
    assert [gap["camera_id"] for gap in found["gaps"]] == ["broken"]
    assert found["matched"] >= 1
    figures = json.loads(run("gaps", "--survey", "--json", "--data-dir", town).stdout)["figures"]
    assert {one["camera_id"] for one in figures} == {"turning"}
    assert run("gaps", "--weight", "road", "--data-dir", town).exit_code == 2
    assert run("gaps", "--weight", "road=much", "--data-dir", town).exit_code == 2
    assert run("gaps", "--weight", "trees=1", "--data-dir", town).exit_code == 1


def test_a_plan_can_be_tried(run: Run, town: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    planned = run("sites", "--new", "1", "--changes", file, "--json", "--data-dir", town)
    assert planned.exit_code == 0, planned.stderr
    assert f"spatialgov what-if {file} --datum wgs84" in planned.stderr
    changes = pd.read_csv(file)
    assert len(changes) == len(json.loads(planned.stdout)["changes"])
    tried = run("what-if", file, "--datum", "wgs84", "--by", "all", "--json", "--data-dir", town)
    assert tried.exit_code == 0, tried.stderr
    ground = json.loads(tried.stdout)["measures"][0]
    assert ground["covered_after"] > ground["covered_before"]
    assert run("what-if", file, "--by", "all", "--data-dir", town).exit_code == 1  # coordinates without a datum


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("sites", "--new", "1", "--share", "0.5"), 2, "one of --new"),
        (("sites", "--share", "0"), 2, "--share"),
        (("sites", "--only", "pray"), 2, "pray"),
        (("what-if",), 2, "table of changes"),
        (("what-if", "--turn", "west"), 2, "ID=AZIMUTH"),
        (("what-if", "--move", "west=118.3"), 2, "ID=LON,LAT"),
        (("what-if", "--turn", "nobody=90"), 1, "no camera nobody"),
        (("what-if", "--move", "west=118.3,35.1"), 1, "datum"),
        (("what-if", "nothing.csv"), 1, "nothing.csv"),
        (("coverage", "--class", "blurred"), 2, "blurred"),
        (("map", "gaps", "-o", "gaps.pdf"), 2, "gaps.pdf"),
    ],
)
def test_bad_calls_are_refused(run: Run, town: Path, arguments: tuple[str, ...], status: int, said: str) -> None:
    result = run(*arguments, "--data-dir", town)
    assert result.exit_code == status, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_without_cameras_there_is_nothing_to_measure(run: Run, store: Path) -> None:
    for command in ("coverage", "gaps", "redundancy", "closure", "sites", "what-if"):
        options = COMMANDS[command] if command == "what-if" else ()
        result = run(command, *options, "--data-dir", store)
        assert (result.exit_code, "There are no cameras yet." in result.stderr) == (1, True), command


@pytest.mark.parametrize("what", ["coverage", "gaps", "sites"])
def test_maps_of_cameras(run: Run, town: Path, tmp_path: Path, what: str) -> None:
    file = tmp_path / "map.html"
    result = run("map", what, "--new", "1", "--class", "monitor", "-o", file, "--data-dir", town)
    assert result.exit_code == 0, result.stderr
    assert "class of picture: monitor" in file.read_text(encoding="utf-8")
