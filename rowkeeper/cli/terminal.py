"""The console, and text from outside made fit for it."""

import json
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import click
from rich.console import Console

from rowkeeper.cli.progress import EventDisplay, PlainDisplay, live
from rowkeeper.core.progress import Display
from rowkeeper.core.text import harmless

PLAIN_WIDTH = 140  # columns where no terminal says how wide it is


class Terminal(Console):
    """Where commands print; no colours for numbers and paths, which are data here."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, **options)

    def say(self, text: str) -> None:
        """One line, without what could steer a terminal."""
        self.print(plain(text), markup=False, soft_wrap=True)

    def display(self, title: str) -> AbstractContextManager[Display]:
        """Bars where a person looks on, else a line for each asset that ended."""
        return live(self, title) if self.is_terminal else nullcontext(PlainDisplay(self))


def console(*, stderr: bool = False) -> Terminal:
    """The terminal, or the file or pipe in its place.

    ``stderr``: words go there, where standard output is for one JSON object.
    """
    found = Terminal(stderr=stderr)
    return found if found.is_terminal else Terminal(stderr=stderr, width=PLAIN_WIDTH)


class EventTerminal(Terminal):
    """For machines: events as JSON on standard output, a line each, and words on standard error."""

    def __init__(self) -> None:
        super().__init__(stderr=True, width=PLAIN_WIDTH)

    def event(self, name: str, /, **facts: Any) -> None:
        """Print one event, without what is None."""
        told = {key: value for key, value in facts.items() if value is not None}
        click.echo(json_text({"event": name, **told}, indent=None))

    def display(self, title: str) -> AbstractContextManager[Display]:
        """The progress as events."""
        return nullcontext(EventDisplay(self.event, title))


def json_text(value: Any, indent: int | None = 2) -> str:
    """``value`` as JSON that a person may read: what could steer a terminal stands as an escape."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    return "".join(
        char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text
    )


def plain(text: object) -> str:
    """``text`` on one line and without control characters, which could steer the terminal."""
    return harmless(str(text))
