"""Files on their way to their final place. A final path means finished.

A file grows in a work folder of its asset, ``files/.partial/<asset_id>/``, and is moved from there
to its place. Before that, what is known of it is written down in the work folder, so that a run
killed between the move and the event finds again not only the bytes but also their name and type.
Work folders may be deleted whenever no run is under way.
"""

import hashlib
import json
import mimetypes
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from downloaders.base import Discovered, Fetched, FetchSettings, Request
from downloaders.naming import checked_template, relative_path
from downloaders.sidecar import sidecar_path, write_sidecar
from rowkeeper.paths import folder_id, sha256_file, sync, write_small

FACTS = "facts.json"
STALE_S = 30 * 86_400
"""Work folders that nobody went on with for so long are removed."""


def root_of(data_dir: Path) -> Path:
    """The folder that all finished files are below."""
    return data_dir / "files"


def work_folder(data_dir: Path, request: Request) -> Path:
    """Where the file of ``request`` grows; made if missing."""
    folder = _work_folder(data_dir, request)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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
    part.replace(fetched.path)
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


def settle(request: Request, fetched: Fetched, settings: FetchSettings) -> Fetched:
    """Move a finished file from its work folder to its place, with a sidecar if those are wanted.

    Another asset's file is never replaced: where one has the place, the asset id is added.
    """
    root = root_of(settings.data_dir)
    place = root / relative_path(checked_template(settings.naming), request, fetched)
    if place.exists() and not _is_of(place, request, fetched):
        place = place.with_name(f"{place.stem}-{request.asset_id}{place.suffix}")
    if not place.parent.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        sync(place.parent.parent)
    details = {**fetched.details, "data_folder": folder_id(settings.data_dir)}
    kept = replace(fetched, path=place, details=details)
    kept = _beside(kept, request, settings.data_dir)
    facts = {item.name: getattr(kept, item.name) for item in fields(kept)}
    children = [asdict(child) for child in kept.discovered]
    record = {**facts, "path": place.relative_to(root).as_posix(), "discovered": children}
    folder = _work_folder(settings.data_dir, request)
    write_small(folder / FACTS, json.dumps(record, sort_keys=True))
    fetched.path.replace(place)
    sync(place.parent)
    if settings.sidecar != "none":
        write_sidecar(request, kept, with_email=settings.sidecar == "full")
    return kept


def _beside(fetched: Fetched, request: Request, data_dir: Path) -> Fetched:
    """``fetched`` with its words in plain text, if it has such, moved beside its place."""
    if fetched.text is None:
        return fetched
    digest, size = sha256_file(fetched.text)
    place = fetched.path.with_suffix(".txt")
    taken = place.exists() and request.asset_id not in place.name
    if taken and sha256_file(place) != (digest, size):
        place = place.with_name(f"{place.stem}-{request.asset_id}.txt")
    fetched.text.replace(place)
    told = {"text_path": place.relative_to(data_dir).as_posix(), "text_sha256": digest}
    return replace(fetched, text=None, details={**fetched.details, **told})


def _is_of(place: Path, request: Request, fetched: Fetched) -> bool:
    """May ``fetched`` take ``place``: is what stands there the same asset's, or the same bytes?"""
    if request.asset_id in place.name:
        return True
    try:
        if json.loads(sidecar_path(place).read_bytes())["asset_id"] == request.asset_id:
            return True
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return sha256_file(place) == (fetched.sha256, fetched.size_bytes)


def recover(request: Request, settings: FetchSettings) -> Fetched | None:
    """The file of ``request`` that an earlier run finished but could not report, if any.

    It is hashed anew: what was changed since does not pass for what is described.
    """
    folder = _work_folder(settings.data_dir, request)
    try:
        facts = json.loads((folder / FACTS).read_bytes())
        path = root_of(settings.data_dir) / facts["path"]
        if sha256_file(path) != (facts["sha256"], facts["size_bytes"]):
            return None
        children = tuple(Discovered(**child) for child in facts["discovered"])
        return Fetched(**{**facts, "path": path, "discovered": children})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget(request: Request, settings: FetchSettings) -> None:
    """Remove what is left of tries of ``request``; a finished file stays."""
    folder = _work_folder(settings.data_dir, request)
    try:  # nearly always there is nothing else
        (folder / FACTS).unlink(missing_ok=True)
        folder.rmdir()
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(data_dir: Path) -> None:
    """Remove the work folders that nobody went on with for thirty days."""
    for folder in (root_of(data_dir) / ".partial").glob("*/"):
        if folder.stat().st_mtime < time.time() - STALE_S:
            shutil.rmtree(folder, ignore_errors=True)


def mime_type_of(path: Path) -> str:
    """The media type that an extension stands for."""
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _work_folder(data_dir: Path, request: Request) -> Path:
    return root_of(data_dir) / ".partial" / request.asset_id
