"""What loading incidents and cameras answers."""

from typing import Self

from pydantic import BaseModel

from spatialgov.incidents.quality_remarks import remarks
from spatialgov.workspace import ImportReport
from spatialgov_api.schemas import MOST_FAULTS, FaultAnswer

__all__ = ["ImportAnswer", "PlaceholderAnswer", "PointAnswer", "QualityAnswer"]


class PointAnswer(BaseModel):
    """A point that holds many incidents; degrees, WGS 84."""

    lon: float
    lat: float
    rows: int


class PlaceholderAnswer(BaseModel):
    """A time that stands for an unknown one, with the rows that have it, and those `beyond` what is expected."""

    kind: str
    rows: int
    expected: float
    beyond: float


class QualityAnswer(BaseModel):
    """How good incidents are: counts of their `rows`, and what is worth a word, in the language of the request.

    Delays are hours from when an incident had happened until it was reported; `late` counts those of more than 7 days.
    """

    rows: int
    by_precision: dict[str, int]
    by_address: int
    outside: int | None
    piled: int
    worst_points: list[PointAnswer]
    placeholders: list[PlaceholderAnswer]
    reported: int
    delay_median_h: float | None
    delay_90_h: float | None
    late: int
    near_duplicates: int
    unknown_categories: dict[str, int]
    remarks: list[str]


class ImportAnswer(BaseModel):
    """What became of the rows of a body: `accepted`, `unchanged`, `refused` and `left_out` add up to all of them.

    `updated` counts those accepted rows that took the place of an older version; `faults` lists the first reasons why
    rows were refused. `located` and `outside` count the sound rows in the grids of the edition in force, if any.
    `quality` is that of the sound rows; null for cameras. Of cameras, `left_out` counts by reason the rows that are no
    camera of use (a recorder, one indoors), and `unknown` by column the sound rows that don't say; one with several
    directions counts once for each.
    """

    accepted: int
    unchanged: int
    updated: int
    refused: int
    faults: list[FaultAnswer]
    warnings: list[FaultAnswer]
    dropped_columns: list[str]
    left_out: dict[str, int]
    unknown: dict[str, int]
    edition: int | None
    located: int
    outside: int
    dry_run: bool
    quality: QualityAnswer | None

    @classmethod
    def of(cls, report: ImportReport) -> Self:
        """Describe what a loader did."""
        told = report.as_dict()
        for listed in ("faults", "warnings"):
            told[listed] = told[listed][:MOST_FAULTS]
        if report.quality is not None:
            told["quality"]["remarks"] = remarks(report.quality)
        return cls.model_validate(told)
