"""What yt-dlp's failures say about trying again."""

import re
from collections.abc import Iterator

from yt_dlp.utils import (  # type: ignore[import-untyped]
    ContentTooShortError,
    GeoRestrictedError,
    UnsupportedError,
)

from downloaders.http import status_error
from downloaders.verdicts import first_match
from downloaders.ytdlp.children import FfmpegWantedError, NotMediaError
from downloaders.ytdlp.client import Client
from downloaders.ytdlp.rules import EXTRACTOR, GEO, TRUNCATED, UNSUPPORTED
from downloaders.ytdlp.site import VideoSite
from rowkeeper.core.disk.faults import too_large
from rowkeeper.core.errors import PauseSiteError, RetryLaterError, TransferError, Verdict

TYPES = {
    FfmpegWantedError: UNSUPPORTED,
    GeoRestrictedError: GEO,
    UnsupportedError: UNSUPPORTED,
    ContentTooShortError: TRUNCATED,
}

NOISE = re.compile(
    r"^(ERROR: )?(\[[\w:]+\] )?([\w-]{2,64}: )?"
    r"|\s*(Use --cookies|You might want to use a VPN|It is recommended|See  ?https?://).*$",
    re.DOTALL,
)


NAMES = re.compile(
    r"""(?<!\w)'[^']*'(?!\w)|"[^"]*"|“[^”]*”"""
    r"|(?<=on level: ).*?(?= \(or any|$)|(?<=content from ).*?(?=, who |\. It is|$)"
    r"|(?<=claim by ).*$",
    re.DOTALL,
)
"""What somebody else has named: a level of members, who claims a right, a title."""


def transfer_error(error: Exception, client: Client) -> TransferError:
    """The error of the house for one of yt-dlp's."""
    causes = list(_causes(error))
    if refused := next(filter(None, map(too_large, causes)), None):
        return refused
    if unfit := next((cause for cause in causes if isinstance(cause, NotMediaError)), None):
        return RetryLaterError("not_media", f"{client.site.name}: {unfit}")
    message = NOISE.sub("", str(error)).replace("’", "'")
    if client.strayed and client.strayed.verdict is Verdict.PAUSE:
        return client.strayed
    if any(status == 429 for status, _ in client.statuses):
        return status_error(429, client.site.name, client.retry_after_s)
    if rule := first_match(client.site.rules, NAMES.sub("", message)):
        return rule.raised(message)
    if client.strayed:
        return client.strayed
    for kind, rule in TYPES.items():
        if any(isinstance(cause, kind) for cause in causes):
            return rule.raised(message)
    if client.statuses:
        return _of_status(client.site, *client.statuses[-1], client.retry_after_s)
    if client.dropped:
        return RetryLaterError("transport", message)
    return EXTRACTOR.raised(message)


def _of_status(
    site: VideoSite, status: int, path: str, retry_after_s: float | None
) -> TransferError:
    """A status speaks for the video only where it answers for its own page.

    Media addresses expire, and calls for some of yt-dlp's clients come and go. Where anybody may
    see each page, it is refused to nobody but to whoever asks too much.
    """
    is_page = site.pages.fullmatch(path) is not None
    if status == 403 and is_page and site.blocks_by_403:
        words = f"{site.name} refuses its pages (HTTP 403): it wants no more requests for now."
        return PauseSiteError("http_403", words, retry_after_s)
    if status >= 500 or is_page:
        return status_error(status, site.name, retry_after_s)
    return RetryLaterError(f"http_{status}", f"{site.name} refused {path} (HTTP {status}).")


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
