"""Chance that falls alike on every machine: one stream of numbers for each part, weights rounded to whole numbers."""

from collections.abc import Sequence

import numpy as np

__all__ = ["generator", "pick"]


def generator(seed: int, part: str) -> np.random.Generator:
    """Give the random numbers of one part of the city, so that a change in one part leaves the others as they are."""
    return np.random.Generator(np.random.PCG64([seed, *part.encode()]))


def pick(weights: Sequence[float], count: int, rng: np.random.Generator) -> list[int]:
    """Draw positions, with replacement, by weights of which one is at least 0.0001.

    The weights are rounded to 0.0001: the last bit of a power or a logarithm, which differs between machines, must
    not decide what is drawn.
    """
    ends = np.cumsum(np.array([round(weight * 10_000) for weight in weights], dtype=np.int64))
    positions: list[int] = np.searchsorted(ends, rng.integers(0, int(ends[-1]), count), side="right").tolist()
    return positions
