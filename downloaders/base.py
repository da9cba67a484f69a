"""What every downloader takes and gives.

A new provider is a module with one :class:`Downloader` and one line in ``registry.py``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from rowkeeper.core.events import Asset
from rowkeeper.core.ids import asset_id
from rowkeeper.core.links.classify import classify
from rowkeeper.core.net.google_api import Credentials
from rowkeeper.core.net.route import Route
from rowkeeper.core.net.speed import Floor
from rowkeeper.core.net.throttle import Limit, Throttle, site_of
from rowkeeper.core.retry import Refusals
from rowkeeper.core.setting_sections import Download
from rowkeeper.core.settings import Settings

Progress = Callable[[int, int | None], None]
"""Called with the bytes so far and the bytes expected, or None where nobody knows."""


@dataclass(frozen=True, kw_only=True)
class AssetOwner:
    """Whose asset it is, as the tables have it. ``place`` is the row's in its source, in words."""

    name: str
    email: str | None = None
    personality_type: str | None = None
    place: str | None = None


UNTOLD = frozenset(
    {"person", "tries", "faults", "refusals", "url_as_found", "was", "standing", "versions"}
)
"""What a request holds that no event says of its asset."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What an earlier reading of an asset left: its SHA-256, and the details that it told."""

    sha256: str
    details: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Request(Asset):
    """One asset to fetch; a row of ``pending_downloads``. ``attempt`` counts from 1.

    ``tries``: how many tries there were before, since the last success or since somebody asked to
    try again. ``faults``: how many of them in a row came to nothing, for a pause is no fault of the
    asset's. ``refusals``: how often it was refused without a reason, before. ``url_as_found``:
    the link as it stood in its source. ``was``: the providers and kinds that it was taken for in
    this run. ``standing``: what is held of it, where it is to be read again. ``versions``: the
    SHA-256 of each content that it has had.
    """

    original_url: str
    attempt: int = 1
    tries: int = 0
    faults: int = 0
    person: AssetOwner | None = None
    refusals: Refusals | None = None
    url_as_found: str | None = None
    was: tuple[tuple[str, str], ...] = ()
    standing: Standing | None = None
    versions: frozenset[str] = frozenset()

    @property
    def site(self) -> str:
        """Whom a pause is for: the provider or, of direct links, the host."""
        return site_of(self.provider, self.media_id)

    @property
    def key(self) -> str:
        """What opens it beside its id: a key that not each link to it has, '' without one."""
        return classify(self.url_as_found or self.original_url).resource_key

    def facts(self) -> dict[str, Any]:
        """What an event says of the asset."""
        return {name: getattr(self, name) for name in TOLD}


TOLD = tuple(item.name for item in fields(Request) if item.name not in UNTOLD)


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
    """The settings, as every room has them, and the pace that all threads of a run hold."""

    settings: Settings
    throttle: Throttle = field(default_factory=Throttle)

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir.absolute()

    @property
    def download(self) -> Download:
        return self.settings.download

    @property
    def route(self) -> Route:
        floor = Floor(self.download.min_speed, self.download.slow_s)
        return replace(Route.of(self.settings.network), floor=floor)

    @property
    def drive(self) -> Credentials:
        """Who asks the Drive API; nobody, if it is not to be asked."""
        drive = self.settings.drive
        key = drive.api_key.get_secret_value() if drive.api_key else None
        return Credentials(api_key=key, file=drive.credentials_file, setting="drive")


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
