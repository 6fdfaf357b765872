"""The fewest sites, or the cheapest, that cover enough."""

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spatialgov.coverage.siting.instance import checked_instance, checked_share, checked_time
from spatialgov.coverage.siting.maximal import Siting, in_order

__all__ = ["least_sites"]


def least_sites(
    cover: object,
    weight: npt.ArrayLike,
    share: float,
    *,
    seed: int = 0,
    time_limit_s: float = 10.0,
    base: npt.ArrayLike | None = None,
    cost: npt.ArrayLike | None = None,
    need: npt.ArrayLike | None = None,
    conflicts: object = None,
    fixed: Sequence[int] | npt.ArrayLike = (),
) -> Siting:
    """Choose the fewest sites, or the cheapest, that cover a share of the weight.

    Parameters
    ----------
    cover, weight, seed, time_limit_s, base, need, conflicts, fixed
        As for `maximal_covering`.
    share
        Of the whole weight, above 0 and up to 1; what `base` covers counts.
    cost
        Shape (site,), above 0: the sum is least. When not given, the number of sites is.

    Returns
    -------
    Siting
        Its `bound` and `gap` are those of `cost`.

    Raises
    ------
    InputError
        When the arguments make no sense, or the share can't be reached; says by how much.
    """
    begun = time.monotonic()
    instance = checked_instance(cover, weight, base=base, need=need, cost=cost, conflicts=conflicts, fixed=fixed)
    until = begun + checked_time(time_limit_s)
    target = checked_share(share, instance)
    sites, gains = in_order(instance, np.arange(instance.cover.shape[1]))
    before = instance.covered([])
    k = int(np.searchsorted(before + np.cumsum(gains), target * (1 - 1e-12))) + 1
    return Siting(
        sites=sites[:k],
        gains=gains[:k],
        covered=before + float(gains[:k].sum()),
        before=before,
        total=instance.total,
        cost=float(instance.cost[sites[:k]].sum()),
        bound=0.0,
        gap=1.0,
        proved=False,
        cut_short=time.monotonic() > until,
    )
