"""YouTube through yt-dlp: videos, their transcripts and playlists, each an asset of its own."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from downloaders import files
from downloaders.base import Discovered, Fetched, Request
from downloaders.readings import Extent, checked
from downloaders.transfer import MAX_STEPS
from downloaders.youtube.rules import RULES
from downloaders.ytdlp.client import LONGEST_LIST, Client
from downloaders.ytdlp.site import VideoSite
from downloaders.ytdlp.videos import Act, VideoDownloader, page_of
from rowkeeper.core.errors import (
    NeedsPersonError,
    PermanentError,
    RetryLaterError,
    TransferError,
)
from rowkeeper.core.net.hosts import Hosts
from rowkeeper.core.net.throttle import Limit

VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
PLAYLIST_ID = re.compile(r"[A-Za-z0-9_-]{2,64}")
HIDDEN = re.compile(r"(\d[\d,.]*) unavailable videos? (?:is|are) hidden", re.IGNORECASE)
PAGE_SIZE = 100
"""Entries that YouTube lists at a time."""
NEIGHBOURS = 5
"""So many entries that come again in a row are no choice of whoever made the list."""


def _version(url: str) -> list[str]:
    """What of a medium's address says when it was made."""
    return parse_qs(urlsplit(url).query).get("lmt", [])


YOUTUBE = VideoSite(
    provider="youtube",
    name="YouTube",
    extractors=("youtube", "youtube:tab", "youtube:playlist"),
    ie_key="Youtube",
    media_id=VIDEO_ID,
    page="https://www.youtube.com/watch?v={}",
    hosts=Hosts(
        allowed=frozenset({".youtube.com", ".googlevideo.com", "youtubei.googleapis.com"}),
        sign_in=frozenset({"accounts.google.com"}),
    ),
    media=Hosts(frozenset({".googlevideo.com"})),
    rules=RULES,
    pages=re.compile(r"/watch|/playlist"),
    blocks_by_403=True,
    version=_version,
    kept=frozenset({"channel", "channel_id", "uploader_id", "availability", "categories", "tags"}),
    list_page=re.compile(r".*/browse"),
)


class YouTubeDownloader(VideoDownloader):
    """Videos and transcripts as of any site of videos, and playlists."""

    site = YOUTUBE
    provider: ClassVar[str] = YOUTUBE.provider
    kinds: ClassVar[frozenset[str]] = frozenset({"video", "transcript", "playlist"})
    pace: ClassVar[Limit] = Limit(rate=2.0, burst=5, slots=4)

    def acts(self) -> Mapping[str, Act]:
        return {**super().acts(), "playlist": _playlist}

    def replaced(self, request: Request) -> TransferError:
        """What has to be paid for shows its trailer, and so may what has yet to premiere."""
        page, extractor = self.page(request), self._client().get_info_extractor(self.site.ie_key)
        asker = extractor._webpage_client
        answers = extractor._initial_extract(page, {}, page, asker, request.media_id)[4]
        if any(_is_to_come(answer) for answer in answers):
            return RetryLaterError("not_yet_live", "YouTube shows the trailer of a premiere.")
        words = "YouTube shows its trailer alone: the video itself has to be paid for."
        return NeedsPersonError("payment_required", words)


def _is_to_come(answer: dict[str, Any]) -> bool:
    """Does what the player is told name a broadcast or premiere that has yet to begin?"""
    details, status = answer.get("videoDetails") or {}, answer.get("playabilityStatus") or {}
    return bool(details.get("isUpcoming")) or status.get("status") == "LIVE_STREAM_OFFLINE"


@dataclass(frozen=True)
class Listed:
    """A playlist as YouTube gave it. An entry has ``id``, ``title`` and ``position``, from 1."""

    title: str | None
    entries: list[dict[str, Any]]
    stated: int | None = None
    hidden: int = 0
    doubts: tuple[str, ...] = ()


