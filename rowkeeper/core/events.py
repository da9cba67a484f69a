"""The event contract: what a worker may say about an asset or a session, and how it is written.

An event is a fact with its own id. Events are only appended, may come twice and in any order; what
holds is derived by dbt from ``(attempt, outcome)``, never from a clock.
"""

import json
from dataclasses import dataclass, field, fields
from enum import StrEnum
from operator import attrgetter
from typing import Any, Self

from rowkeeper.core import clock
from rowkeeper.core.errors import NewerVersionError
from rowkeeper.core.ids import new_id
from rowkeeper.core.text import from_json

EVENT_VERSION = 2
"""2 knows ``store_moved`` and ``store_identified``."""


class EventType(StrEnum):
    """What happened."""

    SESSION_STARTED = "session_started"
    SESSION_FINISHED = "session_finished"
    SESSION_INTERRUPTED = "session_interrupted"
    DISCOVERED = "discovered"  # a folder or a playlist led to this asset
    IDENTIFIED = "identified"  # it is of another kind than its link says; its id stays
    DOWNLOADED = "downloaded"
    DOWNLOAD_FAILED = "download_failed"
    REREAD_UNCHANGED = "reread_unchanged"  # what is held is what its source still has
    REREAD_FAILED = "reread_failed"  # what is held stays; it could not be read again
    DOCUMENT_READ = "document_read"  # the text of a downloaded document, and the links in it
    DOWNLOAD_REQUESTED = "download_requested"  # somebody asks to try again, whatever failed
    UPLOADED = "uploaded"
    UPLOAD_FAILED = "upload_failed"
    UPLOAD_REQUESTED = "upload_requested"
    FILE_VERIFIED = "file_verified"  # read again, and it has the recorded SHA-256
    FILE_LOST = "file_lost"  # missing, or with other bytes
    FILE_DROPPED = "file_dropped"  # removed here, for the archive has its bytes
    OBJECT_VERIFIED = "object_verified"
    OBJECT_LOST = "object_lost"
    OBJECT_FOUND = "object_found"  # one of the old system's is there; its bytes were not read
    OBJECT_REFUTED = "object_refuted"  # it is not there, or not what it should be
    STORE_MOVED = "store_moved"  # what was at the store of details' "was" is in ``store`` now
    STORE_IDENTIFIED = "store_identified"  # a store carries this marker (details: store_id)
    ROW_ACCEPTED = "row_accepted"  # a quarantined row (details: row_key) is of the person row_id
    ROW_RELEASED = "row_released"  # that is undone


@dataclass(frozen=True)
class Asset:
    """What an event is about, and whose it is; what a record says of an asset begins so."""

    asset_id: str
    row_id: str
    provider: str
    media_id: str
    asset_kind: str

    def identity(self) -> dict[str, Any]:
        """These five, by name."""
        return {name: getattr(self, name) for name in IDENTITY}


IDENTITY = tuple(item.name for item in fields(Asset))


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def details_text(details: Any) -> str:
    """The details of an event as a table holds them."""
    return json.dumps(details, ensure_ascii=False, sort_keys=True)


def now() -> str:
    """The time now, UTC, ISO 8601 with microseconds."""
    return clock.now().isoformat(timespec="microseconds")


@dataclass(frozen=True, kw_only=True, slots=True)
class AssetEvent:
    """One line of the journal and one row of ``raw.asset_events``; the field names are the columns.

    ``attempt`` counts the tries of one asset from 1, downloads and uploads apart: it is the logical
    clock that orders events. ``occurred_at`` is the worker's own clock and orders nothing.
    ``size_bytes`` is in bytes, ``sha256`` is lower-case hex, ``details`` is a small JSON object.
    """

    event_type: EventType
    session_id: str
    session_type: str | None = None
    asset_id: str | None = None
    row_id: str | None = None
    provider: str | None = None
    media_id: str | None = None
    asset_kind: str | None = None
    original_url: str | None = None
    parent_asset_id: str | None = None
    attempt: int | None = None
    local_path: str | None = None  # relative to the data folder, with forward slashes
    filename: str | None = None  # as the source names it; data, never a path
    mime_type: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    store: str | None = (
        None  # its name: s3://bucket, file:///folder or folder://data-folder-id/path
    )
    bucket: str | None = None
    object_key: str | None = None
    cloud_url: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    verdict: str | None = None
    total_assets: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
    event_id: str = field(default_factory=new_id)
    event_version: int = EVENT_VERSION
    occurred_at: str = field(default_factory=now)

    @classmethod
    def about(cls, asset: Asset, **values: Any) -> Self:
        """An event about ``asset``, of the other ``values``."""
        return cls(**asset.identity(), **values)

    def values(self) -> dict[str, Any]:
        """Each field by its name; ``details`` is the event's own."""
        return dict(zip(FIELDS, _VALUES(self), strict=True))

    def to_json(self) -> str:
        """One JSON line, without its line end; fields that are None are left out."""
        filled = {name: value for name, value in self.values().items() if value is not None}
        return _encode(filled)

    @classmethod
    def from_json(cls, line: str) -> Self:
        """The event of a journal line.

        Raises ``ValueError`` for a line that is not an event, ``NewerVersionError`` for an event of
        a newer version; unknown keys are refused rather than dropped.
        """
        values = from_json(line)
        if not isinstance(values, dict):
            raise ValueError("not a JSON object")
        version = values.get("event_version", 1)
        if not isinstance(version, int):
            raise ValueError("event_version is no number")
        if version > EVENT_VERSION:
            raise NewerVersionError(
                f"The journal has events of version {version} and this rowkeeper knows "
                f"{EVENT_VERSION}: upgrade rowkeeper, then run again."
            )
        if unknown := sorted(values.keys() - _KNOWN):
            raise ValueError(f"unknown fields {', '.join(unknown)}: written by a newer rowkeeper?")
        if missing := sorted({"event_id", "event_type", "session_id", "occurred_at"} - set(values)):
            raise ValueError(f"no {', '.join(missing)}")
        return cls(**{**values, "event_type": EventType(values["event_type"])})


FIELDS = tuple(item.name for item in fields(AssetEvent))
_KNOWN = frozenset(FIELDS)
_VALUES = attrgetter(*FIELDS)  # dataclasses.asdict would copy all, for half the cost of a drain
