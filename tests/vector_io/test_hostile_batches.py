"""Files that are read batch by batch have limits too: no batch, line or value fills the memory."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from spatialgov.errors import TooLargeError, UnreadableFileError
from spatialgov.vector_io import limits, open_batches, row_files
from spatialgov.vector_io.batches import Batch


def read(path: Path) -> Iterator[Batch]:
    yield from open_batches(path, ["id", "note"], datum="wgs84")


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "ndjson", "geojson", "parquet"])
def test_a_batch_is_full_by_its_size_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(row_files, "MOST_BATCH_BYTES", 10**6)
    monkeypatch.setattr(row_files, "CHECKED_ROWS", 8)
    path, rows = tmp_path / f"events.{kind}", [{"id": str(i), "note": "x" * 100_000} for i in range(60)]
    if kind.startswith("csv"):
        with (gzip.open if kind.endswith("gz") else open)(path, "wt") as file:
            file.writelines(["id,note,lon,lat\n", *(f"{row['id']},{row['note']},118.3,35.1\n" for row in rows)])
    elif kind == "ndjson":
        path.write_text("".join(json.dumps({**row, "lon": 118.3, "lat": 35.1}) + "\n" for row in rows))
    elif kind == "geojson":
        gpd.GeoDataFrame(rows, geometry=[shapely.Point(118.3, 35.1)] * 60, crs=4326).to_file(path)
    else:
        pd.DataFrame(rows).assign(lon=118.3, lat=35.1).to_parquet(path)
    parts = list(read(path))
    assert [name for part in parts for name in part.frame["id"]] == [row["id"] for row in rows]
    assert [part.offset for part in parts] == [sum(len(p.frame) for p in parts[:i]) for i in range(len(parts))]
    assert len(parts) >= 3
    assert max(len(part.frame) for part in parts) <= 24


def test_a_line_that_does_not_end(tmp_path: Path) -> None:
    path = tmp_path / "events.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("id,note,lon,lat\na,,118.3,35.1\nb,")
        for _ in range(40):
            file.write("," * 10**5)
    with pytest.raises(UnreadableFileError, match=r"more than 1,048,576 characters"):
        list(read(path))


def test_a_table_that_is_too_wide(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(limits.MOST_COLUMNS)]
    path = tmp_path / "events.csv"
    path.write_text(",".join(["id", *names]) + "\n")
    with pytest.raises(TooLargeError, match="2,001 columns"):
        list(read(path))
    table = tmp_path / "events.parquet"
    pq.write_table(pa.table({name: [1] for name in ["id", *names]}), table)
    with pytest.raises(TooLargeError, match="2,001 columns"):
        list(read(table))


def test_shapes_in_shapes_in_parquet_do_not_end_the_process(tmp_path: Path) -> None:
    deep = bytes.fromhex("0107000000" + "01000000") * 20_000 + bytes.fromhex("010700000000000000")
    point = shapely.to_wkb(shapely.Point(118.3, 35.1))
    geo = {"version": "1.1.0", "primary_column": "geometry",
           "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}}}  # fmt: skip
    table = pa.table({"id": ["a", "b"], "geometry": pa.array([deep, point], pa.binary())})
    path = tmp_path / "events.parquet"
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    (part,) = read(path)
    assert [(fault.kind, fault.row) for fault in part.faults] == [("invalid_geometry", 1)]
    assert part.frame.geometry.iloc[1] == shapely.Point(118.3, 35.1)


def test_a_value_that_repeats_in_parquet_is_unfolded_a_few_rows_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    note = pa.array(["x" * 10**5]).dictionary_encode()
    notes = pa.DictionaryArray.from_arrays(pa.array([0] * 1500, pa.int32()), note.dictionary).cast(pa.string())
    pq.write_table(pa.table({"id": [str(i) for i in range(1500)], "note": notes, "lon": [118.3] * 1500,
                             "lat": [35.1] * 1500}), path)  # fmt: skip
    assert path.stat().st_size < 10**6
    sizes = [len(part.frame) for part in read(path)]
    assert sum(sizes) == 1500
    assert max(sizes) <= 1024
