"""What is to be known of a site whose videos yt-dlp fetches."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from downloaders.verdicts import Rule
from rowkeeper.core.net.hosts import Hosts

UPLOADER = frozenset({"uploader", "uploader_id", "tags"})


def path_of(url: str) -> str:
    """The path of a medium's address: what stays while the signature behind it changes."""
    return urlsplit(url).path


@dataclass(frozen=True, kw_only=True)
class VideoSite:
    """A site as yt-dlp's client is told of it.

    ``provider`` is our word for it, ``name`` its own. ``extractors`` are those of yt-dlp that may
    run, by ``IE_NAME``; ``ie_key`` names the one for videos. ``page``: a video's address, with
    ``{}`` for its id. ``hosts`` may be asked, those of them in ``media`` without waiting for a
    turn: they send the bytes. ``rules``: what its and yt-dlp's words mean, the first match wins.
    ``pages``: paths whose HTTP status speaks for the video itself; ``blocks_by_403`` says that a
    403 there is about who asks. ``version``: what of a medium's address tells its versions apart.
    ``kept``: the fields of yt-dlp's info that are stored beside the usual ones. ``list_page``:
    paths that give one more page of a list.
    """

    provider: str
    name: str
    extractors: tuple[str, ...]
    ie_key: str
    media_id: re.Pattern[str]
    page: str
    hosts: Hosts
    media: Hosts
    rules: tuple[Rule, ...]
    pages: re.Pattern[str]
    blocks_by_403: bool = False
    version: Callable[[str], object] = path_of
    kept: frozenset[str] = UPLOADER
    list_page: re.Pattern[str] | None = None
