"""A sheet that somebody saved as XLSX, as the tabs of a published page."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loaders.bounds import Bounds
from loaders.grid import (
    BLANK,
    Cell,
    Line,
    Tab,
    check_lines,
    hidden_notice,
    links_of,
    without_blank_ends,
)
from loaders.workbook_parts import Formulas, look_through
from rowkeeper.core.errors import InputError
from rowkeeper.core.links.text import find_links

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_QUOTED = r'"((?:[^"]|"")*)"'
_HYPERLINK = re.compile(
    rf"=HYPERLINK\(\s*{_QUOTED}\s*(?:[,;]\s*{_QUOTED}\s*\)|\)|[,;])", re.IGNORECASE
)
"""Address and, where it is no reference, label."""
_LITERAL = re.compile(
    rf"\bCONCAT(?:ENATE)?\(\s*{_QUOTED}(?:\s*[,;]\s*{_QUOTED})*|{_QUOTED}(?:\s*&\s*{_QUOTED})*",
    re.IGNORECASE,
)
"""Texts that a formula has, as one where it puts them together."""
_READS = r"\b(?:IMPORT[A-Z]+|WEBSERVICE)\("
_SOURCE = re.compile(rf"{_READS}\s*$", re.IGNORECASE)
_IMPORTS = re.compile(_READS, re.IGNORECASE)  # in the text that Google leaves where Excel has none
"""Before the address of what a sheet reads its values from, which is nobody's content."""


def read_workbook(path: Path, data: bytes, bounds: Bounds) -> list[Tab]:
    """The visible tabs of the XLSX ``data``. Raises ``InputError`` that names the file.

    It is looked through first: what the library would spread over memory is refused unread.
    """
    from openpyxl.reader.excel import ExcelReader

    where = f"The sheet file {path}"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            formulas = look_through(where, archive, bounds)
        with warnings.catch_warnings(action="ignore"):  # of drop-downs and the like, not of cells
            reader = ExcelReader(io.BytesIO(data), data_only=True, keep_links=False)
            reader.read()
            parts = {sheet.name: part.target for sheet, part in reader.parser.find_sheets()}
        return [
            _tab(where, place, sheet, formulas.get(parts[sheet.title], {}), bounds)
            for place, sheet in enumerate(reader.wb.worksheets)
            if sheet.sheet_state == "visible"
        ]
    except InputError:
        raise
    except Exception:  # a damaged file raises what its damage hits: zip, XML, a part, a number
        raise InputError(
            f"{where} is no XLSX that can be read: save it again, as XLSX or CSV."
        ) from None


def _tab(where: str, place: int, sheet: "Worksheet", formulas: Formulas, bounds: Bounds) -> Tab:
    label = f"{where}, tab {sheet.title},"
    hidden: set[int] = set()
    lines = without_blank_ends(list(_lines(label, sheet, formulas, bounds, hidden)))
    check_lines(label, lines, bounds)
    return Tab(str(place), sheet.title, lines, hidden_notice(hidden))


def _lines(
    where: str, sheet: "Worksheet", formulas: Formulas, bounds: Bounds, left_out: set[int]
) -> Iterator[Line]:
    """The rows of a worksheet without its hidden columns, as on the published page.

    Those of them that have content are added to ``left_out``.
    Only cells with content count: where a sheet has only formats, it has ended.
    """
    rows: dict[int, dict[int, Cell]] = {}
    for (row, column), shown in sheet._cells.items():
        if (cell := _cell(shown, formulas.get((row, column)))) != BLANK:
            rows.setdefault(row, {})[column] = cell
    hidden = _hidden(sheet, max((max(cells) for cells in rows.values()), default=0))
    count = 0
    for number in range(1, max(rows, default=0) + 1):
        bounds.check_row(where, number)
        cells = rows.get(number, {})
        width = max(cells, default=0)
        bounds.check_column(where, width, number)
        count += width
        bounds.check_cells(where, count)
        left_out |= hidden & cells.keys()
        places = (place for place in range(1, width + 1) if place not in hidden)
        yield Line(number, tuple(cells.get(place, BLANK) for place in places))


def _hidden(sheet: "Worksheet", width: int) -> set[int]:
    """The hidden columns among the first ``width``."""
    return {
        column
        for dimension in sheet.column_dimensions.values()
        if dimension.hidden
        for column in range(int(dimension.min or 0), min(int(dimension.max or 0), width) + 1)
    }


def _cell(cell: Any, formula: Any) -> Cell:
    """A cell with its own link, or that of its HYPERLINK formula, and all others of the formula.

    What the formula says stands in for a value that no spreadsheet program has computed yet.
    """
    address = text = ""
    others = _links_in(formula) if isinstance(formula, str) else []
    if isinstance(formula, str) and (found := _HYPERLINK.match(formula)):
        address, label = (_plain(part) for part in found.groups(""))
        text = label or (address if found[0].endswith(")") else "")
        others = [link for link in others if link not in (address, *find_links(address))]
    if cell.value is not None:
        text = text_of(cell.value)
    link = cell.hyperlink
    if link is not None and link.target:
        address = f"{link.target}#{link.location}" if link.location else str(link.target)
    return Cell(text, tuple(dict.fromkeys(links_of([address, *others]))))


def _links_in(formula: str) -> list[str]:
    """The links in the texts of a formula, whatever function takes them: IF, IMAGE, ``&``."""
    found: list[str] = []
    for literal in _LITERAL.finditer(formula):
        text = "".join(_plain(part[1]) for part in re.finditer(_QUOTED, literal[0]))
        if not _SOURCE.search(
            formula, max(0, literal.start() - 40), literal.start()
        ) and not _IMPORTS.match(text):
            found += find_links(text)
    return found


def _plain(literal: str) -> str:
    return literal.replace('""', '"')


def text_of(value: Any) -> str:
    """A value as a sheet shows it where no format says otherwise: 7 for 7.0, ISO dates."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
