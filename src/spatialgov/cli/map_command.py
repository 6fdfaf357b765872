"""``spatialgov map plan|heatmap|coverage|recommendations``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import data_dir_option, examples, note, open_workspace, period, period_options
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov_maps.base import Map


@click.command(
    "map",
    help=t(
        "Write a map of the store as one HTML file that needs no network. WHAT is plan, heatmap, coverage or "
        "recommendations.",
        "将数据库内容输出为无需联网的单个 HTML 地图文件。WHAT 为 plan、heatmap、coverage 或 recommendations。",
    ),
    epilog=examples("spatialgov map plan -o plan.html", "spatialgov --lang zh map heatmap --category 0101"),
)
@click.argument("what", type=click.Choice(["plan", "heatmap", "coverage", "recommendations"]), metavar="WHAT")
@click.option(
    "-o", "--output", type=OutputFile(".html"),
    help=t("File to write (.html); named after the map by default.", "输出文件（.html）；默认以地图名称命名。"),
)  # fmt: skip
@click.option(
    "--plan", "plan_id", type=int, help=t("A stored plan; the one in force by default.", "方案编号；默认为现行方案。")
)
@click.option("--resolution", type=int, default=10, show_default=True, help=t("H3 resolution.", "H3 分辨率。"))
@period_options
@data_dir_option
def command(
    what: str, output: Path | None, plan_id: int | None, resolution: int, since: str | None, until: str | None,
    categories: tuple[str, ...], data_dir: Path,
) -> None:  # fmt: skip
    """Draw and write."""
    from spatialgov_maps.base import save_html
    from spatialgov_maps.workspace_maps import (
        map_of_coverage,
        map_of_incidents,
        map_of_plan,
        map_of_recommendations,
    )

    file = output or Path(f"{what}.html")
    with open_workspace(data_dir) as workspace:
        draw: dict[str, Callable[[], Map]] = {
            "plan": lambda: map_of_plan(workspace, plan_id),
            "heatmap": lambda: map_of_incidents(workspace, period(since, until, categories), resolution),
            "coverage": lambda: map_of_coverage(workspace),
            "recommendations": lambda: map_of_recommendations(workspace),
        }
        save_html(draw[what](), file)
    note(t("Written: {files}. Open it in any browser.", "已写出：{files}。可用任意浏览器打开。", files=file))
