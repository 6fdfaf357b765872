"""Who the grids of a locator are: their codes and the chain of jurisdictions above each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialgov.codes import chain_of, is_division_code
from spatialgov.faults import Fault

__all__ = ["Register", "make_register"]

_LEVELS = ("district", "subdistrict", "community")
_PARENT = "parent"
"""The level of a parent code that is no division code."""


@dataclass(frozen=True, slots=True)
class Register:
    """Codes of grids, and of what is above them.

    Attributes
    ----------
    codes
        Code of each grid.
    chains
        Level → code, from the top down: a chain for each parent that occurs.
    chain_of
        int32 (n,): place in `chains` of each grid's.
    faults
        Warnings from building.
    """

    codes: list[str]
    chains: list[dict[str, str]]
    chain_of: npt.NDArray[np.int32]
    faults: list[Fault]


def make_register(codes: list[str], parents: Sequence[object] | None, faults: list[Fault]) -> Register:
    """Give the register of grids with these codes and codes of parents (None: nobody knows them)."""
    if parents is None:
        return Register(codes, [{}], np.zeros(len(codes), dtype=np.int32), faults)
    numbers: dict[object, int] = {}
    chain = np.array([numbers.setdefault(parent, len(numbers)) for parent in parents], dtype=np.int32)
    return Register(codes, [_chain(parent) for parent in numbers], chain, faults)


def _chain(parent: object) -> dict[str, str]:
    if not isinstance(parent, str) or not parent:
        return {}
    if not is_division_code(parent):
        return {_PARENT: parent}
    return {level: code for level, code in chain_of(parent).items() if level in _LEVELS}
