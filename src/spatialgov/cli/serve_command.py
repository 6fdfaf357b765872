"""``spatialgov serve``."""

import gc
import os
import resource
import socket
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from spatialgov.acts import acting
from spatialgov.cli._shared import data_dir_option, database_url, examples, note, open_workspace
from spatialgov.errors import ConflictError, ForbiddenError
from spatialgov.language import t

__all__ = ["command", "listening_socket", "refuse_open_address", "run_server"]

_OPEN_FILES = 16_384
_STOP_S = 30
"""So long the requests that were begun may take when the server is told to stop."""


@click.command(
    "serve",
    help=t("Serve the pages and the API of a store.", "启动数据库的网页与接口服务。"),
    epilog=examples(
        "spatialgov serve",
        "spatialgov serve --port 9000 --data-dir my-town --workers 4",
        "spatialgov serve --nation /srv/nation",
    ),
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
@click.option(
    "--access-log", is_flag=True, help=t("Log every request, as a line of JSON.", "记录每个请求（JSON 行）。")
)
@click.option(
    "--nation",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="SPATIALGOV_NATION_DIR",
    help=t(
        "Folder of a national table that is answered from too, under /api/v1/nation.",
        "同时提供查询的全国表目录，接口位于 /api/v1/nation。",
    ),
)
@data_dir_option
def command(host: str, port: int, workers: int, access_log: bool, nation: Path | None, data_dir: Path) -> None:
    """Open the store and serve until it is stopped."""
    with open_workspace(data_dir) as workspace:
        taken = listening_socket(host, port)
        refuse_open_address(taken, closed=bool(workspace.store.accounts.all()))
    run_server(taken, data_dir, database_url(), workers=workers, access_log=access_log, nation=nation)


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


def refuse_open_address(taken: socket.socket, *, closed: bool) -> None:
    """Refuse to be open to other machines.

    Parameters
    ----------
    taken
        From `listening_socket`; it is closed when it is refused.
    closed
        Whether there are accounts.

    Raises
    ------
    ForbiddenError
        When there are none and other machines can reach the address.
    """
    from spatialgov_api.access import is_loopback

    host = str(taken.getsockname()[0])
    if closed or is_loopback(host):
        return
    taken.close()
    raise ForbiddenError(
        t(
            "There are no accounts, so everybody who reaches {host} could read and change everything.",
            "尚无账户，任何能访问 {host} 的人都可读取和更改全部内容。",
            host=host,
        ),
        remedy=t(
            "Make an account first: spatialgov account add NAME --role admin --jurisdiction '*'. Or serve 127.0.0.1.",
            "请先建立账户：spatialgov account add 名称 --role admin --jurisdiction '*'；或仅监听 127.0.0.1。",
        ),
    )


def run_server(
    taken: socket.socket,
    data_dir: Path,
    url: str | None,
    *,
    workers: int = 1,
    access_log: bool = False,
    nation: Path | None = None,
) -> None:
    """Serve a store on a port that was taken, by one process or several; gives back when the server is stopped.

    A server that is told to stop (SIGTERM, Ctrl+C) takes no more requests, finishes those that it has begun, and lets
    a job that runs wait for the next server.
    """
    import uvicorn
    from uvicorn.supervisors.multiprocess import Multiprocess

    from spatialgov.logs import log_config
    from spatialgov_api import LookupProtocol, Settings, create_app

    if nation is not None:
        _allow_many_files()
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
        options: dict[str, Any] = {
            "http": LookupProtocol,
            "log_config": log_config(access=access_log),
            "log_level": "warning",
            "access_log": False,  # uvicorn's own
            "timeout_graceful_shutdown": _STOP_S,
            "timeout_worker_healthcheck": _STOP_S,  # a worker that loads on a busy machine does not answer at once
        }
        if workers == 1:
            app = create_app(Settings(data_dir=data_dir, database_url=url, nation_dir=nation))
            gc.freeze()  # all of it stays: to look through it for garbage holds up everybody for a fifth of a second
            with acting(None):  # each request is an act of its own
                uvicorn.Server(uvicorn.Config(app, **options)).run(sockets=[taken])
        else:
            with TemporaryDirectory(prefix="spatialgov-metrics-") as shared:
                os.environ["SPATIALGOV_DATA_DIR"] = str(data_dir)  # where each process reads its settings
                if url is not None:
                    os.environ["SPATIALGOV_DATABASE_URL"] = url
                if nation is not None:
                    os.environ["SPATIALGOV_NATION_DIR"] = str(nation)
                os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
                # glibc keeps a heap a thread, up to eight a core: within half an hour a worker grew by a third.
                os.environ.setdefault("MALLOC_ARENA_MAX", "2")
                config = uvicorn.Config("spatialgov_api:create_app", factory=True, workers=workers, **options)
                Multiprocess(config, sockets=[taken]).run()
    except KeyboardInterrupt:
        pass  # uvicorn has closed everything and passes the signal on
    note(t("Stopped.", "已停止。"))


def _allow_many_files() -> None:
    """Raise the limit of open files: a mapped file counts as one, and a nation shared out by district has 2,978."""
    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if most == resource.RLIM_INFINITY else min(_OPEN_FILES, most)
    if limit != resource.RLIM_INFINITY and limit < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
