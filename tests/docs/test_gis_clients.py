"""What the page on GIS clients shows works as it stands there."""

import runpy
import threading
import time
from pathlib import Path

import pytest
import uvicorn

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from spatialgov_api.ogc.parameters import PARAMETERS
from tests.docs.pages import ROOT, blocks

PAGE = "docs/gis-clients.md"


def test_the_examples_work(sample_workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = create_app(Settings(data_dir=sample_workspace.data_dir), sample_workspace.store)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        time.sleep(0.02)
    address = f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        found = {}
        for number, block in enumerate(blocks(PAGE, "python")):
            script = tmp_path / f"example_{number}.py"
            script.write_text(block.replace("127.0.0.1:8000", address), encoding="utf-8")
            found |= runpy.run_path(str(script))
    finally:
        server.should_exit = True
        thread.join()
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
