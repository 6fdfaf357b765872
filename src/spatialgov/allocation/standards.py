"""Standards of service centres, named and versioned data: posts by population, floor area by population or households.

`hold_against` says who falls short of a standard, by how much, and which jurisdictions have no centre listed.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.allocation.service_centres import CENTRE_LEVELS, Centres
from spatialgov.errors import InputError, UnreadableFileError
from spatialgov.language import t
from spatialgov.time_limit import check_time

__all__ = [
    "CENTRE_STATES",
    "CentreClass",
    "CentreStandard",
    "RoomRule",
    "centre_standard",
    "hold_against",
    "read_standard",
    "with_people",
]

CENTRE_STATES = ("short", "missing", "refused", "unknown", "no_standard", "meets")
"""What can be said of a jurisdiction's centre: `hold_against` explains them."""


@dataclass(frozen=True, slots=True)
class CentreClass:
    """What the centre of a town or subdistrict needs from a population on.

    Attributes
    ----------
    population_from
        Fewest people of the class.
    posts, floor_area_m2
        At least.
    """

    population_from: int
    posts: int
    floor_area_m2: float

    def __post_init__(self) -> None:
        _check_numbers(self, whole=("population_from", "posts"))


@dataclass(frozen=True, slots=True)
class RoomRule:
    """What the rooms of a community need.

    Attributes
    ----------
    floor_area_m2
        At least, up to `households_included`.
    households_included, further_households, further_area_m2
        Above them, so much more for each full number of further households; none where that is 0.
    """

    floor_area_m2: float
    households_included: int = 0
    further_households: int = 0
    further_area_m2: float = 0.0

    def __post_init__(self) -> None:
        _check_numbers(self, whole=("households_included", "further_households"))

    def needed_m2(self, households: int) -> float:
        """Give the floor area for so many households."""
        if self.further_households == 0:
            return self.floor_area_m2
        further = max(households - self.households_included, 0) // self.further_households
        return self.floor_area_m2 + further * self.further_area_m2


class _Need(NamedTuple):
    """What a centre needs, by which rule; None for what no rule asks for."""

    rule: str
    posts: int | None
    floor_area_m2: float | None


_NOTHING = _Need("", None, None)


