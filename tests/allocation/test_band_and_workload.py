"""The band, the limits, and the review."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spatialgov.allocation import Band, EditionGrids, Limits, read_posts, review, review_over_time, workload_limits
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


def test_all_limits_are_reviewed_and_posts_widen_them(lattice: Lattice) -> None:
    grids = lattice([[400, 800, 400]], ["ABC"]).grids().assign(workload=[100.0, 390.0, 20.0])
    limits = Limits((300, 500), (5_000.0, 20_000.0), (50.0, 200.0))
    alone = review(grids, limits=limits)
    assert alone["broken"].tolist() == ["", "households,workload", "workload"]
    assert alone["workload_beyond"].tolist() == [0.0, 190.0, -30.0]
    assert review(grids, limits=limits, posts={"B": 2})["broken"].tolist() == ["", "", "workload"]
    small = Limits((0, 1000), (0.0, 9_000.0))
    assert review(grids, limits=small)["broken"].tolist() == ["area_m2"] * 3


@pytest.mark.parametrize("limits", [{"area_m2": (2.0, 1.0)}, {"workload": (-1.0, 1.0)}, {"households": (500, 300)}])
def test_what_are_no_limits(limits: dict[str, tuple[float, float]]) -> None:
    with pytest.raises(InputError):
        Limits(**limits)


def test_posts_are_counts(lattice: Lattice) -> None:
    for wrong in (0, 1.5, True):
        with pytest.raises(InputError, match="posts"):
            review(lattice([[400]], ["A"]).grids(), posts={"A": wrong})  # type: ignore[dict-item]


def test_workload_limits_need_work(lattice: Lattice) -> None:
    plan = lattice([[400]], ["A"])
    with pytest.raises(InputError, match="no workload"):
        workload_limits(plan, 0.3)
    with pytest.raises(InputError, match="tolerance"):
        workload_limits(plan, 0.0)


def test_posts_are_read_or_the_row_is_named(tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text("code,posts\nA,2\nB,1\n", encoding="utf-8")
    assert read_posts(file) == {"A": 2, "B": 1}
    for text, said in (
        ("A,0", "row 1, column posts"),
        ("A,1\nA,2", "row 2, column code"),
        ("A,x", "row 1, column posts"),
    ):
        file.write_text(f"code,posts\n{text}\n", encoding="utf-8")
        with pytest.raises(InputError, match=said):
            read_posts(file)


def test_the_review_looks_back_over_editions(lattice: Lattice) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    history = {400: [400, 450, 490, 260], 200: [400, 480, 520, 260], 0: [400, 495, 560, 280]}
    editions = [
        EditionGrids(i, now - timedelta(days=days), lattice([households], ["ABCD"]).grids())
        for i, (days, households) in enumerate(history.items(), start=1)
    ]
    table = review_over_time(editions[::-1], now=now + timedelta(days=10)).set_index("code")
    assert table["broken"].tolist() == ["", "", "households", "households"]
    assert table["trend"].tolist() == ["steady", "worsening", "worsening", "improving"]
    assert table["days_out"].tolist() == [0, 0, 210, 410]
    assert table["editions_out"].tolist() == [0, 0, 2, 3]
    assert table.loc["C", "out_since"] == pd.Timestamp(now - timedelta(days=200))
    assert table.loc["B", "per_year"] == pytest.approx(45 * 365.25 / 400)
    only = review_over_time(editions[:1], now=now)
    assert set(only["trend"]) == {"new"}
    assert np.isnan(only["per_year"]).all()
    with pytest.raises(InputError):
        review_over_time([], now=now)
