"""The pace at which a site is asked, held across all threads and processes that share a place.

What is held and until when is in a :class:`Pace`: files for one user's machine (``pace.py``), or a
warehouse that all machines see.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from rowkeeper.core.errors import PauseSiteError

LONGEST_PAUSE_S = 86_400.0
LONGEST_AHEAD_S = 3600.0
"""No turn is further ahead than that, whatever stands in a place."""
ANY_HOST = frozenset({"direct"})
"""Providers that are no one site."""

Sleep = Callable[[float], object]


@dataclass(frozen=True)
class Limit:
    """``rate``: requests a second, 0 for any number; ``burst``: how many at once after a rest.

    ``slots``: transfers at a time, 0 for any number.
    """

    rate: float = 0.0
    burst: int = 1
    slots: int = 0


class Pace(Protocol):
    """Where the pace of each site is kept, for many threads at once; seconds throughout.

    Raises ``WarehouseError`` if it is in one that can't be reached.
    """

    poll_s: float
    """How long to wait before asking for a slot again."""

    def turn(self, site: str, limit: Limit) -> float:
        """Take the next turn (a token bucket as GCRA); the seconds until it comes."""

    def pause(self, site: str, seconds: float) -> None:
        """Let nobody ask ``site`` for so long; a longer pause stays."""

    def resume(self, site: str) -> None:
        """End the pause of ``site``, and of all its hosts."""

    def paused_s(self, site: str) -> float:
        """For how long ``site`` wants no requests; 0 if it may be asked."""

    def paused_hosts(self, provider: str) -> float:
        """The same of the hosts of ``provider``, those of :func:`site_of`: the longest pause."""

    def slot(self, site: str, slots: int) -> Callable[[], None] | None:
        """What gives one of the site's slots back, which is ours from now on; None: none is free.

        A process that dies gives its slots back.
        """


class OwnSlots:
    """The slots that this process has, by their keys: no thread of it tries them again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ours: set[str] = set()

    def first(
        self, keys: Iterable[str], take: Callable[[str], Callable[[], None] | None]
    ) -> Callable[[], None] | None:
        """What gives back the first of ``keys`` that ``take`` has taken; None if it has none."""
        for key in keys:
            with self._lock:
                if key in self._ours:
                    continue
                self._ours.add(key)
            give_back = None
            try:
                give_back = take(key)
            finally:
                if give_back is None:
                    self._ours.discard(key)
            if give_back is not None:
                return partial(self._give_back, key, give_back)
        return None

    def _give_back(self, key: str, give_back: Callable[[], None]) -> None:
        give_back()
        self._ours.discard(key)


@dataclass(frozen=True)
class Throttle:
    """``limits`` by site. ``sleep`` may raise to end a wait; without ``pace`` nothing is held.

    ``longest_s``: the longest pause that is waited for.
    """

    limits: Mapping[str, Limit] = field(default_factory=dict)
    pace: Pace | None = None
    sleep: Sleep = time.sleep
    longest_s: float = math.inf

    def wait(self, site: str, host: str | None = None) -> None:
        """Return when ``site`` may be asked once more; the request counts from then.

        ``host``: who of the site is asked, where that pauses on its own. Raises ``PauseSiteError``
        if it is paused for longer than is waited for.
        """
        if self.pace is None:
            return
        limit, asked = self.limits.get(site, Limit()), host or site
        while True:
            self._wait_out(asked)
            delay = self.pace.turn(site, limit) if limit.rate > 0 else 0.0
            if delay <= 0:
                return
            self.sleep(delay)
            if self.paused_s(asked) <= 0:
                return  # else somebody was told to stop meanwhile: that turn is lost

    def _wait_out(self, site: str) -> None:
        while (pause := self.paused_s(site)) > 0:
            if pause > self.longest_s:
                words = f"{site} is to be left alone for {pause:.0f} more seconds."
                raise PauseSiteError("paused", words, pause)
            self.sleep(min(pause, 1.0))

    def pause(self, site: str, seconds: float) -> None:
        """Let nobody ask ``site`` for so long, a day at most; a longer pause stays."""
        if self.pace is not None:
            self.pace.pause(site, min(seconds, LONGEST_PAUSE_S))

    def resume(self, site: str) -> None:
        """End the pause of ``site``, and of all its hosts."""
        if self.pace is not None:
            self.pace.resume(site)

    def paused_s(self, site: str) -> float:
        """For how many seconds ``site`` wants no requests; 0 if it may be asked."""
        return self._bounded(self.pace.paused_s(site) if self.pace else 0.0)

    def paused_hosts(self, provider: str) -> float:
        """The same of the hosts of ``provider``: the longest pause."""
        return self._bounded(self.pace.paused_hosts(provider) if self.pace else 0.0)

    def _bounded(self, seconds: float) -> float:
        return min(max(0.0, seconds), LONGEST_PAUSE_S)

    @contextmanager
    def slot(self, site: str) -> Iterator[None]:
        """One of the site's transfers at a time; waits for a free one."""
        slots = self.limits.get(site, Limit()).slots
        if self.pace is None or slots <= 0:
            yield
            return
        while (give_back := self.pace.slot(site, slots)) is None:
            self.sleep(self.pace.poll_s)
        try:
            yield
        finally:
            give_back()


def site_of(provider: str, url: str) -> str:
    """Who is to be left alone when the answer to ``url`` asks for it.

    The provider; of direct links, whose hosts have nothing to do with each other, the host.
    """
    if provider not in ANY_HOST:
        return provider
    try:
        return f"{provider} {urlsplit(url).hostname or ''}".strip()
    except ValueError:
        return provider
