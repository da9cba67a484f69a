"""A floor of speed: a source that trickles is left, however seldom its time-outs are met.

A time-out alone is met by one byte every now and then, and an answer like that has no end. Only the
time that a source is waited for counts, never that of the disk or the store behind it.
"""

import io
import time
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

import urllib3
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool


class TooSlowError(TimeoutError):
    """An answer came more slowly than the floor allows."""


@dataclass(frozen=True)
class Floor:
    """At least ``rate`` bytes a second, 0 for any, over each ``seconds`` of waiting.

    So an answer of a size has a deadline: its size by the rate, and the seconds once more.
    """

    rate: float = 1024.0
    seconds: float = 60.0


USUAL = Floor()


class _Watched(io.RawIOBase):
    """The bytes of ``raw``, held to a floor."""

    def __init__(self, raw: io.RawIOBase, floor: Floor) -> None:
        self._raw, self._floor = raw, floor
        self._waited, self._done = 0.0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        begun = time.monotonic()
        count = self._raw.readinto(buffer)
        self._waited += time.monotonic() - begun
        self._done += count or 0
        if self._waited > self._floor.seconds:
            if self._done < self._floor.rate * self._waited:
                raise TooSlowError(
                    f"it sent {self._done:,} bytes in {self._waited:,.0f} seconds, and "
                    f"download.min_speed is {self._floor.rate:,.0f} a second"
                )
            self._waited, self._done = 0.0, 0
        return count

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        self._raw.close()
        super().close()


def watch(manager: urllib3.PoolManager, floor: Floor) -> urllib3.PoolManager:
    """``manager``, each answer of which, headers and body, is held to ``floor``."""
    if floor.rate <= 0:
        return manager

    class Answer(HTTPResponse):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.fp = io.BufferedReader(_Watched(self.fp.detach(), floor))

    schemes: dict[str, Any] = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}
    given = {**schemes, **manager.pool_classes_by_scheme}
    manager.pool_classes_by_scheme = {
        scheme: type("Pool", (pool,), {"ConnectionCls": _answering(pool.ConnectionCls, Answer)})
        for scheme, pool in given.items()
    }
    return manager


def _answering(connection: Any, answer: type[HTTPResponse]) -> Any:
    return type("Connection", (connection,), {"response_class": answer})
