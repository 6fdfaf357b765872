"""``spatialgov serve``."""

from pathlib import Path

import click

from spatialgov.cli._shared import data_dir_option, examples, note
from spatialgov.language import t


@click.command(
    "serve",
    help=t("Serve the pages and the API of a store.", "启动数据库的网页与接口服务。"),
    epilog=examples("spatialgov serve", "spatialgov serve --port 9000 --data-dir my-town"),
)
@click.option("--host", default="127.0.0.1", show_default=True, help=t("Address to listen on.", "监听地址。"))
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help=t("Port.", "端口。"))
@data_dir_option
def command(host: str, port: int, data_dir: Path) -> None:
    """Open the store and serve until it is stopped."""
    from spatialgov.workspace import Workspace

    Workspace.open(data_dir, create=False).close()
    run_server(host, port, data_dir)


def run_server(host: str, port: int, data_dir: Path) -> None:
    """Serve a store; gives back when the server is stopped."""
    import uvicorn

    from spatialgov_api import Settings, create_app

    note(
        t(
            "Serving http://{host}:{port}/ — stop with Ctrl+C.",
            "服务地址 http://{host}:{port}/ ，按 Ctrl+C 停止。",
            host=host,
            port=port,
        )
    )
    uvicorn.run(create_app(Settings(data_dir=data_dir)), host=host, port=port, log_level="warning")
