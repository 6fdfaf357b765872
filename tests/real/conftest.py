"""Real data: census tracts, incidents, cameras. Kept beside the repository, never in it."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Give the folder of real data; without it the tests skip aloud, and in CI they fail."""
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("SPATIALGOV_TEST_DATA", default))
    if not folder.is_dir():
        message = f"no real data in {folder}: set SPATIALGOV_TEST_DATA"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder
