"""A bounded window of work over many items, which can be stopped."""

import math
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


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
    dropped. An item whose work ends with ``StoppedError`` is left unsaid.
    """

    def raised(_: T, future: Future[None]) -> None:
        with suppress(StoppedError):
            future.result()

    with ThreadPoolExecutor(workers, thread_name_prefix=name) as executor:
        run_on(executor, work, queues, lambda: workers, stop, raised, limits)


def run_on(
    executor: Executor,
    work: Callable[[T], R],
    queues: Mapping[str, Iterable[T]],
    window: Callable[[], int],
    stop: Stop,
    took: Callable[[T, Future[R]], None],
    limits: Mapping[str, int] | None = None,
    look_s: float | None = None,
) -> None:
    """As above on any executor, of which ``window()`` futures are held at a time, 1 or more.

    It is asked whenever one has ended, and each ``look_s`` seconds. ``took`` is called here with
    each item and its finished future; both may raise what ends the run.
    """
    turns = _Turns(queues, limits or {})
    running: dict[Future[R], tuple[str, T]] = {}
    try:
        while True:
            busy = [queue for queue, _ in running.values()]
            room = window()
            while len(running) < room and (turn := turns.next(busy)):
                running[executor.submit(work, turn[1])] = turn
                busy.append(turn[0])
            if not running:
                return
            done, _ = wait(running, look_s, FIRST_COMPLETED)
            for future in done:
                _, item = running.pop(future)
                took(item, future)
    except BaseException:
        stop.set()
        for future in running:
            future.cancel()
        raise


class _Turns(Generic[T]):
    """Whose turn it is: the queues one after the other, but for those that are at their limit."""

    def __init__(self, queues: Mapping[str, Iterable[T]], limits: Mapping[str, int]) -> None:
        self._waiting = deque((name, iter(items)) for name, items in queues.items())
        self._limits = limits

    def next(self, running: Iterable[str]) -> tuple[str, T] | None:
        """The next queue's name and item; None while every queue is empty or at its limit."""
        busy = Counter(running)
        for _ in range(len(self._waiting)):
            name, items = self._waiting.popleft()
            if busy[name] >= self._limits.get(name, math.inf):
                self._waiting.append((name, items))
                continue
            for item in items:
                self._waiting.append((name, items))
                return name, item
        return None
