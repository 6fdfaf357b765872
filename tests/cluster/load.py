"""Requests without a pause, by several threads, and what came of them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.cluster.several_hosts import SeveralHosts
from tests.soak.town import SIDE, SOUTH, WEST

__all__ = ["U01", "Answer", "Lookups", "Moves", "asking", "lookups"]

U01 = WEST + 1.5 * SIDE, SOUTH + 0.5 * SIDE
"""A place in the unit that goes from grid to grid."""
_LOOKUP = f"/api/v1/locate?lon={U01[0]:.6f}&lat={U01[1]:.6f}&datum=wgs84"


@dataclass(frozen=True, slots=True)
class Answer:
    """A lookup: when it was answered, by its edition, and the grid."""

    at: float
    edition: int
    code: str


@dataclass
class Lookups:
    """Looks U01 up, through the balancer or at one host."""

    client: httpx.Client
    answers: list[Answer] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    slowest_s: float = 0.0

    def once(self) -> None:
        """Ask once; whatever is not a whole answer is a failure."""
        begun = time.monotonic()
        try:
            answer = self.client.get(_LOOKUP)
            body = answer.json()
            assert answer.status_code == 200, answer.text
            assert answer.headers["spatialgov-edition"] == str(body["edition"])
            self.answers.append(Answer(time.monotonic(), body["edition"], body["code"]))
        except (httpx.HTTPError, ValueError, KeyError, AssertionError) as error:
            self.failures.append(f"{type(error).__name__}: {error}")
        self.slowest_s = max(self.slowest_s, time.monotonic() - begun)


@dataclass
class Moves:
    """Gives a unit of a draft from one grid to the next and back, through the balancer."""

    client: httpx.Client
    plan: int
    unit: str
    codes: tuple[str, str]
    acknowledged: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _sequence: int = 0
    _number: int = 0
    _in_doubt: bool = False

    def once(self) -> None:
        """Make a move; after one that was not answered, look what the draft is like."""
        self._number += 1
        try:
            if self._in_doubt:
                self._sequence = self.client.get(f"/api/v1/plans/{self.plan}/journal").json()["sequence"]
                self._in_doubt = False
            self._move()
        except (httpx.HTTPError, ValueError, KeyError, AssertionError) as error:
            self.failures.append(f"{type(error).__name__}: {error}")
            self._in_doubt = True

    def _move(self) -> None:
        body = {"expects": self._sequence, "moves": {self.unit: self.codes[self._number % 2]}, "why": str(self._number)}
        answer = self.client.post(f"/api/v1/plans/{self.plan}/moves", json=body)
        told = answer.json()
        assert answer.status_code == 201, answer.text
        if told["entry"] is not None:
            self.acknowledged.append(told["entry"])
        self._sequence = told["sequence"]


@contextmanager
def asking(*turns: Callable[[], None], pause_s: float = 0.01) -> Iterator[None]:
    """Call each of these in a thread of its own, again and again, as long as the block lasts."""
    stop = threading.Event()

    def work(turn: Callable[[], None]) -> None:
        while not stop.is_set():
            turn()
            time.sleep(pause_s)

    threads = [threading.Thread(target=work, args=(turn,)) for turn in turns]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def lookups(hosts: SeveralHosts, *urls: str | None) -> list[Lookups]:
    """Give lookups at these hosts; None is the balancer."""
    return [Lookups(hosts.client(url)) for url in urls]
