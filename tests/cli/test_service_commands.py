"""The commands about service points, checkpoints and beats, on a small town."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import Result

from spatialgov.allocation import DRIVING
from spatialgov.cli._service import ROAD_CLASSES
from tests.service_town import found_service_town

Run = Callable[..., Result]

COMMANDS: dict[str, tuple[str, ...]] = {
    "service-points": ("--kind", "police_station", "--new", "1", "--time", "1"),
    "checkpoints": ("--posts", "trunk=4"),
    "beats": ("--beats", "2", "--tolerance", "1", "--shift", "0.1", "--time", "1"),
}
LAYERS = {
    "service-points": ("centres", "grids"),
    "checkpoints": ("checkpoints", "area"),
    "beats": ("beats", "streets"),
}


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the data folder of the town."""
    folder = tmp_path_factory.mktemp("town")
    found_service_town(folder).close()
    return folder / "town"


def test_the_words_of_the_help_are_those_of_the_code() -> None:
    assert tuple(DRIVING.kmh) == ROAD_CLASSES


@pytest.mark.parametrize("command", COMMANDS)
def test_tables_files_and_json_say_the_same(run: Run, streets: Path, tmp_path: Path, command: str) -> None:
    file, faults = tmp_path / "found.gpkg", tmp_path / "faults.csv"
    arguments = (command, *COMMANDS[command], "--data-dir", streets)
    english = run(*arguments, "-o", file, "--faults", faults)
    assert english.exit_code == 0, english.stderr
    chinese = run(*arguments, lang="zh")
    assert len(chinese.stdout.splitlines()) == len(english.stdout.splitlines())
    assert f"spatialgov map {command}" in english.stderr
    assert list(pd.read_csv(faults).columns)[:2] == ["row", "column"]
    first, second = LAYERS[command]
    written = gpd.read_file(file, layer=first)
    assert len(gpd.read_file(file, layer=second)) > 0
    said = json.loads(run(*arguments, "--json").stdout)
    assert len(said[first]) == len(written) == len(english.stdout.splitlines()) - 1
    assert said["gap"] >= 0
    assert said["basis"]["edition"] == 1
    table = tmp_path / "found.csv"
    assert run(*arguments, "-o", table).exit_code == 0
    assert len(pd.read_csv(table)) == len(written)


def test_centres_may_come_from_a_file(run: Run, streets: Path, tmp_path: Path) -> None:
    file = tmp_path / "boxes.csv"
    file.write_text("place_id,name,lon,lat,capacity\nb1,Box,118.3006,35.1006,1200\nb2,,118.3035,35.1033,\n")
    said = run("service-points", "--centres", file, "--datum", "wgs84", "--json", "--data-dir", streets)
    assert said.exit_code == 0, said.stderr
    body = json.loads(said.stdout)
    assert [one["place_id"] for one in body["centres"]] == ["b1", "b2"]
    assert body["basis"]["centres"] == "file"
    assert run("service-points", "--centres", file, "--data-dir", streets).exit_code == 1  # no datum
    file.write_text("place_id,lon,lat\nb1,118.3006,35.1006\nb1,118.3035,35.1033\n")
    wrong = run("service-points", "--centres", file, "--datum", "wgs84", "--data-dir", streets)
    assert "boxes.csv, row 2, column place_id: 'b1'" in wrong.stderr


def test_beats_beyond_the_shift_are_flagged(run: Run, streets: Path) -> None:
    said = run("beats", *COMMANDS["beats"], "--data-dir", streets)
    assert said.stdout.count("exceeds the shift") == 2
    assert "2 of them take longer than the 0.1 hours" in said.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("service-points", "--anew"), 2, "--new"),
        (("service-points", "--anew", "--new", "1", "--kind", "school"), 2, "one of --kind"),
        (("service-points", "--kind", "bank"), 1, "Kinds in the store"),
        (("service-points", "--capacity", "1"), 1, "lack room"),
        (("checkpoints", "--posts", "trunk"), 2, "CLASS=N"),
        (("checkpoints", "--posts", "canal=1"), 2, "CLASS=N"),
        (("checkpoints", "--posts", "trunk=0"), 1, "0 posts"),
        (("checkpoints", "--area", "1"), 1, "no jurisdiction '1'"),
        (("beats", "--beats", "99"), 1, "99 beats"),
        (("beats", "--shift", "0"), 2, "--shift"),
        (("beats", "-o", "beats.pdf"), 2, "beats.pdf"),
    ],
)
def test_bad_calls_are_refused(run: Run, streets: Path, arguments: tuple[str, ...], status: int, said: str) -> None:
    result = run(*arguments, "--data-dir", streets)
    assert result.exit_code == status, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_without_roads_the_remedy_is_an_import(run: Run, store: Path) -> None:
    for command in COMMANDS:
        result = run(command, "--data-dir", store)
        assert (result.exit_code, "spatialgov import roads" in result.stderr) == (1, True), command


@pytest.mark.parametrize("what", COMMANDS)
def test_maps(run: Run, streets: Path, tmp_path: Path, what: str) -> None:
    file = tmp_path / "map.html"
    options = ("--beats", "2") if what == "beats" else ()
    result = run("map", what, *options, "-o", file, "--data-dir", streets)
    assert result.exit_code == 0, result.stderr
    text = file.read_text(encoding="utf-8")
    assert len(text.encode()) < 1_000_000
    assert "default-src 'none'" in text
