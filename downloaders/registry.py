"""Which downloader serves which provider. A new one is a line here."""

import threading
from importlib import import_module

from downloaders.base import Downloader, FetchSettings, Request
from rowkeeper.core.errors import PermanentError

CLASSES = {
    "direct": ("downloaders.direct", "DirectDownloader"),
    "docs": ("downloaders.google.docs", "DocsDownloader"),
    "drive": ("downloaders.google.drive", "DriveDownloader"),
    "youtube": ("downloaders.youtube.downloader", "YouTubeDownloader"),
}
"""By name, so that a run imports only what it needs."""


def providers() -> tuple[str, ...]:
    """The names of all providers that can be fetched from."""
    return tuple(CLASSES)


def downloader_class(provider: str) -> type[Downloader]:
    """The class behind the name of a provider."""
    module, name = CLASSES[provider]
    found: type[Downloader] = getattr(import_module(module), name)
    return found


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
