"""A client on the service's own machine: without accounts the service answers no other."""

import warnings
from typing import Any

from fastapi import FastAPI

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette would rather have httpx's successor
    from fastapi.testclient import TestClient

__all__ = ["TestClient", "local_client"]


def local_client(app: FastAPI | Any, **options: Any) -> TestClient:
    """Give a client of an application; what it does not catch is answered with 500, as a server would."""
    client: TestClient = TestClient(
        app, "http://127.0.0.1", client=("127.0.0.1", 50000), **({"raise_server_exceptions": False} | options)
    )
    return client
