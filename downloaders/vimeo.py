"""Vimeo through yt-dlp: videos and their captions, as its player shows them to anybody."""

import re
from typing import ClassVar

from downloaders.base import Request
from downloaders.verdicts import Rule
from downloaders.ytdlp.rules import USUAL
from downloaders.ytdlp.site import VideoSite
from downloaders.ytdlp.videos import VideoDownloader
from rowkeeper.core.errors import NeedsPersonError
from rowkeeper.core.net.hosts import Hosts
from rowkeeper.core.net.throttle import Limit

EMBED_ONLY = Rule(
    r"embed-only|privacy settings",
    NeedsPersonError,
    "embed_only",
    "Cannot download embed-only video without embedding URL.",
    "its owner has to let it be played anywhere",
)
MEDIA = frozenset({".vimeocdn.com", "vod-progressive.akamaized.net", "vod-adaptive.akamaized.net"})


class VimeoDownloader(VideoDownloader):
    """By the player's page: the video's own is shown by yt-dlp only to who has signed in."""

    site = VideoSite(
        provider="vimeo",
        name="Vimeo",
        extractors=("vimeo",),
        ie_key="Vimeo",
        media_id=re.compile(r"[0-9]{1,15}"),
        page="https://player.vimeo.com/video/{}",
        hosts=Hosts(MEDIA | {"vimeo.com", ".vimeo.com"}),
        media=Hosts(MEDIA),
        rules=(EMBED_ONLY, *USUAL),
        pages=re.compile(r"/video/\d+"),
    )
    provider: ClassVar[str] = site.provider
    kinds: ClassVar[frozenset[str]] = frozenset({"video", "transcript"})
    pace: ClassVar[Limit] = Limit(rate=1.0, burst=4, slots=2)

    def page(self, request: Request) -> str:
        """An unlisted video is shown to who has its whole link, with the key in it."""
        return super().page(request) + (f"?h={request.key}" if request.key else "")
