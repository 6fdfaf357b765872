"""Cells of a table as text or as numbers, whatever type the file format has given them."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["numbers", "texts"]

_WHOLE_FLOAT = re.compile(r"-?\d+\.0+")


def texts(column: "pd.Series[Any]") -> npt.NDArray[np.object_]:
    """Give a column of identifiers, codes or names as text.

    Parameters
    ----------
    column
        Any dtype. Numbers that stand for codes lose what a float has added: 44001.0 becomes ``44001`` (also where a
        table was saved with a ``.0`` behind every code). Leading zeros that a number has lost can't be known again.

    Returns
    -------
    ndarray
        object, shape (n,): ``str`` without surrounding space, or None where the cell is empty or missing.
    """
    values = column.tolist()
    if set(map(type, values)) <= {str, type(None)}:  # as text formats give it
        plain = [cell.strip() or None if cell else None for cell in values]
        if plain.count(None) < len(plain) and all(_WHOLE_FLOAT.fullmatch(cell) for cell in plain if cell):
            plain = [cell and cell.partition(".")[0] for cell in plain]
        return _object_array(plain)
    missing = column.isna().to_numpy()
    if pd.api.types.is_float_dtype(column.dtype):
        cells = [f"{v:.0f}" if float(v).is_integer() else repr(float(v)) for v in column.fillna(0.0)]
    else:
        cells = [str(v).strip() for v in values]
        filled = [cell for cell, gone in zip(cells, missing, strict=True) if cell and not gone]
        if filled and all(_WHOLE_FLOAT.fullmatch(cell) for cell in filled):
            cells = [cell.partition(".")[0] for cell in cells]
    return _object_array([None if gone or not cell else cell for cell, gone in zip(cells, missing, strict=True)])


def _object_array(cells: list[str | None]) -> npt.NDArray[np.object_]:
    result = np.empty(len(cells), dtype=object)
    result[:] = cells
    return result


def numbers(column: "pd.Series[Any]") -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Give a column as numbers.

    Returns
    -------
    values
        float64, shape (n,); NaN where the cell is empty, missing or no finite number.
    wrong
        bool, shape (n,): where something stands in the cell that is no finite number.
    """
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan).copy()
        wrong = np.isinf(values)
    else:
        cells = pd.Series(texts(column), dtype=object)
        values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan).copy()
        wrong = cells.notna().to_numpy() & ~np.isfinite(values)
    values[wrong] = np.nan
    return values, wrong
