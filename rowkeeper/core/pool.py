"""Bounded threads over many items, which can be stopped: what downloads and uploads share."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

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

    def watched(self, chunks: Iterable[T]) -> Iterator[T]:
        """``chunks``, or ``StoppedError`` as soon as the run is over."""
        for chunk in chunks:
            self.check()
            yield chunk

    def sleep(self, seconds: float) -> None:
        """Wait, or raise ``StoppedError`` as soon as the run is over."""
        if self._event.wait(seconds):
            raise StoppedError


def run_bounded(
    work: Callable[[T], None],
    queues: Mapping[str, Iterable[T]],
    workers: int,
    stop: Stop,
    name: str,
    limits: Mapping[str, int] | None = None,
) -> None:
    """Call ``work`` for all items of ``queues`` on ``workers`` threads, the queues taking turns.

    Of a queue named in ``limits`` only so many run at a time, so a slow one keeps no thread from
    the others. Queues are read as room comes free. The first exception that ``work`` raises, or an
    interrupt, sets ``stop`` and is raised when the work under way has ended; what was not begun is
    dropped.
    """
    turns = _Turns(queues, limits or {}, workers)
    with ThreadPoolExecutor(workers, thread_name_prefix=name) as executor:
        running: dict[Future[None], str] = {}
        try:
            while True:
                while len(running) < workers and (turn := turns.next(running.values())):
                    queue, item = turn
                    running[executor.submit(work, item)] = queue
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    del running[future]
                    future.result()
        except BaseException:
            stop.set()
            executor.shutdown(wait=False, cancel_futures=True)
            raise


class _Turns(Generic[T]):
    """Whose turn it is: the queues one after the other, but for those that are at their limit."""

    def __init__(
        self, queues: Mapping[str, Iterable[T]], limits: Mapping[str, int], workers: int
    ) -> None:
        self._waiting = deque((name, iter(items)) for name, items in queues.items())
        self._limits, self._workers = limits, workers

    def next(self, running: Iterable[str]) -> tuple[str, T] | None:
        """The next queue's name and item; None while every queue is empty or at its limit."""
        busy = Counter(running)
        for _ in range(len(self._waiting)):
            name, items = self._waiting.popleft()
            if busy[name] >= self._limits.get(name, self._workers):
                self._waiting.append((name, items))
                continue
            for item in items:
                self._waiting.append((name, items))
                return name, item
        return None
