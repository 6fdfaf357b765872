"""``spatialgov demo``."""

import time
from pathlib import Path

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._shared import data_dir_option, database_url, examples, note, open_workspace
from spatialgov.cli.serve_command import listening_socket, refuse_open_address, run_server
from spatialgov.language import t


@click.command(
    "demo",
    help=t(
        "Load the sample city, publish today's grids, partition anew, publish, analyse, and serve the result. "
        "A second start finds the work done and serves at once.",
        "载入样例城市，发布现有网格，重新划分并发布，完成分析后启动服务。再次启动时直接提供已有结果。",
    ),
    epilog=examples("spatialgov demo", "spatialgov demo --port 9000 --data-dir demo"),
)
@click.option("--host", default="127.0.0.1", show_default=True, help=t("Address to listen on.", "监听地址。"))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
    help=t("Port; 0 for any that is free.", "端口；0 表示任一空闲端口。"),
)  # fmt: skip
@click.option("--no-serve", is_flag=True, help=t("Stop before serving.", "完成后不启动服务。"))
@data_dir_option
def command(host: str, port: int, no_serve: bool, data_dir: Path) -> None:
    """Do the main job on the sample city, then serve."""
    from spatialgov.workspace.demo import run_demo

    taken = None if no_serve else listening_socket(host, port)
    announce_compilation(
        "partition/start", "partition/refine", "locate", "coverage/sight", "incidents", "incidents/cube"
    )
    start = time.perf_counter()
    with open_workspace(data_dir, create=True) as workspace:
        place = workspace.place
        if taken is not None:
            refuse_open_address(taken, closed=bool(workspace.store.accounts.all()))
        for line in run_demo(workspace):
            note(f"[{time.perf_counter() - start:5.1f} s] {line}")
    note(t("The store lies in {place}.", "数据库位于 {place}。", place=place))
    if taken is None:
        note(
            t(
                "Next: spatialgov serve --data-dir {folder}",
                "下一步：spatialgov serve --data-dir {folder}",
                folder=data_dir,
            )
        )
    else:
        run_server(taken, data_dir, database_url())
