"""When to try again, within one run and in later ones, and when a refusal counts as final."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar

from rowkeeper.core.errors import AmbiguousError, TransferError, Verdict

T = TypeVar("T")

MAX_BACKOFF_S = 30.0
MAX_BETWEEN_RUNS_S = 86_400.0
AMBIGUOUS_RUNS = 4
AMBIGUOUS_SPAN = timedelta(days=3)
"""So many runs, the last so long after the first, must get the same ambiguous refusal."""
AMBIGUOUS_BACKOFF = 60
"""What the wait between runs is multiplied by, for a limited session needs hours."""


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


@dataclass(frozen=True)
class Refusals:
    """How often, and since when, an asset got the same refusal without a reason.

    The chain goes from event to event of one asset, so no clock orders it: ``since`` is what the
    first worker's clock said, and ``runs`` must be reached, too.
    """

    code: str
    runs: int
    since: datetime

    @classmethod
    def of(cls, details: Mapping[str, Any] | None) -> Self | None:
        """What the last failure of an asset told; None without a chain."""
        try:
            values = details or {}
            since = datetime.fromisoformat(values["since"])
            return cls(str(values["code"]), int(values["runs"]), since.astimezone(UTC))
        except (KeyError, TypeError, ValueError, OverflowError):
            return None

    @classmethod
    def after(cls, last: "Refusals | None", code: str, now: datetime) -> "Refusals":
        """The chain ``last`` with one more refusal; another code begins anew."""
        if last is None or last.code != code:
            return cls(code, 1, now)
        return cls(code, last.runs + 1, min(last.since, now))

    def is_final(self, now: datetime) -> bool:
        """Is the refusal taken for the truth?"""
        return self.runs >= AMBIGUOUS_RUNS and now - self.since >= AMBIGUOUS_SPAN

    def details(self) -> dict[str, Any]:
        """As a small JSON object, for an event."""
        since = self.since.isoformat(timespec="seconds")
        return {"code": self.code, "runs": self.runs, "since": since}


def with_retries(
    call: Callable[[], T],
    attempts: int,
    base_s: float,
    sleep: Callable[[float], object] = time.sleep,
    pause: Callable[[TransferError], bool] = lambda _: False,
) -> T:
    """What ``call`` returns, tried up to ``attempts`` times.

    Only a ``TransferError`` whose verdict is RETRY is tried again, no sooner than the site asks,
    and not within a run if it is ambiguous; one whose verdict is PAUSE goes to ``pause``, which
    says whether to try again. The last error, and every other one, is raised as it is.
    """
    for attempt in range(1, attempts + 1):
        try:
            return call()
        except TransferError as error:
            if error.verdict is Verdict.PAUSE:
                if not pause(error) or attempt == attempts:
                    raise
                continue
            wait = wait_before_next(error, attempt, attempts, base_s)
        sleep(wait)
    raise ValueError("attempts must be 1 or more")


def wait_before_next(error: TransferError, attempt: int, attempts: int, base_s: float) -> float:
    """Seconds until try ``attempt + 1``; raises ``error`` if there is none within this run."""
    wanted = error.retry_after_s or 0.0
    passes = error.verdict is Verdict.RETRY and not isinstance(error, AmbiguousError)
    if not passes or attempt >= attempts or wanted > MAX_BACKOFF_S:
        raise error
    return max(wanted, backoff(attempt, base_s))
