"""Dailymotion through yt-dlp: public videos."""

import re
from typing import ClassVar

from downloaders.verdicts import Rule
from downloaders.ytdlp.rules import USUAL
from downloaders.ytdlp.site import VideoSite
from downloaders.ytdlp.videos import VideoDownloader
from rowkeeper.core.errors import PermanentError, RetryLaterError
from rowkeeper.core.net.hosts import Hosts
from rowkeeper.core.net.throttle import Limit

RULES = (
    Rule(
        r"deleted|removed|does not exist|not found|rejected|breach",
        PermanentError,
        "removed",
        "This video does not exist or has been deleted.",
        "it is said to be gone",
    ),
    Rule(
        r"copyright",
        PermanentError,
        "copyright",
        "Copyrighted content, access forbidden.",
        "the claim is named",
    ),
    Rule(
        r"\bprivate\b",
        PermanentError,
        "private",
        "This video is private.",
        "its owner has decided so",
    ),
    Rule(
        r"in progress",
        RetryLaterError,
        "processing",
        "Publishing in progress…",
        "it comes",
    ),
)
MEDIA = frozenset({".dmcdn.net"})


class DailymotionDownloader(VideoDownloader):
    """Its captions are no WebVTT, and are left."""

    site = VideoSite(
        provider="dailymotion",
        name="Dailymotion",
        extractors=("dailymotion",),
        ie_key="Dailymotion",
        media_id=re.compile(r"[A-Za-z0-9]{2,32}"),
        page="https://www.dailymotion.com/video/{}",
        hosts=Hosts(MEDIA | {".dailymotion.com"}),
        media=Hosts(MEDIA),
        rules=(*RULES, *USUAL),
        pages=re.compile(r"/player/metadata/.*"),
    )
    provider: ClassVar[str] = site.provider
    kinds: ClassVar[frozenset[str]] = frozenset({"video"})
    pace: ClassVar[Limit] = Limit(rate=2.0, burst=6, slots=2)
