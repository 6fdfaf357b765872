"""``spatialgov scenario new|list|show|compare|report``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._outputs import InputFile, OutputFile
from spatialgov.cli._planning import progress_bar
from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    json_option,
    name_subcommand,
    named_pairs,
    note,
    open_workspace,
    print_json,
    print_table,
    workload_profile,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.allocation import Scenario
    from spatialgov.store import ScenarioRecord
    from spatialgov.workspace import Workspace

__all__ = ["command"]

_LOOPS = {"rebalance": "partition/rebalancing", "recommend": "partition/rebalancing", "partition": "partition/refine"}


@click.group(
    "scenario",
    help=t(
        "What if: another target, communities that become one, a level taken out, posts that go. A scenario is worked "
        "out on the grids in force, kept with a draft of its grids, compared with others, and written as a report for "
        "the public meeting.",
        "情景推演：更换目标户数、合并社区、撤销层级、增减岗位。情景基于现行网格推算，与其网格草稿一并保存，"
        "可相互比较，并输出公众会议用的报告。",
    ),
    epilog=examples(
        "spatialgov scenario new --target 350",
        "spatialgov scenario new --merge 990101001001,990101001002",
        "spatialgov scenario new --change-posts -5 --posts posts.csv",
        "spatialgov scenario compare 1 2",
        "spatialgov scenario report 1 -o report.html",
    ),
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Hold the commands."""
    name_subcommand(ctx)


@command.command(
    "new",
    help=t(
        "Work out a scenario and keep it with its draft, which can be opened in the planner, checked and published. "
        "Posts alone leave the borders as they are; else today's grids are changed with as few households moved as "
        "possible, unless --how says otherwise. One that fails leaves nothing.",
        "推算情景并保存其草稿方案，草稿可在规划页面中打开、检查和发布。仅调整岗位时网格边界不变；否则以最少户数变动"
        "调整现有网格，除非用 --how 另行指定。推算失败时不留下任何内容。",
    ),
    epilog=examples(
        'spatialgov scenario new --target 350 --name "350 households"',
        "spatialgov scenario new --households 250 450 --how partition",
        "spatialgov scenario new --level subdistrict_code",
        "spatialgov scenario new --change-posts -5 --grid-posts 990101001001003=1",
    ),
)
@click.option("--name", help=t("Name of the scenario and its draft.", "情景及其草稿的名称。"))
@click.option(
    "--plan", "plan_id", type=int,
    help=t("A stored plan; the one in force by default.", "已入库方案编号；默认为现行方案。"),
)  # fmt: skip
@click.option("--target", type=float, help=t("Households that a grid should hold.", "每格目标户数。"))
@click.option(
    "--households", type=(int, int), metavar="LEAST MOST",
    help=t(
        "Fewest and most of a grid; by default the target and its tolerance, or without one 300 to 500.",
        "每格户数的下限与上限；默认按目标与容差，无目标时为 300 至 500。",
    ),
)  # fmt: skip
@click.option(
    "--tolerance", type=float, default=0.1, show_default=True,
    help=t("Deviation of households from the target that is allowed.", "每格户数相对目标的允许偏差。"),
)  # fmt: skip
@click.option(
    "--merge", multiple=True, metavar="CODE,CODE",
    help=t(
        "Communities that become one, with the code of the first; may be repeated.",
        "合并为一个社区，沿用第一个编码；可重复。",
    ),
)  # fmt: skip
@click.option(
    "--level", metavar="COLUMN",
    help=t(
        "Take a level out: grids nest in this column of the units instead, e.g. subdistrict_code.",
        "撤销一级：网格改为隶属于单元的该列，如 subdistrict_code。",
    ),
)  # fmt: skip
@click.option(
    "--posts", "posts_file", type=InputFile(),
    help=t("Table of today's posts: code, posts; 1 where it says nothing.", "现有岗位表：code、posts，未列出的为 1。"),
)  # fmt: skip
@click.option(
    "--change-posts", "post_change", type=int, default=0, metavar="N",
    help=t("So many posts more in all; -5 for five fewer.", "岗位总数的增减；-5 表示减少五个。"),
)  # fmt: skip
@click.option(
    "--grid-posts", multiple=True, metavar="CODE=N",
    help=t("So many posts more for one of today's grids; may be repeated.", "某一现有网格岗位的增减，可重复。"),
)  # fmt: skip
@click.option(
    "--workload", "workload_tolerance", type=float, default=0.25, show_default=True, metavar="SHARE",
    help=t("Deviation of a post's workload from today's mean that is allowed.", "岗位工作量相对现状均值的允许偏差。"),
)  # fmt: skip
@click.option(
    "--profile", metavar="NAME|FILE",
    help=t(
        "Weights of the workload: urban, rural, dedicated, or a JSON file. By default the units' own, or urban.",
        "工作量参数：urban、rural、dedicated 或 JSON 文件；默认用单元自带的工作量，否则为 urban。",
    ),
)  # fmt: skip
@click.option(
    "--how", "method", type=click.Choice(["keep", "rebalance", "recommend", "partition"]),
    help=t(
        "keep the borders, rebalance with few moves, take all that recommend says, or partition afresh.",
        "keep 保持边界；rebalance 少变动均衡；recommend 采纳全部建议；partition 重新划分。",
    ),
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True,
    help=t("The same seed gives the same plan.", "相同种子得到相同方案。"),
)  # fmt: skip
@data_dir_option
@json_option
def new(name: str | None, plan_id: int | None, data_dir: Path, as_json: bool, **asked: Any) -> None:
    """Work out and keep."""
    scenario = _scenario(**asked)
    if scenario.method in _LOOPS:
        announce_compilation(_LOOPS[scenario.method])
    with open_workspace(data_dir) as workspace, progress_bar(t("Working out", "正在推算")) as progress:
        made = workspace.scenarios.make(
            scenario, name=name, plan_id=plan_id, who="spatialgov scenario", progress=progress
        )
    if as_json:
        print_json(made.as_dict())
    else:
        _print(made)
    note(
        t(
            "Scenario {id}: {name}; its grids are draft {plan}. Next: spatialgov scenario report {id} -o report.html",
            "情景 {id}：{name}；网格草稿为方案 {plan}。下一步：spatialgov scenario report {id} -o report.html",
            id=made.id,
            name=made.name,
            plan=made.plan_id,
        )
    )


