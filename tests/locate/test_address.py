"""Addresses: the parser's rules, the book's answers, and thousands of texts as people write them."""

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.errors import DatumError, InputError, MissingColumnError
from spatialgov.locate.address import AddressBook, ParsedAddress, parse_address, read_addresses
from spatialgov.sample import boundaries_dir

SAMPLE = boundaries_dir() / "sample"
AREAS = gpd.read_file(SAMPLE / "jurisdictions.geojson")
N_TEXTS = 6_000


@pytest.fixture(scope="module")
def table() -> gpd.GeoDataFrame:
    read = read_addresses(SAMPLE / "addresses.csv", datum="wgs84")
    assert read.faults == ()
    return read.frame


@pytest.fixture(scope="module")
def book(table: gpd.GeoDataFrame) -> AddressBook:
    return AddressBook.build(table, AREAS)


# Texts as people write them. Nothing here comes from the code under test.


@dataclass(frozen=True)
class Said:
    """What a text says, before it is written down."""

    street: str
    number: int | None
    building: int | None
    areas: tuple[str, ...] = ()


def chinese(n: int, rng: random.Random) -> str:
    digits = "零一二三四五六七八九"
    if n > 9 and rng.random() < 0.3:
        return "".join("〇" if d == "0" else digits[int(d)] for d in str(n))
    hundreds, tens, ones = n // 100, n // 10 % 10, n % 10
    text = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (digits[ones] if ones or not n else "")


def misspelt(street: str, alphabet: str, rng: random.Random) -> str:
    i = rng.randrange(len(street))
    way = rng.choice(["change", "change", "confuse", "drop", "double", "swap"])
    if way == "change":
        return street[:i] + rng.choice(alphabet) + street[i + 1 :]
    if way == "confuse":
        return street[:i] + rng.choice("侨挢谭塬淅洁荃渠彬") + street[i + 1 :]
    if way == "drop" and len(street) > 2:
        return street[:i] + street[i + 1 :]
    if way == "swap" and i:
        return street[: i - 1] + street[i] + street[i - 1] + street[i + 1 :]
    return street[:i] + street[i] + street[i:]


def written(said: Said, rng: random.Random) -> str:
    def numeral(n: int) -> str:
        return chinese(n, rng) if in_chinese else str(n)

    in_chinese = rng.random() < 0.3
    blank = rng.choice(["", "", "", " ", "，"])
    text = "".join(said.areas) + blank + said.street
    if said.number is not None:
        bare = said.building is None and not in_chinese and rng.random() < 0.2
        text += numeral(said.number) + ("" if bare else rng.choice(["号", "号", "号", "號", "号院"]))
    if said.building is not None:
        text += blank + numeral(said.building) + rng.choice(["幢", "栋", "座", "号楼"])
        if rng.random() < 0.4:
            text += f"{numeral(rng.randint(1, 6))}单元" + rng.choice(["", "402室", "1203", "-301", "5层"])
    if rng.random() < 0.25:
        text = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    return text


