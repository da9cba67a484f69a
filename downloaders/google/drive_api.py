"""The Drive API: what is shared with a service account, or an API key may see."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import urllib3

from downloaders.base import FetchSettings, Progress
from downloaders.google.answers import FileId, refused
from downloaders.google.rules import REASONS, SORRY
from downloaders.http import HttpClient
from downloaders.sinks import FileSink, Sink, Told
from downloaders.transfer import Judge, Saved, save
from downloaders.verdicts import first_match
from rowkeeper.core.errors import (
    NeedsPersonError,
    PermanentError,
    RetryLaterError,
    TransferError,
)
from rowkeeper.core.net.google_api import account_of, authorised
from rowkeeper.core.net.hosts import Hosts
from rowkeeper.core.net.route import retry_after
from rowkeeper.core.text import from_json

SCOPE = "https://www.googleapis.com/auth/drive.readonly"
ENDPOINT = "https://www.googleapis.com/"
FIELDS = (
    "id,name,mimeType,size,md5Checksum,modifiedTime,resourceKey,trashed,"
    "shortcutDetails(targetId,targetMimeType,targetResourceKey)"
)
NATIVE = "application/vnd.google-apps."
PAGES = {
    "file": "https://drive.google.com/file/d/{}/view",
    "folder": "https://drive.google.com/drive/folders/{}",
    "document": "https://docs.google.com/document/d/{}/edit",
    "spreadsheet": "https://docs.google.com/spreadsheets/d/{}/edit",
    "presentation": "https://docs.google.com/presentation/d/{}/edit",
    "form": "https://docs.google.com/forms/d/{}/edit",
    "drawing": "https://docs.google.com/drawings/d/{}/edit",
}
"""Kind of Google's own -> its page; all else is a file."""


@dataclass(frozen=True)
class FolderList:
    """A folder's name, and the address and the name of each entry; why there may be more."""

    title: str
    entries: list[tuple[str, str]]
    doubts: tuple[str, ...] = ()


class DriveApi:
    """Asks the API at the pace of ``site``; one client a thread, for none serves two."""

    def __init__(self, settings: FetchSettings, client: HttpClient, site: str) -> None:
        self._settings, self._client, self._site = settings, client, site
        self._endpoint = urljoin(settings.settings.drive.api_endpoint or ENDPOINT, "drive/v3/")
        parts = urlsplit(self._endpoint)
        self._hosts = Hosts(frozenset({parts.netloc.lower()}), schemes=frozenset({parts.scheme}))
        self._account = account_of(settings.drive, SCOPE)
        self._local, self._lock = threading.local(), threading.Lock()

    def facts(self, file_id: FileId) -> dict[str, Any]:
        """What the API says of a file: name, type, size, MD5, where a shortcut leads."""
        facts = self._ask(
            lambda service: service.files().get(
                fileId=file_id.media_id, fields=FIELDS, supportsAllDrives=True
            ),
            file_id,
        )
        if facts.get("trashed"):
            raise PermanentError("removed", "The file is in the bin of its owner.")
        return facts

    def folder(self, file_id: FileId, title: str) -> FolderList:
        """A folder's entries, page after page to the last one, or until there are enough."""
        entries: list[tuple[str, str]] = []
        doubts: set[str] = set()
        token: str | None = None
        asked: set[str] = set()
        while True:
            page = self._ask(
                lambda service, token=token: service.files().list(
                    q=f"'{file_id.media_id}' in parents and trashed = false",
                    fields=f"nextPageToken,incompleteSearch,files({FIELDS})",
                    orderBy="folder,name",
                    pageSize=1000,
                    pageToken=token,
                    supportsAllDrives=True,
                    includeItemsFromAllDrives=True,
                ),
                file_id,
            )
            entries += [(address(item), str(item.get("name"))) for item in page.get("files", ())]
            if page.get("incompleteSearch"):
                doubts.add("Drive says that it did not search all of its places.")
            if "files" not in page:
                doubts.add("Drive sent a page without files.")
            token, most = page.get("nextPageToken"), self._settings.download.max_folder
            if token in asked:
                doubts.add("Drive led back to a page that it had sent.")
                token = None
            if not token or 0 < most < len(entries):
                return FolderList(title, entries, tuple(sorted(doubts)))
            asked.add(token)

    def save(
        self,
        file_id: FileId,
        facts: dict[str, Any],
        sink: Sink,
        judge: Judge,
        progress: Progress,
    ) -> Saved:
        """The bytes of a file into ``sink``, resumed, and held to the MD5 that Drive tells."""
        md5, query = facts.get("md5Checksum"), {"alt": "media", "supportsAllDrives": "true"}

        def judged(head: bytes, declared: Told) -> Told:
            name = str(facts.get("name") or "") or declared.filename
            return judge(head, Told(name, str(facts.get("mimeType") or declared.mime_type)))

        saved = self._get(file_id, "", query, sink, progress, md5, judged)
        if md5 and saved.md5 != md5:
            sink.start_over()
            words = "The bytes that came are not those that Drive's checksum names."
            raise RetryLaterError("checksum_mismatch", words)
        return saved

    def export(
        self,
        file_id: FileId,
        facts: dict[str, Any],
        mime_type: str,
        part: Path,
        progress: Progress,
    ) -> Saved:
        """One of Google's own in another format; of a spreadsheet the first tab."""
        name, version = str(facts.get("name") or ""), str(facts.get("modifiedTime") or "") or None
        sink, query = FileSink(part, self._settings), {"mimeType": mime_type}
        saved = self._get(file_id, "/export", query, sink, progress, None)
        return replace(saved, filename=name or None, mime_type=mime_type, source_version=version)

    def token(self) -> dict[str, str]:
        """The header that Google's other addresses take; none for an API key."""
        return self.headers() if self._account else {}

    def _get(
        self,
        file_id: FileId,
        action: str,
        query: dict[str, str],
        sink: Sink,
        progress: Progress,
        md5: str | None,
        judge: Judge = lambda _, declared: declared,
    ) -> Saved:
        name = quote(file_id.media_id, safe="")
        url = f"{self._endpoint}files/{name}{action}?{urlencode(query)}"
        return save(
            self._client,
            url,
            self._hosts,
            sink,
            progress,
            settings=self._settings,
            inspect=_inspect,
            judge=judge,
            headers=self.headers() | file_id.header,
            version=md5,
            with_md5=md5 is not None,
        )

    def headers(self) -> dict[str, str]:
        """Who asks one of Google's APIs; a key goes into a header, for addresses are logged."""
        if self._account is None:
            return {"X-Goog-Api-Key": str(self._settings.drive.api_key)}
        import google_auth_httplib2  # type: ignore[import-untyped]

        headers: dict[str, str] = {}
        with self._lock, _faults():
            transport = google_auth_httplib2.Request(self._http())
            self._account.before_request(transport, "GET", self._endpoint, headers)
        return {"Authorization": headers.get("authorization") or headers["Authorization"]}

    def _ask(self, make: Any, file_id: FileId) -> dict[str, Any]:
        self._settings.throttle.wait(self._site)
        with _faults():
            request = make(self._service())
            request.headers.update(file_id.header)
            if self._account is None:
                request.headers["X-Goog-Api-Key"] = self._settings.drive.api_key
            answer = request.execute(num_retries=0)
        if not isinstance(answer, dict):
            raise RetryLaterError("no_json", "The Drive API sent no JSON.")
        return answer

    def _service(self) -> Any:
        if not hasattr(self._local, "service"):
            from googleapiclient.discovery import build

            self._local.service = build(
                "drive",
                "v3",
                http=authorised(self._http(), self._account),
                static_discovery=True,
                cache_discovery=False,
                client_options={"api_endpoint": self._endpoint},
            )
        return self._local.service

    def _http(self) -> Any:
        return self._settings.route.httplib2(self._settings.download.timeout_s)


