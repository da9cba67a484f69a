"""A figure: two costs that are measured beside each other, and the ratio that is wanted."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """``ratio`` of ``ours`` to ``theirs``; ``more`` says that more is better."""

    name: str
    ours: float
    theirs: float
    goal: float
    more: bool = False

    @property
    def ratio(self) -> float:
        return round(self.theirs / self.ours if self.more else self.ours / self.theirs, 3)


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """What ``work`` takes; CPU seconds, all threads counted."""
    begin = clock()
    work()
    return clock() - begin
