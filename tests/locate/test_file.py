"""The locator's file: the same answers, shared read-only, and nothing but a whole one is opened."""

import struct
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatialgov.errors import StoreError
from spatialgov.language import using_language
from spatialgov.locate import Locator


@pytest.fixture(scope="module")
def built() -> Locator:
    boxes = [shapely.box(x, y, x + 0.1, y + 0.1) for x in np.arange(116, 117, 0.25) for y in np.arange(39, 40, 0.25)]
    holed = shapely.box(118, 39, 119, 40).difference(shapely.box(118.2, 39.2, 118.4, 39.4))
    codes = [f"网格{i}" for i in range(len(boxes) + 1)]
    return Locator.build(gpd.GeoDataFrame({"code": codes}, geometry=[*boxes, holed], crs=4326))


@pytest.fixture
def saved(built: Locator, tmp_path: Path) -> Path:
    path = tmp_path / "edition.locator"
    built.save(path)
    return path


def test_round_trip(built: Locator, saved: Path) -> None:
    opened = Locator.open(str(saved))
    assert opened.codes == built.codes
    assert opened.faults == built.faults
    assert len(opened.faults) == 1
    points = np.random.default_rng(0).uniform((115.9, 38.9), (119.1, 40.1), (20_000, 2))
    expected = built.locate_many(points[:, 0], points[:, 1])
    assert len(np.unique(expected)) > 10
    np.testing.assert_array_equal(opened.locate_many(points[:, 0], points[:, 1]), expected)
    assert opened.find(118.5, 39.0) == built.find(118.5, 39.0)


def test_same_grids_give_the_same_bytes(built: Locator, saved: Path, tmp_path: Path) -> None:
    Locator.open(saved).save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == saved.read_bytes()


def test_map_is_read_only(saved: Path) -> None:
    table = Locator.open(saved)._cells.table
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        table.flags.writeable = True


def test_file_is_replaced_in_one_go(built: Locator, saved: Path) -> None:
    reader = Locator.open(saved)
    other = Locator.build(gpd.GeoDataFrame({"code": ["x"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326))
    other.save(saved)
    assert reader.locate(116.05, 39.05) == built.locate(116.05, 39.05)  # the old edition, whole
    assert Locator.open(saved).codes == ["x"]
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def refused(path: Path, why: str) -> None:
    with using_language("en"), pytest.raises(StoreError, match=why) as caught:
        Locator.open(path)
    assert "Build it again" in caught.value.remedy


@pytest.mark.parametrize("keep", [25, 100, 0.5, -1])
def test_truncated(saved: Path, keep: float) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[: int(keep * len(content)) if 0 < keep < 1 else int(keep)])
    refused(saved, "truncated or damaged")


@pytest.mark.parametrize("content", [b"SGLO", b"not a locator file, but long enough", bytes(4096)])
def test_foreign(saved: Path, content: bytes) -> None:
    saved.write_bytes(content)
    refused(saved, "not a locator file")


def test_empty_missing_or_folder(saved: Path) -> None:
    saved.write_bytes(b"")
    refused(saved, "can't be read")
    refused(saved.parent / "nowhere", "can't be read")
    refused(saved.parent, "can't be read")


def test_one_flipped_bit_anywhere(saved: Path) -> None:
    """In the header the file is refused at once; anywhere else it is opened, but never gives an answer."""
    content = bytearray(saved.read_bytes())
    header = struct.unpack_from("<Q", content, 16)[0] + 24
    rng = np.random.default_rng(0)
    for at in [*rng.integers(24, header, 10), *rng.integers(header, len(content), 50), header, len(content) - 1]:
        content[at] ^= 1
        saved.write_bytes(content)
        if at < header:
            refused(saved, "truncated or damaged")
        else:
            for ask in _ASK:
                locator = Locator.open(saved)
                with using_language("en"), pytest.raises(StoreError, match="damaged"):
                    ask(locator)
        content[at] ^= 1
    saved.write_bytes(content)
    Locator.open(saved).verify()


_ASK: tuple[Callable[[Locator], object], ...] = (
    Locator.verify,
    lambda locator: locator.locate(116.05, 39.05),
    lambda locator: locator.find(116.05, 39.05),
    lambda locator: locator.locate_many([116.05], [39.05]),
    lambda locator: locator.border_m([116.05], [39.05]),
    lambda locator: locator.codes,
    lambda locator: locator.faults,
    lambda locator: locator.chain_of,
)


def test_other_version(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    struct.pack_into("<I", content, 8, 99)
    saved.write_bytes(content)
    refused(saved, "version 99")


def test_not_writable(built: Locator, tmp_path: Path) -> None:
    with using_language("en"), pytest.raises(StoreError, match="can't be written") as caught:
        built.save(tmp_path / "nowhere" / "edition.locator")
    assert caught.value.remedy
