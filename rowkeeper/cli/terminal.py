"""The console, and text from outside made fit for it."""

import json
from typing import Any

import click
from rich.console import Console

from rowkeeper.core.text import harmless

PLAIN_WIDTH = 140  # columns where no terminal says how wide it is


def console(*, stderr: bool = False) -> Console:
    """Where commands print: no colours for numbers and paths, which are data here.

    ``stderr``: words go there, where standard output is for one JSON object.
    """
    found = Console(stderr=stderr, highlight=False)
    return (
        found if found.is_terminal else Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH)
    )


class EventConsole(Console):
    """For machines: events as JSON on standard output, a line each, and words on standard error."""

    def __init__(self) -> None:
        super().__init__(stderr=True, highlight=False, width=PLAIN_WIDTH)

    def event(self, name: str, **facts: Any) -> None:
        """Print one event, without what is None."""
        told = {key: value for key, value in facts.items() if value is not None}
        click.echo(json_text({"event": name, **told}, indent=None))


def json_text(value: Any, indent: int | None = 2) -> str:
    """``value`` as JSON that a person may read: what could steer a terminal stands as an escape."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    return "".join(
        char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text
    )


def plain(text: object) -> str:
    """``text`` on one line and without control characters, which could steer the terminal."""
    return harmless(str(text))
