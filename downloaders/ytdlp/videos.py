"""Videos and their transcripts by yt-dlp: all that a site of videos needs but its description."""

import os
import re
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

from yt_dlp.utils import PostProcessingError, YoutubeDLError  # type: ignore[import-untyped]

from downloaders import files
from downloaders.base import Downloader, Fetched, FetchSettings, Progress, Request
from downloaders.http import MAX_PAGE, status_error
from downloaders.ytdlp import shortfalls
from downloaders.ytdlp.captions import plain_text, ranked_captions
from downloaders.ytdlp.client import REFERENCES, Client
from downloaders.ytdlp.durations import duration_of
from downloaders.ytdlp.errors import transfer_error
from downloaders.ytdlp.site import VideoSite
from rowkeeper.core.disk.own import own_folder
from rowkeeper.core.errors import (
    AmbiguousError,
    PermanentError,
    RetryLaterError,
    TransferError,
    Verdict,
)
from rowkeeper.core.net.sniff import EXTENSIONS, HEAD, kind_of
from rowkeeper.core.paths import safe_extension, sha256_file
from rowkeeper.core.pool import StoppedError

KEPT = frozenset(
    {"id", "title", "description", "duration", "upload_date", "language", "live_status"}
    | {"width", "height", "fps", "vcodec", "acodec", "format_id", "ext"}
    | {"caption_language", "caption_source"}
)
"""The fields of yt-dlp's info that are stored; the rest may hold cookies and signed addresses."""

ROUNDED_S = 2.0
"""So many seconds a site's rounding and the last frames may take off a duration."""
PO_TOKEN = re.compile(r"\bpo.token", re.IGNORECASE)

Act = Callable[[Client, Request, Path], Fetched]
"""Fetches one kind of asset, with the given folder for what is unfinished."""


