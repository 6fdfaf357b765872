"""What is asked out in the field, on a town of four grids in two communities."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from spatialgov.datum import from_wgs84
from spatialgov.errors import CoordinateError, DatumError, NotFoundError, NothingPublishedError
from spatialgov.workspace import Area, Workspace
from tests.coverage_town import DISTRICT, EAST, WEST, found_camera_town, place
from tests.publishing_cases import LAT, LON, STEP

SUBDISTRICT = "990101001000"
POSTS = pd.DataFrame(
    [
        (f"{WEST}001", "第1网格网格员岗", "Grid 1 patrol post", "巡查", "Patrol"),
        (SUBDISTRICT, "治理中心", "Governance centre", "", ""),
        (f"{WEST}001", "警务室", "", "", ""),
        ("990199999999", "别处", "", "", ""),
    ],
    columns=["code", "post", "post_en", "duty", "duty_en"],
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("field")
    with found_camera_town(folder) as workspace:
        workspace.store.replace_responsible_posts(POSTS)
        addresses = folder / "addresses.csv"
        rows = [
            ("望桥路", "1号", "1幢", 0.5, 0.5),
            ("望桥路", "3号", "", 0.5, 3.5),
            ("榆树", "2号", "", 3.5, 0.5),
            ("远路", "9号", "", 9, 9),
        ]
        pd.DataFrame(
            [
                (f"a{i}", street, number, building, LON + STEP * x, LAT + STEP * y)
                for i, (street, number, building, x, y) in enumerate(rows)
            ],
            columns=["address_id", "street", "number", "building", "lon", "lat"],
        ).to_csv(addresses, index=False)
        workspace.imports.layer("addresses", addresses, datum="wgs84")
        yield workspace


@pytest.fixture(scope="module")
def west(town: Workspace) -> Area:
    area = town.areas.of([WEST])
    assert area is not None
    return area


def test_the_packs_that_there_are(town: Workspace, west: Area) -> None:
    edition, packs = town.field_work.packs()
    assert edition.id == 1
    found = [(pack.jurisdiction.level, pack.jurisdiction.code, pack.grids) for pack in packs]
    assert found == [
        ("district", DISTRICT, 4),
        ("subdistrict", SUBDISTRICT, 4),
        ("community", WEST, 2),
        ("community", EAST, 2),
    ]
    assert [pack.jurisdiction.code for pack in town.field_work.packs(area=west)[1]] == [WEST]


def test_addresses_of_a_pack_to_the_last_bit(town: Workspace, west: Area) -> None:
    told = json.loads(town.field_work.addresses(SUBDISTRICT))
    assert told["edition"] == 1
    assert [street for street, _ in told["addresses"]] == ["望桥路", "榆树"], "what lies in no grid is left out"
    (number, building, lon, lat), second = told["addresses"][0][1]
    assert (number, building, second[0]) == ("1号", "1幢", "3号")
    stored = town.store.layer("addresses").geometry
    assert (lon, lat) == (stored.x.iloc[0], stored.y.iloc[0])
    assert [street for street, _ in json.loads(town.field_work.addresses(EAST))["addresses"]] == ["榆树"]
    assert json.loads(town.field_work.addresses(None))["addresses"] == told["addresses"]
    assert json.loads(town.field_work.addresses(WEST, area=west))["addresses"] == told["addresses"][:1]
    for code in (SUBDISTRICT, EAST, None):
        with pytest.raises(NotFoundError):
            town.field_work.addresses(code, area=west)
    with pytest.raises(NotFoundError):
        town.field_work.addresses("1")


def test_who_is_responsible_from_the_grid_upwards(town: Workspace, west: Area) -> None:
    found = town.field_work.responsible(f"{WEST}001")
    assert [(one.place.level, one.place.code, [post.post for post in one.posts]) for one in found] == [
        ("grid", f"{WEST}001", ["第1网格网格员岗", "警务室"]), ("community", WEST, []),
        ("subdistrict", SUBDISTRICT, ["治理中心"]), ("district", DISTRICT, []),
    ]  # fmt: skip
    assert found[0].posts[0].duty == "巡查"
    assert [one.place.code for one in town.field_work.responsible(SUBDISTRICT)] == [SUBDISTRICT, DISTRICT]
    assert town.field_work.responsible(WEST, area=west)[0].place.code == WEST
    for code in (EAST, f"{EAST}001", SUBDISTRICT):
        with pytest.raises(NotFoundError):
            town.field_work.responsible(code, area=west)
    with pytest.raises(NotFoundError, match="no grid or jurisdiction"):
        town.field_work.responsible("nowhere")


def test_a_pack_has_the_posts_of_its_grids_and_of_what_lies_above(town: Workspace) -> None:
    content = town.locations.field_pack(WEST).content
    assert all(word.encode() in content for word in ("第1网格网格员岗", "警务室", "治理中心"))
    assert "别处".encode() not in content
    assert "警务室".encode() not in town.locations.field_pack(EAST).content


@pytest.mark.parametrize("datum", ["wgs84", "bd09"])
def test_the_nearest_grid(town: Workspace, west: Area, datum: str) -> None:
    def ask(column: float, row: float, area: Area | None = None) -> tuple[str, float]:
        point = place(column, row)
        lon, lat = (float(value) for value in from_wgs84(point.x, point.y, datum))
        found = town.field_work.nearest(lon, lat, datum, area=area)
        assert found.location.datum == datum
        return found.location.code, found.distance_m

    assert ask(3.5, 0.5) == (f"{EAST}001", 0.0)
    code, distance_m = ask(5.0, 0.5)
    assert code == f"{EAST}001"
    assert distance_m == pytest.approx(91, rel=0.01)
    code, distance_m = ask(3.5, 0.5, west)
    assert code == f"{WEST}001"
    assert distance_m == pytest.approx(1.5 * 91, rel=0.01)


def test_what_can_not_be_answered(town: Workspace, tmp_path: Path) -> None:
    with pytest.raises(CoordinateError):
        town.field_work.nearest(35.1, 118.3, "wgs84")
    with pytest.raises(DatumError):
        town.field_work.nearest(118.3, 35.1, "beijing54")
    nowhere = town.areas.of([])
    with pytest.raises(NotFoundError, match="jurisdictions of this account"):
        town.field_work.nearest(118.3, 35.1, "wgs84", area=nowhere)
    with Workspace.open(tmp_path / "empty") as empty:
        for question in (empty.field_work.packs, lambda: empty.field_work.nearest(118.3, 35.1, "wgs84")):
            with pytest.raises(NothingPublishedError):
                question()
