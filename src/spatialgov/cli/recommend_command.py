"""``spatialgov recommend``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._outputs import InputFile
from spatialgov.cli._planning import workload_profile
from spatialgov.cli._shared import data_dir_option, examples, json_option, note, open_workspace, print_json, print_table
from spatialgov.language import t

if TYPE_CHECKING:
    import pandas as pd

    from spatialgov.workspace import AdviceResult, Question, Workspace


@click.command(
    "recommend",
    help=t(
        "Say which grids to split, merge, change, dedicate or staff so that they hold the households they should, "
        "and no more area or work than they should where that is limited: the cheapest first, each to be taken in "
        "turn. --take makes a draft with one of them, --review holds every grid against its limits over all editions.",
        "建议拆分、合并、调整、划为专属或增配岗位的网格，使其户数（以及所限定的面积、工作量）符合标准："
        "按代价从低到高排列，可依次采纳。--take 将其中一条生成草稿方案；--review 按各版本逐格评估。",
    ),
    epilog=examples(
        "spatialgov recommend",
        "spatialgov recommend --households 250 450 --limit 10 --json",
        "spatialgov recommend --workload 0.3 --profile urban --posts posts.csv",
        "spatialgov recommend --plan 1 --take 3",
        "spatialgov recommend --review",
    ),
)
@click.option(
    "--plan", "plan_id", type=int,
    help=t("A stored plan; the one in force by default.", "已入库方案编号；默认为现行方案。"),
)  # fmt: skip
@click.option(
    "--households", type=(int, int), default=(300, 500), show_default=True, metavar="LEAST MOST",
    help=t("Least and most of a grid.", "每格户数的下限与上限。"),
)  # fmt: skip
@click.option(
    "--area", "area_km2", type=(float, float), metavar="LEAST MOST",
    help=t("Least and most km² of a grid; no limit by default.", "每格面积（平方千米）的下限与上限；默认不限。"),
)  # fmt: skip
@click.option(
    "--workload", "tolerance", type=float, metavar="SHARE",
    help=t(
        "Deviation from the mean workload of a post that is allowed (0.3 = 30 %); no limit by default.",
        "每岗位工作量相对均值的允许偏差（0.3 即 30%）；默认不限。",
    ),
)  # fmt: skip
@click.option(
    "--profile", "profile_name", metavar="NAME|FILE",
    help=t(
        "Weights of the workload: urban, rural, dedicated, or a JSON file. By default the units' own, or urban.",
        "工作量参数：urban、rural、dedicated 或 JSON 文件；默认用单元自带的工作量，否则为 urban。",
    ),
)  # fmt: skip
@click.option(
    "--fit", is_flag=True,
    help=t(
        "Fit the weights of incidents to the handling times that are stored.", "按已入库的处置时长拟合事件权重。"
    ),
)  # fmt: skip
@click.option(
    "--posts", "posts_file", type=InputFile(),
    help=t(
        "Table of the posts of grids: code, posts; 1 where it says nothing. Posts are then recommended, too.",
        "网格岗位数表：code、posts，未列出的为 1；提供后也会建议增配岗位。",
    ),
)  # fmt: skip
@click.option(
    "--lock", "locked", multiple=True, metavar="CODE",
    help=t("Grid that stays as it is; may be repeated.", "保持不变的网格，可重复。"),
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1), help=t("How many at most.", "最多列出几条。"))
@click.option(
    "--take", "number", type=int, metavar="N",
    help=t(
        "Make a draft with recommendation N, and those that it needs: entries of its journal, which can be undone.",
        "将第 N 条建议（及其所依赖的建议）生成草稿方案，逐条记入日志，可撤销。",
    ),
)  # fmt: skip
@click.option("--name", help=t("Name of the draft that --take makes.", "--take 所生成草稿的名称。"))
@click.option(
    "--review", "reviewed", is_flag=True,
    help=t(
        "List the grids in force that break a limit: since when, with which trend, and the cheaper cure.",
        "列出超出限制的现行网格：起始时间、趋势及代价较低的解决办法。",
    ),
)  # fmt: skip
@data_dir_option
@json_option
def command(
    limit: int | None, number: int | None, name: str | None, reviewed: bool, data_dir: Path, as_json: bool,
    **asked: Any,
) -> None:  # fmt: skip
    """List the recommendations, take one, or review the grids."""
    if number is not None and reviewed:
        raise click.UsageError(t("Give --take or --review, not both.", "--take 与 --review 只能给出一个。"))
    if name is not None and number is None:
        raise click.UsageError(t("--name goes with --take.", "--name 须与 --take 同用。"))
    if reviewed and asked["plan_id"] is not None:
        raise click.UsageError(t("--review is of the grids in force: leave --plan out.", "--review 针对现行网格。"))
    question = _question(**asked)
    announce_compilation("partition/rebalancing")
    with open_workspace(data_dir) as workspace:
        if number is not None:
            _take(workspace, question, number, name, as_json)
        elif reviewed:
            _show_review(*workspace.advice.review(question), as_json)
        else:
            _show(workspace.advice.recommend(question), limit, as_json)


def _question(
    plan_id: int | None, households: tuple[int, int], area_km2: tuple[float, float] | None, tolerance: float | None,
    profile_name: str | None, fit: bool, posts_file: Path | None, locked: tuple[str, ...],
) -> "Question":  # fmt: skip
    from spatialgov.workspace import Question

    if tolerance is None and (fit or profile_name is not None):
        raise click.UsageError(t("--profile and --fit go with --workload.", "--profile、--fit 须与 --workload 同用。"))
    return Question(
        plan_id=plan_id,
        households=households,
        area_m2=None if area_km2 is None else (area_km2[0] * 1e6, area_km2[1] * 1e6),
        workload_tolerance=tolerance,
        profile=None if profile_name is None else workload_profile(profile_name),
        fit=fit,
        posts=None if posts_file is None else _posts(posts_file),
        locked=locked,
    )


def _posts(file: Path) -> dict[str, int]:
    from spatialgov.allocation import read_posts

    return read_posts(file)


def _show(result: "AdviceResult", limit: int | None, as_json: bool) -> None:
    found = result.recommendations[:limit]
    if as_json:
        print_json({"recommendations": [item.as_dict() for item in found], "basis": result.basis})
        return
    head = ("#", t("what", "建议"), t("needs", "须先"), t("grids", "网格"), t("households moved", "涉及户数"))
    rows = [
        (i, r.kind, " ".join(map(str, r.needs)), " ".join(r.grids), r.households_moved, r.reason)
        for i, r in enumerate(found, 1)
    ]
    print_table((*head, t("reason", "理由")), rows)
    note(
        t(
            "{n} recommendations. Next: spatialgov recommend --take 1, or spatialgov map recommendations",
            "共 {n} 条建议。下一步：spatialgov recommend --take 1 或 spatialgov map recommendations",
            n=len(found),
        )
    )


def _take(workspace: "Workspace", question: "Question", number: int, name: str | None, as_json: bool) -> None:
    draft, taken = workspace.advice.take(question, number, who="spatialgov recommend", name=name)
    if as_json:
        print_json({"plan": draft.id, "name": draft.name, "taken": [item.as_dict() for item in taken]})
        return
    print_table(
        (t("what", "建议"), t("grids", "网格"), t("reason", "理由")),
        [(r.kind, " ".join(r.grids), r.reason) for r in taken],
    )
    note(
        t(
            "Draft {id}: {name}. Next: spatialgov journal {id}, or open it in the planner.",
            "草稿 {id}：{name}。下一步：spatialgov journal {id}，或在规划页面中打开。",
            id=draft.id,
            name=draft.name,
        )
    )


def _show_review(table: "pd.DataFrame", result: "AdviceResult", as_json: bool) -> None:
    if as_json:
        import json

        rows = json.loads(table.to_json(orient="records", date_format="iso"))
        print_json({"grids": rows, "basis": result.basis})
        return
    out = table[table["broken"] != ""]
    head = (
        t("grid", "网格"), t("households", "户数"), t("breaks", "超出限制"), t("days out", "超限天数"),
        t("trend", "趋势"), t("cheaper cure", "较低代价"), t("recommendation", "建议"),
    )  # fmt: skip
    rows = [
        (
            *(row[name] for name in ("code", "households", "broken")),
            f"{row['days_out']:.0f}",
            row["trend"],
            row["cure"],
            f"{row['recommendation']:.0f}" if row["recommendation"] else "",
        )
        for row in out.to_dict("records")
    ]
    print_table(head, rows)
    note(
        t(
            "{n} of {all} grids break a limit. Next: spatialgov recommend",
            "{all} 个网格中有 {n} 个超出限制。下一步：spatialgov recommend",
            n=len(out),
            all=len(table),
        )
    )
