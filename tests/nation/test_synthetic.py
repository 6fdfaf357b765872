"""The made-up nation: the numbers that are asked for, nested codes, shapes that tile."""

import numpy as np
import pytest
import shapely

from spatialgov.codes import is_division_code, parent_of
from spatialgov.errors import InputError
from spatialgov.nation import COUNTS, Counts, SyntheticNation

SMALL = Counts(2, 5, 17, 60, 240, 1_500)


@pytest.fixture(scope="module")
def nation() -> SyntheticNation:
    return SyntheticNation.build(SMALL, seed=3)


def test_counts_and_codes(nation: SyntheticNation) -> None:
    assert len(np.unique(nation.code)) == SMALL.grids
    assert (np.diff(nation.code) > 0).all()
    for digits, wanted in ((13, 2), (11, 5), (9, 17), (6, 60), (3, 240)):
        assert len(np.unique(nation.code // 10**digits)) == wanted
    assert len(nation.cities) == SMALL.cities
    frame = nation.grids(nation.cities[2])
    assert all(is_division_code(code) for code in frame["parent_code"])
    assert {parent_of(code, "city") for code in frame["parent_code"]} == {nation.cities[2]}
    assert frame["households"].between(300, 500).all()


def test_grids_tile_the_nation(nation: SyntheticNation) -> None:
    shapes = np.concatenate([frame.geometry.to_numpy() for _, frame in nation.each_city()])
    assert len(shapes) == SMALL.grids
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.coverage_union_all(shapes)
    assert isinstance(whole, shapely.Polygon)
    assert not whole.interiors


def test_a_jurisdiction_is_one_piece(nation: SyntheticNation) -> None:
    frame = nation.grids(nation.cities[0])
    for _, part in frame.groupby("parent_code"):
        assert shapely.coverage_union_all(part.geometry.to_numpy()).geom_type == "Polygon"


def test_the_seed_decides(nation: SyntheticNation) -> None:
    assert (SyntheticNation.build(SMALL, seed=3).rectangle == nation.rectangle).all()
    assert (SyntheticNation.build(SMALL, seed=4).rectangle != nation.rectangle).any()


def test_real_counts() -> None:
    assert COUNTS.levels == (31, 342, 2_978, 41_352, 620_573, 4_500_000)


@pytest.mark.parametrize(
    "counts", [Counts(2, 1, 4, 5, 6, 7), Counts(40, 50, 60, 70, 80, 90), Counts(1, 1, 1, 1, 1, 1000)]
)
def test_numbers_that_do_not_go_into_each_other_are_refused(counts: Counts) -> None:
    with pytest.raises(InputError):
        SyntheticNation.build(counts)


def test_no_such_city(nation: SyntheticNation) -> None:
    with pytest.raises(InputError, match="no city"):
        nation.grids("990100000000")
