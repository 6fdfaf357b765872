"""What a request for features asks for, from its parameters; what can't be used is answered with 400."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shapely.geometry.base import BaseGeometry

from spatialgov.errors import ParameterError
from spatialgov.filters import Filter, Kind, parse_json, parse_text
from spatialgov.language import t
from spatialgov.workspace import Period
from spatialgov.workspace.feature_crs import CRS84, ExchangeCrs, bbox_shape
from spatialgov.workspace.feature_tables import FeatureQuery

__all__ = ["CQL_LANGUAGES", "DEFAULT_LIMIT", "MOST_LIMIT", "PARAMETERS", "Wanted", "crs_of", "edition_of", "read"]

DEFAULT_LIMIT, MOST_LIMIT = 100, 10_000
CQL_LANGUAGES = ("cql2-text", "cql-text", "cql2-json", "cql-json")
"""GDAL asks whether ``cql-text`` is among them before it has anything filtered here."""

PARAMETERS = (
    "limit", "after", "offset", "bbox", "bbox-crs", "crs", "datetime", "filter", "filter-lang", "filter-crs", "edition",
    "as_of", "f", "lang",
)  # fmt: skip
"""All of them but the properties of a collection. ``lang`` is read elsewhere; ``f`` may only be JSON."""

_OFTEN = frozenset(("limit", "after", "offset", "bbox", "crs", "edition", "f", "lang"))
"""Those that are read without knowing the collection, as long as the CRS is the usual one."""
_MOST_WHOLE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks for: features, of which edition, and the parameters as they came."""

    asked: FeatureQuery
    edition: int | None
    as_of: datetime | None
    given: Mapping[str, str]


def read(
    name: str,
    parameters: Sequence[tuple[str, str]],
    kinds: Callable[[], Mapping[str, Kind]] | None,
    systems: Callable[[], list[ExchangeCrs]],
) -> Wanted | None:
    """Read the parameters.

    Parameters
    ----------
    name
        Of the collection.
    parameters
        Names and values.
    kinds
        Gives column → what it holds, of the collection. When there is no such function, None is given for whatever
        can't be read without it.
    systems
        Gives the coordinate reference systems that may be named.

    Raises
    ------
    ParameterError
        When one is unknown, comes twice, or has a value that can't be used.
    """
    given = dict(parameters)
    if len(given) < len(parameters):
        raise _wrong(_twice(parameters), remedy=t("Give each parameter once.", "每个参数只能出现一次。"))
    is_plain = _OFTEN.issuperset(given) and given.get("crs", CRS84.uri) == CRS84.uri
    if kinds is None and not is_plain:
        return None
    for edition in given.keys() & {"edition", "as_of"} if name != "grids" else ():
        raise _wrong((edition, given[edition]), remedy=t("Only grids have editions.", "只有网格有版本。"))
    if given.get("f", "json") != "json":
        raise _wrong(("f", given["f"]), remedy=t("Answers are JSON: f=json.", "仅提供 JSON：f=json。"))
    asked = FeatureQuery(
        limit=min(_whole(given, "limit", DEFAULT_LIMIT, least=1), MOST_LIMIT),
        after=given.get("after", ""),
        offset=_whole(given, "offset", 0),
        bbox=_bbox(given, systems),
        crs=crs_of(given, "crs", systems),
        where=None if kinds is None or is_plain else _where(given, kinds(), systems),
        period=_period(given),
    )
    as_of = _moment("as_of", given["as_of"]) if "as_of" in given else None
    return Wanted(asked, edition_of(given), as_of, given)


def edition_of(given: Mapping[str, str]) -> int | None:
    """Read the number of an edition; None where there is none."""
    return _whole(given, "edition", 0, least=1) if "edition" in given else None


def crs_of(given: Mapping[str, str], name: str, systems: Callable[[], list[ExchangeCrs]]) -> ExchangeCrs:
    """Read which coordinate reference system a parameter names; CRS84 by default."""
    uri = given.get(name, CRS84.uri)
    if uri == CRS84.uri:
        return CRS84
    known = {one.uri: one for one in systems()}
    if uri not in known:
        raise _wrong((name, uri), remedy=t("Use one of: {uris}", "请使用：{uris}", uris=", ".join(known)))
    return known[uri]


