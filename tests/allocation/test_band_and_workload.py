"""The band, the review, and the workload."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from spatialgov.allocation import RURAL, URBAN, Band, WorkloadProfile, review, workload
from spatialgov.errors import InputError
from spatialgov.plan import Plan

Lattice = Callable[..., Plan]


def test_the_band_includes_its_ends() -> None:
    band = Band.of((300, 500))
    assert band.beyond([0, 299, 300, 400, 500, 501]).tolist() == [-300, -1, 0, 0, 0, 1]
    assert [band.miss(n) for n in (299, 300, 500, 510)] == [1, 0, 0, 10]


@pytest.mark.parametrize("households", [(500, 300), (-1, 300)])
def test_what_is_no_band(households: tuple[int, int]) -> None:
    with pytest.raises(InputError):
        Band.of(households)


def test_review(lattice: Lattice) -> None:
    plan = lattice([[299, 300, 500, 510, 900, 20]], ["ABCDEF"], kinds={"E": "dedicated", "F": "unit"})
    grids = plan.grids()
    reviewed = review(grids)
    assert reviewed["state"].tolist() == ["under", "within", "within", "over", "exempt", "exempt"]
    assert reviewed["households_beyond"].tolist() == [-1, 0, 0, 10, 0, 0]
    assert reviewed["broken"].tolist() == ["households", "", "", "households", "", ""]
    assert list(reviewed.columns) == [*grids.columns[:-1], "state", "households_beyond", "broken", "geometry"]
    assert reviewed.crs == grids.crs
    assert "state" not in grids


def test_workload_is_the_stated_sum() -> None:
    profile = WorkloadProfile("test", "1", 2.0, 3.0, 5.0, 7.0)
    frame = pd.DataFrame({"households": [10, 0], "population": [30, 0], "area_m2": [2e6, 0.0]}, index=["a", "b"])
    minutes = workload(frame, [4.0, 1.5], profile)
    assert minutes.to_dict() == {"a": 10 * 2 + 30 * 3 + 4 * 5 + 2 * 7, "b": 7.5}
    assert minutes.name == "workload_minutes"
    assert workload(frame, None, profile)["a"] == 124.0
    assert workload(frame)["b"] == 0.0


def test_incidents_have_to_fit() -> None:
    frame = pd.DataFrame({"households": [10], "population": [30], "area_m2": [2e6]})
    for wrong in ([1.0, 2.0], [-1.0], [np.nan]):
        with pytest.raises(InputError):
            workload(frame, wrong)


def test_profiles_name_their_version() -> None:
    for profile in (URBAN, RURAL):
        assert {"name", "version", "minutes_per_incident"} <= set(profile.as_dict())
    with pytest.raises(InputError, match="minutes_per_km2"):
        WorkloadProfile("wrong", "1", 1.0, 1.0, 1.0, -1.0)
