"""Write ``docs/cli.md``: what every command says about itself, so that it can't say anything else.

Run ``python tools/write_cli_reference.py``; a test compares the file with what this would write.
"""

from pathlib import Path

import click

from spatialgov.cli import command_group
from spatialgov.language import set_language

__all__ = ["REFERENCE", "reference"]

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
_WIDTH = 100

_HEAD = """# The command line

Written by `tools/write_cli_reference.py` from the commands themselves.

Results go to standard output, all else to standard error; with `--json` the result is one JSON object. The status is 0
when all went well, 1 for a failure (with what is wrong and what to do about it), 2 for a wrong call. The language is
the environment's (`LANG`, or `SPATIALGOV_LANG=en|zh`), or that of `--lang`. The store is in the folder `--data-dir`
(`SPATIALGOV_DATA_DIR`), or where `--database-url` (`SPATIALGOV_DATABASE_URL`) says: prefer the variable for a URL with
a password, because other users of the machine see the arguments of a command.
"""


def reference() -> str:
    """Give the reference as Markdown, in English."""
    set_language("en")
    group = command_group()
    parts = [_HEAD, _section("spatialgov", group, None)]
    with click.Context(group, info_name="spatialgov") as top:
        for name in group.list_commands(top):
            command = group.get_command(top, name)
            assert command is not None
            parts.append(_section(f"spatialgov {name}", command, top))
            if isinstance(command, click.Group):
                with click.Context(command, info_name=name, parent=top) as inner:
                    for sub, one in command.commands.items():
                        parts.append(_section(f"spatialgov {name} {sub}", one, inner))
    return "\n".join(parts)


def _section(title: str, command: click.Command, parent: click.Context | None) -> str:
    context = click.Context(
        command,
        info_name=title.rpartition(" ")[2],
        parent=parent,
        terminal_width=_WIDTH,
        max_content_width=_WIDTH,
        help_option_names=["-h", "--help"],
    )
    return f"## {title}\n\n```text\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
