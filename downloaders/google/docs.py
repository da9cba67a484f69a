"""Google Docs as text and as HTML, Sheets as CSV, Slides as PDF, without credentials or with."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

import urllib3

from downloaders import documents, files
from downloaders.base import Downloader, Fetched, FetchSettings, Progress, Request, Standing
from downloaders.google import answers as google
from downloaders.google import published
from downloaders.google.drive_api import DriveApi, address
from downloaders.google.kinds import (
    OFFICE,
    OtherKindError,
    check_kind,
    file_page,
    may_be_another,
    page_of,
)
from downloaders.google.rules import EXPORT_LIMIT
from downloaders.google.tabs import other_tabs
from downloaders.http import HttpClient, read_page
from downloaders.readings import UnchangedError, content_key, unless_new
from downloaders.sinks import FileSink
from downloaders.transfer import Saved, save
from rowkeeper.core.errors import AmbiguousError, PermanentError, TransferError
from rowkeeper.core.links.classify import classify
from rowkeeper.core.net.sniff import HEAD, kind_of
from rowkeeper.core.net.throttle import Limit

HOST = "docs.google.com"


@dataclass(frozen=True)
class ExportFormat:
    """``path`` is of the public address; ``extension`` is also the format that it asks for."""

    path: str
    extension: str
    mime_type: str


EXPORTS = {
    "document": ExportFormat("document", "txt", "text/plain"),
    "document_html": ExportFormat("document", "html", "text/html"),
    "spreadsheet": ExportFormat("spreadsheets", "csv", "text/csv"),
    "presentation": ExportFormat("presentation", "pdf", "application/pdf"),
}
"""By kind of asset."""


class DocsDownloader(Downloader):
    """What anyone with the link may read; with credentials what is shared with those."""

    provider: ClassVar[str] = "docs"
    kinds: ClassVar[frozenset[str]] = frozenset(EXPORTS)
    pace: ClassVar[Limit] = Limit(rate=2.0, burst=5, slots=4)

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._client = HttpClient(settings, self.provider)
        self._api = DriveApi(settings, self._client, self.provider) if settings.drive else None

    def fetch(self, request: Request, directory: Path, progress: Progress) -> Fetched:
        if published.is_published(request.media_id):
            return published.fetch(self._client, self._settings, request, directory, progress)
        export = EXPORTS[request.asset_kind]
        file_id = google.file_id(request)
        path = directory / f"{request.asset_id}.{export.extension}"
        part = files.part_of(path)
        saved = self._saved(request, file_id, part, progress)
        fetched = Fetched(
            path=path,
            filename=saved.filename,
            mime_type=export.mime_type,
            size_bytes=saved.size_bytes,
            sha256=saved.sha256,
            details=_told(part, export, saved),
        )
        fetched = files.commit(part, fetched)
        if documents.is_text(request, fetched):
            return documents.read_links(request, fetched, path)
        if request.asset_kind == "spreadsheet" and "," not in request.media_id:
            return self._with_tabs(request, file_id, fetched)
        return fetched

    def _with_tabs(self, request: Request, file_id: google.FileId, fetched: Fetched) -> Fetched:
        """``fetched``, the first tab, with the assets of the other ones."""
        try:
            others = other_tabs(self._client, self._settings, self._api, request, file_id)
        except TransferError as error:
            words = f"Only the first tab is known: {error}"
            details = {"complete": False, "incomplete_because": words}
            return replace(fetched, details=fetched.details | details)
        return replace(
            fetched, details=fetched.details | {"tabs": len(others) + 1}, discovered=others
        )

    def _saved(
        self, request: Request, file_id: google.FileId, part: Path, progress: Progress
    ) -> Saved:
        """The export at ``part``; raises ``OtherKindError`` where the id is of another kind."""
        if OFFICE.search(request.url_as_found or "") and ("drive", "file") not in request.was:
            raise OtherKindError(classify(file_page(file_id.media_id)))
        facts = self._api.facts(file_id) if self._api else {}
        if facts.get("mimeType"):
            check_kind(request, file_id, address(facts))
        tab = request.media_id.partition(",")[2]
        unless_new(request.standing, facts.get("modifiedTime"))
        try:
            if self._api and not tab:
                saved = self._exported(self._api, request, file_id, facts, part, progress)
            else:
                saved = self._public(request, file_id, part, progress)
            _check(part, EXPORTS[request.asset_kind], saved)
        except TransferError as error:
            page = page_of(self._client, file_id) if may_be_another(error) else None
            if page is not None and not facts:
                check_kind(request, file_id, page)
            raise
        return saved

    def _exported(
        self,
        api: DriveApi,
        request: Request,
        file_id: google.FileId,
        facts: dict[str, Any],
        part: Path,
        progress: Progress,
    ) -> Saved:
        """The export by the API; beyond its limit of 10 MB that of Docs itself, which has none."""
        try:
            mime_type = EXPORTS[request.asset_kind].mime_type
            return api.export(file_id, facts, mime_type, part, progress)
        except PermanentError as error:
            if error.code != EXPORT_LIMIT:
                raise
        saved = self._public(request, file_id, part, progress)
        return replace(saved, source_version=facts.get("modifiedTime") or None)

    def _public(
        self, request: Request, file_id: google.FileId, part: Path, progress: Progress
    ) -> Saved:
        export = EXPORTS[request.asset_kind]
        tab, standing = request.media_id.partition(",")[2], request.standing
        query = {"format": export.extension} | ({"gid": tab} if tab else {}) | file_id.parameter
        return save(
            self._client,
            f"https://{HOST}/{export.path}/d/{file_id.media_id}/export?{urlencode(query)}",
            google.HOSTS,
            FileSink(part, self._settings),
            progress,
            settings=self._settings,
            inspect=lambda response: _inspect(response, export, standing),
            headers=(self._api.token() if self._api else {}) | _if_changed(request),
        )


def _if_changed(request: Request) -> dict[str, str]:
    """The header that asks for a document only if it is another one than was read.

    Of a spreadsheet the first tab says nothing of the others.
    """
    standing = request.standing
    if request.asset_kind == "spreadsheet" and "," not in request.media_id:
        return {}
    version = str(standing.details.get("source_version") or "") if standing else ""
    is_etag = version.endswith('"') and "listing" in (standing.details if standing else {})
    return {"If-None-Match": version} if is_etag else {}


def _told(part: Path, export: ExportFormat, saved: Saved) -> dict[str, Any]:
    """What later tells this version from others."""
    key = content_key(part, export.mime_type)
    facts = {"source_version": saved.source_version, "content_key": key}
    return {name: value for name, value in facts.items() if value}


def _inspect(
    response: urllib3.BaseHTTPResponse, export: ExportFormat, standing: Standing | None
) -> None:
    """Raise for a page where no page was asked for, and for what has not changed."""
    if response.status == 304 and standing:
        raise UnchangedError(standing.details)
    if google.is_page(response) and (response.status >= 400 or export.extension != "html"):
        raise google.refusal(google.parse(read_page(response)), response, HOST)
    google.check_status(response, HOST)


def _check(part: Path, export: ExportFormat, saved: Saved) -> None:
    """Raise unless the bytes are what was asked for, and remove them.

    A page without a file's name is a document only by its marks.
    """
    try:
        _check_bytes(part, export, saved)
    except TransferError:
        part.unlink()
        raise


def _check_bytes(part: Path, export: ExportFormat, saved: Saved) -> None:
    with part.open("rb") as file:
        head = file.read(HEAD)
    kind = kind_of(head)
    is_page = kind == "text/html"
    if is_page and (saved.filename is None or export.extension != "html"):
        google.check_document(part, HOST)
    wanted = {"html": ("text/html",), "pdf": ("application/pdf",)}.get(export.extension)
    if (wanted and kind not in wanted) or (not wanted and is_page):
        words = f"{HOST} sent {kind or 'something else'} instead of {export.mime_type}."
        raise AmbiguousError("not_a_document", words)
