"""YouTube through yt-dlp: videos, their transcripts and playlists, each an asset of its own."""

import os
import re
import shutil
import threading
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, cast

from yt_dlp.utils import PostProcessingError, YoutubeDLError  # type: ignore[import-untyped]

from downloaders import files
from downloaders.base import Discovered, Downloader, Fetched, FetchSettings, Progress, Request
from downloaders.http import MAX_PAGE
from downloaders.readings import Extent, checked
from downloaders.transfer import MAX_STEPS
from downloaders.youtube.captions import best_captions, plain_text
from downloaders.youtube.durations import duration_of
from downloaders.youtube.errors import transfer_error
from downloaders.ytdlp import LONGEST_LIST, Client
from rowkeeper.core.errors import PermanentError, RetryLaterError, Verdict
from rowkeeper.core.net.sniff import EXTENSIONS, HEAD, kind_of
from rowkeeper.core.paths import safe_extension, sha256_file
from rowkeeper.core.pool import StoppedError

VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
PLAYLIST_ID = re.compile(r"[A-Za-z0-9_-]{2,64}")
HIDDEN = re.compile(r"(\d+) unavailable videos? (?:is|are) hidden", re.IGNORECASE)
PAGE_SIZE = 100
"""Entries that YouTube lists at a time."""
NOT_OVER = frozenset({"is_upcoming", "is_live"})
"""States of a broadcast or a premiere of which there is nothing to keep yet."""
KEPT = frozenset(
    {"id", "title", "description", "channel", "channel_id", "uploader_id", "duration"}
    | {"upload_date", "language", "live_status", "availability", "categories", "tags"}
    | {"width", "height", "fps", "vcodec", "acodec", "format_id", "ext"}
    | {"caption_language", "caption_source"}
)
"""The fields of yt-dlp's info that are stored; the rest may hold cookies and signed addresses."""


class YouTubeDownloader(Downloader):
    """One yt-dlp instance a thread; addresses are made from ids, never taken from the sheet."""

    provider: ClassVar[str] = "youtube"
    kinds: ClassVar[frozenset[str]] = frozenset({"video", "transcript", "playlist"})

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._local = threading.local()

    def fetch(self, request: Request, directory: Path, progress: Progress) -> Fetched:
        folder = directory / f"{request.asset_id}.part"
        folder.mkdir(exist_ok=True)
        client = self._client()
        client.begin(folder, progress)
        act = {"video": _video, "transcript": _transcript, "playlist": _playlist}
        resumable = False
        try:
            return act[request.asset_kind](client, request, folder)
        except PostProcessingError:
            raise RetryLaterError("unmergeable", "ffmpeg can't read what YouTube sent.") from None
        except YoutubeDLError as error:
            failure = transfer_error(error, client)
            resumable = failure.verdict in {Verdict.RETRY, Verdict.PAUSE}
            resumable = resumable and not _spoilt(error)
            raise failure from None
        except StoppedError:
            resumable = True
            raise
        finally:
            if not (resumable and any(folder.glob("media*"))):
                shutil.rmtree(folder, ignore_errors=True)

    def _client(self) -> Client:
        if not hasattr(self._local, "client"):
            self._local.client = Client(self._settings)
        return cast(Client, self._local.client)


@dataclass(frozen=True)
class Listed:
    """A playlist as YouTube gave it. An entry has ``id``, ``title`` and ``position``, from 1."""

    title: str | None
    entries: list[dict[str, Any]]
    stated: int | None = None
    hidden: int = 0
    doubts: tuple[str, ...] = ()


def _spoilt(error: YoutubeDLError) -> bool:
    """Is what was fetched of no use to a later try?"""
    return "Postprocessing" in str(error)


def _watch_url(media_id: str) -> str:
    if not VIDEO_ID.fullmatch(media_id):
        raise PermanentError("bad_link", "The link holds no valid YouTube video id.")
    return f"https://www.youtube.com/watch?v={media_id}"


def _video(client: Client, request: Request, folder: Path) -> Fetched:
    info = client.extract_info(_watch_url(request.media_id), ie_key="Youtube")
    if (info or {}).get("live_status") in NOT_OVER:
        raise _not_over(info)
    done = (info or {}).get("requested_downloads") or [{}]
    part = folder / Path(done[0].get("filepath") or "missing").name
    if not part.is_file():
        raise RetryLaterError("no_file", "yt-dlp left no file.")
    with part.open("rb") as stream:
        kind = kind_of(stream.read(HEAD))
    if kind is None or kind.partition("/")[0] not in {"video", "audio"}:
        raise RetryLaterError("not_media", f"YouTube sent {kind or 'something'} for a video.")
    if (info | done[0]).get("vcodec") == "none":  # the bytes name the container alone
        kind = kind.replace("video/", "audio/")
    extension = EXTENSIONS.get(kind) or safe_extension(part.name, None)
    path = folder.parent / f"{request.asset_id}.{extension}"
    facts = {**info, **done[0], "ext": extension}
    return _keep(part, path, facts, kind, _provisional(info, part))


