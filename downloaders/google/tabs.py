"""The tabs of a spreadsheet: a link that names none means every one of them.

The first one is what the link's own asset holds; each other tab is an asset beside it, ``ID,GID``.
"""

import re
from urllib.parse import quote, urlencode, urljoin, urlsplit

from downloaders.base import Discovered, FetchSettings, Request
from downloaders.google import answers as google
from downloaders.google.answers import FileId
from downloaders.google.drive_api import DriveApi
from downloaders.google.rules import PAGES
from downloaders.http import HttpClient, raise_for_status, read_page
from downloaders.verdicts import first_match
from rowkeeper.core.errors import RetryLaterError, TransferError
from rowkeeper.core.net.hosts import Hosts
from rowkeeper.core.text import from_json

SHEETS_API = "https://sheets.googleapis.com/"
FIELDS = "sheets(properties(sheetId,title,sheetType,hidden))"
GRID = "//*[@id = 'sheets-viewport' or contains(@class, 'waffle')]"
"""Where the page for readers shows cells: it is that page, and not one in its place."""
_PUSHED = re.compile(
    r'items\.push\(\{name: "((?:[^"\\]++|\\.)*+)".{0,2000}?gid: "(\d+)"', re.DOTALL
)

Tab = tuple[str, str]
"""Gid and title."""


def other_tabs(
    client: HttpClient,
    settings: FetchSettings,
    api: DriveApi | None,
    request: Request,
    file_id: FileId,
) -> tuple[Discovered, ...]:
    """The visible tabs of a spreadsheet but the first. Raises a ``TransferError``."""
    if api is not None:
        try:
            return _assets(request, file_id, _by_api(client, settings, api, file_id))
        except TransferError:
            pass  # a key may be good for Drive alone; the page tells the same
    return _assets(request, file_id, _by_page(client, api, file_id))


def _assets(request: Request, file_id: FileId, tabs: list[Tab]) -> tuple[Discovered, ...]:
    page = f"https://docs.google.com/spreadsheets/d/{file_id.media_id}/edit"
    key = f"?{urlencode(file_id.parameter)}" if file_id.resource_key else ""
    return tuple(
        Discovered.child(
            request,
            position=position,
            provider="docs",
            media_id=f"{file_id.media_id},{gid}",
            asset_kind="spreadsheet",
            original_url=f"{page}#gid={gid}",
            title=title,
            url_as_found=f"{page}{key}#gid={gid}" if key else None,
        )
        for position, (gid, title) in enumerate(tabs[1:], 2)
    )


def _by_api(
    client: HttpClient, settings: FetchSettings, api: DriveApi, file_id: FileId
) -> list[Tab]:
    endpoint = urljoin(settings.settings.sheet.api_endpoint or SHEETS_API, "v4/spreadsheets/")
    parts = urlsplit(endpoint)
    hosts = Hosts(frozenset({parts.netloc.lower()}), schemes=frozenset({parts.scheme}))
    url = f"{endpoint}{quote(file_id.media_id, safe='')}?{urlencode({'fields': FIELDS})}"
    with client.open(url, hosts, api.headers() | file_id.header) as response:
        raise_for_status(response, "The Sheets API")
        body = read_page(response)
    try:
        return [
            (str(int(item["sheetId"])), str(item.get("title") or ""))
            for sheet in from_json(body)["sheets"]
            if (item := sheet["properties"]).get("sheetType", "GRID") == "GRID"
            and not item.get("hidden")
        ]
    except (ValueError, KeyError, TypeError):
        raise RetryLaterError("no_json", "The Sheets API sent no list of tabs.") from None


def _by_page(client: HttpClient, api: DriveApi | None, file_id: FileId) -> list[Tab]:
    """The tabs that the page for readers has in its menu; of a single tab it has cells alone."""
    query = f"?{urlencode(file_id.parameter)}" if file_id.resource_key else ""
    url = f"https://docs.google.com/spreadsheets/d/{file_id.media_id}/htmlview{query}"
    with client.open(url, google.HOSTS, api.token() if api else {}) as response:
        raise_for_status(response, "docs.google.com")
        page = read_page(response)
        tree = google.parse(page)
        if google.END not in page.lower():
            raise RetryLaterError("truncated", "the page that lists the tabs has no end.")
    buttons = tree.xpath("//li[starts-with(@id, 'sheet-button-')]")
    tabs = [
        (str(button.get("id")).removeprefix("sheet-button-"), button.text_content().strip())
        for button in buttons
    ]
    tabs = tabs or [(gid, name) for name, gid in _PUSHED.findall(page)]
    if not tabs and not tree.xpath(GRID):
        if first_match(PAGES, google.own_title(tree)):
            raise google.refusal(tree, response, "docs.google.com")
        raise RetryLaterError("no_tabs", "docs.google.com sent another page than that of the tabs.")
    return [tab for tab in tabs if tab[0].isdecimal()]
