"""The categories of incidents: city management, never a person. What happens where and when, and how it is closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from spatialgov.sample.rhythm import Rhythm

__all__ = ["CATEGORIES", "CHANNELS", "Category"]

CHANNELS: Final = ("patrol", "service_request", "object_collection", "dispatch", "public_report")


@dataclass(frozen=True)
class Category:
    """A category: code and names, its share of all incidents, its rhythm, and where it happens.

    Attributes
    ----------
    roads
        Class of road → weight for each metre of it; 0 where none is given.
    ground
        Kind of unit beside the road → factor; 0.15 where none is given.
    people
        How much the households beside the road matter (0: not at all).
    hours_to_close
        Mean time from occurrence to closure.
    levels
        Share closed by the grid and by the community; the subdistrict closes the rest.
    channels
        Weights in the order of `CHANNELS`.
    """

    code: str
    name: str
    name_en: str
    share: float
    rhythm: Rhythm
    roads: Mapping[str, float]
    ground: Mapping[str, float]
    people: float = 1.0
    hours_to_close: float = 12.0
    levels: tuple[float, float] = (0.7, 0.22)
    channels: Sequence[int] = field(default=(50, 12, 10, 10, 18))


_STREETS: Final[Mapping[str, float]] = {
    "trunk": 0.8,
    "primary": 1.0,
    "secondary": 1.0,
    "residential": 1.0,
    "alley": 0.35,
}
_MAIN: Final[Mapping[str, float]] = {"trunk": 1.0, "primary": 1.2, "secondary": 0.8, "residential": 0.3}
_LIVED_IN: Final[Mapping[str, float]] = {
    "residential": 1.0, "old_town": 1.2, "village": 0.6, "commercial": 1.2, "market": 2.5, "public": 0.6,
    "campus": 0.35,
}  # fmt: skip
_TRADE: Final[Mapping[str, float]] = {
    "market": 6.0, "commercial": 2.6, "old_town": 1.0, "residential": 0.6, "public": 1.2, "campus": 1.2,
}  # fmt: skip

CATEGORIES: Final[Sequence[Category]] = (
    Category(
        "0101",
        "暴露垃圾",
        "Exposed rubbish",
        0.165,
        Rhythm(
            [(7.5, 1.6, 1.0), (15, 2.5, 0.5), (19.5, 1.8, 0.6)],
            weekend=1.12,
            months={6: 1.15, 7: 1.35, 8: 1.3, 12: 0.85, 1: 0.85},
            holiday=1.1,
        ),
        {"secondary": 0.7, "residential": 1.0, "alley": 0.55, "track": 0.25},
        _LIVED_IN,
        people=1.0,
        hours_to_close=6,
        levels=(0.86, 0.11),
    ),
    Category(
        "0103",
        "积存建筑垃圾",
        "Construction waste left lying",
        0.07,
        Rhythm(
            [(6.5, 1.5, 0.5), (16.5, 3, 1.0), (22.5, 1.5, 0.4)],
            weekend=0.8,
            months={3: 1.3, 4: 1.35, 10: 1.15, 1: 0.7, 2: 0.4},
            holiday=0.4,
        ),
        {"secondary": 0.6, "residential": 1.0, "alley": 0.25, "track": 0.4},
        {**_LIVED_IN, "industrial": 0.9, "farmland": 0.15},
        people=0.4,
        hours_to_close=46,
        levels=(0.45, 0.4),
    ),
    Category(
        "0105",
        "道路积水、供水渗漏",
        "Standing water or water leak",
        0.055,
        Rhythm(
            [(8, 3, 0.8), (17, 3, 0.8)],
            weekend=0.95,
            months={6: 1.5, 7: 2.3, 8: 1.9, 9: 1.1, 1: 0.75, 2: 0.7, 12: 0.8},
            holiday=0.9,
            storm=5.0,
        ),
        _STREETS,
        {**_LIVED_IN, "industrial": 0.5, "park": 0.4},
        people=0.3,
        hours_to_close=18,
        levels=(0.35, 0.4),
        channels=(35, 25, 5, 15, 20),
    ),
    Category(
        "0106",
        "噪声扰民",
        "Noise",
        0.085,
        Rhythm(
            [(21.8, 1.5, 1.2), (7, 1.2, 0.35), (13, 1.5, 0.4)],
            weekend=1.4,
            months={5: 1.15, 6: 1.3, 7: 1.35, 8: 1.3, 9: 1.1, 1: 0.65, 12: 0.7},
            holiday=1.3,
        ),
        {"secondary": 0.6, "residential": 1.0, "alley": 0.3},
        {"residential": 1.2, "commercial": 2.2, "old_town": 0.8, "park": 0.8, "market": 1.5},
        people=1.0,
        hours_to_close=4,
        levels=(0.72, 0.22),
        channels=(10, 30, 2, 18, 40),
    ),
    Category(
        "0201",
        "非法小广告",
        "Illegal advertising",
        0.105,
        Rhythm([(8.5, 1.4, 1.0), (14.5, 1.6, 0.9)], weekend=0.7, months={2: 0.6, 8: 1.25, 9: 1.3}, holiday=0.5),
        {"primary": 1.0, "secondary": 1.0, "residential": 1.0, "alley": 0.4},
        {**_LIVED_IN, "campus": 1.0},
        people=0.6,
        hours_to_close=9,
        levels=(0.9, 0.08),
        channels=(72, 3, 15, 4, 6),
    ),
    Category(
        "0301",
        "井盖破损",
        "Damaged manhole cover",
        0.045,
        Rhythm([(9, 2, 1.0), (15.5, 2.2, 0.9)], weekend=0.75, months={1: 1.2, 2: 1.1, 7: 1.3, 8: 1.2}, holiday=0.6),
        _STREETS,
        {**_LIVED_IN, "industrial": 0.8, "farmland": 0.1},
        people=0.1,
        hours_to_close=30,
        levels=(0.4, 0.38),
        channels=(58, 12, 14, 6, 10),
    ),
    Category(
        "0302",
        "路灯不亮",
        "Street light out",
        0.055,
        Rhythm(
            [(19.8, 1.2, 1.1), (5.8, 0.8, 0.2)],
            weekend=0.95,
            months={11: 1.4, 12: 1.5, 1: 1.45, 2: 1.2, 6: 0.75, 7: 0.7},
            holiday=0.9,
        ),
        {"trunk": 1.0, "primary": 1.0, "secondary": 1.0, "residential": 0.9, "alley": 0.3, "track": 0.1},
        {**_LIVED_IN, "industrial": 0.7, "park": 0.8, "farmland": 0.15},
        people=0.15,
        hours_to_close=40,
        levels=(0.3, 0.42),
        channels=(40, 20, 10, 8, 22),
    ),
    Category(
        "0303",
        "护栏损坏",
        "Damaged guard rail",
        0.03,
        Rhythm([(8.5, 2.5, 0.9), (17.5, 2.5, 1.0)], weekend=0.9, months={1: 1.2, 7: 1.1, 12: 1.2}, holiday=0.8),
        {"trunk": 1.4, "primary": 1.0, "secondary": 0.4},
        {**_LIVED_IN, "industrial": 1.0, "farmland": 0.4, "park": 0.6},
        people=0.0,
        hours_to_close=55,
        levels=(0.25, 0.45),
        channels=(60, 8, 12, 12, 8),
    ),
    Category(
        "0401",
        "树木倒伏",
        "Fallen tree",
        0.018,
        Rhythm(
            [(7, 3, 0.8), (16, 3, 0.9)],
            weekend=1.0,
            months={6: 1.5, 7: 2.8, 8: 2.6, 9: 1.2, 12: 0.5, 1: 0.6, 2: 0.6},
            holiday=1.0,
            storm=12.0,
        ),
        {"trunk": 0.9, "primary": 1.0, "secondary": 1.0, "residential": 0.6, "track": 0.2},
        {"park": 2.5, "residential": 0.8, "campus": 1.2, "farmland": 0.3, "public": 1.0},
        people=0.0,
        hours_to_close=10,
        levels=(0.3, 0.4),
        channels=(35, 15, 5, 20, 25),
    ),
    Category(
        "0501",
        "无照经营游商",
        "Street trading without a permit",
        0.13,
        Rhythm(
            [(7.3, 1.1, 1.0), (11.5, 1.0, 0.35), (18.4, 1.7, 1.2)],
            weekend=1.25,
            months={5: 1.15, 6: 1.25, 7: 1.2, 9: 1.15, 12: 0.75, 1: 0.65, 2: 0.55},
            holiday=0.9,
        ),
        {"primary": 0.9, "secondary": 1.0, "residential": 0.9, "alley": 0.12},
        _TRADE,
        people=0.9,
        hours_to_close=2.5,
        levels=(0.8, 0.15),
        channels=(66, 6, 4, 12, 12),
    ),
    Category(
        "0502",
        "机动车违规停放",
        "Vehicles parked out of order",
        0.182,
        Rhythm(
            [(8.6, 1.2, 1.0), (12.2, 1.3, 0.5), (18.6, 1.8, 1.1)], weekend=0.85, months={1: 1.1, 2: 0.95}, holiday=0.8
        ),
        {"trunk": 0.25, "primary": 0.9, "secondary": 1.1, "residential": 0.8, "alley": 0.08},
        {**_TRADE, "residential": 0.9},
        people=0.8,
        hours_to_close=3,
        levels=(0.6, 0.25),
        channels=(44, 6, 3, 17, 30),
    ),
    Category(
        "0504",
        "人行道拥堵、占道",
        "Crowded or blocked pavement",
        0.06,
        Rhythm(
            [(7.6, 0.8, 1.0), (11.8, 0.9, 0.4), (17.2, 1.1, 1.1)],
            weekend=0.65,
            months={7: 0.75, 8: 0.7, 2: 0.7, 9: 1.25},
            holiday=1.2,
        ),
        {**_MAIN, "residential": 0.6},
        {**_TRADE, "public": 2.4, "residential": 0.3},
        people=0.5,
        hours_to_close=1.5,
        levels=(0.82, 0.14),
        channels=(55, 8, 3, 20, 14),
    ),
)
"""Codes: big class 2 + small class 2, in the manner of GB/T 30428.2."""