def _scenario(
    merge: tuple[str, ...], posts_file: Path | None, grid_posts: tuple[str, ...], profile: str | None, **asked: Any
) -> "Scenario":
    from spatialgov.allocation import Scenario, read_posts

    changes = {}
    for code, n in named_pairs(grid_posts, "CODE=N", "--grid-posts").items():
        try:
            changes[code] = int(n)
        except ValueError:
            message = t("write it as {form}", "请写成 {form} 的形式", form="CODE=N")
            raise click.BadParameter(message, param_hint="--grid-posts") from None
    options = {
        **asked,
        "merge": [[code.strip() for code in group.split(",")] for group in merge],
        "posts": None if posts_file is None else read_posts(posts_file),
        "post_changes": changes or None,
        "post_change": asked["post_change"] or None,
        "profile": None if profile is None else workload_profile(profile),
    }
    return Scenario.of(options)


@command.command(
    "list",
    help=t("List the scenarios, the oldest first.", "列出情景，最早的在前。"),
    epilog=examples("spatialgov scenario list", "spatialgov scenario list --json"),
)
@data_dir_option
@json_option
def list_all(data_dir: Path, as_json: bool) -> None:
    """List."""
    with open_workspace(data_dir) as workspace:
        found = workspace.scenarios.records()
    if as_json:
        print_json({"scenarios": [one.as_dict() for one in found]})
        return
    head = (
        t("scenario", "情景"), t("name", "名称"), t("made at (UTC)", "推算时间（UTC）"), t("by", "岗位"),
        t("from plan", "依据方案"), t("draft", "草稿"), t("households moved", "变动户数"),
    )  # fmt: skip
    rows = [
        (
            one.id, one.name, f"{one.created_at:%Y-%m-%d %H:%M}", one.who, one.base_id, one.plan_id,
            f"{one.outcome['moved']['households_moved']:,}",
        )
        for one in found
    ]  # fmt: skip
    print_table(head, rows)


