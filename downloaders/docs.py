"""Google Docs, exported as plain text."""

from pathlib import Path
from typing import ClassVar

from downloaders import files, google
from downloaders.base import Downloader, Fetched, FetchSettings, Progress, Request
from downloaders.http import HttpClient, filename_of, mime_of, raise_for_status, stream
from rowkeeper.errors import NeedsPersonError, PermanentError

HOST = "docs.google.com"


class DocsDownloader(Downloader):
    """Documents that anyone with the link may read."""

    provider: ClassVar[str] = "docs"
    kinds: ClassVar[frozenset[str]] = frozenset({"document"})

    def __init__(self, settings: FetchSettings) -> None:
        self._client = HttpClient(settings, "docs")

    def fetch(self, request: Request, directory: Path, progress: Progress) -> Fetched:
        media_id = google.checked_id(request.media_id)
        url = f"https://{HOST}/document/d/{media_id}/export?format=txt"
        with self._client.open(url, google.HOSTS) as response:
            raise_for_status(response, HOST)
            mime_type = mime_of(response)
            if mime_type == "text/html":
                page = google.parse(response.read(1 << 16).decode("utf-8", "replace"))
                title = " ".join(page.xpath("string(//title)").split())
                if "sign in" in title.lower():
                    raise NeedsPersonError("permission_denied", "Google Docs asks to sign in.")
                raise PermanentError("not_a_document", f"Docs sent a page instead: {title}")
            path = directory / f"{request.asset_id}.txt"
            part = files.part_of(path)
            size, digest = files.write_hashed(stream(response, progress), part)
            fetched = Fetched(
                path=path,
                filename=filename_of(response),
                mime_type="text/plain",
                size_bytes=size,
                sha256=digest,
            )
            return files.commit(part, fetched)
