"""The legacy CSVs and a manifest of their hashes in the store, from what raw holds of them."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rowkeeper.catalogue.built import require_built
from rowkeeper.core.errors import ReconcileError, TransferError, UsageError
from rowkeeper.core.paths import safe_segment
from rowkeeper.core.warehouse import connect
from rowkeeper.migration.export.warehouse import LoadedFile, read_bytes, read_files
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.store_identity import open_known

if TYPE_CHECKING:
    from uploaders.base import Store
    from uploaders.values import UploadRequest

FORMAT = "rowkeeper legacy CSVs 1"


@dataclass(frozen=True)
class Archived:
    """An object: its address, and whether it had been there before."""

    name: str
    cloud_url: str
    existed: bool


def archive_csvs(context: Context) -> list[Archived]:
    """Put each loaded legacy file, byte for byte, and then the manifest into the store.

    Run again, it sends nothing that is there. Raises ``UsageError`` if no file is loaded,
    ``ReconcileError`` if raw has not the bytes of one, ``StoreError``.
    """

    store = open_known(context, mark=True)
    store.check()
    with _objects(context) as objects:
        return [_put(store, request, key) for request, key in objects]


def is_archived(context: Context) -> bool:
    """Whether the store has the manifest of the files that are loaded now: it is sent last.

    Raises ``StoreError`` if the store gives no useful answer.
    """
    from uploaders.values import Held

    store = open_known(context)
    with _objects(context) as objects:
        request, key = objects[-1]
        try:
            return store.held(request, key) is Held.SAME
        except TransferError as error:
            raise store.unusable(error) from None


def _put(store: "Store", request: "UploadRequest", key: str) -> Archived:
    try:
        stored = store.put(request, key)
    except TransferError as error:
        raise store.unusable(error) from None
    return Archived(request.filename or key, stored.cloud_url, stored.existed)


@contextmanager
def _objects(context: Context) -> "Iterator[list[tuple[UploadRequest, str]]]":
    """``(file, key)`` of each loaded CSV, the manifest last; the files stand for the while."""
    with tempfile.TemporaryDirectory(dir=context.settings.data_dir, prefix="csvs-") as name:
        folder, entries, objects = Path(name), [], []
        with connect(context.target, read_only=True) as warehouse:
            require_built(context, warehouse)
            for file in sorted(read_files(warehouse), key=lambda file: file.file_sha256):
                data = read_bytes(warehouse, file)
                key = f"legacy/{safe_segment(Path(file.file_name).stem)}-{file.file_sha256}.csv"
                request = _request(folder, file.file_name, data)
                if request.sha256 != file.file_sha256:
                    raise ReconcileError(
                        f"The warehouse has not the bytes of {file.file_name}: load the file again."
                    )
                entries.append(_entry(file, len(data), key))
                objects.append((request, key))
        if not entries:
            raise UsageError("No legacy CSV is loaded: set legacy_csv.paths, then rowkeeper run.")
        manifest = {"format": FORMAT, "files": entries}
        data = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True).encode()
        request = _request(folder, "manifest.json", data)
        yield [*objects, (request, f"legacy/manifest-{request.sha256}.json")]


def _entry(file: LoadedFile, size_bytes: int, key: str) -> dict[str, Any]:
    return {
        "name": file.file_name,
        "sha256": file.file_sha256,
        "size_bytes": size_bytes,
        "rows": file.row_count,
        "generation": file.generation,
        "encoding": file.encoding,
        "key": key,
    }


def _request(folder: Path, name: str, data: bytes) -> "UploadRequest":
    from uploaders.values import UploadRequest

    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / sha256
    path.write_bytes(data)
    return UploadRequest(
        asset_id=sha256,
        row_id="",
        provider="legacy",
        media_id=sha256,
        asset_kind="csv",
        path=path,
        sha256=sha256,
        size_bytes=len(data),
        mime_type="application/json" if name.endswith(".json") else "text/csv",
        filename=name,
    )
