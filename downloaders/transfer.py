"""One file over HTTP into a sink: hashed on the way, bounded, and resumed where it broke off.

What a sink has of a version of the source stays there: a later try asks for the rest of that
version alone (Range with If-Range) and starts over if the source has another one by now.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3

from downloaders import files
from downloaders.base import Fetched, FetchSettings, Progress, Request
from downloaders.http import (
    HttpClient,
    filename_of,
    is_encoded,
    length_of,
    mime_of,
    raise_for_status,
    stream,
)
from downloaders.sinks import Sink, Told, Write
from rowkeeper.core.errors import PermanentError, RetryLaterError
from rowkeeper.core.net.hosts import Hosts
from rowkeeper.core.paths import safe_extension

if TYPE_CHECKING:
    from hashlib import _Hash

Inspect = Callable[[urllib3.BaseHTTPResponse], str | None]
"""Looks at an answer before its body: raises, names another address to go to, or lets it pass."""

Judge = Callable[[bytes, Told], Told]
"""Looks at a file's first bytes: raises, or says what it is in the end."""

MAX_STEPS = 4
CHECK_EVERY = 64 << 20
_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]+/([0-9]{1,18}|\*)")


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A whole file. ``filename`` is what the source calls it; hashes are lower-case hex.

    ``md5`` is there where it was asked for, ``source_version`` where the source tells one.
    """

    size_bytes: int
    sha256: str
    filename: str | None
    mime_type: str
    md5: str | None = None
    source_version: str | None = None


def save(
    client: HttpClient,
    url: str,
    hosts: Hosts,
    sink: Sink,
    progress: Progress,
    *,
    settings: FetchSettings,
    inspect: Inspect = lambda _: None,
    judge: Judge = lambda _, declared: declared,
    headers: Mapping[str, str] | None = None,
    version: str | None = None,
    with_md5: bool = False,
) -> Saved:
    """GET ``url`` into ``sink``, durable on return; resumes what stands there.

    ``version``: which one ``url`` has now, where that is known without asking it.
    Raises a ``TransferError``, after which the next call goes on, and ``DiskFullError``.
    """
    headers = dict(headers or {})
    transfer = _Transfer(
        client, hosts, sink, progress, settings, inspect, judge, headers, version, with_md5
    )
    for _ in range(MAX_STEPS):
        outcome = transfer.step(url)
        if isinstance(outcome, Saved):
            return outcome
        url = outcome
    raise PermanentError("not_a_file", "The source leads from page to page and to no file.")


def commit_saved(request: Request, directory: Path, sink: Sink, saved: Saved) -> Fetched:
    """What was saved, at its place, under the extension that its source or its type gives it."""
    extension = safe_extension(saved.filename, saved.mime_type)
    fetched = Fetched(
        path=directory / f"{request.asset_id}.{extension}",
        filename=saved.filename,
        mime_type=saved.mime_type,
        size_bytes=saved.size_bytes,
        sha256=saved.sha256,
    )
    return sink.commit(fetched)


@dataclass
class _Transfer:
    client: HttpClient
    hosts: Hosts
    sink: Sink
    progress: Progress
    settings: FetchSettings
    inspect: Inspect
    judge: Judge
    headers: dict[str, str]
    version: str | None
    with_md5: bool

    def step(self, url: str) -> Saved | str:
        """The file, or the address to go on with."""
        have, version = self.sink.standing()
        if self.version not in (None, version):
            have = 0
        asked = {"Range": f"bytes={have}-"} if have else {}
        if have and self.version is None:
            asked["If-Range"] = version
        with self.client.open(url, self.hosts, {**self.headers, **asked}) as response:
            if response.status == 416 and have:  # it got shorter, or has another version
                self.sink.start_over()
                return url
            if other := self.inspect(response):
                return other
            raise_for_status(response, urlsplit(url).hostname or "The source")
            offset = self._offset(response, have, version)
            if offset is None:
                self.sink.start_over()
                return url
            return self._take(response, offset)

    def _offset(self, response: urllib3.BaseHTTPResponse, have: int, version: str) -> int | None:
        """Where the body belongs; None for a part that nobody asked for, or of another version.

        A server that knows no If-Range sends the rest of whatever it has now.
        """
        if response.status != 206:
            return 0
        if self._version_of(response) not in (None, version):
            return None
        part = _part_of(response)
        return have if part and have and int(part[1]) == have else None

    def _take(self, response: urllib3.BaseHTTPResponse, offset: int) -> Saved:
        rest = (None if is_encoded(response) else length_of(response)) or 0
        files.check_size(offset + rest, self.settings)
        self.sink.check_room(rest)
        declared = Told(filename_of(response), mime_of(response))
        hashes = [hashlib.sha256()]
        if self.with_md5:
            hashes.append(hashlib.md5(usedforsecurity=False))

        def look(head: bytes) -> Told:
            nonlocal declared
            declared = self.judge(head, declared)
            return declared

        with self.sink.open(offset, self._version_of(response), hashes, look) as write:
            size = self._append(response, write, offset, hashes)
        return Saved(
            size_bytes=size,
            sha256=hashes[0].hexdigest(),
            filename=declared.filename,
            mime_type=declared.mime_type,
            md5=hashes[1].hexdigest() if self.with_md5 else None,
            source_version=response.headers.get("ETag"),
        )

    def _append(
        self,
        response: urllib3.BaseHTTPResponse,
        write: Write,
        offset: int,
        hashes: "list[_Hash]",
    ) -> int:
        size = checked = offset

        def report(done: int, total: int | None) -> None:
            self.progress(offset + done, None if total is None else offset + total)

        for chunk in stream(response, report):
            size += len(chunk)
            files.check_size(size, self.settings)
            if size - checked > CHECK_EVERY:
                self.sink.check_room(0)
                checked = size
            for digest in hashes:
                digest.update(chunk)
            write(chunk)
        part = _part_of(response)  # which may be less than was asked for
        whole = int(part[2]) if part and part[2] != "*" else 0
        if size < whole:
            raise RetryLaterError("truncated", f"{size} of {whole} bytes arrived.")
        return size

    def _version_of(self, response: urllib3.BaseHTTPResponse) -> str | None:
        """What tells a later try that the source still is the same; None where nothing does."""
        if is_encoded(response):
            return None
        etag = response.headers.get("ETag", "")
        version = etag if etag.startswith('"') else response.headers.get("Last-Modified")
        return self.version or version


def _part_of(response: urllib3.BaseHTTPResponse) -> re.Match[str] | None:
    """Where the part that was sent begins, and the size of the whole; None if it is no part."""
    is_part = response.status == 206
    return _RANGE.fullmatch(response.headers.get("Content-Range", "")) if is_part else None
