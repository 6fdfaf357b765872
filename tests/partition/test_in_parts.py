"""Ground divided in parts: the same plan, however the ground is cut."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import spatialgov as sg
from spatialgov.bulk import Foreseen, Hands
from spatialgov.partition import Step, in_parts
from spatialgov.plan import Plan

Lattice = Callable[..., Plan]
EVEN = [[10] * 8] * 8
QUARTERS = ["AABBCCDD"] * 8


@pytest.mark.parametrize("units_of_a_part", [1, 20])
def test_the_plan_is_the_same(
    lattice: Lattice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, units_of_a_part: int
) -> None:
    monkeypatch.setattr(in_parts, "_PART_UNITS", units_of_a_part)
    today = lattice(EVEN, ["a" * 8] * 8, parents=QUARTERS)
    first = today.units.frame["unit_id"].iloc[0]
    options = {
        "households_per_grid": 40, "within": "community_code", "also": {"area_m2": 0.3}, "locked_units": {first: "A9"},
        "effort": "quick",
    }  # fmt: skip
    whole = sg.partition(today.units, **options)  # type: ignore[arg-type]
    told: list[Step] = []
    plan = sg.partition(today.units, **options, hands=Hands(tmp_path / "kept"), progress=told.append)  # type: ignore[arg-type]
    pd.testing.assert_series_equal(plan.assignment(), whole.assignment())
    pd.testing.assert_frame_equal(plan.table, whole.table)
    assert told[-1].done == told[-1].total == {1: 4, 20: 3}[units_of_a_part]
    assert not (tmp_path / "kept").exists()


def test_a_dry_run_says_what_would_be_done(lattice: Lattice, tmp_path: Path) -> None:
    units = lattice(EVEN, ["a" * 8] * 8, parents=QUARTERS).units
    with pytest.raises(Foreseen) as found:
        sg.partition(
            units, households_per_grid=80, within="community_code", hands=Hands(tmp_path / "kept", dry_run=True)
        )
    assert [len(part.about["grounds"]) for part in found.value.outlook.parts] == [4]
    assert found.value.outlook.done == frozenset()
    assert not (tmp_path / "kept").exists()
