"""The cameras of an extract of OpenStreetMap, as rows of a table of their tags."""

from collections.abc import Collection
from pathlib import Path

import shapely

from spatialgov.coverage.cameras.osm_tags import TAGS
from spatialgov.errors import NotFoundError
from spatialgov.language import t
from spatialgov.osm_extract import is_extract, read_features
from spatialgov.vector_io.row_files import TableRows

__all__ = ["OsmCameraRows"]


class OsmCameraRows(TableRows):
    """The nodes ``man_made=surveillance`` of an extract; no other tag than `TAGS` is read of them.

    Raises
    ------
    UnreadableFileError
        When the file is damaged.
    NotFoundError
        When there is none.
    """

    def __init__(self, path: Path, wanted: Collection[str]) -> None:
        table, points = read_features(path, "points", "man_made", TAGS)
        cameras = (table["man_made"] == "surveillance").to_numpy()
        if not cameras.any():
            raise NotFoundError(
                t("{file} holds no cameras.", "{file} 中没有摄像机。", file=path.name),
                remedy=t("They are nodes man_made=surveillance.", "摄像机应为 man_made=surveillance 的节点。"),
            )
        table = table[cameras].rename(columns={"osm_id": "@id"})
        lon, lat = shapely.get_coordinates(points[cameras]).T.tolist()
        table = table.assign(lon=[repr(x) for x in lon], lat=[repr(y) for y in lat])
        super().__init__(path, wanted, list(table.columns), table.fillna("").to_numpy().tolist())

    @staticmethod
    def is_format(head: bytes) -> bool:
        """Whether a file that begins so is an extract of OpenStreetMap."""
        return is_extract(head)
