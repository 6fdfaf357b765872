"""Two plans of the same units side by side: what moves where, once their grids are matched as well as can be."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.plan import Plan

__all__ = ["Comparison", "compare", "distance"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Comparison:
    """How one plan differs from another.

    Attributes
    ----------
    matches
        A row a pair of grids that count as the same one: `code_a`, `code_b`, `households` and `units` in both.
        The pairs are those that leave most households where they are; every grid is in at most one.
    moved
        A row a unit whose grid in the second plan is not the match of its grid in the first: `unit_id`, `code_a`,
        `code_b` ("" where it has no grid), `households`, `population`.
    transfers
        A row a pair of grids that share units: `code_a`, `code_b`, `households`, `units`, `matched` (bool).
    metrics
        Every measure of the registry (index) for plan `a` and plan `b` (columns).
    households_moved, units_moved
        Of the rows of `moved`.
    share_moved
        Households moved over all households; over all units where there are no households.
    """

    matches: pd.DataFrame
    moved: pd.DataFrame
    transfers: pd.DataFrame
    metrics: pd.DataFrame
    households_moved: int
    units_moved: int
    share_moved: float

    def figures(self) -> dict[str, float]:
        """Give `households_moved`, `units_moved` and `share_moved`."""
        return {name: getattr(self, name) for name in ("households_moved", "units_moved", "share_moved")}

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain values, for JSON."""
        return {
            **self.figures(),
            "metrics": {str(key): {"a": row["a"], "b": row["b"]} for key, row in self.metrics.iterrows()},
            **{name: getattr(self, name).to_dict("records") for name in ("matches", "transfers", "moved")},
        }

    def transfer_table(self, values: str = "households") -> pd.DataFrame:
        """Give `transfers` as a table, codes of the first plan down and of the second across, 0 where none."""
        return self.transfers.pivot(index="code_a", columns="code_b", values=values).fillna(0).astype(np.int64)


def compare(plan_a: Plan, plan_b: Plan) -> Comparison:
    """Compare two plans of the same units, whatever codes their grids have.

    Raises
    ------
    InputError
        When the plans are not of the same units.
    """
    frame = plan_a.units.frame
    a, b, codes_a, codes_b = _labels(plan_a, plan_b)
    shared = _shared(a, b, frame)
    place = _matching(shared, len(codes_a), len(codes_b), len(frame))
    away = place[a] != b
    transfers = pd.DataFrame(
        {
            "code_a": codes_a[shared["a"]],
            "code_b": codes_b[shared["b"]],
            "households": shared["households"],
            "units": shared["units"],
            "matched": place[shared["a"]] == shared["b"],
        }
    )
    is_grid = (transfers["code_a"] != "") & transfers["matched"]
    moved = pd.DataFrame(
        {
            "unit_id": frame["unit_id"].to_numpy()[away],
            "code_a": codes_a[a[away]],
            "code_b": codes_b[b[away]],
            "households": frame["households"].to_numpy(np.int64)[away],
            "population": frame["population"].to_numpy(np.int64)[away],
        }
    )
    return Comparison(
        matches=transfers.loc[is_grid, ["code_a", "code_b", "households", "units"]].reset_index(drop=True),
        moved=moved,
        transfers=transfers,
        metrics=pd.DataFrame({"a": plan_a.metrics(), "b": plan_b.metrics()}),
        households_moved=int(moved["households"].sum()),
        units_moved=len(moved),
        share_moved=_share(away, frame),
    )


def distance(plan_a: Plan, plan_b: Plan) -> float:
    """Give the share of households (of units where there are none) that must change grid between two plans, 0 … 1.

    The grids are matched so that it is as small as can be; so it is the same both ways, and 0 for plans that differ
    in their codes only.

    Raises
    ------
    InputError
        When the plans are not of the same units.
    """
    frame = plan_a.units.frame
    a, b, codes_a, codes_b = _labels(plan_a, plan_b)
    place = _matching(_shared(a, b, frame), len(codes_a), len(codes_b), len(frame))
    return _share(place[a] != b, frame)


def _labels(plan_a: Plan, plan_b: Plan) -> tuple[Ints, Ints, npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Give each unit's grid in both plans, and the codes; the last position, "", is for units without a grid."""
    ids_a, ids_b = (plan.units.frame["unit_id"] for plan in (plan_a, plan_b))
    rows = pd.Index(ids_b).get_indexer(pd.Index(ids_a))
    if len(ids_a) != len(ids_b) or (rows < 0).any():
        raise InputError(
            t("The two plans divide different units.", "两个方案的基本单元不同。"),
            remedy=t("Compare plans of the same units.", "请比较同一批基本单元的方案。"),
        )
    codes_a, codes_b = (np.array([*plan.codes, ""], dtype=object) for plan in (plan_a, plan_b))
    a, b = plan_a.labels.astype(np.int64), plan_b.labels[rows].astype(np.int64)
    return a % len(codes_a), b % len(codes_b), codes_a, codes_b


def _shared(a: Ints, b: Ints, frame: pd.DataFrame) -> pd.DataFrame:
    """Give the pairs of grids that share units, with the households and the units that they share."""
    units = pd.DataFrame({"a": a, "b": b, "households": frame["households"].to_numpy(np.int64), "units": 1})
    return units.groupby(["a", "b"], as_index=False).sum()


def _matching(shared: pd.DataFrame, size_a: int, size_b: int, n: int) -> Ints:
    """Give the grid of the second plan that each grid of the first is matched with, -1 for none.

    The last position of either plan, which holds the units without a grid, is matched with the other's.
    """
    place = np.full(size_a, -1, np.int64)
    place[-1] = size_b - 1
    grids = shared[(shared["a"] < size_a - 1) & (shared["b"] < size_b - 1)]
    row, column = grids["a"].to_numpy(), grids["b"].to_numpy()
    # the units break ties; a grid may also stay alone, in a column of its own
    worth = grids["households"].to_numpy() + grids["units"].to_numpy() / (n + 1.0)
    alone = np.arange(size_a - 1)
    if len(alone):
        matrix = coo_array(
            (np.append(worth, np.full(len(alone), 1e-9)), (np.append(row, alone), np.append(column, size_b + alone))),
            (size_a - 1, size_b + size_a - 1),
        )
        matched = min_weight_full_bipartite_matching(csr_array(matrix), maximize=True)[1]
        place[:-1] = np.where(matched < size_b, matched, -1)
    return place


def _share(away: npt.NDArray[np.bool_], frame: pd.DataFrame) -> float:
    households = frame["households"].to_numpy(np.float64)
    weight = households if households.sum() > 0 else np.ones(len(households))
    return float(weight[away].sum() / max(weight.sum(), 1.0))
