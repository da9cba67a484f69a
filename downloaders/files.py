"""Files on their way to their final place. A final path means finished.

A file grows as ``<asset_id>.<ext>.part``. Before it is renamed, what is known of it is written
beside it as ``<asset_id>.facts.part``, so that a run killed between the rename and the event finds
again not only the bytes but also their name and type. All that ends in ``.part`` may be deleted.
"""

import hashlib
import json
import mimetypes
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from downloaders.base import Discovered, Fetched, Request
from rowkeeper.paths import safe_segment, sha256_file


def directory_of(data_dir: Path, row_id: str) -> Path:
    """The folder of one person's files; made if missing."""
    directory = data_dir / "files" / "people" / safe_segment(row_id)
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def write_hashed(chunks: Iterable[bytes], part: Path) -> tuple[int, str]:
    """Write ``chunks`` to ``part`` through to the disk; its size in bytes and SHA-256."""
    digest, size = hashlib.sha256(), 0
    with part.open("wb") as stream:
        for chunk in chunks:
            digest.update(chunk)
            stream.write(chunk)
            size += len(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    return size, digest.hexdigest()


def commit(part: Path, fetched: Fetched) -> Fetched:
    """Rename ``part``, already on disk, to ``fetched.path``, and hand ``fetched`` back."""
    facts = _facts_path(fetched.path)
    record = {**asdict(fetched), "path": fetched.path.name}
    write_hashed([json.dumps(record, sort_keys=True).encode()], facts)
    part.replace(fetched.path)
    _sync_directory(fetched.path.parent)
    return fetched


def commit_listing(
    request: Request, directory: Path, listing: dict[str, Any], **facts: Any
) -> Fetched:
    """Store a folder's or playlist's ``listing`` as a JSON file that depends on nothing else."""
    text = json.dumps(listing, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    body = text.encode("utf-8", "replace")
    path = directory / f"{request.asset_id}.json"
    part = part_of(path)
    size, digest = write_hashed([body], part)
    fetched = Fetched(
        path=path, mime_type="application/json", size_bytes=size, sha256=digest, **facts
    )
    return commit(part, fetched)


def part_of(path: Path) -> Path:
    """Where the file for ``path`` grows."""
    return path.with_name(path.name + ".part")


def recover(request: Request, directory: Path) -> Fetched | None:
    """The file of ``request`` that an earlier run finished but could not report, if any.

    It is hashed anew. Leftovers of unfinished tries are removed.
    """
    standing = {
        path.name: path
        for path in sorted(directory.glob(f"{request.asset_id}.*"))
        if path.suffix != ".part" and path.is_file()
    }
    if not standing:
        forget(request, directory)
        return None
    facts = _read_facts(directory / f"{request.asset_id}.facts.part")
    path = standing.get(str(facts.get("path"))) or next(iter(standing.values()))
    return _fetched(path, facts)


def forget(request: Request, directory: Path) -> None:
    """Remove what is left of tries of ``request``; finished files stay."""
    for path in directory.glob(f"{request.asset_id}.*part"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _fetched(path: Path, facts: dict[str, Any]) -> Fetched:
    digest, size = sha256_file(path)
    if facts.get("sha256") == digest:
        children = tuple(Discovered(**child) for child in facts["discovered"])
        return Fetched(**{**facts, "path": path, "discovered": children})
    mime_type = mime_type_of(path)
    return Fetched(path=path, filename=None, mime_type=mime_type, size_bytes=size, sha256=digest)


def _facts_path(path: Path) -> Path:
    return path.with_name(path.name.partition(".")[0] + ".facts.part")


def _read_facts(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def mime_type_of(path: Path) -> str:
    """The media type that an extension stands for."""
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"