@dataclass(frozen=True, slots=True)
class CentreStandard:
    """What centres need at least.

    Attributes
    ----------
    name, version
        Cited by every report; other numbers need another version.
    source
        Where they come from, English (``en``) and Chinese (``zh``).
    subdistrict
        Classes of towns and subdistricts by population, in any order.
    new_quarter
        Rooms of a community that a new quarter gives; None for no standard.
    community
        Rooms of any other community; None for no standard.
    """

    name: str
    version: str
    subdistrict: tuple[CentreClass, ...] = ()
    new_quarter: RoomRule | None = None
    community: RoomRule | None = None
    source: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for name in ("name", "version"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise _bad(
                    name, getattr(self, name), t("Give a name and a version, as text.", "请以文本给出名称与版本。")
                )
        lowest = [one.population_from for one in self.subdistrict]
        if len(set(lowest)) < len(lowest):
            raise _bad("population_from", lowest, t("Each class begins elsewhere.", "各档的人口起点不得相同。"))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make a standard from what `as_dict` gives.

        Raises
        ------
        InputError
            When it has no name or version, an unknown key, or a number that is none of 0 or more.
        """
        given = _known(cls, values)
        classes = given.get("subdistrict", ())
        if not isinstance(classes, list | tuple):
            raise _bad("subdistrict", classes, t("Give a list of classes.", "请给出分档列表。"))
        given["subdistrict"] = tuple(_made(CentreClass, "subdistrict", one) for one in classes)
        for name in ("new_quarter", "community"):
            if given.get(name) is not None:
                given[name] = _made(RoomRule, name, given[name])
        source = given.get("source", {})
        if not isinstance(source, Mapping) or not all(isinstance(text, str) for text in source.values()):
            raise _bad("source", source, t("Give texts as “en” and “zh”.", "请以 en、zh 给出文本。"))
        try:
            return cls(**given)
        except TypeError as error:  # name or version is not there
            raise _bad("name", None, t("Give a name and a version, as text.", "请以文本给出名称与版本。")) from error

    def as_dict(self) -> dict[str, Any]:
        """Give the standard as a plain mapping, for JSON."""
        return asdict(self)

    def needed(self, level: str, population: int, households: int, *, new_quarter: bool) -> _Need:
        """Give what the centre of a jurisdiction needs, `(rule, posts, floor_area_m2)`; None for what no rule says."""
        if level == "subdistrict":
            fitting = [one for one in self.subdistrict if population >= one.population_from]
            if not fitting:
                return _NOTHING
            held = max(fitting, key=lambda one: one.population_from)
            return _Need(f"subdistrict from {held.population_from}", held.posts, held.floor_area_m2)
        name = "new_quarter" if new_quarter else "community"
        rule: RoomRule | None = getattr(self, name)
        return _NOTHING if rule is None else _Need(name, None, rule.needed_m2(households))


def _check_numbers(record: CentreClass | RoomRule, whole: tuple[str, ...]) -> None:
    for one in fields(record):
        value = getattr(record, one.name)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value < math.inf or (one.name in whole and value != int(value)):
            remedy = t("Give a number of 0 or more, whole where things are counted.", "请给出非负数，计数须为整数。")
            raise _bad(one.name, value, remedy)


def _known(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    known = [one.name for one in fields(kind)]
    if unknown := [str(key) for key in values if key not in known]:
        raise InputError(
            t("A standard has no {name}.", "标准中没有 {name}。", name=repr(unknown[0])),
            remedy=t("It has: {names}.", "可用：{names}。", names=", ".join(known)),
        )
    return dict(values)


def _made(kind: Any, name: str, values: Any) -> Any:
    if not isinstance(values, Mapping):
        raise _bad(name, values, t("Give a mapping of names and numbers.", "请给出名称与数值的对象。"))
    given = _known(kind, values)
    try:
        return kind(**given)
    except TypeError as error:  # a number is not there
        needed = ", ".join(one.name for one in fields(kind))
        raise _bad(name, dict(values), t("Give {names}.", "请给出 {names}。", names=needed)) from error


def _bad(name: str, value: object, remedy: str) -> InputError:
    return InputError(t("{name} is {value}.", "{name} 的值为 {value}。", name=name, value=repr(value)), remedy=remedy)


def read_standard(path: str | Path) -> CentreStandard:
    """Read a standard from a JSON file: a mapping as `CentreStandard.as_dict` gives it, or a list whose first it is.

    Raises
    ------
    UnreadableFileError
        When the file can't be read or is no JSON.
    InputError
        When it is no standard, with what is wrong.
    """
    file = Path(path)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableFileError(
            t("{file} can't be read: {reason}", "无法读取 {file}：{reason}", file=file.name, reason=error),
            remedy=t("Give a JSON file of a standard, UTF-8.", "请提供 UTF-8 编码的 JSON 标准文件。"),
        ) from error
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, Mapping):
        raise InputError(
            t("{file} holds no standard.", "{file} 中没有标准。", file=file.name),
            remedy=t(
                "Write one mapping: name, version, subdistrict, …", "请写一个对象：name、version、subdistrict 等。"
            ),
        )
    return CentreStandard.from_dict(first)


@cache
def centre_standard() -> CentreStandard:
    """Give the standard that comes with the product."""
    return read_standard(Path(__file__).with_name("standards.json"))


def with_people(jurisdictions: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give jurisdictions with the ``population`` and ``households`` of the units that lie in them.

    Parameters
    ----------
    jurisdictions
        ``code``, ``level``; polygons.
    units
        ``population``, ``households``; each lies where a point inside it does. One on a border counts once a level.

    Returns
    -------
    geopandas.GeoDataFrame
        With both columns Int64, missing where no unit lies in a jurisdiction.
    """
    counts = ["population", "households"]
    inside = units[counts].reset_index(drop=True)
    points = gpd.GeoDataFrame(inside, geometry=units.geometry.representative_point().to_numpy(), crs=units.crs)
    sums = []
    for _, frame in jurisdictions.groupby("level"):
        joined = points.sjoin(gpd.GeoDataFrame(frame[["code", "geometry"]]), predicate="intersects")
        sums.append(joined[~joined.index.duplicated()].groupby("code")[counts].sum())
    held = pd.concat(sums) if sums else pd.DataFrame(columns=counts)
    return jurisdictions.assign(**{name: jurisdictions["code"].map(held[name]).astype("Int64") for name in counts})


def hold_against(standard: CentreStandard, places: pd.DataFrame, centres: Centres) -> pd.DataFrame:
    """Hold the centres of jurisdictions against a standard.

    Parameters
    ----------
    standard
        What they need.
    places
        Jurisdictions with their people (`with_people`).
    centres
        What is there (`spatialgov.allocation.read_centres`).

    Returns
    -------
    pandas.DataFrame
        A row for each subdistrict and community, those that are furthest short first: ``code``, ``level``, ``name``,
        ``name_en``, ``population``, ``households``, ``new_quarter``, ``rule`` (of the standard), ``posts``,
        ``posts_needed``, ``posts_short``, ``floor_area_m2``, ``floor_area_needed_m2``, ``floor_area_short_m2``
        (missing where nothing is needed or known), and ``state``: ``short``; ``missing`` (no centre is listed);
        ``refused`` (its row is at fault); ``unknown`` (no unit lies there, so that nobody knows its people);
        ``no_standard``; ``meets``.
    """
    there = {row["code"]: row for row in centres.frame.to_dict("records")}
    asked = places[places["level"].isin(CENTRE_LEVELS)]
    rows = []
    for place in pd.DataFrame(asked).to_dict("records"):
        check_time()
        rows.append(_held(standard, place, there.get(place["code"]), refused=place["code"] in centres.refused))
    table = pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)
    order = pd.DataFrame(
        {
            "state": table["state"].map(CENTRE_STATES.index),
            "level": table["level"].map(CENTRE_LEVELS.index),
            "short": -_part_short(table),
            "code": table["code"],
        }
    )
    return table.loc[order.sort_values(list(order.columns)).index].reset_index(drop=True)


