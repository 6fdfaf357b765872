"""How a failure is shown: what is wrong, with its faults, and what to do about it."""

from collections.abc import Collection

import click

from spatialgov.cli._shared import list_faults
from spatialgov.errors import FaultyDataError, MissingColumnError, SpatialGovError
from spatialgov.faults import errors_only
from spatialgov.language import t

__all__ = ["say_failure"]


def say_failure(error: SpatialGovError | OSError, *, options: Collection[str]) -> None:
    """Show an error on standard error.

    Parameters
    ----------
    error
        What happened. Its notes (`BaseException.add_note`) close the message.
    options
        Names of the parameters that the command takes: the remedy names the option where there is one.
    """
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        error = SpatialGovError(f"{error.filename}: {what}" if error.filename else what)
    click.secho(t("Error: ", "错误：") + error.message, fg="red", err=True)
    if isinstance(error, FaultyDataError):
        list_faults(error.faults)
    remedies = [error.remedy, *_options_that_help(error, options)]
    if remedy := " ".join(text for text in remedies if text):
        click.echo(t("What to do: ", "处理办法：") + remedy, err=True)
    for closing in getattr(error, "__notes__", ()):
        click.echo(closing, err=True)


def _options_that_help(error: SpatialGovError, options: Collection[str]) -> list[str]:
    found = []
    if isinstance(error, MissingColumnError) and "columns" in options:
        found.append(t("The option is --column OURS=THEIRS.", "对应的选项为 --column 本系统列名=文件列名。"))
    if isinstance(error, FaultyDataError) and errors_only(error.faults) and "keep_sound" in options:
        found.append(t("--keep-sound goes on without the faulty rows.", "--keep-sound 可忽略有问题的行并继续。"))
    return found
