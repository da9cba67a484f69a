"""Media that a link leads to directly, from hosts that somebody listed in ``download.hosts``."""

import mimetypes
from pathlib import Path, PurePosixPath
from typing import ClassVar
from urllib.parse import unquote, urlsplit

import urllib3

from downloaders.base import Fetched, FetchSettings, Progress, Request
from downloaders.http import HttpClient, mime_of
from downloaders.sinks import Sink, Told
from downloaders.streaming import StreamingDownloader
from downloaders.transfer import commit_saved, save
from rowkeeper.core.errors import (
    AmbiguousError,
    NeedsPersonError,
    PermanentError,
    RetryLaterError,
)
from rowkeeper.core.net.hosts import Hosts
from rowkeeper.core.net.sniff import UNTOLD, is_belied, is_hollow, is_html, true_type
from rowkeeper.core.net.throttle import Limit

MEDIA = ("audio/", "video/", "image/", "text/")
DOCUMENTS = frozenset({"application/pdf", "application/ogg", "application/octet-stream"})
PAGES = frozenset({"text/html", "text/css", "text/javascript"})
VAGUE = UNTOLD | {"text/plain"}
"""What servers say of files of which they know no type."""


class DirectDownloader(StreamingDownloader):
    """Files by their own address: audio, video, images, PDF and text."""

    provider: ClassVar[str] = "direct"
    kinds: ClassVar[frozenset[str]] = frozenset({"file"})
    pace: ClassVar[Limit] = Limit(rate=5.0, burst=10, slots=8)

    def __init__(self, settings: FetchSettings) -> None:
        self.settings = settings
        self._client = HttpClient(settings, self.provider)
        self._hosts = Hosts.of_config(settings.download.hosts)

    def fetch_into(
        self, request: Request, directory: Path, sink: Sink, progress: Progress
    ) -> Fetched:
        url = request.media_id
        self._check_listed(url)
        name = unquote(PurePosixPath(urlsplit(url).path).name) or None
        saved = save(
            self._client,
            url,
            self._hosts,
            sink,
            progress,
            settings=self.settings,
            inspect=lambda response: _inspect(response, name),
            judge=lambda head, declared: _judge(head, declared, name),
        )
        return commit_saved(request, directory, sink, saved)

    def _check_listed(self, url: str) -> None:
        try:
            self._hosts.check(url)
        except PermanentError as error:
            raise NeedsPersonError(
                error.code, f"{error} Add the host to download.hosts if it should be."
            ) from None


def _inspect(response: urllib3.BaseHTTPResponse, name: str | None) -> None:
    mime_type = mime_of(response)
    if response.status < 300 and not _is_media(mime_type):
        refusal = AmbiguousError if _promised(name) else PermanentError
        raise refusal("not_media", f"The link leads to {mime_type[:80]}, not to media.")


def _judge(head: bytes, declared: Told, name: str | None) -> Told:
    """Raise for a page, whatever its headers say; tell name and type where they don't.

    What comes in the place of a file names no reason, and may pass: a quota, a maintenance.
    """
    told = declared.mime_type
    expected = (_promised(name) or told) if told in VAGUE else told
    if is_hollow(head, expected):
        raise RetryLaterError("empty", f"Nothing came instead of {expected[:80]}: it has 0 bytes.")
    if not expected.startswith("text/") and is_html(head):
        raise AmbiguousError("not_media", f"A page came instead of {expected[:80]}.")
    if is_belied(head, expected):
        raise AmbiguousError("not_media", f"Text came instead of {expected[:80]}.")
    return Told(declared.filename or name, true_type(head, told))


def _promised(name: str | None) -> str | None:
    """The type of media or document that the name in a link stands for, if it stands for one."""
    mime_type = mimetypes.guess_type(name or "")[0] or ""
    return mime_type if _is_media(mime_type) else None


def _is_media(mime_type: str) -> bool:
    """Is it a type of media or of a document, and none of a page?"""
    is_wanted = mime_type.startswith(MEDIA) or mime_type in DOCUMENTS
    return is_wanted and mime_type not in PAGES
