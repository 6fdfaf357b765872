"""Reading the service centres of jurisdictions: posts and floor area, never who works there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.columns import CellChecks, require_columns
from spatialgov.faults import Fault, errors_only
from spatialgov.language import t
from spatialgov.vector_io import read_table, texts

__all__ = ["CENTRE_COLUMNS", "CENTRE_LEVELS", "Centres", "judged_centres", "read_centres"]

CENTRE_COLUMNS = ("code", "level", "posts", "floor_area_m2", "new_quarter")
"""All that is kept of a centre."""

CENTRE_LEVELS = ("subdistrict", "community")
"""Whose centres there are standards for."""

_YES, _NO = {"1", "true", "yes", "y", "是"}, {"0", "false", "no", "n", "否", ""}


@dataclass(frozen=True, slots=True, eq=False)
class Centres:
    """Centres as read.

    Attributes
    ----------
    frame
        The sound rows: ``code`` of the jurisdiction, ``posts`` (Int64, missing where not stated), ``floor_area_m2``,
        ``new_quarter`` (bool).
    faults
        What is wrong, by row. Rows with an error are left out of `frame`.
    refused
        Codes of jurisdictions whose only rows were left out.
    dropped_columns
        Columns that were not asked for.
    """

    frame: pd.DataFrame
    faults: tuple[Fault, ...]
    refused: frozenset[str]
    dropped_columns: tuple[str, ...]


def read_centres(path: str | Path, jurisdictions: gpd.GeoDataFrame) -> Centres:
    """Read centres from a table.

    Parameters
    ----------
    path
        CSV or Parquet: ``code`` of the jurisdiction and ``floor_area_m2``; ``posts``, which subdistricts must state;
        ``level``, checked where it is stated; ``new_quarter`` (yes or no) of communities. Each jurisdiction once, all
        its rooms added up.
    jurisdictions
        ``code``, ``level``; polygons, EPSG:4326.

    Raises
    ------
    UnreadableFileError, MissingColumnError
        When the file can't be read, or a column is not there; a bad row never does that.
    """
    table = read_table(path)
    require_columns(Path(path).name, ("code", "floor_area_m2"), table.columns)
    return judged_centres(table, jurisdictions)


def judged_centres(rows: pd.DataFrame | Sequence[Mapping[str, Any]], jurisdictions: gpd.GeoDataFrame) -> Centres:
    """Give the centres that rows describe, and what is wrong with the others; as `read_centres`."""
    table = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    table = table.reset_index(drop=True)
    blank = pd.Series(None, table.index, dtype=object)
    cells = {name: table.get(name, blank) for name in CENTRE_COLUMNS}
    codes, levels, answers = (texts(cells[name]) for name in ("code", "level", "new_quarter"))
    known = dict(zip(jurisdictions["code"], jurisdictions["level"], strict=True))
    where = pd.Index(jurisdictions["code"]).get_indexer(codes)
    shapes = np.append(jurisdictions.geometry.to_numpy(), [None])[where]  # -1: the last
    checks = CellChecks(gpd.GeoSeries(shapes, crs=4326), codes)
    posts, post_faults = checks.counts(cells["posts"], "posts")
    area, area_faults = checks.amounts(cells["floor_area_m2"], "floor_area_m2")
    unsaid = {fault.row for fault in post_faults if fault.kind == "missing_value"}
    faults = [
        *checks.identifier_faults("code"),
        *_jurisdiction_faults(checks, codes, levels, known),
        *(one for one in post_faults if one.row not in unsaid or known.get(one.item or "") == "subdistrict"),
        *area_faults,
        *_answer_faults(checks, answers),
    ]
    faults.sort(key=lambda fault: fault.row or 0)
    faulty = {fault.row - 1 for fault in errors_only(faults) if fault.row is not None}
    frame = pd.DataFrame(
        {
            "code": codes,
            "posts": pd.array(posts, dtype="Int64"),
            "floor_area_m2": area,
            "new_quarter": [(answer or "").lower() in _YES for answer in answers],
        }
    )
    frame.loc[[row - 1 for row in unsaid if row is not None], "posts"] = pd.NA
    sound = frame.drop(index=sorted(faulty)).reset_index(drop=True)
    refused = {codes[row] for row in faulty if codes[row] is not None} - set(sound["code"])
    dropped = tuple(str(name) for name in table.columns if name not in CENTRE_COLUMNS)
    return Centres(sound, tuple(faults), frozenset(refused), dropped)


def _jurisdiction_faults(
    checks: CellChecks, codes: npt.NDArray[np.object_], levels: npt.NDArray[np.object_], known: Mapping[str, str]
) -> list[Fault]:
    faults = []
    for row, (code, level) in enumerate(zip(codes, levels, strict=True)):
        if code is None:
            continue
        own = known.get(code)
        if own is None:
            message = t("There is no jurisdiction {code}.", "没有行政区划 {code}。", code=code)
            remedy = t("Check the code: 12 digits, as imported.", "请核对代码：12 位，与已导入的一致。")
            faults.append(checks.fault("unknown_jurisdiction", row, "code", message, remedy))
        elif own not in CENTRE_LEVELS:
            message = t("{code} is a {level}.", "{code} 的级别为 {level}。", code=code, level=own)
            remedy = t("List centres of subdistricts and communities.", "请列出街道（镇）与社区（村）的中心。")
            faults.append(checks.fault("wrong_level", row, "code", message, remedy))
        elif level is not None and level != own:
            message = t(
                "{code} is a {own}, not a {level}.",
                "{code} 的级别为 {own}，而非 {level}。",
                code=code,
                own=own,
                level=level,
            )
            remedy = t("Correct the code or the level.", "请更正代码或级别。")
            faults.append(checks.fault("wrong_level", row, "level", message, remedy))
    return faults


def _answer_faults(checks: CellChecks, answers: npt.NDArray[np.object_]) -> list[Fault]:
    wrong = np.array([(answer or "").lower() not in _YES | _NO for answer in answers], dtype=bool)
    problem, remedy = t("is neither yes nor no", "既非是也非否"), t("Write yes or no.", "请写 是 或 否。")
    return checks.marked(wrong, "unknown_value", "new_quarter", problem, remedy, answers)
