"""Command lines as rowkeeper itself reads them, without a call of the command."""

import shlex

import click

from rowkeeper.cli import cli


def parsed(line: str) -> str:
    """The words of the command that ``line`` calls; raises as the command line does."""
    program, *words = shlex.split(line)
    assert program.endswith("rowkeeper")
    command: click.Command = cli
    context = command.make_context("rowkeeper", words)
    rest = [*context._protected_args, *context.args]
    while isinstance(command, click.Group):
        name, subcommand, rest = command.resolve_command(context, rest)
        assert subcommand is not None
        command = subcommand
        context = command.make_context(str(name), rest, parent=context)
        rest = [*context._protected_args, *context.args]
    return context.command_path.partition(" ")[2].split(" [")[0]
