"""Google Drive: files and folders, as a visitor without an account or by the Drive API."""

from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import urllib3
from lxml import html

from downloaders import files
from downloaders.base import Fetched, FetchSettings, Progress, Request
from downloaders.documents import children, telling
from downloaders.google import answers as google
from downloaders.google.drive_api import DriveApi, FolderList, address
from downloaders.google.kinds import check_kind, may_be_another, page_of
from downloaders.http import HttpClient, read_page
from downloaders.readings import Extent, checked
from downloaders.sinks import Sink, Told
from downloaders.streaming import StreamingDownloader
from downloaders.transfer import Saved, commit_saved, save
from rowkeeper.core.errors import TransferError
from rowkeeper.core.links.classify import classify
from rowkeeper.core.net.hosts import led_to
from rowkeeper.core.net.sniff import true_type
from rowkeeper.core.net.throttle import Limit

HOST = "drive.google.com"
ENTRY = 'contains(concat(" ", normalize-space(@class), " "), " flip-entry ")'
FOLDER = '//*[contains(@class, "flip-entries") or contains(@class, "flip-contents")]'
"""What the page of a folder has around its entries, also where there are none."""


class DriveDownloader(StreamingDownloader):
    """Files behind ``/uc``, with the page that warns of viruses; folders by their embedded view.

    With credentials both by the API. A shortcut is stored as a listing of the one thing that it
    leads to; what is of another kind than its link says raises ``OtherKindError``.
    """

    provider: ClassVar[str] = "drive"
    kinds: ClassVar[frozenset[str]] = frozenset({"file", "folder"})
    pace: ClassVar[Limit] = Limit(rate=3.0, burst=10, slots=4)

    def __init__(self, settings: FetchSettings) -> None:
        self.settings = settings
        self._client = HttpClient(settings, self.provider)
        self._api = DriveApi(settings, self._client, self.provider) if settings.drive else None

    def fetch_into(
        self, request: Request, directory: Path, sink: Sink, progress: Progress
    ) -> Fetched:
        file_id = google.file_id(request)
        if self._api:
            return self._by_api(self._api, request, file_id, directory, sink, progress)
        try:
            if request.asset_kind == "folder":
                return self._listing(request, directory, self._folder(file_id))
            return commit_saved(request, directory, sink, self._file(file_id, sink, progress))
        except TransferError as error:
            page = page_of(self._client, file_id) if may_be_another(error) else None
            if page is None:
                raise
            if classify(page).media_id.partition(",")[0] != file_id.media_id:
                return _listing(request, directory, FolderList("", [(page, "")]))  # a shortcut
            check_kind(request, file_id, page)
            raise

    def _by_api(
        self,
        api: DriveApi,
        request: Request,
        file_id: google.FileId,
        directory: Path,
        sink: Sink,
        progress: Progress,
    ) -> Fetched:
        facts = api.facts(file_id)
        name = str(facts.get("name") or "")
        if facts.get("shortcutDetails"):
            return _listing(request, directory, FolderList(name, [(address(facts), name)]))
        if facts.get("mimeType"):
            check_kind(request, file_id, address(facts))
        if request.asset_kind == "folder":
            return self._listing(request, directory, api.folder(file_id, name))
        return commit_saved(
            request, directory, sink, api.save(file_id, facts, sink, _judge, progress)
        )

    def _file(self, file_id: google.FileId, sink: Sink, progress: Progress) -> Saved:
        query = {"export": "download", "id": file_id.media_id} | file_id.parameter
        url = f"https://{HOST}/uc?{urlencode(query)}"
        return save(
            self._client,
            url,
            google.HOSTS,
            sink,
            progress,
            settings=self.settings,
            inspect=lambda response: _inspect(response, url, file_id),
            judge=_judge,
        )

    def _listing(self, request: Request, directory: Path, listed: FolderList) -> Fetched:
        return _listing(request, directory, listed, self.settings.download.max_folder)

    def _folder(self, file_id: google.FileId) -> FolderList:
        """A folder's entries in Drive's order. The page states no count: it is read to its end."""
        query = {"id": file_id.media_id} | file_id.parameter
        url = f"https://{HOST}/embeddedfolderview?{urlencode(query)}"
        with self._client.open(url, google.HOSTS) as response:
            page = read_page(response) if google.is_page(response) else ""
            tree = google.parse(page)
            if response.status >= 400 and page:
                raise google.refusal(tree, response, HOST)
            google.check_status(response, HOST)
            listed = tree.xpath(f"//div[{ENTRY}]")
            if not listed and not tree.xpath(FOLDER):
                raise google.refusal(tree, response, HOST)
        title = google.title_of(tree)
        entries = []
        for link in filter(_is_entry, tree.iter("a")):  # in XPath it takes the square of the time
            name = link.xpath('string(.//*[contains(@class,"flip-entry-title")])').strip()
            entries.append((str(link.get("href")), name))
        doubts = (
            [] if google.END in page.lower() else ["the page that lists the folder has no end."]
        )
        if len(listed) > len(entries):
            doubts.append("an entry of the folder's page leads nowhere.")
        return FolderList(title, entries, tuple(doubts))


