"""A sheet that somebody saved as XLSX, as the tabs of a published page."""

import io
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loaders import columns
from loaders.bounds import Bounds
from loaders.grid import (
    BLANK,
    Cell,
    Line,
    Tab,
    check_lines,
    links_of,
    without_blank_ends,
)
from loaders.left_out import (
    cell_name,
    comment_notice,
    hidden_notice,
    hidden_tabs_notice,
    shape_notice,
    unclear_notice,
    uncomputed_notice,
)
from loaders.noted import Merged
from loaders.tabs import HEADER_WITHIN, header_of
from loaders.workbook_formulas import Formula, read_formula
from loaders.workbook_parts import WorkbookPart, look_through, place_of
from rowkeeper.core.errors import InputError
from rowkeeper.core.links.text import find_links

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

NOTHING_SAID = Formula()


def read_workbook(path: Path, data: bytes, bounds: Bounds) -> list[Tab]:
    """The visible tabs of the XLSX ``data``. Raises ``InputError`` that names the file.

    It is looked through first: what the library would spread over memory is refused unread.
    """
    from openpyxl.reader.excel import ExcelReader

    where = f"The sheet file {path}"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            seen = look_through(where, archive, bounds)
        with warnings.catch_warnings(action="ignore"):  # of drop-downs and the like, not of cells
            reader = ExcelReader(io.BytesIO(data), data_only=True, keep_links=False)
            reader.read()
            parts = {sheet.name: part.target for sheet, part in reader.parser.find_sheets()}
        sheets = reader.wb.worksheets
        hidden = [sheet for sheet in sheets if sheet.sheet_state != "visible"]
        said = hidden_tabs_notice([t.title for t in hidden if _lists_people(where, t, bounds)])
        said += shape_notice(seen.links)
        tabs = [
            _tab(where, place, sheet, seen.by_name.get(parts[sheet.title], WorkbookPart()), bounds)
            for place, sheet in enumerate(sheets)
            if sheet.sheet_state == "visible"
        ]
        return [replace(tab, notices=(*tab.notices, *said)) for tab in tabs]
    except InputError:
        raise
    except Exception:  # a damaged file raises what its damage hits: zip, XML, a part, a number
        raise InputError(
            f"{where} is no XLSX that can be read: save it again, as XLSX or CSV."
        ) from None


def _tab(where: str, place: int, sheet: "Worksheet", part: WorkbookPart, bounds: Bounds) -> Tab:
    label = f"{where}, tab {sheet.title},"
    hidden: set[int] = set()
    said = {
        cell: read_formula(formula, partial(_value_of, sheet))
        for cell, formula in part.formulas.items()
    }
    lines = without_blank_ends(list(_lines(label, sheet, said, bounds, hidden)))
    check_lines(label, lines, bounds)
    notices = hidden_notice(hidden)
    unclear = [at for at, read in sorted(said.items()) if not read.is_clear]
    notices += unclear_notice([cell_name(column, row) for row, column in unclear])
    notices += comment_notice(
        [
            cell.coordinate
            for _, cell in sorted(sheet._cells.items())
            if cell.comment is not None and find_links(str(cell.comment.text or ""))
        ]
    )
    unknown = [at for at in sorted(part.uncomputed) if said.get(at, NOTHING_SAID) == NOTHING_SAID]
    notices += uncomputed_notice([cell_name(column, row) for row, column in unknown])
    return Tab(str(place), sheet.title, lines, notices, merged=tuple(_merged(sheet)))


def _lists_people(where: str, sheet: "Worksheet", bounds: Bounds) -> bool:
    """Whether a tab, of which no more is read, has titles of people among its first rows."""
    lines = _lines(f"{where}, tab {sheet.title},", sheet, {}, bounds, set())
    shown = Tab("", sheet.title, tuple(islice(lines, HEADER_WITHIN)))
    return header_of(shown, columns.NOTHING_SAID) is not None


def _merged(sheet: "Worksheet") -> Iterator[Merged]:
    """The merged cells with content, in their order."""
    for area in sorted(sheet.merged_cells.ranges, key=lambda area: (area.min_row, area.min_col)):
        shown = sheet._cells.get((area.min_row, area.min_col))
        if shown is not None and shown.value is not None:
            name = cell_name(area.min_col, area.min_row)
            yield Merged(name, area.min_row, area.max_row)


def _lines(
    where: str,
    sheet: "Worksheet",
    said: Mapping[tuple[int, int], Formula],
    bounds: Bounds,
    left_out: set[int],
) -> Iterator[Line]:
    """The rows of a worksheet without its hidden columns, as on the published page.

    Those of them that have content are added to ``left_out``.
    Only cells with content count: where a sheet has only formats, it has ended.
    """
    rows: dict[int, dict[int, Cell]] = {}
    for (row, column), shown in sheet._cells.items():
        if (cell := _cell(shown, said.get((row, column), NOTHING_SAID))) != BLANK:
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


def _cell(cell: Any, said: Formula) -> Cell:
    """A cell with its own link, or that of its HYPERLINK formula, and all others of the formula.

    What the formula says stands in for a value that no spreadsheet program has computed yet.
    """
    address, link = said.address, cell.hyperlink
    text = said.text if cell.value is None else text_of(cell.value)
    if link is not None and link.target:
        address = f"{link.target}#{link.location}" if link.location else str(link.target)
    return Cell(text, tuple(dict.fromkeys(links_of([address, *said.others]))))


def _value_of(sheet: "Worksheet", name: str) -> str | None:
    """The text that ``&`` takes of a cell, as it was computed last; None where that can't be told,
    as of a date, which it takes in another form.
    """
    shown = sheet._cells.get(place_of(name))
    value = None if shown is None else shown.value
    return text_of(value) if isinstance(value, str | int | float) else None


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
