"""The locator files of editions: derived from the store, so what is missing or damaged is made anew."""

import hashlib
import shutil
from contextlib import suppress
from pathlib import Path

import geopandas as gpd

from spatialgov.array_file import remove_halves
from spatialgov.bulk import Shelf
from spatialgov.errors import StoreError
from spatialgov.language import t
from spatialgov.locate import Locator
from spatialgov.places import Place
from spatialgov.workspace.shared_files import SharedFiles

__all__ = ["damaged_locators", "locator_name", "open_locator", "publish_locator", "ship_locator"]


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


def publish_locator(data_dir: Path, edition_id: int, grids: gpd.GeoDataFrame, shared: SharedFiles) -> str:
    """Build the file, in the transaction of the publication, and hand it out to other hosts; give its name."""
    name = _build(data_dir, edition_id, grids)
    shared.hand_out(_path(data_dir, name), _shared_name(name))
    return name


def _build(data_dir: Path, edition_id: int, grids: gpd.GeoDataFrame) -> str:
    """Build the file, beside its name and then renamed, so that others read the old one or the new; give its name."""
    name = locator_name(edition_id, grids)
    path = _path(data_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_halves(path.parent)
    Locator.build(grids).save(path)
    return name


def open_locator(data_dir: Path, edition_id: int, grids: gpd.GeoDataFrame, shared: SharedFiles) -> tuple[Locator, Path]:
    """Open an edition's file, after its checksums; one that is missing or damaged is taken from the others, or made."""
    name = locator_name(edition_id, grids)
    path = _path(data_dir, name)
    with suppress(StoreError):
        return _verified(path), path
    if shared.fetch(_shared_name(name), path):
        with suppress(StoreError):  # of another version of the format
            return _verified(path), path
    _build(data_dir, edition_id, grids)
    return _verified(path), path


def ship_locator(path: Path, folder: Place) -> Place:
    """Copy a file to where workers see it, and give that place; one of its name that is there is as good.

    Raises
    ------
    StoreError, InputError
        When it can't be written to a folder, or to an object store.
    """
    shelf = Shelf.at(folder)
    target = shelf.place / path.name
    try:
        if not shelf.has(path.name):
            with shelf.making() as beside:
                shelf.put(Path(shutil.copyfile(path, Path(beside) / path.name)), path.name)
    except OSError as error:
        message = t(
            "{file} can't be written ({error}).", "无法写入 {file}（{error}）。", file=target, error=error.strerror
        )
        remedy = t("Name a folder with --parts that can be written to.", "请用 --parts 指定可写入的文件夹。")
        raise StoreError(message, remedy=remedy) from error
    return target


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


def _shared_name(name: str) -> str:
    return f"editions/{name}"
