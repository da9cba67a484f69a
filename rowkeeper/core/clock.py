"""The time, told in one place.

No clock orders anything: what follows what is said by numbers and by names. What is shown or kept
for later has the time of day, which may be wrong and may jump; what waits within a process, or with
others of this machine, counts seconds that nobody can set.
"""

import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

TELL_AFTER_S = 5.0
"""Whoever waits for longer says for what."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def now() -> datetime:
    """The time of day, UTC."""
    return datetime.now(UTC)


def seconds() -> float:
    """Seconds since this machine was started: the same for all processes, never set, never back."""
    return time.monotonic()


@cache
def start() -> str:
    """Which start of the machine ``seconds`` counts from, where the system says so."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""
