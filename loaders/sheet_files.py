"""A sheet that somebody saved as a text file or as XLSX, as the tabs of a published page."""

import csv
import io
from functools import partial
from pathlib import Path

from loaders.bounds import USUAL, Bounds
from loaders.columns import NOTHING_SAID, Wanted, count_known
from loaders.grid import Cell, Line, Tab, check_lines, without_blank_ends
from loaders.text_files import DELIMITERS, decode, dialect, read_bytes, read_records
from loaders.workbook import read_workbook
from rowkeeper.core.errors import InputError

SUFFIXES = frozenset({".csv", ".tsv", ".xlsx"})
TITLES_WITHIN = 20
"""The records of a text file among which its titles show how cells are parted."""


def read_file_tabs(
    path: Path,
    wanted: Wanted = NOTHING_SAID,
    bounds: Bounds = USUAL,
) -> list[Tab]:
    """The tabs of the file at ``path``; a CSV is one tab and has no links but those in its texts.

    Raises ``InputError`` that names the file and the remedy, also where it is larger than
    ``bounds``.
    """
    try:
        if path.suffix.lower() == ".xlsx":
            with path.open("rb") as file:
                data = bounds.read(f"The sheet file {path}", file)
            return read_workbook(path, data, bounds)
        return [_read_csv(path, wanted, bounds)]
    except OSError as error:
        raise InputError(
            f"The sheet file {path} can't be read ({error.strerror}): check sheet.source."
        ) from None


def _read_csv(path: Path, wanted: Wanted, bounds: Bounds) -> Tab:
    where = f"The sheet file {path}"
    found = decode(path, read_bytes(path, bounds.max_bytes, "sheet.max_bytes"))
    for line in io.StringIO(found.text, newline=""):
        bounds.check_cells(where, max(map(line.count, DELIMITERS)))
    layout = dialect(path, found.text, partial(count_known, wanted=wanted), TITLES_WITHIN)
    text = io.StringIO(found.text[len(layout.preamble) :], newline="")
    rows: list[Line] = []
    try:
        for number, record in enumerate(read_records(text, layout.delimiter), 1):
            bounds.check_row(where, number)
            width = max((place for place, cell in enumerate(record, 1) if cell), default=0)
            bounds.check_column(where, width, number)
            rows.append(Line(number, tuple(map(Cell, record[:width]))))
    except csv.Error as error:
        raise InputError(f"{where} is no valid CSV ({error}): save it again.") from None
    lines = without_blank_ends(rows)
    check_lines(where, lines, bounds)
    notices = (f"The sheet file {path} {found.notice}.",) if found.notice else ()
    return Tab("0", path.stem, lines, notices)
