"""Units: what is kept, what is said about bad input, and the graph."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from spatialgov.errors import (
    CoordinateError,
    DatumError,
    FaultyDataError,
    InputError,
    MissingColumnError,
    NotFoundError,
    UnreadableFileError,
)
from spatialgov.faults import Fault
from spatialgov.language import using_language
from spatialgov.topology import metric_shapes
from spatialgov.units import Units, read_units
from spatialgov.vector_io import write_vector


def town(n: int = 3, m: int = 2) -> gpd.GeoDataFrame:
    """Make n × m blocks of 0.001 degrees, numbered from the south-west."""
    data = {
        "unit_id": [f"{i + 1:03d}" for i in range(n * m)],
        "households": np.arange(n * m) * 10,
        "population": np.arange(n * m) * 25,
        "community_code": ["320117001001"] * (n * m),
    }
    west, south = 116.4 + 0.001 * np.arange(n), 33.9 + 0.001 * np.arange(m)
    x, y = (v.ravel() for v in np.meshgrid(west, south))
    x_next, y_next = (v.ravel() for v in np.meshgrid(np.append(west, 0)[1:], np.append(south, 0)[1:]))
    x_next, y_next = np.where(x_next == 0, 116.4 + 0.001 * n, x_next), np.where(y_next == 0, 33.9 + 0.001 * m, y_next)
    return gpd.GeoDataFrame(data, geometry=shapely.box(x, y, x_next, y_next), crs=4326)


def changed(row: int, **cells: Any) -> gpd.GeoDataFrame:
    """Give the town with other cells in one row (from 1)."""
    frame = town()
    for column, value in cells.items():
        frame[column] = frame[column].astype(object)
        frame.at[row - 1, column] = value
    return frame.set_geometry(gpd.GeoSeries(frame["geometry"].to_numpy(), crs=4326))


def errors(frame: gpd.GeoDataFrame, **options: Any) -> list[Fault]:
    with pytest.raises(FaultyDataError) as caught:
        Units.from_frame(frame, **options)
    return [fault for fault in caught.value.faults if fault.severity == "error"]


def test_units_and_their_graph() -> None:
    units = Units.from_frame(town())
    assert len(units) == 6
    assert units.faults == ()
    assert list(units.frame.columns) == [
        "unit_id", "kind", "households", "population", "community_code", "area_m2", "geometry",
    ]  # fmt: skip
    assert units.frame["households"].dtype == units.frame["population"].dtype == np.int64
    metric = metric_shapes(units.frame.geometry.to_numpy(), units.crs)
    np.testing.assert_allclose(units.frame["area_m2"], shapely.area(metric))
    np.testing.assert_allclose(units.graph.area_m2, shapely.area(metric))
    np.testing.assert_allclose(units.graph.perimeter_m, shapely.length(metric))
    np.testing.assert_allclose(units.graph.xy_m, shapely.get_coordinates(shapely.centroid(metric)))
    pairs, border_m, _ = units.graph.edges()
    assert pairs.tolist() == [[0, 1], [0, 3], [1, 2], [1, 4], [2, 5], [3, 4], [4, 5]]
    assert border_m == pytest.approx([110.9, 92.5, 110.9, 92.5, 92.5, 110.9, 110.9], abs=0.5)
    assert units.crs.to_epsg() == 4548


def test_positions() -> None:
    units = Units.from_frame(town())
    found = units.positions(["003", "001", "003"])
    assert found.tolist() == [2, 0, 2]
    assert found.dtype == np.int64
    assert units.positions([]).tolist() == []
    with pytest.raises(NotFoundError, match="2 units are unknown: x, y"):
        units.positions(["001", "x", "y"])


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet", "csv"])
@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
def test_every_format_gives_the_same_units(tmp_path: Path, suffix: str, datum: str) -> None:
    path = tmp_path / f"units.{suffix}"
    write_vector(town(), path)
    units = read_units(path, datum=datum)
    assert units.datum == datum
    wanted = Units.from_frame(town())
    pd.testing.assert_frame_equal(
        units.frame.drop(columns=["geometry", "area_m2"]), wanted.frame.drop(columns=["geometry", "area_m2"])
    )
    assert units.graph.edges()[0].tolist() == wanted.graph.edges()[0].tolist()
    np.testing.assert_allclose(units.graph.edges()[1], wanted.graph.edges()[1], atol=0.05)


def test_columns_are_matched_by_name_only(tmp_path: Path) -> None:
    frame = town().rename(columns={"households": "HH", "unit_id": "ID"}).assign(grid=7.0, owner="x", area_m2=1.0)
    write_vector(frame, tmp_path / "units.gpkg")
    with pytest.raises(MissingColumnError, match=r"units\.gpkg.*“unit_id” is missing.*HH"):
        read_units(tmp_path / "units.gpkg")
    units = read_units(tmp_path / "units.gpkg", columns={"unit_id": "ID", "households": "HH"}, keep=["grid"])
    assert list(units.frame["households"]) == [0, 10, 20, 30, 40, 50]
    assert list(units.frame["grid"]) == ["7"] * 6
    assert units.dropped_columns == ("owner",)
    assert units.frame["area_m2"].iloc[0] > 1000
    with pytest.raises(MissingColumnError, match=r"“parent_code” is missing.*has: community_code"):
        read_units(tmp_path / "units.gpkg", columns={"unit_id": "ID"}, keep=["parent_code"])
    with pytest.raises(MissingColumnError, match=r"“Id” is missing.*has: ID"):
        read_units(tmp_path / "units.gpkg", columns={"unit_id": "Id"})
    with pytest.raises(InputError, match="no column “flats”"):
        read_units(tmp_path / "units.gpkg", columns={"flats": "HH"})


def test_a_missing_count_is_zero_and_said() -> None:
    units = Units.from_frame(town().drop(columns="population"))
    assert units.frame["population"].tolist() == [0] * 6
    assert [(f.kind, f.severity, f.column) for f in units.faults] == [("missing_column", "warning", "population")]


def test_codes_are_text_whatever_the_file_made_of_them() -> None:
    frame = town().assign(unit_id=np.arange(6.0), community_code=[3.20117001001e11] * 6, parent_code=44001)
    units = Units.from_frame(frame)
    assert units.frame["unit_id"].tolist() == ["0", "1", "2", "3", "4", "5"]
    assert set(units.frame["community_code"]) == {"320117001001"}
    assert set(units.frame["parent_code"]) == {"44001"}


def test_the_workload_is_kept_where_there_is_one() -> None:
    assert "workload" not in Units.from_frame(town()).frame
    units = Units.from_frame(town().assign(work="12.5"), columns={"workload": "work"})
    assert units.frame["workload"].tolist() == units.amounts("workload").tolist() == [12.5] * 6


def test_a_workload_that_is_none_is_told() -> None:
    with pytest.raises(FaultyDataError) as caught:
        Units.from_frame(town().assign(workload=[-0.5, float("nan"), float("inf"), 1.5, 0, 3]))
    assert [(fault.kind, fault.row, fault.column) for fault in caught.value.faults] == [
        ("negative_count", 1, "workload"),
        ("missing_value", 2, "workload"),
        ("not_a_number", 3, "workload"),
    ]


def test_amounts_of_a_column_kept_as_text() -> None:
    units = Units.from_frame(town().assign(shops=[0, 1, 2, 3, 4, 5]), keep=["shops"])
    assert units.amounts("shops").tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(MissingColumnError, match="“benches” is missing"):
        units.amounts("benches")
    with pytest.raises(InputError, match="Row 1, column kind: 'block' is no number"):
        Units.from_frame(town().assign(kind="block")).amounts("kind")


@pytest.mark.parametrize(
    ("column", "value", "kind", "said"),
    [
        ("households", -5, "negative_count", "“households” is negative: -5"),
        ("households", None, "missing_value", "“households” is empty"),
        ("population", float("nan"), "missing_value", "“population” is empty"),
        ("population", 12.5, "fractional_count", "“population” is no whole number: 12.5"),
        ("households", "many", "not_a_number", "“households” is no number: many"),
        ("households", float("inf"), "not_a_number", "“households” is no number: inf"),
        ("households", 1e300, "not_a_number", "“households” is no number"),
        ("unit_id", None, "missing_value", "“unit_id” is empty"),
        ("unit_id", " ", "missing_value", "“unit_id” is empty"),
        ("unit_id", "002", "duplicate_id", "002 is in row 2 already"),
        ("unit_id", "3.2E+11", "damaged_code", "3.2E+11 has lost digits"),
        ("geometry", None, "missing_geometry", "no geometry"),
        ("geometry", shapely.Point(116.4, 33.9), "wrong_geometry_type", "Point"),
    ],
)
def test_a_bad_cell_is_told_with_row_column_and_place(column: str, value: Any, kind: str, said: str) -> None:
    frame = changed(4, **{column: value})
    (fault,) = (f for f in errors(frame) if f.kind != "gap")
    assert (fault.kind, fault.row, fault.column) == (kind, 4, column)
    assert said in fault.message
    assert fault.remedy
    assert (fault.lon is None) == (value is None and column == "geometry")
    units = Units.from_frame(frame, keep_sound=True)
    assert len(units) == 5
    assert fault in units.faults
    assert "004" not in set(units.frame["unit_id"])


def test_a_parent_that_was_asked_for_must_be_there() -> None:
    frame = changed(2, community_code=None)
    (warning,) = Units.from_frame(frame).faults
    assert (warning.kind, warning.severity, warning.row) == ("missing_value", "warning", 2)
    (error,) = errors(frame, keep=["community_code"])
    assert (error.kind, error.severity, error.row) == ("missing_value", "error", 2)


def test_all_faults_are_listed_and_the_first_few_written_out() -> None:
    frame = town().assign(households=[-1, -2, float("nan"), 3.5, 5, 5], population=[-1, "x", 3, 4, 5, 6])
    with pytest.raises(FaultyDataError) as caught:
        Units.from_frame(frame)
    assert len(caught.value.faults) == 6
    assert caught.value.message.startswith("Errors stop the work: 3 negative_count, ")
    assert "“households” is negative: -1" in str(caught.value)
    assert "sound" in caught.value.remedy


def test_faults_of_geometry() -> None:
    x, y, step = 116.4, 33.901, 0.001
    bow_tie = shapely.Polygon([(x, y), (x + step, y + step), (x + step, y), (x, y + step)])
    assert [(f.kind, f.row) for f in errors(changed(4, geometry=bow_tie))] == [("invalid_geometry", 4)]
    wide = shapely.box(x, y, x + 1.5 * step, y + step)
    (overlap,) = errors(changed(4, geometry=wide))
    assert (overlap.kind, overlap.row, overlap.item) == ("overlap", 5, "005")
    assert len(Units.from_frame(changed(4, geometry=wide), keep_sound=True)) == 5
    twice = pd.concat([town(), town().iloc[[1]]], ignore_index=True)
    assert {(f.kind, f.row) for f in errors(twice)} == {("duplicate_id", 7), ("overlap", 7)}
    assert len(Units.from_frame(twice, keep_sound=True)) == 6
    ring = town(3, 3).drop(index=4)
    (gap,) = errors(ring)
    assert (gap.kind, gap.row) == ("gap", None)
    assert "belongs to none" in gap.message
    assert len(Units.from_frame(ring, keep_sound=True)) == 8


def test_an_island_is_a_warning() -> None:
    frame = town(3, 1).drop(index=1)
    assert [(f.kind, f.row, f.item) for f in Units.from_frame(frame).faults] == [("island", 2, "003")]


def test_faults_name_the_rows_of_the_input_whatever_is_left_out() -> None:
    frame = changed(2, households=-1).iloc[:3]
    units = Units.from_frame(frame, keep_sound=True)
    assert [(f.kind, f.row, f.item) for f in units.faults] == [("negative_count", 2, "002"), ("island", 3, "003")]


def test_nothing_sound_is_an_error_all_the_same() -> None:
    with pytest.raises(FaultyDataError, match="6 negative_count"):
        Units.from_frame(town().assign(households=-1), keep_sound=True)


def test_a_frame_in_another_crs_is_refused() -> None:
    with pytest.raises(InputError, match="EPSG:4326"):
        Units.from_frame(town().to_crs(4547))


def write(path: Path, frame: gpd.GeoDataFrame) -> Path:
    pyogrio.write_dataframe(frame, path)
    return path


def test_bad_files(tmp_path: Path) -> None:
    """Whole files that can't be used: the cases of the main job."""
    good = write(tmp_path / "units.gpkg", town())
    truncated = tmp_path / "cut.gpkg"
    truncated.write_bytes(good.read_bytes()[:40_000])
    empty = tmp_path / "empty.gpkg"
    empty.touch()
    for path in (truncated, empty, tmp_path / "none.gpkg"):
        with pytest.raises(UnreadableFileError, match=path.name):
            read_units(path)
    metres = write(tmp_path / "metres.gpkg", town().to_crs(4547).set_crs(4326, allow_override=True))
    with pytest.raises(CoordinateError, match=r"metres\.gpkg.*metres"):
        read_units(metres)
    swapped = town()
    swapped.geometry = shapely.transform(swapped.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    with pytest.raises(CoordinateError, match=r"swapped\.gpkg.*swapped"):
        read_units(write(tmp_path / "swapped.gpkg", swapped))
    with pytest.raises(DatumError, match="wgs72"):
        read_units(good, datum="wgs72")


def test_heights_and_rows_off_the_earth_are_told(tmp_path: Path) -> None:
    frame = town()
    frame.geometry = [*shapely.force_3d(frame.geometry.to_numpy()[:5], 3.0), shapely.box(33.9, 116.4, 34, 116.5)]
    path = write(tmp_path / "units.gpkg", frame)
    with pytest.raises(FaultyDataError, match=r"units\.gpkg: .*1 invalid_coordinate"):
        read_units(path)
    units = read_units(path, keep_sound=True)
    assert len(units) == 5
    assert [fault.kind for fault in units.faults] == ["invalid_coordinate", "dropped_z"]


def test_faults_in_chinese() -> None:
    with using_language("zh"):
        (fault,) = errors(changed(1, households=-5))
    assert fault.message == "“households”为负数：-5。"
