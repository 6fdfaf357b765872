"""OpenStreetMap's tags of surveillance cameras (``man_made=surveillance``), and lengths as they are written there."""

import re

import numpy as np
import numpy.typing as npt

from spatialgov.coverage.cameras.dialects import Rows, Translation, mapped
from spatialgov.language import t

__all__ = ["ID_COLUMNS", "TAGS", "metres", "translate"]

TAGS = (
    "man_made", "surveillance", "surveillance:type", "camera:type", "camera:direction", "direction", "camera:angle",
    "height", "operator:type",
)  # fmt: skip
"""What of a camera is read. No tag holds a field of view or a range; ``camera:angle`` is the tilt."""

ID_COLUMNS = ("@id", "osm_id", "id")
"""Where exports of OpenStreetMap's data have the number of a node; of overpass turbo, of GDAL, of others."""

_KINDS = {"fixed": "fixed", "static": "fixed", "dome": "dome", "panning": "ptz", "ptz": "ptz", "panoramic": "panoramic"}
_OTHERS = ("ALPR", "ANPR", "guard", "gunshot_detector", "outdoor", "indoor", "webcam")
_LENGTH = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*(M|METER|METERS|METRE|METRES|米)?")
_FEET = re.compile(r"(?:([0-9]+(?:\.[0-9]+)?)\s*(?:FT|FEET|'|′))?\s*(?:([0-9]+(?:\.[0-9]+)?)\s*(?:IN|\"|″))?")
_FOOT_M, _INCH_M = 0.3048, 0.0254


def metres(text: str) -> float | None:
    """Read a length: ``12``, ``12.5 m``, ``12,5``, ``40'`` or ``5'6"``; None when it is none."""
    plain = text.strip().upper()
    if found := _LENGTH.fullmatch(plain):
        return float(found[1].replace(",", "."))
    if plain and (found := _FEET.fullmatch(plain)):
        return float(found[1] or 0) * _FOOT_M + float(found[2] or 0) * _INCH_M
    return None


def translate(rows: Rows, camera_id: str) -> Translation:
    """Give nodes of OpenStreetMap as cameras; other equipment, what is indoors and what is no camera is left out.

    Parameters
    ----------
    rows
        A column a tag, as far as there are.
    camera_id
        The column of the identifiers; a number alone becomes ``node/…``.
    """
    ids = rows.texts(camera_id)
    directions = zip(rows.texts("camera:direction"), rows.texts("direction"), strict=True)
    return Translation(
        cells={
            "camera_id": np.array([f"node/{one}" if one and one.isdigit() else one for one in ids], dtype=object),
            "kind": mapped(rows.texts("camera:type"), _KINDS),
            "height_m": np.array([_as_metres(cell) for cell in rows.texts("height")], dtype=object),
            "azimuth_deg": np.array([camera or other for camera, other in directions], dtype=object),
            "tilt_deg": np.array([cell and cell.rstrip("° ") for cell in rows.texts("camera:angle")], dtype=object),
            "owner": rows.texts("operator:type"),
        },
        names={
            "camera_id": camera_id, "kind": "camera:type", "height_m": "height", "azimuth_deg": "camera:direction",
            "tilt_deg": "camera:angle", "owner": "operator:type",
        },
        left_out=_left_out(rows),
    )  # fmt: skip


def _as_metres(cell: str | None) -> str | None:
    length = None if cell is None else metres(cell)
    return cell if length is None else repr(length)


def _left_out(rows: Rows) -> dict[str, npt.NDArray[np.bool_]]:
    n = len(rows.frame)
    found: dict[str, npt.NDArray[np.bool_]] = {}
    if "man_made" in rows.frame:
        found[t("not man_made=surveillance", "非 man_made=surveillance")] = rows.texts("man_made") != "surveillance"
    found["surveillance=indoor"] = rows.texts("surveillance") == "indoor"
    for position, what in enumerate(rows.texts("surveillance:type")):
        if what is not None and "camera" not in re.split(r"\s*;\s*", what.lower()):
            key = f"surveillance:type={what if what in _OTHERS else '…'}"
            found.setdefault(key, np.zeros(n, dtype=bool))[position] = True
    return found
