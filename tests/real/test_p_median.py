"""OR-Library p-median instances with their proven optima."""

from pathlib import Path

import pytest

from spatialgov.allocation import p_median
from tests.bench.allocation.instances import read


@pytest.mark.parametrize("name", ["pmed1", "pmed2", "pmed5", "pmed10", "pmed16", "pmed23", "pmed37"])
def test_the_optimum_is_found_and_proved(real_data: Path, name: str) -> None:
    instance = read(real_data, name)
    found = p_median(instance.distance, instance.p, time_limit_s=60)
    assert found.cost == instance.optimum
    assert found.proved
