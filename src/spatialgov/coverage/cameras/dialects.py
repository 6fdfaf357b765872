"""What a dialect of camera files becomes before it is judged: our columns, filled from theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from spatialgov.vector_io import texts

__all__ = ["Rows", "Translation", "mapped"]

Words = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Rows:
    """Rows of a file, of which any column may be missing."""

    frame: gpd.GeoDataFrame

    def texts(self, column: str) -> Words:
        """Give a column as text, None where there is nothing."""
        if column not in self.frame:
            return np.full(len(self.frame), None, dtype=object)
        return texts(self.frame[column])


@dataclass(frozen=True)
class Translation:
    """Rows of another dialect in our columns.

    Attributes
    ----------
    cells
        Our column → text as a table of ours would have it, object (n,), None for nothing; what could not be
        translated stands there as it was, and is found out when it is judged.
    names
        Our column → that of the file which it was filled from, for messages.
    left_out
        Reason → bool (n,): rows that are no camera of use here.
    """

    cells: Mapping[str, Words]
    names: Mapping[str, str]
    left_out: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)


def mapped(cells: Words, meanings: Mapping[str, str]) -> Words:
    """Put our words in place of theirs (in lower case); what has none stays as it is, "0" and nothing are None."""
    return np.array(
        [None if cell in (None, "0") else meanings.get(cell.lower(), cell) for cell in cells.tolist()], dtype=object
    )
