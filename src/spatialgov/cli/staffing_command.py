"""``spatialgov staffing``."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spatialgov.cli._compiling import announce_compilation
from spatialgov.cli._outputs import InputFile, OutputFile
from spatialgov.cli._shared import (
    data_dir_option,
    examples,
    json_option,
    note,
    open_workspace,
    print_json,
    print_table,
    show_faults,
    table_rows,
    workload_profile,
)
from spatialgov.language import t

if TYPE_CHECKING:
    from spatialgov.allocation.staffing import Post, Posting, Requirement, Shifts, Targets
    from spatialgov.workspace import StaffingResult


@click.command(
    "staffing",
    help=t(
        "Say how many posts each grid needs (at least one), so that work takes no more of their time than it should "
        "and somebody is there in time; who gets them when there are too few, which post stands in which grid, and "
        "who covers when one is away. Work and incidents are those in the store, ways are along its roads.",
        "测算每个网格需要的岗位数（至少一个），使工作负荷与响应时间达标；岗位不足时如何分配、岗位与网格如何对应、"
        "缺岗时由谁补位。工作量与事件取自数据库，路程按路网计算。",
    ),
    epilog=examples(
        "spatialgov staffing",
        "spatialgov staffing --response 30 --share 0.9 --budget 200",
        "spatialgov staffing --hours 24 --days 7 --response 45",
        "spatialgov staffing --roster posts.csv --skills needs.csv --assignment assignment.csv",
        "spatialgov staffing -o posts.csv && spatialgov recommend --posts posts.csv",
    ),
)
@click.option(
    "--plan", "plan_id", type=int,
    help=t("A stored plan; the one in force by default.", "已入库方案编号；默认为现行方案。"),
)  # fmt: skip
@click.option(
    "--profile", "profile_name", metavar="NAME|FILE",
    help=t("Weights of the workload: urban (default), rural, dedicated, or a JSON file.",
           "工作量参数：urban（默认）、rural、dedicated 或 JSON 文件。"),
)  # fmt: skip
@click.option(
    "--fit", is_flag=True,
    help=t("Fit the weights of incidents, and how they vary, to the handling times that are stored.",
           "按已入库的处置时长拟合事件权重及其波动。"),
)  # fmt: skip
@click.option(
    "--cv", type=float,
    help=t("Coefficient of variation of the handling times of a category; 1 by default, or as fitted.",
           "同类事件处置时长的变异系数；默认为 1 或拟合值。"),
)  # fmt: skip
@click.option(
    "--from", "begins", type=int, default=8, show_default=True, metavar="HOUR",
    help=t("Hour at which duty begins.", "值守开始的钟点。"),
)  # fmt: skip
@click.option(
    "--hours", "hours_a_day", type=int, default=8, show_default=True,
    help=t("Hours a day that somebody is on duty, all shifts together.", "每日值守小时数（各班次合计）。"),
)  # fmt: skip
@click.option(
    "--days", "days_a_week", type=float, default=5.0, show_default=True,
    help=t("Days a week with duty.", "每周值守天数。"),
)  # fmt: skip
@click.option(
    "--post-hours", "post_hours_a_week", type=float, default=40.0, show_default=True,
    help=t("Hours a week that one post works.", "每个岗位每周工作小时数。"),
)  # fmt: skip
@click.option(
    "--away", type=float, default=0.15, show_default=True, metavar="SHARE",
    help=t("Share of these without work for the grid: leave, illness, training, meetings.",
           "其中不在网格工作的比例：休假、病假、培训、会议。"),
)  # fmt: skip
@click.option(
    "--utilisation", type=float, default=0.85, show_default=True, metavar="SHARE",
    help=t("Most of a post's time that work may take.", "岗位工作时间的最高负荷。"),
)  # fmt: skip
@click.option(
    "--response", "response_min", type=float, metavar="MINUTES",
    help=t("Mean minutes until somebody is there in the busiest hour, the way included; no target by default.",
           "最忙时段平均到场时间（分钟，含路程）；默认不设目标。"),
)  # fmt: skip
@click.option(
    "--share", type=float, metavar="SHARE",
    help=t("Share of the incidents that --response must hold for, instead of their mean.",
           "须在 --response 时限内到场的事件比例，代替平均值。"),
)  # fmt: skip
@click.option(
    "--in-absence", "utilisation_in_absence", type=float, default=1.0, show_default=True, metavar="SHARE",
    help=t("Most of a post's time that work may take while it covers for another.", "补位期间岗位的最高负荷。"),
)  # fmt: skip
@click.option(
    "--budget", type=click.IntRange(0),
    help=t("Posts for all grids; by default those that there are, else as many as are needed.",
           "岗位总数；默认为现有岗位数，未给出时按需配置。"),
)  # fmt: skip
@click.option(
    "--posts", "posts_file", type=InputFile(),
    help=t("Table of today's posts: code, posts.", "现有岗位数表：code、posts。"),
)  # fmt: skip
@click.option(
    "--roster", "roster_file", type=InputFile(),
    help=t("Table of today's posts one by one, instead of --posts: post_id, code, skills (“dialect;first aid”).",
           "现有岗位明细表（代替 --posts）：post_id、code、skills（如“方言;急救”）。"),
)  # fmt: skip
@click.option(
    "--skills", "skills_file", type=InputFile(),
    help=t("Table of what grids require: code, skills, and how many of its posts. Goes with --roster.",
           "网格的技能要求表：code、skills、posts（岗位数）；须与 --roster 同用。"),
)  # fmt: skip
@click.option(
    "--output", "-o", "output", type=OutputFile(".csv", ".parquet"),
    help=t("Table of the grids with their posts to write; --posts of this command and of recommend read it.",
           "输出各网格的岗位表，可供本命令及 recommend 的 --posts 读取。"),
)  # fmt: skip
@click.option(
    "--assignment", "assignment_file", type=OutputFile(".csv", ".parquet"),
    help=t("Table of the posts with their grids to write; goes with --posts or --roster.",
           "输出岗位分配表，须与 --posts 或 --roster 同用。"),
)  # fmt: skip
@data_dir_option
@json_option
def command(
    plan_id: int | None, profile_name: str | None, fit: bool, cv: float | None, budget: int | None,
    posts_file: Path | None, roster_file: Path | None, skills_file: Path | None, output: Path | None,
    assignment_file: Path | None, data_dir: Path, as_json: bool, **asked: Any,
) -> None:  # fmt: skip
    """Print the posts of the grids, who covers, and the assignment."""
    if posts_file is not None and roster_file is not None:
        raise click.UsageError(t("Give --posts or --roster, not both.", "--posts 与 --roster 只能给出一个。"))
    if skills_file is not None and roster_file is None:
        raise click.UsageError(t("--skills goes with --roster.", "--skills 须与 --roster 同用。"))
    if assignment_file is not None and posts_file is None and roster_file is None:
        raise click.UsageError(
            t("--assignment goes with --posts or --roster.", "--assignment 须与 --posts 或 --roster 同用。")
        )
    from spatialgov.workspace import StaffingQuestion

    shifts, targets = _duty(asked)
    posts, requirements = _establishment(posts_file, roster_file, skills_file)
    question = StaffingQuestion(
        plan_id, None if profile_name is None else workload_profile(profile_name), fit, cv, shifts, targets, budget,
        posts, requirements,
    )  # fmt: skip
    announce_compilation("allocation")
    with open_workspace(data_dir) as workspace:
        result = workspace.staffing.staff(question)
    _write(result, output, assignment_file)
    if as_json:
        print_json(result.as_dict())
    else:
        _show(result)


def _duty(asked: dict[str, Any]) -> "tuple[Shifts, Targets]":
    from spatialgov.allocation.staffing import Shifts, Targets

    shifts = ("begins", "hours_a_day", "days_a_week", "post_hours_a_week", "away")
    return (
        Shifts(**{name: asked[name] for name in shifts}),
        Targets(**{name: value for name, value in asked.items() if name not in shifts}),
    )


def _establishment(
    posts_file: Path | None, roster_file: Path | None, skills_file: Path | None
) -> "tuple[tuple[Post, ...] | None, tuple[Requirement, ...]]":
    from spatialgov.allocation import read_posts
    from spatialgov.allocation.staffing import posts_of_counts, read_requirements, read_roster

    posts: tuple[Post, ...] | None = None
    if posts_file is not None:
        posts = posts_of_counts(read_posts(posts_file))
    elif roster_file is not None:
        roster = read_roster(roster_file)
        posts = roster.posts
        if roster.dropped_columns:
            names = ", ".join(roster.dropped_columns)
            note(t("Columns that were not read: {names}.", "未读取的列：{names}。", names=names))
    return posts, () if skills_file is None else read_requirements(skills_file)


def _write(result: "StaffingResult", output: Path | None, assignment_file: Path | None) -> None:
    from spatialgov.vector_io import write_vector

    if output is not None:
        grids = result.staffing.grids
        write_vector(grids[grids["posts"] > 0], output)
    if assignment_file is not None and result.posting is not None:
        write_vector(result.posting.posts, assignment_file)


def _show(result: "StaffingResult") -> None:
    because = {
        "one": t("one for each", "每格一岗"),
        "utilisation": t("utilisation", "负荷"),
        "response": t("response", "响应"),
    }
    cover = dict(
        zip(result.cover["code"], zip(result.cover["covered_by"], result.cover["why"], strict=True), strict=True)
    )
    head = (
        t("grid", "网格"), t("needs", "需要"), t("because of", "依据"), t("gets", "分得"),
        t("utilisation", "负荷"), t("waits, min", "等待（分）"), t("there after, min", "到场（分）"),
        t("covered by", "补位网格"),
    )  # fmt: skip
    rows = [
        (
            row.code, row.needed, because[row.because], row.posts, _figure(row.utilisation, ".0%"),
            _figure(row.wait_min, ".1f"), _figure(row.response_min, ".1f"), _cover(row.code, *cover[row.code]),
        )
        for row in table_rows(result.staffing.grids)
    ]  # fmt: skip
    print_table(head, rows)
    if result.posting is not None:
        _show_posting(result.posting)
    show_faults(result.staffing.faults, t("What the posts can't do:", "岗位无法满足之处："))
    note(_sum(result))


def _figure(value: float, form: str) -> str:
    return f"{value:{form}}" if math.isfinite(value) else "–"


def _cover(code: str, covered_by: str, why: str) -> str:
    reasons = {
        "no_post": t("– (has none)", "—（无岗位）"),
        "no_neighbour": t("– (no neighbour)", "—（无相邻网格）"),
        "too_busy": t("– (all too busy)", "—（相邻均过忙）"),
        "taken": t("– (they cover others)", "—（相邻已为他格补位）"),
    }
    if covered_by == code:
        return t("itself", "本格")
    return covered_by or reasons[why]


def _show_posting(posting: "Posting") -> None:
    click.echo()
    states = {
        "moves": t("moves", "调动"), "placed": t("is placed", "新安排"), "spare": t("is spare", "富余"),
    }  # fmt: skip
    changed = posting.posts[posting.posts["state"] != "stays"]
    head = (t("post", "岗位"), t("what", "安排"), t("from", "原网格"), t("to", "新网格"), t("km", "千米"))
    print_table(
        head,
        [(row.post_id, states[row.state], row.code_today, row.code, f"{row.moved_m / 1000:.1f}")
         for row in table_rows(changed)],
    )  # fmt: skip
    note(
        t("{n} of {all} posts stay where they are.", "{all} 个岗位中有 {n} 个保持不变。",
          n=len(posting.posts) - len(changed), all=len(posting.posts))
    )  # fmt: skip
    if len(posting.unmet):
        note(t("Requirements that are not met:", "未满足的要求："))
        for row in table_rows(posting.unmet):
            note(f"  - {row.code} {row.skills} × {row.posts}: {row.reason}")


def _sum(result: "StaffingResult") -> str:
    totals = result.staffing.totals()
    nobody = int(((result.cover["covered_by"] == "") & (result.cover["why"] != "no_post")).sum())
    text = t(
        "{grids} grids need {needed} posts. {met} reach all targets with {posts}; {nobody} have nobody who covers.",
        "{grids} 个网格共需 {needed} 个岗位；配置 {posts} 个后 {met} 个网格全部达标，{nobody} 个网格缺岗时无人补位。",
        grids=totals["grids"], needed=totals["needed"], met=totals["grids_met"], posts=totals["posts"], nobody=nobody,
    )  # fmt: skip
    if totals["short"]:
        text += t(
            " {short} are lacking, in {n} grids: a budget of {needed} would do.",
            " 尚缺 {short} 个，涉及 {n} 个网格：预算达到 {needed} 个即可满足。",
            short=totals["short"],
            n=totals["grids_short"],
            needed=totals["needed"],
        )
    if totals["spare"]:
        text += t(" {n} are spare.", " 富余 {n} 个。", n=totals["spare"])
    return text
