"""Trying again within one run: exponential backoff with full jitter, only where it can help."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from rowkeeper.errors import TransferError, Verdict

T = TypeVar("T")

MAX_BACKOFF_S = 30.0


def backoff(attempt: int, base_s: float) -> float:
    """Seconds to wait after try number ``attempt`` (from 1): between 0 and base_s * 2^(attempt-1).

    The upper end is at most ``MAX_BACKOFF_S``. Full jitter keeps many workers from coming back at
    the same moment.
    """
    ceiling: float = min(MAX_BACKOFF_S, base_s * 2.0 ** min(attempt - 1, 32))
    return random.uniform(0.0, ceiling)  # noqa: S311 - spreads load, guards nothing


def with_retries(
    call: Callable[[], T],
    attempts: int,
    base_s: float,
    sleep: Callable[[float], object] = time.sleep,
) -> T:
    """What ``call`` returns, tried up to ``attempts`` times.

    Only a ``TransferError`` whose verdict is RETRY is tried again; the last one, and every other
    error, is raised as it is.
    """
    for attempt in range(1, attempts):
        try:
            return call()
        except TransferError as error:
            if error.verdict is not Verdict.RETRY:
                raise
        sleep(backoff(attempt, base_s))
    return call()
