"""YouTube through yt-dlp: videos, their transcripts and playlists, each an asset of its own."""

import os
import re
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

from yt_dlp.utils import PostProcessingError, YoutubeDLError  # type: ignore[import-untyped]

from downloaders import files
from downloaders.base import Discovered, Downloader, Fetched, FetchSettings, Progress, Request
from downloaders.captions import plain_text
from downloaders.http import MAX_PAGE
from downloaders.sniff import EXTENSIONS, HEAD, kind_of
from downloaders.youtube_errors import transfer_error
from downloaders.ytdlp import Client
from rowkeeper.errors import PermanentError, RetryLaterError, Verdict
from rowkeeper.paths import safe_extension, sha256_file
from rowkeeper.pool import StoppedError

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


def _spoilt(error: YoutubeDLError) -> bool:
    """Is what was fetched of no use to a later try?"""
    return "Postprocessing" in str(error)


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
    with part.open("rb") as stream:
        kind = kind_of(stream.read(HEAD))
    if kind is None or kind.partition("/")[0] not in {"video", "audio"}:
        raise RetryLaterError("not_media", f"YouTube sent {kind or 'something'} for a video.")
    if (info | done[0]).get("vcodec") == "none":  # the bytes name the container alone
        kind = kind.replace("video/", "audio/")
    extension = EXTENSIONS.get(kind) or safe_extension(part.name, None)
    path = folder.parent / f"{request.asset_id}.{extension}"
    return _keep(part, path, {**info, **done[0], "ext": extension}, kind)


def _transcript(client: Client, request: Request, folder: Path) -> Fetched:
    url = _watch_url(request.media_id)
    info = client.extract_info(url, download=False, process=False, ie_key="Youtube")
    found = _caption(info, client.languages)
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
    kept = _keep(part, folder.parent / f"{request.asset_id}.vtt", facts, "text/vtt")
    return replace(kept, text=plain)


def _caption(info: dict[str, Any], wanted: tuple[str, ...]) -> tuple[str, str, str] | None:
    """Language, source and address of the best captions.

    The languages ``wanted`` go before the rest and written ones before recognised ones; of the
    recognised ones the spoken language (``-orig``) goes before a translation.
    """
    ranked = []
    for source, key in (("manual", "subtitles"), ("automatic", "automatic_captions")):
        for language, tracks in (info.get(key) or {}).items():
            address = next((track["url"] for track in tracks if track.get("ext") == "vtt"), None)
            rank = _rank(language, source == "manual", wanted)
            if address and rank is not None:
                ranked.append((rank, language, source, address))
    return min(ranked)[1:] if ranked else None


def _rank(language: str, manual: bool, wanted: tuple[str, ...]) -> tuple[int, ...] | None:
    base, original = language.removesuffix("-orig"), language.endswith("-orig")
    places = [place for place, item in enumerate(wanted) if re.fullmatch(item, base)]
    if base == "live_chat" or not (manual or places or original):
        return None
    variant = 0 if original else 2 if "-" in base else 1
    place = places[0] if places else 0
    return (0 if places else 1, 0 if manual else 1, place, variant)


def _playlist(client: Client, request: Request, folder: Path) -> Fetched:
    title, found = _listed(client, request)
    entries = found[: client.max_playlist]
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
    listing: dict[str, Any] = {
        "provider": "youtube",
        "id": request.media_id,
        "title": title,
        "entries": entries,
    }
    details = {"title": title, "entries": len(entries)}
    if left_out := len(found) - len(entries):
        details["left_out"] = left_out
        listing["left_out"] = left_out
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
