"""Trying again within one run: exponential backoff with full jitter, only where it can help."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from rowkeeper.errors import TransferError, Verdict

T = TypeVar("T")

MAX_BACKOFF_S = 30.0
MAX_BETWEEN_RUNS_S = 86_400.0


def backoff(attempt: int, base_s: float) -> float:
    """Seconds to wait after try number ``attempt`` (from 1): between 0 and base_s * 2^(attempt-1).

    The upper end is at most ``MAX_BACKOFF_S``. Full jitter keeps many workers from coming back at
    the same moment.
    """
    ceiling: float = min(MAX_BACKOFF_S, base_s * 2.0 ** min(attempt - 1, 32))
    return random.uniform(0.0, ceiling)  # noqa: S311 - spreads load, guards nothing


def between_runs(attempt: int, base_s: float) -> float:
    """Seconds until a later run may try again after run number ``attempt`` (from 1).

    Doubled for each run, a day at most, with half of it left to chance.
    """
    longest: float = min(MAX_BETWEEN_RUNS_S, base_s * 2.0 ** min(attempt - 1, 32))
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, guards nothing


def with_retries(
    call: Callable[[], T],
    attempts: int,
    base_s: float,
    sleep: Callable[[float], object] = time.sleep,
    pause: Callable[[TransferError], bool] = lambda _: False,
) -> T:
    """What ``call`` returns, tried up to ``attempts`` times.

    Only a ``TransferError`` whose verdict is RETRY is tried again, no sooner than the site asks;
    one whose verdict is PAUSE goes to ``pause``, which says whether to try again. The last error,
    and every other one, is raised as it is.
    """
    for attempt in range(1, attempts + 1):
        try:
            return call()
        except TransferError as error:
            if error.verdict is Verdict.PAUSE:
                if not pause(error) or attempt == attempts:
                    raise
                continue
            wanted = error.retry_after_s or 0.0
            if error.verdict is not Verdict.RETRY or attempt == attempts or wanted > MAX_BACKOFF_S:
                raise
        sleep(max(wanted, backoff(attempt, base_s)))
    raise ValueError("attempts must be 1 or more")
