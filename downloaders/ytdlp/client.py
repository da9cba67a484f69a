"""yt-dlp set up for an archive, for one site: one instance a thread, at the site's pace."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import imageio_ffmpeg  # type: ignore[import-untyped]
from deno import find_deno_bin  # type: ignore[import-untyped]
from yt_dlp import YoutubeDL  # type: ignore[import-untyped]
from yt_dlp.cookies import CookieLoadError  # type: ignore[import-untyped]
from yt_dlp.networking.exceptions import (  # type: ignore[import-untyped]
    HTTPError,
    TransportError,
)

from downloaders import files
from downloaders.base import FetchSettings, Progress
from downloaders.transfer import CHECK_EVERY
from downloaders.ytdlp import children, extractor_args, plugins
from downloaders.ytdlp.handler import GuardedRH, StrayedError
from downloaders.ytdlp.site import VideoSite
from rowkeeper.core.errors import PermanentError, TransferError, UsageError
from rowkeeper.core.net.route import retry_after

LONGEST_LIST = 20_000
"""No playlist of a site is longer; endless mixes are cut here."""


REFERENCES = frozenset({"url", "url_transparent"})
"""The types of a result that has nothing of its own, but an address to go on to."""


class _Quiet:
    """Takes yt-dlp's chatter and shows nothing; ``warnings`` may tell of data that did not come."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def debug(self, message: str) -> None:
        """Nothing is shown; what matters comes as an exception."""

    info = error = debug

    def warning(self, message: str) -> None:
        """Kept for whoever reads the answer."""
        self.warnings.append(message)


class Client(YoutubeDL):  # type: ignore[misc]
    """A ``YoutubeDL`` for one thread and one ``site`` that remembers how its requests failed.

    ``statuses`` holds ``(HTTP status, path)`` of the current asset's failed requests in order,
    ``dropped`` says that one got no answer at all, ``strayed`` why one was not allowed: yt-dlp
    turns such failures into warnings. ``pages`` counts the pages of a list that it asked for,
    ``received`` the bytes that came of each format.
    """

    def __init__(self, settings: FetchSettings, site: VideoSite) -> None:
        self.site = site
        self.statuses: list[tuple[int, str]] = []
        self.dropped = False
        self.pages = 0
        self.received: dict[str, int] = {}
        self._asides: list[str] = []
        self.retry_after_s: float | None = None
        self.strayed: TransferError | None = None
        self._settings = settings
        plugins.load(settings.download.youtube.plugins)
        children.hold()
        self._quiet = _Quiet()
        super().__init__(_options(settings, site) | {"logger": self._quiet})
        if settings.download.cookies_file:
            self._read_cookies(settings.download.cookies_file)

    @property
    def languages(self) -> tuple[str, ...]:
        """Patterns of the languages that captions are wanted in."""
        return tuple(self._settings.download.caption_languages)

    @property
    def warnings(self) -> list[str]:
        """What yt-dlp has warned of since :meth:`begin`."""
        return self._quiet.warnings

    @property
    def messages(self) -> list[str]:
        """Those, and what yt-dlp keeps to itself unless it is asked to be verbose."""
        return [*self.warnings, *self._asides]

    @property
    def max_playlist(self) -> int | None:
        """How many videos of a list are taken; None for all."""
        return self._settings.download.max_playlist or None

    def begin(self, folder: Path, progress: Progress) -> None:
        """Make ready for the next asset, whose files go into ``folder``."""
        self.statuses, self.dropped, self.strayed = [], False, None
        self.retry_after_s, self.pages = None, 0
        self.received = {}
        self.warnings.clear()
        self._asides.clear()
        self.params["paths"] = {"home": str(folder)}
        self._progress_hooks[:] = [_hook(progress, folder, self._settings, self.received)]

    def described(self, url: str) -> dict[str, Any]:
        """What the site says of a video, with its captions, and without fetching it.

        Extractors leave captions out, or keep quiet about those that they can't have, unless told
        that somebody wants them.
        """
        self.params["listsubtitles"] = True
        try:
            info = self.extract_info(url, download=False, process=False, ie_key=self.site.ie_key)
        finally:
            self.params["listsubtitles"] = False
        return info or {}

    def process_ie_result(
        self, ie_result: dict[str, Any], download: bool = True, extra_info: Any = None
    ) -> Any:
        """As yt-dlp does; where a page only names another one, that is told and not followed."""
        if ie_result.get("_type") in REFERENCES:
            return ie_result
        return super().process_ie_result(ie_result, download, extra_info)

    def process_info(self, info_dict: dict[str, Any]) -> None:
        """As yt-dlp does, once the formats are chosen: within limits, on top of the same half."""
        formats = info_dict.get("requested_formats") or [info_dict]
        children.check_protocols(formats)
        folder = Path(self.params["paths"]["home"])
        keep_same(folder, formats, self.site)
        _check_limits(info_dict, formats, folder, self._settings)
        super().process_info(info_dict)

    def run_pp(self, pp: Any, infodict: dict[str, Any]) -> Any:
        """As yt-dlp does; what ffmpeg is to read is looked at first, and named to it."""
        if inputs := children.inputs_of(pp, infodict):
            self.params["postprocessor_args"] = children.check_parts(inputs)
        return super().run_pp(pp, infodict)

    def write_debug(self, message: str, **_: Any) -> None:
        """Kept: of formats that its usual clients are refused yt-dlp warns nobody."""
        self._asides.append(message)

    def save_cookies(self) -> None:
        """Cookies are read, never written back."""

    def _forceprint(self, key: str, info_dict: dict[str, Any]) -> None:
        """Nothing is printed; yt-dlp would lay out its tables all the same."""

    def _read_cookies(self, path: Path) -> None:
        try:
            with path.open(encoding="utf-8") as file:
                self.params["cookiefile"] = io.StringIO(file.read())
            self.cookiejar  # noqa: B018
        except (OSError, ValueError, CookieLoadError):
            words = "can't be read as a Netscape cookie file"
            raise UsageError(f"download.cookies_file: {path} {words}.") from None
        finally:
            self.params.pop("cookiefile", None)

    def build_request_director(self, _handlers: Any, preferences: Any = None) -> Any:
        """Only the guarded handler, with our certificates."""
        director = super().build_request_director([GuardedRH], preferences)
        for handler in director.handlers.values():
            given = self._settings.download.youtube.extractor_args
            handler.named, own = extractor_args.named_hosts(given)
            route = self._settings.route
            handler.hosts = self.site.hosts
            handler.route = replace(route, private=(*route.private, *own))
        return director

    def urlopen(self, req: Any) -> Any:
        """As yt-dlp does, at the site's pace, noting failures."""
        parts = urlsplit(req if isinstance(req, str) else req.url)
        if self.site.list_page and self.site.list_page.fullmatch(parts.path):
            self.pages += 1
        if not self.site.media.allows(parts.geturl()):
            self._settings.throttle.wait(self.site.provider)
        try:
            return super().urlopen(req)
        except HTTPError as error:
            self.statuses.append((error.status, urlsplit(error.response.url).path))
            self.retry_after_s = retry_after(error.response.headers) or self.retry_after_s
            raise
        except StrayedError as error:
            self.strayed = error.reason
            raise
        except TransportError:
            self.dropped = True
            raise