def address(facts: dict[str, Any]) -> str:
    """The page of a file, a folder or one of Google's own; of a shortcut that of its target."""
    shortcut = facts.get("shortcutDetails") or {}
    media_id = str(shortcut.get("targetId") or facts.get("id"))
    mime_type = str(shortcut.get("targetMimeType") or facts.get("mimeType") or "")
    key = shortcut.get("targetResourceKey") if shortcut else facts.get("resourceKey")
    page = PAGES.get(mime_type.removeprefix(NATIVE), PAGES["file"]).format(media_id)
    return f"{page}?{urlencode({'resourcekey': key})}" if key else page


def _inspect(response: urllib3.BaseHTTPResponse) -> None:
    if response.status >= 400 and response.status != 416:
        raise _refusal(response.status, response.read(1 << 16), retry_after(response.headers))


@contextmanager
def _faults() -> Iterator[None]:
    """Turns what Google's client raises into our errors, in words of our own."""
    from google.auth.exceptions import GoogleAuthError
    from google.auth.exceptions import TransportError as TokenTransportError
    from googleapiclient.errors import HttpError
    from httplib2 import HttpLib2Error

    try:
        yield
    except HttpError as error:
        wait = retry_after(error.resp)
        raise _refusal(int(error.resp.status), error.content, wait) from None
    except (TokenTransportError, HttpLib2Error, OSError) as error:
        words = f"The Drive API did not answer ({type(error).__name__})."
        raise RetryLaterError("transport", words) from None
    except GoogleAuthError as error:
        if error.retryable:
            raise RetryLaterError("no_token", "Google gives no token at the moment.") from None
        raise NeedsPersonError(
            "bad_credentials", "Google refuses the key in drive.credentials_file."
        ) from None
    except ValueError:  # its text would show the key
        raise NeedsPersonError(
            "bad_credentials", "No request can be made: look for odd characters in drive.api_key."
        ) from None


def _refusal(status: int, body: bytes, wait: float | None) -> TransferError:
    """What a status of the API means, by the reason that it names."""
    reasons = _reasons(body)
    for reason, rule in REASONS.items():
        if reason in reasons:
            return rule.raised(rule.why, wait)
    if first_match([SORRY], body.decode("utf-8", "replace")):
        return SORRY.raised(f"The Drive API: {SORRY.example}", wait)
    return refused(status, "The Drive API", wait)


def _reasons(body: bytes) -> set[str]:
    """What an error of Google's APIs names as its reasons, in the older form and in the newer."""
    try:
        error = from_json(body)["error"]
        errors = [*(error.get("errors") or ()), *(error.get("details") or ())]
        return {str(item["reason"]) for item in errors if "reason" in item}
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()
