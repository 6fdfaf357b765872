"""What is said about coverage, in words."""

import re

import geopandas as gpd
import pytest

from spatialgov.coverage import views_of
from spatialgov.language import using_language
from spatialgov.projection import WGS84
from spatialgov.workspace.coverage_results import assumption_text


def test_all_that_is_assumed_of_cameras_is_said_in_words() -> None:
    kinds = ["fixed", "dome", "ptz", "panoramic", "", "fixed"]
    cameras = gpd.GeoDataFrame(
        {
            "camera_id": [f"c{i}" for i in range(len(kinds))],
            "kind": kinds,
            "status": "",
            "azimuth_deg": [None, None, None, None, None, 90.0],
            "azimuth_error_deg": [0.0] * 5 + [22.5],
        },
        geometry=gpd.points_from_xy([118.3] * 6, [35.1] * 6),
        crs=WGS84,
    ).astype({"azimuth_deg": float})
    assumed = views_of(cameras, needed="observe").assumptions
    columns = {re.split(r"\W", what)[0] for what in assumed}
    assert columns == {"kind", "status", "height_m", "fov_deg", "range_m", "tilt_deg", "azimuth_deg"}
    with using_language("zh"):
        said = [assumption_text(what) for what in assumed]
    assert [text for text in said if re.search(r"[a-z_]{2,}", text)] == []
    assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("range_m = 50 [20–100] (fixed)", "range = 50 [20–100] m (fixed)"),
        ("range_m × 0.4 (observe)", "range × 0.4 (observe)"),
        ("kind = fixed", "kind = fixed"),
        ("azimuth_deg: unknown, nothing is certain", "direction: unknown, nothing is certain"),
    ],
)
def test_an_assumption_keeps_its_figures(what: str, said: str) -> None:
    with using_language("en"):
        assert assumption_text(what) == said