def _hook(
    progress: Progress, folder: Path, settings: FetchSettings, received: dict[str, int]
) -> Any:
    sizes: dict[str, int] = {}
    checked = 0

    def report(status: dict[str, Any]) -> None:
        nonlocal checked
        done = status.get("downloaded_bytes") or 0
        sizes[str(status.get("filename"))] = done
        size = sum(sizes.values())
        files.check_size(size, settings)
        if size - checked > CHECK_EVERY:
            files.check_room(folder, 0, settings)
            checked = size
        if status.get("status") == "downloading":
            progress(done, status.get("total_bytes"))
        elif status.get("status") == "finished":
            received[str(status["info_dict"].get("format_id"))] = status.get("total_bytes") or done

    return report


def _check_limits(
    info: dict[str, Any], formats: list[dict[str, Any]], folder: Path, settings: FetchSettings
) -> None:
    size = sum(item.get("filesize") or 0 for item in formats)
    files.check_size(size, settings)
    length, longest = info.get("duration") or 0, settings.download.max_duration_s
    if 0 < longest < length:
        words = f"It lasts {length:,} seconds; download.max_duration_s is {longest:,.0f}."
        raise PermanentError("too_long", words)
    files.check_room(folder, size, settings)


def keep_same(folder: Path, formats: list[dict[str, Any]], site: VideoSite) -> None:
    """Empty ``folder`` unless what is there are parts of these very ``formats``.

    A version is known by its size, and by what ``site.version`` takes out of its address.
    """
    version = json.dumps(
        [
            [
                item.get("format_id"),
                item.get("filesize"),
                site.version(item["url"]),
            ]
            for item in formats
            if item.get("url")
        ]
    )
    note = folder / "version.json"
    if not note.is_file() or note.read_bytes() != version.encode():
        for path in folder.iterdir():
            path.unlink()
        note.write_text(version)


def _options(settings: FetchSettings, site: VideoSite) -> dict[str, Any]:
    """Safe options: no commands, no cookies, no config, no links or file URLs, no cache."""
    height = settings.download.max_height
    return {
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "color": "no_color",
        "cachedir": False,
        "noplaylist": True,
        "extract_flat": "in_playlist",
        "playlistend": LONGEST_LIST,
        "outtmpl": {"default": "media.%(format_id)s.%(ext)s"},
        "format": settings.download.format
        or (
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
        "extractor_args": extractor_args.wanted(settings.download.youtube.extractor_args),
        "file_access_retries": 0,
        "skip_unavailable_fragments": False,
        "socket_timeout": settings.download.timeout_s,
        "proxy": settings.route.proxy or "",  # none is none, whatever the environment says
        "enable_file_urls": False,
        "allowed_extractors": list(site.extractors),
        "ffmpeg_location": imageio_ffmpeg.get_ffmpeg_exe(),
        "js_runtimes": {"deno": {"path": find_deno_bin()}},
    }
