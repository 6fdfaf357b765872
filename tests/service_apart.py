"""The service in a process of its own: GDAL keeps Python's lock while it waits for an answer.

``python -m tests.service_apart FOLDER LOG`` serves, writes what it is asked to the log, and loads further incidents
before it answers with a page of them.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

__all__ = ["ServiceApart", "added_incidents", "service_apart"]

_START_S = 300


@dataclass(frozen=True, slots=True)
class ServiceApart:
    """Where it is served, and the log of what it was asked: path with query, a line each."""

    url: str
    log: Path

    def asked(self) -> list[str]:
        """Give what it was asked since the log was emptied."""
        return self.log.read_text(encoding="utf-8").splitlines()


@contextmanager
def service_apart(data_dir: Path, log: Path) -> Iterator[ServiceApart]:
    """Serve the store of a folder, as long as the block lasts."""
    port = log.with_suffix(".port")
    log.touch()
    command = [sys.executable, "-m", "tests.service_apart", str(data_dir), str(log)]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[1], env=dict(os.environ))
    try:
        begun = time.monotonic()
        while not port.exists():
            assert process.poll() is None, "the service did not start"
            assert time.monotonic() - begun < _START_S, "the service did not start in time"
            time.sleep(0.05)
        yield ServiceApart(f"http://127.0.0.1:{port.read_text()}", log)
    finally:
        process.terminate()
        process.wait(timeout=300)


def added_incidents(first: int, n: int) -> gpd.GeoDataFrame:
    """Give incidents that are known by their number."""
    columns = {
        "source_id": [f"w{first + i:06d}" for i in range(n)],
        "category": "0101",
        "occurred_at": pd.date_range("2026-07-01", periods=n, freq="min", tz="UTC"),
        "status": "open",
    }
    return gpd.GeoDataFrame(columns, geometry=[shapely.Point(118.301, 35.101)] * n, crs=4326)


def _serve(data_dir: Path, log: Path) -> None:
    import uvicorn
    from starlette.types import ASGIApp, Receive, Scope, Send

    from spatialgov.workspace import Workspace
    from spatialgov_api import Settings, create_app

    with Workspace.open(data_dir) as workspace, log.open("a", encoding="utf-8") as written:
        app: ASGIApp = create_app(Settings(data_dir=data_dir), workspace.store)
        number = 0

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal number
            if scope["type"] == "http":
                written.write(f"{scope['path']}?{scope['query_string'].decode()}\n")
                written.flush()
                if scope["path"].endswith("/incidents/items") and b"after=" in scope["query_string"] and number < 40:
                    workspace.store.upsert_incidents(added_incidents(100_000 + number, 4))
                    number += 4
            await app(scope, receive, send)

        with socket.create_server(("127.0.0.1", 0)) as listening:
            half = log.with_suffix(".half")
            half.write_text(str(listening.getsockname()[1]), encoding="ascii")
            half.rename(log.with_suffix(".port"))  # from now on connections wait until they are taken
            server = uvicorn.Server(uvicorn.Config(watched, log_level="warning"))
            server.run(sockets=[listening])


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), Path(sys.argv[2]))
