"""``docs/commands.md`` from the commands themselves: ``python -m rowkeeper.cli.commands_page``."""

from collections.abc import Iterator

import click

from rowkeeper.cli import cli
from rowkeeper.core.project import CHECKOUT

PAGE = CHECKOUT / "docs" / "commands.md"
WIDTH = 100
_TO_SOURCE = "_ROWKEEPER_COMPLETE={}_source rowkeeper"
HEAD = f"""\
# Commands

Made from the code by `python -m rowkeeper.cli.commands_page`; a test holds it to the code. The
settings behind the flags, and what each exit code means, are in [settings.md](settings.md); timers
and monitoring in [operations.md](operations.md).

`rowkeeper --project DIR COMMAND …` works in another folder than the one it is called in. Each
command has `--help`; a group alone, such as `rowkeeper store`, prints its help.

## Completion

The shell completes commands, options and their choices once its own start-up file tells it to:

| Shell | File | Line |
| --- | --- | --- |
| bash 4.4 or newer | `~/.bashrc` | `eval "$({_TO_SOURCE.format("bash")})"` |
| zsh | `~/.zshrc` | `eval "$({_TO_SOURCE.format("zsh")})"` |
| fish | `~/.config/fish/completions/rowkeeper.fish` | `{_TO_SOURCE.format("fish")} \\| source` |
"""


def leaves(
    command: click.Command, context: click.Context
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Each command below ``command`` that does something: its words, itself and its context."""
    if not isinstance(command, click.Group):
        yield context.command_path.partition(" ")[2], command, context
        return
    for name in command.list_commands(context):
        if below := command.get_command(context, name):
            inner = click.Context(below, info_name=name, parent=context)
            yield from leaves(below, inner)


def root() -> click.Context:
    """The context of ``rowkeeper`` itself, for texts of one width whatever the terminal."""
    return click.Context(
        cli,
        info_name="rowkeeper",
        help_option_names=cli.context_settings["help_option_names"],
        terminal_width=WIDTH,
        max_content_width=WIDTH,
    )


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for words, command, context in leaves(cli, root()):
        parts.append(f"\n## rowkeeper {words}\n\n```text\n{command.get_help(context)}\n```\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
