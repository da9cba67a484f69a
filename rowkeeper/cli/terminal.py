"""The terminal: text from outside stands on it as text, never as markup, colour or a link."""

import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rowkeeper.cli.progress import EventDisplay, PlainDisplay, live
from rowkeeper.core.progress import Display
from rowkeeper.core.said import json_text, nobody_reads, shown

PLAIN_WIDTH = 140  # columns where no terminal says how wide it is
QUIET = "rowkeeper.quiet"
"""Where a command's context says that nobody wants to hear how it went."""
LONG, WIDE = 500, 40
"""More rows than this are plain lines; a cell wider than this pushes those after it aside."""
FRAME, GAP = 3, 2
"""What the frame of a table costs a column, and what the gap does where it has none."""
BARE = {"box": SIMPLE_HEAD, "show_edge": False, "pad_edge": False, "padding": (0, 1, 0, 0)}


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Go on in silence; rich would end the process with 1."""
        self.quiet = True
        nobody_reads(self.file)


class Terminal:
    """Where commands print. Its console is its own: all that is said goes through ``shown``."""

    def __init__(self, *, stderr: bool = False, **options: Any) -> None:
        options |= {"stderr": stderr, "highlight": False, "markup": False, "emoji": False}
        self._console = _Console(**options)
        if not self._console.is_terminal:
            self._console = _Console(**{"width": PLAIN_WIDTH, **options})

    def say(self, text: object, *, lead: str = "", style: str = "") -> None:
        """One line, behind ``lead``: an indent, or a mark of our own."""
        self._console.print(Text(lead + shown(text), style), soft_wrap=True)

    def passage(self, text: str, places: Iterable[tuple[int, int]], *, lead: str = "") -> None:
        """One line in which what stands at ``places``, from and to, is marked: on a terminal in
        reverse, else by [ ]."""
        begin, end = "⟦", "⟧"
        marked, last = "", 0
        for first, after in places:
            marked += f"{_bare(text[last:first])}{begin}{_bare(text[first:after])}{end}"
            last = after
        pieces = shown(marked + _bare(text[last:])).replace(end, begin).split(begin)
        line = Text(lead)
        for number, piece in enumerate(pieces):
            is_marked = number % 2 == 1
            words = f"[{piece}]" if is_marked and not self._console.is_terminal else piece
            line.append(words, style="reverse" if is_marked else None)
        self._console.print(line, soft_wrap=True)

    def ask(self, question: str) -> str:
        """What a person answers to ``question``, '' for nothing."""
        return self._console.input(Text(f"{shown(question)} ")).strip()

    def table(
        self, title: str | None, columns: Iterable[str], rows: Iterable[Sequence[object]]
    ) -> None:
        """A table of cells, None is blank; where a word would break in it, a line for each cell.

        A long one is plain lines, each a row, for to lay it out takes seconds.
        """
        heads = [shown(column).replace("_", " ") for column in columns]
        lines = [["" if cell is None else shown(cell) for cell in row] for row in rows]
        if len(lines) > LONG:
            self._plain(title, heads, lines)
            return
        cells = [[head, *(line[n] for line in lines)] for n, head in enumerate(heads)]
        room = self._console.width
        framed = _widths(cells, room - FRAME * len(cells) - 1)
        if (widths := framed or _widths(cells, room - GAP * (len(cells) - 1))) is None:
            self._records(title, heads, lines)
            return
        look: dict[str, Any] = {} if framed else BARE
        table = Table(
            title=None if title is None else Text(shown(title)), title_justify="left", **look
        )
        for head, width in zip(heads, widths, strict=True):
            table.add_column(Text(head), overflow="fold", width=width)
        for line in lines:
            table.add_row(*map(Text, line))
        self._console.print(table)

    def _plain(
        self, title: str | None, heads: Sequence[str], lines: Sequence[Sequence[str]]
    ) -> None:
        """A line for each row, nothing in it folded; columns begin below each other as far as
        cells are not wider than most."""
        if title is not None:
            self.say(title)
        pads = [min(WIDE, max(map(cell_len, cells))) for cells in zip(heads, *lines, strict=True)]
        rows = [
            "  ".join(
                cell + " " * (pad - cell_len(cell)) for cell, pad in zip(line, pads, strict=True)
            )
            for line in (heads, *lines)
        ]
        self._console.out("\n".join(map(str.rstrip, rows)), highlight=False)

    def _records(
        self, title: str | None, heads: Sequence[str], lines: Sequence[Sequence[str]]
    ) -> None:
        """A line for each cell that is not blank, behind its column's name."""
        if title is not None:
            self.say(title)
        for line in lines:
            lead = "- "
            for head, cell in zip(heads, line, strict=True):
                if cell:
                    self.say(f"{head}: {cell}", lead=lead)
                    lead = "  "

    def display(self, title: str) -> AbstractContextManager[Display]:
        """Bars where a person looks on, else a line for each asset that ended."""
        if self._console.is_terminal:
            return live(self._console, self.say, title)
        return nullcontext(PlainDisplay(self))


class EventTerminal(Terminal):
    """For machines: events as JSON on standard output, a line each, and words on standard error."""

    def __init__(self) -> None:
        super().__init__(stderr=True, width=PLAIN_WIDTH, quiet=_is_quiet())

    def event(self, name: str, /, **facts: Any) -> None:
        """Print one event, without what is None."""
        said = {key: value for key, value in facts.items() if value is not None}
        say_json({"event": name, **said}, indent=None)

    def display(self, title: str) -> AbstractContextManager[Display]:
        """The progress as events."""
        return nullcontext(EventDisplay(self.event, title))


def _bare(text: str) -> str:
    """``text`` without the signs that mark a place."""
    return text.replace("⟦", "[").replace("⟧", "]")


def console(*, stderr: bool = False) -> Terminal:
    """The terminal, or the file or pipe in its place.

    ``stderr``: words go there, where standard output is for one JSON object.
    """
    return Terminal(stderr=stderr, quiet=_is_quiet())


def _is_quiet() -> bool:
    """Was the command that is under way called with ``--quiet``?"""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(QUIET))


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """How wide each column of these cells is in ``room``, so that no word breaks; None: it can't
    be."""
    widest = [max(map(cell_len, cells)) for cells in columns]
    widths = [
        max(cell_len(word) for cell in cells for word in [*cell.split(), ""]) for cells in columns
    ]
    if (left := room - sum(widths)) < 0:
        return None
    for _ in range(min(left, sum(widest) - sum(widths))):
        wanting = [wide - width for wide, width in zip(widest, widths, strict=True)]
        widths[wanting.index(max(wanting))] += 1
    return widths


def say_json(value: Any, indent: int | None = 2, *, secrets: bool = False) -> None:
    """``value`` as JSON on standard output."""
    hand_over(json_text(value, indent, secrets=secrets) + "\n")


def hand_over(data: str | bytes) -> None:
    """``data`` as it is, on standard output: what a program asked for, and no words for people.

    What is under way goes on where nobody reads it any more.
    """
    try:
        sys.stdout.flush()
        if isinstance(data, bytes):
            sys.stdout.buffer.write(data)
        else:
            sys.stdout.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        nobody_reads(sys.stdout)
