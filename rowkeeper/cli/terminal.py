"""The console, and text from outside made fit for it."""

from rich.console import Console

PLAIN_WIDTH = 140  # columns where no terminal says how wide it is


def console() -> Console:
    """Where commands print: no colours for numbers and paths, which are data here."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def plain(text: object) -> str:
    """``text`` on one line and without control characters, which could steer the terminal."""
    shown = "".join(char if char.isprintable() else " " for char in str(text))
    return " ".join(shown.split())