@cache
def one_slip(a: str, b: str) -> bool:
    """Whether a slip of the pen makes one name of the other: a character more, fewer, changed, or two swapped."""
    if a[:-1] == b or b[:-1] == a or a + "大道" == b:
        return True
    if len(a) == len(b):
        wrong = [i for i in range(len(a)) if a[i] != b[i]]
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
            i, j = wrong
            return a[i] == b[j] and a[j] == b[i]
        return len(wrong) == 1
    short, long = sorted((a, b), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


class Truth:
    """Which addresses a text may mean, by looking at every address of the table with its number."""

    def __init__(self, table: gpd.GeoDataFrame) -> None:
        within = gpd.sjoin(table[["geometry"]], AREAS[["name", "geometry"]], predicate="intersects")
        names = within.groupby(level=0)["name"].agg(set)
        self.rows = [
            (street, int(number.removesuffix("号")), int(building.rstrip("幢号楼") or 0), names.get(i, set()))
            for i, (street, number, building) in enumerate(
                zip(table["street"], table["number"], table["building"], strict=True)
            )
        ]
        self.by_number = defaultdict(list)
        for i, row in enumerate(self.rows):
            self.by_number[row[1]].append(i)
        self.alphabet = "".join(sorted({c for street, *_ in self.rows for c in street}))

    def chain(self, i: int) -> tuple[str, ...]:
        mine = self.rows[i][3]
        return tuple(name for name in AREAS["name"] if name in mine)

    def meant(self, said: Said) -> list[int]:
        if said.number is None:
            return [i for i, row in enumerate(self.rows) if row[0] == said.street]
        fit = [
            i
            for i in self.by_number[said.number]
            if (said.building is None or self.rows[i][2] == said.building) and set(said.areas) <= self.rows[i][3]
        ]
        return [i for i in fit if self.rows[i][0] == said.street] or [
            i for i in fit if one_slip(said.street, self.rows[i][0])
        ]


def says(truth: Truth, rng: random.Random) -> tuple[int, Said]:
    i = rng.randrange(len(truth.rows))
    street, number, building, _ = truth.rows[i]
    chain = truth.chain(i)
    areas = rng.choice([(), chain, chain, chain[-1:], chain[1:]])
    said = Said(street, number, building or None, areas)
    kind = rng.random()
    if kind < 0.25:
        said = replace(said, street=misspelt(street, truth.alphabet, rng))
    elif kind < 0.35 and street[-1] in "路街巷":
        said = replace(said, street=street[:-1])
    if rng.random() < 0.12:
        said = replace(said, building=None)
    if rng.random() < 0.04:
        said = replace(said, number=None, building=None)
    return i, said


def test_what_is_certain_is_right_and_ties_are_never_certain(table: gpd.GeoDataFrame, book: AddressBook) -> None:
    rng, truth = random.Random(20_260_501), Truth(table)
    ids = table["address_id"].tolist()
    certain = right = determined = answered = ties = 0
    for _ in range(N_TEXTS):
        i, said = says(truth, rng)
        meant = truth.meant(said)
        text = written(said, rng)
        match = book.match(text)
        if said.number is None or len(meant) > 1:
            ties += 1
            assert not match.certain, text
        if match.certain:
            certain += 1
            right += match.candidates[0].address.address_id == ids[i]
        if said.number is not None and len(meant) == 1:
            determined += 1
            answered += match.certain
    assert ties > N_TEXTS / 20
    assert determined > N_TEXTS / 2
    assert right >= 0.98 * certain
    assert answered >= 0.7 * determined


# The parser


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("人民路12号3幢2单元402室", ParsedAddress((), "人民路", "12", "3", "2")),
        ("人民路十二号三栋二单元四〇二室", ParsedAddress((), "人民路", "12", "3", "2")),
        ("　人民路　１２号 Ａ座", ParsedAddress((), "人民路", "12", "A")),
        ("人民路一百二十三号", ParsedAddress((), "人民路", "123")),
        ("人民路廿一号", ParsedAddress((), "人民路", "21")),
        ("人民路一〇五号", ParsedAddress((), "人民路", "105")),
        ("人民路12号之一", ParsedAddress((), "人民路", "12-1")),
        ("人民路12-1号", ParsedAddress((), "人民路", "12-1")),
        ("人民路12号附3号", ParsedAddress((), "人民路", "12附3")),
        ("人民路甲12号", ParsedAddress((), "人民路", "12甲")),
        ("人民路12号甲", ParsedAddress((), "人民路", "12甲")),
        ("人民路1号1号楼", ParsedAddress((), "人民路", "1", "1")),
        ("人民路12", ParsedAddress((), "人民路", "12")),
        ("人民路12号3楼", ParsedAddress((), "人民路", "12", "3", maybe_floor=True)),
        ("人民路12号3幢5楼", ParsedAddress((), "人民路", "12", "3")),
        ("人民路12号（近公园）", ParsedAddress((), "人民路", "12", rest=("近公园",))),
        ("人民路12号对面", ParsedAddress((), "人民路", "12", rest=("对面",))),
        ("江南省青岚市青岚区古城街道鼓楼社区帽儿胡同5号", ParsedAddress(
            ("江南省", "青岚市", "青岚区", "古城街道", "鼓楼社区"), "帽儿胡同", "5")),
        ("古城街道办事处鼓楼居委会人民街5号", ParsedAddress(("古城街道办事处", "鼓楼居委会"), "人民街", "5")),
        ("建设路100弄5号", ParsedAddress((), "建设路", "100弄5")),
        ("第二大街5号", ParsedAddress((), "第2大街", "5")),
        ("南塘镇柳湾村12号", ParsedAddress(("南塘镇",), "柳湾村", "12")),
        ("", ParsedAddress()),
        ("号", ParsedAddress((), "号")),
    ],
)  # fmt: skip
def test_rules(text: str, parts: ParsedAddress) -> None:
    assert parse_address(text, {"人民路", "建设路"}) == parts


def test_a_known_street_decides_where_to_cut() -> None:
    assert parse_address("人民市场路5号").divisions == ("人民市",)
    assert parse_address("人民市场路5号", {"人民市场路"}) == ParsedAddress((), "人民市场路", "5")


