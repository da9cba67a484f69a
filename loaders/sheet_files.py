"""A sheet that somebody saved as CSV or as XLSX, as the tabs of a published page."""

import csv
import io
import re
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loaders.grid import Cell, Line, Tab, links_of, without_blank_ends
from loaders.legacy_files import decode
from rowkeeper.errors import InputError

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SUFFIXES = frozenset({".csv", ".xlsx"})

_QUOTED = r'"((?:[^"]|"")*)"'
_HYPERLINK = re.compile(
    rf"=HYPERLINK\(\s*{_QUOTED}\s*(?:[,;]\s*{_QUOTED}\s*\)|\)|[,;])", re.IGNORECASE
)
"""Address and, where it is no reference, label."""


def read_file_tabs(path: Path) -> list[Tab]:
    """The tabs of the file at ``path``; a CSV is one tab and has no links but those in its texts.

    Raises ``InputError`` that names the file and the remedy.
    """
    try:
        return _read_xlsx(path) if path.suffix.lower() == ".xlsx" else [_read_csv(path)]
    except OSError as error:
        raise InputError(
            f"The sheet file {path} can't be read ({error.strerror}): check sheet.source."
        ) from None


def _read_csv(path: Path) -> Tab:
    _, text = decode(path, path.read_bytes())
    csv.field_size_limit(2**31 - 1)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise InputError(
            f"The sheet file {path} is no valid CSV ({error}): save it again."
        ) from None
    lines = [Line(number, tuple(map(Cell, row))) for number, row in enumerate(rows, 1)]
    return Tab("0", path.stem, without_blank_ends(lines))


def _read_xlsx(path: Path) -> list[Tab]:
    import openpyxl

    data = path.read_bytes()
    try:
        with warnings.catch_warnings(action="ignore"):  # of drop-downs and the like, not of cells
            shown = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
            written = openpyxl.load_workbook(io.BytesIO(data))
    except Exception:  # a damaged file raises what its damage hits: zip, XML, a part, a number
        raise InputError(
            f"The sheet file {path} is no XLSX that can be read: save it again."
        ) from None
    return [
        Tab(
            str(place),
            sheet.title,
            without_blank_ends(list(_xlsx_lines(sheet, written[sheet.title]))),
        )
        for place, sheet in enumerate(shown.worksheets)
        if sheet.sheet_state == "visible"
    ]


def _xlsx_lines(shown: "Worksheet", written: "Worksheet") -> Iterator[Line]:
    """The rows of a worksheet without its hidden columns, as on the published page."""
    hidden = {
        column
        for dimension in shown.column_dimensions.values()
        if dimension.hidden
        for column in range(int(dimension.min or 0), int(dimension.max or 0) + 1)
    }
    for row, formulas in zip(shown.iter_rows(), written.iter_rows(), strict=True):
        yield Line(
            int(row[0].row or 0),
            tuple(
                _cell(cell, formula.value)
                for cell, formula in zip(row, formulas, strict=True)
                if cell.column not in hidden
            ),
        )


def _cell(cell: Any, formula: Any) -> Cell:
    """A cell with its own link, or that of its HYPERLINK formula.

    What the formula says stands in for a value that no spreadsheet program has computed yet.
    """
    address = text = ""
    if isinstance(formula, str) and (found := _HYPERLINK.match(formula)):
        address, label = (part.replace('""', '"') for part in found.groups(""))
        text = label or (address if found[0].endswith(")") else "")
    if cell.value is not None:
        text = text_of(cell.value)
    link = cell.hyperlink
    if link is not None and link.target:
        address = f"{link.target}#{link.location}" if link.location else str(link.target)
    return Cell(text, links_of([address]))


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
