"""Tables of centres (service centres, police boxes …) that exist, or places for new ones, with what each can serve."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from spatialgov.columns import require_columns
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.vector_io import numbers, read_vector, texts

__all__ = ["read_service_points"]

_TEXTS = ("place_id", "kind", "name", "name_en")


def read_service_points(path: str | Path, *, datum: str | None = None) -> gpd.GeoDataFrame:
    """Read centres from a file of places.

    Parameters
    ----------
    path
        ``place_id``, and as far as known ``kind``, ``name``, ``name_en`` and ``capacity`` (the demand that it can
        serve). See `spatialgov.vector_io.read_vector` for the formats; of an outline a point inside counts.
    datum
        Of the coordinates, where the file does not say.

    Returns
    -------
    GeoDataFrame
        EPSG:4326: ``place_id``, ``kind``, ``name``, ``name_en`` ("" where unknown), ``capacity`` (float64, NaN where
        unknown), points.

    Raises
    ------
    MissingColumnError, UnreadableFileError, DatumError
        When the file can't be read, or has no ``place_id``.
    InputError
        When it has no rows, or a row lacks its identifier or its place, shares its identifier with an earlier row, or
        has a capacity that is none, with its row.
    """
    file, frame = Path(path).name, read_vector(path, datum=datum).frame
    require_columns(file, ("place_id",), frame.columns)
    if frame.empty:
        raise InputError(
            t("{file} has no rows.", "{file} 没有数据行。", file=file),
            remedy=t("Give each centre a row.", "每个中心一行。"),
        )
    table = pd.DataFrame({name: texts(frame[name]) if name in frame else None for name in _TEXTS}, index=frame.index)
    no_capacity = np.full(len(frame), np.nan), np.zeros(len(frame), dtype=bool)
    capacity, wrong = numbers(frame["capacity"]) if "capacity" in frame else no_capacity
    faulty = {
        "place_id": (table["place_id"].isna() | table["place_id"].duplicated()).to_numpy(dtype=bool),
        "geometry": (frame.geometry.isna() | frame.geometry.is_empty).to_numpy(dtype=bool),
        "capacity": wrong | (capacity < 0),
    }
    for column, rows in faulty.items():
        if rows.any():
            row = int(np.flatnonzero(rows)[0])
            raise InputError(
                t(
                    "{file}, row {row}, column {column}: {value}.",
                    "{file} 第 {row} 行 {column} 列：{value}。",
                    file=file,
                    row=row + 1,
                    column=column,
                    value=repr(frame[column].iloc[row]),
                ),
                remedy=t(
                    "Give each centre a place_id of its own, a place, and a capacity of zero or more, or none.",
                    "每个中心须有唯一的 place_id 和位置；capacity 为非负数，或留空。",
                ),
            )
    return gpd.GeoDataFrame(table.fillna("").assign(capacity=capacity), geometry=frame.geometry.representative_point())
