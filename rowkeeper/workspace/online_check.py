"""``rowkeeper doctor --online``: one known public video, the whole way to a file."""

import tempfile
from pathlib import Path

from rowkeeper.core.errors import RowkeeperError, TransferError
from rowkeeper.core.ids import asset_id
from rowkeeper.core.settings import Settings

VIDEO = "jNQXAC9IVRw"
"""The first video of YouTube: nineteen seconds, public since 2005."""

REMEDIES = {
    "http_403": "YouTube gives no media to this client: it may want a PO token",
    "no_format": "YouTube offers this client no media: it may want a PO token",
    "bot_check": "YouTube wants to see that somebody is there: set download.cookies_file",
    "rate_limited": "YouTube wants no more requests from this address for now: wait, or ask less",
    "unavailable": "YouTube shows nothing to this session: wait, or set download.cookies_file",
    "transport": "nothing answers: see the line, network.proxy and network.ca_file",
    "unmergeable": "ffmpeg fails: make setup brings it",
}
TOKENS = (
    "set download.youtube.plugins and download.youtube.extractor_args; docs/youtube.md says how"
)


def check_youtube(settings: Settings) -> str:
    """What was fetched, in words. Raises ``RowkeeperError`` with what is missing."""
    from downloaders.base import Request
    from downloaders.registry import Registry, fetch_settings

    with tempfile.TemporaryDirectory(prefix="rowkeeper-doctor-") as folder:
        download = settings.download.model_copy(update={"min_free_bytes": 0})
        update = {"data_dir": Path(folder), "download": download}
        wanted = fetch_settings(settings.model_copy(update=update))
        request = Request(
            asset_id=asset_id("doctor", "youtube", VIDEO, "video"),
            row_id="doctor",
            provider="youtube",
            media_id=VIDEO,
            asset_kind="video",
            original_url=f"https://www.youtube.com/watch?v={VIDEO}",
        )
        try:
            downloader = Registry(wanted).for_request(request)
            fetched = downloader.fetch(request, Path(folder), lambda *_: None)
        except TransferError as error:
            raise RowkeeperError(_words(error, settings)) from None
    return f"{VIDEO} came whole: {fetched.size_bytes:,} bytes of {fetched.mime_type}"


def _words(error: TransferError, settings: Settings) -> str:
    """What went wrong with the video, and what is missing."""
    remedy = REMEDIES.get(error.code, "see docs/providers.md for what this means")
    if "PO token" in remedy:
        given = settings.download.youtube
        known = "the given one does not do" if given.extractor_args or given.plugins else TOKENS
        remedy = f"{remedy}: {known}"
    return f"{VIDEO} did not come ({error.code}: {error}): {remedy}."
