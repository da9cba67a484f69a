"""What yt-dlp's failures say about trying again."""

import re
from collections.abc import Callable, Iterator

from yt_dlp.utils import (  # type: ignore[import-untyped]
    ContentTooShortError,
    GeoRestrictedError,
    UnsupportedError,
)

from downloaders.http import status_error
from downloaders.ytdlp import Client
from rowkeeper.errors import (
    NeedsPersonError,
    PauseSiteError,
    PermanentError,
    RetryLaterError,
    TransferError,
    Verdict,
)

HOST = "YouTube"
Make = Callable[[str, str], TransferError]

MESSAGES: tuple[tuple[str, Make, str], ...] = (
    (r"not a bot|captcha", PauseSiteError, "bot_check"),
    (r"try again later|rate-limited|IP is likely being blocked", PauseSiteError, "rate_limited"),
    (r"private video|(video|playlist) is private", PermanentError, "private"),
    (r"members-only|members on level|channel's members", PermanentError, "members_only"),
    (r"account .*terminated|account .*closed", PermanentError, "terminated"),
    (r"removed by|has been removed|no longer available.*copyright", PermanentError, "removed"),
    (r"available (in|from) your (country|location)|blocked it in your", PermanentError, "geo"),
    (r"confirm your age|age-restricted", NeedsPersonError, "age_restricted"),
    (r"drm.protected", PermanentError, "drm"),
    (r"live event will begin|premieres in|offline", RetryLaterError, "not_yet_live"),
    (
        r"requires payment|\brent(al)?\b|purchase|premium members",
        NeedsPersonError,
        "payment_required",
    ),
    (r"sign in|log ?in", NeedsPersonError, "sign_in"),
    (r"video (is )?unavailable|does not exist|isn.t available", PermanentError, "not_found"),
    (r"(video|recording) is not available", PermanentError, "not_found"),
    (r"incomplete youtube id|looks truncated", PermanentError, "not_found"),
    (r"bytes read|more expected|too short|downloaded file is empty", RetryLaterError, "truncated"),
    (r"format is not available|no video formats", RetryLaterError, "no_format"),
)
"""First match wins: a pause goes before what would be final."""

TYPES: tuple[tuple[type[BaseException], Make, str], ...] = (
    (GeoRestrictedError, PermanentError, "geo"),
    (UnsupportedError, PermanentError, "unsupported"),
    (ContentTooShortError, RetryLaterError, "truncated"),
)

NOISE = re.compile(
    r"^(ERROR: )?(\[[\w:]+\] )?([\w-]{2,64}: )?"
    r"|\s*(Use --cookies|You might want to use a VPN|It is recommended|See  ?https?://).*$",
    re.DOTALL,
)


def transfer_error(error: Exception, client: Client) -> TransferError:
    """The error of the house for one of yt-dlp's."""
    causes = list(_causes(error))
    message = NOISE.sub("", str(error)).replace("’", "'")
    if client.strayed and client.strayed.verdict is Verdict.PAUSE:
        return client.strayed
    if any(status == 429 for status, _ in client.statuses):
        return status_error(429, HOST, client.retry_after_s)
    for pattern, make, code in MESSAGES:
        if re.search(pattern, message, re.IGNORECASE):
            return make(code, message)
    if client.strayed:
        return client.strayed
    for kind, make, code in TYPES:
        if any(isinstance(cause, kind) for cause in causes):
            return make(code, message)
    if client.statuses:
        return _of_status(*client.statuses[-1], client.retry_after_s)
    code = "transport" if client.dropped else "extractor"
    return RetryLaterError(code, message)


def _of_status(status: int, path: str, retry_after_s: float | None) -> TransferError:
    """A status speaks for the video only where it answers for its own page.

    Media addresses expire, and calls for some of yt-dlp's clients come and go.
    """
    if status >= 500 or path in {"/watch", "/playlist"}:
        return status_error(status, HOST, retry_after_s)
    return RetryLaterError(f"http_{status}", f"{HOST} refused {path} (HTTP {status}).")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """``error`` and all that led to it; yt-dlp keeps the cause in three places."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        info = getattr(current, "exc_info", None) or (None, None)
        waiting += [getattr(current, "cause", None), info[1], current.__cause__]
