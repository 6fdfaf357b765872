"""The shapes of requests and answers about the journal of a draft."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from spatialgov.store import EntryKind
from spatialgov.workspace import EditResult

__all__ = [
    "AssignmentAnswer",
    "CopyRequest",
    "EditAnswer",
    "EntryAnswer",
    "GridCode",
    "JournalAnswer",
    "MoveRequest",
    "StepRequest",
    "TouchedGridAnswer",
    "UnitMoveAnswer",
]

GridCode = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,32}$")]


class UnitMoveAnswer(BaseModel):
    """A unit that went from one grid to another; null where it has none."""

    unit_id: str
    from_code: str | None
    to_code: str | None


class EntryAnswer(BaseModel):
    """One change of a draft: `made` are the grids that came with it; undo and redo name their move in `of_number`.

    `kinds` are the grids that became of another kind, with the kinds before and after.
    """

    number: int
    kind: EntryKind
    of_number: int | None
    who: str
    made_at: str
    why: str
    moves: list[UnitMoveAnswer]
    made: list[str]
    kinds: dict[str, tuple[str, str]] = {}


class StepRequest(BaseModel):
    """The newest journal entry that the client has seen, 0 before the first; and the reason, if there is one."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"expects": 1}]})

    expects: Annotated[int, Field(ge=0, le=2**31 - 1)]
    why: Annotated[str, Field(max_length=1000)] = ""


class MoveRequest(StepRequest):
    """Units and the grids that they move to, null for none; a code that is not there yet makes a new grid.

    `kinds` says which grids are to be `dedicated` (they keep their ground and are left out of the balance) or `general`
    again.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"moves": {"U0001": "990101001001002"}, "expects": 0, "why": "the school's side of the road"}]
        },
    )

    moves: Annotated[dict[str, GridCode | None], Field(max_length=100_000)] = {}
    kinds: Annotated[dict[GridCode, Literal["general", "dedicated"]], Field(max_length=10_000)] = {}

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.moves and not self.kinds:
            raise ValueError("give moves or kinds")
        return self


class TouchedGridAnswer(BaseModel):
    """A grid that gained or lost units, as it is now; `n_parts` counts the pieces that share no border."""

    code: str
    households: int
    population: int
    area_m2: float
    n_units: int
    n_parts: int


class EditAnswer(BaseModel):
    """What a change did.

    `plan` is the draft that it was made in: a child of the plan that was asked for, when that is or was in force.
    `sequence` is what the next request expects. When it is larger than the number expected by more than 1, others
    have changed other units meanwhile: `GET …/journal?since=` tells which. `entry` is null when every unit was already
    where it was to go.
    """

    plan: int
    sequence: int
    state: str
    entry: EntryAnswer | None
    grids: list[TouchedGridAnswer]

    @classmethod
    def of(cls, result: EditResult) -> Self:
        """Give the answer for a change."""
        edit = result.edit
        return cls.model_validate(
            {
                "plan": edit.plan_id,
                "sequence": edit.sequence,
                "state": result.state,
                "entry": None if edit.entry is None else edit.entry.as_dict(),
                "grids": result.grids.to_dict("records"),
            }
        )


class JournalAnswer(BaseModel):
    """Entries of a plan's journal, oldest first; there are more when the last one is not number `sequence`."""

    plan: int
    sequence: int
    entries: list[EntryAnswer]


class AssignmentAnswer(BaseModel):
    """Unit → grid code after the journal entry `sequence`; null where a unit has none."""

    plan: int
    sequence: int
    assignment: dict[str, str | None]


class CopyRequest(BaseModel):
    """The name of the copy, and the journal entry after which the plan is copied; as it is now by default."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"name": "Mine", "sequence": 12}]}
    )

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    sequence: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
