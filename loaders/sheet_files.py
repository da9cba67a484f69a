"""A sheet that somebody saved as a text file or as XLSX, as the tabs of a published page."""

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from loaders.bounds import USUAL, Bounds
from loaders.columns import NOTHING_SAID, WantedColumns, count_known
from loaders.grid import Cell, Line, Tab, check_lines, with_source, without_blank_ends
from loaders.index_column import WORDS, has_untitled_index, shifted_rows
from loaders.page import unreadable
from loaders.tabs import header_of
from loaders.text_files import (
    DELIMITERS,
    FALLBACK,
    GZIP,
    Decoded,
    Dialect,
    decode,
    dialect,
    lines_of,
    read_bytes,
    read_records,
    with_habits,
)
from loaders.workbook import read_workbook
from rowkeeper.core.errors import InputError
from rowkeeper.core.text import some_of

_TEXTS = frozenset({".csv", ".tsv", ".tab", ".txt"})
_PAGES = frozenset({".html", ".htm", ".xhtml", ".mht", ".mhtml"})
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_PEEKED = 1024  # bytes at the beginning of a file that show what it is
SHOWN = 5  # rows that a sentence names
TITLES_WITHIN = 20
"""The records of a text file among which its titles show how cells are separated."""


def sheet_file(source: str) -> Path | None:
    """The text file or workbook that ``source`` names; None for a page and for anything else.

    What a file holds counts, whatever it is called: many programs export a page as ``.xls``.
    """
    if "://" in source and not source.startswith("file://"):
        return None
    path = Path(unquote(urlsplit(source).path) if source.startswith("file://") else source)
    path, suffix = path.expanduser().resolve(), path.suffix.lower()
    head = _head_of(path)
    if head.startswith((_ZIP, GZIP, _OLD_EXCEL)):
        return path
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return None
    return path if suffix in _TEXTS | {".xlsx"} or (head and suffix not in _PAGES) else None


def _head_of(path: Path) -> bytes:
    """The first bytes of a file; none where it can't be read, which who reads it says."""
    try:
        with path.open("rb") as file:
            return file.read(_PEEKED)
    except (OSError, ValueError):
        return b""


def read_file_tabs(
    path: Path,
    wanted: WantedColumns = NOTHING_SAID,
    bounds: Bounds = USUAL,
    fallback: str = FALLBACK,
) -> list[Tab]:
    """The tabs of the file at ``path``; a CSV is one tab and has no links but those in its texts.
    Its lines that are not UTF-8 are read as ``fallback``.

    Raises ``InputError`` that names the file and the remedy, also where it is larger than
    ``bounds``.
    """
    try:
        head = _head_of(path)
        if head.startswith(_OLD_EXCEL):
            raise InputError(
                f"The sheet file {path} is a workbook of old Excel, or locked by a password: save "
                "it as XLSX without one, or as CSV."
            )
        if path.suffix.lower() == ".xlsx" or head.startswith(_ZIP):
            with path.open("rb") as file:
                data = bounds.read(f"The sheet file {path}", file)
            return with_source(read_workbook(path, data, bounds), data)
        return _read_csv(path, wanted, bounds, fallback)
    except OSError as error:
        raise unreadable(path, error.strerror) from None


def _read_csv(path: Path, wanted: WantedColumns, bounds: Bounds, fallback: str) -> list[Tab]:
    where = f"The sheet file {path}"
    data = read_bytes(path, bounds.max_bytes, "sheet.max_bytes")
    decoded = decode(path, data, fallback)
    for line in lines_of(decoded.text):
        bounds.check_cells(where, max(map(line.count, DELIMITERS)))
    layout = dialect(path, decoded.text, partial(count_known, wanted=wanted), TITLES_WITHIN)
    layout = with_habits(decoded.text, layout)
    records = read_records(lines_of(decoded.text, len(layout.preamble)), layout)
    rows: list[Line] = []
    widths: list[int] = []
    try:
        for number, record in enumerate(records, 1):
            bounds.check_row(where, number)
            width = max((place for place, cell in enumerate(record, 1) if cell), default=0)
            bounds.check_column(where, width, number)
            rows.append(Line(number, tuple(map(Cell, record[:width]))))
            widths.append(len(record))
    except csv.Error as error:
        raise InputError(f"{where} is no valid CSV ({error}): save it again.") from None
    doubt = _of_columns(where, rows, widths, wanted)
    lines = without_blank_ends(rows)
    check_lines(where, lines, bounds)
    said = tuple(_notices(where, decoded, layout))
    if doubt:
        said += (doubt,)
    return with_source([Tab("0", path.stem, lines, said)], data)


def _of_columns(
    where: str, rows: Sequence[Line], widths: Sequence[int], wanted: WantedColumns
) -> str:
    """What is said of single rows whose cells are not below their titles, or ''.

    ``widths``: the cells of each row, the blank ones at its end too. Raises ``InputError`` where
    each row begins with an index that has no title, and where most are shifted otherwise.
    """
    header = header_of(Tab("0", "", tuple(rows)), wanted)
    if header is None:
        return ""
    head, columns = header
    names = [""] * widths[head.number - 1]
    for name, places in columns.places.items():
        for place in places:
            names[place] = name
    below = {
        line.number: [cell.text for cell in line.cells] + [""] * (width - len(line.cells))
        for line, width in zip(rows, widths, strict=True)
        if line.number > head.number and line.cells
    }
    if has_untitled_index(names, list(below.values())):
        raise InputError(
            f"{where} {WORDS}: give the index a title before the others in row {head.number}, such "
            "as index, or save the file without it."
        )
    numbers = list(below)
    odd = [str(numbers[place]) for place in shifted_rows(names, list(below.values()))]
    return _say_shifted(where, odd, len(below))


def _say_shifted(where: str, rows: Sequence[str], of: int) -> str:
    """What is said of the ``rows``; raises ``InputError`` if they are more than half."""
    if not rows:
        return ""
    said = (
        f"{where} has more cells than titles in row{'s'[: len(rows) > 1]} {some_of(rows, SHOWN)}, "
        "and the e-mail addresses there are not below their title"
    )
    if 2 * len(rows) > of:
        raise InputError(
            f"{said}: give each column a title, and put cells that hold a separator in quotes."
        )
    return f"{said}, so all of them may be in wrong columns: mend those rows."


def _notices(where: str, decoded: Decoded, layout: Dialect) -> Iterator[str]:
    if decoded.notice:
        mend = "save it as UTF-8 or set sheet.encoding"
        yield f"{where} {decoded.notice}: if names look wrong, {mend}."
    if layout.skips_blanks:
        yield f"{where} has blanks before its cells, which were left out."
    if not layout.has_quotes:
        yield f"{where} has quotes that enclose no cells, which were read as they stand."
