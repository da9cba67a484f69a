"""What a sheet was read from, read again by a reader that shares nothing with the one that loads.

A text file does not say how its cells are separated, so each usual way is tried and the one
that agrees best counts: what no way shows is a difference.
"""

import gzip
import io
import re
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import etree, html

from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.journal.kept_files import find_bytes
from rowkeeper.migration.reconcile.source import DELIMITERS, csv_records, digest, file_data

GUESSED = ("cp1252", "latin-1")
"""Encodings that a line which is not UTF-8 may have been read in, beside what the load says."""
_SAID = re.compile(r"read as ([\w-]+)")
_SEP = re.compile(r"\A\ufeff?\"?sep=(.)\"?[,;\t|]*(?:\r\n|\r|\n|\Z)", re.IGNORECASE)


@dataclass(frozen=True)
class ShownCell:
    """``links``: those that stand on the cell; None where this reader does not know them all.
    ``text`` None: a formula makes it, and no value is kept."""

    text: str | None = ""
    links: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ShownTable:
    """``rows`` by their number. ``is_exact``: each cell stands in its column. ``keeps_space``:
    white space is the sheet's own, as it is not on a page."""

    rows: dict[int, list[ShownCell]]
    is_exact: bool = True
    keeps_space: bool = True


def sheet_bytes(source: str, sha256: str | None, data_dir: Path) -> tuple[bytes | None, bool]:
    """What a snapshot was read from, and whether the file itself still has it."""
    if sha256 is None:
        return None, False
    kept = find_bytes(journal_dir(data_dir), sha256)
    try:
        data = gzip.decompress(kept.read_bytes()) if kept else None
    except (OSError, EOFError, zlib.error):
        data = None  # ``journal check`` tells of a damaged load
    if data is not None and digest(data) == sha256:
        return data, False
    data = file_data(Path(source), sha256) if "://" not in source else None
    return data, data is not None


def shown_tables(data: bytes, gid: str, title: str, notice: str) -> Iterator[ShownTable]:
    """The tables that ``data`` may be read as, of a workbook or a page the tab that was loaded."""
    if data.startswith(b"PK\x03\x04"):
        yield from _workbook(data, title)
    elif is_text(data):
        yield from _texts(data, notice)
    else:
        yield from _page(data, gid)


def is_text(data: bytes) -> bool:
    """Is it neither a workbook nor a page?"""
    is_page = data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
    return not is_page and not data.startswith(b"PK\x03\x04")


def stray_lines(data: bytes) -> dict[int, bytes]:
    """The lines of a text that are not UTF-8, by their number; none where no line is UTF-8."""
    if not is_text(data) or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return {}
    strays: dict[int, bytes] = {}
    is_utf_8 = data.startswith(b"\xef\xbb\xbf")
    for number, line in enumerate(data.splitlines(), 1):
        try:
            is_utf_8 |= not line.decode().isascii()
        except UnicodeDecodeError:
            strays[number] = line
    return strays if is_utf_8 else {}


def _texts(data: bytes, notice: str) -> Iterator[ShownTable]:
    seen: set[str] = set()
    for text in _decoded(data, notice):
        if text in seen:
            continue
        seen.add(text)
        said = _SEP.match(text)
        rest = text[said.end() :] if said else text
        marks = [said[1]] if said else DELIMITERS
        for mark, (skips, quoting) in product(marks, ((False, 0), (True, 0), (False, 3))):
            records = csv_records(rest, mark, skipinitialspace=skips, quoting=quoting)
            rows = enumerate((cells for _, cells in records), 1)
            yield ShownTable({number: list(map(ShownCell, cells)) for number, cells in rows})


def _decoded(data: bytes, notice: str) -> Iterator[str]:
    strays = stray_lines(data)
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        if encoding.startswith("utf-16") and b"\0" not in data:
            continue
        try:
            yield data.decode(encoding)
        except UnicodeError:
            continue
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    for name in (*_SAID.findall(notice), *GUESSED):
        try:
            by_line = (
                line.decode(name if number in strays else "utf-8")
                for number, line in enumerate(lines, 1)
            )
            yield "".join(by_line) if strays else data.decode(name)
        except (UnicodeError, LookupError):
            continue


def _page(data: bytes, gid: str) -> Iterator[ShownTable]:
    try:
        parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
        tree = html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return
    tables: list[Any] = list(tree.iter("table"))
    own = [table for table in tables if gid in table.xpath("ancestor::div[@id][1]/@id")]
    for table in own or tables:
        rows: dict[int, list[ShownCell]] = {}
        number = 0
        titles, foot = table.xpath("./thead/tr[td]"), table.xpath("./tfoot/tr")
        for row in [*titles, *table.xpath("./tr | ./tbody/tr"), *foot]:
            cells = row.xpath("./td[not(contains(@class, 'freezebar-cell'))]")
            head = "".join(str(th.xpath("string()")) for th in row.xpath("./th")).strip()
            if cells or head:
                number = int(head) if re.fullmatch("[0-9]{1,9}", head) else number + 1
                rows[number] = [_page_cell(cell) for cell in cells]
        is_exact = not table.xpath(".//td[@rowspan or @colspan]")
        yield ShownTable(rows, is_exact, keeps_space=False)


def _page_cell(cell: Any) -> ShownCell:
    links = [str(address).strip() for address in cell.xpath(".//a/@href")]
    return ShownCell(str(cell.xpath("string()")), tuple(filter(None, links)))


def _workbook(data: bytes, title: str) -> Iterator[ShownTable]:
    from openpyxl import load_workbook

    with warnings.catch_warnings(action="ignore"):
        values = load_workbook(io.BytesIO(data), data_only=True)
        formulas = load_workbook(io.BytesIO(data))
    if title not in values.sheetnames:
        return
    sheet, written = values[title], formulas[title]
    spans = [
        (int(column.min or 0), int(column.max or 0))
        for column in sheet.column_dimensions.values()
        if column.hidden
    ]
    rows: dict[int, dict[int, ShownCell]] = {}
    for (row, column), cell in sheet._cells.items():
        if any(first <= column <= last for first, last in spans):
            continue
        is_formula = written.cell(row, column).data_type == "f"
        target = cell.hyperlink.target if cell.hyperlink else None
        # a formula may hold links, too: what it leads to is for the loader's own rules to say
        links = None if is_formula else tuple(filter(None, [target]))
        text = None if is_formula and cell.value is None else _text(cell.value)
        place = column - sum(max(0, min(last, column) - first + 1) for first, last in spans)
        rows.setdefault(row, {})[place] = ShownCell(text, links)
    yield ShownTable(
        {
            row: [cells.get(place, ShownCell()) for place in range(1, max(cells) + 1)]
            for row, cells in sorted(rows.items())
        }
    )


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value == value // 1:
            return f"{value:.0f}"
        case datetime() if value.time() == time():
            return f"{value:%Y-%m-%d}".rjust(10, "0")
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def bare(link: str) -> str:
    """The letters and digits of a link, its escapes undone, however often it was wrapped."""
    for _ in range(4):
        link = unquote(link)
    return re.sub(r"\W+", "", link).casefold()
