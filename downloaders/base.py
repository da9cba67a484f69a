"""What every downloader takes and gives.

A new provider is a module with one :class:`Downloader` and one line in ``registry.py``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from rowkeeper.core.ids import asset_id
from rowkeeper.core.net.addresses import Network, networks
from rowkeeper.core.net.google_api import NO_CREDENTIALS, Credentials
from rowkeeper.core.net.throttle import Limit, Throttle
from rowkeeper.core.retry import Refusals

if TYPE_CHECKING:
    from rowkeeper.core.settings import Settings

Progress = Callable[[int, int | None], None]
"""Called with the bytes so far and the bytes expected, or None where nobody knows."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose asset it is, as the tables have it. ``place`` is the row's in its source, in words."""

    name: str
    email: str | None = None
    personality_type: str | None = None
    place: str | None = None


UNTOLD = frozenset({"person", "tries", "refusals", "url_as_found", "was", "standing", "versions"})
"""What a request holds that no event says of its asset."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What an earlier reading of an asset left: its SHA-256, and the details that it told."""

    sha256: str
    details: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One asset to fetch; a row of ``pending_downloads``. ``attempt`` counts from 1.

    ``tries``: how many tries there were before, since the last success or since somebody asked to
    try again. ``refusals``: how often it was refused without a reason, before. ``url_as_found``:
    the link as it stood in its source. ``was``: the providers and kinds that it was taken for in
    this run. ``standing``: what is held of it, where it is to be read again. ``versions``: the
    SHA-256 of each content that it has had.
    """

    asset_id: str
    row_id: str
    provider: str
    media_id: str
    asset_kind: str
    original_url: str
    attempt: int = 1
    tries: int = 0
    person: Person | None = None
    refusals: Refusals | None = None
    url_as_found: str | None = None
    was: tuple[tuple[str, str], ...] = ()
    standing: Standing | None = None
    versions: frozenset[str] = frozenset()

    def facts(self) -> dict[str, Any]:
        """What an event says of the asset."""
        names = (item.name for item in fields(self) if item.name not in UNTOLD)
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class Discovered:
    """An asset that a folder or a playlist leads to. ``position`` counts from 1.

    ``url_as_found``: the link as it stood there, where that says more than ``original_url``.
    ``is_twin``: it is its parent in another form, not a step away from it.
    """

    asset_id: str
    provider: str
    media_id: str
    asset_kind: str
    original_url: str
    position: int
    title: str | None = None
    url_as_found: str | None = None
    is_twin: bool = False

    @classmethod
    def child(cls, parent: Request, *, position: int, **values: Any) -> Self:
        """A child of ``parent`` for the same person, its id computed from the rest."""
        provider, media_id = values["provider"], values["media_id"]
        child_id = asset_id(parent.row_id, provider, media_id, values["asset_kind"])
        return cls(asset_id=child_id, position=position, **values)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A finished, hashed file at its final place.

    ``filename`` is what the source calls it: data, never a path. ``sha256`` is lower-case hex.
    ``text``: the same in plain words, a second file that goes where the first one goes.
    """

    path: Path
    filename: str | None
    mime_type: str
    size_bytes: int
    sha256: str
    details: dict[str, Any] = field(default_factory=dict)
    discovered: tuple[Discovered, ...] = ()
    text: Path | None = None


@dataclass(frozen=True, kw_only=True)
class FetchSettings:
    """What a downloader needs to know of the settings. Times are in seconds."""

    data_dir: Path
    proxy: str | None = None
    ca_file: Path | None = None
    workers: int = 8
    attempts: int = 3
    timeout_s: float = 30.0
    backoff_s: float = 0.5
    max_height: int = 720
    format: str = ""
    caption_languages: tuple[str, ...] = ("en.*",)
    cookies_file: Path | None = None
    extractor_args: tuple[str, ...] = ()
    plugins: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    private_networks: tuple[Network, ...] = ()
    max_bytes: int | None = None
    max_duration_s: float | None = None
    max_playlist: int | None = None
    min_free_bytes: int = 0
    max_attempts: int = 8
    retry_after_s: float = 60.0
    pause_s: float = 900.0
    max_pause_s: float = 60.0
    naming: str = "asset_id"
    sidecar: str = "full"
    throttle: Throttle = field(default_factory=Throttle)
    drive: Credentials = NO_CREDENTIALS
    drive_endpoint: str | None = None
    sheets_endpoint: str | None = None

    @classmethod
    def of(cls, settings: "Settings", throttle: Throttle) -> Self:
        """The downloaders' part of ``settings``, at the pace that ``throttle`` holds."""
        network, download, drive = settings.network, settings.download, settings.drive
        key = drive.api_key.get_secret_value() if drive.api_key else None
        return cls(
            data_dir=settings.data_dir.absolute(),
            proxy=network.proxy,
            ca_file=network.ca_file,
            workers=download.workers,
            attempts=download.attempts,
            timeout_s=download.timeout_s,
            backoff_s=download.backoff_s,
            max_height=download.max_height,
            format=download.format,
            caption_languages=tuple(download.caption_languages),
            cookies_file=download.cookies_file,
            extractor_args=tuple(download.youtube.extractor_args),
            plugins=download.youtube.plugins,
            hosts=tuple(download.hosts),
            private_networks=networks(network.private_addresses),
            max_bytes=download.max_bytes or None,
            max_duration_s=download.max_duration_s or None,
            max_playlist=download.max_playlist or None,
            min_free_bytes=download.min_free_bytes,
            max_attempts=download.max_attempts,
            retry_after_s=download.retry_after_s,
            pause_s=download.pause_s,
            max_pause_s=download.max_pause_s,
            naming=download.naming,
            sidecar=download.sidecar,
            throttle=throttle,
            drive=Credentials(api_key=key, file=drive.credentials_file, setting="drive"),
            drive_endpoint=drive.api_endpoint,
            sheets_endpoint=settings.sheet.api_endpoint,
        )


class Downloader(ABC):
    """Fetches the assets of one provider. One instance serves many threads at once."""

    provider: ClassVar[str]
    kinds: ClassVar[frozenset[str]]
    pace: ClassVar[Limit] = Limit(rate=1.0, burst=3, slots=2)
    """How the site is asked unless ``download.rates`` and its like say otherwise."""

    @abstractmethod
    def __init__(self, settings: FetchSettings) -> None:
        """Made once for a run, at its first request for this provider."""

    @abstractmethod
    def fetch(self, request: Request, directory: Path, progress: Progress) -> Fetched:
        """The file of ``request`` as ``directory/<asset_id>.<ext>``, finished and hashed.

        ``directory`` is shared: a name in it begins with the asset's id. What a failed try leaves
        there, the next one may resume; what a good one leaves is moved.
        Raises a subclass of ``TransferError``.
        """
