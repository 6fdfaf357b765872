"""The limits that the documentation states are the ones that hold."""

from pathlib import Path

from spatialgov.vector_io import limits, well_known
from spatialgov_api import Settings, middleware
from spatialgov_api.schemas import MOST_POINTS


def test_the_documented_limits_hold(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    for sentence in (
        f"{limits.MOST_TEXT_BYTES >> 30} GiB; GeoJSON {limits.MOST_TEXT_VERTICES:,} vertices in all",
        f"{limits.MOST_UNPACKED_BYTES >> 30} GiB; an archive of more than 100 MiB at most {limits.MOST_PACK_RATIO}",
        f"{limits.MOST_ROWS:,}; {limits.MOST_COLUMNS:,}; {limits.MOST_CELLS:,}",
        f"{limits.MOST_VERTICES:,} vertices, {limits.MOST_RINGS:,} rings, {well_known.MOST_LEVELS} levels",
        f"A body of {middleware.MOST_BYTES >> 20} MiB, uncompressed, within {middleware.MOST_SECONDS_TO_SEND} seconds",
        f"{MOST_POINTS:,} locations or moves; an answer within {Settings(data_dir=tmp_path).most_seconds:.0f} seconds",
    ):
        assert sentence in page
