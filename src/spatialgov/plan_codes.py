"""Codes that keep their meaning: how a new plan's grids are numbered beside those that were ever published."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from spatialgov.codes import number_grids
from spatialgov.plan import Assignment, Plan, grid_centres, grid_name

__all__ = ["with_codes", "with_stable_codes"]


def with_stable_codes(plan: Plan, current: Assignment, taken: set[str]) -> Plan:
    """Give the plan with codes that fit what is in force: no code ever gets another meaning.

    A grid with exactly the units of one in force takes that one's code. Otherwise it keeps its own code when nobody
    ever had it, or when the grid in force under that code shares more than half of the units that either of them
    has. Every other grid takes the next free number of its parent.

    Parameters
    ----------
    plan
        The new plan.
    current
        Unit → grid code in force; empty when nothing is published.
    taken
        Every code that was ever published.

    Raises
    ------
    CodeError
        When a parent runs out of numbers.
    """
    in_force: dict[str, set[str]] = {}
    for unit, code in current.items():
        if code is not None:
            in_force.setdefault(str(code), set()).add(str(unit))
    members: dict[str, set[str]] = {}
    for unit, code in plan.assignment().items():
        if code is not None:
            members.setdefault(str(code), set()).add(str(unit))

    unchanged = {frozenset(units): code for code, units in in_force.items()}
    new = {code: unchanged[frozenset(units)] for code, units in members.items() if frozenset(units) in unchanged}
    held = set(new.values())
    for code, units in members.items():
        before = in_force.get(code, set())
        resembles = 2 * len(units & before) > len(units | before)
        if code not in new and code not in held and (code not in taken or resembles):
            new[code] = code
    return with_codes(plan, new, taken)


def with_codes(plan: Plan, given: Mapping[str, str], taken: Collection[str]) -> Plan:
    """Give the plan with other codes.

    Parameters
    ----------
    given
        Code → the code that the grid gets. One that it leaves out gets the next free number of its parent.
    taken
        Codes that none of those may get.

    Raises
    ------
    CodeError
        When a parent runs out of numbers.
    """
    new = dict(given)
    rest = [row for row, code in enumerate(plan.codes) if code not in new]
    x_m, y_m = grid_centres(plan.units, plan.labels, len(plan.codes))
    parents = plan.table["parent_code"].tolist()
    fresh = number_grids([parents[row] for row in rest], x_m[rest], y_m[rest], taken={*taken, *new.values()})
    new |= {plan.codes[row]: code for row, code in zip(rest, fresh, strict=True)}

    table = plan.table.copy()
    table["name"] = [
        grid_name(new[code], parent) if name == grid_name(code, parent) else name
        for code, parent, name in zip(table["code"], parents, table["name"], strict=True)
    ]
    table["code"] = [new[code] for code in plan.codes]
    return replace(plan, table=table)
