"""Standards of service centres: classes, rooms, rows that are refused, who falls short and who is missing."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.allocation import (
    CentreStandard,
    centre_standard,
    hold_against,
    judged_centres,
    read_centres,
    read_standard,
    with_people,
)
from spatialgov.errors import InputError, MissingColumnError, SpatialGovError, UnreadableFileError

BIG, MIDDLE, EMPTY = "990101001000", "990101002000", "990101003000"
NEW, OLD = "990101001001", "990101002001"
DISTRICT = "990101000000"


def jurisdictions() -> gpd.GeoDataFrame:
    rows = {
        "code": [DISTRICT, BIG, MIDDLE, EMPTY, NEW, OLD],
        "level": ["district", "subdistrict", "subdistrict", "subdistrict", "community", "community"],
        "name": ["区", "大街道", "中街道", "空街道", "新社区", "老社区"],
        "name_en": "",
    }
    shapes = [shapely.box(0, 0, 3, 1), *(shapely.box(i, 0, i + 1, 1) for i in range(3)), shapely.box(0, 0, 1, 1),
              shapely.box(1, 0, 2, 1)]  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=4326)


def units() -> gpd.GeoDataFrame:
    """Give people: 100,001 in the west (1,250 households), 50,000 in the middle, none in the east."""
    rows = {"population": [100_000, 1, 50_000], "households": [1000, 250, 900]}
    shapes = [shapely.box(0, 0, 0.5, 1), shapely.box(0.5, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=4326)


@cache
def places() -> gpd.GeoDataFrame:
    return with_people(jurisdictions(), units())


def held(rows: list[dict[str, Any]], standard: CentreStandard | None = None) -> Any:
    """Give the rows of the report by code."""
    centres = judged_centres(rows, jurisdictions())
    return hold_against(standard or centre_standard(), places(), centres).set_index("code").to_dict("index")


def test_people_are_counted_where_units_lie() -> None:
    found: Any = pd.DataFrame(places()).set_index("code").to_dict("index")
    assert (found[BIG]["population"], found[BIG]["households"]) == (100_001, 1250)
    assert found[DISTRICT]["population"] == 150_001
    assert pd.isna(found[EMPTY]["population"])


@pytest.mark.parametrize(
    ("population", "posts", "area"),
    [(0, 8, 200), (49_999, 8, 200), (50_000, 9, 250), (100_000, 9, 250), (100_001, 10, 300)],
)
def test_a_town_needs_what_its_class_says(population: int, posts: int, area: int) -> None:
    need = centre_standard().needed("subdistrict", population, 0, new_quarter=False)
    assert need[1:] == (posts, area)


@pytest.mark.parametrize(("households", "area"), [(300, 1000), (1000, 1000), (1099, 1000), (1100, 1050), (2050, 1500)])
def test_a_new_quarter_gives_rooms_by_its_households(households: int, area: int) -> None:
    need = centre_standard().needed("community", 0, households, new_quarter=True)
    assert need == ("new_quarter", None, area)
    assert centre_standard().needed("community", 0, households, new_quarter=False).rule == ""


def test_who_falls_short_and_by_how_much() -> None:
    found = held(
        [
            {"code": BIG, "posts": 8, "floor_area_m2": 310},
            {"code": MIDDLE, "posts": 9, "floor_area_m2": 250},
            {"code": EMPTY, "posts": 9, "floor_area_m2": 250},
            {"code": NEW, "floor_area_m2": 700, "new_quarter": "是"},
        ]
    )
    big = found[BIG]
    assert (big["state"], big["posts_needed"], big["posts_short"], big["floor_area_short_m2"]) == ("short", 10, 2, 0)
    assert big["rule"] == "subdistrict from 100001"
    assert found[MIDDLE]["state"] == "meets"
    assert found[EMPTY]["state"] == "unknown"
    new = found[NEW]
    assert (new["floor_area_needed_m2"], new["floor_area_short_m2"], new["state"]) == (1100, 400, "short")
    assert pd.isna(new["posts_needed"])
    assert found[OLD]["state"] == "missing"
    assert list(found)[:2] == [BIG, NEW]  # subdistricts first, then communities


def test_what_is_not_listed_lacks_all_of_it() -> None:
    found = held([{"code": OLD, "posts": None, "floor_area_m2": 90}])
    assert [found[BIG][name] for name in ("state", "posts_short", "floor_area_short_m2")] == ["missing", 10, 300]
    assert found[OLD]["state"] == "no_standard"
    assert pd.isna(found[NEW]["floor_area_short_m2"])  # nobody has said whether it is a new quarter


def test_bad_rows_are_refused_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "centres.csv"
    lines = [
        "code,level,posts,floor_area_m2,new_quarter,manager",
        f"{BIG},subdistrict,10,300,,x",
        f"{BIG},subdistrict,10,300,,x",
        f"{MIDDLE},subdistrict,,250,,x",
        f"{EMPTY},subdistrict,-1,many,,x",
        f"{NEW},subdistrict,,1000,yes,x",
        f"{OLD},community,,30,perhaps,x",
        "990101009000,,9,200,,x",
        f"{DISTRICT},,9,200,,x",
        ",,9,200,,x",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    read = read_centres(file, jurisdictions())
    assert read.frame["code"].tolist() == [BIG]
    told = {(fault.row, fault.column): fault.kind for fault in read.faults}
    assert told == {
        (2, "code"): "duplicate_id",
        (3, "posts"): "missing_value",
        (4, "posts"): "negative_count",
        (4, "floor_area_m2"): "not_a_number",
        (5, "level"): "wrong_level",
        (6, "new_quarter"): "unknown_value",
        (7, "code"): "unknown_jurisdiction",
        (8, "code"): "wrong_level",
        (9, "code"): "missing_value",
    }
    assert all(fault.remedy for fault in read.faults)
    assert read.dropped_columns == ("manager",)
    assert read.refused == {MIDDLE, EMPTY, NEW, OLD, "990101009000", DISTRICT}
    table: Any = hold_against(centre_standard(), places(), read).set_index("code").to_dict("index")
    assert [table[code]["state"] for code in (MIDDLE, NEW)] == ["refused", "refused"]  # not said to be missing
    assert pd.isna(table[MIDDLE]["posts_short"])


def test_a_table_without_the_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "centres.csv"
    file.write_text("code,posts\n990101001000,9\n", encoding="utf-8")
    with pytest.raises(MissingColumnError, match="floor_area_m2"):
        read_centres(file, jurisdictions())


CELLS = st.none() | st.text(max_size=8) | st.integers(-5, 10**6) | st.floats() | st.booleans()
ROWS = st.lists(
    st.fixed_dictionaries(
        {"code": st.sampled_from([BIG, NEW, "", "x"]) | CELLS, "floor_area_m2": CELLS},
        optional={"posts": CELLS, "level": CELLS, "new_quarter": CELLS},
    ),
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_whatever_the_rows_hold_each_is_sound_or_told(rows: list[dict[str, Any]]) -> None:
    read = judged_centres(rows, jurisdictions())
    wrong = {fault.row for fault in read.faults}
    assert len(read.frame) == len(rows) - len(wrong)
    assert read.frame["code"].is_unique
    table = hold_against(centre_standard(), places(), read)
    assert len(table) == 5
    assert (table[["posts_short", "floor_area_short_m2"]].astype(float).fillna(0) >= 0).all(axis=None)


def test_a_standard_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "ours.json"
    ours = {
        "name": "ours",
        "version": "3",
        "subdistrict": [{"population_from": 60_000, "posts": 12, "floor_area_m2": 400}],
        "community": {"floor_area_m2": 30},
    }
    file.write_text(json.dumps([ours]), encoding="utf-8")
    standard = read_standard(file)
    assert CentreStandard.from_dict(json.loads(json.dumps(standard.as_dict()))) == standard
    rows = [
        {"code": BIG, "posts": 10, "floor_area_m2": 300},
        {"code": MIDDLE, "posts": 1, "floor_area_m2": 1},
        {"code": OLD, "floor_area_m2": 20},
    ]
    found = held(rows, standard)
    assert (found[BIG]["posts_short"], found[BIG]["floor_area_short_m2"]) == (2, 100)
    assert found[MIDDLE]["state"] == "no_standard"  # below its lowest class
    assert found[OLD]["floor_area_short_m2"] == 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": ""},
        {"name": 3},
        {"subdistrict": 3},
        {"subdistrict": [3]},
        {"subdistrict": [{"posts": 3}]},
        {"subdistrict": [{"population_from": 0, "posts": 1.5, "floor_area_m2": 1}]},
        {"subdistrict": [{"population_from": 0, "posts": True, "floor_area_m2": 1}]},
        {"subdistrict": [{"population_from": 0, "posts": 1, "floor_area_m2": float("nan")}]},
        {"subdistrict": [{"population_from": 0, "posts": 1, "floor_area_m2": 1}] * 2},
        {"community": {"floor_area_m2": -1}},
        {"community": []},
        {"source": "a book"},
        {"town": []},
    ],
)
def test_what_is_no_standard_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        CentreStandard.from_dict({"name": "ours", "version": "1"} | wrong)


@pytest.mark.parametrize("content", ["{", "3", "[]", '"x"', "[[]]", '{"version": "1"}'])
def test_files_that_hold_none(content: str, tmp_path: Path) -> None:
    file = tmp_path / "ours.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SpatialGovError):
        read_standard(file)
    with pytest.raises(UnreadableFileError, match="missing"):
        read_standard(tmp_path / "missing.json")
