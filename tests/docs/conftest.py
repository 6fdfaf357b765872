"""An empty folder in which a page's commands are run."""

import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give an empty folder that has the sample city and the environment where a checkout has them."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path
