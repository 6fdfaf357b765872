"""CQL2 text and JSON to one form: what CQL2 JSON is made of."""

import json
import re
from typing import Any

import cql2

from spatialgov.errors import ParameterError
from spatialgov.language import t

__all__ = ["parse_json", "parse_text"]

_MOST_CHARACTERS = 10_000
_MOST_DEPTH = 30
"""The parser recurses until the process ends, and so does evaluation: what is nested deeper never gets there."""

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\w+|\S")
_ILIKE = re.compile(
    r"""(?P<other>'(?:[^']|'')*')|(?P<name>\w+|"[^"]*")\s+(?P<no>NOT\s+)?ILIKE\s+(?P<text>'(?:[^']|'')*')""",
    re.IGNORECASE,
)


def parse_text(text: str) -> Any:
    """Give CQL2 text as CQL2 JSON.

    ``ILIKE``, which GDAL writes, is read as ``CASEI(…) LIKE CASEI(…)``.

    Raises
    ------
    ParameterError
        When it is no CQL2, too long, or nested too deeply.
    """
    _check_length(text)
    if _nesting(text) > _MOST_DEPTH:
        raise _too_deep()
    try:
        found = cql2.parse_text(_ILIKE.sub(_case_insensitive, text)).to_json()
    except (cql2.ParseError, cql2.ValidationError, ValueError) as error:
        raise _unreadable(str(error)) from error
    if _depth(found) > _MOST_DEPTH:
        raise _too_deep()
    return found


def parse_json(text: str) -> Any:
    """Give CQL2 JSON; raises as `parse_text`. What it says is checked by `Filter`."""
    _check_length(text)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(str(error)) from error
    if _depth(found) > _MOST_DEPTH:
        raise _too_deep()
    return found


def _case_insensitive(match: re.Match[str]) -> str:
    if match["other"]:
        return match["other"]
    return f"CASEI({match['name']}) {match['no'] or ''}LIKE CASEI({match['text']})"


def _nesting(text: str) -> int:
    """Give how deep parentheses, and runs of NOT and of minus signs, are in each other."""
    levels, run, deepest = [0], 0, 0
    for token in _TOKEN.findall(text):
        if token == "(":
            levels.append(levels[-1] + run + 1)
        elif token == ")" and len(levels) > 1:
            levels.pop()
        run = run + 1 if token == "-" or token.upper() == "NOT" else 0
        deepest = max(deepest, levels[-1] + run)
    return deepest


def _depth(node: Any) -> int:
    """Give how many mappings are in each other."""
    deepest, waiting = 0, [(node, 0)]
    while waiting:
        one, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(one, dict):
            waiting += [(value, depth + 1) for value in one.values()]
        elif isinstance(one, list):
            waiting += [(value, depth) for value in one]
    return deepest


def _check_length(text: str) -> None:
    if len(text) > _MOST_CHARACTERS:
        raise ParameterError(
            t(
                "The filter has {n} characters; {most} are allowed.",
                "filter 有 {n} 个字符，最多允许 {most} 个。",
                n=len(text),
                most=_MOST_CHARACTERS,
            ),
            remedy=t("Ask in several parts.", "请分几次查询。"),
        )


def _too_deep() -> ParameterError:
    return ParameterError(
        t("The filter is nested too deeply.", "filter 嵌套过深。"),
        remedy=t("At most {n} levels.", "最多 {n} 层。", n=_MOST_DEPTH),
    )


def _unreadable(why: str) -> ParameterError:
    return ParameterError(
        t("The filter can't be read: {why}", "无法读取 filter：{why}", why=" ".join(why.split())[:300]),
        remedy=t(
            "Write it like: households > 300 AND code LIKE '9901%'", "请写成：households > 300 AND code LIKE '9901%'"
        ),
    )
