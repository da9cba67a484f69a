"""What is told of a download: whether it is tried again and when, and text fit for an event."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from downloaders.base import Discovered, FetchSettings, Request
from rowkeeper.core import clock
from rowkeeper.core.errors import AmbiguousError, TransferError, Verdict
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.retry import AMBIGUOUS_BACKOFF, Refusals, between_runs
from rowkeeper.core.text import each_text, is_encodable

MAX_MESSAGE = 500
NOT_YET = frozenset({"live", "not_yet_live"})
"""The codes of what has yet to come: nobody gives it up."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of ``request``, and the events that tell it, in order.

    ``state``: downloaded, unchanged, failed, or paused: left for another run, with no event.
    ``discovered``: assets that it leads to. ``pause``: why its site is left alone from now on.
    """

    request: Request
    state: str
    events: tuple[AssetEvent, ...] = ()
    size_bytes: int = 0
    discovered: int = 0
    message: str = ""
    pause: str | None = None


def verdict_of(
    request: Request, error: TransferError, settings: FetchSettings
) -> tuple[Verdict, str, dict[str, Any]]:
    """What is to be done, in words too, and when: no asset is tried for ever."""
    message, limit = one_line(str(error)), settings.download.max_attempts
    faults = faults_with(request, error)
    details: dict[str, Any] = {"faults": faults}
    if error.verdict not in {Verdict.RETRY, Verdict.PAUSE}:
        return error.verdict, message, details
    if isinstance(error, AmbiguousError):
        return _refused(request, error, message, settings)
    if request.refusals:
        details["refused"] = request.refusals.details()
    is_pause = error.verdict is Verdict.PAUSE
    if faults >= limit and not (is_pause or request.standing):
        words = f"{message[: MAX_MESSAGE - 40]} Given up after {faults} runs."
        return Verdict.NEEDS_PERSON, words, {"faults": faults, "given_up": True}
    least = settings.throttle.paused_s(request.site) if is_pause else 0.0
    delay = max(between_runs(request.tries + 1, settings.download.retry_after_s), least)
    return error.verdict, message, details | next_try(delay)


def faults_with(request: Request, error: TransferError) -> int:
    """How many tries in a row have come to nothing, ``error`` among them.

    A pause is about who asks, and a refusal without a reason has a count of its own: neither is one
    more. What names its reason, or says that the time has yet to come, is an answer: the count
    begins anew.
    """
    if isinstance(error, AmbiguousError) or error.verdict is Verdict.PAUSE:
        return request.faults
    is_fault = error.verdict is Verdict.RETRY and error.code not in NOT_YET
    return request.faults + 1 if is_fault else 0


def _refused(
    request: Request, error: AmbiguousError, message: str, settings: FetchSettings
) -> tuple[Verdict, str, dict[str, Any]]:
    """As above, of a refusal without a reason: final once several runs got it, days apart."""
    now = clock.now()
    refusals = Refusals.after(request.refusals, error.code, now)
    details = {"faults": request.faults, "refused": refusals.details()}
    if refusals.is_final(now):
        since = f"{refusals.since:%Y-%m-%d}"
        words = f"{message[: MAX_MESSAGE - 60]} The same in {refusals.runs} runs since {since}."
        return Verdict.PERMANENT, words, details
    delay = between_runs(refusals.runs, AMBIGUOUS_BACKOFF * settings.download.retry_after_s)
    return Verdict.RETRY, message, details | next_try(delay)


def discovery(child: Discovered) -> dict[str, Any]:
    """What a list or a document says of ``child``."""
    details: dict[str, Any] = {"position": child.position, "title": child.title}
    if child.url_as_found:
        details["url_as_found"] = child.url_as_found
    return details | ({"is_twin": True} if child.is_twin else {})


def next_try(delay_s: float) -> dict[str, str]:
    """The detail of a failure that says when a later run may try again; none for at once."""
    next_try_at = clock.now() + timedelta(seconds=delay_s)
    return {"next_try_at": next_try_at.isoformat(timespec="seconds")} if delay_s else {}


def one_line(text: str) -> str:
    """``text`` fit for an event: one line, no query strings, no terminal codes, 500 characters."""
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    plain = re.sub(r"(https?://[^\s?#]+)[?#]\S*", r"\1", plain)
    plain = re.sub(r"(https?://)[^\s/@]+@", r"\1", plain)
    plain = "".join(char if char.isprintable() else " " for char in plain)
    return " ".join(plain.split())[:MAX_MESSAGE]


def storable(value: Any) -> Any:
    """``value`` without what JSON in UTF-8 or a warehouse can't hold: half characters and NULs."""
    return each_text(value, _storable)


def _storable(text: str) -> str:
    if is_encodable(text):
        return text
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
