"""The Sheets API and an XLSX, both made of the tabs of a published page."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openpyxl
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from loaders.grid import Cell, Tab
from tests.helpers.loopback import serving

SPREADSHEET = "1SheetSheetSheetSheetSheetSheetSheetSheet0"
URL = f"https://docs.google.com/spreadsheets/d/{SPREADSHEET}/edit"
KEY, TOKEN = "AIza-a-secret-key", "ya29.a-secret-token"


@dataclass
class SheetsApi:
    """``answers`` are statuses to give before any sheet; ``requests`` what was asked."""

    tabs: Sequence[Tab]
    answers: list[int] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, key: str, authorization: str) -> tuple[int, Any]:
        self.requests.append(path)
        if self.answers:
            return self.answers.pop(0), {"error": {"message": f"no: {path}"}}
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        if parts.path == "/token":
            return 200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
        if key != KEY and authorization != f"Bearer {TOKEN}":
            return 403, {"error": {"message": "denied"}}
        if parts.path != f"/v4/spreadsheets/{SPREADSHEET}":
            return 404, {"error": {"message": "none"}}
        wanted = query.get("ranges", [f"'{tab.title}'" for tab in self.tabs])
        tabs = [tab for tab in self.tabs if f"'{tab.title}'" in wanted]
        grid = query.get("includeGridData") == ["true"]
        return 200, {"sheets": [sheet(tab, grid) for tab in tabs]}


def sheet(tab: Tab, grid: bool) -> dict[str, Any]:
    """A tab as the API tells it: no more rows and cells than hold something."""
    answer: dict[str, Any] = {"properties": {"sheetId": int(tab.gid), "title": tab.title}}
    if grid:
        rows: list[dict[str, Any]] = []
        for line in tab.lines:
            rows += [{}] * (line.number - 1 - len(rows))
            rows.append({"values": [value(cell) for cell in line.cells]})
        answer["data"] = [{"rowData": rows}]
    return answer


def value(cell: Cell) -> dict[str, Any]:
    answer: dict[str, Any] = {"formattedValue": cell.text} if cell.text else {}
    if len(cell.links) == 1:
        answer["hyperlink"] = cell.links[0]
    elif cell.links:
        answer["textFormatRuns"] = [
            {"startIndex": place, "format": {"link": {"uri": link}}}
            for place, link in enumerate(cell.links)
        ]
    return answer


def fields_of(mask: str) -> dict[str, Any]:
    """The fields that a mask such as ``a(b,c)`` names: each with those in it, none for all."""
    last: dict[str, Any] = {}
    opened = [last]
    for token in re.findall(r"\w+|[()]", mask):
        if token == "(":
            opened.append(last)
        elif token == ")":
            opened.pop()
        else:
            last = opened[-1].setdefault(token, {})
    return opened[0]


def masked(answer: Any, fields: dict[str, Any]) -> Any:
    """What of ``answer`` a client that asks for these ``fields`` gets."""
    if isinstance(answer, list):
        return [masked(one, fields) for one in answer]
    if not fields or not isinstance(answer, dict):
        return answer
    return {name: masked(answer[name], fields[name]) for name in fields if name in answer}


@contextmanager
def sheets_api(tabs: Sequence[Tab]) -> Iterator[SheetsApi]:
    """The API on loopback; its ``url`` is the setting ``sheet.api_endpoint``."""
    api = SheetsApi(tabs)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, answer = api.answer(
                self.path,
                self.headers.get("X-Goog-Api-Key", ""),
                self.headers.get("Authorization", ""),
            )
            asked = parse_qs(urlsplit(self.path).query).get("fields", [""])[0]
            body = json.dumps(masked(answer, fields_of(asked))).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

    with serving(Handler) as url:
        api.url = f"{url}/"
        yield api


def service_account(path: Path, url: str) -> Path:
    """The JSON key of a service account whose tokens come from ``url``/token."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_text(
        json.dumps(
            {
                "type": "service_account",
                "client_email": "reader@project.iam.gserviceaccount.com",
                "private_key": pem.decode(),
                "token_uri": f"{url}token",
            }
        )
    )
    return path


def write_xlsx(path: Path, tabs: Sequence[Tab]) -> Path:
    """The tabs as a workbook; a cell has its first link, as XLSX can't hold more."""
    book = openpyxl.Workbook()
    del book["Sheet"]
    for tab in tabs:
        page = book.create_sheet(tab.title)
        for line in tab.lines:
            for place, cell in enumerate(line.cells, 1):
                if cell.text:
                    page.cell(line.number, place, cell.text).data_type = "s"
                if cell.links:
                    page.cell(line.number, place).hyperlink = cell.links[0]
                    page.cell(line.number, place).value = cell.text
    book.save(path)
    return path
