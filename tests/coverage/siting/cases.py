"""Small covering problems, and their answers by trying everything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Case:
    """A covering problem with everything that can be asked."""

    cover: sparse.csr_array
    weight: Floats
    base: Ints
    need: Ints
    cost: Floats
    conflicts: sparse.csr_array
    fixed: list[int]

    def value(self, sites: Sequence[int]) -> float:
        """Weight that is covered, counted plainly."""
        dense = self.cover.toarray()
        total = 0.0
        for i, weight in enumerate(self.weight):
            seen = self.base[i] + sum(int(dense[i, j]) for j in sites)
            total += weight * min(seen, self.need[i]) / self.need[i]
        return total

    def choices(self) -> Iterator[tuple[int, ...]]:
        """Give every choice that holds the fixed sites and has no conflict."""
        foes = self.conflicts.toarray() != 0
        n = self.cover.shape[1]
        for size in range(n + 1):
            for sites in combinations(range(n), size):
                if set(self.fixed) <= set(sites) and not any(foes[i, j] for i, j in combinations(sites, 2)):
                    yield sites

    def spent(self, sites: Sequence[int]) -> float:
        """What sites cost."""
        return float(sum(self.cost[j] for j in sites))


def random_case(
    seed: int,
    *,
    demands: int = 25,
    sites: int = 9,
    whole: bool = True,
    rules: bool = True,
) -> Case:
    """Make a problem; with `rules` some demand is covered or needs two, some sites exclude others, one is fixed."""
    rng = np.random.default_rng(seed)
    dense = rng.random((demands, sites)) < 0.2
    dense[0, 0] = True
    weight = rng.integers(0, 20, demands).astype(np.float64)
    weight[0] = 5.0
    if not whole:
        weight *= rng.random(demands) + 0.5
    foes = np.triu(rng.random((sites, sites)) < 0.15, 1) & rules
    fixed = [int(rng.integers(sites))] if rules and seed % 2 else []
    return Case(
        cover=sparse.csr_array(dense.astype(np.int8)),
        weight=weight,
        base=rng.integers(0, 2, demands) * (rng.random(demands) < 0.2) * rules,
        need=1 + (rng.random(demands) < 0.3) * rng.integers(0, 3, demands) * rules,
        cost=rng.integers(1, 6, sites).astype(np.float64),
        conflicts=sparse.csr_array(foes.astype(np.int8)),
        fixed=fixed,
    )
