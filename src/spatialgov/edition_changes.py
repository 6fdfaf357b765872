"""What changed from one edition to another: grids by their codes, and the units that lie in another grid."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["EditionChanges", "edition_changes"]

_AMOUNTS = ["units", "households", "area_m2"]


@dataclass(frozen=True, eq=False)
class EditionChanges:
    """What changed between two editions.

    Attributes
    ----------
    grids
        A row a grid of either edition, by code: `code`, `change`, `from_codes` and `to_codes` (the grids of the first
        edition that its units came from, and of the second that its units went to, with commas between them),
        `units_before`, `units_after`, `households_before`, `households_after`, `area_m2_before`, `area_m2_after`.

        `change` is ``kept`` (the same units), ``changed`` (the same code, other units), ``split`` (a part of one grid
        that was divided, the code's own part too), ``merged`` (whole grids that became one), ``new`` (any other code
        that is only in the second), or ``retired`` (only in the first).
    moved
        A row a unit that is in another grid: `unit_id`, `from_code`, `to_code` ("" where it has none), `households`,
        `area_m2`.
    """

    grids: pd.DataFrame
    moved: pd.DataFrame

    def figures(self) -> dict[str, float]:
        """Give how many grids had each change, and `units_moved`, `households_moved`, `area_moved_m2`."""
        kinds = self.grids["change"].value_counts()
        return {
            **{kind: int(kinds.get(kind, 0)) for kind in ("kept", "changed", "split", "merged", "new", "retired")},
            "units_moved": len(self.moved),
            "households_moved": int(self.moved["households"].sum()),
            "area_moved_m2": float(self.moved["area_m2"].sum()),
        }

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain values, for JSON."""
        rows = self.grids.to_dict("records")
        for row in rows:
            row |= {name: row[name].split(",") if row[name] else [] for name in ("from_codes", "to_codes")}
        return {**self.figures(), "grids": rows, "moved": self.moved.to_dict("records")}


def edition_changes(before: pd.DataFrame, after: pd.DataFrame) -> EditionChanges:
    """Compare two editions by their units.

    Parameters
    ----------
    before, after
        A row a unit: `unit_id`, `code` (None where it has none), `households`, `area_m2`. Units are the same where
        their identifiers are, also of two imports; one that is only in one edition has no grid in the other.
    """
    first, second = (frame.set_index("unit_id") for frame in (before, after))
    index = second.index.union(first.index, sort=False)
    one, two = first.reindex(index), second.reindex(index)
    newest = two[["households", "area_m2"]].fillna(one[["households", "area_m2"]])
    units = newest.assign(a=one["code"].fillna("").astype(object), b=two["code"].fillna("").astype(object))
    away = units[units["a"] != units["b"]]
    moved = pd.DataFrame(
        {
            "unit_id": away.index.astype(object),
            "from_code": away["a"].to_numpy(),
            "to_code": away["b"].to_numpy(),
            "households": away["households"].to_numpy(np.int64),
            "area_m2": away["area_m2"].to_numpy(np.float64),
        }
    )
    return EditionChanges(_grid_rows(first, second, units), moved)


def _grid_rows(first: pd.DataFrame, second: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    before, after = (_sums(frame) for frame in (first, second))
    pairs = units[["a", "b"]].drop_duplicates()
    sources = _by(pairs["b"], pairs["a"])
    heirs = _by(pairs["a"], pairs["b"])
    codes = sorted(set(before.index) | set(after.index))
    table = pd.DataFrame({"code": codes})
    table["change"] = [
        _change(code, code in before.index, sources, heirs) if code in after.index else "retired" for code in codes
    ]
    table["from_codes"] = [",".join(sorted(sources.get(code, set()) - {""})) for code in codes]
    table["to_codes"] = [",".join(sorted(heirs.get(code, set()) - {""})) for code in codes]
    for name in _AMOUNTS:
        for when, sums in (("before", before), ("after", after)):
            table[f"{name}_{when}"] = sums[name].reindex(codes, fill_value=0).to_numpy()
    return table


def _by(keys: "pd.Series[Any]", values: "pd.Series[Any]") -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key, set()).add(value)
    return found


def _sums(frame: pd.DataFrame) -> pd.DataFrame:
    held = frame[frame["code"].notna()].assign(units=1)
    return held.groupby("code")[_AMOUNTS].sum()


def _change(code: str, was_there: bool, sources: dict[str, set[str]], heirs: dict[str, set[str]]) -> str:
    """Tell what happened to a grid of the second edition; "" stands for units that had or have no grid."""
    comes = sources[code]
    if comes == {code} and heirs[code] == {code}:
        return "kept"
    if len(comes) > 1 and "" not in comes and all(heirs[source] == {code} for source in comes):
        return "merged"
    if len(comes) == 1 and "" not in comes:
        (source,) = comes
        parts = heirs[source]
        if len(parts) > 1 and "" not in parts and all(sources[part] == comes for part in parts):
            return "split"
    return "changed" if was_there else "new"
