"""Loom through yt-dlp: shared recordings and their captions."""

import re
from typing import ClassVar

from downloaders.ytdlp.rules import USUAL
from downloaders.ytdlp.site import VideoSite
from downloaders.ytdlp.videos import VideoDownloader
from rowkeeper.core.net.hosts import Hosts
from rowkeeper.core.net.throttle import Limit

MEDIA = frozenset({"cdn.loom.com", "luna.loom.com"})


class LoomDownloader(VideoDownloader):
    """A recording that is private and one that is gone look the same to a visitor."""

    site = VideoSite(
        provider="loom",
        name="Loom",
        extractors=("loom",),
        ie_key="Loom",
        media_id=re.compile(r"[0-9a-f]{32}"),
        page="https://www.loom.com/share/{}",
        hosts=Hosts(MEDIA | {"www.loom.com"}),
        media=Hosts(MEDIA),
        rules=USUAL,
        pages=re.compile(r"/graphql"),
    )
    provider: ClassVar[str] = site.provider
    kinds: ClassVar[frozenset[str]] = frozenset({"video", "transcript"})
    pace: ClassVar[Limit] = Limit(rate=2.0, burst=6, slots=2)
