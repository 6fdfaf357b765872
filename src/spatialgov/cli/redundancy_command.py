"""``spatialgov redundancy``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._coverage import (
    layers_output,
    level_option,
    note_basis,
    question_of,
    question_options,
    share,
    top_option,
    weight_option,
    write_layers,
)
from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    json_option,
    note,
    open_workspace,
    print_json,
    print_table,
    table_rows,
)
from spatialgov.language import t

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


@click.command(
    "redundancy",
    help=t(
        "Count the posts that see the same for certain, and list what goes dark when one of them fails. The cameras of "
        "one post fail together: they count once.",
        "统计同一处被多少个点位确定覆盖，并列出某一点位故障时会失去的覆盖。同一立杆上的摄像机同时失效，只计一次。",
    ),
    epilog=examples(
        "spatialgov redundancy",
        "spatialgov redundancy --by community --top 10 -o redundancy.gpkg",
    ),
)
@level_option
@weight_option
@top_option
@layers_output
@question_options
@data_dir_option
@json_option
def command(
    level: str | None, weights: dict[str, float] | None, top: int, output: Path | None, data_dir: Path, as_json: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Count, list, write."""
    from spatialgov.workspace.plain import plain, rows

    question = question_of(options)
    announce_compilation("coverage/sight")
    with open_workspace(data_dir) as workspace:
        coverage = workspace.coverage_analysis
        found = coverage.redundancy(question, level=level or "all", weights=weights)
        about = coverage.about(question)
        write_layers({"ground": found.layers, "posts": found.posts, "shares": found.shares}, output)
    if as_json:
        print_json({**plain(about), "shares": rows(found.shares), "posts": rows(found.posts.head(top))})
        return
    _print_shares(found.shares)
    click.echo()
    _print_posts(found.posts.head(top))
    note_basis(about)
    note(
        t(
            "{n} posts; the table names those whose failure costs most. Next: spatialgov gaps, spatialgov sites",
            "共 {n} 个点位；表中为故障损失最大者。下一步：spatialgov gaps、spatialgov sites",
            n=len(found.posts),
        )
    )


def _print_shares(table: "pd.DataFrame") -> None:
    from spatialgov.workspace.coverage_results import should_name

    held = table[table["should_be_seen"] > 0]
    print_table(
        (
            t("area", "区域"),
            t("what", "对象"),
            t("from 1 post", "至少 1 个点位"),
            t("2 or more", "至少 2 个"),
            t("3 or more", "至少 3 个"),
        ),
        [
            (row.code or t("all", "全部"), should_name(row.kind), *map(share, (row.share_1, row.share_2, row.share_3)))
            for row in table_rows(held)
        ],
    )


def _print_posts(posts: "gpd.GeoDataFrame") -> None:
    print_table(
        (
            t("cameras of the post", "点位上的摄像机"),
            t("goes dark ‰", "失去‰"),
            t("ground m²", "地面（平方米）"),
            t("of all it sees", "占其所见"),
            t("road m", "道路（米）"),
            t("places", "部位"),
            t("incidents", "事件"),
        ),
        [
            (
                row.camera_ids,
                f"{row.weight:.2f}",
                f"{row.size_m2:,.0f}",
                share(row.size_m2 / row.seen_m2 if row.seen_m2 > 0 else float("nan")),
                f"{row.size_m:,.0f}",
                f"{row.places:.3g}",
                f"{row.incidents:,.0f}",
            )
            for row in table_rows(posts)
        ],
    )
