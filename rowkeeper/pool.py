"""Bounded threads over many items, which can be stopped: what downloads and uploads share."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


class StoppedError(Exception):
    """The run is being stopped; nothing is said about the item."""


class Stop:
    """Tells the workers of one run that it is over."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def check(self) -> None:
        """Raise ``StoppedError`` if the run is over."""
        if self._event.is_set():
            raise StoppedError

    def sleep(self, seconds: float) -> None:
        """Wait, or raise ``StoppedError`` as soon as the run is over."""
        if self._event.wait(seconds):
            raise StoppedError


def run_bounded(
    work: Callable[[T], None], items: Iterable[T], workers: int, stop: Stop, name: str
) -> None:
    """Call ``work`` for all ``items`` on ``workers`` threads; ``items`` is read as room comes free.

    The first exception that ``work`` raises, or an interrupt, sets ``stop`` and is raised when the
    work under way has ended; what was not begun is dropped.
    """
    waiting = iter(items)
    with ThreadPoolExecutor(workers, thread_name_prefix=name) as executor:
        running: set[Future[None]] = set()
        try:
            while True:
                room = workers * 2 - len(running)
                running |= {executor.submit(work, item) for item in islice(waiting, room)}
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
        except BaseException:
            stop.set()
            executor.shutdown(wait=False, cancel_futures=True)
            raise
