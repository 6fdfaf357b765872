"""Results in files: made once, thrown away with their state, made anew where a file is damaged."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from spatialgov.workspace import kept_files
from spatialgov.workspace.kept_files import KeptFrames


class Made:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> gpd.GeoDataFrame:
        self.times += 1
        return gpd.GeoDataFrame({"n": [self.times]}, geometry=[shapely.Point(0, 0)], crs=4326)


def state(name: str) -> Callable[[], str]:
    return lambda: name


def number(kept: KeptFrames, name: str, asked: object, made: Made) -> int:
    return int(kept.get(state(name), asked, made)["n"].iloc[0])


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def test_a_frame_is_made_once_for_a_state(tmp_path: Path) -> None:
    made = Made()
    kept = KeptFrames(tmp_path / "kept")
    assert [number(kept, "state 1", asked, made) for asked in ("a", "a", "b", "a")] == [1, 1, 2, 1]
    assert number(KeptFrames(tmp_path / "kept"), "state 1", "b", made) == 2
    assert number(kept, "state 2", "a", made) == 3
    assert len(files(tmp_path / "kept")) == 1


def test_other_code_makes_it_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made()
    kept = KeptFrames(tmp_path)
    assert number(kept, "state", "a", made) == 1
    monkeypatch.setattr(kept_files, "_code", lambda: "the next version")
    assert [number(kept, "state", "a", made) for _ in range(2)] == [2, 2]


def test_what_is_made_while_the_state_changes_is_not_kept(tmp_path: Path) -> None:
    made, states = Made(), iter(["before", "after"])
    kept = KeptFrames(tmp_path)
    assert int(kept.get(lambda: next(states), "a", made)["n"].iloc[0]) == 1
    assert files(tmp_path) == []
    assert [number(kept, "before", "a", made) for _ in range(2)] == [2, 2]


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    made = Made()
    kept = KeptFrames(tmp_path)
    number(kept, "state", "a", made)
    (file,) = files(tmp_path)
    file.write_bytes(file.read_bytes()[:100])
    assert [number(kept, "state", "a", made) for _ in range(2)] == [2, 2]


def test_only_so_many_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_files, "_MOST_FILES", 3)
    kept, made = KeptFrames(tmp_path), Made()
    for asked in range(5):
        number(kept, "state", asked, made)
    assert len(files(tmp_path)) == 3


def test_only_so_many_bytes_are_kept_but_the_last_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_files, "_MOST_BYTES", 100)
    kept, made = KeptFrames(tmp_path), Made()
    for asked in range(3):
        number(kept, "state", asked, made)
    assert len(files(tmp_path)) == 1
    assert number(kept, "state", 2, made) == 3


def test_where_nothing_can_be_kept_the_frame_is_given_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert number(KeptFrames(tmp_path / "file"), "state", "a", Made()) == 1
