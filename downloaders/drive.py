"""Google Drive without credentials: public files and folders."""

import re
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

from downloaders import files, google
from downloaders.base import Discovered, Downloader, Fetched, FetchSettings, Progress, Request
from downloaders.http import (
    HttpClient,
    filename_of,
    mime_of,
    raise_for_status,
    read_page,
    status_error,
    stream,
)
from rowkeeper.errors import (
    NeedsPersonError,
    PauseSiteError,
    PermanentError,
    RetryLaterError,
    TransferError,
)
from rowkeeper.paths import safe_extension

HOST = "drive.google.com"
FILE = re.compile(r"/file/d/([A-Za-z0-9_-]+)")
FOLDER = re.compile(r"/folders/([A-Za-z0-9_-]+)")
DOCUMENT = re.compile(r"/document/d/([A-Za-z0-9_-]+)")
QUOTA = re.compile(r"too many users|quota|download limit", re.IGNORECASE)


class DriveDownloader(Downloader):
    """Files behind ``/uc``, with the page that warns of viruses; folders by their embedded view."""

    provider: ClassVar[str] = "drive"
    kinds: ClassVar[frozenset[str]] = frozenset({"file", "folder"})

    def __init__(self, settings: FetchSettings) -> None:
        self._client = HttpClient(settings, "drive")

    def fetch(self, request: Request, directory: Path, progress: Progress) -> Fetched:
        media_id = google.checked_id(request.media_id)
        if request.asset_kind == "folder":
            return self._folder(request, media_id, directory)
        url = f"https://{HOST}/uc?" + urlencode({"export": "download", "id": media_id})
        for _ in range(3):
            answer = self._file(url, request, directory, progress)
            if isinstance(answer, Fetched):
                return answer
            url = answer
        raise PermanentError("not_a_file", "Drive shows its warning page again and again.")

    def _file(
        self, url: str, request: Request, directory: Path, progress: Progress
    ) -> Fetched | str:
        """The stored file, or the address that a warning page leads to."""
        with self._client.open(url, google.HOSTS) as response:
            named = "Content-Disposition" in response.headers
            if mime_of(response) == "text/html" and not named:
                page = read_page(response)
                if form := _confirmed(page, url):
                    return form
                raise _refusal(page, response.status)
            raise_for_status(response, HOST)
            return _store(response, request, directory, progress)

    def _folder(self, request: Request, media_id: str, directory: Path) -> Fetched:
        url = f"https://{HOST}/embeddedfolderview?id={media_id}"
        with self._client.open(url, google.HOSTS) as response:
            raise_for_status(response, HOST)
            title, entries = _entries(read_page(response))
        children = tuple(
            Discovered.child(request, position=position, **_child(entry))
            for position, entry in enumerate(entries, 1)
            if entry["asset_kind"]
        )
        listing = {"provider": "drive", "id": media_id, "title": title, "entries": entries}
        details = {"title": title, "entries": len(entries)}
        return files.commit_listing(
            request, directory, listing, filename=title, details=details, discovered=children
        )


def _store(
    response: urllib3.BaseHTTPResponse, request: Request, directory: Path, progress: Progress
) -> Fetched:
    filename, mime_type = filename_of(response), mime_of(response)
    path = directory / f"{request.asset_id}.{safe_extension(filename, mime_type)}"
    part = files.part_of(path)
    size, digest = files.write_hashed(stream(response, progress), part)
    fetched = Fetched(
        path=path, filename=filename, mime_type=mime_type, size_bytes=size, sha256=digest
    )
    return files.commit(part, fetched)


def _confirmed(page: str, url: str) -> str | None:
    """The address behind "Download anyway", if ``page`` is the virus-scan warning."""
    for form in google.parse(page).xpath('//form[@id="download-form"]'):
        fields = {
            str(field.get("name")): str(field.get("value", ""))
            for field in form.xpath('.//input[@type="hidden"][@name]')
        }
        action = urlsplit(urljoin(url, str(form.get("action", ""))))
        query = "&".join(part for part in (action.query, urlencode(fields)) if part)
        return action._replace(query=query, fragment="").geturl()
    return None


def _refusal(page: str, status: int) -> TransferError:
    """What a page instead of a file means."""
    tree = google.parse(page)
    reason = " ".join(tree.xpath('string(//*[contains(@class,"uc-error-subcaption")])').split())
    title = " ".join(tree.xpath("string(//title)").split())
    if QUOTA.search(reason) or QUOTA.search(title):
        return PauseSiteError("quota", reason or title)
    if reason:
        return PermanentError("not_a_file", reason)
    if "sign in" in title.lower():
        return NeedsPersonError("permission_denied", "Drive asks to sign in.")
    return _status_refusal(status, title)


def _status_refusal(status: int, title: str) -> TransferError:
    if status >= 400:
        return status_error(status, HOST)
    if not title:
        return RetryLaterError("empty_page", "Drive sent an empty page instead of a file.")
    return PermanentError("not_a_file", f"Drive sent a page instead of a file: {title}")


def _entries(page: str) -> tuple[str, list[dict[str, Any]]]:
    """A folder's title and its entries in Drive's order."""
    tree = google.parse(page)
    title = " ".join(tree.xpath("string(//title)").split())
    if "sign in" in title.lower():
        raise NeedsPersonError("permission_denied", "Drive asks to sign in to see this folder.")
    entries = []
    for link in tree.xpath('//div[contains(@class,"flip-entry")]//a[@href]'):
        kind, provider, media_id = _target(str(link.get("href")))
        name = link.xpath('string(.//*[contains(@class,"flip-entry-title")])').strip()
        entries.append(
            {"asset_kind": kind, "provider": provider, "media_id": media_id, "title": name}
        )
    return title, entries


def _target(url: str) -> tuple[str | None, str | None, str | None]:
    """Kind, provider and id behind an entry's link; all None for what can't be archived."""
    parts = urlsplit(url)
    path = parts.path
    if parts.hostname == HOST and (found := FILE.search(path)):
        return "file", "drive", found[1]
    if parts.hostname == HOST and (found := FOLDER.search(path)):
        return "folder", "drive", found[1]
    if parts.hostname == "docs.google.com" and (found := DOCUMENT.search(path)):
        return "document", "docs", found[1]
    return None, None, None


def _child(entry: dict[str, Any]) -> dict[str, Any]:
    address = {
        "file": "https://drive.google.com/file/d/{}/view",
        "folder": "https://drive.google.com/drive/folders/{}",
        "document": "https://docs.google.com/document/d/{}/edit",
    }[entry["asset_kind"]]
    return {**entry, "original_url": address.format(entry["media_id"])}
