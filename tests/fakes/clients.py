"""Short ways to ask the downloaders for something out of the fake internet."""

from pathlib import Path
from typing import Any

from downloaders.base import Fetched, FetchSettings, Request
from downloaders.registry import Registry
from rowkeeper.core.ids import asset_id
from rowkeeper.core.setting_sections import Download, Drive, Network, YouTube
from rowkeeper.core.settings import Settings
from tests.fakes.internet import FakeInternet

SECTIONS = (
    (("download",), Download),
    (("network",), Network),
    (("download", "youtube"), YouTube),
    (("drive",), Drive),
    ((), Settings),
)
"""Where a setting is looked for by its name alone."""


def request_for(provider: str, kind: str, media_id: str, row_id: str = "7", **more: Any) -> Request:
    """A request as ``pending_downloads`` would give it."""
    values: dict[str, Any] = {"original_url": f"https://example.org/{media_id}", **more}
    return Request(
        asset_id=asset_id(row_id, provider, media_id, kind),
        row_id=row_id,
        provider=provider,
        media_id=media_id,
        asset_kind=kind,
        **values,
    )


def changed(settings: FetchSettings, **more: Any) -> FetchSettings:
    """``settings`` with others of ``download``, ``network`` or the whole, named without section."""
    whole: dict[str, Any] = settings.settings.model_dump()
    throttle = more.pop("throttle", settings.throttle)
    for name, value in more.items():
        section = next(part for part in SECTIONS if name in part[1].model_fields)[0]
        below = whole
        for key in section:
            below = below[key]
        below[name] = value
    return FetchSettings(settings=Settings.model_validate(whole), throttle=throttle)


def settings_in(data_dir: Path, **more: Any) -> FetchSettings:
    """Settings without limits, at no pace; ``more`` as for :func:`changed`."""
    limits = {"min_free_bytes": 0, "max_bytes": 0, "max_duration_s": 0, "max_playlist": 0}
    return changed(FetchSettings(settings=Settings(data_dir=data_dir)), **{**limits, **more})


def settings_for(net: FakeInternet, data_dir: Path, **more: Any) -> FetchSettings:
    """Settings that go through ``net``, quick to give up."""
    values: dict[str, Any] = {"timeout_s": 5.0, "backoff_s": 0.01, "workers": 4, **more}
    return settings_in(data_dir, proxy=net.proxy, ca_file=net.ca_file, **values)


def fetch(settings: FetchSettings, request: Request) -> Fetched:
    """Fetch one asset straight into ``data_dir``."""
    downloader = Registry(settings).for_request(request)
    return downloader.fetch(request, settings.data_dir, lambda done, total: None)
