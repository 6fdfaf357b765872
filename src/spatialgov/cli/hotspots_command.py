"""``spatialgov hotspots``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spatialgov.cli._cluster import Apart, cluster_options
from spatialgov.cli._incidents import (
    against_option,
    alpha_option,
    analysed,
    announce_loops,
    archive_options,
    interval,
    number,
    places,
    places_output,
    resolution_option,
    write_result,
)
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

if TYPE_CHECKING:
    from spatialgov.incidents import Against, Method
    from spatialgov.places import Place


@click.command(
    "hotspots",
    help=t(
        "List where incidents gather more than chance explains, with the relative risk and its 95 % interval. Each "
        "method answers another question: gi_star (Getis-Ord Gi* on H3 cells, exact tails, false discovery rate) finds "
        "neighbourhoods, excess single cells, scan circles, irregular_scan zones of any shape.",
        "列出事件聚集程度超出偶然的地点，并给出相对风险及其 95% 区间。各方法回答的问题不同：gi_star"
        "（H3 单元上的 Getis-Ord Gi*，精确尾概率，控制错误发现率）找邻域，excess 找单个单元，scan 找圆形区域，"
        "irregular_scan 找任意形状的区域。",
    ),
    epilog=examples(
        "spatialgov hotspots",
        "spatialgov hotspots --category 0101 --since 2026-05-01T00:00+08:00 --json",
        "spatialgov hotspots --method excess --against households -o spots.gpkg",
        "spatialgov hotspots --incidents 2025.parquet --incidents 2026.parquet --datum wgs84 "
        "--cluster tcp://10.0.0.5:8786",
        "spatialgov hotspots --incidents s3://bucket/2026.parquet --datum wgs84 --parts s3://bucket/work "
        "--cluster tcp://10.0.0.5:8786",
    ),
)
@resolution_option(10)
@alpha_option
@click.option(
    "--method", type=click.Choice(["gi_star", "excess", "scan", "irregular_scan"]), default="gi_star",
    show_default=True, help=t("How they are found.", "查找方法。"),
)  # fmt: skip
@against_option
@archive_options
@cluster_options()
@places_output
@period_options
@data_dir_option
@json_option
def command(
    resolution: int, alpha: float, method: "Method", against: "Against", output: Path | None, since: str | None,
    until: str | None, categories: tuple[str, ...], data_dir: Path, as_json: bool, archive: "tuple[Place, ...]",
    datum: str | None, zone: str, apart: Apart,
) -> None:  # fmt: skip
    """List the hot spots."""
    from spatialgov.workspace.incident_results import about_hot_spots

    announce_loops()
    with (
        open_workspace(data_dir) as workspace,
        analysed(workspace, archive, datum, zone, apart, "hotspots", as_json=as_json) as (source, hands),
    ):
        found = source.analysis.hot_spots(
            resolution, period(since, until, categories), alpha=alpha, method=method, against=against, hands=hands
        )
    spots, about = found.spots, about_hot_spots(found)
    write_result(spots, output)
    if as_json:
        from spatialgov.workspace.plain import rows

        inside = spots.geometry.representative_point()
        print_json({**about, "hot_spots": rows(spots.assign(lon=inside.x, lat=inside.y))})
        return
    print_table(
        (
            t("rank", "序号"),
            t("incidents", "事件数"),
            t("expected", "期望数"),
            t("relative risk", "相对风险"),
            t("95 % interval", "95% 区间"),
            t("per km²", "每平方公里"),
            t("per 1,000 households", "每千户"),
            t("lowest p", "最小 p 值"),
            t("place (lon, lat)", "位置（经度, 纬度）"),
        ),
        [
            (
                spot.rank,
                spot.n_incidents,
                f"{spot.expected:.1f}",
                number(spot.relative_risk),
                interval(spot.risk_low, spot.risk_high),
                f"{spot.incidents_per_km2:,.0f}",
                number(spot.per_1000_households, ",.0f"),
                f"{spot.lowest_p:.2g}",
                place,
            )
            for spot, place in zip(spots.itertuples(), places(spots), strict=True)
        ],
    )
    note(about["question"])
    note(
        t(
            "{n} hot spots. Next: spatialgov review, spatialgov map heatmap",
            "共 {n} 处热点。下一步：spatialgov review、spatialgov map heatmap",
            n=len(spots),
        )
    )
