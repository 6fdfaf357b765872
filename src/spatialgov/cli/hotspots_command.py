"""``spatialgov hotspots``."""

from pathlib import Path

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    json_option,
    note,
    open_workspace,
    period,
    period_options,
    print_json,
    print_table,
)
from spatialgov.language import t


@click.command(
    "hotspots",
    help=t(
        "List where incidents gather more than chance explains (Getis-Ord Gi* on H3 cells, exact tails, false "
        "discovery rate).",
        "列出事件聚集程度超出偶然的地点（H3 单元上的 Getis-Ord Gi*，精确尾概率，控制错误发现率）。",
    ),
    epilog=examples("spatialgov hotspots", "spatialgov hotspots --category 0101 --since 2026-05-01T00:00+08:00 --json"),
)
@click.option("--resolution", type=int, default=10, show_default=True, help=t("H3 resolution.", "H3 分辨率。"))
@click.option(
    "--alpha",
    type=float,
    default=0.05,
    show_default=True,
    help=t("Tolerated share of false cells.", "允许的误判比例。"),
)
@period_options
@data_dir_option
@json_option
def command(
    resolution: int, alpha: float, since: str | None, until: str | None, categories: tuple[str, ...],
    data_dir: Path, as_json: bool,
) -> None:  # fmt: skip
    """List the hot spots."""
    announce_compilation("incidents", "incidents/cube")
    with open_workspace(data_dir) as workspace:
        found = workspace.analysis.hot_spots(resolution, period(since, until, categories), alpha=alpha)
    spots = found.spots
    centres = spots.geometry.representative_point()
    places = [f"{lon:.5f}, {lat:.5f}" for lon, lat in zip(centres.x, centres.y, strict=True)]
    if as_json:
        table = spots.drop(columns="geometry").assign(lon=centres.x, lat=centres.y)
        print_json({"resolution": resolution, "alpha": alpha, "hot_spots": table.to_dict("records")})
        return
    print_table(
        (
            t("rank", "序号"),
            t("incidents", "事件数"),
            t("expected", "期望数"),
            t("per km²", "每平方公里"),
            t("lowest p", "最小 p 值"),
            t("place (lon, lat)", "位置（经度, 纬度）"),
        ),
        [
            (
                spot.rank,
                spot.n_incidents,
                f"{spot.expected:.1f}",
                f"{spot.incidents_per_km2:,.0f}",
                f"{spot.lowest_p:.2g}",
                place,
            )
            for spot, place in zip(spots.itertuples(), places, strict=True)
        ],
    )
    note(
        t("{n} hot spots. Next: spatialgov map heatmap", "共 {n} 处热点。下一步：spatialgov map heatmap", n=len(spots))
    )
