"""The pace at which a site is asked: held across all threads and processes of a user's machine.

Each site has one small file, under a lock: when the next request may go, and until when the site
wants none, in seconds since the machine was started, so that nobody who sets the time of day makes
a wait longer. Slots, one lock file each, hold how many transfers run at a time.
"""

import json
import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from rowkeeper.core import clock
from rowkeeper.core.disk.locks import lock_path, try_lock, unlock
from rowkeeper.core.errors import PauseSiteError

POLL_S = 0.1
LONGEST_PAUSE_S = 86_400.0
LONGEST_AHEAD_S = 3600.0

Sleep = Callable[[float], object]


@dataclass(frozen=True)
class Limit:
    """``rate``: requests a second, 0 for any number; ``burst``: how many at once after a rest.

    ``slots``: transfers at a time on this machine, 0 for any number.
    """

    rate: float = 0.0
    burst: int = 1
    slots: int = 0


@dataclass(frozen=True)
class Throttle:
    """``limits`` by site. ``sleep`` may raise to end a wait; without ``folder`` nothing is held.

    ``longest_s``: the longest pause that is waited for.
    """

    limits: Mapping[str, Limit] = field(default_factory=dict)
    folder: Path | None = None
    sleep: Sleep = time.sleep
    longest_s: float = math.inf
    _threads: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)
    _ours: set[str] = field(default_factory=set, compare=False, repr=False)

    def wait(self, site: str) -> None:
        """Return when ``site`` may be asked once more; the request counts from then.

        Raises ``PauseSiteError`` if the site is paused for longer than is waited for.
        """
        if self.folder is None:
            return
        while (pause := self.paused_s(site)) > 0:
            if pause > self.longest_s:
                words = f"{site} is to be left alone for {pause:.0f} more seconds."
                raise PauseSiteError("paused", words, pause)
            self.sleep(min(pause, 1.0))
        limit = self.limits.get(site, Limit())
        if limit.rate > 0 and (delay := self._reserve(site, limit)) > 0:
            self.sleep(delay)

    def _reserve(self, site: str, limit: Limit) -> float:
        """Take the next turn (a token bucket as GCRA); the seconds until it comes."""
        interval = 1.0 / limit.rate
        with self._state(site) as state:
            now = clock.seconds()
            ahead = min(state.get("ahead_until", 0.0), now + LONGEST_AHEAD_S)
            turn = max(ahead, now) + interval
            state["ahead_until"] = turn
        return max(0.0, turn - limit.burst * interval - now)

    def pause(self, site: str, seconds: float) -> None:
        """Let nobody on this machine ask ``site`` for so long, a day at most.

        A longer pause stays.
        """
        if self.folder is None:
            return
        with self._state(site) as state:
            until = clock.seconds() + min(seconds, LONGEST_PAUSE_S)
            state["paused_until"] = max(until, state.get("paused_until", 0.0))

    def resume(self, site: str) -> None:
        """End the pause of ``site``."""
        if self.folder is not None:
            with self._state(site) as state:
                state.pop("paused_until", None)

    def paused_s(self, site: str) -> float:
        """For how many seconds ``site`` wants no requests; 0 if it may be asked."""
        if self.folder is None:
            return 0.0
        left = _read(self._path(site)).get("paused_until", 0.0) - clock.seconds()
        return max(0.0, left)

    @contextmanager
    def slot(self, site: str) -> Iterator[None]:
        """One of the site's transfers at a time; waits for a free one."""
        slots = self.limits.get(site, Limit()).slots
        if self.folder is None or slots <= 0:
            yield
            return
        path, file = self._free_slot(site, slots)
        try:
            yield
        finally:
            unlock(file)
            file.close()
            self._ours.discard(path)

    def _free_slot(self, site: str, slots: int) -> tuple[str, BinaryIO]:
        """The path of a slot that is ours from now on, and its open file, which holds the lock."""
        stem = str(self._path(site).with_suffix(""))
        while True:
            for path in (f"{stem}.{number}.lock" for number in range(slots)):
                with self._threads:  # what a thread of ours has need not be tried
                    if path in self._ours:
                        continue
                    self._ours.add(path)
                file = None
                try:
                    file = self._lock(path)
                finally:
                    if file is None:
                        self._ours.discard(path)
                if file is not None:
                    return path, file
            self.sleep(POLL_S)

    def _lock(self, path: str) -> BinaryIO | None:
        try:
            return _locked(path)
        except FileNotFoundError:
            self._folder()
            return _locked(path)

    @contextmanager
    def _state(self, site: str) -> Iterator[dict[str, float]]:
        """The site's state, written back at the end; one at a time."""
        self._folder()
        path = self._path(site)
        with self._threads, lock_path(path.with_suffix(".lock")):
            state = _read(path)
            yield state
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps({**state, "start": clock.start()}))
            fresh.replace(path)

    def _path(self, site: str) -> Path:
        return (self.folder or Path()) / f"{_name(site)}.json"

    def _folder(self) -> Path:
        """The folder, made if missing."""
        folder = self.folder or Path()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


def default_folder() -> Path:
    """Where a user's runs meet: in the user's own cache folder."""
    from platformdirs import user_cache_path

    return user_cache_path("rowkeeper") / "pace"


def _name(site: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "_", site.lower())[:60]


def _locked(path: str) -> BinaryIO | None:
    """The open file of ``path``, locked; None while another process has the lock."""
    with ExitStack() as stack:
        file = stack.enter_context(Path(path).open("ab"))
        if not try_lock(file):
            return None
        stack.pop_all()
        return file


def _read(path: Path) -> dict[str, float]:
    """What stands there of this start of the machine."""
    try:
        state = json.loads(path.read_text())
        if state.pop("start") != clock.start():
            return {}
        return {name: float(value) for name, value in state.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
