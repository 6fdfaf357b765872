"""``spatialgov serve``."""

import socket
from pathlib import Path

import click

from spatialgov.cli._shared import data_dir_option, examples, note
from spatialgov.errors import ConflictError
from spatialgov.language import t

__all__ = ["command", "listening_socket", "run_server"]


@click.command(
    "serve",
    help=t("Serve the pages and the API of a store.", "启动数据库的网页与接口服务。"),
    epilog=examples("spatialgov serve", "spatialgov serve --port 9000 --data-dir my-town"),
)
@click.option("--host", default="127.0.0.1", show_default=True, help=t("Address to listen on.", "监听地址。"))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
    help=t("Port; 0 for any that is free.", "端口；0 表示任一空闲端口。"),
)  # fmt: skip
@data_dir_option
def command(host: str, port: int, data_dir: Path) -> None:
    """Open the store and serve until it is stopped."""
    from spatialgov.workspace import Workspace

    Workspace.open(data_dir, create=False).close()
    run_server(listening_socket(host, port), data_dir)


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


def run_server(taken: socket.socket, data_dir: Path) -> None:
    """Serve a store on a port that was taken; gives back when the server is stopped."""
    import uvicorn

    from spatialgov_api import Settings, create_app

    server = uvicorn.Server(uvicorn.Config(create_app(Settings(data_dir=data_dir)), log_level="warning"))
    host, port = taken.getsockname()[:2]
    note(
        t(
            "Serving http://{host}:{port}/ — stop with Ctrl+C.",
            "服务地址 http://{host}:{port}/ ，按 Ctrl+C 停止。",
            host=f"[{host}]" if ":" in host else host,
            port=port,
        )
    )
    try:
        server.run(sockets=[taken])
    except KeyboardInterrupt:  # uvicorn has closed everything and passes the signal on
        note(t("Stopped.", "已停止。"))
