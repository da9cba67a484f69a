"""yt-dlp set up for an archive: one instance a thread, our own certificates, hosts checked."""

import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import imageio_ffmpeg  # type: ignore[import-untyped]
from deno import find_deno_bin  # type: ignore[import-untyped]
from yt_dlp import YoutubeDL  # type: ignore[import-untyped]
from yt_dlp.networking._requests import RequestsRH  # type: ignore[import-untyped]
from yt_dlp.networking.exceptions import (  # type: ignore[import-untyped]
    HTTPError,
    RequestError,
    TransportError,
)

from downloaders.base import FetchSettings, Progress
from downloaders.hosts import Hosts
from rowkeeper.errors import TransferError

HOSTS = Hosts(
    allowed=frozenset({".youtube.com", ".googlevideo.com", "youtubei.googleapis.com"}),
    sign_in=frozenset({"accounts.google.com"}),
)


class StrayedError(RequestError):  # type: ignore[misc]
    """yt-dlp was led to where it may not go; ``reason`` is the error of the house."""

    def __init__(self, reason: TransferError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class _GuardedRH(RequestsRH):  # type: ignore[misc]
    """yt-dlp's request handler, held to ``HOSTS`` before each request and each redirect."""

    ca_file: Path | None = None

    def _make_sslcontext(self, legacy_ssl_support: bool | None = None) -> ssl.SSLContext:
        if self.ca_file:
            return ssl.create_default_context(cafile=str(self.ca_file))
        context: ssl.SSLContext = super()._make_sslcontext(legacy_ssl_support)
        return context

    def _create_instance(self, *args: Any, **kwargs: Any) -> Any:
        session = super()._create_instance(*args, **kwargs)
        session.hooks["response"].append(self._check_redirect)
        return session

    def _send(self, request: Any) -> Any:
        self._check(request.url)
        return super()._send(request)

    def _check_redirect(self, response: Any, *_: Any, **__: Any) -> None:
        if response.is_redirect:
            self._check(urljoin(response.url, response.headers["location"]))

    def _check(self, url: str) -> None:
        try:
            HOSTS.check(url)
        except TransferError as error:
            raise StrayedError(error) from None


class _Silent:
    """Takes yt-dlp's chatter; what matters comes as an exception."""

    def debug(self, message: str) -> None:
        """Nothing is shown."""

    info = warning = error = debug


class Client(YoutubeDL):  # type: ignore[misc]
    """A ``YoutubeDL`` for one thread that remembers how its requests failed.

    ``statuses`` holds ``(HTTP status, path)`` of the current asset's failed requests in order,
    ``dropped`` says that one got no answer at all, ``strayed`` why one was not allowed: yt-dlp
    turns such failures into warnings.
    """

    def __init__(self, settings: FetchSettings) -> None:
        self._ca_file = settings.ca_file
        self.statuses: list[tuple[int, str]] = []
        self.dropped = False
        self.strayed: TransferError | None = None
        super().__init__(_options(settings))

    def begin(self, folder: Path, progress: Progress) -> None:
        """Make ready for the next asset, whose files go into ``folder``."""
        self.statuses, self.dropped, self.strayed = [], False, None
        self.params["paths"] = {"home": str(folder)}
        self._progress_hooks[:] = [_hook(progress)]

    def build_request_director(self, _handlers: Any, preferences: Any = None) -> Any:
        """Only the guarded handler, with our certificates."""
        director = super().build_request_director([_GuardedRH], preferences)
        for handler in director.handlers.values():
            handler.ca_file = self._ca_file
        return director

    def urlopen(self, req: Any) -> Any:
        """As yt-dlp does, noting failures."""
        try:
            return super().urlopen(req)
        except HTTPError as error:
            self.statuses.append((error.status, urlsplit(error.response.url).path))
            raise
        except StrayedError as error:
            self.strayed = error.reason
            raise
        except TransportError:
            self.dropped = True
            raise


def _hook(progress: Progress) -> Any:
    def report(status: dict[str, Any]) -> None:
        if status.get("status") == "downloading":
            progress(status.get("downloaded_bytes") or 0, status.get("total_bytes"))

    return report


def _options(settings: FetchSettings) -> dict[str, Any]:
    """Safe options: no commands, no cookies, no config, no links or file URLs, no cache."""
    height = settings.max_height
    return {
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "logger": _Silent(),
        "color": "no_color",
        "cachedir": False,
        "noplaylist": True,
        "extract_flat": "in_playlist",
        "outtmpl": {"default": "media.%(ext)s"},
        "format": (
            f"bv*[ext=mp4][height<={height}]+ba[ext=m4a]/b[ext=mp4][height<={height}]"
            f"/bv*[height<={height}]+ba/b[height<={height}]/bv*+ba/b"
        ),
        "match_filter": lambda info, **_: "live" if info.get("is_live") else None,
        "hls_prefer_native": True,
        "writethumbnail": False,
        "writesubtitles": False,
        "updatetime": False,
        "overwrites": True,
        "continuedl": True,
        "retries": 2,
        "fragment_retries": 2,
        "extractor_retries": 0,
        "file_access_retries": 0,
        "skip_unavailable_fragments": False,
        "socket_timeout": settings.timeout_s,
        "proxy": settings.proxy,
        "enable_file_urls": False,
        "allowed_extractors": ["youtube", "youtube:tab", "youtube:playlist"],
        "ffmpeg_location": imageio_ffmpeg.get_ffmpeg_exe(),
        "js_runtimes": {"deno": {"path": find_deno_bin()}},
    }
