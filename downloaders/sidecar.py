"""The JSON file beside each asset: whose it is, where it came from, what it is, and by what tools.

Its first keys are those that the old system wrote, so whatever reads the old sidecars reads these.
"""

import json
import platform
import threading
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import Any

from downloaders.base import Fetched, Request
from rowkeeper.core import clock
from rowkeeper.core.disk.own import replace_small
from rowkeeper.core.said import masked
from rowkeeper.core.templates import SIDECAR

_LOOKING = threading.Lock()
_json = json.JSONEncoder(ensure_ascii=False, separators=(",\n ", ": ")).encode
"""A line for each fact."""
TOOLS = ("rowkeeper", "yt-dlp", "google-api-python-client", "urllib3")
OWN = frozenset(
    {"download_timestamp", "tracking_version", "asset_id", "provider", "asset_type"}
    | {"file_size_bytes", "sha256", "tools"}
)
"""What nobody else says, so that it holds no secret to look for."""


def sidecar_path(path: Path) -> Path:
    """The sidecar of the file at ``path``."""
    return path.with_name(path.name + SIDECAR)


def write_sidecar(request: Request, fetched: Fetched, *, with_email: bool) -> None:
    """Write the sidecar of a file at its final place."""
    path = sidecar_path(fetched.path)
    facts = _told(request, fetched, with_email=with_email)
    told = {name: value if name in OWN else masked(value) for name, value in facts.items()}
    replace_small(path, f"{_json(told)}\n", ".part")


def _told(request: Request, fetched: Fetched, *, with_email: bool) -> dict[str, Any]:
    person = request.person
    return {
        "download_result": {
            "success": True,
            "files_downloaded": _names(fetched),
            "media_id": request.media_id,
        },
        "source_csv_row_id": request.row_id,
        "source_csv_index": person.place if person else None,
        "personality_type": person.personality_type if person else None,
        "person_name": person.name if person else None,
        "person_email": person.email if person and with_email else None,
        "download_timestamp": clock.now().isoformat(timespec="seconds"),
        "tracking_version": "2.0",
        "asset_id": request.asset_id,
        "provider": request.provider,
        "asset_type": request.asset_kind,
        "original_url": request.original_url,
        "original_name": fetched.filename,
        "mime_type": fetched.mime_type,
        "file_size_bytes": fetched.size_bytes,
        "sha256": fetched.sha256,
        "details": fetched.details,
        "tools": _tools(),
    }


def _names(fetched: Fetched) -> list[str]:
    text = fetched.details.get("text_path")
    return [fetched.path.name, *([PurePosixPath(text).name] if text else [])]


def _tools() -> dict[str, str]:
    """The versions of ``TOOLS``, looked up by one thread while the others wait."""
    with _LOOKING:
        return _versions()


@cache
def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in TOOLS:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
