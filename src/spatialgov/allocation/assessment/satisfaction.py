"""Reading satisfaction: how many answered in a grid and a period, and how many of them were satisfied. Counts only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.allocation.assessment.periods import is_label
from spatialgov.columns import CellChecks, require_columns
from spatialgov.faults import Fault, errors_only
from spatialgov.language import t
from spatialgov.vector_io import read_table, texts

__all__ = ["SATISFACTION_COLUMNS", "Satisfaction", "judged_satisfaction", "read_satisfaction"]

SATISFACTION_COLUMNS = ("code", "period", "answers", "satisfied")
"""All that is kept of a survey: never who answered."""


@dataclass(frozen=True, slots=True, eq=False)
class Satisfaction:
    """Counts of answers as read.

    Attributes
    ----------
    frame
        The sound rows: ``code``, ``period`` (a label such as 2026-10), ``answers`` and ``satisfied`` (int64).
    faults
        What is wrong, by row. Rows with an error are left out of `frame`.
    dropped_columns
        Columns that were not asked for.
    """

    frame: pd.DataFrame
    faults: tuple[Fault, ...]
    dropped_columns: tuple[str, ...]


def read_satisfaction(path: str | Path, grids: Collection[str]) -> Satisfaction:
    """Read counts of answers from a table.

    Parameters
    ----------
    path
        CSV or Parquet with `SATISFACTION_COLUMNS`; each grid and period once.
    grids
        Codes of the grids that there are.

    Raises
    ------
    UnreadableFileError, MissingColumnError
        When the file can't be read, or a column is not there; a bad row never does that.
    """
    table = read_table(path)
    require_columns(Path(path).name, SATISFACTION_COLUMNS, table.columns)
    return judged_satisfaction(table, grids)


def judged_satisfaction(rows: pd.DataFrame | Sequence[Mapping[str, Any]], grids: Collection[str]) -> Satisfaction:
    """Give the counts that rows describe, and what is wrong with the others; as `read_satisfaction`."""
    table = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    table = table.reset_index(drop=True)
    blank = pd.Series(None, table.index, dtype=object)
    cells = {name: table.get(name, blank) for name in SATISFACTION_COLUMNS}
    codes, periods = texts(cells["code"]), texts(cells["period"])
    checks = CellChecks(gpd.GeoSeries(np.full(len(table), None, dtype=object), crs=4326), codes)
    answers, answer_faults = checks.counts(cells["answers"], "answers")
    satisfied, satisfied_faults = checks.counts(cells["satisfied"], "satisfied")
    faults = [
        *_name_faults(checks, codes, periods, set(grids)),
        *answer_faults,
        *satisfied_faults,
        *_too_many(checks, answers, satisfied, answer_faults),
    ]
    faults.sort(key=lambda fault: fault.row or 0)
    faulty = {fault.row - 1 for fault in errors_only(faults) if fault.row is not None}
    frame = pd.DataFrame({"code": codes, "period": periods, "answers": answers, "satisfied": satisfied})
    sound = frame.drop(index=sorted(faulty)).reset_index(drop=True)
    dropped = tuple(str(name) for name in table.columns if name not in SATISFACTION_COLUMNS)
    return Satisfaction(sound, tuple(faults), dropped)


def _name_faults(
    checks: CellChecks, codes: npt.NDArray[np.object_], periods: npt.NDArray[np.object_], grids: set[str]
) -> list[Fault]:
    faults = []
    first: dict[tuple[str, str], int] = {}
    for row, (code, period) in enumerate(zip(codes, periods, strict=True)):
        if code is None or period is None:
            faults.append(checks.missing(row, "code" if code is None else "period"))
        elif code not in grids:
            message = t("There is no grid {code} in force.", "没有现行网格 {code}。", code=code)
            remedy = t("Check the code.", "请核对编码。")
            faults.append(checks.fault("unknown_grid", row, "code", message, remedy))
        elif not is_label(period):
            message = t("“{period}” is no period.", "“{period}”不是周期。", period=period)
            remedy = t(
                "Write 2026-W43, 2026-10, 2026-Q3 or 2026, as text.",
                "请以文本填写 2026-W43、2026-10、2026-Q3 或 2026。",
            )
            faults.append(checks.fault("unknown_value", row, "period", message, remedy))
        elif (code, period) in first:
            message = t(
                "{code} in {period} is in row {first} already.",
                "{code} 的 {period} 已在第 {first} 行出现。",
                code=code,
                period=period,
                first=first[code, period],
            )
            remedy = t("Give each grid and period once.", "每个网格每个周期只列一次。")
            faults.append(checks.fault("duplicate_id", row, "period", message, remedy))
        else:
            first[code, period] = row + 1
    return faults


def _too_many(
    checks: CellChecks, answers: npt.NDArray[np.int64], satisfied: npt.NDArray[np.int64], unknown: list[Fault]
) -> list[Fault]:
    told = np.ones(len(answers), dtype=bool)
    told[[fault.row - 1 for fault in unknown if fault.row is not None]] = False
    faults = []
    for row in np.flatnonzero(told & (satisfied > answers)).tolist():
        message = t(
            "{satisfied} of {answers} answers are satisfied.",
            "{answers} 份答复中有 {satisfied} 份满意。",
            satisfied=satisfied[row],
            answers=answers[row],
        )
        remedy = t("Give no more satisfied answers than answers.", "满意数不得超过答复数。")
        faults.append(checks.fault("too_many", row, "satisfied", message, remedy))
    return faults
