"""What a run says while it works: a live display on a terminal, plain lines elsewhere."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from rowkeeper.core import clock
from rowkeeper.core.events import Asset
from rowkeeper.core.progress import Display, Progress
from rowkeeper.core.said import shown

EVENT_S = 1.0


class Tell(Protocol):
    """Takes an event: its name and its facts."""

    def __call__(self, name: str, /, **facts: Any) -> None: ...


class Says(Protocol):
    """Takes a line that may hold text from outside."""

    def say(self, text: object, /) -> None: ...


class PlainDisplay:
    """One line for each asset that ended; none for those that only were as they should be."""

    def __init__(self, out: Says) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._expected = self._ended = 0

    def expect(self, assets: int) -> None:
        self._expected += assets

    def update(self, progress: Progress[Asset]) -> None:
        if progress.state == "running":
            return
        outcome = progress.message or decimal(progress.done_bytes)
        with self._lock:
            self._ended += 1
            if progress.state == "verified":
                return
            text = f"{self._ended}/{self._expected} {progress.state}: {_words(progress)}: {outcome}"
            self._out.say(text)


class LiveDisplay:
    """A bar over all assets and one for each that is under way; failures stay as lines."""

    def __init__(self, bars: Bars, say: Callable[[str], None], title: str) -> None:
        self._bars, self._say = bars, say
        self._all = bars.add_task(title, total=0)
        self._running: dict[str, TaskID] = {}
        self._lock = threading.Lock()
        self._expected = 0

    def expect(self, assets: int) -> None:
        self._expected += assets
        self._bars.update(self._all, total=self._expected)

    def update(self, progress: Progress[Asset]) -> None:
        key = progress.request.asset_id
        with self._lock:
            if progress.state == "running":
                if key not in self._running:
                    words = shown(_words(progress))[:50]
                    self._running[key] = self._bars.add_task(f"  {words}", total=None)
                total, done = progress.total_bytes, progress.done_bytes
                self._bars.update(self._running[key], total=total, completed=done)
                return
            if key in self._running:
                self._bars.remove_task(self._running.pop(key))
        if progress.message:
            self._say(f"{progress.state}: {_words(progress)}: {progress.message}")
        self._bars.advance(self._all)


class EventDisplay:
    """An event when a transfer begins, each second of it at most, and when it ends."""

    def __init__(self, tell: Tell, title: str) -> None:
        self._tell, self._stage = tell, title.lower()
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()

    def expect(self, assets: int) -> None:
        self._tell("expected", stage=self._stage, assets=assets)

    def update(self, progress: Progress[Asset]) -> None:
        request, now = progress.request, clock.seconds()
        with self._lock:
            if progress.state != "running":
                self._told.pop(request.asset_id, None)
            elif now - self._told.get(request.asset_id, now - EVENT_S) < EVENT_S:
                return
            else:
                self._told[request.asset_id] = now
            self._tell(
                progress.state,
                stage=self._stage,
                **request.identity(),
                done_bytes=progress.done_bytes,
                total_bytes=progress.total_bytes,
                message=progress.message or None,
            )


@contextmanager
def live(console: Console, say: Callable[[str], None], title: str) -> Iterator[Display]:
    """Bars on a terminal, until the work has ended; ``say`` prints a line above them."""
    words = TextColumn("{task.description}", markup=False)
    with Bars(words, BarColumn(), MofNCompleteColumn(), console=console, transient=True) as bars:
        yield LiveDisplay(bars, say, title)


def _words(progress: Progress[Asset]) -> str:
    request = progress.request
    return f"{request.asset_kind} {request.media_id} of row {request.row_id}"