def _not_over(info: dict[str, Any]) -> RetryLaterError:
    if info["live_status"] == "is_live":
        return RetryLaterError("live", "The video is live now; it can be had when it is over.")
    return RetryLaterError("not_yet_live", "The broadcast or premiere has yet to begin.")


def _provisional(info: dict[str, Any], part: Path) -> str | None:
    """Why a video is not final, in words; None if it is."""
    if info.get("live_status") == "post_live":
        return "The broadcast has just ended: YouTube still makes the recording."
    stated, lasts = info.get("duration"), duration_of(part)
    if stated and lasts is not None and lasts < stated - max(10.0, 0.05 * stated):
        return f"It lasts {lasts:,.0f} of the {stated:,.0f} seconds that YouTube states."
    return None


def _transcript(client: Client, request: Request, folder: Path) -> Fetched:
    url = _watch_url(request.media_id)
    info = client.extract_info(url, download=False, process=False, ie_key="Youtube")
    if (info or {}).get("live_status") in NOT_OVER:
        raise _not_over(info)
    is_final = (info or {}).get("live_status") != "post_live"
    found = best_captions(info, client.languages)
    if found is None and not is_final:
        raise RetryLaterError("not_yet_live", "YouTube has made no captions of the recording yet.")
    if found is None:
        raise PermanentError("no_transcript", "The video has no captions.")
    language, source, address = found
    body = client.urlopen(address).read(MAX_PAGE)
    whole = len(body) < MAX_PAGE
    if not (whole and body.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"WEBVTT")):
        raise RetryLaterError("bad_transcript", "YouTube sent something else than captions.")
    part = folder / "captions.vtt"
    part.write_bytes(body)
    text = plain_text(body.decode("utf-8-sig", "replace"), rolling=source == "automatic")
    plain = folder.parent / f"{request.asset_id}.txt"
    files.write_hashed([text.encode()], plain)
    facts = {**info, "caption_language": language, "caption_source": source}
    words = None if is_final else "The broadcast has just ended: YouTube still makes the captions."
    kept = _keep(part, folder.parent / f"{request.asset_id}.vtt", facts, "text/vtt", words)
    return replace(kept, text=plain)


def _playlist(client: Client, request: Request, folder: Path) -> Fetched:
    found = _listed(client, request)
    limit = client.max_playlist or len(found.entries)
    entries, left_out = found.entries[:limit], len(found.entries[limit:])
    nameless = sum(not VIDEO_ID.fullmatch(entry["id"]) for entry in entries)
    doubts = [*found.doubts, *([f"{nameless} entries name no video."] if nameless else [])]
    children = tuple(
        Discovered.child(
            request,
            position=entry["position"],
            provider="youtube",
            media_id=entry["id"],
            asset_kind=kind,
            original_url=_watch_url(entry["id"]),
            title=entry["title"],
        )
        for entry in entries
        if VIDEO_ID.fullmatch(entry["id"])
        for kind in ("video", "transcript")
    )
    extent = Extent(
        listed=len(entries) - nameless,
        stated=found.stated,
        hidden=found.hidden,
        left_out=left_out,
        limit=f"download.max_playlist is {client.max_playlist}",
        doubts=tuple(doubts),
    )
    listing: dict[str, Any] = {
        "provider": "youtube",
        "id": request.media_id,
        "title": found.title,
        "entries": [{"id": entry["id"], "title": entry["title"]} for entry in entries],
    }
    if left_out:
        listing["left_out"] = left_out
    details = {"title": found.title, **extent.details()}
    fetched = files.commit_listing(
        request, folder.parent, listing, filename=found.title, details=details, discovered=children
    )
    return checked(fetched, extent)


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
    hidden = [int(found[1]) for text in client.warnings if (found := HIDDEN.search(text))]
    doubts = [text for text in client.warnings if not HIDDEN.search(text)]
    if len(entries) == LONGEST_LIST:
        doubts.append(f"no more than {LONGEST_LIST:,} entries are read.")
    doubts += _doubts_of_end(len(entries), client.pages - pages)
    stated = info.get("playlist_count")
    return Listed(info.get("title"), entries, stated, max(hidden, default=0), tuple(doubts))


def _doubts_of_end(entries: int, empty_pages: int) -> list[str]:
    """What makes the end of a list doubtful that came without a warning.

    yt-dlp takes a page without entries for the end, and a full page that names no next one.
    """
    if not entries:
        return ["it has no entries, and states no count."]
    if empty_pages:
        return ["the page after the last entry came without any."]
    if entries % PAGE_SIZE == 0:
        return [f"it ends with a full page of {PAGE_SIZE}, and states no count."]
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


def _keep(
    part: Path, path: Path, info: dict[str, Any], mime_type: str, provisional: str | None = None
) -> Fetched:
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    kept = {key: info[key] for key in sorted(KEPT) if info.get(key)}
    if provisional:
        kept |= {"provisional": True, "provisional_because": provisional}
    digest, size = sha256_file(part)
    fetched = Fetched(
        path=path,
        filename=f"{info['title']}{path.suffix}" if info.get("title") else None,
        mime_type=mime_type,
        size_bytes=size,
        sha256=digest,
        details=kept,
    )
    return files.commit(part, fetched)