@given(
    areas=st.lists(st.sampled_from(["青岚区", "古城街道", "鼓楼社区", "南塘镇"]), unique=True),
    street=st.sampled_from(["望桥路", "帽儿胡同", "迎宾大道", "榆树", "永安里", "桂月巷"]),
    number=st.integers(1, 9_999),
    building=st.one_of(st.none(), st.integers(1, 99).map(str), st.sampled_from("ABCD")),
    unit=st.one_of(st.none(), st.integers(1, 30)),
    room=st.one_of(st.none(), st.integers(101, 3_999)),
    mark=st.sampled_from(["幢", "栋", "座", "号楼"]),
)
def test_parts_come_back(
    areas: list[str], street: str, number: int, building: str | None, unit: int | None, room: int | None, mark: str
) -> None:
    text = f"{''.join(areas)}{street}{number}号"
    text += f"{building}{mark}" if building else ""
    text += f"{unit}单元" if unit else ""
    text += f"{room}室" if room else ""
    expected = ParsedAddress(tuple(areas), street, str(number), building or "", str(unit or ""))
    assert parse_address(text) == expected


@given(st.text(alphabet="路街巷弄号楼幢单元室一二十百零〇廿两12- (),甲A附之社区村省人民", max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    parsed = parse_address(text, {"人民路"})
    assert parse_address(text + " ", {"人民路"}) == parsed


# The book


def small_book(*rows: tuple[str, str, str, float]) -> AddressBook:
    """Give a book of `street, number, building, lon`; west of 116.5 lies 东社区, the rest is 西社区."""
    frame = gpd.GeoDataFrame(
        [{"address_id": f"a{i}", "street": row[0], "number": row[1], "building": row[2]} for i, row in enumerate(rows)],
        geometry=[shapely.Point(row[3], 34) for row in rows],
        crs=4326,
    )
    areas = gpd.GeoDataFrame(
        {"code": ["1", "2", "0"], "level": ["community", "community", "district"],
         "name": ["东社区", "西社区", "青岚区"], "parent_code": ["0", "0", ""]},
        geometry=[shapely.box(116, 33, 116.5, 35), shapely.box(116.5, 33, 117, 35), shapely.box(116, 33, 117, 35)],
        crs=4326,
    )  # fmt: skip
    return AddressBook.build(frame, areas)


SMALL = small_book(("人民路", "1号", "1幢", 116.1), ("人民路", "1号", "2幢", 116.1), ("人民巷", "2号", "", 116.9))


def answer(book: AddressBook, text: str) -> tuple[str, bool, str]:
    match = book.match(text)
    return match.level, match.certain, match.candidates[0].address.address_id if match.candidates else ""


def test_levels_and_certainty() -> None:
    book = small_book(
        ("人民路", "1号", "1幢", 116.1), ("人民路", "1号", "2幢", 116.1), ("人民路", "3号", "", 116.1),
        ("人民路", "5号", "综合楼", 116.1), ("安平巷", "7号", "", 116.1), ("安平巷", "7号", "", 116.9),
    )  # fmt: skip
    assert answer(book, "青岚区东社区人民路1号2幢") == ("exact", True, "a1")
    assert answer(book, "人民路1号") == ("number", False, "a0")
    assert answer(book, "人民路1号9幢") == ("number", False, "a0")
    assert answer(book, "人民路3号4楼") == ("exact", True, "a2")
    assert answer(book, "人民路3号4幢") == ("number", False, "a2")
    assert answer(book, "人民路5号综合楼") == ("exact", True, "a3")
    assert answer(book, "人民路5号") == ("exact", True, "a3")
    assert answer(book, "人民路1号2楼") == ("exact", False, "a1")
    assert answer(book, "人民路3号隔壁") == ("exact", False, "a2")
    assert answer(book, "人民路4号") == ("street", False, "a2")
    assert answer(book, "人民路") == ("street", False, "a0")
    assert answer(book, "人民路2幢") == ("building", False, "a1")
    assert answer(book, "长江路1号") == ("none", False, "")
    assert answer(book, "") == ("none", False, "")


@given(st.one_of(st.text(max_size=30), st.text(alphabet="人民路巷一二1２号幢附之、 ()东社区", max_size=30)))
def test_no_text_breaks_the_book(text: str) -> None:
    match = SMALL.match(text)
    assert [c.score for c in match.candidates] == sorted((c.score for c in match.candidates), reverse=True)
    assert (match.level == "none") == (not match.candidates)
    assert 0 <= match.margin <= match.score <= 1


def test_one_name_in_two_communities() -> None:
    book = small_book(("安平巷", "7号", "", 116.1), ("安平巷", "7号", "", 116.9))
    match = book.match("安平巷7号")
    assert (match.certain, match.margin, len(match.candidates)) == (False, 0.0, 2)
    assert answer(book, "西社区安平巷7号") == ("exact", True, "a1")


@pytest.mark.parametrize("area", ["西社区", "西湖区", "南昌市", "青岚区西社区", "江西省青岚区东社区", "鼓楼街道"])
def test_divisions_that_are_others_or_unknown_are_not_certain(area: str) -> None:
    book = small_book(("人民路", "3号", "", 116.1))
    assert answer(book, f"{area}人民路3号") == ("exact", False, "a0")


def test_without_jurisdictions_nothing_speaks_for_a_division() -> None:
    frame = gpd.GeoDataFrame(
        {"address_id": ["a"], "street": ["人民路"], "number": ["3号"], "building": [""]},
        geometry=[shapely.Point(116, 34)], crs=4326,
    )  # fmt: skip
    book = AddressBook.build(frame)
    assert answer(book, "人民路3号") == ("exact", True, "a")
    assert answer(book, "青岚区人民路3号") == ("exact", False, "a")


def test_a_corrected_street_needs_its_community() -> None:
    book = small_book(("人民路", "3号", "", 116.1), ("榆树", "4号", "", 116.1))
    assert answer(book, "人氏路3号") == ("number", False, "a0")
    assert answer(book, "青岚区人氏路3号") == ("number", False, "a0")
    assert answer(book, "东社区人氏路3号") == ("number", True, "a0")
    assert answer(book, "人民3号") == ("number", True, "a0")
    assert answer(book, "榆树村4号") == ("number", True, "a1")
    assert answer(book, "榆树巷4号") == ("number", False, "a1")
    assert answer(book, "东社区柳树4号") == ("number", False, "a1")


@pytest.mark.parametrize(
    "text",
    ["人民路1、3号", "人民路一、三号", "人民路一 三号", "人民路1()3号", "人民路1/3号", "人民路13号至15号",
     "人民路13号附近", "东人民路13号", "南昌人民路13号", "锦绣小区人民路13号", "人民路13-15号", "人民路13号2-3幢",
     "人民路13号" + " " * 200 + "对面", "人民路13号安平巷2号", "人民路13号甲", "人民路附13号"],
)  # fmt: skip
def test_what_is_not_just_this_address_is_not_certain(text: str) -> None:
    book = small_book(("人民路", "13号", "", 116.1), ("人民路", "1号", "", 116.1), ("人民路", "3号", "", 116.1))
    assert book.match("人民路13号").certain
    assert not book.match(text).certain


def test_the_nearest_address() -> None:
    book = small_book(("人民路", "1号", "", 116.4), ("人民路", "3号", "", 116.6))
    address, distance_m = book.nearest(116.59, 34)
    assert (address.address_id, address.divisions) == ("a1", ("青岚区", "西社区"))
    assert distance_m == pytest.approx(923.6, abs=1)  # 0.01° of longitude at 34° N
    assert book.nearest(116.6, 34, "gcj02")[1] > 300
    with pytest.raises(DatumError):
        book.nearest(116.6, 34, "mars")
    far = book.nearest(-63.4, -34)  # where a1 is as far as can be
    assert far[0].address_id == "a0"
    assert far[1] == pytest.approx(2.0e7, rel=2e-3)
    across = small_book(("人民路", "1号", "", 179.9999), ("人民路", "3号", "", 179))
    assert across.nearest(-179.9999, 34)[1] == pytest.approx(18.5, abs=0.1)


def test_bad_rows_are_told_and_sink_nothing(tmp_path: Path) -> None:
    file = tmp_path / "addresses.csv"
    file.write_text(
        "address_id,street,number,building,lon,lat,owner\n"
        "a,人民路,1号,,116.1,34,x\na,人民路,3号,,116.1,34,x\n,人民路,5号,,116.1,34,x\nb,,7号,,116.1,34,x\n"
        "c,人民路,9号,,,,x\nd,人民路,11号,,here,34,x\ne,人民路,13号,2幢,116.2,34,x\n",
        encoding="utf-8",
    )
    read = read_addresses(file, datum="wgs84")
    assert read.frame["address_id"].tolist() == ["a", "e"]
    assert [fault.row for fault in read.faults] == [2, 3, 4, 5, 6]
    assert all(fault.message and fault.remedy for fault in read.faults)
    assert read.dropped_columns == ("owner",)
    assert AddressBook.build(read.frame).match("人民路13号").candidates[0].address.building == "2幢"


def test_files_that_are_no_such_table_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "addresses.csv"
    file.write_text("address_id,road,lon,lat\na,人民路,116.1,34\n", encoding="utf-8")
    with pytest.raises(MissingColumnError, match="street"):
        read_addresses(file, datum="wgs84")
    file.write_text("address_id,street,lon,lat\n", encoding="utf-8")
    with pytest.raises(InputError):
        AddressBook.build(read_addresses(file, datum="wgs84").frame)
