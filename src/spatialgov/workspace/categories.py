"""The list of incident categories that is in force: the latest that was loaded, or the standard's big classes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from spatialgov.incidents.categories import CATEGORY_COLUMNS, event_classes
from spatialgov.store import Store

__all__ = ["CategoryList", "categories_in_force"]


@dataclass(frozen=True, slots=True, eq=False)
class CategoryList:
    """A version of the list of incident categories.

    Attributes
    ----------
    version
        From 1; 0 for the big classes of GB/T 30428.2, where no list was loaded.
    valid_from
        From when it is in force, UTC; None for version 0.
    table
        `code`, `name`, `name_en`.
    """

    version: int
    valid_from: datetime | None
    table: pd.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Give it as a plain mapping, for JSON."""
        categories = self.table.to_dict("records")
        return {"version": self.version, "valid_from": self.valid_from, "categories": categories}


def categories_in_force(store: Store, *, as_of: datetime | None = None) -> CategoryList:
    """Give the list that is in force now, or was then."""
    found = store.categories(as_of=as_of)
    if found.empty:
        return CategoryList(0, None, event_classes())
    first = found.iloc[0]
    return CategoryList(int(first["version"]), first["valid_from"].to_pydatetime(), found[[*CATEGORY_COLUMNS]])
