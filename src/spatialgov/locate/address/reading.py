"""Reading the table of standard addresses: what is sound goes on, what is not is listed with its row and its remedy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from spatialgov.columns import CellChecks, require_columns
from spatialgov.datum import Datum
from spatialgov.faults import Fault, errors_only
from spatialgov.vector_io import read_vector, texts

__all__ = ["COLUMNS", "Addresses", "read_addresses"]

COLUMNS = ("address_id", "street", "number", "building")
"""All that is kept of an address, beside its place: never who lives there."""


@dataclass(frozen=True, slots=True, eq=False)
class Addresses:
    """Standard addresses as read.

    Attributes
    ----------
    frame
        The sound rows: `COLUMNS` (str, "" where not stated) and Point geometry, EPSG:4326.
    faults
        What is wrong, by row of the file. Rows with an error are left out of `frame`.
    dropped_columns
        Columns of the file that were not asked for and not read.
    datum
        Datum that the file's coordinates were taken to be in.
    """

    frame: gpd.GeoDataFrame
    faults: tuple[Fault, ...]
    dropped_columns: tuple[str, ...]
    datum: Datum


def read_addresses(
    path: str | Path, *, datum: str | None = None, crs: Any = None, layer: str | None = None
) -> Addresses:
    """Read standard addresses from a vector file or a CSV file with ``lon`` and ``lat``.

    Parameters
    ----------
    path
        Any format of `spatialgov.vector_io.read_vector`; ``address_id`` and ``street`` are required.
    datum, crs, layer
        As `spatialgov.vector_io.read_vector` takes them; a CSV file needs its datum named.

    Raises
    ------
    MissingColumnError
        When a required column is not there.
    InputError
        When the file can't be read at all (see `read_vector`); a bad row never does that.
    """
    data = read_vector(path, datum=datum, crs=crs, layer=layer)
    require_columns(Path(path).name, COLUMNS[:2], data.frame.columns)
    blank = pd.Series(None, data.frame.index, dtype=object)
    cells = {name: texts(data.frame.get(name, blank)) for name in COLUMNS}
    checks = CellChecks(data.frame.geometry, cells["address_id"])
    faults = [*data.faults, *checks.identifier_faults("address_id")]
    faults += [checks.missing(row, "street") for row, street in enumerate(cells["street"]) if not street]
    faults += checks.location_faults(fault.row for fault in data.faults)
    faults.sort(key=lambda fault: fault.row or 0)
    faulty = [fault.row - 1 for fault in errors_only(faults) if fault.row is not None]
    words = {name: [cell or "" for cell in cells[name]] for name in COLUMNS}
    frame = gpd.GeoDataFrame(words, geometry=data.frame.geometry.to_numpy(), crs=data.frame.crs)
    dropped = tuple(str(name) for name in data.frame.columns.drop("geometry") if name not in COLUMNS)
    return Addresses(frame.drop(index=faulty).reset_index(drop=True), tuple(faults), dropped, data.datum)
