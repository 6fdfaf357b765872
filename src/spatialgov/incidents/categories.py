"""Categories of incidents as data: a city's own list, or the big classes of GB/T 30428.2 where it has none.

A code has two digits of the big class and two of the small one, and what the city adds. A list need not go down to the
last digit: an entry stands for all codes that begin with it. Names of the big classes are the standard's; their numbers
are those in use, which the source at hand does not show. So a category that is not on the list is pointed out and never
refused.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from spatialgov.columns import require_columns
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.vector_io import read_table, texts

__all__ = ["CATEGORY_COLUMNS", "event_classes", "is_on_list", "read_categories"]

CATEGORY_COLUMNS = ("code", "name", "name_en")


def read_categories(path: str | Path) -> pd.DataFrame:
    """Read incident categories: ``code``, ``name``, ``name_en``, all str.

    Parameters
    ----------
    path
        CSV file or another table. ``code`` is that of the city's list (GB/T 30428.2: two digits big class, two small
        class, and the city's own); leading zeros count. ``name_en`` may be missing.

    Raises
    ------
    UnreadableFileError, MissingColumnError, InputError
        When the file can't be read, is no such table, or a code is missing or stands twice.
    """
    table, file = read_table(path), Path(path).name
    require_columns(file, ("code", "name"), table.columns)
    there = [column for column in CATEGORY_COLUMNS if column in table]
    categories = pd.DataFrame({column: pd.Series(texts(table[column]), dtype=object).fillna("") for column in there})
    codes = categories["code"]
    if bad := np.flatnonzero((codes == "") | codes.duplicated()).tolist():
        raise InputError(
            t(
                "{file}, row {row}, column code: {code} is empty or stands twice.",
                "{file} 第 {row} 行 code 列：{code} 为空或重复。",
                file=file,
                row=bad[0] + 1,
                code=repr(codes[bad[0]]),
            ),
            remedy=t("Give each category a code of its own.", "请为每个类别指定唯一代码。"),
        )
    return categories.reindex(columns=list(CATEGORY_COLUMNS), fill_value="")


def event_classes() -> pd.DataFrame:
    """Give the list where a city has none: the big classes of events of GB/T 30428.2, as `read_categories` does."""
    return read_categories(Path(__file__).with_name("event_classes.csv"))


def is_on_list(code: str, listed: Iterable[str]) -> bool:
    """Whether a category is on a list, itself or with a class above it."""
    return any(code.startswith(entry) for entry in listed)
