"""The locator files of editions: derived from the store, so what is missing or damaged is made anew."""

import hashlib
from pathlib import Path

import geopandas as gpd

from spatialgov.array_file import remove_halves
from spatialgov.errors import StoreError
from spatialgov.locate import Locator

__all__ = ["build_locator", "damaged_locators", "locator_name", "open_locator"]


def locator_name(edition_id: int, grids: gpd.GeoDataFrame) -> str:
    """Give the name of the file for an edition's grids.

    It depends on the grids themselves: a file that another state of the store left behind (a backup was restored, a
    publication was taken back) is never taken for this edition's.
    """
    content = hashlib.sha256()
    for text in (*grids["code"], *grids["parent_code"]):
        content.update(f"{text}\n".encode())
    for wkb in grids.geometry.to_wkb():
        content.update(wkb)
    return f"edition-{edition_id:06d}-{content.hexdigest()[:16]}.locator"


def build_locator(data_dir: Path, edition_id: int, grids: gpd.GeoDataFrame) -> str:
    """Build the file, beside its name and then renamed, so that others read the old one or the new; give its name."""
    name = locator_name(edition_id, grids)
    path = _path(data_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_halves(path.parent)
    Locator.build(grids).save(path)
    return name


def open_locator(data_dir: Path, edition_id: int, grids: gpd.GeoDataFrame) -> Locator:
    """Open an edition's file, after its checksums; make it anew when it is missing or damaged."""
    path = _path(data_dir, locator_name(edition_id, grids))
    try:
        return _verified(path)
    except StoreError:
        build_locator(data_dir, edition_id, grids)
        return _verified(path)


def damaged_locators(data_dir: Path) -> list[Path]:
    """List the files that are there and can't be used; one that is missing is made at the first question."""
    damaged = []
    for path in sorted(data_dir.glob("editions/*.locator")):
        try:
            _verified(path)
        except StoreError:
            damaged.append(path)
    return damaged


def _verified(path: Path) -> Locator:
    locator = Locator.open(path)
    locator.verify()
    return locator


def _path(data_dir: Path, name: str) -> Path:
    return data_dir / "editions" / name
