"""What is asked of a store, and what it says."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from rowkeeper.core.events import Asset

PROBE = ".rowkeeper-probe"
"""What a probe makes and removes: one name, so that what a killed one left goes with the next."""


@dataclass(frozen=True, kw_only=True)
class UploadRequest(Asset):
    """One verified local file to archive; a row of ``pending_uploads``.

    ``sha256`` is lower-case hex, ``size_bytes`` in bytes, ``attempt`` counts from 1. ``filename``
    is what the source calls the file: data, never a path. ``replaces_lost``: the object of these
    bytes was read and has others now, or is gone. ``person_name`` and ``object_uuid``, the UUID
    that the old system drew for it, are for keys. ``is_new_version``: the store has other contents
    of the asset, which stay. ``unsafe``: why its recorded path is not believed; ``path`` is none
    then.
    """

    path: Path
    sha256: str
    size_bytes: int
    mime_type: str | None = None
    filename: str | None = None
    attempt: int = 1
    replaces_lost: bool = False
    is_new_version: bool = False
    person_name: str | None = None
    object_uuid: str | None = None
    unsafe: str | None = None

    def facts(self) -> dict[str, Any]:
        """What every event about it says."""
        return {
            **self.identity(),
            "attempt": self.attempt,
            "filename": self.filename,
            "mime_type": self.mime_type,
            "sha256": self.sha256,
            "size_bytes": self.size_bytes,
        }


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Where a verified object is.

    ``object_key`` is the key within ``bucket``, or within the folder where there is no bucket;
    ``cloud_url`` is the object's URL. ``existed`` says that the object was there already.
    """

    bucket: str | None
    object_key: str
    cloud_url: str
    existed: bool


@dataclass(frozen=True)
class Entry:
    """One object of a listing; ``key`` is as the store's methods take it."""

    key: str
    size_bytes: int


@dataclass(frozen=True)
class Facts:
    """What a store says of an object. Hashes are lower-case hex, None where it has none of it all.

    ``sha256`` is one that the store itself computed.
    """

    size_bytes: int
    mime_type: str | None = None
    md5: str | None = None
    sha256: str | None = None


class Held(Enum):
    """What a store has under a key."""

    NOTHING = "nothing"
    SAME = "same"
    OTHER = "other"
