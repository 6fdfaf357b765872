"""Results as plain values, for JSON: missing ones are None, times ISO 8601."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["plain", "rows"]


def plain(value: Any) -> Any:
    """Give a value, or a mapping or list of values, as JSON knows them; what is no finite number is None."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.isoformat() if isinstance(value, date) else value


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a frame without geometry as plain mappings."""
    without = frame.drop(columns="geometry", errors="ignore")
    columns = {str(name): [plain(value) for value in without[name].tolist()] for name in without}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
