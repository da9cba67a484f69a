"""The sheet by the Sheets API: its tabs as the published page shows them, private or not."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from loaders.bounds import USUAL, Bounds
from loaders.grid import (
    Cell,
    Line,
    Tab,
    check_lines,
    links_of,
    without_blank_ends,
)
from loaders.left_out import cell_name, comment_notice, hidden_notice, hidden_tabs_notice
from loaders.noted import Merged
from rowkeeper.core.errors import InputError, SourceUnavailableError
from rowkeeper.core.links.text import find_links
from rowkeeper.core.net.google_api import Credentials, account_of, authorised
from rowkeeper.core.net.route import DIRECT, Route
from rowkeeper.core.text import encodable

SCOPE = "https://www.googleapis.com/auth/spreadsheets.readonly"
ENDPOINT = "https://sheets.googleapis.com/"
TITLES = "sheets(properties(sheetId,title,sheetType,hidden))"
CELLS = (
    "sheets(properties(sheetId,title),merges,data(startRow,startColumn,columnMetadata(hiddenByUser),"
    "rowData(values(formattedValue,hyperlink,note,textFormatRuns(startIndex,format(link(uri))),"
    "chipRuns(startIndex,chip(richLinkProperties(uri),personProperties(email)))))))"
)
"""Only the fields that make a ``Cell``, and notes: links in these are told. ``hyperlink`` is empty
where a cell has several links."""
TRIES, TIMEOUT_S = 3, 60

_URL = re.compile(r"/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]{20,})(?:/(?:edit|view|copy)?)?")
_NAMED = re.compile(r"[A-Za-z0-9_-]{20,}")


class NoAnswerError(OSError):
    """Something answered that is not the API."""


def spreadsheet_id(source: str) -> str | None:
    """The id in ``sheets:ID`` or in the address of a spreadsheet that is not its published page;
    None for all else."""
    try:
        parts = urlsplit(source)
    except ValueError:
        return None
    if parts.scheme == "sheets":
        if not _NAMED.fullmatch(parts.path):
            raise InputError(
                f"The sheet {source} holds no id: write sheets:ID with what stands after /d/ in "
                "the spreadsheet's address."
            )
        return parts.path
    if parts.scheme not in ("http", "https") or parts.hostname != "docs.google.com":
        return None
    match = _URL.fullmatch(parts.path)
    return match[1] if match else None


def read_api(
    spreadsheet: str,
    credentials: Credentials,
    endpoint: str = ENDPOINT,
    wanted: str | None = None,
    route: Route = DIRECT,
    bounds: Bounds = USUAL,
) -> list[Tab]:
    """The tabs of a spreadsheet; of several only ``wanted`` (gid or title), where it is there.

    Raises ``InputError`` with the remedy if the sheet may not be read or is larger than ``bounds``,
    ``SourceUnavailableError`` if the API does not answer.
    """
    if not credentials:
        raise InputError(
            f"The sheet {_place(spreadsheet)} is no published page: publish it with File > Share > "
            "Publish to web, or set sheet.api_key or sheet.credentials_file to read it by the API."
        )
    with _faults(spreadsheet):
        sheets = _service(credentials, endpoint, route).spreadsheets()
        known = _asked(sheets.get(spreadsheetId=spreadsheet, fields=TITLES), credentials)
        chosen = _titles(known, wanted) or _titles(known, None)
        ranges = ["'" + title.replace("'", "''") + "'" for title in chosen]
        request = sheets.get(
            spreadsheetId=spreadsheet, ranges=ranges, includeGridData=True, fields=CELLS
        )
        answer = _asked(request, credentials)
    tabs = [_tab(item) for item in answer.get("sheets", ())]
    if wanted is None:
        hidden = _with_cells(known, is_hidden=True)
        left_out = hidden_tabs_notice([str(tab["title"]) for tab in hidden])
        tabs = [replace(tab, notices=(*tab.notices, *left_out)) for tab in tabs]
    for tab in tabs:
        check_lines(f"The sheet {_place(spreadsheet)}, tab {tab.label},", tab.lines, bounds)
    return tabs


def _asked(request: Any, credentials: Credentials) -> Mapping[str, Any]:
    """The answer to ``request``. A key goes into a header: the client logs addresses."""
    if credentials.file is None:
        request.headers["X-Goog-Api-Key"] = credentials.api_key
    answer = request.execute(num_retries=TRIES)
    if not isinstance(answer, dict):  # the page of a gateway in between
        raise NoAnswerError("no JSON")
    return answer


def _titles(known: Mapping[str, Any], wanted: str | None) -> list[str]:
    """The titles of the tabs; only of those with the gid or title ``wanted``, if it is given.

    As on the published page there are no hidden tabs; charts on tabs of their own have no cells.
    """
    return [
        str(tab["title"])
        for tab in _with_cells(known, is_hidden=False)
        if wanted is None
        or str(tab.get("sheetId", 0)) == wanted
        or str(tab["title"]).casefold() == wanted.strip().casefold()
    ]


def _with_cells(known: Mapping[str, Any], *, is_hidden: bool) -> list[Mapping[str, Any]]:
    """What is known of the tabs with cells: of the hidden ones, or of those that are shown."""
    tabs = [item["properties"] for item in known.get("sheets", ())]
    return [
        tab
        for tab in tabs
        if tab.get("sheetType") != "OBJECT" and bool(tab.get("hidden")) == is_hidden
    ]


def _place(spreadsheet: str) -> str:
    return f"https://docs.google.com/spreadsheets/d/{spreadsheet}"


def _service(credentials: Credentials, endpoint: str, route: Route) -> Any:
    """A client of the API; nothing is asked yet."""
    from googleapiclient.discovery import build

    http = route.httplib2(TIMEOUT_S)
    return build(
        "sheets",
        "v4",
        http=authorised(http, account_of(credentials, SCOPE)),
        static_discovery=True,
        cache_discovery=False,
        client_options={"api_endpoint": endpoint},
    )


@contextmanager
def _faults(spreadsheet: str) -> Iterator[None]:
    """Turns what the client raises into our errors, in words of our own."""
    from google.auth.exceptions import GoogleAuthError, TransportError
    from googleapiclient.errors import HttpError
    from httplib2 import HttpLib2Error

    place = _place(spreadsheet)
    try:
        yield
    except HttpError as error:
        raise _refusal(place, int(error.resp.status)) from None
    except (TransportError, HttpLib2Error, OSError) as error:
        raise SourceUnavailableError(
            f"The Sheets API did not answer for {place} ({type(error).__name__}): check the "
            "network, network.proxy and network.ca_file, then run again."
        ) from None
    except GoogleAuthError as error:
        if error.retryable:
            raise SourceUnavailableError(
                f"Google gives no token for {place} at the moment: run again in a few minutes."
            ) from None
        raise InputError(
            f"Google refuses the key in sheet.credentials_file for {place}: see that the service "
            "account still exists and that the clock of this machine is right."
        ) from None
    except ValueError:  # its text would show the key
        raise InputError(
            f"No request can be made for {place}: look for odd characters in sheet.api_key, "
            "sheet.api_endpoint and network.proxy."
        ) from None


def _refusal(place: str, status: int) -> Exception:
    if status in (401, 403):
        return InputError(
            f"The sheet {place} may not be read (HTTP {status}): share it with the service "
            "account's e-mail, or with anyone who has the link for an API key, and enable the "
            "Sheets API for the project of the key."
        )
    if status == 429 or status >= 500:
        return SourceUnavailableError(
            f"The Sheets API answered HTTP {status} for {place}: run again in a few minutes."
        )
    if status == 404:
        return InputError(f"There is no sheet {place} (HTTP 404): check the link in a browser.")
    return InputError(
        f"The Sheets API refuses to read {place} (HTTP {status}): check sheet.source and the key."
    )


def _tab(item: Mapping[str, Any]) -> Tab:
    properties = item.get("properties", {})
    hidden: set[int] = set()
    lines = [line for data in item.get("data", ()) for line in _lines(data, hidden)]
    gid, title = _text(properties.get("sheetId", 0)), _text(properties.get("title", ""))
    notices = hidden_notice(hidden)
    notices += comment_notice([name for data in item.get("data", ()) for name in _noted(data)])
    shown = without_blank_ends(lines)
    merged = tuple(_merged(item.get("merges", ()), shown))
    return Tab(gid, title, shown, notices, merged=merged)


def _merged(ranges: Iterable[Mapping[str, Any]], lines: Sequence[Line]) -> Iterator[Merged]:
    """Those of the merged ``ranges`` that begin in a row with content."""
    filled = {line.number for line in lines if line.cells}
    for area in ranges:
        first, last = int(area.get("startRowIndex", 0)) + 1, int(area.get("endRowIndex", 0))
        if first in filled:
            yield Merged(cell_name(int(area.get("startColumnIndex", 0)) + 1, first), first, last)


def _noted(data: Mapping[str, Any]) -> Iterator[str]:
    """The names of the cells of one block that have links in their notes."""
    left = int(data.get("startColumn", 0))
    for number, row in enumerate(data.get("rowData", ()), int(data.get("startRow", 0)) + 1):
        for place, value in enumerate(row.get("values", ()), left + 1):
            if find_links(str(value.get("note", ""))):
                yield cell_name(place, number)


def _lines(data: Mapping[str, Any], left_out: set[int]) -> Iterator[Line]:
    """The rows of one block; hidden columns are left out, as on the published page.

    The numbers, from 1, of those that have content are added to ``left_out``.
    """
    left = int(data.get("startColumn", 0))
    hidden = {
        place
        for place, column in enumerate(data.get("columnMetadata", ()))
        if column.get("hiddenByUser")
    }
    for number, row in enumerate(data.get("rowData", ()), int(data.get("startRow", 0)) + 1):
        read = [cell_of(value) for value in row.get("values", ())]
        left_out |= {left + p + 1 for p in hidden if p < len(read) and read[p] != Cell()}
        cells = [cell for place, cell in enumerate(read) if place not in hidden]
        yield Line(number, (*[Cell()] * left, *cells))


def cell_of(value: Mapping[str, Any]) -> Cell:
    """A cell of the API: its text as shown, its links in their order, each once."""
    runs = [
        (int(run.get("startIndex", 0)), run.get("format", {}).get("link", {}).get("uri"))
        for run in value.get("textFormatRuns", ())
    ]
    for run in value.get("chipRuns", ()):
        chip = run.get("chip", {})
        email = chip.get("personProperties", {}).get("email")
        uri = chip.get("richLinkProperties", {}).get("uri") or (email and f"mailto:{email}")
        runs.append((int(run.get("startIndex", 0)), uri))
    links = [_text(uri) for _, uri in sorted(runs, key=lambda run: run[0]) if uri]
    links = links or [_text(value.get("hyperlink", ""))]
    return Cell(_text(value.get("formattedValue", "")), tuple(dict.fromkeys(links_of(links))))


def _text(value: object) -> str:
    return encodable(str(value))
