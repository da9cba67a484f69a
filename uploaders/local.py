"""A folder as a store: the default."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from rowkeeper.errors import RetryLaterError, StoreError, UsageError
from rowkeeper.paths import sha256_file
from uploaders.base import CHUNK, Held, Store, Stored, UploadRequest, corrupt_object, open_source

_REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}


class LocalStore(Store):
    """Objects as files below ``folder``; an object's name is its key.

    A file grows as ``<name>.part`` and is renamed when its bytes, read again, have the right hash.
    A final path means finished.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.normpath(folder.absolute()))
        self.root = self.folder.as_uri()

    @classmethod
    def from_url(cls, url: str) -> Self:
        """The store of ``file:///absolute/folder``; raises ``UsageError`` for any other form."""
        path = unquote(url[len("file://") :])
        if not path.startswith("/"):
            raise UsageError(f"store.url {url!r} names no absolute folder: write file:///folder")
        return cls(Path(path))

    def check(self) -> None:
        """Makes the folder if it is missing and tries to write in it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder) as probe:
                probe.write(b"0")
        except OSError as error:
            raise self._refusal(error) from None

    def held(self, request: UploadRequest, key: str) -> Held:
        """By size first, then by reading and hashing the file."""
        path = self.folder / key
        with self._faults():
            try:
                if path.stat().st_size != request.size_bytes:
                    return Held.OTHER
                return Held.SAME if sha256_file(path)[0] == request.sha256 else Held.OTHER
            except FileNotFoundError:
                return Held.NOTHING

    def create(self, request: UploadRequest, key: str) -> bool:
        """Copy, flush to the disk, read again, rename."""
        path = self.folder / key
        part = path.with_name(path.name + ".part")
        with open_source(request) as source, self._faults():
            made = _make_folders(path.parent)
            try:
                with part.open("wb") as target:
                    shutil.copyfileobj(source, target, CHUNK)
                    target.flush()
                    os.fsync(target.fileno())
                if sha256_file(part)[0] != request.sha256:
                    raise corrupt_object("the copied bytes do not have the SHA-256 of the download")
                part.rename(path)
            except BaseException:
                with suppress(OSError):
                    part.unlink()
                raise
            for folder in (path.parent, *made):
                _sync(folder)
        return True

    def stored(self, key: str, *, sent: bool) -> Stored:
        """The file's URL."""
        url = (self.folder / key).as_uri()
        return Stored(store=self.root, bucket=None, object_key=key, cloud_url=url, sent=sent)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _REFUSED:
                raise self._refusal(error) from None
            raise RetryLaterError("store_io", f"the store folder: {error.strerror}") from None

    def _refusal(self, error: OSError) -> StoreError:
        return StoreError(
            f"The store folder {self.folder} can't be written ({error.strerror}): "
            "free space or mend its rights, or name another folder in store.url."
        )


def _make_folders(folder: Path) -> list[Path]:
    """Make ``folder``; the folders whose entries changed by that."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return [made.parent for made in missing]


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
