"""``spatialgov coverage``."""

from pathlib import Path

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._outputs import OutputFile
from spatialgov.cli._shared import data_dir_option, examples, json_option, note, open_workspace, print_json, print_table
from spatialgov.language import t


@click.command(
    "coverage",
    help=t(
        "Compute what the cameras see among the buildings, and the uncovered ground of each grid.",
        "计算摄像机在建筑物之间的可见范围，以及每个网格的盲区。",
    ),
    epilog=examples("spatialgov coverage", "spatialgov coverage -o gaps.gpkg"),
)
@click.option(
    "-o", "--output", type=OutputFile(".gpkg"),
    help=t("Write the gaps and the visible ground too (.gpkg).", "同时输出盲区与可见范围（.gpkg）。"),
)  # fmt: skip
@data_dir_option
@json_option
def command(output: Path | None, data_dir: Path, as_json: bool) -> None:
    """Compute, list, write."""
    from spatialgov.vector_io import write_vector

    announce_compilation("coverage")
    with open_workspace(data_dir) as workspace:
        result = workspace.analysis.coverage()
    table = result.grids.drop(columns="geometry").sort_values("uncovered_m2", ascending=False)
    if output is not None:
        write_vector({"gaps": result.grids, "visible": result.visible, "sectors": result.sectors}, output)
        note(t("Written: {files}", "已写出：{files}", files=output))
    if as_json:
        # a grid without open ground has no share: null, for JSON knows no NaN
        print_json({"grids": table.astype(object).where(table.notna(), None).to_dict("records")})
        return
    print_table(
        (t("grid", "网格"), t("ground m²", "地面（平方米）"), t("seen m²", "可见（平方米）"), t("seen", "可见率")),
        [
            (row.code, f"{row.ground_m2:,.0f}", f"{row.seen_m2:,.0f}", f"{row.seen_share:.1%}")
            for row in table.itertuples()
        ],
    )
    note(
        t(
            "{share:.1%} of the ground is seen by {n} cameras. Next: spatialgov map coverage",
            "{n} 台摄像机共覆盖 {share:.1%} 的地面。下一步：spatialgov map coverage",
            share=table["seen_m2"].sum() / max(table["ground_m2"].sum(), 1e-9),
            n=len(result.visible),
        )
    )
