"""Which downloader serves which provider, and at what pace. A new one is a line here."""

import threading
from collections.abc import Iterator, Mapping
from importlib import import_module

from downloaders.base import Downloader, FetchSettings, Request
from rowkeeper.core.errors import PermanentError
from rowkeeper.core.net.pace import FilePace, default_folder
from rowkeeper.core.net.throttle import Limit, Pace, Throttle
from rowkeeper.core.setting_sections import Download
from rowkeeper.core.settings import Settings

CLASSES = {
    "dailymotion": ("downloaders.dailymotion", "DailymotionDownloader"),
    "direct": ("downloaders.direct", "DirectDownloader"),
    "docs": ("downloaders.google.docs", "DocsDownloader"),
    "drive": ("downloaders.google.drive", "DriveDownloader"),
    "loom": ("downloaders.loom", "LoomDownloader"),
    "vimeo": ("downloaders.vimeo", "VimeoDownloader"),
    "youtube": ("downloaders.youtube.downloader", "YouTubeDownloader"),
}
"""By name, so that a run imports only what it needs."""


def providers() -> tuple[str, ...]:
    """The names of all providers that can be fetched from."""
    return tuple(CLASSES)


def downloader_class(provider: str) -> type[Downloader]:
    """The class behind the name of a provider."""
    module, name = CLASSES[provider]
    downloader: type[Downloader] = getattr(import_module(module), name)
    return downloader


class Paces(Mapping[str, Limit]):
    """The pace of each provider: its class's own, but for what the settings say of it.

    A class is imported when its pace is asked for; a site that no class serves has the usual pace.
    """

    def __init__(self, download: Download) -> None:
        self._download = download

    def __getitem__(self, provider: str) -> Limit:
        usual = (downloader_class(provider) if provider in CLASSES else Downloader).pace
        return Limit(
            rate=self._download.rates.get(provider, usual.rate),
            burst=self._download.bursts.get(provider, usual.burst),
            slots=self._download.concurrency.get(provider, usual.slots),
        )

    def __iter__(self) -> Iterator[str]:
        return iter(CLASSES)

    def __len__(self) -> int:
        return len(CLASSES)


def throttle_of(download: Download, pace: Pace | None = None) -> Throttle:
    """The pace of each site, held in ``pace``, or else on the whole machine."""
    return Throttle(Paces(download), pace or FilePace(download.pace_dir or default_folder()))


def fetch_settings(settings: Settings, throttle: Throttle | None = None) -> FetchSettings:
    """``settings``, at the pace of ``throttle``, or else of this machine."""
    return FetchSettings(settings=settings, throttle=throttle or throttle_of(settings.download))


class Registry:
    """The downloaders of one run, each made when it is first asked for."""

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._made: dict[str, Downloader] = {}
        self._lock = threading.Lock()

    def for_request(self, request: Request) -> Downloader:
        """The downloader of ``request``; raises ``PermanentError`` where there is none."""
        if request.provider in CLASSES:
            downloader = self._downloader(request.provider)
            if request.asset_kind in downloader.kinds:
                return downloader
        words = f"No downloader knows {request.provider} {request.asset_kind}s."
        raise PermanentError("unsupported", words)

    def _downloader(self, provider: str) -> Downloader:
        with self._lock:
            if provider not in self._made:
                self._made[provider] = downloader_class(provider)(self._settings)
            return self._made[provider]
