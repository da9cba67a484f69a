"""Where one piece of work stands: what workers tell and displays show."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from rowkeeper.core.events import Asset

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Progress(Generic[T_co]):
    """``state``: running, or how it ended, ``message`` says why. Sizes are in bytes."""

    request: T_co
    state: str
    done_bytes: int = 0
    total_bytes: int | None = None
    message: str = ""


class Display(Protocol):
    """Takes the progress of downloads and uploads, from many threads at once."""

    def expect(self, assets: int) -> None:
        """So many more are to be moved."""

    def update(self, progress: Progress[Asset]) -> None:
        """One of them got on or ended."""


class Reporter(Protocol):
    """To whom work says what it does: a terminal, a log, a program that reads events."""

    def say(self, text: str) -> None:
        """One line, which may hold text from outside."""

    def display(self, title: str) -> AbstractContextManager[Display]:
        """Shows the progress of the work of that title until it ends."""
