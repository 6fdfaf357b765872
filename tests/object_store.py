"""An S3 server in this process, which counts what it is asked and can be told to refuse."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

__all__ = ["BUCKET", "Asked", "ObjectStore", "object_store"]

BUCKET = "bucket"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its method, the path after the bucket, and the bytes of the answer."""

    method: str
    path: str
    n_bytes: int


@dataclass
class ObjectStore:
    """The server.

    Attributes
    ----------
    url
        Of the endpoint.
    asked
        The requests so far.
    refuse
        Which requests, by method and path, are answered with 403.
    """

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    refuse: Callable[[str, str], bool] = field(default=lambda _method, _path: False)

    def names(self, prefix: str = "") -> list[str]:
        """List what there is."""
        found = self.system().find(f"{BUCKET}/{prefix}")
        return sorted(name.removeprefix(f"{BUCKET}/") for name in found)

    def read(self, name: str) -> bytes:
        return bytes(self.system().cat_file(f"{BUCKET}/{name}"))

    def write(self, name: str, content: bytes) -> str:
        self.system().pipe_file(f"{BUCKET}/{name}", content)
        return f"s3://{BUCKET}/{name}"

    def empty(self) -> None:
        self.refuse = lambda _method, _path: False
        for name in self.names():
            self.system().rm_file(f"{BUCKET}/{name}")
        self.asked.clear()

    def system(self) -> Any:
        import s3fs

        return s3fs.S3FileSystem(use_listings_cache=False)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """Serve one bucket, and name the server in the environment."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    store = ObjectStore()
    backend = DomainDispatcherApplication(create_backend_app)

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(f"/{BUCKET}").lstrip("/")
        if store.refuse(method, path):
            start_response("403 Forbidden", [("Content-Length", "0")])
            return [b""]

        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            n_bytes = int(dict(headers).get("Content-Length", 0)) if method == "GET" else 0
            store.asked.append(Asked(method, path, n_bytes))
            return start_response(status, headers, *more)

        return backend(environ, started)

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    store.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": store.url,
            "AWS_MAX_ATTEMPTS": "1",
        }.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        store.system().mkdir(BUCKET)
        try:
            yield store
        finally:
            store.system().clear_instance_cache()
            server.shutdown()
            server.server_close()
            serving.join()
