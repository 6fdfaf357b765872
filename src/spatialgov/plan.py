"""A plan: which grid each unit belongs to. Immutable: a change gives a child with its parent and its moves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self, TypeAlias, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.codes import number_grids
from spatialgov.errors import InputError
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.measures import MEASURES, Tally
from spatialgov.nesting import Within, levels_of_units, parent_of_units, within_columns
from spatialgov.projection import WGS84
from spatialgov.topology import check_coverage, dissolve
from spatialgov.units import Units
from spatialgov.vector_io import write_vector

__all__ = ["Assignment", "Balance", "Plan", "PlanSettings", "grid_centres", "grid_name", "parent_of_units"]

Balance = Literal["households", "population", "area_m2", "workload"]
"""What grids are balanced by."""

Assignment: TypeAlias = "Mapping[str, str | None] | pd.Series[Any]"
"""Unit → code of its grid."""

_Names: TypeAlias = npt.NDArray[np.object_]
_GRID_COLUMNS = ["code", "name", "kind", "parent_code"]


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """What a plan is measured against.

    Attributes
    ----------
    balance
        The quantity that grids share fairly.
    target
        How much of it a grid should hold: households, persons, m², or minutes of work a day.
    tolerance
        Relative deviation from the target that is still on target, 0.05 = 5 %.
    within
        Column of the units whose values grids must not straddle (a community's code), or several (district,
        subdistrict, community); None for no nesting. Several are kept as a tuple, one as text.
    minimum, maximum
        Hard limits of the balanced quantity; None for none.
    max_area_m2
        Largest area of a grid, m²; None for no limit.
    seed
        Seed of the engine that made the plan.
    also
        Further columns of the units that grids share fairly, with the relative deviation of each that is on target:
        from the mean of the grids on the same ground, which is what hangs together inside one parent between barriers
        and dedicated grids (`Plan.deviation_also_pct`).
    merged
        Parents that count as another one, code → code: communities that are joined, or all those of a subdistrict
        where their level is taken out (`spatialgov.nesting.merged_units`).
    barriers
        `barrier_id` → ``hard``, ``penalty`` or ``none``: what stored barriers are to this plan, where that is another
        effect than their own.
    borders
        Effect → pairs of units whose common border is a barrier to this plan (`spatialgov.barriers.with_barriers`).
    """

    balance: Balance = "households"
    target: float = 400.0
    tolerance: float = 0.05
    within: Within = None
    minimum: float | None = None
    maximum: float | None = None
    max_area_m2: float | None = None
    seed: int = 0
    also: Mapping[str, float] = field(default_factory=dict, hash=False)
    merged: Mapping[str, str] = field(default_factory=dict, hash=False)
    barriers: Mapping[str, str] = field(default_factory=dict, hash=False)
    borders: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        columns = within_columns(self.within)
        object.__setattr__(self, "within", columns if len(columns) > 1 else next(iter(columns), None))
        if self.balance not in get_args(Balance):
            raise InputError(
                t("Grids can't be balanced by {name}.", "不能按 {name} 均衡网格。", name=repr(self.balance)),
                remedy=t("Use one of: {names}.", "可用：{names}。", names=", ".join(get_args(Balance))),
            )
        if self.balance in self.also:
            raise InputError(
                t(
                    "Grids are balanced by {name} already.",
                    "网格已按 {name} 均衡。",
                    name=self.balance,
                ),
                remedy=t("Set the tolerance itself instead.", "请直接设置容差。"),
            )
        limits = {name: getattr(self, name) for name in ("target", "tolerance", "minimum", "maximum", "max_area_m2")}
        limits |= {f"also {name}": tolerance for name, tolerance in self.also.items()}
        for name, value in limits.items():
            if value is not None and not (np.isfinite(value) and value > 0):
                raise InputError(
                    t("{name} is {value}.", "{name} 的值为 {value}。", name=name, value=value),
                    remedy=t("Give a number above 0.", "请给出大于 0 的数。"),
                )

        low, high = self.minimum or 0.0, np.inf if self.maximum is None else self.maximum
        if not low <= self.target <= high:
            raise InputError(
                t(
                    "The target of {target:g} lies outside the limits {low:g} to {high:g}.",
                    "目标 {target:g} 超出限制范围 {low:g} 至 {high:g}。",
                    target=self.target,
                    low=low,
                    high=high,
                ),
                remedy=t("Give a target between them.", "请给出范围内的目标。"),
            )

    def as_dict(self) -> dict[str, Any]:
        """Give the settings as a plain mapping, for JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Plan:
    """An assignment of units to grids.

    Attributes
    ----------
    units
        What is divided.
    labels
        int32, shape (n,): position of each unit's grid in `table`, -1 where it has none.
    table
        A row a grid: `code`, `name`, `kind` (``general``, ``dedicated``, ``unit``), `parent_code`.
    settings
        What the plan is measured against.
    parent, moves
        The plan that this one was made from, and the units that were moved (unit → code).
    """

    units: Units
    labels: npt.NDArray[np.int32]
    table: pd.DataFrame
    settings: PlanSettings = field(default_factory=PlanSettings)
    parent: "Plan | None" = None
    moves: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def from_labels(
        cls,
        units: Units,
        labels: npt.NDArray[np.int32],
        settings: PlanSettings,
        kinds: Sequence[str] | None = None,
        *,
        kept: pd.DataFrame | None = None,
        taken: Collection[str] = (),
    ) -> Self:
        """Make a plan from bare labels: grids get codes and names, numbered inside their parent.

        Parameters
        ----------
        labels
            int32, shape (n,), values 0 … k - 1, each at least once.
        kinds
            Kind of each of the k grids; ``general`` when not given.
        kept
            Grids that have a code already: `code`, `name` and `kind`, indexed by their label.
        taken
            More codes that no grid is given.

        Raises
        ------
        CodeError
            When a parent has more than 999 grids.
        """
        k = int(labels.max(initial=-1)) + 1
        parents = parent_of_units(units, settings.within)
        first = np.unique(labels, return_index=True)[1]
        parent_codes = parents[first].tolist()
        table = pd.DataFrame({"code": "", "name": "", "kind": kinds or "general", "parent_code": parent_codes})
        if kept is not None:
            table.loc[kept.index, ["code", "name", "kind"]] = kept[["code", "name", "kind"]]
        new = np.flatnonzero(table["code"] == "")
        x_m, y_m = (axis[new] for axis in grid_centres(units, labels, k))
        parents_of_new = [parent_codes[grid] for grid in new]
        codes = number_grids(parents_of_new, x_m, y_m, taken={*taken, *table["code"]})
        names = [grid_name(code, parent) for code, parent in zip(codes, parents_of_new, strict=True)]
        table.loc[new, "code"], table.loc[new, "name"] = codes, names
        order = np.argsort(table["code"].to_numpy(dtype=object), kind="stable")
        place = np.empty(k, np.int32)
        place[order] = np.arange(k, dtype=np.int32)
        return cls(units, place[labels], table.iloc[order].reset_index(drop=True), settings)

    @classmethod
    def from_assignment(
        cls,
        units: Units,
        assignment: "Assignment",
        settings: PlanSettings,
        table: pd.DataFrame | None = None,
    ) -> Self:
        """Make a plan from unit → grid code, for example today's grids.

        Parameters
        ----------
        assignment
            Unit → code. Units that it leaves out have no grid; a code of None, NaN or "" likewise.
        table
            Names and kinds: `code`, and any of `name`, `kind`, `parent_code`. What it lacks is filled in.

        Raises
        ------
        NotFoundError
            When the assignment names a unit that is not there.
        """
        given = {str(unit): str(code) for unit, code in assignment.items() if code and pd.notna(code)}
        rows = units.positions(list(given))
        codes = sorted(set(given.values()))
        place = {code: i for i, code in enumerate(codes)}
        labels = np.full(len(units), -1, np.int32)
        labels[rows] = [place[code] for code in given.values()]
        parents = parent_of_units(units, settings.within)
        held = np.flatnonzero(labels >= 0)
        first = held[np.unique(labels[held], return_index=True)[1]]
        filled = pd.DataFrame({"code": codes, "kind": "general", "parent_code": parents[first]})
        filled["name"] = [grid_name(c, p) for c, p in zip(filled.code, filled.parent_code, strict=True)]
        if table is not None:
            known = table.drop_duplicates("code").set_index("code").reindex(codes)
            for name in ("name", "kind", "parent_code"):
                if name in known:
                    filled[name] = known[name].where(known[name].notna(), filled.set_index("code")[name]).to_numpy()
        return cls(units, labels, filled[_GRID_COLUMNS], settings)

    @property
    def codes(self) -> list[str]:
        """The grids' codes, in the order of `table`."""
        return list(self.table["code"])

    @cached_property
    def tally(self) -> Tally:
        """Sums over each grid, in the order of `table`."""
        return Tally.of(self.units, self.labels, len(self.table))

    def assignment(self) -> "pd.Series[Any]":
        """Give the grid code of every unit, indexed by `unit_id`; None where a unit has no grid."""
        index = pd.Index(self.units.frame["unit_id"])
        return pd.Series(self._of_units("code"), index=index, name="grid_code", dtype=object)

    def _of_units(self, column: str) -> npt.NDArray[np.object_]:
        """Give the value of a grid column for every unit, None where it has no grid."""
        values = np.array([*self.table[column], None], dtype=object)
        return values[self.labels]

    def deviation_pct(self) -> npt.NDArray[np.float64]:
        """Give each grid's deviation from the target in percent, shape (k,); dedicated grids are exempt (0)."""
        deviation = 100 * (self.tally.column(self.settings.balance) / self.settings.target - 1)
        return np.where(self.table["kind"].to_numpy() == "dedicated", 0.0, deviation)

    def off_target(self) -> npt.NDArray[np.bool_]:
        """Tell which grids are beyond the tolerance of the target, shape (k,); one that just keeps it is not."""
        return np.abs(self.deviation_pct()) > 100 * self.settings.tolerance * (1 + 1e-12)

    def ground_of_units(self, cut_out: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.int32]:
        """Number each unit's ground, int32, shape (n,): what hangs together inside one parent.

        Hard barriers and dedicated grids cut it, and the further grids, shape (k,), that were cut out.
        """
        parents = np.unique(parent_of_units(self.units, self.settings.within), return_inverse=True)[1]
        apart = self.table["kind"].to_numpy() == "dedicated"
        apart = np.append(apart if cut_out is None else apart | cut_out, False)
        graph = self.units.graph
        return graph.without(graph.barrier > 0).components(2 * parents + apart[self.labels])

    def held_and_mean(self, column: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Give what each grid holds of a column of the units, and the mean of the grids on its ground; shape (k,) each.

        The ground of a grid is that of its first unit (`ground_of_units`).
        """
        rows = np.flatnonzero(self.labels >= 0)
        part, k = self.labels[rows], len(self.table)
        held = np.bincount(part, self.units.amounts(column)[rows], k).astype(np.float64)
        ground = self.ground_of_units()[rows[np.unique(part, return_index=True)[1]]]
        return held, (np.bincount(ground, held) / np.maximum(np.bincount(ground), 1))[ground]

    def deviation_also_pct(self) -> dict[str, npt.NDArray[np.float64]]:
        """Give each grid's deviation in what it also shares fairly (`PlanSettings.also`), percent: column → shape (k,).

        From the mean of the grids on the same ground; 0 for dedicated grids, and where there is nothing to share.
        """
        exempt = self.table["kind"].to_numpy() == "dedicated"
        found = {}
        for name in self.settings.also:
            held, mean = self.held_and_mean(name)
            shared = ~exempt & (mean > 0)
            found[name] = np.where(shared, 100 * (held / np.where(shared, mean, 1.0) - 1), 0.0)
        return found

    def grids(self) -> gpd.GeoDataFrame:
        """Give the grids: `table` with `households, population, area_m2, n_units` and geometry (WGS 84).

        `workload` is there when the units have one.
        """
        return self._grids.copy()

    @cached_property
    def _grids(self) -> gpd.GeoDataFrame:
        frame = self.table[_GRID_COLUMNS].copy()
        workload = ("workload",) if "workload" in self.units.frame else ()
        for name in ("households", "population", "area_m2", "n_units", *workload):
            frame[name] = getattr(self.tally, name)
        dissolved = dissolve(self.units.frame.geometry.to_numpy(), self.labels, len(frame))
        return gpd.GeoDataFrame(frame, geometry=dissolved, crs=WGS84)

    def metrics(self) -> dict[str, float]:
        """Give every measure of the registry, key → number (`spatialgov.measures.MEASURES`)."""
        return {key: measure.compute(self) for key, measure in MEASURES.items()}

    def summary(self, column: str) -> pd.DataFrame:
        """Sum up the plan by a column of the units, for example by every level that it nests in.

        Returns
        -------
        DataFrame
            A row a value of the column, in its order: `grids` and `units` (those with units there), `households`,
            `population`, `area_m2` (of the units there), `min_deviation_pct`, `mean_deviation_pct`,
            `max_deviation_pct` (of the grids there, signed; NaN where all are dedicated). A grid that straddles two
            values counts in both; units without a grid count, too.

        Raises
        ------
        MissingColumnError, InputError
            When the units have no such column, or one of them no value in it.
        """
        values = parent_of_units(self.units, column)
        frame = self.units.frame[["households", "population", "area_m2"]].groupby(values)
        pairs = pd.DataFrame({"value": values, "grid": self.labels})[self.labels >= 0].drop_duplicates()
        exempt = (self.table["kind"] == "dedicated").to_numpy()
        deviation = np.where(exempt, np.nan, self.deviation_pct())[pairs["grid"]]
        of_grids = pd.Series(deviation).groupby(pairs["value"].to_numpy())
        table = frame.sum()
        table.insert(0, "units", frame.size())
        table.insert(0, "grids", of_grids.size().reindex(table.index, fill_value=0))
        for name in ("min", "mean", "max"):
            table[f"{name}_deviation_pct"] = of_grids.agg(name)
        return table.rename_axis(column)

    def move(self, moves: Mapping[str, str], *, kinds: Mapping[str, str] | None = None) -> "Plan":
        """Give the child plan in which some units have changed their grid.

        Parameters
        ----------
        moves
            Unit → code. A code that is not there yet makes a new grid; a grid that loses its last unit goes.
        kinds
            Code → kind of new grids; ``general`` where it says nothing.

        Raises
        ------
        NotFoundError
            When a unit is not there.
        """
        rows = self.units.positions(list(moves))
        place = {code: i for i, code in enumerate(self.codes)}
        new = [code for code in dict.fromkeys(moves.values()) if code not in place]
        place |= {code: len(place) + i for i, code in enumerate(new)}
        labels = self.labels.copy()
        labels[rows] = [place[code] for code in moves.values()]
        touched = np.unique(np.concatenate([self.labels[rows], labels[rows]])).astype(np.int64)
        tally = self.tally.updated(self.units, labels, len(place), touched[touched >= 0])

        parents = parent_of_units(self.units, self.settings.within)
        founders = {code: parents[row] for row, code in zip(rows[::-1], list(moves.values())[::-1], strict=True)}
        added = pd.DataFrame(
            [
                (code, grid_name(code, founders[code]), (kinds or {}).get(code, "general"), founders[code])
                for code in new
            ],
            columns=_GRID_COLUMNS,
        )
        kept = np.flatnonzero(tally.n_units > 0)
        compact = np.full(len(place) + 1, -1, np.int32)
        compact[kept] = np.arange(len(kept), dtype=np.int32)
        table = pd.concat([self.table, added], ignore_index=True).iloc[kept].reset_index(drop=True)
        child = Plan(self.units, compact[labels], table, self.settings, self, MappingProxyType(dict(moves)))
        child.__dict__["tally"] = tally.take(kept)
        return child

    def coverage_faults(self) -> list[Fault]:
        """Give the gaps and overlaps between the grids, found on the dissolved geometry itself."""
        return list(self._coverage_faults)

    @cached_property
    def _coverage_faults(self) -> tuple[Fault, ...]:
        return tuple(f for f in check_coverage(self._grids, "code") if f.kind in ("gap", "overlap"))

    def faults(self) -> list[Fault]:
        """Give what forbids publishing: unassigned units, pieces, broken nesting, gaps, overlaps; with places."""
        return [*self._unassigned(), *self._in_pieces(), *self._straddling(), *self._coverage_faults]

    def _unassigned(self) -> list[Fault]:
        return [
            self._fault_at(
                row,
                "unassigned",
                str(self.units.frame["unit_id"].iloc[row]),
                t(
                    "Unit {unit} has no grid.",
                    "单元 {unit} 未划入任何网格。",
                    unit=self.units.frame["unit_id"].iloc[row],
                ),
                t("Assign it to a grid.", "请将其划入一个网格。"),
            )
            for row in np.flatnonzero(self.labels < 0).tolist()
        ]

    def _in_pieces(self) -> list[Fault]:
        faults = []
        for grid in np.flatnonzero(self.tally.n_parts > 1):
            rows = np.flatnonzero(self.labels == grid)
            component = self.units.graph.subgraph(rows).components()
            smallest = int(np.argmin(np.bincount(component, self.units.graph.area_m2[rows])))
            row = int(rows[component == smallest][0])
            code = self.codes[grid]
            message = t(
                "Grid {code} is in {n} pieces that share no border.",
                "网格 {code} 由 {n} 个互不相邻的部分组成。",
                code=code,
                n=int(self.tally.n_parts[grid]),
            )
            remedy = t("Give the smaller pieces to their neighbours.", "请将较小的部分划给相邻网格。")
            faults.append(self._fault_at(row, "not_contiguous", code, message, remedy))
        return faults

    def _straddling(self) -> list[Fault]:
        """Name the grids with units of other parents; such a unit is named once, at its coarsest level."""
        levels = levels_of_units(self.units, self.settings.within)
        code = self._of_units("parent_code")
        named = self.labels < 0
        faults = []
        for level, parents in reversed(levels.items()):
            finest = next(iter(levels.values()))
            above = dict(zip(finest, parents, strict=True))
            expected = np.array([above.get(parent, parent) for parent in code], dtype=object)
            rows = np.flatnonzero(~named & (parents != expected))
            named[rows] = True
            faults += [
                self._straddles(level, rows[self.labels[rows] == g], parents, expected)
                for g in np.unique(self.labels[rows])
            ]
        return faults

    def _straddles(self, level: str, rows: npt.NDArray[np.int64], parents: _Names, expected: _Names) -> Fault:
        """Give the fault of one grid, whose units `rows` lie in other parents than expected at a level."""
        row = int(rows[0])
        code = self.codes[self.labels[row]]
        message = t(
            "Grid {code} belongs to {level} {parent} but holds unit {unit} of {other}.",
            "网格 {code} 属于 {level} {parent}，却包含 {other} 的单元 {unit}。",
            code=code,
            level=level,
            parent=expected[row],
            unit=self.units.frame["unit_id"].iloc[row],
            other=parents[row],
        )
        remedy = t("Move the unit to a grid of its own parent.", "请将该单元划入其所属辖区的网格。")
        return self._fault_at(row, "not_nested", code, message, remedy)

    def _fault_at(self, row: int, kind: str, item: str, message: str, remedy: str) -> Fault:
        point = self.units.frame.geometry.iloc[row].representative_point()
        return Fault(kind, message, remedy, item=item, lon=point.x, lat=point.y)

    def write(self, path: str | Path, unit_grids: "Plan | None" = None) -> None:
        """Write a GeoPackage: layer `grids` (see `grids`) and layer `units` (`unit_id, grid_code`).

        Or both as zipped Shapefiles (``.zip``), where units have their shapes and columns too. With the plan's
        `unit_grids`, both levels: a layer `unit_grids`, and `unit_grid_code` for the units.
        """
        units = self.assignment().reset_index()
        if Path(path).suffix.lower() == ".zip":  # which knows no table without shapes
            units = self.units.frame.assign(grid_code=units["grid_code"].to_numpy())
        layers: dict[str, pd.DataFrame] = {"grids": self._grids, "units": units}
        if unit_grids is not None:
            units["unit_grid_code"] = unit_grids.assignment().to_numpy()
            layers["unit_grids"] = unit_grids.grids()
        write_vector(layers, path)


def grid_name(code: str, parent: str) -> str:
    """Give the name of a grid that has none of its own: its number inside its parent, in the current language."""
    number = code.removeprefix(parent).lstrip("0") if code.startswith(parent) else code
    return t("Grid {n}", "第{n}网格", n=number or code)


def grid_centres(
    units: Units, labels: npt.NDArray[np.int32], k: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give ``(x_m, y_m)``, shape (k,) each: the mean of each grid's units' points, weighed by area."""
    held = labels >= 0
    part, area_m2, xy_m = labels[held], units.graph.area_m2[held], units.graph.xy_m[held]
    total = np.bincount(part, area_m2, k)
    x_m, y_m = (np.bincount(part, area_m2 * xy_m[:, axis], k) / total for axis in (0, 1))
    return x_m, y_m