_COLUMNS: dict[str, Any] = {
    "code": object, "level": object, "name": object, "name_en": object, "population": "Int64", "households": "Int64",
    "new_quarter": "boolean", "rule": object, "posts": "Int64", "posts_needed": "Int64", "posts_short": "Int64",
    "floor_area_m2": np.float64, "floor_area_needed_m2": np.float64, "floor_area_short_m2": np.float64,
    "state": object,
}  # fmt: skip


def _held(
    standard: CentreStandard, place: dict[Any, Any], centre: dict[Any, Any] | None, *, refused: bool
) -> dict[str, Any]:
    """Give the row of one jurisdiction."""
    known = not pd.isna(place["population"])
    new = centre is not None and bool(centre["new_quarter"])
    need = _NOTHING
    # whether a community without a centre is a new quarter nobody has said
    if known and (centre is not None or place["level"] == "subdistrict"):
        need = standard.needed(place["level"], int(place["population"]), int(place["households"]), new_quarter=new)
    there = {"posts": None, "floor_area_m2": None} if centre is None else centre
    short_posts = _short(need.posts, there["posts"], listed=centre is not None)
    short_area = _short(need.floor_area_m2, there["floor_area_m2"], listed=centre is not None)
    if centre is None:
        state = "refused" if refused else "missing"
    elif not known:
        state = "unknown"
    elif not need.rule:
        state = "no_standard"
    else:
        state = "short" if short_posts or short_area else "meets"
    if state == "refused":
        short_posts = short_area = None
    return {
        **{name: place[name] for name in ("code", "level", "name", "name_en", "population", "households")},
        "new_quarter": None if centre is None else new,
        "rule": need.rule,
        **{name: there[name] for name in ("posts", "floor_area_m2")},
        "posts_needed": need.posts,
        "posts_short": short_posts,
        "floor_area_needed_m2": need.floor_area_m2,
        "floor_area_short_m2": short_area,
        "state": state,
    }


def _short(needed: float | None, there: Any, *, listed: bool) -> float | None:
    if needed is None:
        return None
    return max(needed - (there if listed else 0), 0)


def _part_short(table: pd.DataFrame) -> "pd.Series[float]":
    """Give which part of what it needs a centre lacks, of posts or floor area whichever is worse."""
    parts = [
        (table[f"{name}_short{unit}"].astype(np.float64) / table[f"{name}_needed{unit}"].astype(np.float64))
        for name, unit in (("posts", ""), ("floor_area", "_m2"))
    ]
    return pd.concat(parts, axis=1).max(axis=1).fillna(0.0)
