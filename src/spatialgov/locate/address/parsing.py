"""An address taken apart by rules: divisions, street, number, building, unit. Rooms are dropped: places, not people."""

import re
from collections.abc import Container
from dataclasses import dataclass

from spatialgov.locate.address.text import NUMERAL, joined, name_key, plain, value

__all__ = ["DIVISION_WORDS", "ParsedAddress", "building_key", "number_key", "parse_address"]

LONGEST = 200
"""Characters of an address that are read; what comes after is not an address any more."""

DIVISION_WORDS = {
    "community": ("社区居民委员会", "社区居委会", "居民委员会", "居委会", "村民委员会", "村委会", "社区", "村"),
    "subdistrict": ("街道办事处", "街道办", "街道", "镇", "乡"),
    "district": ("区", "县", "旗"),
    "city": ("自治州", "地区", "市", "盟"),
    "province": ("特别行政区", "自治区", "省"),
}
"""Level → the words that a division's name of it ends in."""

_ORDINAL = "甲乙丙丁戊己庚辛"
_DIVISION = re.compile(
    r"[^\d|]+?(?:" + "|".join(sorted((w for ws in DIVISION_WORDS.values() for w in ws), key=len)[::-1]) + ")(?<!小区)"
)
_SUB = rf"(?:(?:-|之)(?P<{{0}}>{NUMERAL})|附(?P<{{1}}>{NUMERAL})号?)?"
_HOUSE = (
    rf"(?P<before>[{_ORDINAL}])?(?P<house>{NUMERAL})(?P<letter>[A-Za-z{_ORDINAL}])?{_SUB.format('sub', 'annex')}"
    rf"号院?(?![楼幢栋座])(?P<after>[{_ORDINAL}](?![楼幢栋座单]))?{_SUB.format('sub2', 'annex2')}"
)
_BUILDING = (
    rf"(?P<building>{NUMERAL}[A-Za-z]?|[A-Za-z]\d*|[{_ORDINAL}])(?:号楼|号[幢栋座]|[幢栋座]|(?P<floor>楼)(?!层))"
)
_UNIT = rf"(?P<unit>{NUMERAL}|[A-Za-z{_ORDINAL}])单元"
_ROOM = rf"(?P<room>-?(?:[A-Za-z]?{NUMERAL}[A-Za-z]?室|{NUMERAL}(?:楼层|层|[Ff](?![A-Za-z]))))"
_TOKEN = re.compile(f"{_ROOM}|{_UNIT}|{_BUILDING}|{_HOUSE}")
_NUMBER = re.compile(rf"(?:(?P<lane>{NUMERAL})弄)?{_HOUSE}")
_BARE = re.compile(rf"(?P<street>.*?\D)(?P<number>{NUMERAL}(?:-{NUMERAL})?)")
_LANE = re.compile(rf"(?P<street>.+?)(?P<lane>{NUMERAL})弄")
_BARE_ROOM = re.compile(r"-?\d{3,4}")


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """The parts of an address as they were understood, each ``""`` where it is not stated.

    Attributes
    ----------
    divisions
        Province … community in the order of the text.
    street
        `name_key` of the road, street, lane or hamlet.
    number
        House number: ``12``, ``12甲``, ``12-1`` (12之1), ``12附3``, ``100弄5``.
    building, unit
        ``3``, ``A``, ``3A``.
    rest
        What was not understood, piece by piece.
    maybe_floor
        Whether the building was written 3楼, which is also a floor.
    """

    divisions: tuple[str, ...] = ()
    street: str = ""
    number: str = ""
    building: str = ""
    unit: str = ""
    rest: tuple[str, ...] = ()
    maybe_floor: bool = False


