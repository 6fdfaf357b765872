"""What an address says about province … community, held against where the address in the table lies."""

import re
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.locate.address.parsing import DIVISION_WORDS
from spatialgov.locate.address.text import name_key

__all__ = ["Areas", "Verdict"]

Verdict = Literal["agrees", "unknown", "contradicts"]

_OFFICE = re.compile("(?<=街道)(?:办事处|办)$|(?<=社区)(?:居民委员会|居委会)$|(?<=村)(?:民委员会|委会)$")


def _key(name: str) -> str:
    return name_key(_OFFICE.sub("", re.sub("(?<!社区)(?:居民委员会|居委会)$", "社区", name)))


class Areas:
    """The jurisdictions that addresses lie in.

    Parameters
    ----------
    frame
        `code`, `level`, `name`, `parent_code`, geometry (EPSG:4326), or None.
    """

    def __init__(self, frame: gpd.GeoDataFrame | None) -> None:
        rows: list[Any] = [] if frame is None else list(frame.drop(columns="geometry").itertuples(index=False))
        self.names: list[str] = [row.name for row in rows]
        self._keys = [_key(row.name) for row in rows]
        self._levels: list[str] = [row.level for row in rows]
        self._shapes = np.array([] if frame is None else frame.geometry, dtype=object)
        position = {row.code: i for i, row in enumerate(rows)}
        self._chains = [self._chain(i, [position.get(row.parent_code, -1) for row in rows]) for i in range(len(rows))]

    @staticmethod
    def _chain(area: int, parents: list[int]) -> tuple[int, ...]:
        chain: list[int] = []
        while area >= 0 and area not in chain:
            chain.append(area)
            area = parents[area]
        return tuple(chain)

    def finest(self, points: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
        """Give the position of the lowest area that each point lies in, shape (n,); -1 outside all."""
        result = np.full(len(points), -1, dtype=np.int64)
        if len(self._shapes):
            where, area = shapely.STRtree(self._shapes).query(points, predicate="intersects")
            depth = np.array([len(chain) for chain in self._chains])[area]
            order = np.lexsort((-area, depth))  # the deepest last; on a shared border the first of the table
            result[where[order]] = area[order]
        return result

    def chain(self, area: int) -> tuple[str, ...]:
        """Give the names of the areas that an area lies in, itself last."""
        return tuple(self.names[i] for i in reversed(self._above(area)))

    def verdict(self, division: str, area: int) -> Verdict:
        """Tell whether a division of an address, as written, fits an address that lies in an area (-1 for none).

        A division of a level that the areas have and with another name contradicts; what lies above them (the
        province of a table of one district) is unknown.
        """
        key, above = _key(division), self._above(area)
        if any(key == self._keys[i] for i in above):
            return "agrees"
        level = next((level for level, words in DIVISION_WORDS.items() if key.endswith(words)), "")
        return "contradicts" if key in self._keys or any(level == self._levels[i] for i in above) else "unknown"

    def _above(self, area: int) -> tuple[int, ...]:
        return self._chains[area] if area >= 0 else ()
