"""One file over HTTP: hashed while it is written, bounded, and resumed where it broke off.

Beside the growing file stands ``<name>.resume``: which version of the source it is a part of. A
later try asks for the rest of that version alone (Range with If-Range) and starts over if the
source has another one by now.
"""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import urllib3

from downloaders.base import FetchSettings, Progress
from downloaders.hosts import Hosts
from downloaders.http import (
    CHUNK,
    HttpClient,
    filename_of,
    is_encoded,
    length_of,
    mime_of,
    raise_for_status,
    stream,
)
from rowkeeper.errors import DiskFullError, PermanentError, RetryLaterError
from rowkeeper.paths import write_small

if TYPE_CHECKING:
    from hashlib import _Hash

Inspect = Callable[[urllib3.BaseHTTPResponse], str | None]
"""Looks at an answer before its body: raises, names another address to go to, or lets it pass."""

MAX_STEPS = 4
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A whole file. ``filename`` is what the source calls it; ``sha256`` is lower-case hex."""

    size_bytes: int
    sha256: str
    filename: str | None
    mime_type: str


def save(
    client: HttpClient,
    url: str,
    hosts: Hosts,
    part: Path,
    progress: Progress,
    *,
    settings: FetchSettings,
    inspect: Inspect = lambda _: None,
    headers: Mapping[str, str] | None = None,
    version: str | None = None,
) -> Saved:
    """GET ``url`` into the file ``part``, durable on return; resumes what stands there.

    ``version``: which one ``url`` has now, where that is known without asking it.
    Raises a ``TransferError``, after which the next call goes on, and ``DiskFullError``.
    """
    transfer = _Transfer(
        client, hosts, part, progress, settings, inspect, dict(headers or {}), version
    )
    for _ in range(MAX_STEPS):
        outcome = transfer.step(url)
        if isinstance(outcome, Saved):
            return outcome
        url = outcome
    raise PermanentError("not_a_file", "The source leads from page to page and to no file.")


class _Transfer:
    def __init__(
        self,
        client: HttpClient,
        hosts: Hosts,
        part: Path,
        progress: Progress,
        settings: FetchSettings,
        inspect: Inspect,
        headers: dict[str, str],
        version: str | None,
    ) -> None:
        self.client, self.hosts, self.part, self.progress = client, hosts, part, progress
        self.settings, self.inspect, self.headers = settings, inspect, headers
        self.version = version
        self.resume = part.with_name(part.name + ".resume")

    def step(self, url: str) -> Saved | str:
        """The file, or the address to go on with."""
        have, version = self._standing()
        if self.version not in (None, version):
            have = 0
        asked = {"Range": f"bytes={have}-"} if have else {}
        if have and self.version is None:
            asked["If-Range"] = version
        with self.client.open(url, self.hosts, {**self.headers, **asked}) as response:
            if response.status == 416 and have:  # it got shorter, or has another version
                self._start_over()
                return url
            if other := self.inspect(response):
                return other
            raise_for_status(response, urllib3.util.parse_url(url).host or "The source")
            offset = self._offset(response, have)
            if offset is None:
                self._start_over()
                return url
            return self._take(response, offset)

    def _standing(self) -> tuple[int, str]:
        """How many bytes are here, and of which version; 0 where that is not known."""
        try:
            version = json.loads(self.resume.read_bytes())["version"]
            return self.part.stat().st_size, str(version)
        except (OSError, ValueError, KeyError, TypeError):
            return 0, ""

    def _start_over(self) -> None:
        self.part.unlink(missing_ok=True)
        self.resume.unlink(missing_ok=True)

    def _offset(self, response: urllib3.BaseHTTPResponse, have: int) -> int | None:
        """Where the body belongs; None for a part that nobody asked for."""
        if response.status != 206:
            return 0
        found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        return have if found and have and int(found[1]) == have else None

    def _take(self, response: urllib3.BaseHTTPResponse, offset: int) -> Saved:
        rest = None if is_encoded(response) else length_of(response)
        self._check_room(offset + (rest or 0), rest or 0)
        digest = hashlib.sha256()
        try:
            with self.part.open("r+b" if offset else "wb", buffering=0) as file:
                if offset:
                    _hash_standing(file, offset, digest)
                else:
                    self._note_version(response)
                size = self._append(response, file, offset, digest)
                os.fsync(file.fileno())
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise self._no_room() from None
            raise
        self.resume.unlink(missing_ok=True)
        return Saved(
            size_bytes=size,
            sha256=digest.hexdigest(),
            filename=filename_of(response),
            mime_type=mime_of(response),
        )

    def _append(
        self, response: urllib3.BaseHTTPResponse, file: BinaryIO, offset: int, digest: "_Hash"
    ) -> int:
        size = checked = begun = offset

        def report(done: int, total: int | None) -> None:
            self.progress(offset + done, None if total is None else offset + total)

        for chunk in stream(response, report):
            size += len(chunk)
            if size - checked > CHECK_EVERY:
                self._check_room(size, 0)
                checked = size
            elif self.settings.max_bytes is not None and size > self.settings.max_bytes:
                self._check_room(size, 0)
            digest.update(chunk)
            file.write(chunk)
            if size - begun >= WRITE_BACK:
                _begin_write_back(file, begun, size)
                begun = size
        return size

    def _note_version(self, response: urllib3.BaseHTTPResponse) -> None:
        """Write down what a later try may resume; nothing where the source names no version."""
        etag = response.headers.get("ETag", "")
        told = etag if etag.startswith('"') else response.headers.get("Last-Modified")
        version = self.version or told
        if version and not is_encoded(response):
            write_small(self.resume, json.dumps({"version": version}))
        else:
            self.resume.unlink(missing_ok=True)

    def _check_room(self, size: int, more: int) -> None:
        """Raise for a file beyond ``max_bytes`` or a disk that it would fill."""
        largest = self.settings.max_bytes
        if largest is not None and size > largest:
            words = f"It has {size:,} bytes or more; download.max_bytes is {largest:,}."
            raise PermanentError("too_large", words)
        if shutil.disk_usage(self.part.parent).free - more < self.settings.min_free_bytes:
            raise self._no_room()

    def _no_room(self) -> DiskFullError:
        return DiskFullError(
            f"The disk of {self.settings.data_dir} is nearly full: free space or move the data "
            "folder, then run again; download.min_free_bytes says how much is kept free."
        )


CHECK_EVERY = 64 << 20
WRITE_BACK = 32 << 20


def _begin_write_back(file: BinaryIO, start: int, end: int) -> None:
    """Let the disk begin with what is written, or the fsync at the end waits for all of it.

    Linux starts to write dirty pages that it is told not to keep, and keeps them until then.
    """
    if hasattr(os, "posix_fadvise"):  # not on macOS
        os.posix_fadvise(file.fileno(), start, end - start, os.POSIX_FADV_DONTNEED)


def _hash_standing(file: BinaryIO, size: int, digest: "_Hash") -> None:
    """Hash the first ``size`` bytes and stand behind them."""
    left = size
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            raise RetryLaterError("local_io", "The half file got shorter while it was read.")
        digest.update(chunk)
        left -= len(chunk)
    file.truncate(size)
