"""Frames in files: made once, thrown away with their state, made anew where a file is damaged."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from spatialgov.workspace import kept_frames
from spatialgov.workspace.kept_frames import KeptFrames


class Made:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> gpd.GeoDataFrame:
        self.times += 1
        return gpd.GeoDataFrame({"n": [self.times]}, geometry=[shapely.Point(0, 0)], crs=4326)


def test_a_frame_is_made_once_for_a_state(tmp_path: Path) -> None:
    made = Made()
    kept = KeptFrames(tmp_path / "kept")
    assert [int(kept.get("state 1", asked, made)["n"].iloc[0]) for asked in ("a", "a", "b", "a")] == [1, 1, 2, 1]
    assert int(KeptFrames(tmp_path / "kept").get("state 1", "b", made)["n"].iloc[0]) == 2
    assert int(kept.get("state 2", "a", made)["n"].iloc[0]) == 3
    assert len(list((tmp_path / "kept").rglob("*.parquet"))) == 1


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    made = Made()
    kept = KeptFrames(tmp_path)
    kept.get("state", "a", made)
    (file,) = tmp_path.rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:100])
    assert int(kept.get("state", "a", made)["n"].iloc[0]) == 2
    assert int(kept.get("state", "a", made)["n"].iloc[0]) == 2


def test_only_so_many_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_frames, "_MOST_FILES", 3)
    kept, made = KeptFrames(tmp_path), Made()
    for asked in range(5):
        kept.get("state", asked, made)
    assert len(list(tmp_path.rglob("*.parquet"))) == 3


def test_where_nothing_can_be_kept_the_frame_is_given_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert len(KeptFrames(tmp_path / "file").get("state", "a", Made())) == 1
