"""Archives of vector tiles: a collection, as a map shows it, in one file that needs no service."""

import logging
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import spatialgov
from spatialgov.array_file import remove_halves
from spatialgov.errors import NotFoundError, StoreError
from spatialgov.language import current_language, t
from spatialgov.vector_tiles import write_archive
from spatialgov.workspace.analysis import Analysis
from spatialgov.workspace.feature_tables import FeatureTable
from spatialgov.workspace.features import Asker, Features
from spatialgov.workspace.shared_files import SharedFiles

__all__ = ["ARCHIVE_ZOOM", "TileArchive", "TileArchives", "vector_layer"]

ARCHIVE_ZOOM = 14
"""The closest zoom of the archives, which clients enlarge: a step of its tiles is 60 cm or less."""
_MOST_FILES = 50

_log = logging.getLogger("spatialgov.workspace")


@dataclass(frozen=True, slots=True)
class TileArchive:
    """An archive of tiles.

    Attributes
    ----------
    path
        The file (PMTiles).
    tag
        What tells its content from others.
    edition
        Number of the edition that it shows, where it shows one.
    """

    path: Path
    tag: str
    edition: int | None


class TileArchives:
    """The archives of a workspace: each is made when it is first asked for, and kept.

    Parameters
    ----------
    data_dir
        Folder of what is derived.
    features, analysis
        What is in them, and where it comes from.
    shared
        Where other hosts take them from.
    """

    def __init__(self, data_dir: Path, features: Features, analysis: Analysis, shared: SharedFiles) -> None:
        self._shared = shared
        self._folder = data_dir / "tiles"
        self._features = features
        self._analysis = analysis
        self._making = Lock()

    def get(self, name: str, asker: Asker, *, edition: int | None = None) -> TileArchive:
        """Give the archive of a collection that has tiles: of the edition in force, or of another.

        Raises
        ------
        NotFoundError
            When there is nothing in it.
        StoreError
            When the file can't be written.
        TimeLimitError
            When making it takes longer than a request may.
        """
        table = self._table(name, asker, edition)
        tag = f"{table.content_hash}-{spatialgov.__version__}-{current_language()}"
        path = self._folder / f"{name}-{tag}.pmtiles"
        with self._making:  # whoever asks for the same waits for the first
            if not path.exists() and not self._shared.fetch(f"tiles/{path.name}", path):
                try:
                    self._folder.mkdir(parents=True, exist_ok=True)
                    remove_halves(self._folder)
                    write_archive(path, table.layer, ARCHIVE_ZOOM, self._about(table))
                    self._tidy()
                except OSError as error:
                    raise _not_written(path, error) from error
                self._hand_out(path)
        return TileArchive(path, tag, table.edition)

    def _hand_out(self, path: Path) -> None:
        try:
            self._shared.hand_out(path, f"tiles/{path.name}")
        except StoreError as error:  # the primary is gone, or busy: each host makes its own
            _log.warning("%s", error)

    def save(self, name: str, asker: Asker, path: Path, *, edition: int | None = None) -> TileArchive:
        """Write the same to a file that the caller names.

        Raises
        ------
        NotFoundError, StoreError
            As `get`.
        """
        table = self._table(name, asker, edition)
        try:
            write_archive(path, table.layer, ARCHIVE_ZOOM, self._about(table))
        except OSError as error:
            raise _not_written(path, error) from error
        return TileArchive(path, table.content_hash, table.edition)

    def _table(self, name: str, asker: Asker, edition: int | None) -> FeatureTable:
        table = self._features.table(name, asker, edition=edition)
        if not len(table):
            raise NotFoundError(
                t("{title}: there is nothing.", "{title}：没有数据。", title=self._features.title(name))
            )
        return table

    def _about(self, table: FeatureTable) -> dict[str, Any]:
        return {
            "name": self._features.title(table.name),
            "description": self._features.description(table.name),
            "attribution": self._analysis.source(),
            "type": "overlay",
            "vector_layers": [vector_layer(table, ARCHIVE_ZOOM)],
        }

    def _tidy(self) -> None:
        newest_first = sorted(self._folder.glob("*.pmtiles"), key=lambda path: -path.stat().st_mtime)
        for path in newest_first[_MOST_FILES:]:
            path.unlink(missing_ok=True)


def _not_written(path: Path, error: OSError) -> StoreError:
    return StoreError(
        t(
            "The tiles can't be written to {path}: {error}.",
            "瓦片无法写入 {path}：{error}。",
            path=path,
            error=error.strerror,
        )
    )


def vector_layer(table: FeatureTable, max_zoom: int) -> dict[str, Any]:
    """Describe the layer of a collection's tiles, as TileJSON does."""
    types = {"text": "String", "boolean": "Boolean"}
    fields = {key: types.get(kind, "Number") for key, kind in table.kinds.items() if kind != "geometry"}
    return {"id": table.name, "fields": fields, "minzoom": 0, "maxzoom": max_zoom}