def _listing(request: Request, directory: Path, listed: FolderList, most: int = 0) -> Fetched:
    """The listing as a file, and the assets that its entries lead to, ``most`` of them, 0: all."""
    entries = listed.entries[: most or None]
    classified = [(classify(url), name) for url, name in entries]
    title = listed.title
    extent = Extent(
        listed=len(classified),
        left_out=len(listed.entries) - len(entries),
        limit=f"download.max_folder is {most}",
        doubts=listed.doubts,
    )
    rows: list[dict[str, Any]] = [
        {
            "asset_kind": next(iter(link.asset_kinds), None),
            "provider": link.provider if link.asset_kinds else None,
            "media_id": link.media_id if link.asset_kinds else None,
            "title": name,
        }
        for link, name in classified
    ]
    fetched = files.commit_listing(
        request,
        directory,
        {"provider": "drive", "id": request.media_id, "title": title, "entries": rows},
        filename=title,
        details={"title": title, **extent.details()},
        discovered=children(request, list(classified), telling(url for url, _ in entries)),
    )
    return checked(fetched, extent)


def _is_entry(link: html.HtmlElement) -> bool:
    around = (str(above.get("class") or "") for above in link.iterancestors("div"))
    return link.get("href") is not None and any("flip-entry" in classes for classes in around)


def _inspect(response: urllib3.BaseHTTPResponse, url: str, file_id: google.FileId) -> str | None:
    """The address behind the page that warns of viruses; raises for every other page."""
    if not google.is_page(response):
        google.check_status(response, HOST)
        return None
    tree = google.parse(read_page(response))
    if confirmed := _confirmed(tree, url, file_id):
        return confirmed
    raise google.refusal(tree, response, HOST)


def _confirmed(tree: html.HtmlElement, url: str, file_id: google.FileId) -> str | None:
    """The address behind "Download anyway", if ``tree`` is the virus-scan warning."""
    for form in tree.xpath('//form[@id="download-form"]'):
        fields = file_id.parameter | {
            str(field.get("name")): str(field.get("value", ""))
            for field in form.xpath('.//input[@type="hidden"][@name]')
        }
        action = urlsplit(led_to(url, str(form.get("action", ""))))
        query = "&".join(part for part in (action.query, urlencode(fields)) if part)
        return action._replace(query=query, fragment="").geturl()
    return None


def _judge(head: bytes, declared: Told) -> Told:
    """Raise for a page where a file was expected; tell the type where Drive doesn't."""
    google.check_bytes(head, declared.mime_type, declared.filename is not None)
    return Told(declared.filename, true_type(head, declared.mime_type))
