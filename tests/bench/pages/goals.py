"""What the benchmark must show."""

from tests.bench.goals import Goal, of

__all__ = ["goals_of"]

_EVERY = [
    Goal("first view within 1.5 s", of("first_view_ms"), at_most=1500),
    Goal("1 MB over the wire in all", of("wire_kb"), at_most=1024),
]
_OWN = {"analyst": [Goal("a camera is moved, and its numbers are there within 1 s", of("what_if_ms"), at_most=1000)]}


def goals_of(page: str) -> list[Goal]:
    """Give what a page must show: that of every page, and its own."""
    return _EVERY + _OWN.get(page, [])
