import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from scipy import optimize

from spatialgov.partition import highs

C = ctypes.CDLL(None)


def test_the_solvers_words_are_no_result(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def chatty(*args: Any, **options: Any) -> optimize.OptimizeResult:
        C.printf(b"a line of the solver's own\n")
        return solve(*args, **options)

    solve = optimize.milp
    monkeypatch.setattr(optimize, "milp", chatty)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda cost: highs.milp(np.array([float(cost)]), integrality=1).fun, range(1, 9)))
    os.write(1, b"the result\n")
    assert found == [0.0] * 8
    out, err = capfd.readouterr()
    assert out == "the result\n"
    assert err.count("a line of the solver's own") == 8