def _playlist(client: Client, request: Request, folder: Path) -> Fetched:
    listed = _listed(client, request)
    limit = client.max_playlist or len(listed.entries)
    entries, left_out = listed.entries[:limit], len(listed.entries[limit:])
    nameless = sum(not VIDEO_ID.fullmatch(entry["id"]) for entry in entries)
    doubts = [*listed.doubts, *([f"{nameless} entries name no video."] if nameless else [])]
    twice = listed_twice([entry["id"] for entry in entries])
    if twice:
        doubts.append(f"{twice} entries came twice, in the same order.")
    extent = Extent(
        listed=len(entries) - nameless - twice,
        stated=listed.stated,
        hidden=listed.hidden,
        left_out=left_out,
        limit=f"download.max_playlist is {client.max_playlist}",
        doubts=tuple(doubts),
    )
    listing: dict[str, Any] = {
        "provider": YOUTUBE.provider,
        "id": request.media_id,
        "title": listed.title,
        "entries": [{"id": entry["id"], "title": entry["title"]} for entry in entries],
    }
    if left_out:
        listing["left_out"] = left_out
    details = {"title": listed.title, **extent.details()}
    fetched = files.commit_listing(
        request,
        folder.parent,
        listing,
        filename=listed.title,
        details=details,
        discovered=_children(request, entries),
    )
    return checked(fetched, extent)


def _children(request: Request, entries: Sequence[Mapping[str, Any]]) -> tuple[Discovered, ...]:
    """The video and the transcript of each entry that names a video."""
    return tuple(
        Discovered.child(
            request,
            position=entry["position"],
            provider=YOUTUBE.provider,
            media_id=entry["id"],
            asset_kind=kind,
            original_url=page_of(YOUTUBE, entry["id"]),
            title=entry["title"],
        )
        for entry in entries
        if VIDEO_ID.fullmatch(entry["id"])
        for kind in ("video", "transcript")
    )


def _listed(client: Client, request: Request) -> Listed:
    """What YouTube lists. A link that lists its videos itself needs no request."""
    named = [item for item in request.media_id.split(",") if VIDEO_ID.fullmatch(item)]
    if "," in request.media_id:
        entries = [{"id": item, "title": None, "position": n} for n, item in enumerate(named, 1)]
        return Listed(None, entries, stated=len(request.media_id.split(",")))
    if not PLAYLIST_ID.fullmatch(request.media_id):
        raise PermanentError("bad_link", "The link holds no valid YouTube playlist id.")
    url = f"https://www.youtube.com/playlist?list={request.media_id}"
    info = _resolved(client, url)
    entries, pages = [], client.pages
    for position, entry in enumerate(islice(info.get("entries") or (), LONGEST_LIST), 1):
        pages = client.pages
        if entry:
            media_id, title = str(entry.get("id") or ""), entry.get("title")
            entries.append({"id": media_id, "title": title, "position": position})
    notices = [match[1] for text in client.warnings if (match := HIDDEN.search(text))]
    hidden = [int(re.sub(r"\D", "", number)) for number in notices]
    doubts = [text for text in client.warnings if not HIDDEN.search(text)]
    if len(entries) == LONGEST_LIST:
        doubts.append(f"no more than {LONGEST_LIST:,} entries are read.")
    stated = info.get("playlist_count")
    doubts += _doubts_of_end(len(entries), client.pages - pages, stated)
    return Listed(info.get("title"), entries, stated, max(hidden, default=0), tuple(doubts))


def listed_twice(ids: list[str]) -> int:
    """How many entries came before in the same order, in the place of others.

    A video may well stand twice in a list. So many neighbours at once are a page given again.
    """
    first: dict[str, int] = {}
    twice = run = 0
    before = -2
    for position, media_id in enumerate(ids):
        place = first.setdefault(media_id, position)
        is_again = place < position
        run = (run + 1 if place == before + 1 else 1) if is_again else 0
        twice += NEIGHBOURS if run == NEIGHBOURS else int(run > NEIGHBOURS)
        before = place if is_again else -2
    return twice


def _doubts_of_end(entries: int, empty_pages: int, stated: int | None) -> list[str]:
    """What makes the end of a list doubtful that came without a warning.

    yt-dlp takes a page without entries for the end, and a full page that names no next one.
    """
    count = ", and states no count" if stated is None else ""
    if not entries:
        return [f"it has no entries{count}."]
    if empty_pages:
        return ["the page after the last entry came without any."]
    if entries % PAGE_SIZE == 0:
        return [f"it ends with a full page of {PAGE_SIZE}{count}."]
    return []


def _resolved(client: Client, url: str) -> dict[str, Any]:
    """The playlist behind ``url``; its entries are read as they are asked for."""
    info: dict[str, Any] = {"url": url}
    for _ in range(MAX_STEPS):
        info = client.extract_info(
            info["url"], download=False, process=False, ie_key=info.get("ie_key")
        )
        if (info or {}).get("_type") not in {"url", "url_transparent"}:
            break
    return info or {}
