"""Spellings of an address brought to one: full-width forms, Chinese numerals, traditional markers."""

import re
import unicodedata

__all__ = ["NUMERAL", "joined", "name_key", "plain", "value"]

_CHINESE = "零〇一二三四五六七八九十百千廿卅两"
NUMERAL = rf"(?:\d+|[{_CHINESE}]+)"
"""A number in digits or in Chinese numerals, as a pattern."""

_ONE_FORM = str.maketrans(
    "號樓棟單區縣鎮鄉衖東門層蘇廣場臺園#○‐‑‒–—―−~〜∼", "号楼栋单区县镇乡弄东门层苏广场台园号〇" + "-" * 10
)
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SCALES = {"十": 10, "百": 100, "千": 1000}
_TENS = {"廿": 20, "卅": 30}
_RUN = re.compile(f"[{_CHINESE}]+")
_GAP = re.compile(rf"(?<![\d{_CHINESE}])[\s,;、/。.]+|[\s,;、/。.]+(?![\d{_CHINESE}])")


def plain(text: str) -> str:
    """Give the text in one spelling: NFKC, simplified markers, one kind of dash, without blanks around it."""
    folded = unicodedata.normalize("NFKC", text).translate(_ONE_FORM)
    return "".join(c if c.isprintable() else " " for c in folded).strip()


def joined(text: str) -> str:
    """Give the text without blanks and points, but where they part two numbers: 1、3号 is not number 13."""
    return _GAP.sub("", text)


def value(numeral: str) -> str:
    """Give a number in plain digits without leading zeros: ``一百二十三``, ``一二三`` and ``0123`` are ``123``.

    What is no number stays as it is, Latin letters in capitals.
    """
    if numeral.isdecimal():
        return str(int(numeral))
    if not _RUN.fullmatch(numeral):
        return numeral.upper()
    if re.search("[十百千廿卅]", numeral):
        return str(_counted(numeral))
    return str(int("".join(str(_DIGITS[c]) for c in numeral)))  # 一二三: digit by digit


def name_key(name: str) -> str:
    """Give what two spellings of a name have in common: its numerals as digits (第二大街 = 第2大街), small letters."""
    return _RUN.sub(lambda run: value(run[0]), joined(plain(name)).casefold())


def _counted(numeral: str) -> int:
    total, pending = 0, 0
    for c in numeral:
        if c in _DIGITS:
            pending = _DIGITS[c]
        elif c in _TENS:
            total, pending = total + _TENS[c], 0
        else:
            total, pending = total + (pending or 1) * _SCALES[c], 0
    return total + pending
