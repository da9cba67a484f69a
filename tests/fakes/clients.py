"""Short ways to ask the downloaders for something out of the fake internet."""

from pathlib import Path
from typing import Any

from downloaders.base import Fetched, FetchSettings, Request
from downloaders.registry import Registry
from rowkeeper.core.ids import asset_id
from tests.fakes.internet import FakeInternet


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


def settings_for(net: FakeInternet, data_dir: Path, **more: Any) -> FetchSettings:
    """Settings that go through ``net``, quick to give up."""
    values: dict[str, Any] = {"timeout_s": 5.0, "backoff_s": 0.01, "workers": 4, **more}
    return FetchSettings(data_dir=data_dir, proxy=net.proxy, ca_file=net.ca_file, **values)


def fetch(settings: FetchSettings, request: Request) -> Fetched:
    """Fetch one asset straight into ``data_dir``."""
    downloader = Registry(settings).for_request(request)
    return downloader.fetch(request, settings.data_dir, lambda done, total: None)
