"""``spatialgov closure``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._coverage import (
    layers_output,
    note_basis,
    question_of,
    question_options,
    shares,
    top_option,
    write_layers,
)
from spatialgov.cli._incidents import places
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
    from spatialgov.coverage import Closure


@click.command(
    "closure",
    help=t(
        "Tell which compounds are closed (all entrances covered) and which main roads are joined up (no break longer "
        "than a limit).",
        "围补连合：哪些小区、院落的出入口全部覆盖，哪些主要道路连续覆盖（断点不超过限值）。",
    ),
    epilog=examples("spatialgov closure", "spatialgov closure --longest-break 100 -o closure.gpkg"),
)
@click.option(
    "--longest-break", "longest_break_m", type=click.FloatRange(0), default=50.0, show_default=True, metavar="METRES",
    help=t("A road with a longer break is not joined up.", "断点长于此值的道路视为不连续。"),
)  # fmt: skip
@top_option
@layers_output
@question_options
@data_dir_option
@json_option
def command(
    longest_break_m: float, top: int, output: Path | None, data_dir: Path, as_json: bool, **options: Any
) -> None:
    """Tell, list, write."""
    from spatialgov.workspace.plain import plain, rows

    question = question_of(options)
    announce_compilation("coverage/sight")
    with open_workspace(data_dir) as workspace:
        coverage = workspace.coverage_analysis
        found = coverage.closure(question, longest_break_m=longest_break_m)
        about = coverage.about(question)
        layers = ("compounds", "entrances", "roads", "breaks")
        write_layers({**{name: getattr(found, name) for name in layers}, "summary": found.summary}, output)
    if as_json:
        open_ones = found.compounds[found.compounds["state"] != "closed"]
        listed = {
            "summary": rows(found.summary),
            "compounds": rows(open_ones.head(top)),
            "breaks": rows(found.breaks.head(top)),
        }
        print_json({**plain(about), "longest_break_m": longest_break_m, **listed})
        return
    _print(found, top)
    note_basis(about)
    note(
        t(
            "Where no road is known to cross a perimeter its entrance is a guess. "
            "Next: spatialgov gaps --visits, spatialgov sites",
            "未见道路穿过边界处，出入口为推测。下一步：spatialgov gaps --visits、spatialgov sites",
        )
    )


def _print(found: "Closure", top: int) -> None:
    names = {"compound": t("compounds", "小区院落"), "road": t("main roads", "主要道路")}
    print_table(
        (
            t("what", "对象"),
            t("kind", "类型"),
            t("number", "数量"),
            t("closed", "闭合"),
            t("uncertain", "不确定"),
            t("open", "未闭合"),
            t("unknown", "未知"),
            t("share", "闭合率"),
        ),
        [
            (
                names[row.what],
                row.kind or t("all", "全部"),
                row.number,
                row.closed,
                row.uncertain,
                row.open,
                row.unknown,
                shares(row.lower_share, row.upper_share),
            )
            for row in table_rows(found.summary)
        ],
    )
    breaks = found.breaks.head(top)
    click.echo()
    print_table(
        (
            t("road", "道路"),
            t("class", "等级"),
            t("longest breaks, m", "最长断点（米）"),
            t("place (lon, lat)", "位置（经度, 纬度）"),
        ),
        [
            (row.road, row.road_class, f"{row.length_m:,.0f}", place)
            for row, place in zip(
                breaks.rename(columns={"name": "road"}).itertuples(index=False), places(breaks), strict=True
            )
        ],
    )
