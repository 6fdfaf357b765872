"""Archives of tiles: made once for what they show, another one when that is another."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from spatialgov.errors import NotFoundError, StoreError
from spatialgov.language import using_language
from spatialgov.workspace import Asker, Workspace
from spatialgov.workspace.tile_archives import TileArchive
from tests.coverage_town import EAST, WEST, found_camera_town
from tests.plain_tiles import archived_tiles, decoded_layer
from tests.publishing_cases import moved


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Workspace]:
    with found_camera_town(tmp_path) as workspace:
        yield workspace


def codes(archive: TileArchive) -> set[str]:
    """Give the codes in the closest tiles."""
    tiles = archived_tiles(archive.path.read_bytes())
    closest = [content for number, content in tiles.items() if number >= (4**14 - 1) // 3]
    return {row["code"] for content in closest for row, _ in decoded_layer(content)[1]}


def test_an_archive_is_made_once_and_stays_when_another_edition_is_published(town: Workspace) -> None:
    first = town.tile_archives.get("grids", Asker())
    assert codes(first) == set(town.store.edition_grids(1)["code"])
    made = first.path.stat().st_mtime_ns
    assert town.tile_archives.get("grids", Asker()) == first
    town.plans.publish(moved(town, {"U01": f"{WEST}003"}))
    second = town.tile_archives.get("grids", Asker())
    assert (first.edition, second.edition) == (1, 2)
    assert codes(second) == codes(first) | {f"{WEST}003"}
    assert second.tag != first.tag
    assert town.tile_archives.get("grids", Asker(), edition=1) == first
    assert first.path.stat().st_mtime_ns == made


def test_an_asker_gets_what_is_theirs_in_their_language(town: Workspace) -> None:
    east = town.tile_archives.get("grids", Asker(area=town.areas.of([EAST])))
    assert codes(east) == {f"{EAST}001", f"{EAST}002"}
    with using_language("zh"):
        assert town.tile_archives.get("grids", Asker()).tag.endswith("-zh")
    with pytest.raises(NotFoundError):
        town.tile_archives.get("grids", Asker(area=town.areas.of(["999999999999"])))


def test_a_folder_that_can_not_be_written_to_is_said(town: Workspace) -> None:
    (town.data_dir / "tiles").write_text("in the way", encoding="utf-8")
    with pytest.raises(StoreError, match="tiles"):
        town.tile_archives.get("grids", Asker())
