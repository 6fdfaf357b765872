"""A service in a thread of the tests, for a browser to look at."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app

__all__ = ["serving"]


@contextmanager
def serving(workspace: Workspace) -> Iterator[str]:
    """Serve a workspace on a port of its own; gives the address."""
    app = create_app(Settings(data_dir=workspace.data_dir, most_seconds=600), workspace.store)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    finally:  # a test that fails must not hang
        server.should_exit = True
        thread.join()