def parse_address(text: str, streets: Container[str] = frozenset()) -> ParsedAddress:
    """Take an address apart.

    Parameters
    ----------
    text
        省市区街道社区, then 路 12号, 3幢 2单元 402室, in Chinese. Rooms and floors are dropped.
    streets
        `name_key` of the streets that are known. They decide where the rules could cut in two ways: 人民市场路 is a
        street, not 人民市 and 场路.
    """
    body = plain(text[:LONGEST])
    asides = [*re.findall(r"\(([^()]*)\)", body), text[LONGEST:]]
    body = joined(re.sub(r"\([^()]*\)", ",", body))
    parts: dict[str, str] = {}
    rest: list[str] = []
    maybe_floor = False
    end, head = 0, None
    for token in _TOKEN.finditer(body):
        between, end = body[end : token.start()], token.end()
        head, rest = (between, rest) if head is None else (head, [*rest, between])
        part, read = _read(token)
        if part == "building" and token["floor"] and ("building" in parts or "unit" in parts):
            continue  # 3幢2楼: the second floor
        if part in parts:
            rest.append(token[0])
        elif part:
            parts[part] = read
            maybe_floor |= part == "building" and token["floor"] is not None
    head, rest = (body, rest) if head is None else (head, [*rest, body[end:]])
    head, number = _bare_number(head, streets) if "number" not in parts else _lane(head, parts["number"], streets)
    divisions, street, unread = _cut(head, streets)
    left = [piece for piece in [unread, *rest, *asides] if piece and not (number and _BARE_ROOM.fullmatch(piece))]
    building, unit = parts.get("building", ""), parts.get("unit", "")
    return ParsedAddress(divisions, street, number, building, unit, tuple(left), maybe_floor)


def number_key(cell: str) -> str:
    """Give the number of a cell such as ``12``, ``12号``, ``十二号``, ``12-1号`` as `ParsedAddress.number` has it."""
    body = joined(plain(cell[:LONGEST]))
    found = _NUMBER.fullmatch(body if "号" in body else f"{body}号")
    if found is None:
        return body
    return f"{value(found['lane'])}弄{_house(found)}" if found["lane"] else _house(found)


def building_key(cell: str) -> str:
    """Give the building of a cell such as ``3``, ``3幢``, ``3号楼``, ``A座``, ``综合楼``."""
    found = re.fullmatch(_BUILDING, body := joined(plain(cell[:LONGEST])))
    return value(found["building"] if found else body)


def _read(token: re.Match[str]) -> tuple[str, str]:
    """Give the part that a token fills (``""`` for a room) and its value."""
    if token["house"]:
        return "number", _house(token)
    for part in ("building", "unit"):
        if token[part]:
            return part, value(token[part])
    return "", ""


def _house(found: re.Match[str]) -> str:
    letter = found["letter"] or found["before"] or found["after"] or ""
    sub, annex = found["sub"] or found["sub2"], found["annex"] or found["annex2"]
    return "".join(
        (value(found["house"]), letter.upper(), f"-{value(sub)}" if sub else "", f"附{value(annex)}" if annex else "")
    )


def _bare_number(head: str, streets: Container[str]) -> tuple[str, str]:
    """Take a number without 号 off the end of the text before the first marker: 人民路12."""
    found = _BARE.fullmatch(head.rstrip("-"))
    if found is None or not (found["number"][-1].isdecimal() or _known(found["street"], streets)):
        return head, ""  # 东坝十二 is the number of a street only when there is a 东坝
    return found["street"], number_key(found["number"])


def _lane(head: str, number: str, streets: Container[str]) -> tuple[str, str]:
    """Take a lane for part of the number (建设路100弄5号) unless it is a street of its own."""
    found = _LANE.fullmatch(head)
    if found is None or _known(head, streets) or not _known(found["street"], streets):
        return head, number
    return found["street"], f"{value(found['lane'])}弄{number}"


def _known(text: str, streets: Container[str]) -> str:
    """Give the longest end of a text that is a known street, ``""`` when none is."""
    return next((text[i:] for i in range(len(text)) if name_key(text[i:]) in streets), "")


def _cut(head: str, streets: Container[str]) -> tuple[tuple[str, ...], str, str]:
    """Give the divisions, the `name_key` of the street, and what is neither."""
    if street := _known(head, streets):
        divisions, left = _peel(head.removesuffix(street))
        return divisions, name_key(street), left
    divisions, left = _peel(head)
    if divisions and not left and divisions[-1].endswith("村"):
        return divisions[:-1], name_key(divisions[-1]), ""  # 柳湾村12号: the village is the street
    return divisions, name_key(left), ""


def _peel(text: str) -> tuple[tuple[str, ...], str]:
    """Take the divisions off the front of a text."""
    divisions = []
    while found := _DIVISION.match(text):
        divisions.append(found[0])
        text = text[found.end() :]
    return tuple(divisions), text
