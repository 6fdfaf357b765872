"""What a list of recommendations stands on: whether it is still the same when one of them is taken, and if not, why."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from spatialgov.allocation import Recommendation
from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["DATA", "AdviceState", "changes_text"]

DATA = ("barriers", "roads", "places", "incidents")
"""What is stored beside the plan that may make a list another one."""

_HASHED = ("question", *DATA, "list")
_TOKEN = re.compile(rf"([0-9]{{1,10}})\.([0-9]{{1,10}})((?:\.[0-9a-f]{{8}}){{{len(_HASHED)}}})")


@dataclass(frozen=True, slots=True)
class AdviceState:
    """What a list stands on.

    Attributes
    ----------
    plan_id, sequence
        The plan, and the number of its newest journal entry.
    hashes
        Of the question, of the revisions of `DATA`, and of the list itself, in this order.
    """

    plan_id: int
    sequence: int
    hashes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        plan_id: int,
        sequence: int,
        question: Any,
        revisions: Mapping[str, str | None],
        found: Sequence[Recommendation],
    ) -> Self:
        """Give the state of a list.

        Parameters
        ----------
        question
            Plain values.
        revisions
            Of those of `DATA` that the list was made of.
        """
        listed = [
            [one.kind, one.grids, one.before, one.after, one.moves, one.kinds, one.posts, one.needs] for one in found
        ]
        return cls(plan_id, sequence, tuple(map(_hash, [question, *(revisions.get(name) for name in DATA), listed])))

    @classmethod
    def of_token(cls, token: str) -> Self:
        """Read what `token` gives.

        Raises
        ------
        InputError
            When it is none.
        """
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise InputError(
                t(
                    "{token} is no token of a list of recommendations.",
                    "{token} 不是建议清单的标识。",
                    token=repr(token),
                ),
                remedy=t("Give the token that came with the list.", "请给出清单所附的标识。"),
            )
        return cls(int(match[1]), int(match[2]), tuple(match[3].split(".")[1:]))

    @property
    def token(self) -> str:
        """The state as short text, to be given back when a recommendation of the list is taken."""
        return ".".join([str(self.plan_id), str(self.sequence), *self.hashes])

    def same_list(self, other: Self) -> bool:
        """Whether it is the same list of the same plan; other data that led to the same list don't matter."""
        return (self.plan_id, self.sequence, self.hashes[-1]) == (other.plan_id, other.sequence, other.hashes[-1])

    def changed_since(self, earlier: Self) -> tuple[str, ...]:
        """Name what differs: ``plan``, ``journal``, ``question``, those of `DATA`, ``list``."""
        if self.plan_id != earlier.plan_id:
            return ("plan",)
        journal = ("journal",) if self.sequence != earlier.sequence else ()
        pairs = zip(_HASHED, self.hashes, earlier.hashes, strict=True)
        return (*journal, *(name for name, now, then in pairs if now != then))


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]


def changes_text(changed: Sequence[str]) -> str:
    """Say what has changed since a list was made, for a planner."""
    said = {
        "plan": t("another plan is in force", "现行方案已更换"),
        "journal": t("the plan was edited", "方案已被修改"),
        "question": t("the question is another one", "所提条件不同"),
        "barriers": t("barriers were imported", "阻隔数据已更新"),
        "roads": t("roads were imported", "道路数据已更新"),
        "places": t("places were imported", "场所数据已更新"),
        "incidents": t("incidents were loaded", "事件数据已更新"),
    }
    why = [said[name] for name in changed if name in said]
    return t("; ", "；").join(why) or t("the program is another version", "程序版本不同")