def _bbox(given: Mapping[str, str], systems: Callable[[], list[ExchangeCrs]]) -> BaseGeometry | None:
    crs = crs_of(given, "bbox-crs", systems)
    if "bbox" not in given:
        return None
    try:
        numbers = [float(part) for part in given["bbox"].split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise _wrong(
            ("bbox", given["bbox"]),
            remedy=t("Give four numbers: west,south,east,north.", "请给出四个数：西,南,东,北。"),
        )
    return bbox_shape(numbers, crs)


def _where(
    given: Mapping[str, str], kinds: Mapping[str, Kind], systems: Callable[[], list[ExchangeCrs]]
) -> Filter | None:
    """Give the filter together with the properties that are asked for by their own parameters."""
    parts = []
    language = given.get("filter-lang", "cql2-text")
    if language not in CQL_LANGUAGES:
        names = ", ".join(CQL_LANGUAGES)
        raise _wrong(("filter-lang", language), remedy=t("Use one of: {names}", "请使用：{names}", names=names))
    crs = crs_of(given, "filter-crs", systems)
    if "filter" in given:
        parse = parse_json if language.endswith("json") else parse_text
        parts.append(parse(given["filter"]))
    for name, value in given.items():
        if name not in PARAMETERS:
            if kinds.get(name, "geometry") == "geometry":
                raise _wrong(
                    (name, value),
                    remedy=t(
                        "Parameters are {names}, and the collection's properties.",
                        "可用参数：{names}，以及该集合的属性。",
                        names=", ".join(PARAMETERS),
                    ),
                )
            parts.append({"op": "=", "args": [{"property": name}, _value(name, value, kinds[name])]})
    if not parts:
        return None
    return Filter({"op": "and", "args": parts}, kinds, None if crs is CRS84 else crs.to_wgs84)


def _value(name: str, text: str, kind: Kind) -> str | float | bool:
    if kind in ("text", "time"):
        return text
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise _wrong((name, text), remedy=t("It is true or false.", "只能是 true 或 false。"))
        return text.lower() == "true"
    try:
        return float(text)
    except ValueError as error:
        raise _wrong((name, text), remedy=t("It is a number.", "应为数字。")) from error


def _period(given: Mapping[str, str]) -> Period:
    """Read a time or an interval, whose ends belong to it; ``..`` or nothing is an open end."""
    text = given.get("datetime")
    if text is None:
        return Period()
    first, slash, last = text.partition("/")
    ends = [
        None if one in ("", "..") else _moment("datetime", one) for one in ((first, last) if slash else (first,) * 2)
    ]
    since, until = ends
    if (since is None and until is None and not slash) or (since is not None and until is not None and since > until):
        raise _wrong(("datetime", text), remedy=_time_remedy())
    return Period(since, None if until is None else until + timedelta(microseconds=1))


def _moment(name: str, text: str) -> datetime:
    """Read a time; a date is its midnight, what has no offset is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong((name, text), remedy=_time_remedy()) from error
    if not 1900 <= moment.year <= 2200:  # at the ends of the calendar sums overflow
        raise _wrong((name, text), remedy=_time_remedy())
    return moment


def _time_remedy() -> str:
    return t(
        "Write it like 2026-11-01T00:00:00Z, an interval like 2026-11-01T00:00:00Z/.. (1900 to 2200).",
        "请写成 2026-11-01T00:00:00Z，时段写成 2026-11-01T00:00:00Z/..（1900 至 2200 年）。",
    )


def _whole(given: Mapping[str, str], name: str, default: int, *, least: int = 0) -> int:
    text = given.get(name)
    if text is None:
        return default
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else -1
    if not least <= number <= _MOST_WHOLE:
        raise _wrong(
            (name, text), remedy=t("It is a whole number from {least}.", "应为不小于 {least} 的整数。", least=least)
        )
    return number


def _twice(parameters: Sequence[tuple[str, str]]) -> tuple[str, str]:
    names = [name for name, _ in parameters]
    return next((name, value) for name, value in parameters if names.count(name) > 1)


def _wrong(parameter: tuple[str, str], *, remedy: str) -> ParameterError:
    name, value = (one[:80] for one in parameter)
    return ParameterError(
        t("{name}={value} can't be used.", "{name}={value} 无法使用。", name=name, value=repr(value)), remedy=remedy
    )
