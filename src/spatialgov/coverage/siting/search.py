"""A good choice: greedy, then swaps, then the same again from choices that were shaken up."""

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spatialgov.coverage.siting._kernels import fill, put, search
from spatialgov.coverage.siting.instance import Ints
from spatialgov.coverage.siting.problem import Problem
from spatialgov.time_limit import check_time

__all__ = ["ANY", "LONG", "SHORT", "VISITS_PER_S", "Choice", "Effort", "Patience", "extended", "greedy", "improve"]

ANY = 2**62
"""A worth that is never reached."""
VISITS_PER_S = 400_000_000
"""What a slow machine does: time becomes work by it, so that the result does not depend on the machine."""
_ROUNDS = 64
"""Between looks at the clock, at most."""


class Patience(NamedTuple):
    """Rounds without gain after which a search ends: so many, and so many more for each chosen site."""

    rounds: int
    rounds_per_site: int


SHORT, LONG = Patience(200, 2), Patience(500, 20)


@dataclass(eq=False)
class Choice:
    """Chosen sites of a problem, and how the search went.

    Attributes
    ----------
    problem
        What is chosen from.
    state
        What the kernels call so.
    value
        Worth of the choice.
    room
        What is left to spend.
    """

    problem: Problem
    state: tuple[np.ndarray, ...]
    value: int
    room: float

    @property
    def sites(self) -> Ints:
        """Positions of the chosen sites in the problem."""
        return np.flatnonzero(self.state[4])


def greedy(problem: Problem, *, enough: int = ANY) -> Choice:
    """Choose the site that gains most again and again; where costs differ, also the one that gains most for its cost.

    The better of both is at least half of 1 - 1/e of what is possible (Khuller, Moss & Naor 1999), and 1 - 1/e where
    costs are the same (Nemhauser, Wolsey & Fisher 1978).
    """
    found = []
    for by_cost in (False, True)[: 1 + problem.costs_differ]:
        state = problem.state()
        value, room = fill(problem.arrays, state, problem.room, by_cost, enough)
        found.append(Choice(problem, state, value, room))
    return max(found, key=lambda choice: (min(choice.value, enough), -float(problem.cost[choice.sites].sum())))


def extended(problem: Problem, sites: Ints) -> Choice:
    """Choose sites, by position, and then what gains most for its cost."""
    state = problem.state()
    value, room = 0, problem.room
    for site in sites.tolist():
        value += int(state[1][site])
        room -= float(problem.cost[site])
        put(problem.arrays, state, site, 1)
    gained, room = fill(problem.arrays, state, room, problem.costs_differ, ANY)
    return Choice(problem, state, value + gained, room)


class Effort:
    """What a search may take, and what it draws its random numbers from.

    Parameters
    ----------
    seed
        Of the random numbers.
    seconds
        Work that may be done, in seconds of a slow machine.
    until
        Of `time.monotonic`: when to stop in any case.

    Attributes
    ----------
    cut_short
        Whether the clock ended a search.
    """

    def __init__(self, seed: int, seconds: float, until: float) -> None:
        self.rng = np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
        self.visits = seconds * VISITS_PER_S
        self._until = until
        self.cut_short = False

    def left(self) -> bool:
        """Say whether a search may go on."""
        check_time()
        self.cut_short |= time.monotonic() > self._until
        return self.visits > 0 and not self.cut_short


def improve(choice: Choice, effort: Effort, patience: Patience, *, enough: int = ANY) -> None:
    """Search for a better choice, and change this one to it.

    Parameters
    ----------
    choice
        Changed.
    effort
        Used up.
    patience
        When to give up.
    enough
        Worth at which to stop.
    """
    problem, idle, rounds = choice.problem, 0, 0
    most = patience.rounds + patience.rounds_per_site * len(choice.sites)
    while choice.value < enough and idle < most and effort.left():
        gained, choice.room, since, visits = search(
            problem.arrays, choice.state, choice.room, problem.costs_differ, enough - choice.value, rounds, effort.rng
        )
        choice.value += gained
        idle = since if gained else idle + since
        effort.visits -= visits
        if rounds and not visits:
            break  # nothing is chosen, so nothing can be swapped
        rounds = min(_ROUNDS, 2 * rounds + 1)
