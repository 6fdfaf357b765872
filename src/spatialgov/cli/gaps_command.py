"""``spatialgov gaps``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._cluster import Apart, cluster_options
from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._coverage import (
    gap_filters,
    layers_output,
    note_basis,
    question_of,
    question_options,
    top_option,
    weight_option,
    write_layers,
)
from spatialgov.cli._incidents import number, places
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
    "gaps",
    help=t(
        "List what the cameras do not cover, the weightiest first: patches of ground and pieces of road, each with its "
        "size, its weight (thousandths of all that should be seen) and one reason. A gap is not covered for certain; "
        "what is uncertain depends on a figure that nobody has written down.",
        "按权重列出未覆盖之处：地块与路段，各有面积或长度、权重（占应覆盖总量的千分比）和原因。"
        "“盲区”确定未覆盖；“不确定”取决于缺失的参数。",
    ),
    epilog=examples(
        "spatialgov gaps",
        "spatialgov gaps --state gap --reason out_of_service --reason hidden -o gaps.gpkg",
        "spatialgov gaps --visits --top 10",
        "spatialgov gaps --survey",
        "spatialgov gaps --weight road=3 --weight incident=2 --weight ground=1",
        "spatialgov gaps --cluster tcp://10.0.0.5:8786",
    ),
)
@gap_filters
@click.option(
    "--visits", is_flag=True,
    help=t("Gathered into sites that a crew can visit.", "合并为便于现场处置的地点。"),
)  # fmt: skip
@click.option(
    "--survey", is_flag=True,
    help=t(
        "Instead: which missing figure of which camera would settle most of what is uncertain.",
        "改为列出：补齐哪台摄像机的哪项参数，最能消除不确定。",
    ),
)  # fmt: skip
@weight_option
@top_option
@layers_output
@cluster_options()
@question_options
@data_dir_option
@json_option
def command(
    states: tuple[str, ...], reasons: tuple[str, ...], visits: bool, survey: bool, weights: dict[str, float] | None,
    top: int, output: Path | None, data_dir: Path, as_json: bool, apart: Apart, **options: Any,
) -> None:  # fmt: skip
    """List the gaps, the sites to visit, or what a survey would settle."""
    from spatialgov.workspace.plain import plain, rows

    question = question_of(options)
    announce_compilation("coverage/sight")
    with open_workspace(data_dir) as workspace:
        coverage = workspace.coverage_analysis
        if apart.asked:
            with apart.hands(data_dir / "gaps", t("Gaps", "正在查找盲区"), as_json=as_json) as hands:
                coverage.gaps(question, weights=weights, hands=hands)
        about = coverage.about(question)
        found = coverage.gaps(question, weights=weights, states=states, reasons=reasons)
        sites = coverage.visits(question, found) if visits or output is not None else None
        figures = coverage.survey(question, weights=weights) if survey else None
        if sites is not None:
            write_layers({"gaps": found, "visits": sites}, output)
    if figures is not None:
        name, table = "figures", figures.head(top)
        matched = len(figures)
    else:
        frame: gpd.GeoDataFrame
        name, frame = ("visits", sites) if visits and sites is not None else ("gaps", found)
        inside = frame.head(top).geometry.representative_point()
        table = frame.head(top).assign(lon=inside.x, lat=inside.y)
        matched = len(frame)
    if as_json:
        print_json({**plain(about), "matched": matched, name: rows(table)})
        return
    prints: dict[str, Callable[[Any], None]] = {"figures": _print_figures, "visits": _print_visits, "gaps": _print_gaps}
    prints[name](table)
    note_basis(about)
    _note_gaps(found)
    note(
        t(
            "Next: spatialgov map gaps, spatialgov gaps --visits, spatialgov sites",
            "下一步：spatialgov map gaps、spatialgov gaps --visits、spatialgov sites",
        )
    )


def _print_gaps(frame: "gpd.GeoDataFrame") -> None:
    from spatialgov.workspace.coverage_results import reason_name, state_name

    print_table(
        (
            t("gap", "编号"),
            t("state", "状态"),
            t("size", "规模"),
            t("weight ‰", "权重‰"),
            t("reason", "原因"),
            t("camera, building", "摄像机、建筑物"),
            t("area", "区域"),
            t("place (lon, lat)", "位置（经度, 纬度）"),
        ),
        [
            (
                row.gap_id,
                state_name(row.state),
                f"{row.size_m:,.0f} m" if row.form == "road" else f"{row.size_m2:,.0f} m²",
                f"{row.weight:.2f}",
                reason_name(row.reason),
                ", ".join(name for name in (row.camera_id, row.building_id) if name),
                row.code,
                place,
            )
            for row, place in zip(table_rows(frame), places(frame), strict=True)
        ],
    )


def _print_visits(frame: "gpd.GeoDataFrame") -> None:
    from spatialgov.workspace.coverage_results import reason_name

    print_table(
        (
            t("site", "地点"),
            t("gaps", "盲区数"),
            t("weight ‰", "权重‰"),
            t("reasons", "原因"),
            t("cameras", "摄像机"),
            t("road", "道路"),
            t("place (lon, lat)", "位置（经度, 纬度）"),
        ),
        [
            (
                row.site_id,
                row.gaps,
                f"{row.weight:.2f}",
                t(", ", "、").join(map(reason_name, row.reasons.split(", "))),
                row.camera_ids,
                row.road_name or row.road_id,
                place,
            )
            for row, place in zip(table_rows(frame), places(frame), strict=True)
        ],
    )


def _print_figures(table: "pd.DataFrame") -> None:
    from spatialgov.workspace.coverage_results import column_name

    print_table(
        (
            t("camera", "摄像机"),
            t("not known", "缺少"),
            t("settles ‰", "可消除‰"),
            t("of that covered ‰", "其中为覆盖‰"),
            t("ground m²", "地面（平方米）"),
            t("road m", "道路（米）"),
        ),
        [
            (
                row.camera_id,
                column_name(row.attribute),
                number(row.weight),
                number(row.covered),
                number(row.size_m2, ",.0f"),
                number(row.size_m, ",.0f"),
            )
            for row in table_rows(table)
        ],
    )


def _note_gaps(found: "gpd.GeoDataFrame") -> None:
    from spatialgov.workspace.coverage_results import reason_name

    by_reason = found.groupby("reason")["weight"].sum().sort_values(ascending=False)
    parts = [f"{reason_name(str(reason))} {weight:.0f} ‰" for reason, weight in by_reason.items()]
    note(
        t(
            "{n} gaps, {weight:.0f} ‰ of all that should be seen: {parts}.",
            "共 {n} 处，占应覆盖总量的 {weight:.0f} ‰：{parts}。",
            n=len(found),
            weight=found["weight"].sum(),
            parts=t(", ", "、").join(parts),
        )
    )
