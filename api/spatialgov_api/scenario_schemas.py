"""The shapes of scenarios: what can be asked, and what is answered."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from spatialgov.store import ScenarioRecord
from spatialgov_api.journal_schemas import GridCode

__all__ = [
    "ScenarioAnswer",
    "ScenarioComparisonAnswer",
    "ScenarioRequest",
    "ScenarioSummary",
    "ScenariosAnswer",
]

_Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
_Parent = Annotated[str, Field(min_length=1, max_length=32)]
_Posts = Annotated[int, Field(ge=-1000, le=1000)]


class ScenarioQuestion(BaseModel):
    """What is asked; see `spatialgov.allocation.Scenario`.

    Without `method` posts alone leave the borders as they are (`keep`); else today's grids are changed with as few
    households moved as possible (`rebalance`).
    """

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"target": 350}]})

    target: Annotated[float, Field(ge=1, le=1e9, description="Households that a grid should hold.")] | None = None
    households: Annotated[
        tuple[Annotated[int, Field(ge=0, le=10**9)], Annotated[int, Field(ge=1, le=10**9)]] | None,
        Field(strict=False, description="Fewest and most of a grid; by default the target and its tolerance."),
    ] = None
    tolerance: Annotated[float, Field(gt=0, lt=1)] = 0.1
    merge: Annotated[
        list[Annotated[list[_Parent], Field(min_length=2, max_length=1000)]],
        Field(max_length=1000, description="Communities that become one, with the code of the first."),
    ] = []
    level: Annotated[
        str | None,
        Field(min_length=1, max_length=63, description="Column of the units that grids nest in instead."),
    ] = None
    posts: Annotated[
        dict[GridCode, Annotated[int, Field(ge=1, le=1000)]] | None,
        Field(max_length=100_000, description="Today's posts by grid; 1 where it says nothing."),
    ] = None
    post_change: Annotated[int, Field(ge=-100_000, le=10_000, description="Posts more in all; -5: five go.")] | None = (
        None
    )
    post_changes: Annotated[dict[GridCode, _Posts] | None, Field(max_length=100_000)] = None
    workload_tolerance: Annotated[float, Field(gt=0, lt=1, description="Of a post's workload, from today's mean.")] = (
        0.25
    )
    profile: Literal["urban", "rural", "dedicated"] | None = None
    method: Literal["keep", "rebalance", "recommend", "partition"] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class ScenarioRequest(BaseModel):
    """A scenario to be worked out on a plan, the one in force by default, and kept under a name."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"name": "350 households", "scenario": {"target": 350}}]},
    )

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    plan: _Number | None = None
    scenario: ScenarioQuestion


class ScenarioSummary(BaseModel):
    """A scenario: what was asked (`description`), of which plan, and the draft that came of it."""

    id: int
    name: str
    created_at: str
    who: str
    base_id: int
    plan_id: int
    description: dict[str, Any]


class ScenariosAnswer(BaseModel):
    """All scenarios, the oldest first."""

    scenarios: list[ScenarioSummary]

    @classmethod
    def of(cls, records: list[ScenarioRecord]) -> Self:
        """Give the answer for stored scenarios."""
        return cls(scenarios=[ScenarioSummary.model_validate(one.as_dict()) for one in records])


class ScenarioAnswer(ScenarioSummary):
    """A scenario with its figures before and after (`outcome`), and what they stand on (`basis`)."""

    outcome: dict[str, Any]
    basis: dict[str, Any]


class InForceAnswer(BaseModel):
    """The plan in force, with its edition."""

    plan: int
    name: str
    edition: int


class ComparedRow(BaseModel):
    """A figure of the plan in force and of every scenario, null where it has no meaning."""

    key: str
    title: str
    unit: str
    in_force: float | None
    scenarios: list[float | None]


class ScenarioComparisonAnswer(BaseModel):
    """Scenarios side by side with the plan in force; deviations are from each one's own target."""

    in_force: InForceAnswer | None
    scenarios: list[int]
    rows: list[ComparedRow]
