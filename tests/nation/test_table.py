"""The national table, against one locator over all grids."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.errors import CodeError, FaultyDataError, StoreError
from spatialgov.locate import Locator
from spatialgov.nation import Counts, NationalTable, SyntheticNation
from spatialgov.nation.table import Entry


@pytest.fixture(scope="module")
def nation() -> SyntheticNation:
    return SyntheticNation.build(Counts(2, 4, 9, 30, 90, 400), seed=1)


@pytest.fixture(scope="module")
def whole(nation: SyntheticNation) -> Locator:
    return Locator.build(gpd.GeoDataFrame(pd.concat([frame for _, frame in nation.each_city()], ignore_index=True)))


@pytest.fixture
def table(nation: SyntheticNation, tmp_path: Path) -> NationalTable:
    NationalTable(tmp_path / "nation").publish(nation.each_city())
    return NationalTable.open(tmp_path / "nation")


def places(nation: SyntheticNation, whole: Locator) -> tuple[np.ndarray, np.ndarray]:
    """Give random locations, and all vertices and middles of borders."""
    lon, lat = nation.points(4_000, np.random.default_rng(0))
    ends = whole.edges.ends
    return (
        np.concatenate([lon, ends[:, 0], ends[:, 2], ends[:, [0, 2]].mean(axis=1)]),
        np.concatenate([lat, ends[:, 1], ends[:, 3], ends[:, [1, 3]].mean(axis=1)]),
    )


def test_answers_are_those_of_one_locator(table: NationalTable, nation: SyntheticNation, whole: Locator) -> None:
    lon, lat = places(nation, whole)
    expected = np.array([*whole.codes, ""], dtype=object)[whole.locate_many(lon, lat)]
    assert (table.locate_many(lon, lat).codes() == expected).all()
    assert (expected == "").any()
    for x, y in zip(lon[3_990:4_100].tolist(), lat[3_990:4_100].tolist(), strict=True):
        assert table.find(x, y) == whole.find(x, y)


def test_on_the_border_of_two_cities(table: NationalTable, whole: Locator) -> None:
    prefix = np.array([int(code[:4]) for code in whole.codes])
    edges = whole.edges
    inner = (edges.left > 0) & (edges.right > 0)
    between = np.flatnonzero(inner & (prefix[edges.left.astype(int) - 1] != prefix[edges.right.astype(int) - 1]))
    for lon, lat in edges.ends[between[:40], :2].tolist():
        match = table.find(lon, lat)
        assert match == whole.find(lon, lat)
        assert match.on_border
        assert len({code[:4] for code in (str(match.code), *match.others)}) > 1


def test_other_datums(table: NationalTable, whole: Locator, nation: SyntheticNation) -> None:
    lon, lat = nation.points(500, np.random.default_rng(5))
    found = table.locate_many(lon, lat, "gcj02")
    assert (found.codes() == np.array([*whole.codes, ""], dtype=object)[whole.locate_many(lon, lat, "gcj02")]).all()


def test_codes_lead_to_their_city(table: NationalTable, nation: SyntheticNation) -> None:
    prefixes = nation.code // 10**9
    cities = np.array(table.jurisdictions)[table.jurisdiction_of(prefixes)]
    assert (cities == [f"{prefix // 100}00000000" for prefix in prefixes.tolist()]).all()
    assert table.jurisdiction_of(np.array([999_999, 0])).tolist() == [-1, -1]


def test_who_answers_for_a_code(table: NationalTable, nation: SyntheticNation) -> None:
    code = f"{nation.code[-1]:015d}"
    for asked in (code, code[:12], code[:6]):
        assert table.publisher_of(asked) == (nation.cities[-1], table.entries[nation.cities[-1]])
    assert table.publisher_of("999999") is None
    with pytest.raises(CodeError, match="six digits"):
        table.publisher_of("11010")


def test_a_publication_is_taken_up_and_builds_no_more_than_its_own(
    table: NationalTable, nation: SyntheticNation
) -> None:
    city = nation.cities[1]
    before = dict(table.entries)
    other = NationalTable.open(table.folder)
    assert not other.refresh()
    grids = nation.grids(city)
    renamed = grids.assign(code=grids["code"].str[:14] + "9")
    renamed = renamed[~renamed["code"].duplicated()]
    table.publish([(city, grids.assign(code=[*renamed["code"][:1], *grids["code"][1:]]))])
    assert other.refresh()
    assert other.entries[city].edition == before[city].edition + 1
    assert other.entries[city].outline == before[city].outline
    assert {code: entry for code, entry in other.entries.items() if code != city} == {
        code: entry for code, entry in before.items() if code != city
    }
    lon, lat = shapely.get_coordinates(grids.geometry.iloc[0].representative_point())[0].tolist()
    assert other.find(lon, lat).code == renamed["code"].iloc[0]
    assert len(list(table.folder.glob("router-*"))) == 1


def test_another_outline_makes_another_router(table: NationalTable, nation: SyntheticNation) -> None:
    city = nation.cities[0]
    grids = nation.grids(city)
    lon, lat = shapely.get_coordinates(grids.geometry.iloc[0].representative_point())[0].tolist()
    table.publish([(city, grids.iloc[1:])])
    assert table.find(lon, lat).code is None
    assert len(list(table.folder.glob("router-*"))) == 2
    assert table.prune() == 0  # they are young


def test_what_overlaps_another_city_is_refused(table: NationalTable, nation: SyntheticNation) -> None:
    city = nation.cities[0]
    grids = nation.grids(city)
    index = (table.folder / "nation.json").read_bytes()
    with pytest.raises(FaultyDataError):
        table.publish([(city, grids.set_geometry(grids.translate(xoff=0.9)))])
    assert (table.folder / "nation.json").read_bytes() == index


def test_grids_of_another_city_are_refused(table: NationalTable, nation: SyntheticNation) -> None:
    with pytest.raises(CodeError, match="are not of"):
        table.publish([(nation.cities[0], nation.grids(nation.cities[1]))])
    with pytest.raises(CodeError, match="not the code of a city or"):
        table.publish([("110101001000", nation.grids(nation.cities[1]))])
    with pytest.raises(CodeError, match="published nothing"):
        table.locator("990100000000")


def test_a_folder_without_a_table(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Nobody"):
        NationalTable.open(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"version": 2}',
        '{"version": 1, "jurisdictions": {"1": {}}, "router": ""}',
        '{"version": 1, "jurisdictions": [], "router": ""}',
        '{"version": 1, "jurisdictions": {}, "router": null}',
        '{"version": 1, "jurisdictions": {"110100000000": {"file": 1, "outline": "", "grids": 1, "edition": 1, '
        '"published_at": ""}}, "router": ""}',
    ],
)
def test_an_index_that_cannot_be_read(tmp_path: Path, content: str) -> None:
    (tmp_path / "nation.json").write_text(content)
    with pytest.raises(StoreError, match="can't be read"):
        NationalTable.open(tmp_path)


def test_a_table_goes_on_with_what_it_has(table: NationalTable, nation: SyntheticNation) -> None:
    (table.folder / "nation.json").write_text("{")
    with pytest.raises(StoreError):
        table.refresh()
    lon, lat = shapely.get_coordinates(nation.grids(nation.cities[3]).geometry.iloc[0].representative_point())[0]
    assert table.find(float(lon), float(lat)).code == nation.grids(nation.cities[3])["code"].iloc[0]


def test_old_files_go(table: NationalTable, nation: SyntheticNation, monkeypatch: pytest.MonkeyPatch) -> None:
    table.publish([(nation.cities[0], nation.grids(nation.cities[0]).iloc[1:])])
    monkeypatch.setattr("spatialgov.nation.table._OLD_S", -1)
    assert table.prune() == 3  # locator, outline, router
    assert table.locator(nation.cities[0]).codes == nation.grids(nation.cities[0])["code"].tolist()[1:]
    content = json.loads((table.folder / "nation.json").read_text())
    assert Entry(**content["jurisdictions"][nation.cities[0]]).edition == 2
