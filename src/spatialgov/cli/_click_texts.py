"""Click's own words in Chinese: usage, options, wrong calls."""

from types import ModuleType

import click

from spatialgov.language import t

__all__ = ["translate_click"]

_CHINESE = {
    "Usage:": "用法：",
    "Options": "选项",
    "Commands": "命令",
    "Aborted!": "已中止。",
    "Missing command.": "缺少命令。",
    "Show the version and exit.": "显示版本并退出。",
    "Show this message and exit.": "显示本说明并退出。",
    "%(prog)s, version %(version)s": "%(prog)s，版本 %(version)s",
    "Error: {message}": "错误：{message}",
    "Try '{command} {option}' for help.": "运行“{command} {option}”查看说明。",
    "Invalid value: {message}": "取值无效：{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} 取值无效：{message}",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Missing parameter": "缺少参数",
    "Choose from:\n\t{choices}": "可选：\n\t{choices}",
    "No such option {name!r}.": "没有选项 {name!r}。",
    "No such command {name!r}.": "没有命令 {name!r}。",
    "Did you mean {possibility}?": "是否指 {possibility}？",
    "(Did you mean one of: {possibilities}?)": "（是否指其中之一：{possibilities}？）",
    "Got unexpected extra argument ({args})": "多余的参数（{args}）",
    "Got unexpected extra arguments ({args})": "多余的参数（{args}）",
    "Takes {nargs} values but 1 was given.": "需要 {nargs} 个值，只给出 1 个。",
    "Takes {nargs} values but {len} were given.": "需要 {nargs} 个值，却给出 {len} 个。",
    "Option {name!r} does not take a value.": "选项 {name!r} 不带值。",
    "Option {name!r} requires an argument.": "选项 {name!r} 需要一个值。",
    "Option {name!r} requires {nargs} arguments.": "选项 {name!r} 需要 {nargs} 个值。",
    "{value!r} is not {choice}.": "{value!r} 不是 {choice}。",
    "{value!r} is not one of {choices}.": "{value!r} 不在可选值 {choices} 之中。",
    "{value!r} is not a valid {number_type}.": "{value!r} 不是有效的数字。",
    "{value} is not in the range {range}.": "{value} 不在范围 {range} 之内。",
    "{name} {filename!r} is a file.": "{filename!r} 是一个文件。",
    "{name} {filename!r} is a directory.": "{filename!r} 是一个文件夹。",
    "{name} {filename!r} is not readable.": "{filename!r} 不可读。",
    "default: {default}": "默认：{default}",
    "required": "必填",
}


def translate_click() -> None:
    """Make click say its own texts in the current language.

    Click takes them from `gettext`, through names in its modules; a compiled catalogue would be read by the
    environment's locale only, and ``--lang`` must do as well.
    """
    modules: tuple[ModuleType, ...] = (
        click.core, click.decorators, click.exceptions, click.formatting, click.parser, click.types
    )  # fmt: skip
    for module in modules:
        for name, function in (("_", _one), ("ngettext", _one_or_many)):
            if hasattr(module, name):
                setattr(module, name, function)


def _one(message: str) -> str:
    return t(message, _CHINESE.get(message, message))


def _one_or_many(one: str, many: str, n: int) -> str:
    return _one(one if n == 1 else many)