class VideoDownloader(Downloader):
    """One yt-dlp instance a thread; addresses are made from ids, never taken from the sheet."""

    site: ClassVar[VideoSite]

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._local = threading.local()

    def page(self, request: Request) -> str:
        """The address of the video that yt-dlp is asked for."""
        return page_of(self.site, request.media_id)

    def acts(self) -> Mapping[str, Act]:
        """What fetches each kind of asset."""
        return {"video": self._video, "transcript": self._transcript}

    def fetch(self, request: Request, directory: Path, progress: Progress) -> Fetched:
        folder = directory / f"{request.asset_id}.part"
        own_folder(folder)
        client = self._client()
        client.begin(folder, progress)
        resumable = False
        try:
            return self.acts()[request.asset_kind](client, request, folder)
        except PostProcessingError:
            words = f"ffmpeg can't read what {self.site.name} sent."
            raise RetryLaterError("unmergeable", words) from None
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
            self._local.client = Client(self._settings, self.site)
        return cast(Client, self._local.client)

    def replaced(self, request: Request) -> TransferError:
        """What it means that the site names another video in the place of the one asked for."""
        words = f"{self.site.name} names another video in the place of {request.media_id}."
        return RetryLaterError("another_video", words)

    def _check(self, request: Request, info: dict[str, Any]) -> None:
        """Raise unless ``info`` is of the very video, and that is not yet to come."""
        is_other = info.get("id", request.media_id) != request.media_id
        if is_other or info.get("_type") in REFERENCES:
            raise self.replaced(request)
        _check_over(info)

    def _video(self, client: Client, request: Request, folder: Path) -> Fetched:
        info = client.extract_info(self.page(request), ie_key=self.site.ie_key) or {}
        self._check(request, info)
        done = info.get("requested_downloads") or [{}]
        part = folder / Path(done[0].get("filepath") or "missing").name
        if not part.is_file():
            raise RetryLaterError("no_file", "yt-dlp left no file.")
        with part.open("rb") as stream:
            kind = kind_of(stream.read(HEAD))
        if kind is None or kind.partition("/")[0] not in {"video", "audio"}:
            words = f"{self.site.name} sent {kind or 'something'} for a video."
            raise RetryLaterError("not_media", words)
        if (info | done[0]).get("vcodec") == "none":  # the bytes name the container alone
            kind = kind.replace("video/", "audio/")
        extension = EXTENSIONS.get(kind) or safe_extension(part.name, None)
        path = folder.parent / f"{request.asset_id}.{extension}"
        facts = {**info, **done[0], "ext": extension}
        because = self._provisional(info, part) or self._less(client, info)
        return self._keep(part, path, facts, kind, because)

    def _less(self, client: Client, info: Mapping[str, Any]) -> str | None:
        """Why a video of the right length may still be less than there is; None if it is all."""
        if words := shortfalls.cut_short(info, client.received):
            return f"It has {words} that {self.site.name} states."
        if words := shortfalls.withheld(info, client.messages):
            return f"{self.site.name} withheld formats of it: {words}."
        return None

    def _provisional(self, info: dict[str, Any], part: Path) -> str | None:
        """Why a video is not final, in words; None if it is."""
        if info.get("live_status") == "post_live":
            return f"The broadcast has just ended: {self.site.name} still makes the recording."
        stated = info.get("duration")
        if not stated:
            return None
        lasts = duration_of(part)
        if lasts is None:
            return f"Its length can't be read; {self.site.name} states {stated:,.0f} seconds."
        if lasts < stated - max(ROUNDED_S, 0.05 * stated):
            return (
                f"It lasts {lasts:,.0f} of the {stated:,.0f} seconds that {self.site.name} states."
            )
        return None

    def _transcript(self, client: Client, request: Request, folder: Path) -> Fetched:
        info = client.described(self.page(request))
        self._check(request, info)
        is_final = info.get("live_status") != "post_live"
        name = self.site.name
        tracks = ranked_captions(info, client.languages)
        if not tracks and not is_final:
            raise RetryLaterError(
                "not_yet_live", f"{name} has made no captions of the recording yet."
            )
        if not tracks:
            raise _without_captions(client)
        language, source, body, text = self._spoken(client, tracks)
        part = folder / "captions.vtt"
        part.write_bytes(body)
        plain = folder.parent / f"{request.asset_id}.txt"
        files.write_hashed([text.encode()], plain)
        facts = {**info, "caption_language": language, "caption_source": source}
        words = (
            None if is_final else f"The broadcast has just ended: {name} still makes the captions."
        )
        kept = self._keep(part, folder.parent / f"{request.asset_id}.vtt", facts, "text/vtt", words)
        return replace(kept, text=plain)

    def _spoken(
        self, client: Client, tracks: list[tuple[str, str, str]]
    ) -> tuple[str, str, bytes, str]:
        """Language, source, WebVTT and text of the first of ``tracks`` that says anything."""
        for language, source, address in tracks:
            body = client.urlopen(address).read(MAX_PAGE)
            whole = len(body) < MAX_PAGE
            if not (whole and body.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"WEBVTT")):
                words = f"{self.site.name} sent something else than captions."
                raise RetryLaterError("bad_transcript", words)
            text = plain_text(body.decode("utf-8-sig", "replace"), rolling=source == "automatic")
            if text:
                return language, source, body, text
        raise AmbiguousError("empty_transcript", "The video has captions without a word in them.")

    def _keep(
        self,
        part: Path,
        path: Path,
        info: dict[str, Any],
        mime_type: str,
        provisional: str | None,
    ) -> Fetched:
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        kept = {key: info[key] for key in sorted(KEPT | self.site.kept) if info.get(key)}
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


def page_of(site: VideoSite, media_id: str) -> str:
    """The address of a video of ``site``; raises ``PermanentError`` if that can't be its id."""
    if not site.media_id.fullmatch(media_id):
        raise PermanentError("bad_link", f"The link holds no valid {site.name} video id.")
    return site.page.format(media_id)


def _without_captions(client: Client) -> TransferError:
    """What it means that no captions were told of: some may only be withheld."""
    if any(PO_TOKEN.search(text) for text in client.warnings):
        words = (
            f"{client.site.name} withholds the captions for want of a PO token: see "
            "download.youtube in the settings."
        )
        return RetryLaterError("po_token", words)
    if any(status == 429 for status, _ in client.statuses):
        return status_error(429, client.site.name, client.retry_after_s)
    words = f"{client.site.name} left a question open that may have told of captions."
    if client.dropped or any(status >= 500 for status, _ in client.statuses):
        return RetryLaterError("no_answer", words)
    if any(
        status not in {404, 410} or path.endswith("/v1/player") for status, path in client.statuses
    ):
        return AmbiguousError("no_answer", words)
    return PermanentError("no_transcript", "The video has no captions.")


def _check_over(info: dict[str, Any]) -> None:
    """Raise ``RetryLaterError`` for a broadcast that is not over."""
    status = info.get("live_status")
    if status == "is_live":
        raise RetryLaterError("live", "The video is live now; it can be had when it is over.")
    if status == "is_upcoming":
        raise RetryLaterError("not_yet_live", "The broadcast or premiere has yet to begin.")


def _spoilt(error: YoutubeDLError) -> bool:
    """Is what was fetched of no use to a later try?"""
    return "Postprocessing" in str(error)
