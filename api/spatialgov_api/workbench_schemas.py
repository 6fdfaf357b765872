"""The shapes of answers to the planner's page."""

from typing import Any, Self

from pydantic import BaseModel, Field

from spatialgov.measures import MEASURES
from spatialgov.workspace.workbench import OpenPlan

__all__ = ["OpenGridAnswer", "OpenPlanAnswer", "SurroundingsAnswer"]


class OpenGridAnswer(BaseModel):
    """A grid of a plan, without its measures."""

    code: str
    name: str
    kind: str
    parent_code: str


class OpenPlanAnswer(BaseModel):
    """A plan to be edited.

    `labels` gives for each unit, in the order of `GET …/units`, the position of its grid in `grids`, -1 for none;
    `taken` are codes that new grids must not have;
    `measures` has the names of the measures in English and Chinese, and their units.
    """

    id: int
    name: str
    state: str
    parent_id: int | None
    settings: dict[str, Any]
    sequence: int
    grids: list[OpenGridAnswer]
    labels: list[int]
    taken: list[str]
    measures: dict[str, tuple[str, str, str]]

    @classmethod
    def of(cls, opened: OpenPlan) -> Self:
        """Give the answer for a plan."""
        record = opened.record
        return cls(
            id=record.id,
            name=record.name,
            state=record.state,
            parent_id=record.parent_id,
            settings=opened.plan.settings.as_dict(),
            sequence=opened.sequence,
            grids=[OpenGridAnswer.model_validate(row) for row in opened.plan.table.to_dict("records")],
            labels=opened.plan.labels.tolist(),
            taken=opened.taken,
            measures={key: (one.english, one.chinese, one.unit) for key, one in MEASURES.items()},
        )


class SurroundingsAnswer(BaseModel):
    """GeoJSON FeatureCollections, WGS 84."""

    jurisdictions: dict[str, Any] = Field(description="`code`, `level`, `name`, `name_en`")
    places: dict[str, Any] = Field(description="`kind`, `name`, `name_en`")
    barriers: dict[str, Any] = Field(description="`barrier_id`, `kind`, `effect`, `name`, `name_en`")
    roads: dict[str, Any] = Field(description="`road_class`, `name`, `name_en`")


class TableAnswer(BaseModel):
    """Which grid units belong to, row by row; null for an empty cell."""

    unit_id: list[str | None]
    grid_code: list[str | None]


class DivisionAnswer(BaseModel):
    """What a file says of grids: a table of units, or the grids drawn in it; the other one is null."""

    table: TableAnswer | None
    drawn: dict[str, Any] | None = Field(
        description="A GeoJSON FeatureCollection, WGS 84: polygons with a `code`, in the order of the file"
    )
