"""The shapes of incident analyses: what can be asked for, and what is answered."""

from typing import Annotated, Literal, Self

from annotated_types import Len
from pydantic import BaseModel, Field

from spatialgov.workspace.incident_results import NearRepeatResult

__all__ = ["BandAnswer", "CellSide", "Days", "Distances", "Horizon", "NearRepeatAnswer", "Permutations"]

Horizon = Literal[7, 14, 28]
"""Days of a forecast."""
CellSide = Annotated[float, Field(ge=20, le=5000, description="Side of a cell, metres.")]
_Limit = Annotated[float, Field(ge=0, le=5000)]
Distances = Annotated[list[_Limit], Len(1, 20)]
Days = Annotated[list[Annotated[float, Field(ge=0, le=3660)]], Len(1, 20)]
Permutations = Annotated[int, Field(ge=9, le=9999, description="How often times are dealt out anew.")]


class BandAnswer(BaseModel):
    """Pairs of incidents so far apart in space and time; a band of 0 to 0 metres is the same place."""

    distance_from_m: float
    distance_m: float
    days_from: float
    days: float
    observed: int
    expected: float
    ratio: float | None
    p: float


class NearRepeatAnswer(BaseModel):
    """The Knox test: a row for each band of distance and time."""

    n_incidents: int
    permutations: int
    bands: list[BandAnswer]

    @classmethod
    def of(cls, found: NearRepeatResult) -> Self:
        """Give the answer for a test."""
        return cls.model_validate(found.about())
