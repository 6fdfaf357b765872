"""Spellings of an address brought to one: full-width forms, Chinese numerals, traditional markers."""

import re
import unicodedata

__all__ = ["NUMERAL", "name_key", "plain", "value"]

NUMERAL = r"(?:\d+|[零〇一二三四五六七八九十百千廿卅两]+)"
"""A number in digits or in Chinese numerals, as a pattern."""

_ONE_FORM = str.maketrans(
    "號樓棟單區縣鎮鄉衖東門層蘇廣場臺園#○‐‑‒–—―−~〜∼", "号楼栋单区县镇乡弄东门层苏广场台园号〇" + "-" * 10
)
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SCALES = {"十": 10, "百": 100, "千": 1000}
_TENS = {"廿": 20, "卅": 30}
_RUN = re.compile(r"[零〇一二三四五六七八九十百千廿卅两]+")


def plain(text: str) -> str:
    """Give the text in one spelling: NFKC, simplified markers, one kind of dash; blanks only between two digits."""
    folded = unicodedata.normalize("NFKC", text).translate(_ONE_FORM)
    words = "".join(c if c.isprintable() else " " for c in folded)
    return re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", words)


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
    return _RUN.sub(lambda run: value(run[0]), plain(name).casefold())


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
