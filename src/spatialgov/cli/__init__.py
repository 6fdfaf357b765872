"""``spatialgov …``: one file a command, loaded only when it is called."""

import atexit
import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

import spatialgov
from spatialgov.acts import Act, acting, current_act
from spatialgov.cli._click_texts import translate_click
from spatialgov.cli._failures import say_failure
from spatialgov.errors import SpatialGovError
from spatialgov.language import LANGUAGES, language_of, set_language, t

__all__ = ["command_group", "main"]

_COMMANDS = {
    "demo": ("Run everything on the sample city, then serve it.", "在样例城市上运行全部流程并启动服务。"),
    "serve": ("Serve the pages and the API.", "启动网页与接口服务。"),
    "import": ("Bring units, incidents, cameras and layers into the store.", "导入单元、事件、摄像机和图层。"),
    "partition": ("Divide units into balanced, contiguous grids.", "将基本单元划分为均衡、连通的网格。"),
    "unit-grids": ("Cut a plan's grids into unit grids by area.", "将方案的网格划分为单元网格。"),
    "evaluate": ("Check and measure grids that exist.", "检查并度量已有的网格。"),
    "rebalance": (
        "Balance today's grids with as few moves as possible.",
        "以最少变动使现有网格均衡。",
    ),
    "compare": ("Tell what moves between two plans.", "比较两个方案的变动。"),
    "publish": ("Put a plan in force as a new edition.", "将方案发布为新版本。"),
    "editions": ("List what was published, and when it was in force.", "列出历次发布的版本。"),
    "changes": ("Tell what changed between two editions.", "列出两个版本之间的变化。"),
    "rollback": ("Put an earlier edition in force again.", "恢复旧版本的网格。"),
    "plans": ("List the plans, or delete drafts.", "列出方案，或删除草稿。"),
    "journal": ("List who changed a plan, when and why.", "列出方案的修改记录。"),
    "locate": ("Tell which grid a location lies in.", "查询位置所在的网格。"),
    "field-pack": ("Write grids to a small file that answers without a network.", "导出可离线查询的网格包。"),
    "tiles": ("Write grids as vector tiles in one file.", "导出为单个矢量瓦片文件。"),
    "assign": ("Assign the stored incidents to the grids in force.", "将已入库事件归入现行网格。"),
    "categories": ("List the incident categories in force.", "列出现行事件类别。"),
    "counts": ("Count incidents by the grids of their day or of today.", "按当日或现行网格统计事件。"),
    "hotspots": ("List where incidents gather more than chance explains.", "列出事件显著聚集的地点。"),
    "review": ("Say which hot spots are new, gone or persistent.", "滚动排查：新增、消失或持续的热点。"),
    "emerging": ("Class cells by how hot spots came and went.", "按冷热点的消长给单元分类。"),
    "density": ("Compute incidents per km², their rate or its change.", "计算事件密度、事件率及其变化。"),
    "near-repeat": ("Test whether incidents repeat near each other.", "检验事件是否近重复。"),
    "clock": ("Count incidents by hour and weekday.", "按小时和星期统计事件。"),
    "seasons": ("Show rhythm and changes over time.", "显示时间规律与水平变化。"),
    "forecast": ("Forecast incidents, with a back-test.", "预测事件并回测。"),
    "coarsen": ("Write incidents for the public.", "输出可公开的粗化事件。"),
    "coverage": ("Measure what the cameras cover of what should be seen.", "计算摄像机对应覆盖对象的实际覆盖。"),
    "gaps": ("List what no camera covers, why, and what weighs most.", "按权重列出盲区及其原因。"),
    "redundancy": ("Tell what goes dark when a post fails.", "统计多点位覆盖与单点故障的损失。"),
    "closure": ("Tell which compounds and main roads are closed.", "围补连合：小区院落与主要道路是否闭合。"),
    "sites": ("Plan repairs, surveys, turns and new cameras.", "规划维修、补录、调向与新增点位。"),
    "what-if": ("Measure what changes of cameras would do.", "试算摄像机调整后的覆盖变化。"),
    "service-points": (
        "Tell who serves which grid, and where new centres belong.",
        "服务中心的归属与新增选址。",
    ),
    "checkpoints": ("Say where to stand so that nobody leaves unseen.", "设卡：以最少岗位封住所有出口。"),
    "beats": ("Divide the streets into patrol beats.", "将道路划分为巡逻段。"),
    "recommend": ("Say which grids to split, merge, change or staff.", "建议拆分、合并、调整或增配的网格。"),
    "staffing": ("Say how many posts each grid needs, and who covers.", "测算各网格岗位数、分配与补位。"),
    "scenario": ("Work out what if: targets, communities, posts.", "情景推演：目标、社区、岗位的变化。"),
    "assess": ("Assess grids by week, month, quarter or year.", "按周月季年考核网格。"),
    "standards": ("Say which service centres fall short of their standard.", "检查服务中心是否达标。"),
    "nation": ("Share grids among many cities: one folder for all.", "全国表：多个城市共用一个网格目录。"),
    "db": ("Look after the store: versions, backups, copies, checks.", "维护数据库：升级、备份、恢复、复制、检查。"),
    "jobs": ("List the work that runs beside the server, or end it.", "列出或取消后台任务。"),
    "account": ("Accounts of posts: who may do what, and where.", "岗位账户：谁可以在何处做什么。"),
    "key": ("API keys of accounts.", "账户的 API 密钥。"),
    "audit": ("Show the audit log.", "显示审计日志。"),
    "map": ("Write a map as one HTML file that needs no network.", "输出无需联网的单文件 HTML 地图。"),
}


class _LazyGroup(click.Group):
    """A group that knows its commands by name, imports the one that is called, and puts failures into words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"spatialgov.cli.{cmd_name.replace('-', '_')}_command")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if (act := current_act()) is not None:
            act.action = f"spatialgov {name}"
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(t("Commands", "命令")):
            formatter.write_dl([(name, t(*texts)) for name, texts in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what is meant for people ends with status 1 and no traceback."""
        try:
            with acting(Act("cli", "spatialgov")):
                return super().invoke(ctx)
        except BrokenPipeError:
            raise  # whoever read our output has seen enough: click ends quietly
        except (SpatialGovError, OSError) as error:
            command = self.get_command(ctx, ctx.invoked_subcommand or "")
            say_failure(error, options={p.name or "" for p in command.params} if command else set())
            ctx.exit(1)


def command_group() -> click.Group:
    """Give the group of all commands, with texts in the current language."""
    translate_click()

    @click.group(
        cls=_LazyGroup,
        help=t(
            "Cut a jurisdiction into fair grids, find any location's grid, see what to change.\n\n"
            "Start with: spatialgov demo",
            "公平划分网格，精确查询位置，指出需要改变之处。\n\n从这里开始：spatialgov demo",
        ),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    @click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        expose_value=False,
        help=t("Language of messages; the environment's by default.", "消息语言；默认取自环境。"),
    )
    @click.version_option(spatialgov.__version__)
    def group() -> None:
        pass

    return group


def _choose_language(arguments: Sequence[str]) -> None:
    """Set the language before any text is made: also the help texts speak it."""
    for i, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            set_language(language_of(argument.removeprefix("--lang=")))
        elif argument == "--lang" and i + 1 < len(arguments):
            set_language(language_of(arguments[i + 1]))


def main() -> None:
    """Run the command line: status 0 when all went well, 1 for a failure, 2 for a wrong call."""
    atexit.register(gc.freeze)  # else all that was imported is looked through for garbage: a quarter of a short command
    _choose_language(sys.argv[1:])
    command_group()(prog_name="spatialgov")
