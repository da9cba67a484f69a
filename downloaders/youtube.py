"""YouTube through yt-dlp: videos, their transcripts and playlists, each an asset of its own."""

import os
import re
import shutil
import threading
from pathlib import Path
from typing import Any, ClassVar, cast

from yt_dlp.utils import YoutubeDLError  # type: ignore[import-untyped]

from downloaders import files
from downloaders.base import Discovered, Downloader, Fetched, FetchSettings, Progress, Request
from downloaders.youtube_errors import transfer_error
from downloaders.ytdlp import Client
from rowkeeper.errors import PermanentError, RetryLaterError
from rowkeeper.paths import safe_extension, sha256_file

VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
PLAYLIST_ID = re.compile(r"[A-Za-z0-9_-]{2,64}")
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
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        client = self._client()
        client.begin(folder, progress)
        act = {"video": _video, "transcript": _transcript, "playlist": _playlist}
        try:
            return act[request.asset_kind](client, request, folder)
        except YoutubeDLError as error:
            raise transfer_error(error, client) from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _client(self) -> Client:
        if not hasattr(self._local, "client"):
            self._local.client = Client(self._settings)
        return cast(Client, self._local.client)


def _watch_url(media_id: str) -> str:
    if not VIDEO_ID.fullmatch(media_id):
        raise PermanentError("bad_link", "The link holds no valid YouTube video id.")
    return f"https://www.youtube.com/watch?v={media_id}"


def _video(client: Client, request: Request, folder: Path) -> Fetched:
    info = client.extract_info(_watch_url(request.media_id), ie_key="Youtube")
    if (info or {}).get("live_status") == "is_live":
        raise RetryLaterError("live", "The video is live now; it can be had when it is over.")
    done = (info or {}).get("requested_downloads") or [{}]
    part = folder / Path(done[0].get("filepath") or "missing").name
    if not part.is_file():
        raise RetryLaterError("no_file", "yt-dlp left no file.")
    path = folder.parent / f"{request.asset_id}.{safe_extension(part.name, None)}"
    return _keep(part, path, {**info, **done[0]}, files.mime_type_of(path))


def _transcript(client: Client, request: Request, folder: Path) -> Fetched:
    url = _watch_url(request.media_id)
    info = client.extract_info(url, download=False, process=False, ie_key="Youtube")
    found = _caption(info)
    if found is None:
        raise PermanentError("no_transcript", "The video has no captions.")
    language, source, address = found
    body = client.urlopen(address).read()
    if not body.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"WEBVTT"):
        raise RetryLaterError("bad_transcript", "YouTube sent something else than captions.")
    part = folder / "captions.vtt"
    part.write_bytes(body)
    facts = {**info, "caption_language": language, "caption_source": source}
    return _keep(part, folder.parent / f"{request.asset_id}.vtt", facts, "text/vtt")


def _caption(info: dict[str, Any]) -> tuple[str, str, str] | None:
    """Language, source and address of the best captions.

    Written ones go before recognised ones and English before the rest; of the recognised ones
    the spoken language (``-orig``) goes before a translation.
    """
    ranked = []
    for source, key in (("manual", "subtitles"), ("automatic", "automatic_captions")):
        for language, tracks in (info.get(key) or {}).items():
            address = next((track["url"] for track in tracks if track.get("ext") == "vtt"), None)
            rank = _rank(language, source == "manual")
            if address and rank is not None:
                ranked.append((rank, language, source, address))
    return min(ranked)[1:] if ranked else None


def _rank(language: str, manual: bool) -> tuple[int, int, int] | None:
    base, original = language.removesuffix("-orig"), language.endswith("-orig")
    english = base == "en" or base.startswith("en-")
    if base == "live_chat" or not (manual or english or original):
        return None
    place = 0 if original else 1 if base == "en" else 2
    return (0 if english else 1, 0 if manual else 1, place)


def _playlist(client: Client, request: Request, folder: Path) -> Fetched:
    title, entries = _listed(client, request)
    children = tuple(
        Discovered.child(
            request,
            position=position,
            provider="youtube",
            media_id=entry["id"],
            asset_kind=kind,
            original_url=_watch_url(entry["id"]),
            title=entry["title"],
        )
        for position, entry in enumerate(entries, 1)
        for kind in ("video", "transcript")
    )
    listing = {"provider": "youtube", "id": request.media_id, "title": title, "entries": entries}
    details = {"title": title, "entries": len(entries)}
    return files.commit_listing(
        request, folder.parent, listing, filename=title, details=details, discovered=children
    )


def _listed(client: Client, request: Request) -> tuple[str | None, list[dict[str, Any]]]:
    """A playlist's title and entries. A link that lists its videos itself needs no request."""
    named = request.media_id.split(",")
    if len(named) > 1:
        return None, [{"id": item, "title": None} for item in named if VIDEO_ID.fullmatch(item)]
    if not PLAYLIST_ID.fullmatch(request.media_id):
        raise PermanentError("bad_link", "The link holds no valid YouTube playlist id.")
    url = f"https://www.youtube.com/playlist?list={request.media_id}"
    info = client.extract_info(url, download=False)
    entries = [
        {"id": entry["id"], "title": entry.get("title")}
        for entry in (info or {}).get("entries") or []
        if entry and VIDEO_ID.fullmatch(str(entry.get("id")))
    ]
    return (info or {}).get("title"), entries


def _keep(part: Path, path: Path, info: dict[str, Any], mime_type: str) -> Fetched:
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    kept = {key: info[key] for key in sorted(KEPT) if info.get(key)}
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
