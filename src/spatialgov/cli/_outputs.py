"""Files to read and to write: what can't be written is said before the work begins, not after it."""

import os
from pathlib import Path
from typing import Any

import click

from spatialgov.language import t

__all__ = ["InputFile", "OutputFile"]

_INPUTS, _OUTPUTS = "spatialgov.inputs", "spatialgov.outputs"
"""Where the files of a call are noted until all are known."""


class InputFile(click.Path):
    """The path of a file to read, which no output of the same call may take the place of."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Give the path, or end as a wrong call."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        _keep_apart(self, path, param, ctx, _INPUTS, _OUTPUTS)
        return path


class OutputFile(click.Path):
    """The path of a file to write: its folder is there and can be written to, its suffix names a format.

    Parameters
    ----------
    suffixes
        Those that the command can write, with the dot; none for any.
    folders
        Whether a folder of files may be there already, to be replaced.
    """

    def __init__(self, *suffixes: str, folders: bool = False) -> None:
        super().__init__(dir_okay=folders, path_type=Path)
        self.name = "file"
        self._suffixes = suffixes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Give the path, or end as a wrong call."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if self._suffixes and path.suffix.lower() not in self._suffixes:
            names = ", ".join(self._suffixes)
            self.fail(
                t("“{file}” must end in {names}.", "“{file}” 应以 {names} 结尾。", file=path, names=names), param, ctx
            )
        folder = path.parent
        if not folder.is_dir():
            self.fail(t("There is no folder {folder}.", "没有文件夹 {folder}。", folder=folder), param, ctx)
        if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
            self.fail(t("{file} can't be written.", "无法写入 {file}。", file=path), param, ctx)
        _keep_apart(self, path, param, ctx, _OUTPUTS, _INPUTS)
        return path


def _keep_apart(
    kind: click.Path, path: Path, param: click.Parameter | None, ctx: click.Context | None, own: str, others: str
) -> None:
    """Refuse to write over what is read; whichever of the two comes second on the command line notices it."""
    if ctx is None:
        return
    real = os.path.realpath(path)
    ctx.meta.setdefault(own, set()).add(real)
    if real in ctx.meta.get(others, ()):
        message = t("{file} is both read and written.", "{file} 既是输入又是输出。", file=path)
        kind.fail(f"{message} {t('Name another output.', '请指定其他输出文件。')}", param, ctx)