@command.command(
    "show",
    help=t(
        "Show a scenario: what was asked, and its figures before and after. --json adds what they stand on.",
        "显示情景：推演内容及前后指标；--json 另含依据。",
    ),
    epilog=examples("spatialgov scenario show 1", "spatialgov scenario show 1 --json"),
)
@click.argument("scenario_id", metavar="ID", type=int)
@data_dir_option
@json_option
def show(scenario_id: int, data_dir: Path, as_json: bool) -> None:
    """Show one."""
    with open_workspace(data_dir) as workspace:
        found = workspace.scenarios.record(scenario_id)
        if as_json:
            print_json(found.as_dict())
            return
        for sentence in _sentences(workspace, found):
            click.echo(sentence)
    click.echo()
    _print(found)


def _sentences(workspace: "Workspace", found: "ScenarioRecord") -> list[str]:
    from spatialgov.allocation import Scenario
    from spatialgov.workspace.scenario_results import jurisdiction_names, sentences

    return sentences(Scenario.of(found.description), jurisdiction_names(workspace.store.jurisdictions()))


def _print(found: "ScenarioRecord") -> None:
    from spatialgov.workspace.scenario_results import every_row, figure

    print_table(
        (t("figure", "指标"), t("before", "之前"), t("after", "之后")),
        [(row.title, figure(row.before, row.unit), figure(row.after, row.unit)) for row in every_row(found.outcome)],
    )


@command.command(
    "compare",
    help=t(
        "Put scenarios side by side with the plan in force. Deviations are from each one's own target.",
        "将多个情景与现行方案并列比较；偏差均相对各自目标。",
    ),
    epilog=examples("spatialgov scenario compare 1 2", "spatialgov scenario compare 1 2 3 --json"),
)
@click.argument("ids", metavar="ID ID…", type=int, nargs=-1, required=True)
@data_dir_option
@json_option
def compare(ids: tuple[int, ...], data_dir: Path, as_json: bool) -> None:
    """Compare."""
    from spatialgov.workspace.scenario_results import figure

    with open_workspace(data_dir) as workspace:
        found = workspace.scenarios.compare(ids)
    if as_json:
        print_json(found.as_dict())
    else:
        names = [f"{one.id} {one.name}" for one in found.scenarios]
        rows = [
            (row.title, figure(row.before, row.unit), *(figure(value, row.unit) for value in values))
            for row, values in found.table()
        ]
        print_table((t("figure", "指标"), t("in force", "现行"), *names), rows)
    for one in found.other_starts():
        note(
            t(
                "Scenario {id} starts from plan {plan}, which is not in force: what moves is counted from there.",
                "情景 {id} 基于方案 {plan}（非现行方案），变动以该方案计。",
                id=one.id,
                plan=one.base_id,
            )
        )


@command.command(
    "report",
    help=t(
        "Write a scenario as one HTML file for the public meeting: the table before and after, both maps with the "
        "units that change their grid. It needs no network and prints on A4.",
        "将情景输出为公众会议用的单个 HTML 文件：前后对比表，以及标出变动单元的前后地图。无需联网，可按 A4 打印。",
    ),
    epilog=examples("spatialgov scenario report 1 -o report.html", "spatialgov --lang zh scenario report 1"),
)
@click.argument("scenario_id", metavar="ID", type=int)
@click.option(
    "-o", "--output", type=OutputFile(".html"),
    help=t("File to write (.html); scenario-ID.html by default.", "输出文件（.html）；默认为 scenario-编号.html。"),
)  # fmt: skip
@data_dir_option
def report(scenario_id: int, output: Path | None, data_dir: Path) -> None:
    """Write the report."""
    from spatialgov_maps.base import save_html
    from spatialgov_maps.scenario_report import report_of_scenario

    file = output or Path(f"scenario-{scenario_id}.html")
    with open_workspace(data_dir) as workspace:
        save_html(report_of_scenario(workspace, scenario_id), file)
    note(
        t(
            "Written: {files}. Open it in any browser; print it on A4.",
            "已写出：{files}。可用任意浏览器打开，并按 A4 打印。",
            files=file,
        )
    )
