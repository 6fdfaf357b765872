"""``spatialgov serve``."""

import os
import socket
from pathlib import Path
from typing import Any

import click

from spatialgov.cli._shared import data_dir_option, examples, note
from spatialgov.errors import ConflictError
from spatialgov.language import t

__all__ = ["command", "listening_socket", "run_server"]


@click.command(
    "serve",
    help=t("Serve the pages and the API of a store.", "启动数据库的网页与接口服务。"),
    epilog=examples("spatialgov serve", "spatialgov serve --port 9000 --data-dir my-town --workers 4"),
)
@click.option("--host", default="127.0.0.1", show_default=True, help=t("Address to listen on.", "监听地址。"))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
    help=t("Port; 0 for any that is free.", "端口；0 表示任一空闲端口。"),
)  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(1, 256), default=1, show_default=True,
    help=t("Processes that answer; they share the locator files.", "服务进程数；各进程共享定位索引文件。"),
)  # fmt: skip
@data_dir_option
def command(host: str, port: int, workers: int, data_dir: Path) -> None:
    """Open the store and serve until it is stopped."""
    from spatialgov.workspace import Workspace

    Workspace.open(data_dir, create=False).close()
    run_server(listening_socket(host, port), data_dir, workers=workers)


def listening_socket(host: str, port: int) -> socket.socket:
    """Take a port before any work begins.

    Raises
    ------
    ConflictError
        When something else listens there, or the address can't be had.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind)
        try:
            # a server that has just ended leaves its port in a state of waiting: that is no reason to refuse
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(address)
        except OSError:
            taken.close()
            raise
    except OSError as error:
        raise ConflictError(
            t(
                "{host}:{port} can't be served: {reason}.",
                "无法在 {host}:{port} 提供服务：{reason}。",
                host=host,
                port=port,
                reason=error.strerror,
            ),
            remedy=t(
                "Stop what listens there, or take another port: --port 0 finds a free one.",
                "请停止占用该端口的程序，或改用其他端口：--port 0 自动选择空闲端口。",
            ),
        ) from error
    return taken


def run_server(taken: socket.socket, data_dir: Path, *, workers: int = 1) -> None:
    """Serve a store on a port that was taken, by one process or several; gives back when the server is stopped."""
    import uvicorn
    from uvicorn.supervisors.multiprocess import Multiprocess

    from spatialgov_api import LookupProtocol, Settings, create_app

    host, port = taken.getsockname()[:2]
    note(
        t(
            "Serving http://{host}:{port}/ — stop with Ctrl+C.",
            "服务地址 http://{host}:{port}/ ，按 Ctrl+C 停止。",
            host=f"[{host}]" if ":" in host else host,
            port=port,
        )
    )
    options: dict[str, Any] = {"http": LookupProtocol, "log_level": "warning", "access_log": False}
    try:
        if workers == 1:
            app = create_app(Settings(data_dir=data_dir))
            uvicorn.Server(uvicorn.Config(app, **options)).run(sockets=[taken])
        else:
            os.environ["SPATIALGOV_DATA_DIR"] = str(data_dir)  # where each process reads its settings
            config = uvicorn.Config("spatialgov_api:create_app", factory=True, workers=workers, **options)
            Multiprocess(config, sockets=[taken]).run()
    except KeyboardInterrupt:
        pass  # uvicorn has closed everything and passes the signal on
    note(t("Stopped.", "已停止。"))
