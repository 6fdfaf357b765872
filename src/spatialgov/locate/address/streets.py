"""The streets of a table by name: as written, without their last word, misspelt."""

import re
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

__all__ = ["StreetNames"]

_LAST_WORD = re.compile(r"(?<=..)(?:大道|胡同|路|街|巷|弄|里|道|村)$")
_LONG = 6
"""Names from this length on may have two slips."""


class StreetNames:
    """The names of streets.

    Parameters
    ----------
    keys
        `name_key` of each street.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = sorted(set(keys))
        self._by_core: dict[str, list[str]] = {}
        for key in self.keys:
            self._by_core.setdefault(_LAST_WORD.sub("", key), []).append(key)

    def whole(self, key: str) -> list[str]:
        """Give the streets that have the name but for its last word: 人民路 for 人民, 东坝 for 东坝村."""
        if key.endswith("村"):
            return [name for name in self._by_core.get(key[:-1], ()) if name == key[:-1]]
        return [name for name in self._by_core.get(key, ()) if name != key]

    def near(self, key: str) -> dict[str, int]:
        """Give the streets that a slip of the pen makes of the name, and the number of slips.

        A slip is one character too many, too few, changed, or two swapped: optimal string alignment distance 1, or 2
        for a long name.
        """
        most = 1 if len(key) < _LONG else 2
        found = process.extract(key, self.keys, scorer=OSA.distance, score_cutoff=most, limit=None)
        return {name: int(distance) for name, distance, _ in found}
