"""The reader of field packs, run by Node: what it answers is what the service answers."""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely

from spatialgov.datum import from_wgs84, parse_datum, place_to_wgs84
from spatialgov.errors import NotFoundError
from spatialgov.locate import Locator
from spatialgov.locate.field_pack import encode_field_pack
from spatialgov.workspace import Workspace
from spatialgov_maps import static_dir
from tests.node_command import node_command

SUBDISTRICT = "990101001000"
RUNNER = Path(__file__).with_name("ask_field_packs.mjs")
Point = tuple[float, float, str]
FloatArray = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def node() -> list[str]:
    return node_command()


def ask(node: list[str], packs: Sequence[Path], points: Sequence[Point] = ()) -> dict[str, Any]:
    question = json.dumps({"packs": [str(path) for path in packs], "points": list(points)})
    done = subprocess.run([*node, str(RUNNER)], input=question, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="module")
def pack(sample_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of a subdistrict of the sample city."""
    file = tmp_path_factory.mktemp("packs") / "town.pack"
    sample_workspace.locations.field_pack(SUBDISTRICT).save(file)
    return file


def expected(workspace: Workspace, point: Point) -> dict[str, Any] | None:
    """Give what the service answers, by its short path and its long one, as JSON; None outside the subdistrict."""
    lon, lat, datum = point
    at_once = workspace.locations.find_at_once(lon, lat, parse_datum(datum))
    try:
        found = at_once[1].location(at_once[0], datum) if at_once else workspace.locations.find(*point)
    except NotFoundError:
        return None
    answer = asdict(found)
    return {**answer, "chain": list(answer["chain"])} if SUBDISTRICT in {c.code for c in found.chain} else None


def around(workspace: Workspace) -> tuple[float, float, float, float]:
    grids = workspace.store.edition_grids(workspace.store.edition().id)
    bounds = grids[grids["parent_code"].str.startswith(SUBDISTRICT[:9])].total_bounds
    west, south, east, north = (float(value) for value in bounds)
    return west - 0.002, south - 0.002, east + 0.002, north + 0.002


def scattered(box: tuple[float, float, float, float], n: int, seed: int) -> FloatArray:
    return np.random.default_rng(seed).uniform(box[:2], box[2:], (n, 2))


def awkward(ends: FloatArray) -> FloatArray:
    """Give vertices and middles of edges, and their neighbours among the doubles, float64 (n, 2)."""
    places = np.unique(np.vstack([ends[:, :2], ends[:, 2:], (ends[:, :2] + ends[:, 2:]) / 2]), axis=0)
    x, y = places.T
    moved = [places]
    for towards in (-np.inf, np.inf):
        moved.append(np.column_stack([np.nextafter(x, towards), y]))
        moved.append(np.column_stack([x, np.nextafter(y, towards)]))
    return np.vstack(moved)


def test_the_reader_is_small_and_brings_all_it_needs() -> None:
    source = (static_dir() / "js" / "field_pack.mjs").read_bytes()
    assert len(source) < 11_000
    assert b"import" not in source


def test_a_pack_says_whose_it_is(node: list[str], sample_workspace: Workspace, pack: Path, tmp_path: Path) -> None:
    sample_workspace.locations.field_pack(None).save(tmp_path / "all.pack")
    told = ask(node, [pack, tmp_path / "all.pack"])["packs"]
    edition = sample_workspace.store.edition()
    grids = sample_workspace.store.edition_grids(edition.id)
    own = grids["parent_code"].str.startswith(SUBDISTRICT[:9]).sum()
    assert [(p["edition"], p["validFrom"]) for p in told] == 2 * [(edition.id, edition.valid_from.isoformat())]
    assert [p["size"] for p in told] == [own, len(grids)]
    assert (told[0]["jurisdiction"]["code"], told[1]["jurisdiction"]) == (SUBDISTRICT, None)
    assert told[0]["jurisdiction"]["level"] == "subdistrict"
    assert pack.stat().st_size < 40_000


@pytest.mark.parametrize(("datum", "n"), [("wgs84", 20_000), ("cgcs2000", 500), ("gcj02", 5_000), ("bd09", 5_000)])
def test_answers_are_the_services(node: list[str], sample_workspace: Workspace, pack: Path, datum: str, n: int) -> None:
    places = scattered(around(sample_workspace), n, 1)
    lon, lat = from_wgs84(places[:, 0], places[:, 1], datum)
    points = [(x, y, datum) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    told = ask(node, [pack], points)
    assert told["answers"] == [expected(sample_workspace, point) for point in points]
    assert sum(answer is not None for answer in told["answers"]) > n / 3
    assert told["wgs84"] == [list(place_to_wgs84(*point)) for point in points]


def test_answers_on_borders_are_the_services(node: list[str], sample_workspace: Workspace, pack: Path) -> None:
    edition = sample_workspace.store.edition()
    edges = Locator.open(sample_workspace.data_dir / "editions" / str(edition.locator_file)).edges
    west, south, east, north = around(sample_workspace)
    inside = (edges.ends >= [west, south, west, south]).all(1) & (edges.ends <= [east, north, east, north]).all(1)
    places = awkward(edges.ends[inside])
    points = [(x, y, "wgs84") for x, y in places.tolist()]
    assert len(points) > 10_000
    answers = ask(node, [pack], points)["answers"]
    assert answers == [expected(sample_workspace, point) for point in points]
    assert sum(answer is not None and answer["on_border"] for answer in answers) > 1_000


def oddities() -> list[shapely.Geometry]:
    """A hole, an enclave in it with a hole of its own, parts, rings that touch in a point, level edges, both ends of
    the world, and the zero meridian with vertices that are nearly on it."""
    ring = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    enclave = shapely.box(1, 1, 2, 2).difference(shapely.Polygon([(1.5, 1), (1.7, 1.5), (1.5, 1.5)]))
    parts = shapely.MultiPolygon([shapely.box(-2, 0, -1, 1), shapely.box(-1, 1, 0, 2)])  # touching in (-1, 1)
    slanted = shapely.Polygon([(0, 3), (3, 3), (2.9, 3.7), (0.1, 4.1), (1e-300, 3.5)])
    ends = [shapely.box(-180, -1, -179, 1), shapely.box(179, -1, 180, 1), shapely.box(179, 89, 180, 90)]
    thin = shapely.Polygon([(-4, -1 / 3), (3, -1 / 7), (3, 0), (0, 0), (-2, 0)])
    return [ring, enclave, parts, slanted, *ends, thin]


def test_oddities(node: list[str], tmp_path: Path) -> None:
    shapes = oddities()
    codes = [f"g{i}" for i in range(len(shapes))]
    locator = Locator.build(gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=4326))
    chosen = np.array([1, 2, 3, 4, 5, 6, 7, 0])
    header = {
        "edition": 7,
        "valid_from": "2026-11-01T00:00:00+00:00",
        "jurisdiction": None,
        "links": [],
        "chains": [[]],
        "grids": [[codes[i], codes[i], 0] for i in chosen.tolist()],
    }
    files = [tmp_path / "all.pack", tmp_path / "some.pack"]
    files[0].write_bytes(encode_field_pack(locator.edges, chosen, header))
    some = {**header, "grids": [["g3", "", 0], ["g1", "", 0]]}
    files[1].write_bytes(encode_field_pack(locator.edges, np.array([3, 1]), some))

    ends = locator.edges.ends
    places = np.vstack([awkward(ends), scattered((-4, -1, 4, 5), 3_000, 2), [(0.0, 90.0), (1.6, 1.2)]])
    places = places[(np.abs(places) <= [180, 90]).all(axis=1)]
    points = [(x, y, "wgs84") for x, y in places.tolist()]
    matches = [locator.find(x, y) for x, y, _ in points]
    for file, own in zip(files, ({*codes}, {"g1", "g3"}), strict=True):
        answers = ask(node, [file], points)["answers"]
        assert [answer and (answer["code"], answer["on_border"]) for answer in answers] == [
            (m.code, m.on_border) if m.code in own else None for m in matches
        ]


def test_the_page_about_field_packs_is_right(node: list[str], sample_dir: Path, tmp_path: Path) -> None:
    page = (RUNNER.parents[2] / "docs" / "field-pack.md").read_text(encoding="utf-8")
    command, script = re.findall(r"^```(?:sh|js)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shutil.copy(static_dir() / "js" / "field_pack.mjs", tmp_path)
    (tmp_path / "app.mjs").write_text(script, encoding="utf-8")
    python = f"import sys; sys.argv = {command.split()!r}; from spatialgov.cli import main; main()"
    environment = os.environ | {"SPATIALGOV_DATA_DIR": str(sample_dir)}
    subprocess.run([sys.executable, "-c", python], cwd=tmp_path, env=environment, check=True, capture_output=True)
    done = subprocess.run([*node, "app.mjs"], cwd=tmp_path, check=True, capture_output=True, encoding="utf-8")
    first, second, third = done.stdout.splitlines()
    assert first.startswith("古城街道 ")
    assert re.fullmatch(r"990101001\d{6} .* 青岚区 / 古城街道 / \S+", second)
    assert third == "null"


def test_what_is_no_place_or_no_datum(node: list[str], pack: Path) -> None:
    wrong: list[Any] = [
        (181.0, 0.0, "wgs84"), (0.0, -90.1, "cgcs2000"), (33.9, 116.6, "gcj02"), (116.6, 33.9, "beijing54"),
        (116.6, 33.9, None), (None, 33.9, "wgs84"), ("116.6", 33.9, "wgs84"), (116.6, 33.9, "constructor"),
        (0.0, 90.0, "gcj02"), (0.0065, 0.006, "bd09"),
    ]  # fmt: skip
    assert ask(node, [pack], wrong)["answers"] == ["RangeError"] * len(wrong)


def test_longitude_105_where_the_steps_are_others(node: list[str], pack: Path) -> None:
    places = np.vstack([scattered((104.995, 26, 105.005, 40), 200, 3), [(105.0, 35.0)]])
    lon, lat = from_wgs84(places[:, 0], places[:, 1], "gcj02")
    points = [(x, y, "gcj02") for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    told = np.array(ask(node, [pack], points)["wgs84"])
    np.testing.assert_allclose(told, [place_to_wgs84(*point) for point in points], rtol=0, atol=2e-12)
    np.testing.assert_allclose(told, places, rtol=0, atol=1e-11)


def test_files_that_are_none_are_refused(node: list[str], pack: Path, tmp_path: Path) -> None:
    content = pack.read_bytes()
    rng = np.random.default_rng(4)
    cases: list[tuple[bytes, str]] = [
        (b"", "foreign"),
        (content[:7], "foreign"),
        (content[:31], "foreign"),
        (b"PK\3\4" + bytes(4000), "foreign"),
        (content[:8] + struct.pack("<I", 2) + content[12:], "version"),
        (content + b"\0", "truncated"),
        *((content[:n], "truncated") for n in rng.integers(32, len(content), 50).tolist()),
    ]
    for place in rng.integers(20, len(content), 150).tolist():  # behind magic, version, sum and length
        bit = 1 << int(rng.integers(8))
        cases.append((content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :], "damaged"))
    cases.append((content[:12] + struct.pack("<I", zlib.crc32(content)) + content[16:], "damaged"))
    files = [tmp_path / f"{i}.pack" for i in range(len(cases))]
    for file, (changed, _) in zip(files, cases, strict=True):
        file.write_bytes(changed)
    assert ask(node, files)["packs"] == [code for _, code in cases]
