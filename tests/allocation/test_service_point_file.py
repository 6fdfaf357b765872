from pathlib import Path

import numpy as np
import pytest

from spatialgov.allocation import read_service_points
from spatialgov.errors import DatumError, InputError, MissingColumnError


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_what_is_unknown_stays_unknown(tmp_path: Path) -> None:
    file = write(
        tmp_path / "boxes.csv",
        "place_id,name,capacity,lon,lat,colour",
        "1,一号警务室,1200,117.1,34.1,red",
        "2,,,117.2,34.2,blue",
    )
    found = read_service_points(file, datum="wgs84")
    assert found.columns.tolist() == ["place_id", "kind", "name", "name_en", "capacity", "geometry"]
    assert found["place_id"].tolist() == ["1", "2"]
    assert found["name"].tolist() == ["一号警务室", ""]
    assert found["kind"].tolist() == ["", ""]
    assert found["capacity"].iloc[0] == 1200
    assert np.isnan(found["capacity"].iloc[1])
    assert found.geometry.x.tolist() == [117.1, 117.2]
    with pytest.raises(DatumError):
        read_service_points(file)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["a,1,117.1,34.1", "a,1,117.1,34.1"], "row 2, column place_id: 'a'"),
        ([",1,117.1,34.1"], "row 1, column place_id"),
        (["a,many,117.1,34.1"], "row 1, column capacity: 'many'"),
        (["a,-1,117.1,34.1"], "row 1, column capacity: '-1'"),
        (["a,1,117.1,34.1", "b,1,,"], "row 2, column geometry"),
        ([], "no rows"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, rows: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_service_points(write(tmp_path / "boxes.csv", "place_id,capacity,lon,lat", *rows), datum="wgs84")


def test_centres_need_an_identifier(tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError, match="place_id"):
        read_service_points(write(tmp_path / "boxes.csv", "name,lon,lat", "a,117.1,34.1"), datum="wgs84")
