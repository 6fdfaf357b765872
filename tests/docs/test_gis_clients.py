"""What the page on GIS clients shows works as it stands there."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from spatialgov.workspace import Workspace
from spatialgov_api.ogc.parameters import PARAMETERS
from tests.docs.pages import ROOT, blocks
from tests.service_apart import service_apart

PAGE = "docs/gis-clients.md"


def test_the_examples_work(sample_workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, Any] = {}
    with service_apart(sample_workspace.data_dir, tmp_path / "log.txt") as service:
        for number, block in enumerate(blocks(PAGE, "python")):
            script = tmp_path / f"example_{number}.py"
            script.write_text(block.replace("http://127.0.0.1:8000", service.url), encoding="utf-8")
            found |= runpy.run_path(str(script))
    assert 0 < len(found["grids"]) < 120
    assert (found["grids"]["households"] > 400).all()
    assert len(found["near"])
    assert found["metres"].crs.to_epsg() == 3857
    assert found["page"]["features"]
    assert "hot_spots" in capsys.readouterr().out


def test_the_parameters_are_those_of_the_service() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    assert all(
        f"`{name}`" in text or f"`{name}=" in text
        for name in PARAMETERS
        if name not in ("after", "offset", "f", "lang")
    )
