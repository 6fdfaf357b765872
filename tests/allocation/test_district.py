"""A district as large as one that went from 623 grids to 673 by adjusting 190 of them."""

from collections.abc import Callable

from spatialgov.allocation import recommend, taken
from spatialgov.plan import Plan
from tests.allocation.district import BAND, GRIDS, growing_district


def out_of_band(plan: Plan) -> set[str]:
    outside = (plan.tally.households < BAND[0]) | (plan.tally.households > BAND[1])
    return set(plan.table["code"][outside])


def test_a_district_is_put_right_with_few_changes(lattice: Callable[..., Plan]) -> None:
    today = growing_district(lattice)
    assert (len(today.codes), len(out_of_band(today))) == (GRIDS, 190)
    assert (today.tally.n_parts == 1).all()
    plan = today
    for one in recommend(today):
        child = taken(plan, [one])
        assert len(out_of_band(plan)) - len(out_of_band(child)) == one.grids_gained > 0
        assert out_of_band(child) <= out_of_band(plan)
        plan = child
    assert out_of_band(plan) == set()
    assert (plan.tally.n_parts == 1).all()
    assert 640 <= len(plan.codes) <= 683
    moved = today.assignment().to_numpy() != plan.assignment().to_numpy()
    households = today.units.frame["households"].to_numpy()
    assert households[moved].sum() < 0.15 * households.sum()
    adjusted = set(today.assignment().to_numpy()[moved]) | set(plan.assignment().to_numpy()[moved])
    assert len(adjusted & set(today.codes)) < 0.65 * GRIDS
