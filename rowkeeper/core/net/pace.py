"""The pace of each site in a folder: held across all threads and processes of a user's machine.

Each site has one small file, under a lock: when the next request may go, and until when the site
wants none, in seconds since the machine was started, so that nobody who sets the time of day makes
a wait longer. Slots, one lock file each, hold how many transfers run at a time.
"""

import hashlib
import json
import math
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO

from rowkeeper.core import clock
from rowkeeper.core.disk.locks import lock_path, try_lock, unlock
from rowkeeper.core.disk.own import own_file, read_file, replace_small
from rowkeeper.core.errors import UsageError
from rowkeeper.core.net.throttle import LONGEST_AHEAD_S, Limit, OwnSlots
from rowkeeper.core.text import from_json

LARGEST = 1 << 16
"""A state takes some hundred bytes."""


class FilePace:
    """The pace of those who share ``folder``, which is made if it is missing."""

    poll_s = 0.1

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._threads = threading.Lock()
        self._slots = OwnSlots()

    def turn(self, site: str, limit: Limit) -> float:
        """Take the next turn; the seconds until it comes."""
        interval = 1.0 / limit.rate
        with self._state(self._path(site)) as state:
            now = clock.seconds()
            ahead = min(state.get("ahead_until", 0.0), now + LONGEST_AHEAD_S)
            turn = max(ahead, now) + interval
            state["ahead_until"] = turn
        return turn - limit.burst * interval - now

    def pause(self, site: str, seconds: float) -> None:
        """Let nobody on this machine ask ``site`` for so long; a longer pause stays."""
        with self._state(self._path(site)) as state:
            until = clock.seconds() + seconds
            state["paused_until"] = max(until, state.get("paused_until", 0.0))

    def resume(self, site: str) -> None:
        """End the pause of ``site``, and of all its hosts."""
        for path in (self._path(site), *self._hosts(site)):
            with self._state(path) as state:
                state.pop("paused_until", None)

    def paused_s(self, site: str) -> float:
        """For how many seconds ``site`` wants no requests."""
        return _left(self._path(site))

    def paused_hosts(self, provider: str) -> float:
        """The longest pause of the hosts of ``provider``."""
        return max(map(_left, self._hosts(provider)), default=0.0)

    def slot(self, site: str, slots: int) -> Callable[[], None] | None:
        """What gives a slot back that is ours from now on: a locked file."""
        paths = (f"{self.folder}/{_name(site)}.{number}.lock" for number in range(slots))
        return self._slots.first(paths, self._take)

    def _take(self, path: str) -> Callable[[], None] | None:
        file = self._lock(path)
        return None if file is None else partial(_release, file)

    def _lock(self, path: str) -> BinaryIO | None:
        try:
            return _locked(path)
        except FileNotFoundError:
            self._make_folder()
            return _locked(path)

    @contextmanager
    def _state(self, path: Path) -> Iterator[dict[str, float]]:
        """What stands in ``path``, written back at the end; one at a time."""
        self._make_folder()
        with self._threads, lock_path(path.with_suffix(".lock")):
            state = _read(path)
            yield state
            replace_small(path, json.dumps({**state, "start": clock.start()}))

    def _path(self, site: str) -> Path:
        return _place(self.folder, site)

    def _hosts(self, provider: str) -> list[Path]:
        return sorted(self.folder.glob(f"{provider}-*.json"))

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def default_folder() -> Path:
    """Where a user's runs meet: in the user's own cache folder. Raises ``UsageError``."""
    from platformdirs import user_cache_path

    try:
        return user_cache_path("rowkeeper") / "pace"
    except RuntimeError:
        raise UsageError(
            "This user has no home folder, so the pace of sites has no place: name a folder for it "
            "by download.pace_dir (ROWKEEPER_DOWNLOAD_PACE_DIR)."
        ) from None


@lru_cache(maxsize=1024)
def _place(folder: Path, site: str) -> Path:
    return folder / f"{_name(site)}.json"


@lru_cache(maxsize=1024)
def _name(site: str) -> str:
    """The name of a site's file; of a host's one that no other host has."""
    provider, _, host = site.lower().partition(" ")
    plain = re.sub(r"[^a-z0-9_-]", "_", f"{provider}-{host}" if host else provider)[:60]
    return f"{plain}-{hashlib.sha256(host.encode()).hexdigest()[:12]}" if host else plain


def _locked(path: str) -> BinaryIO | None:
    """The open file of ``path``, locked; None while another process has the lock."""
    with ExitStack() as stack:
        file = stack.enter_context(own_file(Path(path)))
        if not try_lock(file):
            return None
        stack.pop_all()
        return file


def _release(file: BinaryIO) -> None:
    unlock(file)
    file.close()


def _left(path: Path) -> float:
    return _read(path).get("paused_until", 0.0) - clock.seconds()


def _read(path: Path) -> dict[str, float]:
    """What stands there of this start of the machine."""
    try:
        with read_file(path) as file:
            state = from_json(file.read(LARGEST))
        if state.pop("start") != clock.start():
            return {}
        values = {name: float(value) for name, value in state.items()}
        return {name: value for name, value in values.items() if math.isfinite(value)}
    except (OSError, ValueError, OverflowError, TypeError, KeyError, AttributeError):
        return {}
