"""Stores and what is sent to them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rowkeeper.core.ids import asset_id
from uploaders.base import Store
from uploaders.local.store import LocalStore
from uploaders.values import Stored, UploadRequest


@dataclass
class Lab:
    """A store and ways to look behind it: all its objects, and putting one there by hand."""

    store: Store
    objects: Callable[[], dict[str, bytes]]
    plant: Callable[[str, bytes], object]


def local_lab(folder: Path) -> Lab:
    def plant(key: str, body: bytes) -> None:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(body)

    def objects() -> dict[str, bytes]:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    return Lab(LocalStore(folder), objects, plant)


def request_of(folder: Path, body: bytes, row_id: str = "7", name: str = "v.mp4") -> UploadRequest:
    """A request for a file with ``body``, as ``pending_uploads`` would give it."""
    path = folder / name
    path.write_bytes(body)
    return UploadRequest(
        asset_id=asset_id(row_id, "drive", name, "file"),
        row_id=row_id,
        provider="drive",
        media_id=name,
        asset_kind="file",
        path=path,
        sha256=hashlib.sha256(body).hexdigest(),
        size_bytes=len(body),
        mime_type="video/mp4",
    )


ODD_KEYS = [
    "people/ü/名前.mp4",
    "a b/c  d.txt",
    "plus+and&and=.txt",
    "100%25 %2F.txt",
    "quote'\"#?.txt",
    "x" * 200 + "/" + "y" * 200 + ".txt",
]


def put(store: Store, folder: Path, key: str, body: bytes) -> UploadRequest:
    request = request_of(folder, body)
    store.put(request, key)
    return request


def stream(store: Store, key: str, body: bytes, sha256: str) -> Stored:
    with store.writer(key, "video/mp4") as writer:
        for start in range(0, len(body), 70_000):
            writer.write(body[start : start + 70_000])
        return writer.commit(sha256)
